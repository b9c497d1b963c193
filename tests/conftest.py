"""Small true worlds: a real QuestDB, real records, settings that point at them."""

import fcntl
import functools
import gc
import os
import secrets
import shutil
import subprocess
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pydantic import SecretStr

from cli import leash, machine, questdb
from cli.ports import free_ports
from config import settings as configuration
from config.settings import PROJECT, Settings
from tests.matrix import cells
from tests.postgresql import Cluster

# The same cases at every run: what fails is to fail for whoever changed it.
hypothesis.settings.register_profile("loadstar", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("loadstar")

# Most tests look for what they have just stored, and ask one question after the other, with pauses of some milliseconds: a
# thread that goes to sleep sooner after each takes a third less of a processor, and answers as soon.
AS_TESTS_ASK = {"QDB_WAL_APPLY_WORKER_SLEEP_TIMEOUT": "10", "QDB_SHARED_WORKER_SLEEP_THRESHOLD": "200"}  # ms, looks for work
JAVA_OPTIONS = "JDK_JAVA_OPTIONS"
OLDER_JAVA = "-XX:+IgnoreUnrecognizedVMOptions"  # one that does not know what follows passes over it
COLLECTED_EVERY = 50_000  # objects made between two looks for circles, as in the dashboard's server
PATIENT_S = 180.0  # for what takes moments on a machine that does nothing else


def eventually(holds: Callable[[], object], within_s: float = PATIENT_S, every_s: float = 0.02) -> Any:
    """Poll until `holds()` is true and return its value; fail after the deadline.

    What takes long to find out is asked less often: what is waited for needs the processors more than whoever waits.
    """
    deadline = time.monotonic() + within_s
    while True:
        asked = time.monotonic()
        if value := holds():
            return value
        assert time.monotonic() < deadline, f"not within {within_s} s"
        time.sleep(max(every_s, min(2 * (time.monotonic() - asked), 0.5)))


def soon_is(read: Callable[[], object], expected: object) -> None:
    """What is read is soon what is expected; if it never is, the test says in what it differs."""
    with suppress(AssertionError):
        eventually(lambda: read() == expected)
    assert read() == expected


def at_rest(read: Callable[[], Any], quiet_s: float = 2.5) -> Any:
    """What is read, once it has not changed for so long: as what several processes count, which is told now and then."""
    seen, since = read(), time.monotonic()

    def unchanged() -> bool:
        nonlocal seen, since
        if (now := read()) != seen:
            seen, since = now, time.monotonic()
        return time.monotonic() - since > quiet_s

    eventually(unchanged)
    return seen


def thorough(*cases: object) -> list[Any]:
    """Cases that prove in one more zone, or by other numbers, what the others, which the quick run has too, prove."""
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.thorough) for case in cases]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test is a failure")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by name what this machine has no program for."""
    for program in machine.missing():
        for item in items:
            if item.get_closest_marker(program.mark):
                item.add_marker(pytest.mark.skip(reason=f"{program.install} is not on this machine"))


def pytest_collection_finish() -> None:
    """What is loaded by now stays: it is not looked through again each time that circles are looked for."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECTED_EVERY, *gc.get_threshold()[1:])


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if hasattr(session.config, "workeroutput"):  # one of several processes that share the tests
        session.config.workeroutput["cells"] = dict(cells)
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not reporter or exitstatus != pytest.ExitCode.OK:
        return
    if session.config.getoption("no_skips") and reporter.stats.get("skipped"):
        reporter.write_line("")
        reporter.write_line("With --no-skips, a skipped test is a failure.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """One of the processes has run its share: its cells are of the same matrix."""
    cells.update(getattr(node, "workeroutput", {}).get("cells", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if cells:
        parts = ", ".join(f"{count:,} {what}" for what, count in cells.items())
        terminalreporter.write_line(f"The matrix of access: {cells.total():,} cells ({parts}).")


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    for name in [name for name in os.environ if name.startswith("LOADSTAR_")]:
        del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def _passwords_take_little_work() -> Iterator[None]:
    """The real algorithm with the least work that it takes: a sign-in costs the tests a millisecond, not a tenth of a second."""
    from store.records.signin import passwords

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(passwords, "_hasher", passwords.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield


@pytest.fixture(autouse=True, scope="session")
def _statements_are_compiled_once() -> Iterator[None]:
    """Tests have records of their own each; one engine goes from one to the next, with what SQLAlchemy has compiled for it."""
    from sqlalchemy import Engine, event, make_url

    from store.records.transaction import engine

    make, connect = engine._make, engine._connect
    kept, where = dict[str, Engine](), dict[str, str]()

    def made(url: str) -> Engine:
        kind = make_url(url).get_backend_name()
        if not make_url(url).database:  # in memory, which is another pool
            return make(url)
        if kind not in kept:
            kept[kind] = make(url)
            if kind == "sqlite":  # on PostgreSQL, where Loadstar connects itself, nobody else is asked
                event.listen(kept[kind], "do_connect", elsewhere)
        where[kind] = url
        return kept[kind]

    def elsewhere(dialect: Any, entry: object, arguments: list[Any], named: dict[str, Any]) -> Any:
        """Connect to where it was last told, with nothing left of where it was before."""
        url = where[dialect.name]
        arguments[:], of_this = dialect.create_connect_args(make_url(url))
        if dialect.name != "sqlite":
            return connect(dialect, entry, arguments, of_this | engine._timeouts(url))
        named.clear()
        named.update(of_this, timeout=engine.BUSY_S, check_same_thread=False)
        return None

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(engine, "_make", made)
        patched.setattr(engine, "_connect", elsewhere)
        yield


@pytest.fixture(autouse=True, scope="session")
def _certificates_are_read_once() -> Iterator[None]:
    """httpx reads those of all authorities for each client: 20 ms, a whole processor for whoever polls with a new one."""
    import httpx

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("httpx._transports.default.create_ssl_context", functools.cache(httpx.create_ssl_context))
        yield


class QuestDBServer:
    """A real server of this test session; `kill` and `start` it as often as needed."""

    def __init__(self, settings: Settings, jar: Path) -> None:
        self.settings = settings
        self.jar = jar
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        leash.empty(questdb.scratch(self.settings))
        with (self.settings.home / "questdb.log").open("ab") as log:
            self.process = subprocess.Popen(
                questdb.command(self.settings, self.jar),
                cwd=questdb.folder(self.settings),
                env={**os.environ, **questdb.environment(self.settings), **AS_TESTS_ASK},
                stdout=log,
                stderr=log,
            )
        eventually(lambda: questdb.is_ready(self.settings), within_s=180)  # the machine may be busy

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A running PostgreSQL without databases of ours, shared by the session. Tests that stop it start their own."""
    cluster = Cluster()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def questdb_jar() -> Path:
    """The pinned jar, fetched once into the project's state folder, by one process at a time; Java knows its classes."""
    folder = os.open(PROJECT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        jar = questdb.ensure_jar(Settings())
        known = _known_classes(jar)
    finally:
        os.close(folder)
    os.environ[JAVA_OPTIONS] = f'{os.environ.get(JAVA_OPTIONS, "")} {OLDER_JAVA} -XX:AOTCache="{known}"'.strip()
    return jar


def _known_classes(jar: Path) -> Path:
    """The jar's classes as Java has them once they are loaded and linked, which is half of a start's work; made by a first start.

    Java passes over a file that is not there, and one that another Java or another jar made.
    """
    made = "".join(f"{file.resolve()} {file.stat().st_mtime_ns}" for file in (questdb.java(), jar))
    file = Settings().home / "tests" / f"questdb-{zlib.crc32(made.encode()):08x}.aot"
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    written = file.with_suffix(".unfinished")
    with tempfile.TemporaryDirectory() as home, pytest.MonkeyPatch.context() as patched:
        patched.setenv(JAVA_OPTIONS, f'{OLDER_JAVA} -XX:AOTCacheOutput="{written}"')
        server = QuestDBServer(settings_for(Path(home), jar), jar)
        server.start()
        assert server.process
        server.process.terminate()  # it writes them before it ends
        server.process.wait(180)
    if written.exists():
        written.replace(file)
    return file


def settings_for(home: Path, jar: Path, **named: object) -> Settings:
    """Settings of a Loadstar of its own: own state folder, own free ports, own passwords."""
    (home / "questdb").mkdir(parents=True, exist_ok=True)
    with free_ports(5) as (http, pg, health, dashboard, devices):
        defaults: dict[str, object] = {
            "home": home,
            "demo": False,
            "questdb_jar": jar,
            "questdb_http_port": http,
            "questdb_pg_port": pg,
            "questdb_health_port": health,
            "dashboard_port": dashboard,
            "device_port": devices,
            "questdb_password": SecretStr(secrets.token_urlsafe(16)),
            "questdb_read_password": SecretStr(secrets.token_urlsafe(16)),
            "secret_key": SecretStr(secrets.token_urlsafe(32)),
        }
    return configuration.load(**(defaults | named))


@pytest.fixture(scope="session")
def questdb_server(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[QuestDBServer]:
    """A running QuestDB without tables, shared by the session. Tests that kill it start their own."""
    home = tmp_path_factory.mktemp("loadstar")
    server = QuestDBServer(settings_for(home, questdb_jar), questdb_jar)
    server.start()
    yield server
    server.kill()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def settings(questdb_server: QuestDBServer, tmp_path: Path) -> Settings:
    """Settings of this test, in force while it runs: the session's QuestDB, records of its own."""
    made = questdb_server.settings.model_copy(update={"database_url": f"sqlite:///{tmp_path / 'records.sqlite3'}"})
    configuration.use(made)
    return made


@pytest.fixture
def questdb_tables(settings: Settings) -> Settings:
    """The tables of the session's QuestDB made and emptied; the settings that reach them."""
    from tests.emptied import with_empty_tables

    with_empty_tables(settings)
    return settings
