"""The sentences of a report: what was used, against what, what it cost, when it was most, and how sure that is."""

from config.language import N_, _, ngettext
from insight.reports.numbers import Report, TariffCost, Total, change, earlier
from models import usual_day
from models.report_periods import Span
from reporting import naming
from reporting.reader import Reader, decimals_of, scaled

MOST_DAYS, MOST_NAMES = 5, 8  # in a sentence
SAME = 0.005
ONCE = N_("In the total, what is a part of another counts once.")


def energy(kwh: float | None, reader: Reader, *, beside: float | None = None) -> str:
    """An energy with its unit: that of another one which it is read beside, if there is one."""
    return amount(kwh, "kWh", reader, beside=beside)


def amount(value: float | None, unit: str, reader: Reader, *, beside: float | None = None) -> str:
    """A number with its unit, in the larger one where it, or what it is read beside, is large."""
    divisor, unit = scaled(value if beside is None else beside, unit)
    scaled_value = None if value is None else value / divisor
    return f"{reader.number(scaled_value, decimals_of(scaled_value))}\u00a0{unit}"


def of_meters(total: Total, said: str) -> str:
    """What was said of a total; where meters are silent of which it is, so that a part is never read as the whole."""
    if total.whole or total.telling >= total.meters:
        return said
    return _("%(amount)s of %(telling)s of %(meters)s meters", amount=said, telling=total.telling, meters=total.meters)


def answer(report: Report, reader: Reader) -> list[str]:
    """All of it in a few sentences."""
    told = report.told
    if told.kwh is None:
        return [_("There is no data of these days.")]
    sentences = [_used(report, reader), *_compared(report, reader)]
    if told.cost is not None:
        sentences.append(_cost(report, reader))
    if told.co2_kg is not None:
        sentences.append(_("It caused %(mass)s of CO₂.", mass=amount(told.co2_kg, "kg", reader)))
    if told.market_co2_kg is not None:
        sentences.append(_("By certificates (market-based) it is %(mass)s.", mass=amount(told.market_co2_kg, "kg", reader)))
    if report.peak is not None:
        sentences.append(
            _("Power was highest on %(when)s: %(power)s.", when=reader.moment(report.peak.at), power=power(report, reader))
        )
    return [*sentences, *unusual(report)]


def peaks_missing(*, whole: bool) -> str:
    """That a cost lacks a demand charge, for no reading is as fine as the peaks of it: of the whole time, or of a part."""
    if whole:
        return _("No peak of this time is known: the cost is without its demand charge.")
    return _("Of a part of this time no peak is known: the cost is without the demand charge of that part.")


def power(report: Report, reader: Reader) -> str:
    """The peak with its unit."""
    return amount(report.peak.kw if report.peak else None, "kW", reader)


def unusual(report: Report) -> list[str]:
    """Which days were out of the ordinary."""
    sentences = []
    for verdict, words in ((1, N_("Unusually high: %(days)s.")), (-1, N_("Unusually low: %(days)s."))):
        those = [each.day for each in report.days if each.verdict == verdict]
        if those:
            sentences.append(_(words, days=naming.listed(those, MOST_DAYS)))
    if not sentences and any(each.usual_kwh is not None for each in report.days):
        sentences.append(_("No day was out of the ordinary."))
    return sentences


def notes(report: Report, reader: Reader) -> list[str]:
    """How sure the numbers are, and what they are made of."""
    told, said = report.told, list[str]()
    if told.last < report.asked.last:
        said.append(_("The period is not over: the report is of the days up to %(day)s.", day=reader.day(told.last)))
    if told.coverage is not None:
        said.append(_("%(share)s of the expected readings are there.", share=reader.share(told.coverage)))
    if report.silent:
        said.append(_("Nothing came of: %(names)s.", names=_names(report.silent)))
    if report.incomplete:
        those = [f"{each.name} ({reader.share(each.coverage)})" for each in report.incomplete]
        said.append(_("Readings are missing of: %(names)s.", names=_names(those)))
    for name, share in report.estimated.items():
        if share >= SAME:
            said.append(_("%(share)s of the energy is %(how)s.", share=reader.share(share), how=_(naming.CLASSES[name])))
    if told.cost is not None and told.priced < 1 - SAME:
        said.append(_("%(share)s of the energy has a price: the cost is of that.", share=reader.share(told.priced)))
    if told.cost is not None and told.peaked < 1 - SAME:
        said.append(peaks_missing(whole=told.peaked < SAME))
    if report.tariffs:
        said.append(_("Tariffs: %(charges)s.", charges="; ".join(_charged(report, each, reader) for each in report.tariffs)))
    if report.cost_parts and report.subjects:
        said.append(_("A cost is what would be paid were it billed alone by the tariff of the site."))
    if report.overlapping:
        said.append(_(ONCE))
    if told.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    if report.peak is not None and report.peak.estimated:
        said.append(_("A part of the greatest power is an estimate."))
    said.append(
        _(
            "A day is unusual when it differs from the median of the last %(count)s days like it by more than %(scatter)s times "
            "what these differ among themselves, and by more than %(share)s %%. What is not known to nine tenths is compared "
            "with nothing. Usual days are moved to the outdoor temperature where that is known.",
            count=usual_day.COUNT,
            scatter=f"{usual_day.SCATTER:g}",
            share=f"{usual_day.SHARE * 100:g}",
        )
    )
    return said


def _charged(report: Report, tariff: TariffCost, reader: Reader) -> str:
    """A version of a tariff, since when it has been in force, and what it charges."""
    cost = reader.money(tariff.cost, report.currency)
    if tariff.valid_from is None:
        return _("without a tariff, %(cost)s", cost=cost)
    since = reader.day(tariff.valid_from.astimezone(reader.zone))
    return _("%(name)s, in force since %(since)s, %(cost)s", name=tariff.name, since=since, cost=cost)


def _names(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (" " + _("and %(more)s more", more=more) if more > 0 else "")


def _used(report: Report, reader: Reader) -> str:
    told = report.told
    used = of_meters(told, energy(told.kwh, reader))
    days = ngettext("%(num)s day", "%(num)s days", Span(told.first, told.last).days)
    mean = energy(told.daily_kwh, reader, beside=told.kwh)
    return _("%(energy)s was used in %(days)s, %(mean)s a day.", energy=used, days=days, mean=mean)


def _cost(report: Report, reader: Reader) -> str:
    said = reader.money(report.told.cost, report.currency)
    if report.told.priced < 1 - SAME:
        return _("%(share)s of it cost %(cost)s; the rest has no price.", share=reader.share(report.told.priced), cost=said)
    return _("It cost %(cost)s.", cost=said)


def _compared(report: Report, reader: Reader) -> list[str]:
    """Against the period before and the year before, by day: periods are not all as long."""
    told, parts, missing = report.told, list[str](), list[str]()
    for _name, then in earlier(report):
        found = change(told.daily_kwh, then.daily_kwh, (told, then))
        before = naming.whole_or_days(report.asked.kind, Span(then.first, then.last))
        if found is not None:
            parts.append(_against(found, before, reader))
        elif then.kwh is not None:
            missing.append(before)
    sentences = [_("That is %(changes)s.", changes="; ".join(parts))] if parts else []
    if missing:
        sentences.append(
            _("It is not compared with %(periods)s: too many readings are missing.", periods=_(" and ").join(missing))
        )
    return sentences


def _against(change: float, before: str, reader: Reader) -> str:
    if abs(change) < SAME:
        return _("as much a day as in %(before)s", before=before)
    share = reader.change(abs(change)).lstrip("+")
    more = _("%(share)s more a day than in %(before)s", share=share, before=before)
    return more if change > 0 else _("%(share)s less a day than in %(before)s", share=share, before=before)
