"""What is said of a day and of many: amounts, and in words how a day is against what is usual."""

from collections.abc import Sequence
from datetime import date

import numpy as np

from config import language
from config.language import N_, _, ngettext
from dashboard.figures import wording
from dashboard.parts.reading import Reader
from insight.energy_days import LEAST_COVERAGE, EnergyDays
from models import usual_day
from reporting import telling

HIGH, LOW, USUAL, UNKNOWN, OPEN, NOTHING = "high", "low", "usual", "unknown", "open", "nothing"
SIGNS = {HIGH: "▲", LOW: "▼"}
WORDS = {
    HIGH: N_("unusually high"),
    LOW: N_("unusually low"),
    USUAL: N_("as usual"),
    UNKNOWN: N_("too few days like it to compare with"),
    OPEN: N_("not over yet"),
    NOTHING: N_("no data"),
}
MOST_NAMED = 4  # days in a sentence


def level(told: EnergyDays, at: int) -> str:
    """How a day is against what is usual."""
    if not np.isfinite(told.kwh[at]):
        return OPEN if told.is_open[at] else NOTHING
    if told.is_open[at]:
        return OPEN
    if told.usual.verdict[at]:
        return HIGH if told.usual.verdict[at] > 0 else LOW
    return USUAL if np.isfinite(told.usual.middle[at]) and told.coverage[at] >= LEAST_COVERAGE else UNKNOWN


def energy(kwh: float, reader: Reader) -> str:
    """An energy with its unit."""
    return reader.number(" ".join(wording.scaled(kwh, "kWh")))


def mass(kilograms: float, reader: Reader) -> str:
    """A mass of CO2 with its unit."""
    return reader.number(" ".join(wording.scaled(kilograms, "kg")))


def money(told: EnergyDays, at: int, reader: Reader) -> str:
    """What a day cost; of a part of its energy only, it says of which."""
    return paid(float(told.cost[at]), float(told.priced[at]), told.currency, reader)


def paid(cost: float, share: float, currency: str, reader: Reader) -> str:
    """What was paid; for a share (0..1) of the energy only, it says so."""
    said = reader.money(cost, currency)
    return said if share > 0.995 else _("%(cost)s for %(share)s %% of it", cost=said, share=wording.percent(share))


def against_usual(told: EnergyDays, at: int, reader: Reader) -> str:
    """How much more or less than usual a day was, in words; empty where nothing says what is usual."""
    middle, kwh = float(told.usual.middle[at]), float(told.kwh[at])
    if told.is_open[at] or not np.isfinite(middle) or not np.isfinite(kwh) or middle <= 0:
        return ""
    change = kwh / middle - 1
    amount = {"share": reader.number(f"{abs(change) * 100:.0f}"), "usual": energy(middle, reader)}
    if abs(change) < 0.005:
        return _("the same as usual (%(usual)s)", **amount)
    said = N_("%(share)s %% more than usual (%(usual)s)") if change > 0 else N_("%(share)s %% less than usual (%(usual)s)")
    return _(said, **amount)


def change(change: float, reader: Reader) -> str:
    """How much more or less, in percent with its sign; a dash where that is not known."""
    if not np.isfinite(change):
        return wording.NONE
    percent = f"{abs(change) * 100:.0f}"
    sign = "±" if percent == "0" else "+" if change > 0 else wording.MINUS
    return f"{sign}{reader.number(percent)} %"


def of_day(told: EnergyDays, at: int, reader: Reader) -> str:
    """A day in one line."""
    day = language.written(told.dates[at], "yMMMEd")
    if holiday := told.holidays.get(told.dates[at]):
        day = f"{day} ({holiday})"
    found = level(told, at)
    if found == NOTHING or not np.isfinite(told.kwh[at]):
        return f"{day}: {_(WORDS[found])}"
    parts = [energy(float(told.kwh[at]), reader)]
    if np.isfinite(told.cost[at]):
        parts.append(money(told, at, reader))
    parts.append(_(WORDS[found]))
    if np.isfinite(told.coverage[at]) and told.coverage[at] < 0.995:
        parts.append(_("%(share)s %% of the readings", share=wording.percent(float(told.coverage[at]))))
    return f"{day}: {', '.join(parts)}"


def of_all(told: EnergyDays, reader: Reader) -> str:
    """All days in a few sentences: how much, what it cost, and which days were out of the ordinary."""
    known = np.isfinite(told.kwh)
    if not known.any():
        return _("There is no data of these days.")
    days = ngettext("%(num)s day", "%(num)s days", int(known.sum()))
    said = [_("%(energy)s in %(days)s", energy=energy(float(told.kwh[known].sum()), reader), days=days)]
    paid, emitted = np.isfinite(told.cost), np.isfinite(told.co2_kg)
    if paid.any():
        said.append(reader.money(float(told.cost[paid].sum()), told.currency))
    if emitted.any():
        said.append(_("%(mass)s of CO₂", mass=mass(float(told.co2_kg[emitted].sum()), reader)) + _by_market(told, reader))
    sentences = [", ".join(said) + "."]
    for found, words in ((HIGH, N_("Unusually high: %(days)s.")), (LOW, N_("Unusually low: %(days)s."))):
        those = [day for at, day in enumerate(told.dates) if level(told, at) == found]
        if those:
            sentences.append(_(words, days=_named(those)))
    if len(sentences) == 1 and (np.isfinite(told.usual.middle) & known).any():
        sentences.append(_("No day was out of the ordinary."))
    due = np.isfinite(told.coverage)
    if due.any() and (mean := float(told.coverage[due].mean())) < 0.995:
        sentences.append(_("%(share)s %% of the expected readings are there.", share=wording.percent(mean)))
    lacking = told.peaked[known & paid] < 1
    if lacking.any():
        sentences.append(telling.peaks_missing(whole=bool(lacking.all())))
    if told.provisional[known].any():
        sentences.append(_("Some of it may still change: readings can come late."))
    return " ".join(sentences)


def _by_market(told: EnergyDays, reader: Reader) -> str:
    """The CO2 of the same days by certificates and residual mix, where the site has any."""
    known = np.isfinite(told.market_co2_kg)
    if not known.any():
        return ""
    return " " + _("(market-based %(mass)s)", mass=mass(float(told.market_co2_kg[known].sum()), reader))


def rule(told: EnergyDays) -> str:
    """What is called usual, and what unusual."""
    said = _(
        "Usual is the median of the last %(count)s days of the same weekday, at most %(weeks)s weeks back; a holiday is compared "
        "with Sundays and other holidays, and a day of a shutdown with its other days. A day is unusually high or low when it "
        "differs from that by more than %(scatter)s times what these days differ among themselves, and by more than "
        "%(share)s %%. Days of which less than %(coverage)s %% of the readings are there are neither judged nor "
        "compared with.",
        count=usual_day.COUNT,
        weeks=usual_day.WITHIN_DAYS // 7,
        scatter=f"{usual_day.SCATTER:g}",
        share=f"{usual_day.SHARE * 100:g}",
        coverage=f"{LEAST_COVERAGE * 100:g}",
    )
    if not told.outdoors:
        return said
    return f"{said} " + _(
        "Days that are compared with are first moved to the outdoor temperature of the day (%(name)s): by as much as such days "
        "differed for each kelvin below %(heating)s °C or above %(cooling)s °C, where most of them say that it is more.",
        name=told.outdoors,
        heating=f"{usual_day.HEATING_C:g}",
        cooling=f"{usual_day.COOLING_C:g}",
    )


def _named(days: Sequence[date]) -> str:
    shown = [language.written(day, "MMMd") for day in days[:MOST_NAMED]]
    more = len(days) - len(shown)
    return ", ".join(shown) + (" " + _("and %(more)s more", more=more) if more else "")
