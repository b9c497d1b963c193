"""Which window of a solar home is asked for, as its address says it, and the ways to others."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from config.language import N_
from insight.periods import EARLIEST, MOST_POINTS, Period

WINDOWS = {
    "15m": (N_("15 min"), timedelta(minutes=15)),
    "1h": (N_("1 h"), timedelta(hours=1)),
    "6h": (N_("6 h"), timedelta(hours=6)),
    "24h": (N_("24 h"), timedelta(hours=24)),
    "48h": (N_("48 h"), timedelta(hours=48)),
    "7d": (N_("7 d"), timedelta(days=7)),
    "30d": (N_("30 d"), timedelta(days=30)),
}
USUAL = "24h"
SHORTEST, LONGEST = WINDOWS["15m"][1], timedelta(days=366)
STEPS_MIN = (360, 180, 120, 60, 30, 15, 10, 5)
FEW = 200  # points that show a shape without noise


@dataclass(frozen=True, slots=True)
class Asked:
    """The window from `start` to `end` (UTC) of a site, and the step (minutes; 0: whichever suits) it is drawn in.

    `window` is one of `WINDOWS` that ends now, or nothing for one of one's own; `ahead`: with the next 24 hours.
    """

    site_id: str
    zone: ZoneInfo
    now: datetime
    window: str
    start: datetime
    end: datetime
    wanted_min: int
    ahead: bool

    @property
    def path(self) -> str:
        """The page."""
        return f"/site/{self.site_id}/solar"

    @property
    def period(self) -> Period:
        """The window as courses take it."""
        return Period(self.start, self.end, live=self.end >= self.now)

    @property
    def steps(self) -> list[int]:
        """The steps (minutes) that the window can be drawn in, the longest first."""
        minutes = (self.end - self.start) / timedelta(minutes=1)
        return [each for each in STEPS_MIN if each * 2 <= minutes and minutes / each <= MOST_POINTS] or [STEPS_MIN[-1]]

    @property
    def step_min(self) -> int:
        """The step that it is drawn in."""
        if self.wanted_min in self.steps:
            return self.wanted_min
        minutes = (self.end - self.start) / timedelta(minutes=1)
        return next((each for each in reversed(self.steps) if minutes / each <= FEW), self.steps[0])

    @property
    def said(self) -> dict[str, str]:
        """What the address says beside the window."""
        return {"step": f"{self.wanted_min or ''}", "ahead": "1" if self.ahead else ""}

    def href(self, **changed: Any) -> str:
        """The address of the same with something else in it."""
        other = replace(self, **changed)
        if other.window:
            window = {"window": "" if other.window == USUAL else other.window}
        else:
            window = {name: self.local(at) for name, at in (("from", other.start), ("to", other.end))}
        asked = {name: words for name, words in (window | other.said).items() if words}
        return self.path + (f"?{urlencode(asked)}" if asked else "")

    def of_window(self, name: str) -> str:
        """The address of a window of that name."""
        return self.href(window=name)

    def before(self) -> str | None:
        """The address of a window as long, just before; none before there were readings."""
        start = self.start - (self.end - self.start)
        return self.href(window="", start=start, end=self.start) if start.date() > EARLIEST else None

    def after(self) -> str | None:
        """The address of a window as long, just after; none where this one ends now."""
        if self.end >= self.now:
            return None
        end = self.end + (self.end - self.start)
        return self.href(window="", start=self.end, end=end) if end <= self.now else self.newest()

    def newest(self) -> str:
        """The address of a window as long that ends now."""
        length = self.end - self.start
        named = next((name for name, (_, each) in WINDOWS.items() if each == length), "")
        return self.href(window=named, start=self.now - length, end=self.now)

    def local(self, at: datetime) -> str:
        """A moment by the site's clock, as a field of a form has it."""
        return f"{at.astimezone(self.zone):%Y-%m-%dT%H:%M}"


def of_address(site_id: str, query: Mapping[str, Any], zone: ZoneInfo, now: datetime) -> Asked:
    """What an address means, whatever stands in it."""
    said = {name: str(query.get(name) or "") for name in ("window", "from", "to", "step", "ahead")}
    wanted = int(said["step"]) if said["step"] in {f"{each}" for each in STEPS_MIN} else 0
    start, end = _moment(said["from"], zone), _moment(said["to"], zone)
    if start is not None and end is not None and start.date() > EARLIEST and start <= min(end, now) - SHORTEST:
        end = min(end, now)
        start = max(start, end - LONGEST)
        return Asked(site_id, zone, now, "", start, end, wanted, bool(said["ahead"]))
    name = said["window"] if said["window"] in WINDOWS else USUAL
    return Asked(site_id, zone, now, name, now - WINDOWS[name][1], now, wanted, bool(said["ahead"]))


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = at.replace(tzinfo=zone) if at.tzinfo is None else at
    try:
        return local.astimezone(UTC)
    except OverflowError:
        return None
