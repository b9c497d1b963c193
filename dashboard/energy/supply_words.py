"""What is said of a supply: names, limits, how sure a week is, and whether it was as it should be."""

import numpy as np

from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.live.attention import words_of
from dashboard.parts.reading import Reader
from insight.power_quality import Characteristic, Rule, Week
from models.power_quality import FREQUENCY_MEAN_S, LEAST_KNOWN

DIGITS = 4  # of a voltage, a current or a frequency
UNBALANCE_FROM = {
    "told": N_("told by the meter"),
    "between": N_("negative sequence, from the voltages between phases"),
    "phases": N_("greatest distance of a phase from their mean"),
}


def amount(value: float, quantity: str, reader: Reader, digits: int = DIGITS) -> str:
    """A value with its unit."""
    return f"{reader.number(wording.exact(value, digits))} {QUANTITIES[quantity].label}".strip()


def band(rule: Rule, reader: Reader) -> str:
    """Between which values the means of a rule should lie."""
    unit = QUANTITIES[rule.of.quantity].label
    low, high = (None if bound is None else reader.number(wording.exact(bound, DIGITS)) for bound in (rule.low, rule.high))
    if low and high:
        return _("%(low)s to %(high)s %(unit)s", low=low, high=high, unit=unit).strip()
    if low:
        return _("at least %(low)s %(unit)s", low=low, unit=unit).strip()
    return _("at most %(high)s %(unit)s", high=high, unit=unit).strip()


def share(of: float, reader: Reader) -> str:
    """A share (0..1) in percent with two decimals, rounded down: 100 only where nothing is beyond."""
    return f"{reader.number(f'{np.floor(of * 10_000) / 100:.2f}'.rstrip('0').rstrip('.'))} %" if np.isfinite(of) else wording.NONE


def reasons(rule: Rule, reader: Reader) -> list[str]:
    """Why a rule is judged by what only indicates it; empty where it is sure."""
    of, found = rule.of, list[str]()
    if of.longer and not of.readings:
        found.append(_("known from longer intervals only"))
    elif of.longer:
        found.append(_("%(count)s means from longer intervals", count=reader.count(of.longer)))
    if of.readings and not of.is_read_often:
        found.append(_("read every %(every)s", every=wording.age(of.read_every_s)))
    if of.how == "phases":
        found.append(_("no angles between phases"))
    if rule.counted.known < LEAST_KNOWN * rule.due:
        found.append(_("too few means"))
    return found


def verdict(rule: Rule) -> tuple[str, str]:
    """Whether a rule is met, in words, and the state that it is shown in."""
    if rule.is_met is None:
        return (_("no requirement"), "") if rule.counted.known else (_("no data"), "never")
    return (_("met"), "live") if rule.is_met else (_("not met"), "offline")


def of_week(week: Week, reader: Reader) -> str:
    """Whether the supply was as it should be, in one or two sentences."""
    judged = [each for each in week.rules if each.is_met is not None]
    if not judged:
        return _("Nothing is known of the supply in this week.")
    broken = [each for each in judged if not each.is_met]
    many = {"count": len(judged)}
    if not broken:
        said = N_("The supply met all %(count)s limits of this week.")
        so_far = N_("So far this week the supply meets all %(count)s limits.")
        sentence = _(said if week.is_over else so_far, **many)
    else:
        sentence = (
            ngettext("%(num)s of %(count)s limits was not met.", "%(num)s of %(count)s limits were not met.", len(broken), **many)
            if week.is_over
            else ngettext(
                "So far this week %(num)s of %(count)s limits is not met.",
                "So far this week %(num)s of %(count)s limits are not met.",
                len(broken),
                **many,
            )
        )
        worst = min(broken, key=lambda each: each.counted.share - (each.share or 0))
        sentence += " " + _(
            "%(what)s: %(share)s of the means lay within %(band)s, and %(required)s should.",
            what=words_of(worst.of.quantity),
            share=share(worst.counted.share, reader),
            band=band(worst, reader),
            required=share(worst.share or 0, reader),
        )
    if any(not each.is_sure for each in judged):
        sentence += " " + _("Some of it is only indicative.")
    return sentence


def means(rule: Rule, reader: Reader) -> str:
    """How many means a rule counted, and how many were due."""
    counts = {"known": reader.count(rule.counted.known), "due": reader.count(rule.due)}
    if rule.mean_s == FREQUENCY_MEAN_S:
        return _("%(known)s of %(due)s (10 s)", **counts)
    return _("%(known)s of %(due)s (10 min)", **counts)


def name(of: Characteristic) -> str:
    """A quantity; of an unbalance also what it was told from."""
    return f"{words_of(of.quantity)} ({_(UNBALANCE_FROM[of.how])})" if of.how else words_of(of.quantity)


def explained() -> list[str]:
    """How the means are made, why they may only indicate, and what is not told."""
    return [
        _(
            "EN 50160 judges a week of the supply: voltages and their unbalance by 10-minute means, the frequency by "
            "10-second means (its 99.5 % is of a year, of which a week is a part). The limits are those of the site, set "
            "under Facility."
        ),
        _(
            "Loadstar makes these means of what the meter posts: of voltages and currents the root mean square of each ten "
            "minutes in UTC (IEC 61000-4-30). A week runs from Monday to Sunday by the site's clock. A mean counts if at "
            "least half of its usual readings are there."
        ),
        _(
            "The means come close to the standard's if the meter posts every ten seconds or more often, or posts its own "
            "10-minute means (interval_s 600). Otherwise they are indicative: a meter that posts every minute has looked at"
            " ten moments of 30,000 cycles. Older weeks are kept as longer intervals only, and are indicative too."
        ),
        _(
            "Unbalance is negative over positive sequence, exact if the meter posts the voltages between phases. Voltages "
            "to neutral lack the angles: then it is the greatest distance of a phase from the mean of the three, and "
            "indicative."
        ),
        _(
            "Not covered, as no meter posts it: flicker, harmonics, and dips, swells and interruptions shorter than the "
            "time between readings. Only a class A instrument can prove that a supply conforms."
        ),
    ]
