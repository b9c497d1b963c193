"""How good the supply was at a meter: a week of it against the limits of its site, and when it was beyond them.

A week is one of the site's, from Monday on; its means are of the ten minutes and ten seconds of UTC that begin in it. What is
behind them decides whether they are those of the standard (EN 50160 by IEC 61000-4-30) or only indicate them.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.limits import (
    BETWEEN_PHASES,
    PHASES,
    SHARE_OF_FREQUENCY,
    SHARE_OF_UNBALANCE,
    SHARE_OF_VOLTAGE,
    Limit,
)
from insight.meter_course import Condition
from insight.now import Now, now_of
from insight.shared import shared
from insight.site_view import Meter, SiteView, site_view
from models import local_time, power_quality
from models.natural_order import natural
from models.power_quality import FREQUENCY_MEAN_S, LEAST_KNOWN, MEAN_S, READ_EVERY_S, Counted, excursions
from store.errors import NotFound
from store.records.plant import last_values, sites
from store.scope import Scope
from store.series import levels, supply
from store.series.power import steps

Floats = NDArray[np.float64]

VOLTAGE, CURRENT, FREQUENCY, FACTOR, UNBALANCE = "voltage_v", "current_a", "frequency_hz", "power_factor", "unbalance_pct"
VOLTAGES = (*PHASES, *BETWEEN_PHASES, VOLTAGE)
CURRENTS = ("current_l1_a", "current_l2_a", "current_l3_a", CURRENT)
TOLD = (*VOLTAGES, UNBALANCE, FREQUENCY, FACTOR, *CURRENTS)
OF_A_SUPPLY = (*VOLTAGES, UNBALANCE, FREQUENCY)  # one of them makes a meter one of the supply's quality
SHARES = dict.fromkeys(VOLTAGES, SHARE_OF_VOLTAGE) | {FREQUENCY: SHARE_OF_FREQUENCY, UNBALANCE: SHARE_OF_UNBALANCE}

LASTS_S, STALE_S = 60.0, 600.0
MOST_EXCURSIONS = 200
AROUND = timedelta(hours=1)  # what is shown before and after an excursion
MOST_POINTS = 1_500  # of the chart of an excursion


@dataclass(frozen=True, slots=True)
class Characteristic:
    """What a week of a quantity was like. `values` are its means between the successive edges of the week; NaN: not known.

    `how`: what an unbalance was told from (`told`, `between` phases or `phases`), else empty. `readings` is how many a mean
    usually has, 0 of none; `as_means` whether the meter says that each is a mean of ten minutes; `longer` how many means are
    known from longer intervals only.
    """

    quantity: str
    values: Floats
    readings: float
    as_means: bool
    longer: int
    how: str = ""

    @property
    def read_every_s(self) -> float:
        """How often it was read (s); NaN where it is known from longer intervals only."""
        return MEAN_S / self.readings if self.readings else float("nan")

    @property
    def is_read_often(self) -> bool:
        """Whether its readings are means, or so close to each other that those of ten minutes tell their mean."""
        return self.as_means or self.read_every_s <= READ_EVERY_S

    @property
    def is_fine(self) -> bool:
        """Whether its means are those that the standard has in mind, as far as readings can tell them."""
        return self.is_read_often and not self.longer and self.how != "phases"


@dataclass(frozen=True, slots=True)
class Rule:
    """A limit against a week: how many means of `mean_s` were due by now, were known, and lay within `low`..`high`.

    `share` (0..1) is what should; none where no standard says.
    """

    of: Characteristic
    low: float | None
    high: float | None
    share: float | None
    mean_s: int
    counted: Counted
    due: int

    @property
    def is_met(self) -> bool | None:
        """Whether enough of the means lay within; none where nothing is required or known."""
        return None if self.share is None or not self.counted.known else self.counted.share >= self.share

    @property
    def is_sure(self) -> bool:
        """Whether the means are fine, and enough of them known."""
        return self.of.is_fine and self.counted.known >= LEAST_KNOWN * self.due


@dataclass(frozen=True, slots=True)
class Excursion:
    """A time in which means lay beyond a limit: from when until when, and the one furthest beyond. `critical`: beyond all."""

    quantity: str
    begin: datetime
    end: datetime
    extreme: float
    critical: bool
    lasts: bool  # at the end of what is known


@dataclass(frozen=True, slots=True)
class Week:
    """The supply at a meter in the week from `monday` on. `edges` are those of its means, of which `due` are over."""

    meter: Meter
    monday: date
    edges: pd.DatetimeIndex
    due: int
    is_over: bool
    limits: Mapping[str, Limit]
    characteristics: Mapping[str, Characteristic]
    rules: Sequence[Rule]
    excursions: Sequence[Excursion]
    more: int  # excursions besides


def monday_of(day: date) -> date:
    """The first day of its week (ISO 8601)."""
    return day - timedelta(days=day.weekday())


def is_told(scope: Scope, site_id: str) -> bool:
    """Whether a meter of the site that the scope sees ever told of its supply; raises `NotFound`."""
    view = site_view(scope, site_id)
    key = ("supply", scope.key, site_id, view.version)

    def ever() -> bool:
        return bool(last_values.last_values(scope, [*view.meters], OF_A_SUPPLY, known=view.metering)) if view.meters else False

    return shared.get(key, LASTS_S, ever, STALE_S)


def meters(now: Now) -> list[Meter]:
    """The meters that tell of their supply: those of the grid's connections first, then by name."""
    telling = {meter_id for meter_id, quantity in now.values if quantity in OF_A_SUPPLY and meter_id in now.view.meters}
    grid = {node.id for node in now.view.graph.nodes if node.technology == "grid"}
    at_grid = {edge.meter_id for edge in now.view.graph.edges if grid & {edge.source, edge.target}}
    phases = {meter_id for meter_id, quantity in now.values if quantity in (*PHASES, *BETWEEN_PHASES)}
    return sorted(
        (now.view.meters[meter_id] for meter_id in telling),
        key=lambda each: (each.id not in at_grid, each.id not in phases, natural(each.name)),
    )


def chosen(now: Now, wanted: str) -> Meter | None:
    """The meter of that id among them, the first for none; raises `NotFound` for another."""
    found = next((each for each in meters(now) if wanted in ("", each.id)), None)
    if wanted and found is None:
        raise NotFound(f"no meter {wanted} of the supply")
    return found


def told_of(now: Now, meter_id: str) -> list[str]:
    """What the meter ever told of its supply; one value for all phases only where it tells none of each."""
    told = [quantity for quantity in TOLD if (meter_id, quantity) in now.values]
    less = {whole for whole, each in ((VOLTAGE, PHASES), (CURRENT, CURRENTS[:3])) if set(each) & set(told)}
    return [quantity for quantity in told if quantity not in less]


def live_unbalance(now: Now, meter_id: str) -> tuple[float, str] | None:
    """The unbalance (%) of the newest voltages, and what it is told from (`Characteristic.how`); none without them."""
    told = now.level(meter_id, UNBALANCE)
    if told is not None:
        return told, "told"
    for how, quantities, of in (
        ("between", BETWEEN_PHASES, power_quality.unbalance_between_phases),
        ("phases", PHASES, power_quality.unbalance_of_phases),
    ):
        volts = [each for quantity in quantities if (each := now.level(meter_id, quantity)) is not None]
        if len(volts) == len(quantities) and np.isfinite(share := float(of(*volts))):
            return share, how
    return None


def week(scope: Scope, site_id: str, meter_id: str, monday: date) -> Week:
    """The week of a meter that begins on that day, as far as it has come.

    Raises:
        NotFound: the site or the meter does not exist for the scope, or the meter tells nothing of its supply.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("supply week", scope.key, site_id, sites.version(scope, site_id), meter_id, monday)
    return shared.get(key, LASTS_S, lambda: _week(scope, now_of(scope, site_id), meter_id, monday), STALE_S)


def closer(scope: Scope, view: SiteView, week: Week, excursion: Excursion) -> tuple[Condition, datetime, datetime]:
    """The quantity of an excursion by minutes, or longer steps where it is long, and from when to when; raises as `week`."""
    start, end = excursion.begin - AROUND, min(excursion.end + AROUND, clock.now())
    step_s = next((each for each in (60, 300, MEAN_S) if (end - start).total_seconds() / each <= MOST_POINTS), 3600)
    if excursion.quantity == UNBALANCE and week.characteristics[UNBALANCE].how != "told":
        at = slice(*week.edges.searchsorted(pd.DatetimeIndex([start, end])).tolist())
        values = week.characteristics[UNBALANCE].values[at]
        edges = week.edges[at.start : at.stop + 1]
        return Condition(edges[: len(values) + 1], values, values, values), start, end

    def measured(measure: str) -> Floats:
        frame = levels.levels(scope, [week.meter.id], excursion.quantity, start, end, step_s, measure, view.metering)
        return frame[week.meter.id].to_numpy(dtype=float)

    return Condition(steps(start, end, step_s), **{each: measured(each) for each in levels.MEASURES}), start, end


def _week(scope: Scope, now: Now, meter_id: str, monday: date) -> Week:
    view, meter = now.view, chosen(now, meter_id)
    if meter is None:
        raise NotFound(f"no meter {meter_id} of the supply")
    start, end = local_time.days(monday, monday + timedelta(days=6), view.zone)
    edges = _ten_minutes(start, end)
    due = int(np.clip(edges.searchsorted(pd.Timestamp(now.at), side="right") - 1, 0, len(edges) - 1))
    told = told_of(now, meter.id)
    found = dict(_characteristics(scope, view, meter.id, told, edges, due)) if due else {}
    rules = [each for of in found.values() for each in _rules(scope, view, meter.id, of, edges, due)]
    beyond = sorted(
        (each for of in found.values() for each in _excursions(of, view.limits.get(of.quantity), edges)),
        key=lambda each: each.begin,
        reverse=True,
    )
    shown = beyond[:MOST_EXCURSIONS]
    return Week(meter, monday, edges, due, end <= now.at, view.limits, found, rules, shown, len(beyond) - len(shown))


def _ten_minutes(start: datetime, end: datetime) -> pd.DatetimeIndex:
    """The edges of the ten minutes that begin in [start, end): in zones at :45 the first is five minutes after midnight."""
    step = f"{MEAN_S}s"
    return pd.date_range(pd.Timestamp(start).ceil(step), pd.Timestamp(end).ceil(step), freq=step, unit="us")


def _characteristics(
    scope: Scope, view: SiteView, meter_id: str, told: Collection[str], edges: pd.DatetimeIndex, due: int
) -> Iterator[tuple[str, Characteristic]]:
    start, end = edges[0].to_pydatetime(), edges[due].to_pydatetime()
    rows = supply.means(scope, meter_id, told, start, end, view.metering)
    found = {}
    for quantity, of in rows.groupby("quantity"):
        places = edges.searchsorted(pd.DatetimeIndex(of["ts"]))
        values, readings = np.full(len(edges) - 1, np.nan), np.zeros(len(edges) - 1)
        values[places], readings[places] = of["value"].to_numpy(float), of["readings"].to_numpy(float)
        known, usual = power_quality.means(values, readings)
        longer = np.isfinite(values) & (readings == 0)
        known = np.where(longer, values, known)
        coarse = usual * READ_EVERY_S < MEAN_S
        as_means = coarse and usual > 0 and supply.told_as_means(scope, meter_id, str(quantity), start, end)
        found[str(quantity)] = Characteristic(str(quantity), known, usual, as_means, int(longer.sum()))
    for quantity in told:
        if quantity in found:
            yield quantity, found[quantity]
    if UNBALANCE not in found and (unbalance := _unbalance(found)) is not None:
        yield UNBALANCE, unbalance


def _unbalance(found: Mapping[str, Characteristic]) -> Characteristic | None:
    """That of the means of voltages, where the meter does not tell it: exact between phases, else as far as phases tell."""
    for how, quantities, of in (
        ("between", BETWEEN_PHASES, power_quality.unbalance_between_phases),
        ("phases", PHASES, power_quality.unbalance_of_phases),
    ):
        three = [found[each] for each in quantities if each in found]
        if len(three) == len(quantities):
            return Characteristic(
                UNBALANCE,
                of(*(each.values for each in three)),
                min(each.readings for each in three),
                all(each.as_means for each in three),
                max(each.longer for each in three),
                how,
            )
    return None


def _rules(scope: Scope, view: SiteView, meter_id: str, of: Characteristic, edges: pd.DatetimeIndex, due: int) -> Iterator[Rule]:
    if (limit := view.limits.get(of.quantity)) is None:
        return
    bands = [(limit.low, limit.high)]
    if of.quantity in SHARES and (limit.critical_low, limit.critical_high) != (None, None):
        bands.append((limit.critical_low, limit.critical_high))
    mean_s = FREQUENCY_MEAN_S if of.quantity == FREQUENCY and of.is_fine and not of.as_means else MEAN_S
    if mean_s == FREQUENCY_MEAN_S:
        start, end = edges[0].to_pydatetime(), edges[due].to_pydatetime()
        counts = supply.frequencies_within(scope, meter_id, start, end, bands, view.metering)
    else:
        values = np.abs(of.values) if of.quantity == FACTOR else of.values
        counts = [power_quality.counted(values, *band) for band in bands]
    for (low, high), share, counted in zip(bands, (SHARES.get(of.quantity), 1.0), counts, strict=False):
        yield Rule(of, low, high, share, mean_s, counted, due * MEAN_S // mean_s)


def _excursions(of: Characteristic, limit: Limit | None, edges: pd.DatetimeIndex) -> Iterator[Excursion]:
    if limit is None or of.quantity not in SHARES:
        return
    last = int(np.flatnonzero(np.isfinite(of.values)).max(initial=-1))
    for each in excursions(of.values, limit.low, limit.high):
        worst = float(of.values[each.extreme])
        critical = power_quality.beyond_limits([worst], limit.critical_low, limit.critical_high)[0] > 0
        first, end = (edges[place].to_pydatetime() for place in (each.first, each.end))
        yield Excursion(of.quantity, first, end, worst, bool(critical), each.end == last + 1)
