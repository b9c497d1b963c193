"""Values that wait in QuestDB until a person maps their channel, each at its own time.

What waits no longer is not deleted (QuestDB deletes no rows): its row is written again with what became of it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from store.errors import Refused
from store.ids import channel_id
from store.records.plant import channels as records
from store.records.plant.channels import Source
from store.scope import Scope
from store.series.connection import listed, query
from store.series.write import NOW, Series

TABLE = "waiting"
STORED, DROPPED = "stored", "dropped"
GONE = f"'{STORED}', '{DROPPED}'"


class Waits(NamedTuple):
    """What waits of a channel: how many values, how many of them nobody has judged, and since when the first of them does."""

    values: int
    unjudged: int
    since: datetime


class Value(NamedTuple):
    """One that waits: its time (µs since 1970), and what it is."""

    at: int
    value: float


def series(source: Source, road: str, name: str, state: str | None = None) -> Series:
    """Where the values of a channel wait; with a `state`, what became of them."""
    which = channel_id(source.id, road, name)
    became = f",state={state}" if state else ""
    return Series(TABLE, which, "", 0, f"{TABLE},channel={which},source={source.id}{became} received_at={NOW}t,value=")


def counted(scope: Scope, source_ids: Collection[str]) -> dict[str, int]:
    """How many values of each source wait.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    _require_own(scope)
    named = f"source IN ({listed(source_ids)})"
    found = query(f"SELECT source, count() FROM {TABLE} WHERE {named} AND {_waits()} GROUP BY source")
    return dict.fromkeys(source_ids, 0) | dict(found)


def channels(scope: Scope) -> dict[str, Waits]:
    """What waits of each channel that has anything, by its id; raises as `counted`."""
    _require_own(scope)
    columns = "channel, count(), sum(CASE WHEN state IS NULL THEN 1 ELSE 0 END), min(received_at)"
    return {which: Waits(*rest) for which, *rest in query(f"SELECT {columns} FROM {TABLE} WHERE {_waits()} GROUP BY channel")}


def of_site(scope: Scope, site_id: str, channel_ids: Collection[str]) -> dict[str, dict[str, int]]:
    """How many values wait of these channels of a site, by the codes of why they do; an empty one: nobody has judged them.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
        StoreAway: QuestDB cannot be reached.
    """
    known = [each.id for each in records.of_site(scope, site_id, only=channel_ids)]
    found: dict[str, dict[str, int]] = {each: {} for each in known}
    if known:
        named = f"channel IN ({listed(known)})"
        for which, state, count in query(
            f"SELECT channel, state, count() FROM {TABLE} WHERE {named} AND {_waits()} GROUP BY channel, state"
        ):
            found[which][state or ""] = count
    return found


def values(scope: Scope, channel: str, after: datetime | None, judged_before: datetime, most: int) -> Sequence[Value]:
    """The next values of a channel that wait, after a moment (none: from the first), in their order; raises as `counted`.

    Not those that were judged since `judged_before`, and refused.
    """
    _require_own(scope)
    since = "" if after is None else " AND ts > %s"
    rows = query(
        f"SELECT ts, value FROM {TABLE} WHERE channel = %s AND (state IS NULL OR (state NOT IN ({GONE}) AND received_at < %s))"
        f"{since} ORDER BY ts LIMIT {int(most)}",
        [channel, judged_before, *([] if after is None else [after])],
    )
    return [Value(round(ts.timestamp() * 1e6), value) for ts, value in rows]


def _waits() -> str:
    return f"(state IS NULL OR state NOT IN ({GONE}))"


def _require_own(scope: Scope) -> None:
    if not scope.everything:
        raise Refused("only Loadstar itself looks after what waits")
