"""What is said of periods beside each other: their names, amounts and units, which has more, and which is not to be compared."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from dash import html
from numpy.typing import NDArray

from config import language
from config.language import N_, _, ngettext
from dashboard.energy import calendar_words
from dashboard.figures import wording
from dashboard.figures.compared import TOKENS
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import Reader
from dashboard.parts.short_table import short_table
from insight.building_facts import AREA, PEOPLE
from insight.comparison import DEGREE_DAYS, Comparison, Told
from insight.energy_days import LEAST_COVERAGE
from models import comparison
from models.comparison import DATE, HOURS, WEEKDAY
from reporting import telling

Floats = NDArray[np.float64]

ALIGNED = {DATE: N_("By date"), WEEKDAY: N_("By weekday"), HOURS: N_("By hours since the start")}
STEPS = {"quarter": N_("Quarter of an hour"), "hour": N_("Hour"), "day": N_("Day"), "month": N_("Month")}
PER = {"": N_("Nothing"), AREA: N_("Floor area"), DEGREE_DAYS: N_("Degree days"), PEOPLE: N_("People")}
UNITS = {"": "kWh", AREA: "kWh/m²", DEGREE_DAYS: N_("kWh per degree day"), PEOPLE: N_("kWh per person")}
POWER_UNITS = {"": "kW", AREA: "W/m²", PEOPLE: N_("kW per person")}
MISSING = {
    AREA: N_(
        "The floor area of %(name)s is not known, or not of all its buildings. The page Buildings of the site's setup says it."
    ),
    PEOPLE: N_(
        "The people of %(name)s are not known, or not of all its buildings. The page Buildings of the site's setup says them."
    ),
    DEGREE_DAYS: N_(
        "%(name)s has no outdoor temperature: neither a meter of the site itself nor its region tells one on these days."
    ),
}
SHORT = ("quarter", "hour")  # steps of which the mean power is shown


def period(first: date, last: date) -> str:
    """The days as people name them: a month, a year, a day, or from one to another."""
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return f"{first.year}"
    if comparison.of_months(first, last) and (first.year, first.month) == (last.year, last.month):
        return language.written(first, "yMMMM")
    if first == last:
        return language.written(first, "yMMMd")
    return _("%(first)s to %(last)s", first=language.written(first, "yMMMd"), last=language.written(last, "yMMMd"))


def name(told: Told) -> str:
    """What a dataset is called."""
    named = {"of": " + ".join(told.names), "period": period(told.dataset.first, told.dataset.last)}
    return _("usual of %(of)s, %(period)s", **named) if told.dataset.usual else _("%(of)s, %(period)s", **named)


def unit(found: Comparison) -> str:
    """The unit of what is drawn."""
    units = POWER_UNITS if found.wanted.step in SHORT else UNITS
    return _(units[found.wanted.per])


def drawn(told: Told, found: Comparison) -> Floats:
    """The values by place in that unit: of short steps the mean power, else the energy."""
    values = told.kwh
    if found.wanted.step in SHORT:
        hours = told.seconds / 3600
        values = np.divide(values, hours, out=np.full(len(values), np.nan), where=hours > 0)
        values = values * 1000 if found.wanted.per == AREA else values
    return normalised(values, told.divisor)


def normalised(values: Floats, divisor: Floats) -> Floats:
    """Values for one of what they are normalised by; NaN where there is none of it."""
    by = np.broadcast_to(divisor, values.shape)
    found: Floats = np.divide(values, by, out=np.full(values.shape, np.nan), where=by > 0)
    return found


def days(found: Comparison) -> list[str]:
    """The names of the days of the axis, or of its months."""
    dates, step = found.dates, found.wanted.step
    if step == "month":
        years = {each.year for each in dates}
        return [language.written(each, "yMMM" if len(years) > 1 else "MMM") for each in dates]
    if found.wanted.alignment != WEEKDAY:
        return [language.written(each, "MMMd") for each in dates]
    named, week, before = [], 1, -1
    for each in dates:
        week += each.weekday() <= before
        before = each.weekday()
        named.append((language.weekday(each, "EEE"), week))
    return [_("%(day)s, week %(number)s", day=day, number=number) if week > 1 else day for day, number in named]


def says(found: Comparison, reader: Reader) -> str:
    """The answer in words: what the first took, how much more or less than each of the others, and what may still change."""
    first, *others = found.told
    if not any(np.isfinite(each.kwh_whole) for each in found.told):
        return _("There is no data of these days.")
    if not np.isfinite(first.kwh_whole):
        return _("Of %(name)s there is no data, or a part of it has none.", name=name(first))
    said = [_("%(name)s: %(energy)s.", name=name(first), energy=calendar_words.energy(first.kwh_whole, reader))]
    missing = [each for each in found.told if np.isnan(each.divisor).all()]
    if first not in missing:
        said += [_against(first, each, found, reader) for each in others if each not in missing]
    said += dict.fromkeys(_missing(each, found.wanted.per) for each in missing)
    if any(each.provisional for each in found.told):
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def table(found: Comparison, extras: Sequence[str], reader: Reader) -> html.Div:
    """A row a dataset, with how much it took, for one of what it is normalised by, and how that is against the first."""
    per = found.wanted.per
    a_day = _(UNITS[per]) if per == DEGREE_DAYS else _("A day, %(unit)s", unit=_(UNITS[per]))
    heads = [_("Dataset"), _("Energy"), a_day, _("Against the first"), _("Rank"), _("Coverage")]
    ranks = comparison.ranks([each.per_day for each in found.told]).tolist()
    rows = [_row(at, each, found, rank, reader) for at, (each, rank) in enumerate(zip(found.told, ranks, strict=True))]
    energies = [each.kwh_whole for each in found.told]
    of_all = {"average": (_("Average"), np.nanmean(energies) if np.isfinite(energies).any() else np.nan)}
    of_all["total"] = (_("Total"), sum(each.kwh_whole for each in found.told if not each.is_part))  # without one there is none
    for extra in extras:
        words, kwh = of_all[extra]
        rows.append((html.Em(words), _energy(float(kwh), reader), *[wording.NONE] * 4))
    return short_table(_("Datasets"), heads, rows, dict.fromkeys((1, 2, 3, 4, 5), "num"))


def rule(found: Comparison) -> str:
    """What is beside what, and what is compared."""
    said = [_(BESIDE[_rule(found)])]
    said.append(
        _(
            "Two datasets are compared on the steps that both have, each with at least %(share)s %% of its readings; "
            "what is not over is left out.",
            share=f"{LEAST_COVERAGE * 100:g}",
        )
    )
    if found.overlapping:
        said.append(_(telling.ONCE))
    if found.wanted.step in SHORT:
        said.append(_("Of hours and quarters of an hour the mean power is drawn."))
    if found.wanted.per == DEGREE_DAYS:
        said.append(
            _("Degree days count how much colder than 18 °C a day was, where its mean was at most 15 °C (Eurostat).")
            + (" " + _("The temperatures are those of %(name)s.", name=found.outdoors) if found.outdoors else "")
        )
    if any(each.dataset.usual for each in found.told):
        said.append(_("Usual is the median of the same step of the last days of the same kind, as the calendar has it."))
    return " ".join(said)


BESIDE = {
    comparison.OF_MONTH: N_(
        "Days of the same number in their month are beside each other; the axis bears the dates of the first."
    ),
    comparison.FROM_START: N_("The first days are beside each other, and so on; the axis bears the dates of the first dataset."),
    comparison.OF_WEEK: N_("Mondays are beside Mondays, from the week of each first day on."),
    comparison.MONTHS: N_("The first months are beside each other, and so on."),
    HOURS: N_("Hours since each start are beside each other, whatever the clocks showed."),
}


def _missing(told: Told, per: str) -> str:
    """Why a dataset is not normalised: a temperature may be there on other days, facts of a building are of all days."""
    return _(MISSING[per], name=name(told) if per == DEGREE_DAYS else " + ".join(told.names))


def _rule(found: Comparison) -> str:
    if found.wanted.alignment == HOURS:
        return HOURS
    return comparison.rule(found.wanted.alignment, [each.dataset.first for each in found.told], found.wanted.step)


def _against(first: Told, other: Told, found: Comparison, reader: Reader) -> str:
    told = comparison.difference(first.judged, other.judged, first.divisor, other.divisor)
    if not np.isfinite(told.share):
        return _("It cannot be compared with %(other)s: no step is known well enough of both.", other=name(other))
    share = reader.number(f"{abs(told.share) * 100:.0f}")
    both = {"other": name(other), "over": _over(told.places, found.wanted.step), "share": share}
    if share == "0":
        return _("That is as much as %(other)s, over %(over)s that both have.", **both)
    more, less = (
        N_("That is %(share)s %% more than %(other)s, over %(over)s that both have."),
        N_("That is %(share)s %% less than %(other)s, over %(over)s that both have."),
    )
    return _(more if told.share > 0 else less, **both)


def _over(places: int, step: str) -> str:
    if step == "quarter":
        return ngettext("the quarter of an hour", "the %(num)s quarters of an hour", places)
    if step == "hour":
        return ngettext("the hour", "the %(num)s hours", places)
    return (
        ngettext("the day", "the %(num)s days", places) if step == "day" else ngettext("the month", "the %(num)s months", places)
    )


def _row(at: int, each: Told, found: Comparison, rank: int, reader: Reader) -> tuple[Any, ...]:
    first = found.told[0]
    change = comparison.difference(each.judged, first.judged, each.divisor, first.divisor).share if at else np.nan
    energy = _energy(each.kwh_whole, reader)
    known = np.isfinite(each.coverage) and not each.dataset.usual
    return (
        html.Span([swatch(at), name(each)], className="dataset"),
        _("%(energy)s, provisional", energy=energy) if each.provisional else energy,
        reader.number(wording.number(each.per_day)),
        calendar_words.change(change, reader),
        str(rank) if rank else wording.NONE,
        f"{wording.percent(each.coverage)} %" if known else wording.NONE,
    )


def _energy(kwh: float, reader: Reader) -> str:
    return calendar_words.energy(kwh, reader) if np.isfinite(kwh) else wording.NONE


def swatch(at: int) -> html.Span:
    """The colour of the dataset at a place."""
    return html.Span(className="swatch", **aria(hidden="true"), **data(line=TOKENS[at]))
