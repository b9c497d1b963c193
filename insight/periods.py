"""Which stretches of time and which steps a chart offers, and which of them go together."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.language import N_, _
from models import local_time

MOST_POINTS = 3000  # more than a screen can show, and than SVG draws without delay
STEPS_MIN = (1, 5, 10, 15, 30, 60, 120, 180, 360, 1440)
USUAL_MIN = 5  # the finest step that suits every site: a shorter one only where meters report so often

RANGES = {
    "1h": (N_("1 h"), timedelta(hours=1), 1),
    "24h": (N_("24 h"), timedelta(hours=24), 15),
    "48h": (N_("48 h"), timedelta(hours=48), 15),
    "7d": (N_("7 d"), timedelta(days=7), 60),
    "30d": (N_("30 d"), timedelta(days=30), 180),
    "year": (N_("Year"), timedelta(days=365), 1440),
}
DEFAULT_RANGE = "48h"
CUSTOM = "custom"

ENERGY_PERIODS = {
    "live": N_("Live"),
    "today": N_("Today"),
    "24h": N_("24 h"),
    "7d": N_("7 d"),
    "30d": N_("30 d"),
    "year": N_("Year"),
    CUSTOM: N_("Custom"),
}
LONGEST = timedelta(days=8 * 365)
EARLIEST = date(1970, 1, 1)


class Impossible(ValueError):
    """A period that cannot be shown; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` up to, not including, `end`, both UTC; `live` when it ends now."""

    start: datetime
    end: datetime
    live: bool

    @property
    def length(self) -> timedelta:
        """End minus start."""
        return self.end - self.start


def period(name: str, zone: ZoneInfo, now: datetime, first: str | None = None, last: str | None = None) -> Period:
    """The period of that name; for `custom`, from the local day `first` to the end of `last` (ISO dates).

    Raises:
        Impossible: an unknown name, a missing day, or an end before its start.
    """
    if name == "today":
        return Period(local_time.begin(now, "day", zone), now, live=True)
    if name in RANGES:
        return Period(now - RANGES[name][1], now, live=True)
    if name != CUSTOM:
        raise Impossible(_("Choose one of the periods."))
    try:
        earliest, latest = date.fromisoformat(first or ""), date.fromisoformat(last or "")
    except ValueError as error:
        raise Impossible(_("Choose a first and a last day.")) from error
    if latest < earliest:
        raise Impossible(_("The last day is before the first."))
    if earliest > now.astimezone(zone).date():
        raise Impossible(_("This period is in the future. Choose one that has started."))
    if latest - earliest >= LONGEST:
        raise Impossible(_("Choose at most eight years."))
    if earliest < EARLIEST:
        raise Impossible(_("Choose days from %(year)s on.", year=EARLIEST.year))
    start, end = local_time.days(earliest, latest, zone)
    if start == end:
        raise Impossible(_("%(day)s does not exist in %(zone)s: the calendar skipped that day.", zone=zone.key, day=earliest))
    return Period(start, min(end, now), live=end > now)


def steps(length: timedelta) -> list[int]:
    """The steps (minutes) that a period of that length can be drawn in: 2 to 3000 points."""
    minutes = length / timedelta(minutes=1)
    fitting = [step for step in STEPS_MIN if step * 2 <= minutes and minutes / step <= MOST_POINTS]
    return fitting or [STEPS_MIN[0]]


def sensible_step(name: str, length: timedelta, reported_min: float = 0.0) -> int:
    """The step (minutes) that shows the shape of a period without noise: 100 to 500 points where that can be.

    `reported_min`: how often the meters report; a step below five minutes is no shorter than that.
    """
    least = max(min(reported_min, USUAL_MIN), RANGES[name][2] if name in RANGES else 0)
    fitting = [step for step in steps(length) if step >= least] or steps(length)[-1:]
    return next((step for step in fitting if length / timedelta(minutes=step) <= 500), fitting[-1])


def chosen_step(name: str, length: timedelta, wanted: str | int | None, reported_min: float = 0.0) -> int:
    """The wanted step if the period can be drawn in it, else the sensible one."""
    try:
        step = int(wanted) if wanted not in (None, "", "auto") else 0
    except ValueError:
        step = 0
    return step if step in steps(length) else sensible_step(name, length, reported_min)


def on_step(moment: datetime, step_s: int) -> datetime:
    """The last whole step before or at the moment, counted in UTC."""
    return datetime.fromtimestamp(moment.timestamp() // step_s * step_s, UTC)
