"""What energy costs: dated tariffs with prices by local time, and money as the sum over the shortest stretches of one price.

Cost is not linear in time: a mean price times a sum of energy is wrong as soon as both change. So energy and prices are
brought to stretches within which neither changes (`edges`), priced there, and only then added. A stretch without a price
is never given a neighbour's: its energy is told apart as not priced.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, tzinfo
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from models import tariff_days
from models.tariff_components import FIRST_DAY, IMPORT, LAST_DAY, Component, Demand, Holidays, Market, Window

Floats = NDArray[np.float64]

QUARTER_MIN = 15  # prices change on the quarters of local hours


class Hours(NamedTuple):
    """Prices of certain days of a season between two times of the local clock, as `Window` says."""

    days: str
    start_min: int
    end_min: int
    import_price_per_kwh: float
    export_price_per_kwh: float
    first_day: int = FIRST_DAY
    last_day: int = LAST_DAY

    @property
    def window(self) -> Window:
        """When they hold."""
        return Window(self.days, self.start_min, self.end_min, self.first_day, self.last_day)


class Version(NamedTuple):
    """A tariff while it holds: its prices outside of `hours`, CO2 factor (NaN: none), whether the region's series come first."""

    valid_from: datetime
    valid_to: datetime | None
    import_price_per_kwh: float
    export_price_per_kwh: float
    co2_g_per_kwh: float
    region_first: bool
    hours: tuple[Hours, ...] = ()
    components: tuple[Component, ...] = ()
    name: str = ""

    @property
    def sundays(self) -> bool:
        """Whether holidays count as Sundays."""
        return any(isinstance(each, Holidays) for each in self.components)

    @property
    def keeps_holidays(self) -> bool:
        """Whether it matters which days are holidays."""
        demands = (each for each in self.components if isinstance(each, Demand))
        windows = [*(each.window for each in self.hours), *(window for each in demands for window in each.windows)]
        return self.sundays or any(each.days == tariff_days.HOLIDAY for each in windows)


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


def overlapping(hours: Sequence[Hours]) -> tuple[Hours, Hours] | None:
    """Two of them that would both hold at some moment of a year, if there are any."""
    for later, mine in enumerate(hours):
        for earlier in hours[:later]:
            if tariff_days.overlap(earlier.window, mine.window):
                return earlier, mine
    return None


def spoken(window: Window) -> str:
    """The season, days and times of a window, as people write them: `11-01..03-31 weekday 07:00-22:00`."""
    start, end = (f"{time // 60:02}:{time % 60:02}" for time in (window.start_min, window.end_min))
    first, last = (f"{day // 100:02}-{day % 100:02}" for day in (window.first_day, window.last_day))
    season = "" if (window.first_day, window.last_day) == (FIRST_DAY, LAST_DAY) else f"{first}..{last} "
    return f"{season}{window.days} {start}-{end}"


def prices(
    versions: Iterable[Version], starts: pd.DatetimeIndex, zone: tzinfo, region: Prices, holidays: Collection[date] = ()
) -> Prices:
    """The prices of stretches that start at these moments (UTC) and within which none changes.

    Args:
        versions: the tariffs of the site; one at most holds at a moment.
        starts: shape (n,).
        zone: the site's, by whose clocks hours are meant: a repeated hour has the price of its time twice, a skipped one never.
        region: the region's own prices of the same stretches, NaN where it has none. They hold where there is no tariff, and
            where a tariff lets them come first.
        holidays: local dates, observed ones among them.
    """
    at = tariff_days.shown(starts, zone, holidays)
    found = [np.array(each, float) for each in region]
    for version in versions:
        holds = np.asarray(starts >= pd.Timestamp(version.valid_from))
        if version.valid_to is not None:
            holds &= np.asarray(starts < pd.Timestamp(version.valid_to))
        stated = [
            np.full(len(starts), price)
            for price in (version.import_price_per_kwh, version.export_price_per_kwh, version.co2_g_per_kwh)
        ]
        # Those of holidays last: they go before the others.
        for hours in sorted(version.hours, key=lambda each: each.days == tariff_days.HOLIDAY):
            now = tariff_days.within(hours.window, at, as_sundays=version.sundays)
            stated[0][now], stated[1][now] = hours.import_price_per_kwh, hours.export_price_per_kwh
        first = [version.region_first] * len(found)
        for market in (each for each in version.components if isinstance(each, Market)):
            side = 0 if market.side == IMPORT else 1
            stated[side] += region.importing * (1 + market.percent / 100) + market.per_kwh
            found[side][holds], first[side] = np.nan, False  # where the market has no price nothing takes its place
        for own, said, behind in zip(found, stated, first, strict=True):
            # What the tariff does not state (its CO2) stays the region's.
            own[:] = np.where(holds & np.isfinite(said) & (np.isnan(own) | (not behind)), said, own)
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


def share(priced: float, unpriced: float) -> float:
    """How much of the energy has a price, 0..1; of no energy all."""
    return priced / (priced + unpriced) if priced + unpriced > 0 else 1.0
