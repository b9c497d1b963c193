"""Readings of counters around a range: what a counter counted in it is told by the readings beside it too."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

import pandas as pd

from store.series import amendments, samples
from store.series.connection import frame, listed

COUNTERS = {"energy_total_kwh": "energy_kwh", "energy_export_total_kwh": "energy_export_kwh"}  # each with its register
LOOK_BACK = timedelta(days=2)  # how far around a range a silent counter's readings are looked for
NEAR = timedelta(minutes=15)  # where almost all are found, in a fiftieth of the time

MEASURES = ["first", "first_ts", "last", "last_ts", "greatest", "count"]
KEY = ["ts", "meter", "quantity"]


def around(
    meter_ids: Collection[str], start: datetime, end: datetime, grain_s: int, *, since: datetime, until: datetime, interval_s: int
) -> pd.DataFrame:
    """Effective readings in [start, end) by stretches of `grain_s`, and the last one before and the first one after them.

    Columns: `KEY` and `MEASURES`; of each neighbour as of a stretch of one reading. `since` and `until` are the dates of
    the declaration: beyond them is another counter. Who may see the meters is the caller's to check.
    """
    found = samples.aggregates(meter_ids, list(COUNTERS), start, end, grain_s, MEASURES)
    near = max(NEAR, timedelta(seconds=2 * interval_s))
    after = _first(meter_ids, end, min(until, end + LOOK_BACK, datetime.now(UTC) + NEAR), near)
    # Without a reading within or after the range, the one before it tells nothing.
    speaking = {*found["meter"], *after["meter"]}
    before = previous(speaking, max(since, start - LOOK_BACK), start, near)
    return _together([before, found, after])


def last_read(meter_ids: Collection[str], since: datetime, before: datetime) -> dict[str, datetime]:
    """When each meter's counter was last read in [since, before); absent where it was not. The caller checks the scope."""
    found = previous(meter_ids, max(since, before - LOOK_BACK), before, NEAR)
    silent = set(meter_ids) - set(found["meter"])
    if silent:
        found = _together([found, _single(silent, since, before - LOOK_BACK, last=True)])
    return {str(meter): ts.to_pydatetime() for meter, ts in zip(found["meter"], found["ts"], strict=True)}


def previous(meter_ids: Collection[str], start: datetime, end: datetime, near: timedelta) -> pd.DataFrame:
    """The last reading of each counter in [start, end), looked for close to the end before it is anywhere else.

    Columns as of `around`. Who may see the meters is the caller's to check.
    """
    middle = max(start, end - near)
    found = _single(meter_ids, middle, end, last=True)
    return _together([found, _single(set(meter_ids) - set(found["meter"]), start, middle, last=True)])


def _first(meter_ids: Collection[str], start: datetime, end: datetime, near: timedelta) -> pd.DataFrame:
    """The first reading of each counter in [start, end), likewise."""
    middle = min(end, start + near)
    found = _single(meter_ids, start, middle, last=False)
    return _together([found, _single(set(meter_ids) - set(found["meter"]), middle, end, last=False)])


def _single(meter_ids: Collection[str], start: datetime, end: datetime, *, last: bool) -> pd.DataFrame:
    if start >= end or not meter_ids:
        return pd.DataFrame(columns=[*KEY, *MEASURES])
    which = f"meter IN ({listed(meter_ids)}) AND quantity IN ({listed(COUNTERS)}) AND value != null"
    where = f"ts >= %s AND ts < %s AND {which}"
    found = frame(
        f"SELECT ts, meter, quantity, value FROM telemetry WHERE {where} LATEST ON ts PARTITION BY meter, quantity"
        if last
        else f"SELECT min(ts) ts, meter, quantity, first(value) value FROM telemetry WHERE {where}",
        [start, end],
    )
    if len(found):
        changed = amendments.newest(meter_ids, list(COUNTERS), start, end, intervals=False)
        if len(changed):
            every = frame(f"SELECT ts, meter, quantity, value FROM telemetry WHERE {where}", [start, end])
            counting = amendments.apply(every, changed, KEY).sort_values("ts")
            found = counting.drop_duplicates(["meter", "quantity"], keep="last" if last else "first")
    value, ts = found["value"], found["ts"]
    return found[KEY].assign(first=value, first_ts=ts, last=value, last_ts=ts, greatest=value, count=1)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
