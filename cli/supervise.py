"""`python -m cli.supervise`: supervisord, which goes on when its logs cannot be written, and takes paths as they are.

Out of the box it ends of a full disk: what goes wrong with a log is written to its standard error, and when that is on the
same disk, the second failure ends it and everything that it keeps running. And it cuts values off at ` #` and
` ;`, and reads `%` as the beginning of something else, in some values twice.
"""

import contextlib
import json
import logging
import sys
import threading
from pathlib import Path
from typing import Any

from supervisor import loggers, options, supervisord

from cli import leash
from config import heart


class Log(loggers.RotatingFileHandler):  # type: ignore[misc]  # its library declares no types
    """A log that drops what cannot be written, and goes on as soon as it can."""

    def emit(self, record: Any) -> None:
        """Write a record, if there is room."""
        try:
            super().emit(record)
        except (OSError, ValueError):  # no room for the next file of a rotation, which leaves this one closed
            with contextlib.suppress(OSError, ValueError):
                self.reopen()

    def close(self) -> None:
        """Close, also when what is still in memory cannot be written."""
        with contextlib.suppress(OSError):
            super().close()

    def handleError(self) -> None:  # noqa: N802 - the library's name
        """Nobody could be told."""


class Parser(options.UnhosedConfigParser):  # type: ignore[misc]  # as above
    """Reads a configuration whose values are meant as they stand."""

    def __init__(self) -> None:
        super().__init__(inline_comment_prefixes=None)

    def expand_here(self, here: str | None) -> None:
        """Nothing stands for anything else."""


def _as_it_stands(value: str, _expansions: object, _name: object) -> str:
    return value


def patched() -> None:
    """Put our log, and a parser that changes nothing, in the place of the library's own."""
    loggers.RotatingFileHandler = Log
    options.UnhosedConfigParser = Parser
    options.expand = _as_it_stands


def watch_hearts(run: Path) -> None:
    """End, for ever, what gives no signs of life any more: supervisord starts it anew, and what it leaves is ended with it."""
    folder, watcher = run / heart.PROCESSES, heart.Watcher()
    born: dict[int, float] = {}
    while True:
        now = watcher.looks()
        if now is not None:
            born = {pid: born.get(pid, now - heart.BEAT_S) for pid in _that_beat(run)}
            heart.end_hung(folder, born, now)


def _that_beat(run: Path) -> list[int]:
    """The processes that have been told what to run, and give signs of life once they do."""
    beating = []
    for order in run.glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            told = json.loads(order.read_text())
            if isinstance(told, dict) and told.get("beats") and (pid := leash.alive(run, order.stem)):
                beating.append(pid)
    return beating


def main(config: str) -> None:
    """Run until told to end."""
    patched()
    logging.basicConfig(format="%(asctime)s %(message)s")
    run = Path(config).parent
    heart.clear(run / heart.PROCESSES)
    threading.Thread(target=watch_hearts, args=(run,), daemon=True, name="hearts").start()
    supervisord.main()


if __name__ == "__main__":
    main(sys.argv[-1])
