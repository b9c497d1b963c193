"""Room on the disks: that they get full is said, a reserve is given up first, and tables go on once there is room again."""

import contextlib
import logging
import os
import shutil
from pathlib import Path

from config.settings import Settings
from store import disks
from store.scope import SYSTEM
from store.series import health

log = logging.getLogger(__name__)

RESERVE_BYTES = 64 * 2**20  # what Loadstar's own records, logs and the store's log need until somebody has made room


class Watch:
    """Says in the log when a disk is nearly full, and when it has room again."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._full: set[disks.Of] = set()

    def look(self) -> None:
        """Look at all that can be seen."""
        for disk in disks.seen(self._settings):
            why = disk.nearly_full
            if why and disk.of not in self._full:
                self._full.add(disk.of)
                log.warning("%s", why)
            elif not why and disk.of in self._full:
                self._full.remove(disk.of)
                log.warning("the disk of %s has room again", disks.NAMES[disk.of])


def resume(settings: Settings) -> None:
    """Have suspended tables go on, if the disk has room.

    Raises:
        StoreAway: QuestDB cannot be reached.
    """
    for table in health.resume(SYSTEM, settings):
        log.warning("QuestDB had suspended %s; it is told to go on", table)


def keep_reserve(settings: Settings) -> None:
    """Give the reserve up when the disk of the state folder is full, and lay it in again when there is room."""
    reserve, least_free = settings.home / "reserve", disks.least_free(settings)
    free = shutil.disk_usage(reserve.parent).free
    there = reserve.exists()
    if there and free < RESERVE_BYTES // 2:
        reserve.unlink(missing_ok=True)
        log.warning(
            "the disk of the state folder is full (%d kB free): its reserve of %d MB was given up",
            free // 2**10,
            RESERVE_BYTES // 2**20,
        )
    elif not there and free > least_free + 2 * RESERVE_BYTES:
        _lay_in(reserve)


def _lay_in(reserve: Path) -> None:
    draft = reserve.with_suffix(".draft")
    try:
        with draft.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
        draft.replace(reserve)
    except OSError as error:  # somebody was faster, or the file system cannot
        log.warning("no reserve could be laid in: %s", error)
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
