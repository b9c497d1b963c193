"""What of the power quality of a site is asked for, as its address says it, and the ways to the rest of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from config.language import N_
from insight.periods import EARLIEST
from insight.power_quality import CURRENTS, FACTOR, FREQUENCY, UNBALANCE, VOLTAGES, Excursion, monday_of

# What is drawn together.
GROUPS = {"voltage": VOLTAGES, "current": CURRENTS, "frequency": (FREQUENCY,), "factor": (FACTOR,), "unbalance": (UNBALANCE,)}
CLOSE_S = 1200.0  # two means: what is seen of single readings begins and ends beside what is seen of means
MOST_DIGITS = 12  # of a time in an address
GROUP_WORDS = {
    "voltage": N_("Voltage"),
    "current": N_("Current"),
    "frequency": N_("Frequency"),
    "factor": N_("Power factor"),
    "unbalance": N_("Unbalance"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A week of a meter (none: the site's first), what is drawn of it, and the excursion that is looked at (none: the week)."""

    site_id: str
    meter_id: str
    monday: date
    group: str
    excursion: str
    today: date

    def href(self, **other: Any) -> str:
        """The address of the same with something else in it; another week or meter has other excursions."""
        excursion = "" if {"monday", "meter_id", "group"} & set(other) else self.excursion
        of = replace(self, **({"excursion": excursion} | other))
        said = {
            "of": of.meter_id,
            "week": "" if of.monday == monday_of(self.today) else str(of.monday),
            "show": "" if of.group == "voltage" else of.group,
            "event": of.excursion,
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"/site/{self.site_id}/power-quality" + (f"?{query}" if query else "")

    @property
    def before(self) -> date | None:
        """The week before; none before there were readings."""
        before = self.monday - timedelta(days=7)
        return before if before >= EARLIEST else None

    @property
    def after(self) -> date | None:
        """The week after; none where that has not begun."""
        after = self.monday + timedelta(days=7)
        return after if after <= self.today else None


def of_address(site_id: str, of: str, week: str, show: str, event: str, today: date) -> Asked:
    """What an address means, whatever stands in it: without a week it is this one, and what is drawn is of the event."""
    try:
        day = min(max(date.fromisoformat(week), EARLIEST + timedelta(days=7)), today) if week else today
    except ValueError:
        day = today
    quantity, *_time = event.split(".")
    usual = next((group for group, quantities in GROUPS.items() if quantity in quantities), "voltage")
    return Asked(site_id, of, monday_of(day), show if show in GROUPS else usual, event, today)


def at_its_event(asked: Asked, excursions: Iterable[Excursion]) -> Asked:
    """The same with the name of the excursion that its event is of: one that it names, holds its time or is close to it."""
    quantity, _dot, said = asked.excursion.partition(".")
    if not (said.isdecimal() and len(said) < MOST_DIGITS):
        return asked
    at = int(said)

    def away_s(each: Excursion) -> tuple[float, float]:
        begin, end = each.begin.timestamp(), each.end.timestamp()
        return max(begin - at, at - end, 0.0), abs(begin - at)

    near = [each for each in excursions if each.quantity == quantity and away_s(each)[0] <= CLOSE_S]
    return replace(asked, excursion=name_of(min(near, key=away_s))) if near else asked


def name_of(excursion: Excursion) -> str:
    """What an address calls an excursion: its quantity and when it began (s since 1970)."""
    return f"{excursion.quantity}.{round(excursion.begin.timestamp())}"
