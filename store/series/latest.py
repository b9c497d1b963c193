"""The newest value of each series: from a recent window, and from the records for those that have been silent for long."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import pandas as pd

from config import clock
from config.quantities import QUANTITIES, Kind
from config.settings import settings
from store.records.plant import last_values
from store.records.plant.metering import Metering, times_of
from store.scope import SYSTEM, Scope, holds
from store.series import amendments
from store.series.newest import MOMENT, newest

WITHIN = timedelta(days=2)  # an unbounded LATEST ON reads back to the last word of the most silent meter
# The worker keeps every newest value in the records, within a minute; what is later than the newest kept one by more than
# this is looked for in QuestDB. A device's clock may be 5 minutes ahead, and one may be read while the next is kept.
OVERLAP = timedelta(minutes=15)
LONGEST_OPEN = timedelta(hours=1)  # an interval stands at its start; the newest longer ones are kept a moment later


class Latest(NamedTuple):
    """A value and the moment it is of: for an interval its end."""

    ts: datetime
    value: float


Values = Mapping[tuple[str, str], Latest]  # by (series id, quantity)


class Kept(NamedTuple):
    """What the records had kept of some series when somebody asked: newest values, and the newest moment of which any was."""

    whose: str  # the scope's key
    series_ids: frozenset[str]
    values: Values
    newest: datetime | None


def kept(scope: Scope, series_ids: Collection[str], known: Metering | None = None) -> Kept:
    """What the records keep of the series; raises `NotFound` as `latest` does."""
    newest = last_values.kept_to(SYSTEM)  # before the values, which may be newer then; a moment, of nobody in particular
    until = not_ahead() + last_values.LONGEST
    rows = last_values.last_values(scope, series_ids, known=known)
    values = {key: Latest(last.ts, last.value) for key, last in rows.items() if last.ts <= until}
    return Kept(scope.key, frozenset(series_ids), values, newest)


def latest(
    scope: Scope,
    series_ids: Collection[str],
    within: timedelta = WITHIN,
    known: Metering | None = None,
    before: Kept | None = None,
) -> dict[tuple[str, str], Latest]:
    """The newest value of each quantity of the series, by (series id, quantity); absent where there never was one.

    One of a time that is not the holder's is not there for them. `known`: how they measure, and `before`: what the records keep
    of them, if that was read already. What came since is found whenever that was: a meter of which the records have nothing
    newer is looked for from then on.

    Raises:
        NotFound: a series does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    if not series_ids:
        return {}
    times = times_of(scope, series_ids, known)
    until = not_ahead()
    if before is None or (before.whose, before.series_ids) != (scope.key, frozenset(series_ids)):
        before = kept(scope, series_ids, known)
    values = dict(before.values)
    since = _since(before.newest, clock.now() - within)
    first = min([since - LONGEST_OPEN, *(last.ts for last in values.values())])
    changed = amendments.newest(series_ids, list(QUANTITIES), first, until + MOMENT, intervals=None)
    if len(changed):
        _correct(values, changed)
    for table, back, measured in (("intervals", LONGEST_OPEN, "AND source != 'rollup'"), ("telemetry", timedelta(), "")):
        rows = newest(series_ids, table, since - back, until, only=measured, changed=changed)
        for series, quantity, ts, value, lasts in rows:
            last = values.get((series, quantity))
            moment = end_of(quantity, ts, lasts)
            theirs = series not in times or holds(times[series], ts)
            if value is not None and theirs and (last is None or last.ts <= moment):
                values[series, quantity] = Latest(moment, value)
    return values


def _correct(values: dict[tuple[str, str], Latest], changed: pd.DataFrame) -> None:
    """Kept samples that were amended since: what counts instead, of the days before; nothing where nothing does."""
    samples = changed[changed["interval_s"] == 0]
    said = {(meter, name, ts.to_pydatetime()) for meter, name, ts in samples[["meter", "quantity", "ts"]].itertuples(index=False)}
    for key, last in [*values.items()]:
        if (*key, last.ts) in said:
            found = newest([key[0]], "telemetry", last.ts - WITHIN, last.ts, [key[1]])
            del values[key]
            for *_whose, ts, value, _lasts in found:
                values[key] = Latest(ts, value)


def kept_since(otherwise: datetime) -> datetime:
    """From when on values may be missing from the records; `otherwise` when none are kept, and never before it.

    Two days of samples of 500 meters take QuestDB 75 ms to look through, some minutes 4 ms.
    """
    return _since(last_values.kept_to(SYSTEM), otherwise)  # a moment, of nobody in particular


def _since(newest: datetime | None, otherwise: datetime) -> datetime:
    return otherwise if newest is None else max(otherwise, min(newest, clock.now()) - OVERLAP)


def not_ahead() -> datetime:
    """Where the latest row stands at the most: later ones are of a time to come (prices), or of a clock that was wrong."""
    return clock.now() + timedelta(seconds=settings().accept_ahead_s)


def end_of(quantity: str, ts: datetime, interval_s: int) -> datetime:
    """The moment that a row's value is of: a sample's own, an interval's end."""
    known = QUANTITIES.get(quantity)
    return ts if known is None or known.kind is Kind.COUNTER else ts + timedelta(seconds=interval_s)
