"""The history of one meter over a period: its power step by step, its energy bar by bar, and what that cost."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight import closed_energy, closed_power
from insight.periods import Period, chosen_step
from insight.site_view import site_view
from models import local_time
from store.records.plant import sites
from store.records.schema import Meter
from store.scope import Scope
from store.series import cost, power

Values = NDArray[np.float64]
BY_HOUR = timedelta(hours=50)  # two days, of which one may have 26 hours
BY_DAY = timedelta(days=92)
BARS = {
    "1h": ("quarter", 4),
    "24h": ("hour", 24),
    "48h": ("hour", 48),
    "7d": ("day", 7),
    "30d": ("day", 30),
    "year": ("month", 12),
}


@dataclass(frozen=True, slots=True)
class Power:
    """Mean power (kW) in steps of so many minutes between successive `edges`, from `start` to `end`; NaN is a gap."""

    minutes: int
    start: datetime
    end: datetime
    edges: pd.DatetimeIndex
    kilowatts: Values


@dataclass(frozen=True, slots=True)
class Energy:
    """Energy (kWh) in the meter's direction and against it, between successive `edges`, `step` by step; coverage is 0..1."""

    step: str
    edges: Sequence[datetime]
    forward: Values
    backward: Values
    coverage: Values


@dataclass(frozen=True, slots=True)
class Paid:
    """What energy cost, in the currency; negative where it earned. `priced` (0..1) is the share of it that has a price.

    `peaked` (0..1) is the share of the time with a demand charge whose charge is in it.
    """

    amount: float
    priced: float
    peaked: float
    currency: str


def power_over(scope: Scope, meter: Meter, name: str, period: Period, zone: ZoneInfo) -> Power:
    """The meter's power over the period of that name, by the zone's clock.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view(scope, meter.site_id)
    minutes = chosen_step(name, period.length, None, closed_power.reported_min([view.meters[meter.id]]))
    edges = power.steps(period.start, period.end, minutes * 60, zone)
    frame = closed_power.mean_power(scope, view, [meter.id], edges[0], period.end, minutes * 60, zone=zone)
    return Power(minutes, edges[0].to_pydatetime(), period.end, edges, frame[meter.id].to_numpy(dtype=float))


def energy_over(scope: Scope, meter: Meter, name: str, period: Period, zone: ZoneInfo) -> Energy:
    """The meter's energy over the period of that name, by the zone's clock; raises as `power_over`."""
    step, edges = bars(name, period, zone)
    frame = closed_energy.energy_by(scope, [meter.id], edges[0], edges[-1], step, zone.key)
    columns = (frame[name].to_numpy(float) for name in ("forward_kwh", "export_kwh", "coverage"))
    return Energy(step, edges, *columns)


def bars(name: str, period: Period, zone: ZoneInfo) -> tuple[str, list[datetime]]:
    """The step of the bars of a period, and their edges: as many whole ones as its name says, the last one still open."""
    if name in BARS:
        step, count = BARS[name]
        return step, local_time.edges(period.start, period.end, step, zone)[-count - 1 :]
    step = "hour" if period.length <= BY_HOUR else "day" if period.length <= BY_DAY else "month"
    return step, local_time.edges(period.start, period.end, step, zone)


def paid(scope: Scope, meter: Meter, start: datetime, end: datetime) -> Paid | None:
    """What the meter's energy cost or earned; nothing where it has no price. Raises as `power_over`."""
    told = cost.cost(scope, [meter.id], start, end, closed_energy.flows)
    amount, priced, peaked = (float(told[name].iloc[0]) for name in ("cost", "priced", "peaked"))
    return Paid(amount, priced, peaked, sites.site(scope, meter.site_id).currency) if np.isfinite(amount) else None
