"""What of the heat map is asked for, as its address says it, and the ways to the rest of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from flask_login import current_user

from config.language import N_
from insight.periods import EARLIEST

HOURS, BUILDINGS = "hours", "buildings"
VIEWS = {HOURS: N_("Hours and days"), BUILDINGS: N_("Buildings")}
KWH, AREA, USUAL = "kwh", "area", "usual"
MEASURES = {KWH: "kWh", AREA: "kWh/m²", USUAL: N_("Difference to usual")}
SCALES = {"heat": N_("Green to red"), "safe": N_("Blue to orange"), "neutral": N_("Grey")}
PLACES = {"plan": N_("Plan"), "map": N_("Map")}
COUNTS = (7, 31)
MOST_LEFT_OUT = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """`count` local days up to `last`, and the one of them that is looked at; of a subject (an id; none is the site itself).

    `off` are the buildings that are left out, `place` whether they stand on the plan or on the map.
    """

    site_id: str
    view: str
    subject_id: str
    measure: str
    scale: str
    place: str
    count: int
    last: date
    day: date
    off: tuple[str, ...]
    today: date

    @property
    def first(self) -> date:
        """The first of the days."""
        return self.last - timedelta(days=self.count - 1)

    @property
    def path(self) -> str:
        """The page."""
        return f"/site/{self.site_id}/heat-map"

    @property
    def said(self) -> dict[str, str]:
        """What the address says; what goes without saying is left out."""
        of_view = {"of": self.subject_id}
        if self.view == BUILDINGS:
            of_view = {
                "view": BUILDINGS,
                "show": "" if self.measure == KWH else self.measure,
                "place": "" if self.place == "plan" else self.place,
                "day": "" if self.day == _looked_at(self.last, self.today) else f"{self.day}",
                "off": ",".join(self.off),
            }
        said = of_view | {
            "days": "" if self.count == COUNTS[-1] else f"{self.count}",
            "until": "" if self.last == self.today else f"{self.last}",
            "scale": self.scale,
        }
        return {name: words for name, words in said.items() if words}

    def href(self, **changed: Any) -> str:
        """The address of the same with something else in it; of other days the newest one is looked at."""
        other = replace(self, **changed)
        if "last" in changed and "day" not in changed:
            other = replace(other, day=_looked_at(other.last, self.today))
        return f"{self.path}?{urlencode(other.said)}"

    def toggled(self, node_id: str) -> str:
        """The address of the same without a building, or with it again."""
        off = tuple(each for each in self.off if each != node_id)
        return self.href(off=off if node_id in self.off else (*off, node_id))

    def of_days(self, count: int) -> str:
        """The address of so many days that end with the same one."""
        return self.href(count=count, day=max(self.day, self.last - timedelta(days=count - 1)))

    def on(self, dates: Sequence[date], at: str | int | None) -> "Asked":
        """The same on another of these days, counted from 0; on the one that is looked at where there is no such day."""
        said = f"{at}"
        place = int(said) if said.isdecimal() and len(said) < 4 else -1
        return replace(self, day=dates[place]) if 0 <= place < len(dates) else self

    def before(self) -> str | None:
        """The address of as many days before; none before there were readings."""
        last = self.first - timedelta(days=1)
        return self.href(last=last) if last - timedelta(days=self.count) >= EARLIEST else None

    def after(self) -> str | None:
        """The address of as many days after, up to today; none where these are the newest."""
        return self.href(last=min(self.last + timedelta(days=self.count), self.today)) if self.last < self.today else None


def of_address(site_id: str, query: Mapping[str, Any], today: date) -> Asked:
    """What an address means, whatever stands in it; the colours are those chosen last where it names none."""
    said = {name: str(words or "") for name, words in query.items()}

    def one_of(name: str, known: Mapping[str, str], usual: str) -> str:
        return said[name] if said.get(name) in known else usual

    count = int(said["days"]) if said.get("days") in {f"{each}" for each in COUNTS} else COUNTS[-1]
    last = min(max(_date(said.get("until", "")) or today, EARLIEST + timedelta(days=2 * count)), today)
    first = last - timedelta(days=count - 1)
    day = _date(said.get("day", "")) or _looked_at(last, today)
    return Asked(
        site_id,
        one_of("view", VIEWS, HOURS),
        said.get("of", ""),
        one_of("show", MEASURES, KWH),
        one_of("scale", SCALES, kept_scale()),
        one_of("place", PLACES, "plan"),
        count,
        last,
        min(max(day, first), last),
        tuple(dict.fromkeys(each for each in said.get("off", "").split(",") if each))[:MOST_LEFT_OUT],
        today,
    )


def kept_scale() -> str:
    """The colours that whoever asks chose last (`assets/live/60-days.js` tells the server)."""
    return getattr(current_user, "colours", None) or next(iter(SCALES))


def _looked_at(last: date, today: date) -> date:
    """The day that is looked at first: the last one that is over."""
    return last - timedelta(days=1) if last == today else last


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
