"""Readings of counters around a range: what a counter counted in it is told by the readings beside it too."""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from models import energy as arithmetic
from models.energy import PATIENCE
from store.records.plant import last_values
from store.scope import SYSTEM
from store.series import amendments, samples
from store.series.connection import frame, listed, no_rows
from store.series.interval_sums import ROLLUP
from store.series.latest import not_ahead

Register = tuple[str, str]  # a meter, and the quantity that one of its counters is

COUNTERS = {"energy_total_kwh": "energy_kwh", "energy_export_total_kwh": "energy_export_kwh"}  # each with its register
# How far around a range the reading beside it is looked for at first, in a fiftieth of the time: almost all are found near.
NEAR = (timedelta(minutes=15), timedelta(days=2))

MEASURES = ["first", "first_ts", "last", "last_ts", "least", "greatest", "count", "heard_s"]
NAMES = ["meter", "quantity"]
KEY = ["ts", *NAMES]


def patience(interval_s: int) -> timedelta:
    """How long after a fall a register may come back to where it stood: what lies this far beside a range may be told by it."""
    return timedelta(seconds=PATIENCE * interval_s)


def around(
    meter_ids: Collection[str], start: datetime, end: datetime, grain_s: int, *, since: datetime, until: datetime, interval_s: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What tells how much counters counted in [start, end).

    `since` and `until` are the dates of the declaration: beyond them is another counter. A reading that has yet to come,
    written while a clock was ahead, tells nothing until its time. Who may see the meters is the caller's to check.

    Returns:
        Stretches of `grain_s` (columns `KEY` and `MEASURES`), and readings (`KEY`, `value`), from the last reading before the
        range to the first one after it. Of a register that cannot have been reset there only the first and the last reading
        of each stretch.
    """
    wide, until = patience(interval_s), min(until, not_ahead())
    first, last = max(since, start - wide), min(until, end + wide)
    found = samples.aggregates(meter_ids, list(COUNTERS), first, last, grain_s, MEASURES, interval_s)
    after = _as_stretches(following(meter_ids, last, until))
    # Without a reading within or after the range, the one before it tells nothing.
    speaking = _registers(found) | _registers(after)
    before = previous(speaking, since, first)
    gone = speaking - _registers(before) - _registers(found[found["first_ts"] < start])
    before = _as_stretches(_together([before, kept_before(gone, since, start)]))
    stretches = _together([before, found, after]).sort_values("first_ts", kind="stable")
    return stretches, _readings(stretches, first, last)


def _readings(stretches: pd.DataFrame, start: datetime, end: datetime) -> pd.DataFrame:
    """The readings of [start, end), and those beside it, that `models.energy.counted` needs."""
    doubtful = _doubtful(stretches)
    plain = stretches[~doubtful]
    ends = [plain[NAMES].assign(ts=plain[f"{which}_ts"], value=plain[which].astype(float)) for which in ("first", "last")]
    if doubtful.any():
        rows = stretches[doubtful]
        beside = rows[(rows["first_ts"] < start) | (rows["first_ts"] >= end)]
        ends.append(beside[NAMES].assign(ts=beside["first_ts"], value=beside["first"].astype(float)))
        every = samples.effective(set(rows["meter"]), set(rows["quantity"]), start, end)
        ends.append(every.merge(rows[NAMES].drop_duplicates(), on=NAMES))
    return _together(ends).drop_duplicates(KEY).sort_values("ts", kind="stable")


def _doubtful(stretches: pd.DataFrame) -> "pd.Series[bool]":
    """Of which registers each reading is needed: those that may have been reset, within a stretch or between two."""
    within = arithmetic.may_fall(stretches["least"], stretches["greatest"])
    before = stretches.groupby(NAMES)["last"].shift()
    fell = pd.Series(within | arithmetic.may_fall(stretches["first"], before), index=stretches.index)
    return fell.groupby([stretches["meter"], stretches["quantity"]]).transform("any").astype(bool)


def previous(registers: Collection[Register], start: datetime, end: datetime) -> pd.DataFrame:
    """The last reading of each register in [start, end); columns `KEY` and `value`. The caller checks who may see the meters."""
    edges = [end, *(max(start, end - near) for near in NEAR), start]
    return _nearest([(b, a) for a, b in pairwise(edges)], lambda _: set(registers), last=True)


def kept_before(registers: Collection[Register], start: datetime, end: datetime) -> pd.DataFrame:
    """Likewise of registers whose samples are gone: what each stood at by the end of its last quarter in [start, end]."""
    if not registers or start >= end:
        return no_rows([*KEY, "value"])
    meters, names = (sorted(set(each)) for each in zip(*registers, strict=True))
    quarter = timedelta(seconds=INTERVAL_S)
    counts = frame(
        f"SELECT ts, meter, quantity, value FROM intervals WHERE ts >= %s AND ts <= %s AND source = '{ROLLUP}' "
        f"AND interval_s = {INTERVAL_S} AND meter IN ({listed(meters)}) AND quantity IN ({listed(names)}) AND value != null "
        "LATEST ON ts PARTITION BY meter, quantity",
        [start, end - quarter],
    )
    return _of(counts.assign(ts=counts["ts"] + quarter), set(registers))


def following(meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The first reading of each counter of these meters in [start, end), likewise."""
    every = {(meter, name) for meter in meter_ids for name in COUNTERS}

    def speaking(since: datetime) -> set[Register]:
        """Of the far future only those are asked for that were heard in it."""
        if since == start:
            return every
        heard = last_values.last_values(SYSTEM, meter_ids, list(COUNTERS))  # whoever asks has been let through for them
        return {register for register, last in heard.items() if last.ts >= since}

    edges = [start, *(min(end, start + near) for near in NEAR), end]
    return _nearest(list(pairwise(edges)), speaking, last=False)


def _nearest(
    stretches: list[tuple[datetime, datetime]], wanted: Callable[[datetime], set[Register]], *, last: bool
) -> pd.DataFrame:
    """The last or the first reading of each register, looked for in one stretch of time after the other until it is found."""
    parts = [no_rows([*KEY, "value"])]
    have: set[Register] = set()
    for start, end in stretches:
        if start < end and (missing := wanted(start) - have):
            parts.append(_of(_single(missing, start, end, last=last), missing))
            have |= _registers(parts[-1])
    return _together(parts)


def _single(registers: set[Register], start: datetime, end: datetime, *, last: bool) -> pd.DataFrame:
    meters, names = (sorted(set(each)) for each in zip(*registers, strict=True))
    where = f"ts >= %s AND ts < %s AND meter IN ({listed(meters)}) AND quantity IN ({listed(names)}) AND value != null"
    rows = frame(
        f"SELECT ts, meter, quantity, value FROM telemetry WHERE {where} LATEST ON ts PARTITION BY meter, quantity"
        if last
        else f"SELECT min(ts) ts, meter, quantity, first(value) value FROM telemetry WHERE {where}",
        [start, end],
    )
    if len(amendments.newest(meters, names, start, end, intervals=False)):
        every = samples.effective(meters, names, start, end)
        rows = every.drop_duplicates(NAMES, keep="last" if last else "first")
    return rows


def _of(found: pd.DataFrame, registers: set[Register]) -> pd.DataFrame:
    return found[np.array([each in registers for each in zip(found["meter"], found["quantity"], strict=True)], bool)]


def _registers(found: pd.DataFrame) -> set[Register]:
    return set(zip(found["meter"], found["quantity"], strict=True))


def _as_stretches(readings: pd.DataFrame) -> pd.DataFrame:
    value, ts = readings["value"].astype(float), readings["ts"]
    same = {"first": value, "first_ts": ts, "last": value, "last_ts": ts, "least": value, "greatest": value}
    return readings[KEY].assign(**same, count=1, heard_s=0.0)


def _together(parts: list[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
