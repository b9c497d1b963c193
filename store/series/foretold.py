"""The energy that a meter would have, were its declaration another or its values corrected: of what time, and how much.

Nothing is written. What Loadstar would hold or let go of because of the change (`store.series.judging`) is not foretold.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from config import clock
from config.quantities import INTERVAL_S, TELLING
from store.records.plant.metering import Declared, Metering, metering
from store.records.plant.meters import require_series
from store.scope import ALWAYS, Scope, Window
from store.series import counters, energy, oldest
from store.series.as_if import Amendment, as_if
from store.series.connection import query
from store.series.counters import COUNTERS
from store.series.energy import Flow
from store.series.grid import EPOCH, Edges
from store.series.latest import not_ahead

MOST = 500_000  # samples that are read while somebody waits
MOST_SAID = 100_000  # values that are looked at one by one, likewise
DAY = timedelta(days=1)
FOREVER = ALWAYS[0].end
TELLS = {name for names in TELLING.values() for name in names}  # energy


class Reach(NamedTuple):
    """The time of which the energy may be another, what of it samples would tell anew, and from when on that can be foretold."""

    start: datetime
    end: datetime
    anew: Window | None
    known_from: datetime


def of_declarations(scope: Scope, meter_id: str, after: Sequence[Declared]) -> Reach | None:
    """Of what time up to now the energy would be another by what a meter would declare; none where nothing would be.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, [meter_id])
    before = known.declared[meter_id]
    dates = sorted({date for each in (*before, *after) for date in (each.valid_from, each.valid_to or FOREVER)})
    other = [both for both in pairwise(dates) if _holding(before, both[0]) != _holding(after, both[0])]
    first = oldest.oldest(scope, [meter_id], known) if other else None
    if first is None:
        return None
    start, end = max(other[0][0], first), min(other[-1][1], clock.now())
    return _reach(scope, meter_id, start, end) if start < end else None


def _holding(every: Sequence[Declared], at: datetime) -> tuple[object, ...] | None:
    """What of the declaration that holds at a moment its energy follows from."""
    return next((each[:4] for each in every if each.valid_from <= at and (each.valid_to is None or at < each.valid_to)), None)


def of_corrections(scope: Scope, said: Sequence[Amendment]) -> Reach | None:
    """Of what time the energy of a meter would be another by what would be said of values of it; none where it is of no energy.

    Raises as `of_declarations`.
    """
    telling = [each for each in said if each[2] in TELLS]
    if not telling:
        return None
    meter_id = telling[0][1]
    first, last = min(each[0] for each in telling), max(each[0] + timedelta(seconds=each[3]) for each in telling)
    declared = metering(scope, [meter_id]).declared[meter_id]
    holding = [each for each in declared if each.valid_from <= last and (each.valid_to is None or first < each.valid_to)]
    if not holding:
        return None
    wide = counters.patience(max(INTERVAL_S, *(each.interval_s for each in holding)))
    start, end = first - wide, last + wide
    if len(telling) > MOST_SAID:
        return Reach(start, end, None, end)
    if registers := {(meter_id, each[2]) for each in telling if each[2] in COUNTERS}:
        # What a counter counted between two readings is told by both.
        before, after = counters.previous(registers, EPOCH, start), counters.following([meter_id], end, not_ahead())
        start = min([start, *(ts.to_pydatetime() for ts in before["ts"])])
        end = max([end, *(ts.to_pydatetime() for ts in after["ts"])])
    sampled = any(each[3] == 0 for each in telling)
    return _reach(scope, meter_id, start, end) if sampled else Reach(start, end, None, start)


def _reach(scope: Scope, meter_id: str, start: datetime, end: datetime) -> Reach:
    """The same with what of it samples tell that are still there, the newest of them where they are too many."""
    require_series(scope, [meter_id])
    since = max(start, energy.oldest_samples())
    days = query(
        "SELECT timestamp_floor('d', ts) day, min(ts) first, count() number FROM telemetry "
        "WHERE ts >= %s AND ts < %s AND meter = %s ORDER BY day",
        [since, end, meter_id],
    )
    if not days:
        return Reach(start, end, None, start)
    count, taken = 0, len(days)
    while taken and count + days[taken - 1][2] <= MOST:
        taken -= 1
        count += days[taken][2]
    if not taken:
        return Reach(start, end, Window(days[0][1], end), start)
    from_ = days[taken - 1][0] + DAY
    return Reach(start, end, Window(from_, end), from_)


def flow(scope: Scope, meter_id: str, edges: Edges, reach: Reach, known: Metering, said: Sequence[Amendment] = ()) -> Flow:
    """The energy of a meter between successive edges as it would be: by how it would measure, and with what would be said.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    with as_if(said, reach.anew):
        return energy.flows(scope, [meter_id], edges, known)[meter_id]
