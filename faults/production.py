"""A Loadstar in production without containers: the services of `docker-compose.yml`, each as a process of this machine.

A replica is called by its service, the second and further ones with a number: `devices`, `devices-2`. Each has a run folder of
its own, as each container has; they share the state folder, as containers share the volume.
"""

import contextlib
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import yaml

from cli import leash, machine, questdb, waiting
from cli.ports import free_ports
from config import heart
from config.settings import PROJECT, Settings

COMPOSE = PROJECT / "docker-compose.yml"
SECRETS = {
    "LOADSTAR_SECRET_KEY": secrets.token_hex(32),
    "LOADSTAR_PUBLIC_URL": "https://energy.example.org",
    "POSTGRES_PASSWORD": secrets.token_hex(16),
    "REDIS_PASSWORD": secrets.token_hex(16),
    "QUESTDB_PASSWORD": secrets.token_hex(16),
    "QUESTDB_READ_PASSWORD": secrets.token_hex(16),
}
PORTS = ("9000", "9003", "8812", "5432", "6379", "8050", "8086", "8087", "8080", "8443", "8486")
HOSTS = ("questdb", "postgres", "redis", "dashboard", "devices")
SERVES = {"dashboard": "8050", "devices": "8086"}  # what nginx stands before, and at which port of its container
LISTENS = SERVES | {"mqtt": "8087"}  # each replica at a port of its own, where they share a machine
HEALTHY_S = 600.0  # the machine may be busy
CHECK_S = 20.0
STOP_S = 15.0
LOOK_S = 0.2
BREATH_S = 1.0  # between two starts of the same replica


class NotWell(Exception):
    """What should run does not; the message says what was waited for, and has the end of what it said."""


def compose_file(values: Mapping[str, str]) -> dict[str, Any]:
    """The compose file as Docker reads it: anchors merged, variables filled in, `$$` made `$`.

    Raises:
        ValueError: a variable may be empty.
        KeyError: a variable has no value.
    """

    def value(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else values[found[1]]

    text = re.sub(r"\$\$|\$\{(\w+):\?[^}]*\}", value, COMPOSE.read_text(encoding="utf-8"))
    if "${" in text:
        raise ValueError("a variable of the compose file may be empty")
    file: dict[str, Any] = yaml.safe_load(text)
    return file


def service_of(name: str) -> str:
    """The service that a replica is one of."""
    return name.partition("-")[0]


class Production:
    """The services on free ports of the loopback, in a folder of their own; nothing is started yet.

    `replicas` says of which services there are more than one, `told` what is in their environment beside what the file says.
    """

    def __init__(self, folder: Path, replicas: Mapping[str, int] | None = None, **told: str) -> None:
        self.folder, self._told = folder, told
        self.compose = compose_file(SECRETS)
        self.replicas = dict(replicas or {})
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for part in ("state", "data", "tls", "questdb", "run", "records"):
            (folder / part).mkdir(exist_ok=True)
        more = [name for service in LISTENS for name in self.names(service)[1:]]
        with free_ports(len(PORTS) + len(more)) as ports:
            self.ports = dict(zip(PORTS, ports, strict=False))
            self._own = dict(zip(more, ports[len(PORTS) :], strict=True))

    @property
    def _cluster(self) -> Path:
        """PostgreSQL's own folder, in that of its volume."""
        return self.folder / "records" / "postgres"

    def names(self, service: str) -> list[str]:
        """The replicas of a service."""
        return [service if n == 1 else f"{service}-{n}" for n in range(1, self.replicas.get(service, 1) + 1)]

    def port(self, name: str) -> int:
        """Where a dashboard or a device API listens."""
        return self._own.get(name) or self.ports[SERVES[service_of(name)]]

    def url(self, name: str) -> str:
        """The address of a dashboard or a device API."""
        return f"http://127.0.0.1:{self.port(name)}"

    def local(self, text: str, name: str = "") -> str:
        """What a replica is told, with containers' names, ports and folders replaced by where their processes are."""
        if found := re.fullmatch(r"(dashboard|devices):\d+( resolve)?", text):  # by name: all of its containers
            between = " fail_timeout=2s;\n    server " if found[2] else ","
            return between.join(f"127.0.0.1:{self.port(each)}" for each in self.names(found[1]))
        if name in self._own:
            text = re.sub(rf"\b{LISTENS[service_of(name)]}\b", str(self._own[name]), text)
        text = re.sub(rf"\b({'|'.join(HOSTS)})(?=:\d)|^questdb$", "127.0.0.1", text)
        text = re.sub(rf"\b({'|'.join(PORTS)})\b", lambda found: str(self.ports[found[1]]), text)
        folders = {
            "/data": self.folder / "data",
            "/etc/nginx/tls": self.folder / "tls",
            "/run/loadstar": self.folder / "run" / name,
            "/volumes/records": self.folder / "records",
            "/volumes/series": self.folder / "questdb",
        }
        # In one go: our own folder's name may hold one of these.
        return re.sub("|".join(folders), lambda found: str(folders[found[0]]), text)

    def environment(self, name: str) -> dict[str, str]:
        """What the replica's container finds in its environment, on this machine's addresses."""
        told = self.compose["services"][service_of(name)].get("environment", {})
        named = {variable: self.local(str(value), name) for variable, value in told.items()}
        inherited = {variable: value for variable, value in os.environ.items() if not variable.startswith(("LOADSTAR_", "QDB_"))}
        return inherited | named | {"LOADSTAR_HOME": str(self.folder / "state"), "PYTHONPATH": str(PROJECT)} | self._told

    def argv(self, command: list[str], name: str = "") -> list[str]:
        """A container's command line as one of this machine's."""
        command = [self.local(word, name) for word in command]
        return [sys.executable, *command[1:]] if command[0] == "python" else command

    def start(self, name: str, argv: list[str] | None = None, **options: Any) -> "subprocess.Popen[bytes]":
        """Start the replica by its service's own command, or by `argv` where the image has one of its own."""
        argv = argv or self.argv(self.compose["services"][service_of(name)]["command"], name)
        with self.log(name).open("ab") as log:
            env = self.environment(name)
            self.processes[name] = subprocess.Popen(argv, cwd=PROJECT, env=env, stdout=log, stderr=log, **options)  # noqa: S603 - our own file's words
        return self.processes[name]

    def log(self, name: str) -> Path:
        """What the replica said."""
        return self.folder / f"{name}.log"

    def check(self, name: str) -> bool:
        """Run the service's health check, as Docker would."""
        kind, *command = self.compose["services"][service_of(name)]["healthcheck"]["test"]
        argv = ["sh", "-c", self.local(command[0], name)] if kind == "CMD-SHELL" else self.argv(command, name)
        if argv[0] == "pg_isready":
            argv[0] = f"{machine.postgresql()}/pg_isready"
        env = self.environment(name)
        try:
            ran = subprocess.run(argv, cwd=PROJECT, env=env, capture_output=True, check=False, timeout=CHECK_S)  # noqa: S603 - as above
        except subprocess.TimeoutExpired:
            return False
        return ran.returncode == 0

    def is_well(self, name: str) -> bool:
        """As its health check finds, but without a new process for each look where that is not a server's own."""
        service = service_of(name)
        if service in SERVES:
            return waiting.answers("127.0.0.1", self.port(name), timeout_s=CHECK_S)
        if self.compose["services"][service]["healthcheck"]["test"][-1] == "worker":
            return heart.worker_silence_s(self.folder / "run" / name) < heart.HUNG_S
        return self.check(name)

    def await_healthy(self, name: str, within_s: float = HEALTHY_S) -> None:
        """Wait until it is well.

        Raises:
            NotWell: it ended, or it is not within that time.
        """
        deadline = time.monotonic() + within_s
        while not self.is_well(name):
            if self.processes[name].poll() is not None or time.monotonic() > deadline:
                raise NotWell(f"{name} did not become healthy; it said:\n{self.log(name).read_text(errors='replace')[-2000:]}")
            time.sleep(LOOK_S)

    def stop(self, name: str) -> None:
        """Stop it as Docker would."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            kill(family(process.pid))
            process.wait()

    def kill(self, name: str) -> None:
        """End it with all of its processes at once, as the end of its container does."""
        process = self.processes[name]
        kill(family(process.pid))
        process.wait()

    def stop_all(self) -> None:
        """Stop everything, what was started last first."""
        for name in reversed(list(self.processes)):
            self.stop(name)

    def start_stores(self, jar: Path) -> None:
        """Start QuestDB from that jar, and PostgreSQL, and have `migrate` make their tables.

        Raises:
            NotWell: one of them did not start, or the tables could not be made.
        """
        self.start_questdb(jar)
        self._make_cluster()
        self.start_postgresql()
        self.await_healthy("questdb")
        self.await_healthy("postgres")
        self._make_database()
        for _time in range(1 + int(self.compose["services"]["migrate"]["restart"].removeprefix("on-failure:"))):
            if self.start("migrate").wait(HEALTHY_S) == 0:
                del self.processes["migrate"]
                return
        raise NotWell(self.log("migrate").read_text(errors="replace")[-2000:])

    def start_questdb(self, jar: Path) -> None:
        """Start QuestDB, with what it left behind when it was killed removed as its container's file system would be."""
        settings = Settings(home=self.folder)
        leash.empty(questdb.scratch(settings))
        self.start("questdb", [*questdb.command(settings, jar)[:-1], str(questdb.folder(settings))])

    def start_postgresql(self) -> None:
        """Start PostgreSQL."""
        data = self._cluster
        options = ["-p", str(self.ports["5432"]), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
        told = self.compose["services"]["postgres"]["command"][1:]
        self.start("postgres", [f"{machine.postgresql()}/postgres", "-D", str(data), *told, *options], **_as_postgres())

    def _make_cluster(self) -> None:
        """What the image's entry point does: the cluster, with the password."""
        environment, data, password = self.environment("postgres"), self._cluster, self.folder / "postgres-password"
        data.mkdir()
        password.write_text(environment["POSTGRES_PASSWORD"])
        if _as_postgres():
            for each in (data.parent, data, password):
                shutil.chown(each, "postgres")
        made = ["--username=loadstar", f"--pwfile={password}", f"--pgdata={data}", *environment["POSTGRES_INITDB_ARGS"].split()]
        initdb = [f"{machine.postgresql()}/initdb", *made]
        subprocess.run(initdb, check=True, capture_output=True, cwd=data, **_as_postgres())  # noqa: S603 - as above

    def _make_database(self) -> None:
        environment = self.environment("postgres")
        env = os.environ | {"PGPASSWORD": environment["POSTGRES_PASSWORD"]}
        where = ["-h", "127.0.0.1", "-p", str(self.ports["5432"]), "-U", "loadstar", environment["POSTGRES_DB"]]
        subprocess.run([f"{machine.postgresql()}/createdb", *where], env=env, check=True, capture_output=True)  # noqa: S603 - as above


def _as_postgres() -> dict[str, Any]:
    """The server refuses to run as root."""
    return {"user": "postgres"} if os.geteuid() == 0 else {}


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started, that one first; empty when it has ended."""
    with contextlib.suppress(psutil.Error):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def kill(processes: list[psutil.Process]) -> None:
    """Kill all of them at once."""
    for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first: none of them starts another meanwhile
        for each in processes:
            with contextlib.suppress(psutil.Error):
                each.send_signal(number)


class Restarts:
    """Starts each replica again that has ended, as Docker does with `restart: unless-stopped`."""

    def __init__(self, production: Production, starts: Mapping[str, Callable[[], object]]) -> None:
        self._production, self._starts = production, dict(starts)
        self._end, self._turn = threading.Event(), threading.Lock()
        self._thread = threading.Thread(target=self._run, name="restarts")

    def start(self) -> None:
        """From now on, keep up what was started."""
        self._thread.start()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Meanwhile, start nothing."""
        with self._turn:
            yield

    def begin(self, name: str) -> None:
        """Start this one."""
        self._starts[name]()

    def end(self) -> None:
        """Start nothing more."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        ended: dict[str, float] = {}
        while not self._end.wait(LOOK_S):
            with self._turn:
                for name, begin in self._starts.items():
                    if self._production.processes[name].poll() is None:
                        continue
                    if time.monotonic() - ended.get(name, 0.0) > BREATH_S:
                        ended[name] = time.monotonic()
                        begin()


def starts(
    production: Production, names: list[str], argv: Callable[[str], list[str]] | None = None
) -> dict[str, Callable[[], object]]:
    """How each of these replicas is started: by its own command line, or by another."""
    return {name: partial(production.start, name, argv(name) if argv else None) for name in names}
