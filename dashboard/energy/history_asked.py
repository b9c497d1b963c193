"""Which days of what the history is asked for, as its address says it, and the ways to others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from insight.history import EFFICIENCY, LOAD, POWER
from insight.periods import EARLIEST

COUNTS = (7, 30, 90)
USUAL = 30
MOST = 366  # days
SHOWN = (POWER, EFFICIENCY, LOAD)


@dataclass(frozen=True, slots=True)
class Asked:
    """The local days from `first` to `last` of a subject (an id; none is the site itself), and what of it is drawn.

    `count` is one of `COUNTS`, or 0 for days of one's own.
    """

    site_id: str
    subject_id: str
    show: str
    count: int
    first: date
    last: date
    today: date

    @property
    def days(self) -> int:
        """How many they are."""
        return (self.last - self.first).days + 1

    @property
    def path(self) -> str:
        """The page."""
        return f"/site/{self.site_id}/history"

    @property
    def said(self) -> dict[str, str]:
        """What the address says beside the days."""
        return {"of": self.subject_id, "show": "" if self.show == POWER else self.show}

    def href(self, **changed: Any) -> str:
        """The address of the same with something else in it."""
        other = replace(self, **changed)
        if other.count:
            days = {
                "days": "" if other.count == USUAL else f"{other.count}",
                "until": "" if other.last == other.today else f"{other.last}",
            }
        else:
            days = {"first": f"{other.first}", "last": f"{other.last}"}
        asked = {name: words for name, words in (other.said | days).items() if words}
        return other.path + (f"?{urlencode(asked)}" if asked else "")

    def of_days(self, count: int) -> str:
        """The address of so many days that end with the same one."""
        return self.href(count=count, first=self.last - timedelta(days=count - 1))

    def before(self) -> str | None:
        """The address of as many days before; none where there are none to be compared with."""
        length = timedelta(days=self.days)
        if self.first - 2 * length < EARLIEST:
            return None
        return self.href(first=self.first - length, last=self.last - length)

    def after(self) -> str | None:
        """The address of as many days after, up to today; none where these are the newest."""
        if self.last >= self.today:
            return None
        last = min(self.last + timedelta(days=self.days), self.today)
        return self.href(first=last - timedelta(days=self.days - 1), last=last)

    def newest(self) -> str:
        """The address of as many days that end today."""
        return self.href(first=self.today - timedelta(days=self.days - 1), last=self.today)


def of_address(site_id: str, query: Mapping[str, Any], today: date) -> Asked:
    """What an address means, whatever stands in it."""
    said = {name: str(query.get(name) or "") for name in ("of", "show", "days", "until", "first", "last")}
    show = said["show"] if said["show"] in SHOWN else POWER
    first, last = _date(said["first"]), _date(said["last"])
    if first is not None and last is not None and EARLIEST <= first <= min(last, today):
        last = min(last, today)
        first = max(first, last - timedelta(days=MOST - 1))
        if first - (last - first) > EARLIEST:  # there are days before to compare with
            return Asked(site_id, said["of"], show, 0, first, last, today)
    count = int(said["days"]) if said["days"] in {f"{each}" for each in COUNTS} else USUAL
    until = min(max(_date(said["until"]) or today, EARLIEST + timedelta(days=2 * count)), today)
    return Asked(site_id, said["of"], show, count, until - timedelta(days=count - 1), until, today)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
