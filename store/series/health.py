"""How the series' store is: whether what is acknowledged becomes visible, and whether the disk still has room."""

from datetime import datetime
from typing import NamedTuple

from config.language import _
from config.settings import Settings
from store import disks
from store.errors import Refused
from store.scope import Scope
from store.series.connection import execute, query


class TableHealth(NamedTuple):
    """A table; `lag` is how many committed transactions cannot be read yet, `why` QuestDB's reason to have suspended it."""

    name: str
    suspended: bool
    lag: int
    why: str


def tables() -> list[TableHealth]:
    """The state of each table. A suspended one goes on accepting rows that nobody sees until `ALTER TABLE … RESUME WAL`."""
    rows = query("SELECT name, suspended, writerTxn, sequencerTxn, errorTag, errorMessage FROM wal_tables() ORDER BY name")
    return [
        TableHealth(name, suspended, sequencer - writer, " ".join(filter(None, (tag, said)))[:200])
        for name, suspended, writer, sequencer, tag, said in rows
    ]


def held_since() -> datetime | None:
    """Since when a backup holds QuestDB at a checkpoint, if one does: until it lets go, nothing is removed from the disk."""
    in_progress, started_at = query("SELECT in_progress, started_at FROM checkpoint_status()")[0]
    found: datetime | None = started_at if in_progress else None
    return found


def build() -> str:
    """Which QuestDB answers, in its own words."""
    return str(query("SELECT build()")[0][0])


def disk_full(settings: Settings) -> str | None:
    """Why the disk that QuestDB writes to should be given nothing more, or None; None too where it cannot be seen from here."""
    disk = disks.of_series(settings)
    return disk.nearly_full if disk else None


def full(settings: Settings) -> str | None:
    """Why nothing more should be accepted, in words for the operator, or None.

    A full disk suspends QuestDB's tables while posts are still acknowledged: refuse before.
    """
    if why := disk_full(settings):
        return why
    if suspended := [table for table in tables() if table.suspended]:
        why = next((table.why for table in suspended if table.why), "")
        names = ", ".join(table.name for table in suspended)
        if why:
            return _(
                "QuestDB has suspended %(tables)s (%(why)s): it goes on within a minute if the disk has room",
                tables=names,
                why=why,
            )
        return _("QuestDB has suspended %(tables)s: it goes on within a minute if the disk has room", tables=names)
    return None


def resume(scope: Scope, settings: Settings) -> list[str]:
    """Have suspended tables go on, if there is room; which they were. What they were sent meanwhile becomes visible then.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    if not scope.everything:
        raise Refused("only Loadstar itself resumes tables")
    if disk_full(settings):
        return []
    suspended = [table.name for table in tables() if table.suspended]
    for name in suspended:
        execute(f"ALTER TABLE {name} RESUME WAL")
    return suspended
