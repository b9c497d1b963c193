"""A mosquitto of one's own, as the guide for integrators has it: it loses nothing while Loadstar, or itself, is away."""

import getpass
import socket
import subprocess
import time
from pathlib import Path

from cli import machine
from cli.ports import free_ports

SETTINGS = """
user {user}
max_queued_messages 200000
max_inflight_messages 1000
"""
KEEPS = """
persistence true
persistence_location {folder}/
autosave_on_changes true
autosave_interval 1
"""
START_S = 180.0
LOOK_S = 0.05


class DidNotStart(Exception):
    """It ended, or does not answer; the message has what it said."""


class Broker:
    """A mosquitto; not yet started.

    Args:
        folder: its settings, log and what it keeps.
        listener: more for its settings, of the listener.
        access: who may come.
        keeps: whether it writes what waits to a file, and has it again when it was ended.
    """

    def __init__(self, folder: Path, listener: str = "", access: str = "allow_anonymous true", *, keeps: bool = True) -> None:
        with free_ports(1) as (port,):
            self.port = port
        folder.mkdir(exist_ok=True)
        self._file = folder / "mosquitto.conf"
        own = (SETTINGS + KEEPS * keeps).format(folder=folder, user=getpass.getuser())
        self._file.write_text(f"{own}\nlistener {port} 127.0.0.1\n{listener}\n{access}\n")
        self._log = folder / "mosquitto.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> "Broker":
        """Start it and wait until it answers; itself.

        Raises:
            DidNotStart: it does not.
        """
        program = machine.mosquitto()
        if program is None:
            raise DidNotStart("mosquitto is not on this machine")
        with self._log.open("ab") as log:
            self.process = subprocess.Popen([program, "-c", str(self._file)], stdout=log, stderr=log)  # noqa: S603 - as found
        deadline = time.monotonic() + START_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise DidNotStart(self._log.read_text(errors="replace")[-2000:])
            time.sleep(LOOK_S)
        return self

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    @property
    def written_ns(self) -> int:
        """When it wrote its state last."""
        state = self._file.with_name("mosquitto.db")
        return state.stat().st_mtime_ns if state.exists() else 0

    def kill(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> None:
        """Have it end in good order."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
