"""What is said of some days of a subject: in sentences, and as facts."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from config import language
from config.language import N_, _, ngettext
from dashboard.energy import calendar_words
from dashboard.figures import wording
from dashboard.parts.reading import Reader
from insight.history import EFFICIENCY, LOAD, POWER, History, Loading, System
from models import system_balance

SHOWN = {POWER: N_("Power"), EFFICIENCY: N_("System efficiency"), LOAD: N_("Load %")}
UNITS = {POWER: "kW", EFFICIENCY: "%", LOAD: "%"}
STEPS = {"quarter": N_("quarter of an hour"), "hour": N_("hour"), "day": N_("day")}
HIGHEST = {"quarter": N_("Highest quarter of an hour"), "hour": N_("Highest hour")}
PEAKS = {
    "quarter": N_("The highest quarter of an hour of each of the days with the highest ones."),
    "hour": N_("The highest hour of each of the days with the highest ones."),
}
SMALL = 0.005  # a change that rounds to nothing


def says(told: History, days: int, zone: ZoneInfo, reader: Reader) -> str:
    """How much, how that changed, where it is going, and when most of it was drawn."""
    if not np.isfinite(told.kwh):
        return _("There is no data of these days.")
    said = [*_of_shown(told, zone, reader), _amount(told, days, reader), _direction(told, days, reader)]
    if told.peaks:
        peak = told.peaks[0]
        said.append(_("Most was drawn on %(when)s: %(power)s.", when=when(peak.at, zone), power=power(peak.kw, reader)))
    if told.coverage < 0.995:
        said.append(_("%(share)s %% of the expected readings are there.", share=wording.percent(told.coverage)))
    if told.provisional:
        said.append(_("Some of it may still change: readings can come late."))
    return " ".join(said)


def _of_shown(told: History, zone: ZoneInfo, reader: Reader) -> list[str]:
    """What is drawn comes first, where that is not the power."""
    if told.shown == EFFICIENCY and told.system is not None:
        return [_("System efficiency: %(said)s.", said=_joined(system(told.system, reader)))]
    if told.shown == LOAD and told.loading is not None and np.isfinite(told.loading.highest):
        return [_("Load: %(said)s.", said=_joined(loading(told.loading, zone, reader)))]
    return []


def _amount(told: History, days: int, reader: Reader) -> str:
    named = {
        "name": told.subject.name,
        "energy": calendar_words.energy(told.kwh, reader),
        "days": ngettext("%(num)s day", "%(num)s days", days),
    }
    if not np.isfinite(told.change):
        return _("%(name)s: %(energy)s in %(days)s.", **named)
    named["share"] = _percent(abs(told.change), reader)
    if abs(told.change) < SMALL:
        return _("%(name)s: %(energy)s in %(days)s, as much as in as many days before.", **named)
    if told.change > 0:
        return _("%(name)s: %(energy)s in %(days)s, %(share)s %% more than in as many days before.", **named)
    return _("%(name)s: %(energy)s in %(days)s, %(share)s %% less than in as many days before.", **named)


def _direction(told: History, days: int, reader: Reader) -> str:
    slope = told.trend.slope
    if not np.isfinite(slope):
        return _("Three weeks of whole days or more tell of a trend.") if days < 21 else _("Too few whole days tell of a trend.")
    if not told.trend.certain:
        return _("There is no clear trend: days differ more among themselves than they changed.")
    named = {"energy": calendar_words.energy(abs(7 * slope), reader)}
    if told.usual_day_kwh > 0:
        named["energy"] += f" ({_percent(abs(7 * slope) / told.usual_day_kwh, reader)} %)"
    if slope > 0:
        return _("It is rising: a day takes %(energy)s more with each week.", **named)
    return _("It is falling: a day takes %(energy)s less with each week.", **named)


def facts(told: History, zone: ZoneInfo, reader: Reader) -> dict[str, tuple[str, str]]:
    """The figures of the period by name: each with what more there is to it, or nothing. What is not known is left out."""
    said = {_("Energy"): calendar_words.energy(told.kwh, reader) if np.isfinite(told.kwh) else wording.NONE}
    if np.isfinite(told.change):
        said[_("Against the days before")] = _signed(told.change, reader)
    if np.isfinite(told.mean_kw):
        said[_("Mean power")] = power(told.mean_kw, reader)
    if told.peaks:
        said[_(HIGHEST[told.finest])] = power(told.peaks[0].kw, reader)
    if np.isfinite(told.base_kw):
        said[_("Base load")] = power(told.base_kw, reader)
    if np.isfinite(told.load_factor):
        said[_("Load factor")] = f"{_percent(told.load_factor, reader)} %"
    if np.isfinite(told.coverage):
        said[_("Coverage")] = f"{wording.percent(told.coverage)} %"
    found = {name: (words, "") for name, words in said.items()}
    if told.system is not None:
        found[_("System efficiency")] = system(told.system, reader)
    if told.loading is not None and np.isfinite(told.loading.highest):
        found[_("Load")] = loading(told.loading, zone, reader)
    return found


def system(of: System, reader: Reader) -> tuple[str, str]:
    """The efficiency of a site, and what it lost, and of how many days that is told."""
    if not of.days:
        return wording.NONE, _("not known: on none of the days did all meters tell that have to")
    share = float(system_balance.efficiency(np.array([of.taken_in_kwh]), np.array([of.lost_kwh]))[0])
    lost = _(
        "%(lost)s of %(taken)s lost",
        lost=calendar_words.energy(of.lost_kwh, reader),
        taken=calendar_words.energy(of.taken_in_kwh, reader),
    )
    if of.days < of.of_days:
        lost += _(", of %(days)s of %(all)s days", days=of.days, all=of.of_days)
    return f"{reader.number(wording.number(100 * share))} %", lost


def loading(of: Loading, zone: ZoneInfo, reader: Reader) -> tuple[str, str]:
    """How much of what it can carry was carried on average, and at most."""
    most = _(
        "on average; at most %(most)s %% of %(capacity)s on %(when)s",
        most=_percent(of.highest, reader),
        capacity=power(of.capacity_kw, reader),
        when=when(of.at, zone) if of.at else wording.NONE,
    )
    return f"{_percent(of.mean, reader)} %", most


def _joined(told: tuple[str, str]) -> str:
    value, more = told
    return more if value == wording.NONE else f"{value} ({more})"


def when(at: datetime, zone: ZoneInfo) -> str:
    """A day and a time of it, by the clock of the zone."""
    local = at.astimezone(zone)
    return f"{language.written(local, 'yMMMEd')} {local:%H:%M}"


def power(kilowatts: float, reader: Reader) -> str:
    """A power with its unit."""
    return reader.number(wording.power(kilowatts))


def _percent(share: float, reader: Reader) -> str:
    return reader.number(f"{100 * share:.0f}" if share >= 0.1 else wording.number(100 * share, 2))


def _signed(change: float, reader: Reader) -> str:
    if abs(change) < SMALL:
        return "±0 %"
    return f"{'+' if change > 0 else wording.MINUS}{_percent(abs(change), reader)} %"
