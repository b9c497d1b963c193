"""The workshop: what is skipped is said, and fails where nothing may be skipped."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import machine, workshop
from config.settings import PROJECT

ONE_SKIP = "import pytest\n\n@pytest.mark.skip(reason='no such program')\ndef test_it(): pass\n\ndef test_other(): pass\n"
COUNTS = "from tests.matrix import count\n\ndef test_it():\n    for _ in range(3):\n        count('doors')\n"


def pytest_on(folder: Path, *arguments: str, at: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    (folder / "test_one.py").write_text(ONE_SKIP)
    argv = [
        sys.executable,
        "-P",
        "-m",
        "pytest",
        "-c",
        str(PROJECT / "pyproject.toml"),
        "-p",
        "tests.conftest",
        str(folder),
        *arguments,
    ]
    here = os.environ | {"PYTHONPATH": str(PROJECT)}
    return subprocess.run(argv, cwd=at, env=here, capture_output=True, text=True, check=False)


def _pytest_settings() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    return found


def test_a_skip_is_named_and_passes_unless_it_may_not(tmp_path: Path) -> None:
    allowed = pytest_on(tmp_path)
    assert allowed.returncode == 0, allowed.stdout
    assert "SKIPPED [1]" in allowed.stdout
    assert "no such program" in allowed.stdout
    refused = pytest_on(tmp_path, "--no-skips")
    assert refused.returncode == 1
    assert re.search(r"1 passed, 1 skipped", refused.stdout.splitlines()[-1]), "pytest's own summary comes last"


def test_tests_that_run_too_little_of_the_code_fail(tmp_path: Path) -> None:
    house = tmp_path / "house"  # to read all of this one takes a quarter of a minute of a processor
    for room in workshop.ROOMS:
        (house / room).mkdir(parents=True)
    (house / "models/never.py").write_text("def never_run():\n    return 1\n")
    short = pytest_on(tmp_path, *workshop.COVERED, at=house)
    assert short.returncode == 1
    assert re.search(r"The tests run \d+\.\d % of the code's lines and branches; at least 85 % are asked for\.", short.stdout)
    assert "1 passed, 1 skipped" in short.stdout.splitlines()[-1], "pytest's own summary comes last"


def test_what_processes_that_share_the_tests_counted_is_added_up(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"test_{name}_more.py").write_text(COUNTS)
    alone = pytest_on(tmp_path)
    shared = pytest_on(tmp_path, *workshop.SHARED, "--no-skips")
    for run in (alone, shared):
        assert "The matrix of access: 6 cells (6 doors)." in run.stdout, run.stdout
    assert re.search(r"3 passed, 1 skipped", shared.stdout.splitlines()[-1]), "pytest's own summary comes last"
    assert shared.returncode == 1


@pytest.mark.parametrize(
    ("typed", "ran"),
    [
        ((), ("-m", "pytest", *workshop.SHARED)),
        (("-m", "matrix", "--no-skips"), ("-m", "pytest", *workshop.SHARED, "-m", "matrix", "--no-skips")),
        (("tests/cli/test_home.py::test_it", "-x"), ("-m", "pytest", "tests/cli/test_home.py::test_it", "-x")),
        (("--quick", "-x"), ("-m", "pytest", *workshop.SHARED, *workshop.QUICK, "-x")),
    ],
)
def test_all_tests_are_shared_among_the_processors_and_named_files_are_not(
    typed: tuple[str, ...], ran: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(workshop, "_python", lambda *arguments, **_added: asked.append(arguments) or 0)
    CliRunner().invoke(workshop.test, typed, catch_exceptions=False)
    assert asked == [ran]


def test_what_tests_start_leaves_the_processors_to_the_others(tmp_path: Path) -> None:
    for name, value in workshop.LEAN.items():
        code = f"import os; raise SystemExit(os.environ[{name!r}] != {value!r})"
        assert workshop._python("-c", code, **workshop.LEAN) == 0


def test_the_quick_run_looks_into_every_room_but_the_command_line() -> None:
    assert all((PROJECT / place).exists() for place in workshop.QUICK_PLACES)
    rooms = {place.split("/")[1] for place in workshop.QUICK_PLACES}
    assert rooms == {
        "insight",
        "demo",
        "bench",
        "config",
        "models",
        "numbers",
        "store",
        "ingest",
        "worker",
        "dashboard",
        "reporting",
    }


def test_the_whole_run_looks_into_every_room() -> None:
    rooms = {f"tests/{place.name}" for place in (PROJECT / "tests").iterdir() if any(place.rglob("test_*.py"))}
    assert set(_pytest_settings()["testpaths"]) == rooms


def test_every_program_that_tests_need_has_its_mark() -> None:
    pytest_settings = _pytest_settings()
    marks = {mark.split(":")[0] for mark in pytest_settings["markers"]}
    assert marks == {program.mark for program in machine.PROGRAMS} | {"matrix", "makes_ready", "disk", "thorough"}


def test_ci_installs_every_program_that_tests_need() -> None:
    script = (PROJECT / ".ci/run").read_text()
    for program in machine.PROGRAMS:
        assert re.search(rf"\b{program.install}\b", script), program.install
    assert "--no-skips" in script


@pytest.mark.parametrize("script", ["loadstar", ".ci/run"])
def test_shell_scripts_are_posix(script: str) -> None:
    subprocess.run(["dash", "-n", PROJECT / script], check=True)
    assert (PROJECT / script).read_text().startswith("#!/bin/sh\n")
    assert (PROJECT / script).stat().st_mode & 0o111


def test_the_locks_hold_a_hash_for_every_package_and_no_address() -> None:
    for name in workshop.LOCKS:
        text = (PROJECT / name).read_text()
        assert "://" not in text
        for package in re.split(r"\n(?=\S)", text):
            assert "==" not in package.split()[0] or "--hash=sha256:" in package, package[:60]


def test_every_room_stands_in_the_one_list_and_has_its_place_in_the_order() -> None:
    there = {path.parent.name for path in PROJECT.glob("*/__init__.py")}
    linter = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    ordered = [room for layer in linter["contracts"][0]["layers"] for room in layer.split(" | ")]
    assert there == set(workshop.ROOMS)
    assert sorted(ordered) == sorted(workshop.ROOMS)
    told = (PROJECT / "README.md").read_text().partition("The rooms of the house")[2].partition(".\n")[0]
    assert re.findall("`(\\w+)`", told) == ordered
