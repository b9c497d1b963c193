"""Bills: what meters or a site pay by a tariff's versions, in parts that add up, by any successive periods.

What is of a month as a whole (fixed charges, demand, what is lacking to the minimum, the difference of rounding) is spread
evenly over the month's time, and tiers cost what the sum since the month or day began costs more at the end of a stretch
than at its start. So days, or any other pieces, add up exactly to their month. Energies are priced where prices change and
then added up to cells, within which neither the asked period changes nor the month nor the version: all else is linear there.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from models import local_time, tariff_demand
from models.tariff_components import DAY, YEAR, Demand, Fixed, Minimum, Rounding, Tax, Tiers
from models.tariff_days import Days
from models.tariff_demand import Load, Peaks
from models.tariffs import Prices, Version

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
PARTS = ("energy", "export", "tiers", "fixed", "demand", "taxes", "minimum", "rounding")
COLUMNS = ("bought_kwh", "sold_kwh", "cost", "priced", "peaked", *PARTS, "provisional")


class Charged(NamedTuple):
    """A demand charge of a version, by its place: by local month (edges in s since 1970) the peaks behind it, and the amount.

    `share` is how much of each month's time the version holds.
    """

    version: int
    demand: Demand
    months_s: Places
    share: Floats
    peaks: Peaks
    amount: Floats


class Bill(NamedTuple):
    """Of meters (rows) and successive periods (columns): energy in kWh, money in the currency of the prices.

    `parts` are by name (`PARTS`) and add up to `cost`; what is earned by export is negative. `priced` (0..1) is the share of
    the energy that has a price: `cost` is of that share, NaN where nothing has one. `peaked` (0..1) is the share of the
    time with a demand charge whose month has a peak. `pieces` are what each version, by its place, charges in all periods
    together; -1: none of them.
    """

    bought_kwh: Floats
    sold_kwh: Floats
    cost: Floats
    priced: Floats
    parts: dict[str, Floats]
    peaked: Floats
    pieces: dict[int, Floats]
    charged: list[Charged]


class _Cells(NamedTuple):
    """Successive cells of time: the place of each one's first stretch, its month, day, version and asked period (-1: none).

    `of_month` and `of_day` are the shares of its month's time that it has, and the days that it has.
    """

    first: Places
    lasting_s: Floats
    months_s: Places
    month: Places
    day: Places
    version: Places
    period: Places
    of_month: Floats
    of_days: Floats

    def of(self, values: Floats) -> Floats:
        """Values of stretches, added up by cells."""
        return np.add.reduceat(values, self.first, axis=-1)

    def by(self, places: Places, count: int, values: Floats) -> Floats:
        """Values of cells, added up by `count` months, versions or periods."""
        begins = np.flatnonzero(np.diff(places, prepend=-2))
        some = places[begins] >= 0
        sums = np.zeros((*values.shape[:-1], count))
        sums[..., places[begins[some]]] = np.add.reduceat(values, begins, axis=-1)[..., some]
        return sums


def reach(versions: Sequence[Version], start: datetime, end: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when until when energy has to be known for the cost of [start, end): more where a month is charged as a whole."""
    whole = local_time.edges(start, end, "month", zone)
    first, last = start, end
    for each in (each for version in versions if _overlaps(version, whole[0], whole[-1]) for each in version.components):
        if isinstance(each, Tiers):
            first = min(first, whole[0] if each.period != DAY else local_time.begin(start, "day", zone))
        elif isinstance(each, Minimum | Rounding):
            first, last = min(first, whole[0]), whole[-1]
        elif isinstance(each, Demand):
            first, last = min(first, _first_of(each, whole[0], zone)), whole[-1]
    return first, last


def _first_of(demand: Demand, month: datetime, zone: ZoneInfo) -> datetime:
    """Where the first month begins that a month's demand charge depends on."""
    local = month.astimezone(zone)
    months = local.year * 12 + local.month - 1 - demand.ratchet_months
    first = date(months // 12, 1 if demand.span == YEAR else months % 12 + 1, 1)
    return local_time.days(first, first, zone)[0]


def _overlaps(version: Version, start: datetime, end: datetime) -> bool:
    return version.valid_from < end and (version.valid_to is None or version.valid_to > start)


def bill(
    versions: Sequence[Version],
    load: Load,
    sold_kwh: Floats,
    prices: Prices,
    periods: ArrayLike,
    zone: ZoneInfo,
    holidays: Days = (),
) -> Bill:
    """What meters pay by successive periods.

    Args:
        versions: the tariffs in the order of time; one at most holds at a moment, and each begins and ends at an edge.
        load: what each meter bought between edges that reach as far as `reach` says; local days begin at some of them.
        sold_kwh: what it sold, shape (meters, stretches).
        prices: of a kWh in each stretch.
        periods: the places of the edges between which the periods lie, rising, shape (periods + 1,).
        zone: whose days and months.
        holidays: local dates.
    """
    places = np.asarray(periods, np.int64)
    cells, count = _cells(versions, load.edges_s, places, zone), len(places) - 1
    load = load._replace(bought_kwh=_there(load.bought_kwh))
    bought, paid, unpriced = _priced(cells, load.bought_kwh, prices.importing)
    sold, earned, hidden = _priced(cells, _there(sold_kwh), prices.exporting)
    parts = {"energy": paid, "export": -earned} | {name: np.zeros_like(paid) for name in PARTS[2:]}
    charged = _demands(versions, load, cells, zone, holidays, parts["demand"])
    for nth, version in enumerate(versions):
        _charge(version, cells, cells.version == nth, bought, parts)
    _of_months(versions, cells, parts)
    total = sum(parts.values(), np.zeros_like(paid))

    def asked(values: Floats) -> Floats:
        return cells.by(cells.period, count, values)

    used, dark = asked(bought + sold), asked(unpriced + hidden)
    # Something is told where some energy has a price, where none was used at a known price, and where a component charges.
    prices_known = asked(cells.of((np.isfinite(prices.importing) | np.isfinite(prices.exporting)).astype(float))) > 0
    charges = np.array([bool(version.components) for version in versions] + [False])[cells.version]
    told = (used - dark > 0) | (prices_known & (dark == 0)) | (asked(charges * 1.0) > 0)
    inside = cells.period >= 0
    return Bill(
        bought_kwh=asked(bought),
        sold_kwh=asked(sold),
        cost=np.where(told, asked(total), np.nan),
        priced=np.where(used > 0, (used - dark) / np.where(used > 0, used, 1), 1.0),
        parts={name: asked(each) for name, each in parts.items()},
        peaked=np.broadcast_to(_peaked(charged, cells, asked), used.shape),
        pieces={nth: total[:, inside & (cells.version == nth)].sum(axis=1) for nth in np.unique(cells.version[inside]).tolist()},
        charged=charged,
    )


def _there(kwh: Floats) -> Floats:
    """Energies; one that is not known is none."""
    return np.where(np.isnan(kwh), 0.0, kwh)


def _priced(cells: _Cells, kwh: Floats, price: Floats) -> tuple[Floats, Floats, Floats]:
    """By cells: the energy, what it costs at its price, and how much of it has none."""
    if not kwh.any():
        return (np.zeros((len(kwh), len(cells.first))),) * 3
    known, sums = np.isfinite(price), cells.of(kwh)
    unpriced = np.zeros_like(sums) if known.all() else cells.of(kwh * ~known)
    return sums, cells.of(kwh * np.where(known, price, 0.0)), unpriced


def _cells(versions: Sequence[Version], edges_s: Floats, periods: Places, zone: ZoneInfo) -> _Cells:
    first, last = (datetime.fromtimestamp(each, UTC) for each in (edges_s[0], edges_s[-1]))
    months_s, days_s = (local_time.edges_s(first, last, step, zone) for step in ("month", "day"))
    dates_s = [each.timestamp() for version in versions for each in version[:2] if each is not None]
    daily = any(isinstance(each, Tiers) and each.period == DAY for version in versions for each in version.components)
    bounds = np.searchsorted(edges_s, np.concatenate([months_s, dates_s, days_s if daily else []]))
    begins = np.unique(np.concatenate([bounds, periods, [0]]).astype(np.int64))
    begins = begins[begins < len(edges_s) - 1]
    starts_s, lasting_s = edges_s[begins], np.diff(np.append(edges_s[begins], edges_s[-1]))
    month, day = (np.searchsorted(each, starts_s, side="right") - 1 for each in (months_s, days_s))
    version, period = np.full(len(begins), -1), np.searchsorted(periods, begins, side="right") - 1
    for nth, each in enumerate(versions):
        until_s = np.inf if each.valid_to is None else each.valid_to.timestamp()
        version[(starts_s >= each.valid_from.timestamp()) & (starts_s < until_s)] = nth
    days = np.diff(edges_s) / np.diff(days_s)[np.searchsorted(days_s, edges_s[:-1], side="right") - 1]
    return _Cells(
        begins, lasting_s, months_s, month, day, version, np.where(begins < periods[-1], period, -1),
        lasting_s / np.diff(months_s)[month], np.add.reduceat(days, begins),
    )  # fmt: skip


def _demands(
    versions: Sequence[Version], load: Load, cells: _Cells, zone: ZoneInfo, holidays: Days, demand: Floats
) -> list[Charged]:
    """Add each version's demand charges to the cells that it holds in."""
    windows: dict[int, tariff_demand.Windows] = {}
    charged = []
    for nth, version in enumerate(versions):
        held = cells.version == nth
        of_month = cells.by(cells.month, len(cells.months_s) - 1, cells.of_month * held)
        for each in (each for each in version.components if isinstance(each, Demand) and held.any()):
            if each.window_min not in windows:
                windows[each.window_min] = tariff_demand.windows(load, each.window_min, zone)
            found = tariff_demand.peaks(
                windows[each.window_min], each, cells.months_s, zone, holidays, as_sundays=version.sundays
            )
            amount = np.where(np.isnan(found.kw), 0.0, found.kw) * each.price_per_kw
            demand[:, held] += amount[:, cells.month[held]] * cells.of_month[held]
            charged.append(Charged(nth, each, cells.months_s, of_month, found, amount * of_month))
    return charged


def _charge(version: Version, cells: _Cells, held: NDArray[np.bool_], bought_kwh: Floats, parts: dict[str, Floats]) -> None:
    """Add what else a version charges in the cells that it holds in; its taxes come after all else, each on those before."""
    for each in version.components:
        if isinstance(each, Tiers):
            parts["tiers"][:, held] += _tiers(each, bought_kwh, cells)[:, held]
        elif isinstance(each, Fixed):
            parts["fixed"][:, held] += each.amount * (cells.of_days if each.period == DAY else cells.of_month)[held]
    for each in version.components:
        if isinstance(each, Tax):
            on = sum((parts[name][:, held] for name in each.parts), np.zeros_like(bought_kwh[:, held]))
            parts["taxes"][:, held] += on * each.percent / 100 + bought_kwh[:, held] * each.per_kwh


def _tiers(tiers: Tiers, bought_kwh: Floats, cells: _Cells) -> Floats:
    """What each cell costs by tiers: the cost of all that was bought up to its end, less that up to its start."""
    period = cells.day if tiers.period == DAY else cells.month
    cost = np.empty_like(bought_kwh)
    begins = np.flatnonzero(np.diff(period, prepend=-1))
    for first, last in pairwise([*begins.tolist(), len(period)]):
        sums = np.cumsum(bought_kwh[:, first:last], axis=1)
        up_to = tiers.prices_per_kwh[0] * sums
        for bound, (before, after) in zip(tiers.bounds_kwh, pairwise(tiers.prices_per_kwh), strict=True):
            up_to += (after - before) * np.maximum(sums - bound, 0)
        cost[:, first:last] = np.diff(up_to, axis=1, prepend=0)
    return cost


def _of_months(versions: Sequence[Version], cells: _Cells, parts: dict[str, Floats]) -> None:
    """Add what lacks to the minimum of a month, and then the difference of its rounded sum."""
    count = len(cells.months_s) - 1
    least, decimals = np.zeros(count), np.full(count, -1)
    for nth, version in enumerate(versions):
        held = cells.version == nth
        amount = sum(each.amount for each in version.components if isinstance(each, Minimum))
        least += amount * cells.by(cells.month, count, cells.of_month * held)
        # The version at the month's end rounds it.
        decimals[cells.month[held]] = next((each.decimals for each in version.components if isinstance(each, Rounding)), -1)
    for name in ("minimum", "rounding"):
        sums = cells.by(cells.month, count, sum(parts.values(), np.zeros_like(parts["energy"])))
        lacking = np.maximum(least - sums, 0) * (least > 0) if name == "minimum" else rounded(sums, decimals) - sums
        parts[name] = lacking[:, cells.month] * cells.of_month


def rounded(amounts: Floats, decimals: ArrayLike) -> Floats:
    """Amounts to so many decimals, halves away from zero, as people do; below 0 decimals they stay as they are."""
    scale = 10.0 ** np.maximum(decimals, 0)
    exact = np.sign(amounts) * np.floor(np.abs(amounts) * scale + 0.5 + 1e-9) / scale
    return np.where(np.asarray(decimals) >= 0, exact, amounts)


def _peaked(charged: Sequence[Charged], cells: _Cells, asked: Callable[[Floats], Floats]) -> Floats:
    """The share of the time with a demand charge whose month has a peak, by period; 1 where there is none."""
    due = known = asked(np.zeros((1, len(cells.first))))
    for each in charged:
        lasting_s = cells.lasting_s * (cells.version == each.version)
        due = due + asked(lasting_s)
        known = known + asked(np.isfinite(each.peaks.kw)[:, cells.month] * lasting_s)
    return np.where(due > 0, known / np.where(due > 0, due, 1), 1.0)


class DemandOfMonth(NamedTuple):
    """What a tariff charges for demand in a month: its share of the month's price, by the peaks (start, kW, estimated or not)."""

    tariff: str
    start: datetime
    price_per_kw: float
    kw: float | None
    amount: float
    peaks: list[tuple[datetime, float, bool]]


class Billed(NamedTuple):
    """One row of a bill with the edges of its periods (UTC), whether each may change, and the tariffs that it is by."""

    bill: Bill
    row: int
    edges: list[datetime]
    provisional: list[bool]
    versions: Sequence[Version]

    def table(self) -> pd.DataFrame:
        """A row a period by its start in UTC, with the columns `COLUMNS`."""
        columns = {name: getattr(self.bill, name)[self.row] for name in COLUMNS[:5]}
        columns |= {name: self.bill.parts[name][self.row] for name in PARTS} | {"provisional": self.provisional}
        return pd.DataFrame(columns, index=pd.DatetimeIndex(self.edges[:-1], name="ts"), columns=list(COLUMNS))

    def by_tariff(self) -> list[tuple[Version | None, float]]:
        """What each tariff, and what was without one, costs in all periods together."""
        found = sorted(self.bill.pieces.items())
        return [(self.versions[nth] if nth >= 0 else None, float(amounts[self.row])) for nth, amounts in found]

    def demands(self) -> list[DemandOfMonth]:
        """The demand charges of the months that the periods touch."""
        first_s, last_s = (each.timestamp() for each in (self.edges[0], self.edges[-1]))
        found = []
        for each in self.bill.charged:
            for month, (start_s, end_s) in enumerate(pairwise(each.months_s.tolist())):
                if each.share[month] > 0 and start_s < last_s and end_s > first_s:
                    kw, peaks = float(each.peaks.kw[self.row, month]), self._peaks(each, month)
                    charged = (each.demand.price_per_kw, None if np.isnan(kw) else kw, float(each.amount[self.row, month]))
                    start = datetime.fromtimestamp(start_s, UTC)
                    found.append(DemandOfMonth(self.versions[each.version].name, start, *charged, peaks))
        return found

    def _peaks(self, charged: Charged, month: int) -> list[tuple[datetime, float, bool]]:
        columns = (each[self.row, month].tolist() for each in charged.peaks[1:])
        return [(datetime.fromtimestamp(at_s, UTC), kw, guessed) for at_s, kw, guessed in zip(*columns, strict=True) if kw == kw]
