"""The clock of a machine, as programs see it that are started with its environment; it can be set while they run."""

import shutil
import struct
import subprocess
from datetime import timedelta
from pathlib import Path

SOURCE = Path(__file__).with_name("set_clock.c")


class NoCompiler(Exception):
    """There is no C compiler on this machine."""


class SetClock:
    """What those programs take for the machine's clock. Steady clocks stay true."""

    def __init__(self, folder: Path) -> None:
        self._file, self._library = folder / "clock", folder / "set_clock.so"
        compiler = shutil.which("cc")
        if compiler is None:
            raise NoCompiler
        command: list[str | Path] = [
            compiler,
            "-shared",
            "-fPIC",
            "-nostdlib",
            "-O1",
            "-fno-builtin",
            "-o",
            self._library,
            SOURCE,
        ]
        subprocess.run(command, check=True)  # noqa: S603 - our own words
        self.set(timedelta(0))

    def set(self, ahead: timedelta) -> None:
        """Set it so far ahead, or back, of the true time."""
        with self._file.open("r+b" if self._file.exists() else "w+b") as file:
            file.write(struct.pack("=q", round(ahead.total_seconds())))

    def environment(self) -> dict[str, str]:
        """What a program has to have in its environment to see it."""
        return {"LD_PRELOAD": str(self._library), "SET_CLOCK": str(self._file)}
