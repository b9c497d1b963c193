"""What of the power quality of a site is asked for, as its address says it, and the ways to the rest of it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from config.language import N_
from insight.periods import EARLIEST
from insight.power_quality import CURRENTS, FACTOR, FREQUENCY, UNBALANCE, VOLTAGES, Excursion, monday_of

# What is drawn together.
GROUPS = {"voltage": VOLTAGES, "current": CURRENTS, "frequency": (FREQUENCY,), "factor": (FACTOR,), "unbalance": (UNBALANCE,)}
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
    """What an address means, whatever stands in it: without a week it is this one."""
    try:
        day = min(max(date.fromisoformat(week), EARLIEST + timedelta(days=7)), today) if week else today
    except ValueError:
        day = today
    return Asked(site_id, of, monday_of(day), show if show in GROUPS else "voltage", event, today)


def name_of(excursion: Excursion) -> str:
    """What an address calls an excursion: its quantity and when it began (s since 1970)."""
    return f"{excursion.quantity}.{round(excursion.begin.timestamp())}"
