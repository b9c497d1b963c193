"""Power of meters, now and over time, from wherever each declares that its energy comes from."""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from models import energy as arithmetic
from models import local_time
from models.energy import Floats
from store.records.plant import last_values
from store.records.plant.metering import Metering, metering
from store.scope import ALWAYS, SYSTEM, Scope, Times, holds
from store.series import energy, latest, samples
from store.series.counters import COUNTERS
from store.series.declared import Span, spans
from store.series.energy import TellsFlows
from store.series.energy_of_samples import POWER
from store.series.grid import floor
from store.series.interval_sums import ROLLUP
from store.series.newest import MOMENT
from store.series.newest import newest as newest_of
from store.series.pieces import EXPORT, FORWARD

STEPS_S = (60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 86400)
UTC = ZoneInfo("UTC")
LATELY = 3  # intervals, within which a meter's power is of now
WITHIN = timedelta(days=2)  # how long a meter may be silent and still be said to have been heard


class LivePower(NamedTuple):
    """Power in and against the edge's direction (kW, neither negative), and when it was heard. NaN: heard, but not known."""

    forward_kw: float
    export_kw: float
    ts: datetime


class Reading(NamedTuple):
    """A value of a quantity and when; how long it lasts (s), where it is of an interval that is kept as one."""

    ts: datetime
    value: float
    lasts_s: int = 0


def live_power(
    scope: Scope, meter_ids: Collection[str], at: datetime, known: Metering | None = None, told: latest.Values | None = None
) -> dict[str, LivePower]:
    """The power of each meter at a moment; meters that were silent for two days before it are absent.

    `known`: how they measure, and `told`: the newest values of all of them, if that was read already.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    known = metering(scope, meter_ids, known)
    found: dict[str, LivePower] = {}
    for span, ids in spans(scope, known.measured(meter_ids), at, at + timedelta(seconds=1), known).items():
        live = _live_counters(span, ids, at, known.times) if span.method == "counter" else _live(span, ids, at, told or {})
        silent = [meter for meter in ids if meter not in live]
        found |= live | (_silent(span, silent, at) if silent else {})
    for virtual, parts in known.sums(meter_ids).items():
        if all(term in found for term, _ in parts):
            net = sum(sign * (found[term].forward_kw - found[term].export_kw) for term, sign in parts)
            found[virtual] = _signed(net, min(found[term].ts for term, _ in parts))
    seen = {meter: each for meter, each in found.items() if meter not in known.times or holds(known.times[meter], each.ts)}
    return {meter: seen[meter] for meter in meter_ids if meter in seen}


def _signed(net_kw: float, ts: datetime) -> LivePower:
    return LivePower(max(net_kw, 0.0) if net_kw == net_kw else math.nan, max(-net_kw, 0.0) if net_kw == net_kw else math.nan, ts)


def _table(span: Span) -> str:
    return "telemetry" if span.sampled else "intervals"


def _newest(span: Span, ids: Collection[str], quantities: Collection[str], at: datetime) -> dict[str, dict[str, Reading]]:
    """The newest reading of each quantity, by meter. Those of meters that have fallen silent are not looked for."""
    measured = "" if span.sampled else f"AND source != '{ROLLUP}'"
    since = max(at - WITHIN, min(at, latest.kept_since(at - WITHIN)) - timedelta(seconds=LATELY * span.interval_s))
    rows = newest_of(ids, _table(span), since, at, quantities, measured)
    newest: dict[str, dict[str, Reading]] = {}
    for meter, quantity, ts, value, lasts_s in rows:
        if value is not None:
            newest.setdefault(meter, {})[quantity] = Reading(ts, value, lasts_s)
    return newest


def _told(span: Span, ids: Collection[str], at: datetime, told: latest.Values) -> dict[str, Reading]:
    """The newest power of the meters among the newest values, where it is not of later than the moment, nor of long before."""
    since = at - timedelta(seconds=LATELY * span.interval_s)
    of = ((meter, told.get((meter, POWER))) for meter in ids)
    return {meter: Reading(*each) for meter, each in of if each is not None and since < each.ts <= at}


def _silent(span: Span, ids: Collection[str], at: datetime) -> dict[str, LivePower]:
    """When meters without a recent reading were heard; what they do now is not known."""
    quantities = {"counter": list(COUNTERS), "power": [POWER]}.get(span.method, [FORWARD, EXPORT])
    heard: dict[str, LivePower] = {}
    # Whoever asks has been let through for these meters.
    for (meter, _), last in last_values.last_values(SYSTEM, ids, quantities).items():
        if at - WITHIN < last.ts <= at and (meter not in heard or heard[meter].ts < last.ts):
            heard[meter] = LivePower(math.nan, math.nan, last.ts)
    return heard


def _live(span: Span, ids: Collection[str], at: datetime, told: latest.Values) -> dict[str, LivePower]:
    """From the newest power, or from the newest interval's energies."""
    if span.method == "power":
        newest = _told(span, ids, at, told) if span.sampled else {}
        rest = [meter for meter in ids if meter not in newest]
        newest |= {meter: each[POWER] for meter, each in _newest(span, rest, [POWER], at).items()} if rest else {}
        return {meter: _signed(reading.value, reading.ts) for meter, reading in newest.items()}
    live: dict[str, LivePower] = {}
    for meter, readings in _newest(span, ids, [FORWARD, EXPORT], at).items():
        start = max(reading.ts for reading in readings.values())
        # A register that was not posted with the newest interval says nothing about it.
        of = {name: reading for name, reading in readings.items() if reading.ts == start}
        lasts_s = min(reading.lasts_s or span.interval_s for reading in of.values())
        kw = {name: reading.value * 3600 / (reading.lasts_s or span.interval_s) for name, reading in of.items()}
        live[meter] = LivePower(kw.get(FORWARD, 0.0), kw.get(EXPORT, 0.0), start + timedelta(seconds=lasts_s))
    return live


def _live_counters(span: Span, ids: Collection[str], at: datetime, times: Mapping[str, Times]) -> dict[str, LivePower]:
    """From the last readings of each counter, of the times that are the holder's."""
    since = max(at - timedelta(seconds=max(120, 5 * span.interval_s)), span.since)
    rows = samples.effective(ids, list(COUNTERS), since + MOMENT, at + MOMENT)
    last: dict[str, dict[str, list[Reading]]] = {}
    for ts, meter, quantity, value in rows[[*samples.KEY, "value"]].itertuples(index=False):
        if holds(times.get(meter, ALWAYS), ts):
            last.setdefault(meter, {}).setdefault(COUNTERS[quantity], []).append(Reading(ts.to_pydatetime(), float(value)))
    live: dict[str, LivePower] = {}
    for meter, registers in last.items():
        kw = {name: _rise_kw(readings, span) for name, readings in registers.items() if len(readings) > 1}
        heard = max(readings[-1].ts for readings in registers.values())
        live[meter] = LivePower(kw.get(FORWARD, math.nan), kw.get(EXPORT, 0.0), heard)
    return live


def _rise_kw(readings: Sequence[Reading], span: Span) -> float:
    """Power between the last two readings; NaN when the register was reset there, for what it counted is not known."""
    seconds, kwh = [each.ts.timestamp() for each in readings], [each.value for each in readings]
    patience_s = arithmetic.PATIENCE * span.interval_s
    if arithmetic.falls(seconds, kwh, span.rollover_kwh, patience_s)[-1] == "reset":
        return math.nan
    before, after = arithmetic.counted(seconds, kwh, span.rollover_kwh, patience_s)[-2:]
    return float(after - before) * 3600 / (seconds[-1] - seconds[-2])


def mean_power(
    scope: Scope,
    meter_ids: Collection[str],
    start: datetime,
    end: datetime,
    step_s: int,
    zone: ZoneInfo = UTC,
    known: Metering | None = None,
    told_by: TellsFlows = energy.flows,
) -> pd.DataFrame:
    """Mean power of each meter in steps of `step_s` (one of `STEPS_S`) over [start, end), by the clock of a zone.

    `known`: how they measure, if that was read already. `told_by`: who tells the energies, where some of them are kept.

    Returns:
        Index: start of each step in UTC, as of `steps`. A column a meter: kW, forward minus export, over the part
        of the step that has readings; NaN where there are none. Hourly history shown in shorter steps is flat in the hour.

    Raises:
        NotFound: a meter does not exist for the scope.
        ValueError: a step that is not offered.
        StoreAway: QuestDB cannot be reached.
    """
    edges = steps(start, end, step_s, zone)
    known = metering(scope, meter_ids, known)
    found, terms = told_by(scope, known.measured(meter_ids), edges, known), known.sums(meter_ids)
    own = [meter for meter in dict.fromkeys(meter_ids) if meter not in terms]
    of = found.of(own)
    kw = pd.DataFrame(_mean_kw(of.forward - of.export, of.covered_s, of.known_s).T, index=edges[:-1], columns=own)
    # What a sum nets is its power in each step: registers do not matter here.
    for virtual, parts in terms.items():
        of = found.of([term for term, _ in parts])
        net = np.array([sign for _, sign in parts], float) @ (of.forward - of.export)
        kw[virtual] = _mean_kw(net, of.covered_s.min(axis=0), of.known_s.min(axis=0))
    return kw[list(dict.fromkeys(meter_ids))] if terms else kw


def _mean_kw(kwh: Floats, covered_s: Floats, known_s: Floats) -> Floats:
    """Power over the part that the energy is of; NaN where nothing is covered."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covered_s > 0, kwh * 3600 / known_s, np.nan)


def steps(start: datetime, end: datetime, step_s: int, zone: ZoneInfo = UTC) -> pd.DatetimeIndex:
    """The edges of the steps (one of `STEPS_S`), from the one that holds `start` to the first not before `end`.

    They are counted from local midnight: one in which the clocks are changed lasts longer or shorter. Up to a quarter of an
    hour they are the same in every zone. Raises `ValueError` for a step that is not offered.
    """
    if step_s not in STEPS_S:
        raise ValueError(f"a step of {step_s} s is not offered: {', '.join(map(str, STEPS_S))}")
    if step_s > INTERVAL_S:
        at = local_time.edges_s(start, end, step_s, zone).view("datetime64[s]")
        return pd.DatetimeIndex(at, tz="UTC", name="ts").as_unit("us")
    first = floor(start, step_s)
    count = -(-(end - first) // timedelta(seconds=step_s))
    return pd.date_range(first, periods=int(count) + 1, freq=pd.Timedelta(seconds=step_s), unit="us", name="ts")
