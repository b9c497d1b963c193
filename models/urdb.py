"""Tariffs in the form of the Utility Rate Database, brought to ours: what does not fit is named, and nothing is left out.

Form: OpenEI, "Utility Rates API", version 7 and 8 (https://apps.openei.org/services/doc/rest/util_rates/). Prices are per
period and tier; schedules are 12 months of 24 hours of the number of a period, for weekdays and weekends.
"""

import calendar
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from config.language import _
from models.tariff_components import (
    DAY,
    FIRST_DAY,
    LAST_DAY,
    MONTH,
    Component,
    Demand,
    Fixed,
    Minimum,
    Tax,
    Tiers,
    Window,
)
from models.tariff_days import EVERY, WEEKDAY, WEEKEND
from models.tariffs import Hours

LEAP_YEAR = 2024
HOUR_MIN, HOURS, MONTHS = 60, 24, 12
WINDOW_MIN = 15  # of a demand that says no other
ENERGY_UNITS = {"kwh": MONTH, "kwh daily": DAY}
PERIODS = {"$/month": (MONTH, 1), "$/day": (DAY, 1), "$/year": (MONTH, 12)}
# What charges nothing: who and where it is for, who wrote it when, and words about it.
SPOKEN = frozenset({
    "label", "uri", "name", "utility", "eiaid", "sector", "description", "source", "sourceparent", "startdate",
    "enddate", "revisions", "latest_update", "approved", "is_default", "country", "servicetype", "supersedes",
    "basicinformationcomments", "energycomments", "demandcomments", "phasewiring", "voltagecategory",
    "voltageminimum", "voltagemaximum", "peakkwcapacitymin", "peakkwcapacitymax", "peakkwcapacityhistory",
    "peakkwhusagemin", "peakkwhusagemax", "peakkwhusagehistory", "energyattrs", "fixedattrs", "demandattrs",
    "enddateoftariff", "version", "demandratchetattrs", "energy_hist", "demand_hist", "usehours", "utilityname",
})  # fmt: skip
READ = frozenset({
    "energyratestructure", "energyweekdayschedule", "energyweekendschedule", "demandratestructure",
    "demandweekdayschedule", "demandweekendschedule", "demandrateunit", "demandunits", "demandwindow",
    "flatdemandstructure", "flatdemandmonths", "flatdemandunit", "flatdemandunits", "fixedchargefirstmeter",
    "fixedmonthlycharge", "fixedchargeunits", "mincharge", "minmonthlycharge", "minchargeunits",
    "fueladjustmentsmonthly",
})  # fmt: skip

NEEDED = ("energyratestructure", "energyweekdayschedule", "energyweekendschedule")

Schedule = Sequence[Sequence[int]]


class DoesNotFit(ValueError):
    """A tariff is not of the form, or has what we cannot charge; the message names all of it."""


class Found(NamedTuple):
    """What a tariff of the database says in our terms."""

    name: str
    import_price_per_kwh: float
    export_price_per_kwh: float
    hours: tuple[Hours, ...]
    components: tuple[Component, ...]


def read(rate: object) -> Found:
    """A tariff from its JSON: the object itself, or an answer of the database with one of them in `items`.

    Raises:
        DoesNotFit: as it says.
    """
    if isinstance(rate, Mapping) and isinstance(rate.get("items"), list):
        if len(rate["items"]) != 1:
            raise DoesNotFit(_("there are %(count)s tariffs in it: choose one", count=len(rate["items"])))
        [rate] = rate["items"]
    if not isinstance(rate, Mapping):
        raise DoesNotFit(_("it is no tariff of the Utility Rate Database"))
    unknown = sorted(key for key, value in rate.items() if key.lower() not in SPOKEN | READ and _charges(value))
    if unknown:
        raise DoesNotFit(_("it has what a tariff here cannot charge: %(fields)s", fields=", ".join(unknown)))
    missing = [name for name in NEEDED if not rate.get(name)]
    if missing:
        raise DoesNotFit(_("it lacks %(fields)s, as an answer with detail=full has them", fields=", ".join(missing)))
    try:
        return _found(rate)
    except DoesNotFit:
        raise
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as problem:
        raise DoesNotFit(_("it is not of the form of the Utility Rate Database: %(problem)s", problem=repr(problem))) from problem


def _charges(value: object) -> bool:
    """Whether a field says anything: none, nothing, zeros and false do not."""
    if isinstance(value, list):
        return any(_charges(each) for each in value)
    return bool(value)


def _found(rate: Mapping[str, Any]) -> Found:
    structure, schedules = rate["energyratestructure"], _schedules(rate, "energy")
    used = sorted({period for schedule in schedules.values() for month in schedule for period in month})
    base = Counter(period for schedule in schedules.values() for month in schedule for period in month).most_common(1)[0][0]
    prices = {period: (_rate(structure[period][0]), _sold(structure[period])) for period in used}
    hours = tuple(
        Hours(each.days, each.start_min, each.end_min, *prices[period], each.first_day, each.last_day)
        for period in used
        if period != base and prices[period] != prices[base]
        for each in _windows(schedules, period)
    )
    components = [*_tiers(structure, used, schedules), *_monthly(rate), *_fuel(rate), *_flat_demand(rate), *_timed_demand(rate)]
    return Found(str(rate.get("name", "")).strip(), *prices[base], hours, tuple(components))


def _schedules(rate: Mapping[str, Any], what: str) -> dict[str, Schedule]:
    """The schedules by kind of day: one for every day where both are the same."""
    both = {days: rate[f"{what}{days}schedule"] for days in (WEEKDAY, WEEKEND)}
    for schedule in both.values():
        if len(schedule) != MONTHS or any(len(month) != HOURS for month in schedule):
            raise DoesNotFit(_("a schedule is not of 12 months with 24 hours each: %(schedule)s", schedule=f"{what}…schedule"))
    _require_periods(rate[f"{what}ratestructure"], both.values(), f"{what}ratestructure")
    return {EVERY: both[WEEKDAY]} if both[WEEKDAY] == both[WEEKEND] else both


def _require_periods(structure: Sequence[Any], schedules: Iterable[Schedule], name: str) -> None:
    """Every period that a schedule names has prices, all of them numbers."""
    used = {period for schedule in schedules for month in schedule for period in month}
    unknown = sorted(used - {*range(len(structure))}, key=str)
    if unknown:
        raise DoesNotFit(_("its schedules name the period %(period)s, which %(field)s has not", period=unknown[0], field=name))
    for period in sorted(used):
        for tier in structure[period]:
            for key in ("rate", "adj", "sell", "max"):
                try:
                    float(tier.get(key) or 0)
                except (TypeError, ValueError):
                    told = {"field": f"{name}[{period}].{key}", "value": repr(tier[key])}
                    raise DoesNotFit(_("%(field)s is %(value)s, which is no number", **told)) from None


def _windows(schedules: Mapping[str, Schedule], period: int) -> Iterator[Window]:
    """When a period holds: for each kind of day its hours, over the months that follow each other with the same."""
    for days, schedule in schedules.items():
        runs = [tuple(_runs(month, period)) for month in schedule]
        for same, months in groupby(range(MONTHS), key=lambda month: runs[month]):
            season = [*months]
            first, last = season[0] + 1, season[-1] + 1
            last_day = last * 100 + calendar.monthrange(LEAP_YEAR, last)[1]
            for start, end in same:
                yield Window(days, start * HOUR_MIN, end * HOUR_MIN, first * 100 + 1, last_day)


def _runs(hours: Sequence[int], period: int) -> Iterator[tuple[int, int]]:
    """The hours of a day from which and until which a period holds."""
    edges = [0, *(hour for hour, (one, other) in enumerate(pairwise(hours), 1) if one != other), HOURS]
    return ((first, last) for first, last in pairwise(edges) if hours[first] == period)


def _rate(tier: Mapping[str, Any]) -> float:
    return float(tier.get("rate") or 0) + float(tier.get("adj") or 0)


def _sold(tiers: Sequence[Mapping[str, Any]]) -> float:
    sold = {float(tier.get("sell") or 0) for tier in tiers}
    if len(sold) > 1:
        raise DoesNotFit(_("it pays for export by tiers (sell), which a tariff here does not"))
    return sold.pop()


def _tiers(structure: Sequence[Any], used: Sequence[int], schedules: Mapping[str, Schedule]) -> list[Component]:
    """The tiers as surcharges on the first one's price; they have to be the same for every period."""
    of_periods = set()
    for period in used:
        tiers = structure[period]
        units = {str(tier.get("unit") or "kWh").strip().lower() for tier in tiers}
        if len(units) > 1 or not units <= set(ENERGY_UNITS):
            raise DoesNotFit(_("its tiers are by %(units)s: only kWh of a month or a day fit", units=", ".join(sorted(units))))
        bounds = tuple(float(tier["max"]) for tier in tiers[:-1])
        # Prices have at most some digits: what is left of a difference beyond them is none.
        extra = tuple(round(_rate(tier) - _rate(tiers[0]), 9) for tier in tiers)
        of_periods.add((ENERGY_UNITS[units.pop()] if bounds else MONTH, bounds, extra))
    if len(of_periods) > 1:
        raise DoesNotFit(_("its tiers are not the same for all of its periods (energyratestructure)"))
    [(span, bounds, extra)] = of_periods
    if not bounds:
        return []
    if any(len({period for schedule in schedules.values() for period in schedule[month]}) > 1 for month in range(MONTHS)):
        raise DoesNotFit(
            _("it has tiers and several periods in one month: which energy fills them is not said (energyratestructure)")
        )
    return [Tiers(span, bounds, extra)]


def _monthly(rate: Mapping[str, Any]) -> Iterator[Component]:
    fixed = _amount(rate, ("fixedchargefirstmeter", "fixedmonthlycharge"), "fixedchargeunits")
    if fixed:
        yield Fixed(*fixed)
    least = _amount(rate, ("mincharge", "minmonthlycharge"), "minchargeunits")
    if least:
        amount, period = least
        if period != MONTH or rate.get("minchargeunits") == "$/year":
            raise DoesNotFit(_("its minimum is not of a month (minchargeunits)"))
        yield Minimum(amount)


def _amount(rate: Mapping[str, Any], names: Sequence[str], units: str) -> tuple[float, str] | None:
    """An amount and the period that it is of."""
    said = [(name, float(rate[name])) for name in names if rate.get(name)]
    if not said:
        return None
    if len({amount for _name, amount in said}) > 1:
        raise DoesNotFit(_("it says two amounts: %(fields)s", fields=", ".join(names)))
    unit = str(rate.get(units) or "$/month")
    if unit not in PERIODS:
        raise DoesNotFit(_("no amount per %(unit)s fits (%(field)s)", unit=unit, field=units))
    period, parts = PERIODS[unit]
    return said[0][1] / parts, period


def _fuel(rate: Mapping[str, Any]) -> Iterator[Component]:
    adjustments = {float(each) for each in rate.get("fueladjustmentsmonthly") or ()}
    if len(adjustments) > 1:
        raise DoesNotFit(_("its fuel adjustment differs from month to month (fueladjustmentsmonthly)"))
    if adjustments and (price := adjustments.pop()):
        yield Tax(0.0, (), price)


def _flat_demand(rate: Mapping[str, Any]) -> Iterator[Component]:
    structure, months = rate.get("flatdemandstructure") or (), rate.get("flatdemandmonths") or (0,) * MONTHS
    if not structure:
        return
    schedule = [(period,) * HOURS for period in months]
    yield from _demand(rate, structure, {EVERY: schedule}, ("flatdemandunit", "flatdemandunits"))


def _timed_demand(rate: Mapping[str, Any]) -> Iterator[Component]:
    if structure := rate.get("demandratestructure") or ():
        yield from _demand(rate, structure, _schedules(rate, "demand"), ("demandrateunit", "demandunits"))


def _demand(
    rate: Mapping[str, Any], structure: Sequence[Any], schedules: Mapping[str, Schedule], units: Sequence[str]
) -> Iterator[Component]:
    if any(len(schedule) != MONTHS for schedule in schedules.values()):
        raise DoesNotFit(_("its demand is not of 12 months (flatdemandmonths)"))
    for name in units:
        if str(rate.get(name) or "kW") != "kW":
            raise DoesNotFit(_("its demand is by %(unit)s: only kW fit (%(field)s)", unit=rate[name], field=name))
    whole_year = Window(first_day=FIRST_DAY, last_day=LAST_DAY)
    for period, tiers in enumerate(structure):
        windows = tuple(_windows(schedules, period))
        if len(tiers) > 1 and windows:
            raise DoesNotFit(_("its demand has tiers, which a demand charge here has not"))
        if windows and (price := _rate(tiers[0])):
            minutes = int(rate.get("demandwindow") or WINDOW_MIN)
            yield Demand(price, minutes, windows=() if windows == (whole_year,) else windows)
