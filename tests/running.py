"""Loadstar as people start it: `up` with its real processes, in a state folder of its own."""

import os
import subprocess
import sys
from pathlib import Path

from cli import leash
from cli.ports import free_ports
from cli.waiting import answers
from config.settings import PROJECT
from tests.conftest import eventually

CHILDREN = ("questdb", "devices", "dashboard", "worker", "mqtt")
START_S = 400


class Terminal:
    """Someone at a terminal with a state folder and ports of their own."""

    def __init__(self, folder: Path, jar: Path, **environment: str) -> None:
        self.home = folder / "home"
        self.run = self.home / "run"
        with free_ports(2) as (dashboard, devices):
            self.dashboard, self.devices = dashboard, devices
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("LOADSTAR_")} | {
            "LOADSTAR_HOME": str(self.home),
            "LOADSTAR_DASHBOARD_PORT": str(dashboard),
            "LOADSTAR_DEVICE_PORT": str(devices),
            "LOADSTAR_QUESTDB_JAR": str(jar),
            "PYTHONPATH": str(PROJECT),
        }
        self.env |= environment
        self.output = folder / "output"
        self.up: subprocess.Popen[bytes] | None = None

    def type(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Type a command and wait for its end."""
        argv = [sys.executable, "-m", "cli", *arguments]
        return subprocess.run(
            argv, cwd=PROJECT, env=self.env | environment, capture_output=True, text=True, check=False, timeout=START_S
        )

    def start(self, *options: str) -> str:
        """Type `up` and wait until it says that it is up; what it said."""
        with self.output.open("wb") as output:
            argv = [sys.executable, "-m", "cli", "up", "--no-demo", *options]
            self.up = subprocess.Popen(argv, cwd=PROJECT, env=self.env, stdout=output, stderr=output)

        def said() -> str:
            assert self.up and self.up.poll() is None, self.output.read_text()
            text = self.output.read_text()
            return text if "Loadstar is up" in text and text.endswith("\n") else ""

        return str(eventually(said, within_s=START_S))

    def pid(self, name: str) -> int | None:
        return leash.alive(self.run, name)

    def all_ended(self) -> bool:
        return not any(leash.family(self.run, path.stem) for path in self.run.glob("*.pid"))

    def everything_answers(self) -> bool:
        return answers("127.0.0.1", self.dashboard) and answers("127.0.0.1", self.devices)

    def tidy(self) -> None:
        if self.up:
            self.up.kill()
            self.up.wait()
        for name in ("up", "supervisord", *CHILDREN):
            leash.end(leash.family(self.run, name), 0.0)
