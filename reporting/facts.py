"""The numbers of a report that are told by themselves, by name: on its first page, and wherever one of them is enough."""

from collections.abc import Callable, Mapping

from config.language import N_, _
from insight.reports.numbers import Report, change, earlier
from models.report_periods import Span
from reporting import naming, telling
from reporting.document import Fact
from reporting.reader import Reader

ENERGY, DAILY, COST, CO2, MARKET_CO2 = "energy", "daily", "cost", "co2", "market_co2"
PEAK, COVERAGE, AGAINST = "peak", "coverage", "against"
NAMES = {
    ENERGY: N_("Energy"),
    DAILY: N_("Daily average"),
    COST: N_("Cost"),
    CO2: "CO₂",
    MARKET_CO2: N_("CO₂, market-based"),
    PEAK: N_("Highest power"),
    COVERAGE: N_("Coverage"),
    AGAINST: N_("Change a day"),
}


def facts(report: Report, reader: Reader) -> dict[str, Fact]:
    """Those of `FACTS` that the report knows, in that order; none where it has no data."""
    found = {name: of(report, reader) for name, of in FACTS.items()} if report.told.kwh is not None else {}
    return {name: fact for name, fact in found.items() if fact is not None}


def _energy(report: Report, reader: Reader) -> Fact:
    told = report.told
    changed = change(told.daily_kwh, report.before.daily_kwh, (told, report.before))
    against = "" if changed is None else _("%(change)s a day against before", change=reader.change(changed))
    return Fact(_(NAMES[ENERGY]), telling.energy(told.kwh, reader), telling.of_meters(told, "").strip() or against)


def _daily(report: Report, reader: Reader) -> Fact:
    return Fact(_(NAMES[DAILY]), telling.energy(report.told.daily_kwh, reader, beside=report.told.kwh))


def _cost(report: Report, reader: Reader) -> Fact | None:
    told = report.told
    if told.cost is None:
        return None
    mean = f"{reader.number(told.cost / told.kwh, 3)}\u00a0{report.currency}/kWh" if told.kwh and told.cost else ""
    return Fact(_(NAMES[COST]), reader.money(told.cost, report.currency), mean)


def _co2(report: Report, reader: Reader) -> Fact | None:
    told = report.told
    if told.co2_kg is None:
        return None
    grams = f"{reader.number(1000 * told.co2_kg / told.kwh)}\u00a0g/kWh" if told.kwh and told.co2_kg else ""
    return Fact(NAMES[CO2], telling.amount(told.co2_kg, "kg", reader), grams)


def _market_co2(report: Report, reader: Reader) -> Fact | None:
    mass = report.told.market_co2_kg
    return None if mass is None else Fact(_(NAMES[MARKET_CO2]), telling.amount(mass, "kg", reader))


def _peak(report: Report, reader: Reader) -> Fact | None:
    if report.peak is None:
        return None
    return Fact(_(NAMES[PEAK]), telling.power(report, reader), reader.moment(report.peak.at))


def _coverage(report: Report, reader: Reader) -> Fact | None:
    told = report.told
    if told.coverage is None:
        return None
    return Fact(_(NAMES[COVERAGE]), reader.share(told.coverage), _("provisional") if told.provisional else _("final"))


def _against(report: Report, reader: Reader) -> Fact | None:
    """Of the energy a day, against the first period that it can be compared with."""
    told = report.told
    for _name, then in earlier(report):
        found = change(told.daily_kwh, then.daily_kwh, (told, then))
        if found is not None:
            before = naming.whole_or_days(report.asked.kind, Span(then.first, then.last))
            return Fact(_(NAMES[AGAINST]), reader.change(found), _("against %(before)s", before=before))
    return None


FACTS: Mapping[str, Callable[[Report, Reader], Fact | None]] = {
    ENERGY: _energy,
    DAILY: _daily,
    COST: _cost,
    CO2: _co2,
    MARKET_CO2: _market_co2,
    PEAK: _peak,
    COVERAGE: _coverage,
    AGAINST: _against,
}
