"""What energy costs at the demo's sites: tariffs as real ones are built, each from a day of the year on. Amounts are made up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from models.tariff_components import IMPORT, MONTH, Component, Demand, Fixed, Market, Tax
from models.tariff_days import WEEKDAY
from models.tariffs import Hours

EXPORT_GBP, LEVY_GBP = 0.055, 0.008  # per kWh
MORNING, PEAK, EVENING, NIGHT = (60 * hour for hour in (7, 16, 19, 22))
WINTER, SUMMER = (1101, 229), (301, 1031)  # month · 100 + day, both included

MADE_UP = "Prices made up for the demo."
UK_2019 = f"{MADE_UP} CO2: the UK Government's 2019 factor for electricity generated, 0.2556 kg/kWh (Open Government Licence v3)."
FONTANA = "The replayed prices of the region with a made-up margin; export price and tax made up. CO2 is the region's."


@dataclass(frozen=True, slots=True)
class Tariff:
    """Prices in the site's currency, its CO2 factor (None: the region's) and what it charges besides.

    `begins` is its first day of the year (month, day); without one it holds from the start.
    """

    name: str
    import_price_per_kwh: float
    export_price_per_kwh: float
    co2_g_per_kwh: float | None
    note: str
    hours: tuple[Hours, ...] = ()
    components: tuple[Component, ...] = ()
    begins: tuple[int, int] | None = None


def dated(tariffs: Sequence[Tariff], start: datetime, until: datetime, zone: ZoneInfo) -> list[tuple[datetime, Tariff]]:
    """The tariffs that hold in [start, until) with when each begins: on the last such day, at midnight of the zone."""
    begins = [max(start, _last(each.begins, until, zone)) if each.begins else start for each in tariffs]
    follows = [*begins[1:], until]
    return [(since, each) for since, next_since, each in zip(begins, follows, tariffs, strict=True) if since < next_since]


def _last(day: tuple[int, int], until: datetime, zone: ZoneInfo) -> datetime:
    of_years = (datetime(year, *day, tzinfo=zone) for year in (until.year, until.year - 1))
    return next(each for each in of_years if each < until)


def _campus(name: str, night: float, day: float, peak: float, demand: float, fixed: float, **more: tuple[int, int]) -> Tariff:
    """A half-hourly contract: days, winter afternoons, the greatest half-hour of the month, a fixed charge, levy and VAT."""
    return Tariff(
        name,
        night,
        EXPORT_GBP,
        255.6,
        UK_2019,
        (
            Hours(WEEKDAY, MORNING, PEAK, day, EXPORT_GBP, *WINTER),
            Hours(WEEKDAY, PEAK, EVENING, peak, EXPORT_GBP, *WINTER),
            Hours(WEEKDAY, EVENING, NIGHT, day, EXPORT_GBP, *WINTER),
            Hours(WEEKDAY, MORNING, NIGHT, day, EXPORT_GBP, *SUMMER),
        ),
        (
            Fixed(fixed, MONTH),
            Demand(demand, 30),
            Tax(0.0, (), LEVY_GBP),
            Tax(20.0, ("energy", "fixed", "demand", "taxes")),
        ),
        **more,
    )


def _homes(name: str, margin_percent: float, margin_usd: float, export: float, **more: tuple[int, int]) -> Tariff:
    """The market price with a margin, and a tax on it."""
    components = (Market(IMPORT, margin_percent, margin_usd), Tax(7.0, ("energy",)))
    return Tariff(name, 0.0, export, None, FONTANA, (), components, **more)


TARIFFS = {  # of each plant, by its key; apart from the plants, for whose feed what tariffs are computed with is too large
    "campus": (
        _campus("Half-hourly contract", 0.149, 0.205, 0.318, 3.90, 290.0),
        _campus("Half-hourly contract, renewed", 0.158, 0.221, 0.342, 4.20, 310.0, begins=(4, 1)),
    ),
    "homes": (
        _homes("Market price", 3.0, 0.012, 0.08),
        _homes("Market price, new margin", 4.0, 0.018, 0.065, begins=(6, 1)),
    ),
}
