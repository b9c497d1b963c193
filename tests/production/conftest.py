"""The production files, and what they name, started on this machine without containers."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import leash, machine, questdb
from cli.questdb import free_ports
from config.settings import PROJECT, Settings
from tests.conftest import eventually

COMPOSE = PROJECT / "docker-compose.yml"
SECRETS = {
    "LOADSTAR_SECRET_KEY": secrets.token_hex(32),
    "LOADSTAR_PUBLIC_URL": "https://energy.example.org",
    "POSTGRES_PASSWORD": secrets.token_hex(16),
    "REDIS_PASSWORD": secrets.token_hex(16),
    "QUESTDB_PASSWORD": secrets.token_hex(16),
    "QUESTDB_READ_PASSWORD": secrets.token_hex(16),
}
PORTS = ("9000", "9003", "8812", "5432", "6379", "8050", "8086", "8080", "8443", "8486")
HOSTS = ("questdb", "postgres", "redis", "dashboard", "devices")


def compose_file(values: dict[str, str]) -> dict[str, Any]:
    """The compose file as Docker reads it: anchors merged, variables filled in, `$$` made `$`."""

    def value(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        return values[found[1]]

    text = re.sub(r"\$\$|\$\{(\w+):\?[^}]*\}", value, COMPOSE.read_text())
    assert "${" not in text, "a variable that may be empty"
    file: dict[str, Any] = yaml.safe_load(text)
    return file


class Machine:
    """The services of the compose file as processes of this machine: free ports, loopback, a folder of their own."""

    def __init__(self, folder: Path, ports: list[int]) -> None:
        self.folder = folder
        self.compose = compose_file(SECRETS)
        self.ports = dict(zip(PORTS, ports, strict=True))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def local(self, text: str) -> str:
        """The text with containers' names and ports replaced by where their processes are."""
        text = re.sub(rf"\b({'|'.join(HOSTS)})(?=:\d)|^questdb$", "127.0.0.1", text)
        text = re.sub(rf"\b({'|'.join(PORTS)})\b", lambda found: str(self.ports[found[1]]), text)
        return text.replace("/data", str(self.folder / "data")).replace("/etc/nginx/tls", str(self.folder / "tls"))

    def environment(self, service: str) -> dict[str, str]:
        """What the service's container finds in its environment, on this machine's addresses."""
        named = {name: self.local(str(value)) for name, value in self.compose["services"][service].get("environment", {}).items()}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LOADSTAR_", "QDB_"))}
        return inherited | named | {"LOADSTAR_HOME": str(self.folder / "state"), "PYTHONPATH": str(PROJECT)}

    def argv(self, command: list[str]) -> list[str]:
        """A container's command line as one of this machine's."""
        command = [self.local(word) for word in command]
        return [sys.executable, *command[1:]] if command[0] == "python" else command

    def start(self, service: str, argv: list[str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        """Start the service by its own command, or by `argv` where the image has one of its own."""
        argv = argv or self.argv(self.compose["services"][service]["command"])
        with (self.folder / f"{service}.log").open("ab") as log:
            env = self.environment(service)
            self.processes[service] = subprocess.Popen(argv, cwd=PROJECT, env=env, stdout=log, stderr=log, **options)
        return self.processes[service]

    def check(self, service: str) -> bool:
        """Run the service's health check, as Docker would."""
        kind, *command = self.compose["services"][service]["healthcheck"]["test"]
        argv = ["sh", "-c", self.local(command[0])] if kind == "CMD-SHELL" else self.argv(command)
        if argv[0] == "pg_isready":
            argv[0] = f"{machine.postgresql()}/pg_isready"
        env = self.environment(service)
        try:
            return subprocess.run(argv, cwd=PROJECT, env=env, capture_output=True, check=False, timeout=20).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def await_healthy(self, service: str, within_s: float = 60) -> None:
        """Wait until its health check says so."""

        def healthy() -> bool:
            assert self.processes[service].poll() is None, (self.folder / f"{service}.log").read_text()[-2000:]
            return self.check(service)

        eventually(healthy, within_s=within_s, every_s=0.2)

    def stop(self, service: str) -> None:
        """Stop it as Docker would."""
        process = self.processes.pop(service)
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def production(questdb_jar: Path) -> Iterator[Machine]:
    """A machine with nothing started yet; everything that was is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="loadstar-production-"))
    folder.chmod(0o755)
    for name in ("state", "data", "tls", "questdb"):
        (folder / name).mkdir()
    with free_ports(len(PORTS)) as ports:
        made = Machine(folder, ports)
    yield made
    for service in reversed(list(made.processes)):
        made.stop(service)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stores(production: Machine, questdb_jar: Path) -> Machine:
    """QuestDB and PostgreSQL run with the compose file's own environment, and `migrate` has made their tables."""
    settings = Settings(home=production.folder)
    leash.empty(questdb.scratch(settings))
    production.start("questdb", [*questdb.command(settings, questdb_jar)[:-1], str(questdb.folder(settings))])
    _start_postgresql(production)
    production.await_healthy("questdb")
    production.await_healthy("postgres")
    migrate = production.start("migrate")
    assert migrate.wait(60) == 0, (production.folder / "migrate.log").read_text()
    del production.processes["migrate"]
    return production


def _start_postgresql(production: Machine) -> None:
    """What the image's entry point does: make the cluster with the password, then the database."""
    programs = machine.postgresql()
    assert programs
    environment = production.environment("postgres")
    data = production.folder / "postgres"
    data.mkdir()
    password = production.folder / "postgres-password"
    password.write_text(environment["POSTGRES_PASSWORD"])
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server refuses to run as root
        as_user = {"user": "postgres"}
        shutil.chown(data, "postgres")
        shutil.chown(password, "postgres")
    arguments = environment["POSTGRES_INITDB_ARGS"].split()
    initdb = [f"{programs}/initdb", "--username=loadstar", f"--pwfile={password}", f"--pgdata={data}", *arguments]
    subprocess.run(initdb, check=True, capture_output=True, cwd=data, **as_user)
    port = str(production.ports["5432"])
    options = ["-p", port, "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"]
    production.start("postgres", [f"{programs}/postgres", "-D", str(data), *options], **as_user)
    production.await_healthy("postgres")
    env = os.environ | {"PGPASSWORD": environment["POSTGRES_PASSWORD"]}
    createdb = [f"{programs}/createdb", "-h", "127.0.0.1", "-p", port, "-U", "loadstar", environment["POSTGRES_DB"]]
    subprocess.run(createdb, env=env, check=True, capture_output=True)
