"""What others say of a region's or a site's times to come, and of past weather: each value with the moment at which it was said.

So a forecast of long ago can be made again with what was known then, and nothing that came later.
"""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pandas as pd
from questdb import QuestDBError, TimestampNanos

from config import clock
from config.quantities import LONGEST_INTERVAL_S, QUANTITIES
from config.settings import settings
from store.errors import StoreAway
from store.records.access.policy import Action, require
from store.records.plant.meters import require_series
from store.records.schema import Site
from store.records.transaction.engine import reading
from store.scope import Scope
from store.series import bulk
from store.series.connection import frame, query
from store.series.rollup import await_applied

COLUMNS = ["start", "interval_s", "value", "issued_at"]
SHOWN_S = 5.0


class Outlook(NamedTuple):
    """One value: of a quantity, from its start on for its interval (s; 0 for a moment)."""

    quantity: str
    start: datetime
    interval_s: int
    value: float


def take_pulled(scope: Scope, place_id: str, source_id: str, issued_at: datetime, values: Sequence[Outlook]) -> tuple[int, int]:
    """Keep what a source says at that moment; how many were kept, and how many cannot be true and were not.

    What it said last and says again is not kept again: the moment at which it was said first tells more.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    true = [each for each in values if _can_be(each)]
    if not true:
        return 0, len(values)
    said = _said_last(place_id, source_id, true)
    new = [each for each in true if said.get((each.quantity, each.interval_s, each.start)) != each.value]
    received = TimestampNanos(clock.now_us() * 1000)
    try:
        with bulk.writer(settings()) as sender:
            for each in new:
                sender.row(
                    "outlooks",
                    symbols={"place": place_id, "quantity": each.quantity, "source": source_id},
                    columns={
                        "issued_at": issued_at,
                        "interval_s": each.interval_s,
                        "value": each.value,
                        "received_at": received,
                    },
                    at=each.start,
                )
            sender.flush()
    except QuestDBError as error:
        raise StoreAway(f"QuestDB does not take what was pulled: {error}") from error
    await_applied(["outlooks"], SHOWN_S)
    return len(new), len(values) - len(true)


def newest(
    scope: Scope, place_id: str, quantity: str, start: datetime, end: datetime, *, as_of: datetime | None = None
) -> pd.DataFrame:
    """What was said last of each time in [start, end), by then if `as_of` says when.

    Returns:
        start (UTC), interval_s, value (in the quantity's unit) and issued_at (UTC), in order of start.

    Raises:
        NotFound: the region or the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    _require_place(scope, place_id)
    known = as_of or clock.now()
    found = frame(
        "SELECT ts, interval_s, value, issued_at FROM ("
        "SELECT ts, interval_s, value, issued_at, row_number() OVER (PARTITION BY ts, interval_s ORDER BY issued_at DESC) newest "
        "FROM outlooks WHERE ts >= %s AND ts < %s AND place = %s AND quantity = %s AND issued_at <= %s"
        ") WHERE newest = 1 ORDER BY ts",
        [start, end, place_id, quantity, known],
    )
    return found.set_axis(COLUMNS, axis=1)


class Known(NamedTuple):
    """What there is of a quantity: how many times of it, from when to when, and when it was said last."""

    quantity: str
    times: int
    first: datetime
    last: datetime
    issued_at: datetime


def known(scope: Scope, place_id: str) -> list[Known]:
    """What there is of a region or a site, by quantity. Raises as `newest`."""
    _require_place(scope, place_id)
    rows = query(
        "SELECT quantity, count_distinct(ts), min(ts), max(ts), max(issued_at) FROM outlooks WHERE place = %s", [place_id]
    )
    return sorted(Known(*row) for row in rows)


def _require_place(scope: Scope, place_id: str) -> None:
    with reading() as records:
        of_site = records.get(Site, place_id) is not None
    if of_site:
        scope.require_site(place_id)
    else:
        require_series(scope, [place_id])


def _can_be(each: Outlook) -> bool:
    what = QUANTITIES[each.quantity]
    lasts = 0 <= each.interval_s <= LONGEST_INTERVAL_S
    return lasts and math.isfinite(each.value) and what.least <= each.value <= what.greatest


def _said_last(place_id: str, source_id: str, values: Sequence[Outlook]) -> dict[tuple[str, int, datetime], float]:
    starts = [each.start for each in values]
    rows = query(
        "SELECT quantity, interval_s, ts, value FROM ("
        "SELECT quantity, interval_s, ts, value, "
        "row_number() OVER (PARTITION BY quantity, interval_s, ts ORDER BY issued_at DESC) newest "
        "FROM outlooks WHERE ts >= %s AND ts <= %s AND place = %s AND source = %s) WHERE newest = 1",
        [min(starts), max(starts), place_id, source_id],
    )
    return {(quantity, interval_s, ts): value for quantity, interval_s, ts, value in rows}
