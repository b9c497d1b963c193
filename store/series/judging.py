"""Readings that cannot be true: stored as they came, void by Loadstar itself until those that follow, or a person, say otherwise.

The rollup judges what it is about to add up, and what of the open quarter is there (`models.plausible` says how). What is held
is an amendment like a person's, so that whatever reads readings leaves it out; one that readings confirm later is restored.
A register that falls and soon comes back is passed over where it is counted (`models.energy.counted`) and needs no amendment.
"""

import time
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from config import clock
from config.quantities import INTERVAL_S, LONGEST_INTERVAL_S
from config.settings import settings
from models import energy as arithmetic
from models import plausible
from models.energy import Flags, Floats
from models.plausible import CODES, SOME_CIRCUIT_KW, Capacity, Codes
from store.records.access.policy import Action, require
from store.records.plant.declarations import declaring
from store.records.plant.meters import existing
from store.records.plant.ratings import Ratings, ratings
from store.scope import SYSTEM, Scope
from store.series import amendments
from store.series.capacities import Capacities, capacities
from store.series.connection import frame, listed, query
from store.series.counters import COUNTERS
from store.series.declared import Span, spans
from store.series.interval_sums import ROLLUP
from store.series.suspects import BY, ENERGIES, POWER

REACH = 5  # intervals on either side, in which readings tell of those between
BEFORE = timedelta(days=1)  # how far back a register is looked at: whether it begins again by design
SILENCE = timedelta(days=90)  # after which a register that is read again is judged by that alone
TOLD_EVERY_S = 300.0
SLACK = timedelta(minutes=10)  # between clocks, and between receiving a row and showing it
MOMENT = timedelta(microseconds=1)
MEAN_KW = f"abs(value) * CASE WHEN quantity = '{POWER}' THEN 1.0 ELSE 3600.0 / interval_s END"  # of a row of `intervals`
YEAR = timedelta(days=366)
BESIDE = timedelta(hours=1)  # in which a condition's readings tell of one another
# Conditions among which numbers that are none stand out: they are the greatest of a time, or the least.
LARGE = (
    f"value != null AND quantity IN ({listed(plausible.LEVELS)}) AND (abs(value) > {plausible.FEWEST - 1} "
    f"OR (quantity = 'temperature_c' AND value < {max(plausible.COLDEST) + 1}))"
)

_told: dict[str, float] = {}  # when it was last asked what was told


class _Judged(NamedTuple):
    """Readings of one meter, quantity and length (s; 0: samples), with the code of each; None where that is not decided."""

    meter: str
    quantity: str
    interval_s: int
    readings: pd.DataFrame  # ts, value
    codes: Codes


def judge(scope: Scope, start: datetime, end: datetime, meter_ids: Collection[str] | None = None) -> int:
    """Hold what cannot be true of the readings in [start, end), of all meters or of these, and restore what they confirm.

    Of conditions it is what devices send when they have no value.

    Returns how many readings are judged otherwise than before.

    Raises:
        Refused: the scope is not that of Loadstar itself.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    rated = ratings(scope, start - BEFORE, end + BEFORE)
    doubtful = _steep(start, end, meter_ids, rated) | _strong(start, end, meter_ids, rated) | _held(start, end, meter_ids)
    changed = 0
    for judged in _judged(doubtful, start, end, rated):
        changed += _record(scope, judged)
    for meter, quantity in sorted(_odd_levels(start, end, meter_ids)):
        readings = _samples(meter, quantity, start - BESIDE, end + BESIDE)
        codes = plausible.levels(quantity, readings["value"])
        changed += _record(scope, _within(_Judged(meter, quantity, 0, readings, codes), start - BESIDE, end))
    return changed


def judge_told(scope: Scope) -> int:
    """The same of the intervals that devices and files have told since the last time, of whatever time they are.

    It is done every `TOLD_EVERY_S`, for they are searched by when they came. Raises as `judge`.
    """
    require(scope, Action.RUN)
    now, before = time.monotonic(), _told.get("at")
    if before is not None and now - before < TOLD_EVERY_S:
        return 0
    _told["at"] = now
    came = clock.now() - SLACK - timedelta(seconds=TOLD_EVERY_S if before is None else now - before)
    oldest = clock.now() - timedelta(days=settings().accepted_back_days) - timedelta(seconds=LONGEST_INTERVAL_S)
    return _judge_intervals(scope, f"ts > %s AND received_at > %s AND source != '{ROLLUP}'", [oldest, came])


def judge_import(scope: Scope, source: str) -> int:
    """The same of the intervals that an import has told, however old they are. Raises as `judge`."""
    require(scope, Action.RUN)
    return _judge_intervals(scope, f"source = {listed([source])}", [])


def judge_again(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> int:
    """The same of the intervals of these meters in [start, end), whose values are others than when they were judged."""
    require(scope, Action.RUN)
    if not meter_ids:
        return 0
    which = f"ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)}) AND source != '{ROLLUP}'"
    return _judge_intervals(scope, which, [start, end], _held(start, end, meter_ids))


def _judge_intervals(scope: Scope, which: str, params: list[object], anyway: Collection[str] = ()) -> int:
    """Of rows of `intervals`, a year at a time where one of a meter's is much greater than most are, or `anyway`."""
    rows = query(
        f"SELECT meter, min(ts), max(ts), max({MEAN_KW}) FROM intervals WHERE {which} AND value != null "
        f"AND quantity IN ({listed([POWER, *ENERGIES])})",
        params,
    )
    rated = ratings(scope)
    can = capacities(SYSTEM, {meter for meter, _, _, most in rows if most > SOME_CIRCUIT_KW}, rated)
    changed = 0
    for meter, first, last, most in rows:
        if most > can.much(meter) or meter in anyway:
            known = capacities(SYSTEM, [meter], rated)
            for start in pd.date_range(first, last, freq=YEAR).to_pydatetime():
                for judged in _judged_flows(meter, start, min(start + YEAR, last + MOMENT), known):
                    changed += _record(scope, judged)
    return changed + _judge_levels_of_intervals(scope, which, params)


def _judge_levels_of_intervals(scope: Scope, which: str, params: list[object]) -> int:
    """Of rows of `intervals` that tell conditions, a year at a time where one of them is a number that is none."""
    found = query(
        f"SELECT meter, quantity, interval_s, min(ts), max(ts), min(value), max(value) FROM intervals WHERE {which} AND {LARGE}",
        params,
    )
    odd = {each for each in found if _is_odd(each[1], *each[-2:])}
    there = existing(scope, {meter for meter, *_rest in odd})
    changed = 0
    for meter, quantity, interval_s, first, last, *_extremes in sorted(each for each in odd if each[0] in there):
        beside = REACH * timedelta(seconds=interval_s)
        for start in pd.date_range(first, last, freq=YEAR).to_pydatetime():
            end = min(start + YEAR, last + MOMENT)
            rows = frame(
                "SELECT ts, value FROM intervals WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND interval_s = %s "
                f"AND value != null AND source != '{ROLLUP}'",
                [start - beside, end + beside, meter, quantity, interval_s],
            )
            readings = _as_people_say(rows, meter, quantity, interval_s)
            codes = plausible.levels(quantity, readings["value"])
            changed += _record(scope, _within(_Judged(meter, quantity, interval_s, readings, codes), start - beside, end))
    return changed


def _odd_levels(start: datetime, end: datetime, meter_ids: Collection[str] | None) -> set[tuple[str, str]]:
    """Meters and conditions that told a number that is none, or of which one is held: what came since may confirm it."""
    found = query(
        "SELECT meter, quantity, min(value), max(value) FROM telemetry "
        f"WHERE ts >= %s AND ts < %s AND {LARGE} {_only(meter_ids)}",
        [start, end],
    )
    odd = {(meter, quantity) for meter, quantity, *extremes in found if _is_odd(quantity, *extremes)}
    held = query(
        f"SELECT DISTINCT meter, quantity FROM amendments WHERE ts >= %s AND ts < %s AND by = '{BY}' AND void AND interval_s = 0 "
        f"AND reason IN ({listed(CODES)}) AND quantity IN ({listed(plausible.LEVELS)}) {_only(meter_ids)}",
        [start - BESIDE, end],
    )
    odd |= {(meter, quantity) for meter, quantity in held}
    there = existing(SYSTEM, {meter for meter, _quantity in odd})
    return {each for each in odd if each[0] in there}


def _is_odd(quantity: str, least: float, most: float) -> bool:
    return any(plausible.is_no_level(quantity, each) for each in (least, most))


def _judged(doubtful: Collection[str], start: datetime, end: datetime, rated: Ratings) -> Iterator[_Judged]:
    known = declaring(SYSTEM, doubtful)
    can = capacities(SYSTEM, known, rated)
    for span, ids in spans(SYSTEM, known, start, end).items():
        reach = timedelta(seconds=REACH * span.interval_s)
        if span.method != "counter":
            continue
        for meter, register in product(ids, COUNTERS):
            readings = _followed(meter, register, span, start, end, max(reach, BEFORE), reach)
            codes, refuted = _of_register(readings, span, can.at(meter, span.start))
            yield _within(_Judged(meter, register, 0, readings, codes), start - reach, end, refuted)
    for meter in sorted(known):
        yield from _judged_flows(meter, start, end, can)


def _judged_flows(meter: str, start: datetime, end: datetime, can: Capacities) -> Iterator[_Judged]:
    """Its powers, and its energies by their mean powers."""
    for quantity, interval_s, readings in _flows(meter, start, end):
        reach = timedelta(seconds=REACH * (interval_s or INTERVAL_S))
        lasts = interval_s or (_shortest(meter, start, end) if quantity in ENERGIES else 0)
        kw = readings["value"].to_numpy(float) * (3600 / lasts if lasts and quantity in ENERGIES else 1)
        codes = np.full(len(kw), "", object)
        for part in can.rated.parts(meter):
            inside = ((readings["ts"] >= part.start) & (readings["ts"] < part.end)).to_numpy(bool)
            codes[inside] = plausible.powers(kw[inside], _capacity_of(kw, can.by(meter, part.kw), part.kw))
        yield _within(_Judged(meter, quantity, interval_s, readings, codes), start - reach, end)


def _capacity_of(kw: Floats, can: Capacity, rated_kw: float | None) -> Capacity:
    """Of a meter without a history what it says now must do for one."""
    return can if rated_kw else can._replace(kw=max(can.kw, plausible.USUAL * plausible.usual(kw)))


def _followed(
    meter: str, register: str, span: Span, start: datetime, end: datetime, before: timedelta, after: timedelta
) -> pd.DataFrame:
    """The readings of a register around a range; of one that was silent also the last few before it, which it may decide now."""
    first, last = max(span.since, start - before), min(span.until, end + after)
    readings = _samples(meter, register, first, last)
    few = plausible.MOST + 2
    if (readings["ts"] < start).sum() >= few:
        return readings
    earlier = query(
        "SELECT ts FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND value != null "
        f"ORDER BY ts DESC LIMIT {few}",
        [max(span.since, start - SILENCE), first, meter, register],
    )
    return _samples(meter, register, earlier[-1][0], last) if earlier else readings


def _of_register(readings: pd.DataFrame, span: Span, can: Capacity) -> tuple[Codes, Flags]:
    """The codes of a register's readings, and which of them were refuted by what came however long after them.

    There is none for those that are passed over where it is counted. None: what comes later decides, and may have decided.
    """
    moments, kwh = pd.DatetimeIndex(readings["ts"]).as_unit("us").asi8 / 1e6, readings["value"].to_numpy(float)
    patience_s = arithmetic.PATIENCE * span.interval_s
    register = plausible.followed(moments, kwh, can, span.rollover_kwh, patience_s)
    codes, places = np.array(register.codes, object), np.arange(len(kwh))
    refuted, undecided = np.isin(places, list(register.refuted)), np.isin(places, register.undecided)
    # Whether a register that fell began again from zero is told where it is counted, if it can have got there since.
    good = pd.Series(kwh).where(codes == "").ffill().to_numpy(float)
    codes[(codes == plausible.FALL) & ~refuted & arithmetic.may_fall(kwh, good) & (kwh <= can.kw)] = ""
    codes[(codes == "") & undecided & (kwh <= can.kw)] = None
    return codes, refuted


def _within(judged: _Judged, start: datetime, end: datetime, anyway: Flags | None = None) -> _Judged:
    inside = ((judged.readings["ts"] >= start) & (judged.readings["ts"] < end)).to_numpy(bool)
    if anyway is not None:
        inside = inside | anyway
    return judged._replace(readings=judged.readings[inside].reset_index(drop=True), codes=judged.codes[inside])


def _samples(meter: str, quantity: str, start: datetime, end: datetime) -> pd.DataFrame:
    """What the meter said, with what people say of it: their word stands."""
    rows = frame(
        "SELECT ts, value FROM telemetry WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND value != null",
        [start, end, meter, quantity],
    )
    return _as_people_say(rows, meter, quantity, 0)


def _flows(meter: str, start: datetime, end: datetime) -> Iterator[tuple[str, int, pd.DataFrame]]:
    """Its powers and energies around a range, by quantity and length."""
    which = f"ts >= %s AND ts < %s AND meter = %s AND quantity IN ({listed([POWER, *ENERGIES])}) AND value != null"
    near = timedelta(seconds=REACH * INTERVAL_S)
    for table, length, only, reach in (
        ("telemetry", "0", "", near),
        ("intervals", "interval_s", f"AND source != '{ROLLUP}'", REACH * timedelta(hours=1)),
    ):
        rows = frame(
            f"SELECT ts, quantity, {length} lasts, value FROM {table} WHERE {which} {only}", [start - reach, end + reach, meter]
        )
        for quantity, lasts in sorted({*zip(rows["quantity"], rows["lasts"].astype(int), strict=True)}):
            readings = rows.loc[(rows["quantity"] == quantity) & (rows["lasts"] == lasts), ["ts", "value"]]
            yield quantity, lasts, _as_people_say(readings, meter, quantity, lasts)


def _as_people_say(rows: pd.DataFrame, meter: str, quantity: str, interval_s: int) -> pd.DataFrame:
    rows = rows.sort_values("ts", kind="stable").reset_index(drop=True)
    if rows.empty:
        return rows
    said = _said(meter, quantity, rows["ts"].iloc[0].to_pydatetime(), rows["ts"].iloc[-1].to_pydatetime(), interval_s)
    theirs = said[(said["by"] != BY) | ~said["reason"].isin(CODES)]
    gone = theirs.loc[theirs["void"].astype(bool), "ts"]
    instead = theirs.dropna(subset="value").set_index("ts")["value"].astype(float)
    rows = rows[~rows["ts"].isin(gone)].reset_index(drop=True)
    return rows.assign(value=rows["ts"].map(instead).fillna(rows["value"].astype(float)))


def _said(meter: str, quantity: str, first: datetime, last: datetime, interval_s: int) -> pd.DataFrame:
    """The newest amendment of each reading from the one moment to the other, also those that let it count again."""
    rows = frame(
        "SELECT ts, value, void, reason, by, recorded_at FROM amendments "
        "WHERE ts >= %s AND ts <= %s AND meter = %s AND quantity = %s AND interval_s = %s",
        [first, last, meter, quantity, interval_s],
    )
    return rows.sort_values("recorded_at", kind="stable").drop_duplicates("ts", keep="last")


def _record(scope: Scope, judged: _Judged) -> int:
    """Write down what is judged otherwise than before; of what a person has said nothing."""
    meter, quantity, interval_s, readings, codes = judged
    if readings.empty:
        return 0
    first, last = (readings["ts"].iloc[place].to_pydatetime() for place in (0, -1))
    said = _said(meter, quantity, first, last, interval_s).set_index("ts")
    own = said[(said["by"] == BY) & said["reason"].isin(CODES)]
    held = own[own["void"].astype(bool)]["reason"].to_dict()
    theirs = set(said.index.difference(own.index))
    changed = 0
    wanted: dict[str, list[datetime]] = {}
    for ts, code in zip(readings["ts"], codes, strict=True):
        if ts not in theirs and code and held.get(ts) != code:
            wanted.setdefault(code, []).append(ts.to_pydatetime())
        elif ts in held and code == "":
            amendments.restore(scope, meter, quantity, ts.to_pydatetime(), reason=held[ts], interval_s=interval_s)
            changed += 1
    for code, moments in wanted.items():
        amendments.void_all(scope, meter, quantity, moments, reason=code, interval_s=interval_s)
        changed += len(moments)
    return changed


def _only(meter_ids: Collection[str] | None) -> str:
    return f"AND meter IN ({listed(meter_ids)})" if meter_ids is not None else ""


def _steep(start: datetime, end: datetime, meter_ids: Collection[str] | None, rated: Ratings) -> set[str]:
    """Meters of which a register rose steeply, or fell, or is read so seldom that each reading is looked at."""
    rows = query(
        f"""SELECT meter, count(), max((value - before) * 3600000000.0 / (ts - before_ts)), max(before - value) FROM (
            SELECT ts, meter, quantity, value, lag(value) OVER (PARTITION BY meter, quantity ORDER BY ts) before,
                lag(ts) OVER (PARTITION BY meter, quantity ORDER BY ts) before_ts
            FROM telemetry WHERE ts >= %s AND ts < %s AND quantity IN ({listed(COUNTERS)}) AND value != null {_only(meter_ids)}
            ) GROUP BY meter, quantity""",
        [start - timedelta(hours=3), end],
    )
    few = (end - start + timedelta(hours=3)).total_seconds() / 3600 + 1
    can = capacities(SYSTEM, {meter for meter, _, steepest, _ in rows if (steepest or 0.0) > SOME_CIRCUIT_KW}, rated)
    return {
        meter
        for meter, count, steepest, fall in rows
        if count <= few or (fall or 0.0) > 1.0 or (steepest or 0.0) > can.returning(meter)
    }


def _strong(start: datetime, end: datetime, meter_ids: Collection[str] | None, rated: Ratings) -> set[str]:
    """Meters of which a power, or the mean power of an interval, is much greater than most are."""
    found = set()
    for table, kw, only in (
        ("telemetry", "abs(value)", ""),
        ("intervals", MEAN_KW, f"AND source != '{ROLLUP}'"),
    ):
        rows = query(
            f"SELECT meter, quantity, max(kw) FROM (SELECT meter, quantity, {kw} kw FROM {table} "
            f"WHERE ts >= %s AND ts < %s AND quantity IN ({listed([POWER, *ENERGIES])}) AND value != null {only} "
            f"{_only(meter_ids)})",
            [start, end],
        )
        # The energies of short intervals are looked at as if they were of a minute.
        shortest = dict.fromkeys(ENERGIES, 60.0 if table == "telemetry" else 1.0)
        greatest = [(meter, most * shortest.get(name, 1.0)) for meter, name, most in rows]
        can = capacities(SYSTEM, {meter for meter, most in greatest if most > SOME_CIRCUIT_KW}, rated)
        found |= {meter for meter, most in greatest if most > can.much(meter)}
    return found


def _shortest(meter: str, start: datetime, end: datetime) -> int:
    """How long its energies of short intervals last (s), as it declares."""
    return next((span.interval_s for span in spans(SYSTEM, [meter], start, end) if span.method == "interval"), INTERVAL_S)


def _held(start: datetime, end: datetime, meter_ids: Collection[str] | None) -> set[str]:
    """Meters of which something is held in the range: what came since may confirm it."""
    rows = query(
        f"SELECT DISTINCT meter FROM amendments WHERE ts >= %s AND ts < %s AND by = '{BY}' AND void "
        f"AND reason IN ({listed(CODES)}) {_only(meter_ids)}",
        [start - timedelta(hours=3), end],
    )
    return {meter for (meter,) in rows}
