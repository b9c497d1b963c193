"""What this machine has: the programs that some tests need, and where they are."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

POSTGRESQL_VERSIONS = Path("/usr/lib/postgresql")
# That which can only run without a window comes first: it draws the same pages with less work (docs/decisions/452).
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser")


class Program(NamedTuple):
    """A program that some tests need: the tests' mark, how to find it, and what installs it."""

    mark: str
    find: Callable[[], str | None]
    install: str


def chromium() -> str | None:
    """Path of a Chromium, or None."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def nginx() -> str | None:
    """Path of nginx, or None. Debian keeps it out of an ordinary user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def postgresql() -> str | None:
    """Folder of a PostgreSQL server's programs, or None. Debian keeps them out of every PATH."""
    folders = sorted(POSTGRESQL_VERSIONS.glob("*/bin"), key=lambda folder: int(folder.parent.name), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists():
            return str(folder)
    path = shutil.which("initdb")
    return str(Path(path).parent) if path else None


def redis() -> str | None:
    """Path of a Redis server, or None."""
    return shutil.which("redis-server")


def faketime() -> str | None:
    """Path of the program that shows another one a clock that was set."""
    return shutil.which("faketime")


def compiler() -> str | None:
    """Path of a C compiler, or None."""
    return shutil.which("cc")


def mosquitto() -> str | None:
    """Path of the MQTT broker, or None. Debian keeps it out of an ordinary user's PATH."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


PROGRAMS = (
    Program("browser", chromium, CHROMIUMS[0]),
    Program("postgresql", postgresql, "postgresql"),
    Program("nginx", nginx, "nginx"),
    Program("redis", redis, "redis-server"),
    Program("faketime", faketime, "faketime"),
    Program("compiler", compiler, "gcc"),
    Program("mosquitto", mosquitto, "mosquitto"),
)


def missing() -> list[Program]:
    """The programs that are not here."""
    return [program for program in PROGRAMS if program.find() is None]
