"""What a report is kept as: its numbers as they were, with what they were made from. JSON, in no language.

Energies are in kWh, money in the report's currency, CO2 in kg, powers in kW, shares 0..1; None where not known.
"""

from datetime import date, datetime

import msgspec

from models.report_asked import Asked
from store.records.plant.reports import Seen

BEFORE, YEAR_BEFORE = "before", "year_before"
FORMAT = 1  # of what is kept: a program that keeps something else counts on


class Total(msgspec.Struct, frozen=True):
    """Local days from `first` to `last` as a whole.

    `meters` are those that were due, `telling` those of which anything came. `whole`: all that the sum depends on is there, but
    for a tenth at the most; what is not is compared with nothing. `priced` is the share of the energy that has a price,
    `peaked` that of the time whose demand charge is in the cost, where one is due.
    `co2_kg` is location-based, `market_co2_kg` market-based, where the site has certificates or a residual mix.
    """

    first: date
    last: date
    kwh: float | None
    daily_kwh: float | None  # the mean of the days that are known
    cost: float | None
    priced: float
    co2_kg: float | None
    coverage: float | None
    meters: int
    telling: int
    whole: bool
    provisional: bool
    market_co2_kg: float | None = None
    peaked: float = 1.0


class Day(msgspec.Struct, frozen=True):
    """A local day; `verdict` is +1 for unusually high, -1 for unusually low, else 0, against `usual_kwh`."""

    day: date
    kwh: float | None
    cost: float | None
    co2_kg: float | None
    coverage: float | None
    usual_kwh: float | None
    verdict: int
    provisional: bool
    holiday: str = ""
    market_co2_kg: float | None = None


class Peak(msgspec.Struct, frozen=True):
    """The greatest mean power over so many minutes, from `at` (UTC) on; `estimated` if a part of its energy is."""

    at: datetime
    minutes: int
    kw: float
    estimated: bool


class Part(msgspec.Struct, frozen=True):
    """A subject of several, or a use of the site; `share` is of the whole, `kwh_per_m2` of its floor area."""

    id: str
    name: str
    kind: str
    total: Total
    before: Total
    share: float | None
    kwh_per_m2: float | None


class TariffCost(msgspec.Struct, frozen=True):
    """What a version of a tariff charges; without a name: what is of no tariff."""

    name: str
    valid_from: datetime | None
    cost: float


class Incomplete(msgspec.Struct, frozen=True):
    """A meter of which readings are missing, and the share that is there."""

    name: str
    coverage: float


class MadeOf(msgspec.Struct, frozen=True):
    """What the numbers follow from: a change of any of it may change them.

    `data` is the version of the readings (`store.series.versions`), `tariffs` a fingerprint of the tariffs and holidays;
    `records` counts what was changed on sites.
    """

    data: int
    tariffs: str
    records: int


class Report(msgspec.Struct, frozen=True):
    """A report of a site, or of some of its nodes and meters.

    `told` is of the days that were over, which are fewer than asked for while the period is not. `cost_parts` are by their names
    (`models.bills.PARTS`). `estimated` are shares of the energy by class (`store.series.shares.CLASSES`), without what was read.
    `overlapping`: some of its subjects are parts of others, and count once in all that is told of them together. Whoever sees
    what was `seen` may read it.
    """

    asked: Asked
    site: str
    zone: str
    currency: str
    subjects: list[str]
    made_at: datetime
    told: Total
    before: Total
    year_before: Total
    days: list[Day]
    months: list[Total]
    peak: Peak | None
    cost_parts: dict[str, float]
    tariffs: list[TariffCost]
    parts: list[Part]
    silent: list[str]
    incomplete: list[Incomplete]
    estimated: dict[str, float]
    made_of: MadeOf
    seen: Seen
    format: int = FORMAT
    overlapping: bool = False


def earlier(report: Report) -> list[tuple[str, Total]]:
    """What it is compared with, by `BEFORE` and `YEAR_BEFORE`: of a year the two are one."""
    is_one = report.before.first == report.year_before.first
    return [(YEAR_BEFORE, report.year_before)] if is_one else [(BEFORE, report.before), (YEAR_BEFORE, report.year_before)]


def change(now: float | None, then: float | None, of: tuple[Total, Total]) -> float | None:
    """How much more (0.1: a tenth) a number is than another; None where one of the two totals is not whole."""
    if now is None or then is None or then <= 0 or not (of[0].whole and of[1].whole):
        return None
    return now / then - 1
