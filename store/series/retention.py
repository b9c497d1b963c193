"""Drops what is older than it is kept, a day's partition at a time, by what time it must be, not by what time it is said to be.

QuestDB's own TTL follows the newest row of a table or the machine's clock; either may be a hundred days ahead by mistake, and
then everything is gone. Here two clocks have to agree: the time that is known (`config.clock`), and the time that this
Loadstar has *lived*, which goes on no faster than twice real time, by a week at most for a time that the machine was off.
What lies ahead too far is caught up with day by day, and never deletes in one go. Nor is anything dropped that is not older than
the newest row by the days that it is kept (a site that fell silent keeps its last readings), or not rolled up yet.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from config import clock
from config.settings import Settings
from store.errors import Refused
from store.scope import Scope
from store.series import checkpoint
from store.series.connection import execute, query

NOTES_DAYS = 30  # markers, checkpoints and what is in quarantine
CATCHES_UP = 2  # times real time
OFF = timedelta(days=7)  # the machine may have been, since the last time
DAY = timedelta(days=1)


class Kept(NamedTuple):
    """A table by the day of its designated timestamp, and for how long its rows are kept."""

    table: str
    ts: str
    days: int


def _kept(settings: Settings) -> list[Kept]:
    """The tables that forget; all others keep their rows for ever."""
    return [
        Kept("telemetry", "ts", settings.kept_telemetry_days),
        Kept("waiting", "ts", settings.kept_telemetry_days),
        Kept("late", "received_at", NOTES_DAYS),
        Kept("quarantine", "received_at", NOTES_DAYS),
        Kept("rollups", "done_at", NOTES_DAYS),
        Kept("retention", "lived_to", NOTES_DAYS),
    ]


_last_run: list[int] = []  # by the steady clock (µs), in this process


def drop_old(scope: Scope, settings: Settings) -> dict[str, datetime]:
    """Drop the partitions that are older than they are kept; until when (UTC midnight), of each table that lost some.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    if not scope.everything:
        raise Refused("only Loadstar itself drops what is old")
    lived_to = _lived_to()
    dropped = {}
    for each in _kept(settings):
        until = _midnight(_newest(each, lived_to) - each.days * DAY)
        if each.table == "telemetry":
            until = min(until, _midnight(checkpoint.read().rolled_to))
        if _drop(each, until):
            dropped[each.table] = until
    return dropped


def _lived_to() -> datetime:
    """How far this Loadstar has lived, and note it."""
    now, steady, boot = clock.now(), clock.clock().steady_us(), clock.clock().boot
    ran = timedelta(microseconds=steady - _last_run[-1] if _last_run else 0)
    rows = query("SELECT lived_to, boot FROM retention ORDER BY lived_to DESC LIMIT 1")
    reached = now
    if rows:
        before, booted = rows[0]
        reached = min(now, before + CATCHES_UP * ran + (OFF if booted != boot else timedelta(0)))
    execute(f"INSERT INTO retention VALUES ({round(reached.timestamp() * 1e6)}, %s)", params=[boot])
    _last_run[:] = [steady]
    return reached


def _newest(of: Kept, lived_to: datetime) -> datetime:
    """The newest row that was there by then; `lived_to` when there is none."""
    rows = query(f"SELECT {of.ts} FROM {of.table} WHERE {of.ts} <= %s ORDER BY {of.ts} DESC LIMIT 1", [lived_to])
    newest: datetime = rows[0][0] if rows else lived_to
    return newest


def _drop(of: Kept, until: datetime) -> bool:
    """Drop the partitions before a midnight; whether there were any."""
    # QuestDB compares a partition's own start, so that of the day itself must not be named.
    if not query(f"SELECT {of.ts} FROM {of.table} WHERE {of.ts} < %s LIMIT 1", [until]):
        return False
    execute(f"ALTER TABLE {of.table} DROP PARTITION WHERE {of.ts} < '{until:%Y-%m-%dT%H:%M:%S.000000Z}'")
    return True


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
