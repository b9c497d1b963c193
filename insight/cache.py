"""What the processes of this machine keep for one another, in the state folder: nothing of it is ever unpickled.

diskcache unpickles what it finds marked so, whoever wrote it (CVE-2025-69872): the disks here refuse that, so that whoever
could write to the folder could put a wrong number there, and no program.
"""

import logging
import os
import sqlite3
from collections.abc import Callable
from typing import Any

from diskcache import Cache, Disk, JSONDisk, Timeout
from diskcache.core import MODE_PICKLE

from config.settings import Settings

log = logging.getLogger(__name__)


class Plain:  # stands before a disk of diskcache, which is not typed: hence what the type checker is told to leave
    """Of a disk: neither keys nor values that are pickled."""

    def put(self, key: object) -> Any:
        """As the disk does."""
        return super().put(key) if isinstance(key, str) else _refuse()  # type: ignore[misc]

    def get(self, key: object, raw: bool) -> Any:
        """As the disk does."""
        return super().get(key, raw) if raw else _refuse()  # type: ignore[misc]

    def fetch(self, mode: int, filename: str, value: object, read: bool) -> Any:
        """As the disk does."""
        return _refuse() if mode == MODE_PICKLE else super().fetch(mode, filename, value, read)  # type: ignore[misc]


class Bytes(Plain, Disk):  # type: ignore[misc]  # as above
    """Keeps bytes and numbers."""


class Json(Plain, JSONDisk):  # type: ignore[misc]  # as above
    """Keeps JSON."""


def _refuse() -> Any:
    raise ValueError("this cache holds nothing pickled, and somebody put that there: empty its folder")


def forecasts(settings: Settings) -> Cache:
    """Forecasts, for whoever computes them."""
    return _open(settings, "forecasts", Json, 64 * 2**20)


def closed_power(settings: Settings) -> Cache:
    """Powers of stretches of time that are over: `insight.closed_power`."""
    return _open(settings, "closed", Bytes, 512 * 2**20)


def closed_energy(settings: Settings) -> Cache:
    """Energies of months that are over: `insight.closed_energy`."""
    return _open(settings, "energy", Bytes, 512 * 2**20)


def attempt(use: Callable[[], object]) -> object:
    """What using a cache gives; none when it cannot be used: that is a slow page, not a broken one."""
    try:
        return use()
    except (OSError, sqlite3.Error, Timeout, ValueError) as problem:
        log.warning("a cache of what is over cannot be used: %s", problem)
        return None


def _open(settings: Settings, name: str, disk: type[Disk], size_limit_bytes: int) -> Cache:
    """Its folder is 0700. What was stored longest ago goes when it is full."""
    folder = settings.home / "cache" / name
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    before = os.umask(0o077)
    try:
        return Cache(str(folder), disk=disk, size_limit=size_limit_bytes)
    finally:
        os.umask(before)
