"""A real PostgreSQL for tests: a cluster of its own in a temporary folder, on a Unix socket only, gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

ACCOUNT = "postgres"  # the server refuses to run as root
STARTS_S = 120.0  # the machine may be busy


def programs() -> Path:
    """The folder of initdb and postgres; the test is skipped, and says so, where there is none."""
    folders = [Path(found).resolve().parent for name in ("initdb", "postgres") if (found := shutil.which(name))]
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    pytest.skip("PostgreSQL's programs initdb and postgres are not here: install the package postgresql")


class Cluster:
    """A running server."""

    def __init__(self) -> None:
        found = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="loadstar-pg-"))
        self._account = ACCOUNT if os.geteuid() == 0 else None
        if self._account:
            shutil.chown(self.folder, self._account, self._account)
        data = self.folder / "data"
        self._run(found / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    found / "postgres",
                    "-D",
                    data,
                    "-k",
                    self.folder,
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "fsync=off",
                    "-c",
                    "timezone=Asia/Kolkata",
                ],
                user=self._account,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        self._await()
        self._made = 0

    def _run(self, *command: object) -> None:
        subprocess.run([str(part) for part in command], user=self._account, cwd=self.folder, check=True, capture_output=True)

    def _await(self) -> None:
        deadline = time.monotonic() + STARTS_S
        while True:
            try:
                self._admin().close()
            except psycopg.OperationalError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline, "PostgreSQL did not start in time"
                time.sleep(0.05)
            else:
                return

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(host=str(self.folder), user=ACCOUNT, dbname="postgres", autocommit=True)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{ACCOUNT}@/{database}?host={self.folder}"

    def new_database(self) -> str:
        """Make an empty database and return its name."""
        self._made += 1
        name = f"records_{self._made}"
        with self._admin() as admin:
            admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        return name

    def drop(self, database: str) -> None:
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)  # a fast shutdown
        self.process.wait(STARTS_S)
        shutil.rmtree(self.folder, ignore_errors=True)
