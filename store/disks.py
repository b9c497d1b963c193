"""How much room the disks have that the databases write to, as far as they can be seen from here.

The state folder's always can be. A server's own disk, PostgreSQL's or an external QuestDB's, can where it is mounted here too.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from config.language import N_, _
from config.settings import PREFIX, Settings

Of = Literal["state", "records", "series"]

LEAST_FREE_SHARE = 0.02
NAMES = {"state": "the state folder", "records": "the records", "series": "QuestDB"}  # in logs
# The settings that say where they are mounted.
VOLUMES = {"records": f"{PREFIX}RECORDS_VOLUME", "series": f"{PREFIX}QUESTDB_VOLUME"}
NEARLY_FULL = {
    "state": N_("the disk of the state folder is nearly full: %(free)s GiB are free"),
    "records": N_("the disk of the records is nearly full: %(free)s GiB are free"),
    "series": N_("the disk of QuestDB is nearly full: %(free)s GiB are free"),
}


class Disk(NamedTuple):
    """What it is of, and bytes: of all of it, of what is free, and how many must be for it not to be nearly full."""

    of: Of
    total: int
    free: int
    least: int

    @property
    def nearly_full(self) -> str | None:
        """That it is nearly full, in words for the operator, if it is."""
        return _(NEARLY_FULL[self.of], free=f"{self.free / 2**30:.1f}") if self.free < self.least else None


def least_free(settings: Settings, folder: Path | None = None) -> int:
    """Free bytes below which the disk of that folder, or of the state folder, is nearly full."""
    return int(max(settings.least_free_mb * 2**20, LEAST_FREE_SHARE * shutil.disk_usage(folder or settings.home).total))


def seen(settings: Settings) -> list[Disk]:
    """The disks that can be seen: the state folder's first, then those of records and series that are elsewhere."""
    return [disk for of, folder in _folders(settings) if folder and (disk := _disk(settings, of, folder))]


def unseen(settings: Settings) -> list[Of]:
    """Whose disks are elsewhere and cannot be seen."""
    return [of for of, folder in _folders(settings) if not (folder and _disk(settings, of, folder))]


def of_series(settings: Settings) -> Disk | None:
    """The disk that QuestDB writes to, if it can be seen."""
    of: Of = "series" if settings.questdb_external else "state"
    return next((disk for disk in seen(settings) if disk.of == of), None)


def _folders(settings: Settings) -> Iterator[tuple[Of, Path | None]]:
    """The folder on each of them by which it is seen, if there is one."""
    yield "state", settings.home
    records = _url(settings.records_url)
    if records is None or records.get_backend_name() != "sqlite":
        yield "records", settings.records_volume
    elif records.database and _is_elsewhere(Path(records.database).parent, settings.home):
        yield "records", Path(records.database).parent
    if settings.questdb_external:
        yield "series", settings.questdb_volume


def _url(text: str) -> URL | None:
    try:
        return make_url(text)
    except ArgumentError:  # whoever connects to it says so
        return None


def _is_elsewhere(folder: Path, home: Path) -> bool:
    try:
        return folder.stat().st_dev != home.stat().st_dev
    except OSError:  # one of them is not there yet
        return False


def _disk(settings: Settings, of: Of, folder: Path) -> Disk | None:
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return None
    return Disk(of, usage.total, usage.free, least_free(settings, folder))
