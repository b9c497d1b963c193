"""What energy costs: dated tariffs with prices by local time, and money as the sum over the shortest stretches of one price.

Cost is not linear in time: a mean price times a sum of energy is wrong as soon as both change. So energy and prices are
brought to stretches within which neither changes (`edges`), priced there, and only then added. A stretch without a price
is never given a neighbour's: its energy is told apart as not priced.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

QUARTER_MIN = 15  # prices change on the quarters of local hours
DAY_MIN = 24 * 60
DAYS = ("every", "weekday", "weekend")  # weekday: Monday to Friday, whatever holidays there are
SATURDAY = 5


class Hours(NamedTuple):
    """Prices of certain days between two times of the local clock, in minutes since midnight; they may reach across it."""

    days: str
    start_min: int
    end_min: int
    import_price_per_kwh: float
    export_price_per_kwh: float


class Version(NamedTuple):
    """A tariff while it holds: its prices outside of `hours`, CO2 factor (NaN: none), whether the region's series come first."""

    valid_from: datetime
    valid_to: datetime | None
    import_price_per_kwh: float
    export_price_per_kwh: float
    co2_g_per_kwh: float
    region_first: bool
    hours: tuple[Hours, ...] = ()


class Prices(NamedTuple):
    """Of successive stretches: the price of a kWh bought and of one sold, the CO2 of one bought (g); NaN where not known."""

    importing: Floats
    exporting: Floats
    co2: Floats


class Money(NamedTuple):
    """Of successive stretches: cost in the currency of the prices, the energy (kWh) that has a price, and that which has none."""

    cost: Floats
    priced_kwh: Floats
    unpriced_kwh: Floats


def at_times(hours: Hours, minutes: NDArray[np.int64], weekdays: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which moments, by minutes since local midnight and weekdays (Monday 0), lie within the hours."""
    within = (
        (hours.start_min <= minutes) & (minutes < hours.end_min)
        if hours.start_min < hours.end_min
        else (hours.start_min <= minutes) | (minutes < hours.end_min)
    )
    if hours.days == "every":
        return within
    return within & (weekdays >= SATURDAY if hours.days == "weekend" else weekdays < SATURDAY)


def overlapping(hours: Sequence[Hours]) -> tuple[Hours, Hours] | None:
    """Two of them that would both hold at some moment of a week, if there are any."""
    minutes = np.arange(0, DAY_MIN, QUARTER_MIN)
    week = [(minutes, np.full(len(minutes), day)) for day in (0, SATURDAY)]
    held = [np.concatenate([at_times(each, *day) for day in week]) for each in hours]
    for later, mine in enumerate(held):
        for earlier in range(later):
            if (mine & held[earlier]).any():
                return hours[earlier], hours[later]
    return None


def spoken(hours: Hours) -> str:
    """The days and times of other prices, as people write them: `weekday 07:00-22:00`."""
    start, end = (f"{time // 60:02}:{time % 60:02}" for time in (hours.start_min, hours.end_min))
    return f"{hours.days} {start}-{end}"


def prices(versions: Iterable[Version], starts: pd.DatetimeIndex, zone: tzinfo, region: Prices) -> Prices:
    """The prices of stretches that start at these moments (UTC) and within which none changes.

    Args:
        versions: the tariffs of the site; one at most holds at a moment.
        starts: shape (n,).
        zone: the site's, by whose clocks hours are meant: a repeated hour has the price of its time twice, a skipped one never.
        region: the region's own prices of the same stretches, NaN where it has none. They hold where there is no tariff, and
            where a tariff lets them come first.
    """
    local = starts.tz_convert(zone)
    minutes = np.asarray(local.hour * 60 + local.minute, np.int64)
    weekdays = np.asarray(local.day_of_week, np.int64)
    found = [np.array(each, float) for each in region]
    for version in versions:
        holds = np.asarray(starts >= pd.Timestamp(version.valid_from))
        if version.valid_to is not None:
            holds &= np.asarray(starts < pd.Timestamp(version.valid_to))
        stated = [
            np.full(len(starts), price)
            for price in (version.import_price_per_kwh, version.export_price_per_kwh, version.co2_g_per_kwh)
        ]
        for hours in version.hours:
            at = at_times(hours, minutes, weekdays)
            stated[0][at], stated[1][at] = hours.import_price_per_kwh, hours.export_price_per_kwh
        for own, said in zip(found, stated, strict=True):
            # What the tariff does not state (its CO2) stays the region's.
            own[:] = np.where(holds & np.isfinite(said) & (np.isnan(own) | (not version.region_first)), said, own)
    return Prices(*found)


def held(edges_s: ArrayLike, starts_s: ArrayLike, lasting_s: ArrayLike, values: ArrayLike) -> Floats:
    """The value of a series in each stretch between edges: a row holds from its start for its own length, and no longer.

    Args:
        edges_s: shape (m + 1,), rising; no row begins or ends between two of them.
        starts_s: where each row starts, shape (n,).
        lasting_s: how long it holds, shape (n,). Where rows of several lengths hold, the shortest one says it.
        values: shape (n,).

    Returns:
        Shape (m,), NaN where no row holds.
    """
    edges = np.asarray(edges_s, float)
    starts, lasting, said = (np.asarray(each, float) for each in (starts_s, lasting_s, values))
    middles = (edges[:-1] + edges[1:]) / 2
    found = np.full(len(middles), np.nan)
    for length in np.sort(np.unique(lasting))[::-1]:
        rows = np.flatnonzero(lasting == length)
        rows = rows[np.argsort(starts[rows], kind="stable")]
        at = np.searchsorted(starts[rows], middles, side="right") - 1
        row = rows[np.maximum(at, 0)]
        found = np.where((at >= 0) & (middles < starts[row] + length), said[row], found)
    return found


def money(imported_kwh: ArrayLike, exported_kwh: ArrayLike, prices: Prices) -> Money:
    """Cost of what was bought, less what was earned with what was sold, stretch by stretch; energy that is NaN is none."""
    sides = []
    for kwh, price in ((imported_kwh, prices.importing), (exported_kwh, prices.exporting)):
        amounts = np.nan_to_num(np.asarray(kwh, float))
        known = np.isfinite(price)
        sides.append((np.where(known, amounts * np.where(known, price, 0), 0), amounts * known, amounts * ~known))
    (paid, bought, dark), (earned, sold, hidden) = sides
    return Money(paid - earned, bought + sold, dark + hidden)


class Bill(NamedTuple):
    """Of successive periods: energy (kWh) bought and sold, what it cost, and the share (0..1) of it that has a price.

    `cost` is of that share, negative where more was earned than paid, NaN where nothing has a price.
    """

    bought_kwh: Floats
    sold_kwh: Floats
    cost: Floats
    priced: Floats


def bill(bought_kwh: ArrayLike, sold_kwh: ArrayLike, prices: Prices, first: ArrayLike) -> Bill:
    """What stretches of one price cost, added up by periods.

    Args:
        bought_kwh: of each stretch, shape (n,); as `sold_kwh` and the prices.
        sold_kwh: likewise.
        prices: of each stretch.
        first: the place of the first stretch of each period, shape (m,), rising from 0.
    """
    known = (np.isfinite(prices.importing) | np.isfinite(prices.exporting)).astype(float)
    amounts = (np.nan_to_num(np.asarray(bought_kwh, float)), np.nan_to_num(np.asarray(sold_kwh, float)))
    sums = [np.add.reduceat(each, np.asarray(first, np.intp)) for each in (*amounts, *money(*amounts, prices), known)]
    bought, sold, paid, with_price, without, times_known = sums
    told = (with_price > 0) | (times_known > 0) & (without == 0)
    shares = np.array([share(*each) for each in zip(with_price, without, strict=True)])
    return Bill(bought, sold, np.where(told, paid, np.nan), shares)


def share(priced: float, unpriced: float) -> float:
    """How much of the energy has a price, 0..1; of no energy all."""
    return priced / (priced + unpriced) if priced + unpriced > 0 else 1.0
