"""How the series' store is: whether what is acknowledged becomes visible, and whether the disk still has room."""

import shutil
from typing import NamedTuple

from config.settings import Settings
from store.series.connection import query

LEAST_FREE_BYTES = 2**30
LEAST_FREE_SHARE = 0.02


class TableHealth(NamedTuple):
    """A table; `lag` is how many committed transactions cannot be read yet."""

    name: str
    suspended: bool
    lag: int


def tables() -> list[TableHealth]:
    """The state of each table. A suspended one goes on accepting rows that nobody sees until `ALTER TABLE … RESUME WAL`."""
    rows = query("SELECT name, suspended, writerTxn, sequencerTxn FROM wal_tables() ORDER BY name")
    return [TableHealth(name, suspended, sequencer - writer) for name, suspended, writer, sequencer in rows]


def build() -> str:
    """Which QuestDB answers, in its own words."""
    return str(query("SELECT build()")[0][0])


def full(settings: Settings) -> str | None:
    """Why nothing more should be accepted, in words for the operator, or None.

    A full disk suspends QuestDB's tables while posts are still acknowledged: refuse before. The disk of an external
    server is its operator's to watch.
    """
    suspended = [table.name for table in tables() if table.suspended]
    if suspended:
        return f"QuestDB has suspended {', '.join(suspended)}: free some disk, then ALTER TABLE … RESUME WAL"
    if settings.questdb_external:
        return None
    disk = shutil.disk_usage(settings.home)
    if disk.free < max(LEAST_FREE_BYTES, LEAST_FREE_SHARE * disk.total):
        return f"the disk of the state folder is nearly full: {disk.free / 2**30:.1f} GiB are free"
    return None
