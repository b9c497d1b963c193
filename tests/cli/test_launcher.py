"""The launcher: it needs a Python and a package index, and says so in one sentence when there is none."""

import base64
import hashlib
import os
import shutil
import statistics
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from config.settings import PROJECT

TOOLS = ("sh", "dirname", "readlink", "cmp", "cp", "rm", "grep", "tail", "env")
PRINT_ARGUMENTS = "import sys; print('handed over', *sys.argv[1:])"


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with a shell's tools and no Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found
        (folder / tool).symlink_to(found)
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the real launcher, whose command line prints what it was given."""
    root = tmp_path / "checkout"
    (root / "cli").mkdir(parents=True)
    shutil.copy(PROJECT / "loadstar", root / "loadstar")
    (root / "cli/__main__.py").write_text(PRINT_ARGUMENTS)
    for lock in ("requirements.lock", "requirements-test.lock"):
        (root / lock).write_text("")
    return root


def pretend_python(tools: Path, version: str, old: bool) -> None:
    """A Python of this version that is too old, or else has no venv module."""
    script = tools / "python3"
    script.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *version_info*) exit {int(old)};; *) exit 1;; esac\n')
    script.chmod(0o755)


def launch(root: Path, *arguments: str, path: Path | None = None, unreachable: bool = False) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(path) if path else os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    if unreachable:
        env |= {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_NO_CACHE_DIR": "1"}
    return subprocess.run([root / "loadstar", *arguments], env=env, capture_output=True, text=True, check=False, timeout=100)


def wheel(folder: Path, name: str) -> str:
    """A line of a lock file for a wheel made on the spot, with its hash."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as file:
        info = f"{name}-1.0.dist-info"
        contents = {
            f"{name}.py": "",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = ""
        for entry, text in contents.items():
            file.writestr(entry, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{entry},sha256={digest},{len(text)}\n"
        file.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return f"{name} @ {path.as_uri()} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def only_sentence(run: subprocess.CompletedProcess[str]) -> str:
    assert run.returncode == 1
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    return lines[0]


def test_without_python_one_sentence_says_what_to_install(checkout: Path, tools: Path) -> None:
    said = only_sentence(launch(checkout, "up", path=tools))
    assert "Python 3.11 or newer is needed and none is here" in said
    assert "apt install python3" in said


def test_a_python_that_is_too_old_is_named(checkout: Path, tools: Path) -> None:
    pretend_python(tools, "3.9", old=True)
    assert "Python 3.11 or newer is needed and only 3.9 is here" in only_sentence(launch(checkout, "up", path=tools))


def test_without_the_venv_module_its_package_is_named(checkout: Path, tools: Path) -> None:
    pretend_python(tools, "3.12", old=False)
    assert "apt install python3.12-venv" in only_sentence(launch(checkout, "up", path=tools))


def test_without_a_network_the_sentence_says_so_and_the_next_start_tries_again(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text(f"loadstar-nowhere==1.0 --hash=sha256:{'0' * 64}\n")
    for _ in range(2):
        run = launch(checkout, "up", unreachable=True)
        assert run.returncode == 1
        assert "the package index cannot be reached" in run.stderr.splitlines()[-1]


def test_requirements_are_installed_once_and_again_only_when_the_lock_changes(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(wheel(checkout, "first"))
    assert "installing" in launch(checkout, "status").stderr
    again = launch(checkout, "status", "--flag", "a b")
    assert (again.returncode, again.stdout, again.stderr) == (0, "handed over status --flag a b\n", "")
    lock.write_text(lock.read_text() + wheel(checkout, "second"))
    assert "installing" in launch(checkout, "status").stderr
    assert launch(checkout, "status").stderr == ""
    python = checkout / ".venv/bin/python"
    assert subprocess.run([python, "-c", "import first, second"], check=False).returncode == 0


def test_a_requirement_whose_hash_is_not_the_locked_one_is_refused(checkout: Path) -> None:
    line = wheel(checkout, "first")
    (checkout / "requirements.lock").write_text(line[:-65] + "0" * 64 + "\n")
    run = launch(checkout, "status")
    assert run.returncode == 1
    assert "DO NOT MATCH THE HASHES" in run.stderr


def test_it_works_from_any_folder_and_through_a_link(checkout: Path, tmp_path: Path) -> None:
    link = tmp_path / "elsewhere"
    link.symlink_to(checkout / "loadstar")
    run = subprocess.run([link, "status"], cwd="/", capture_output=True, text=True, check=False)
    assert run.stdout == "handed over status\n"


def test_a_warm_start_adds_less_than_100_ms(checkout: Path) -> None:
    launch(checkout, "status")

    def seconds(command: list[str | Path]) -> float:
        taken = []
        for _ in range(7):
            start = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True, cwd=checkout)
            taken.append(time.perf_counter() - start)
        return statistics.median(taken)

    python = checkout / ".venv/bin/python"
    assert seconds([checkout / "loadstar", "x"]) - seconds([python, "-P", checkout / "cli/__main__.py", "x"]) < 0.1


def test_the_command_line_answers_for_help_without_importing_the_product() -> None:
    code = "import sys; from cli.main import loadstar; loadstar(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    for heavy in ("pandas", "dash", "sqlalchemy", "pydantic", "rich.console"):
        assert f"'{heavy}'" not in run.stdout
