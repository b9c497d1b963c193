"""What of the calendar is asked for, as its address says it, and the ways to the rest of it."""

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from insight.periods import EARLIEST

MONTH, YEAR = "month", "year"


@dataclass(frozen=True, slots=True)
class Asked:
    """A local day of a subject (an id; none is the site itself), with the month or the year that it lies in."""

    site_id: str
    subject_id: str
    view: str
    day: date
    today: date

    @property
    def first(self) -> date:
        """The first day of what is shown."""
        return self.day.replace(day=1) if self.view == MONTH else self.day.replace(month=1, day=1)

    @property
    def last(self) -> date:
        """The last day of it, which may be yet to come."""
        if self.view == YEAR:
            return self.day.replace(month=12, day=31)
        return (self.day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)

    def href(self, *, view: str = "", day: date | None = None, subject_id: str | None = None) -> str:
        """The address of the same with something else in it."""
        asked = {
            "of": self.subject_id if subject_id is None else subject_id,
            "view": "" if (view or self.view) == MONTH else YEAR,
            "day": str(day or self.day),
        }
        return f"/site/{self.site_id}/calendar?{urlencode({name: said for name, said in asked.items() if said})}"

    @property
    def before(self) -> date | None:
        """A day of the month or year before, which its ‹ leads to; none before there were readings."""
        before = self.first - timedelta(days=1)
        return before if before >= EARLIEST else None

    @property
    def after(self) -> date | None:
        """A day of the month or year after; none where that has not begun."""
        after = self.last + timedelta(days=1)
        return after if after <= self.today else None


def of_address(site_id: str, of: str, view: str, day: str, today: date) -> Asked:
    """What an address means, whatever stands in it: without a day, yesterday is looked at."""
    try:
        wanted = min(max(date.fromisoformat(day), EARLIEST), today) if day else today - timedelta(days=1)
    except ValueError:
        wanted = today - timedelta(days=1)
    return Asked(site_id, of, view if view == YEAR else MONTH, wanted, today)
