"""The launcher: it needs a Python and a package index, and says so in one sentence when there is none."""

import base64
import hashlib
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli import install
from config.settings import PROJECT
from tests.conftest import eventually

TOOLS = ("sh", "dirname", "readlink", "cmp", "env")
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
    shutil.copy(PROJECT / "cli/install.py", root / "cli/install.py")
    (root / "cli/__main__.py").write_text(PRINT_ARGUMENTS)
    for lock in ("requirements.lock", "requirements-test.lock"):
        (root / lock).write_text("")
    return root


def pretend_python(tools: Path, version: str, old: bool) -> None:
    """A Python of this version that is too old, or else has no venv module."""
    script = tools / "python3"
    script.write_text(f'#!/bin/sh\ncase "$2" in *print*) echo {version};; *version_info*) exit {int(old)};; *) exit 1;; esac\n')
    script.chmod(0o755)


def launch(root: Path, *arguments: str, path: Path | None = None, index: str = "") -> subprocess.CompletedProcess[str]:
    env = outside(root, index) | ({"PATH": str(path)} if path else {})
    return subprocess.run([root / "loadstar", *arguments], env=env, capture_output=True, text=True, check=False, timeout=300)


def outside(root: Path, index: str = "") -> dict[str, str]:
    """An environment in which pip and uv ask this index alone and remember nothing of other tests."""
    env = {"PATH": os.environ["PATH"], "HOME": str(root.parent)}
    return env | ({"PIP_INDEX_URL": index, "PIP_FIND_LINKS": ""} if index else {})


def wheel(folder: Path, name: str, version: str = "1.0", needs: str = "", program: Path | None = None) -> Path:
    """A wheel made on the spot; it may need another, or bring a program."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    contents = {
        f"{name}.py": f"version = '{version}'\n".encode(),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needed}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if program:
        contents[f"{name}-{version}.data/scripts/{program.name}"] = program.read_bytes()
    record = ""
    with zipfile.ZipFile(path, "w") as file:
        for entry, text in contents.items():
            described = zipfile.ZipInfo(entry)
            described.external_attr = (0o100755 if "/scripts/" in entry else 0o100644) << 16
            file.writestr(described, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text).digest()).rstrip(b"=").decode()
            record += f"{entry},sha256={digest},{len(text)}\n"
        file.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return path


def locked(path: Path) -> str:
    """The lines of a lock file for a wheel."""
    name, version = path.name.split("-")[:2]
    return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n    # via loadstar\n"


class Index(ThreadingHTTPServer):
    """A package index on loopback. Of a file in `cut_off` only the half is sent, of one in `held` nothing until it is let go."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folder = folder
        self.cut_off: set[str] = set()
        self.held: dict[str, threading.Event] = {}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/simple"


class Answer(BaseHTTPRequestHandler):
    server: Index

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[-1]
        if name.endswith(".whl"):
            self._file(name)
            return
        files = [path.name for path in self.server.folder.glob(f"{name}-*.whl")]
        page = "".join(f'<a href="/files/{file}">{file}</a>' for file in files).encode()
        self._begin(200 if files else 404, "text/html", len(page))
        self.wfile.write(page)

    def _file(self, name: str) -> None:
        self.server.asked.append(name)
        body = (self.server.folder / name).read_bytes()
        if name in self.server.held:
            self.server.held[name].wait(60)
        self._begin(200, "application/octet-stream", len(body))
        self.wfile.write(body[: len(body) // 2] if name in self.server.cut_off else body)

    def _begin(self, status: int, kind: str, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "index"
    folder.mkdir()
    with Index(folder) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def empty_venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing but pip, to be copied: making one takes seconds."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A wheel of uv and its lines of a lock file: made once, for uv is large."""
    made = wheel(tmp_path_factory.mktemp("uv"), "uv", "9.9", program=Path(sys.prefix) / "bin/uv")
    return made, locked(made)


@pytest.fixture(params=["uv", "pip"])
def installer(request: pytest.FixtureRequest, checkout: Path, index: Index, empty_venv: Path, uv: tuple[Path, str]) -> str:
    """What installs: uv, which the test lock pins and the index has, or pip, where the index has no uv for this machine."""
    made, pin = uv
    (checkout / "requirements-test.lock").write_text(pin)
    if request.param == "uv":
        (index.folder / made.name).hardlink_to(made)
    shutil.copytree(empty_venv, checkout / ".venv", symlinks=True)
    return str(request.param)


def versions(checkout: Path, *names: str) -> dict[str, str]:
    """Which version of each module is installed, if any."""
    found = {}
    for name in names:
        code = f"import {name}; print({name}.version)"
        run = subprocess.run([checkout / ".venv/bin/python", "-c", code], capture_output=True, text=True, check=False)
        found[name] = run.stdout.strip()
    return found


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


def test_without_a_network_the_sentence_says_so_and_the_next_start_tries_again(checkout: Path, empty_venv: Path) -> None:
    shutil.copytree(empty_venv, checkout / ".venv", symlinks=True)
    for lock in ("requirements.lock", "requirements-test.lock"):
        (checkout / lock).write_text(f"uv==1.0 --hash=sha256:{'0' * 64}\n")
    for _ in range(2):
        run = launch(checkout, "up", index="http://127.0.0.1:9/simple")
        assert run.returncode == 1
        assert "the package index cannot be reached" in run.stderr.splitlines()[-1]


def test_what_is_locked_is_installed_whatever_the_index_has_moved_on_to(checkout: Path, index: Index, installer: str) -> None:
    meter = wheel(index.folder, "meter", needs="probe[fast]>=1.0")
    probe = wheel(index.folder, "probe")
    wheel(index.folder, "meter", "2.0")
    wheel(index.folder, "probe", "2.0")
    (checkout / "requirements.lock").write_text(locked(meter) + locked(probe))
    run = launch(checkout, "status", index=index.url)
    assert (run.returncode, run.stdout) == (0, "handed over status\n"), run.stderr
    assert versions(checkout, "meter", "probe") == {"meter": "1.0", "probe": "1.0"}
    assert (checkout / ".venv/bin/uv").exists() == (installer == "uv")


def test_requirements_are_installed_once_and_again_only_when_the_lock_changes(
    checkout: Path, index: Index, installer: str
) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(locked(wheel(index.folder, "first")))
    assert "installing" in launch(checkout, "status", index=index.url).stderr
    again = launch(checkout, "status", "--flag", "a b")
    assert (again.returncode, again.stdout, again.stderr) == (0, "handed over status --flag a b\n", "")
    lock.write_text(locked(wheel(index.folder, "first", "1.1")) + locked(wheel(index.folder, "second")))
    assert "installing" in launch(checkout, "status", index=index.url).stderr
    assert launch(checkout, "status").stderr == ""
    assert versions(checkout, "first", "second") == {"first": "1.1", "second": "1.0"}


def test_a_requirement_whose_hash_is_not_the_locked_one_is_refused(checkout: Path, index: Index, installer: str) -> None:
    first = wheel(index.folder, "first")
    (checkout / "requirements.lock").write_text(locked(first))
    wheel(index.folder, "first", needs="somebody-else")
    run = launch(checkout, "status", index=index.url)
    assert run.returncode == 1
    assert "hash" in run.stderr.splitlines()[-1].lower()
    assert versions(checkout, "first") == {"first": ""}


def test_what_the_index_has_not_is_named(checkout: Path, index: Index, installer: str) -> None:
    wheel(index.folder, "first", "2.0")
    (checkout / "requirements.lock").write_text(f"first==1.0 --hash=sha256:{'0' * 64}\n")
    run = launch(checkout, "status", index=index.url)
    assert run.returncode == 1
    assert "first==1.0" in run.stderr.splitlines()[-1]


def test_a_network_that_goes_away_half_way_is_gone_on_from_at_the_next_start(
    checkout: Path, index: Index, installer: str
) -> None:
    first, second = wheel(index.folder, "first"), wheel(index.folder, "second")
    (checkout / "requirements.lock").write_text(locked(first) + locked(second))
    index.cut_off = {second.name}
    run = launch(checkout, "status", index=index.url)
    assert run.returncode == 1
    assert re.search("the package index cannot be reached|the download was cut off", run.stderr.splitlines()[-1])
    index.cut_off = set()
    assert launch(checkout, "status", index=index.url).stdout == "handed over status\n"
    assert versions(checkout, "first", "second") == {"first": "1.0", "second": "1.0"}


def test_an_installation_that_was_killed_is_made_anew_by_one_that_waited_for_its_end(
    checkout: Path, index: Index, empty_venv: Path
) -> None:
    shutil.copytree(empty_venv, checkout / ".venv", symlinks=True)
    first, second = wheel(index.folder, "first"), wheel(index.folder, "second")
    (checkout / "requirements.lock").write_text(locked(first) + locked(second))
    index.held[second.name] = threading.Event()
    killed = subprocess.Popen(
        [checkout / "loadstar", "up"], env=outside(checkout, index.url), start_new_session=True, stderr=subprocess.DEVNULL
    )
    eventually(lambda: second.name in index.asked)
    late = subprocess.Popen(
        [checkout / "loadstar", "status"],
        env=outside(checkout, index.url),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert late.stderr
    assert "waiting for another" in late.stderr.readline()
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    index.held.pop(second.name).set()
    said, _ = late.communicate(timeout=180)
    assert said == "handed over status\n"
    assert versions(checkout, "first", "second") == {"first": "1.0", "second": "1.0"}
    assert not (checkout / ".venv/unfinished").exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "no space is left"),
        ("  Caused by: failed to copy file from a to b: No space left on device (os error 28)", "no space is left"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "set PIP_CERT"),
        ("  Caused by: invalid peer certificate: UnknownIssuer", "set PIP_CERT"),
        ("  Caused by: error sending request for url (https://index.example/simple/dash/)", "cannot be reached"),
        ("broken by 'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection>: Failed", "cannot be reached"),
    ],
)
def test_what_pip_and_uv_say_of_the_machine_becomes_a_sentence_that_says_what_to_do(said: str, sentence: str) -> None:
    assert sentence in install.cause(said, Path(".venv"))


def test_uv_asks_where_pip_is_set_up_to_ask() -> None:
    listed = (
        "global.index-url='https://mirror.example/simple'\nglobal.timeout='60'\n"
        "install.find-links='/media/wheels\\n/srv/wheels'\nfreeze.index-url='https://other.example'\n"
        ":env:.index-url='https://nearer.example/simple'\n:env:.cert='/etc/authorities.pem'\n"
    )
    settings = install.pip_settings(listed)
    environment = install.uv_environment(settings, {"UV_CACHE_DIR": "/var/cache/uv", "SSL_CERT_FILE": "/etc/general.pem"})
    assert environment["UV_DEFAULT_INDEX"] == "https://nearer.example/simple"
    assert environment["UV_FIND_LINKS"] == "/media/wheels,/srv/wheels"
    assert environment["SSL_CERT_FILE"] == "/etc/authorities.pem"
    assert environment["UV_CACHE_DIR"] == "/var/cache/uv"
    own = {"UV_DEFAULT_INDEX": "https://own.example/simple"}
    assert install.uv_environment(settings, own)["UV_DEFAULT_INDEX"] == "https://own.example/simple"


def test_without_any_index_a_folder_of_wheels_is_enough(checkout: Path, index: Index, installer: str) -> None:
    (checkout / "requirements.lock").write_text(locked(wheel(index.folder, "first")))
    env = outside(checkout) | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index.folder)}
    run = subprocess.run([checkout / "loadstar", "up"], env=env, capture_output=True, text=True, check=False)
    assert run.stdout == "handed over up\n", run.stderr
    assert index.asked == []


def test_the_lock_of_the_workshop_pins_the_uv_that_installs() -> None:
    pin = install.uv_pin((PROJECT / install.TEST_LOCK).read_text())
    assert re.match(r"uv==\d[\d.]+ \\\n", pin)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pin)) > 10
    assert "==" not in pin.split("\n", 1)[1]


def test_it_works_from_any_folder_and_through_a_link(checkout: Path, empty_venv: Path, tmp_path: Path) -> None:
    shutil.copytree(empty_venv, checkout / ".venv", symlinks=True)
    link = tmp_path / "elsewhere"
    link.symlink_to(checkout / "loadstar")
    run = subprocess.run([link, "status"], cwd="/", capture_output=True, text=True, check=False)
    assert run.stdout == "handed over status\n"


def test_a_warm_start_adds_less_than_100_ms_of_a_processor(checkout: Path, empty_venv: Path) -> None:
    shutil.copytree(empty_venv, checkout / ".venv", symlinks=True)
    launch(checkout, "status")

    def seconds(command: list[str | Path]) -> float:
        taken = []
        for _ in range(7):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(command, check=True, capture_output=True, cwd=checkout)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            taken.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        return statistics.median(taken)

    python = checkout / ".venv/bin/python"
    bare = seconds([python, "-P", checkout / "cli/__main__.py", "x"])
    assert seconds([checkout / "loadstar", "x"]) - bare < max(0.1, bare)  # where Python takes longer, everything does


def test_the_command_line_answers_for_help_without_importing_the_product() -> None:
    code = "import sys; from cli.main import loadstar; loadstar(['--help'], standalone_mode=False); print(sorted(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    for heavy in ("pandas", "dash", "sqlalchemy", "pydantic", "rich.console"):
        assert f"'{heavy}'" not in run.stdout
