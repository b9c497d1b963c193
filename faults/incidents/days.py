"""The days on which the clocks are changed, of 23 and of 25 hours, come late: by each road, in UTC and by the local clock.

Whichever way a reading's time is written, it is stored once, at its own time, and the local day adds up to what was measured
on it. The sums are added up here, by the day's own edges.
"""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from config.settings import settings
from faults import plant
from faults.house import House, until
from faults.incidents import posts
from faults.incidents.posts import Values
from faults.posting import line_channel
from faults.production import NotWell
from faults.verdict import Verdict
from ingest.files import importing
from ingest.files.detect import detect
from store.records.plant import declarations, imports
from store.scope import SYSTEM
from store.series import energy

UTC_JSON, LOCAL_JSON, LINES, FILE = METERS = ("days JSON UTC", "days JSON local", "days lines", "days file")
LONGEST = timedelta(days=366)  # within which the clocks were changed twice
EVERY_S, OF_A_POST = 60, 500
QUARTER = timedelta(minutes=15)
ROUNDED_KWH = 1e-6


class Day(NamedTuple):
    """A local day, from its first moment on to that of the next one."""

    start: datetime
    end: datetime

    def moments(self, every: timedelta) -> list[datetime]:
        """One after the other, that often, from its start on."""
        return [self.start + n * every for n in range((self.end - self.start) // every)]


def changed(zone: ZoneInfo, until_day: date) -> list[Day]:
    """The days of a year before that one which are not of 24 hours."""

    def midnight(day: date) -> datetime:
        return datetime.combine(day, time(), zone).astimezone(UTC)

    dates = [until_day - timedelta(days=n) for n in range(LONGEST.days, 0, -1)]
    days = [Day(midnight(each), midnight(each + timedelta(days=1))) for each in dates]
    return [day for day in days if day.end - day.start != timedelta(days=1)]


def happen(house: House, _share: float) -> list[Verdict]:
    """A sample of power a minute by JSON and line protocol, an energy a quarter of an hour by a file."""
    zone = ZoneInfo(plant.TIME_ZONE)
    days = changed(zone, datetime.now(zone).date() - timedelta(days=1))
    meters = house.plant.odd
    samples = _values(days, timedelta(seconds=EVERY_S))
    quarters = _values(days, QUARTER)
    untaken = sum(
        _untaken(house, meters[name], samples, said)
        for name, said in (
            (UTC_JSON, lambda at: at.isoformat()),
            (LOCAL_JSON, lambda at: at.astimezone(zone).isoformat()),
        )
    )
    untaken += _untaken_lines(house, meters[LINES], samples)
    state = _imported(house, meters[FILE], quarters, zone)
    wrong = _Wrong()
    for name in (UTC_JSON, LOCAL_JSON, LINES):
        wrong.add(meters[name], samples, days, EVERY_S / 3600, "power_kw", "telemetry")
    wrong.add(meters[FILE], quarters, days, 1.0, "energy_kwh", "intervals")
    return [
        Verdict("days of 23 and of 25 hours", len(days), is_due=True),
        Verdict("readings of them", 3 * len(samples) + len(quarters), is_due=True),
        Verdict("posts of them that were never taken", untaken, is_bad=True),
        Verdict("files of them that were not imported", int(state != "done"), is_bad=True),
        Verdict("readings lost, moved or doubled among them", wrong.readings, is_bad=True),
        Verdict("local days whose sum is another", wrong.sums, is_bad=True),
    ]


class _Wrong:
    """How much is in the store that should be otherwise."""

    readings = 0
    sums = 0

    def add(self, meter: str, values: Values, days: list[Day], hours: float, quantity: str, table: str) -> None:
        """Look at one meter: each value is of so many hours."""
        lost, more = posts.missing(meter, values, quantity, table)
        self.readings += lost + abs(more)
        zone = plant.TIME_ZONE
        for day in days:
            expected = hours * math.fsum(value for at, value in values.items() if day.start <= at < day.end)

            def is_right(day: Day = day, expected: float = expected) -> bool:
                found = energy.energy_by(SYSTEM, [meter], day.start, day.end, "day", zone)["forward_kwh"]
                return len(found) == 1 and abs(found.iloc[0] - expected) < ROUNDED_KWH

            try:
                until(f"the day of {day.start:%d %B} adds up", is_right)
            except NotWell:  # it never does: that is what is counted
                self.sums += 1


def _values(days: list[Day], every: timedelta) -> Values:
    return {at: round(n % 97 / 7, 6) for n, at in enumerate(at for day in days for at in day.moments(every))}


def _parts(values: Values) -> Iterator[Values]:
    moments = list(values)
    for first in range(0, len(moments), OF_A_POST):
        yield {at: values[at] for at in moments[first : first + OF_A_POST]}


def _untaken(house: House, meter: str, values: Values, said: Callable[[datetime], str]) -> int:
    """How many posts of JSON were not taken."""
    bodies: list[dict[str, Any]] = [posts.body(meter, part, said) for part in _parts(values)]
    return len(bodies) - posts.taken(house, bodies)


def _untaken_lines(house: House, meter: str, values: Values) -> int:
    head = line_channel(meter)
    bodies = ["".join(f"{head}={value} {at.timestamp():.0f}\n" for at, value in part.items()) for part in _parts(values)]
    return len(bodies) - posts.taken_lines(house, bodies)


def _imported(house: House, meter: str, values: Values, zone: ZoneInfo) -> str:
    """How the import of a file ended whose times are of the local clock, without an offset."""
    declarations.declare_energy(
        SYSTEM, meter, method="interval", interval_s=int(QUARTER.total_seconds()), valid_from=plant.LONG_AGO + timedelta(days=1)
    )
    path = house.folder / "days.csv"
    ends = ((at + QUARTER).astimezone(zone) for at in values)
    lines = [f"{end:%Y-%m-%d %H:%M:%S},{meter},{value}\n" for end, value in zip(ends, values.values(), strict=True)]
    path.write_text("time,meter,energy_kwh\n" + "".join(lines))
    profile = detect(path, zone.key).profile
    made = importing.start(SYSTEM, settings(), house.plant.site, path, path.name, profile)
    until("the import has ended", lambda: imports.seen(SYSTEM, made.id).state not in ("waiting", "running"))
    return imports.seen(SYSTEM, made.id).state
