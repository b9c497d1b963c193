"""What a program is told of every kind of meter, in every zone, by every step: the same energy, register by register."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import pytest
from flask.testing import FlaskClient

from config import clock
from dashboard.app import create_app
from store.records.access import policy
from store.records.people import users
from store.records.signin import tokens
from store.scope import SYSTEM
from store.series import checkpoint, rollup
from tests.conftest import PATIENT_S, thorough
from tests.numbers import registers, second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.registers import Reading
from tests.numbers.second_path import Row
from tests.store.series.conftest import Site

STEPS = ("quarter", "half_hour", "hour", "day", "month")
IMPORT, EXPORT = "energy_kwh", "energy_export_kwh"
HELD = 2.5  # intervals for which a sample of power holds before a silence

# Days on which clocks change, by an hour, half an hour and two, one way and the other, and at midnight; a day that never was; and
# a zone whose clocks stay as they are, at 45 minutes past.
ZONES = [
    ("Europe/Berlin", "2025-10-26"),
    ("Australia/Lord_Howe", "2025-04-06"),
    *thorough(
        ("Europe/Berlin", "2025-03-30"),
        ("America/Havana", "2025-11-02"),
        ("Antarctica/Troll", "2025-10-26"),
        ("Pacific/Apia", "2011-12-31"),
        ("Asia/Kathmandu", "2025-06-01"),
    ),
]
REACH = timedelta(days=2)


class Told(NamedTuple):
    """A meter, and what is expected of each of its registers."""

    meter: str
    of: dict[str, list[Row]]
    readings: dict[str, list[Reading]]


Make = Callable[[Site, np.random.Generator, datetime, datetime], Told]


def intervals(seconds: int, phase: int = 0) -> Make:
    """Energies of intervals; those below a quarter of an hour are samples."""

    def make(site: Site, random: np.random.Generator, start: datetime, end: datetime) -> Told:
        meter, moments = site.meter("interval", seconds), _grid(start, end, seconds, phase)
        of = {}
        for register in (IMPORT, EXPORT):
            kwh = random.uniform(0, 3, len(moments))
            if seconds < 900:
                site.samples(meter, register, moments, kwh)
            else:
                site.intervals(meter, register, seconds, moments, kwh)
            of[register] = second_path.rows(moments, seconds, kwh)
        return Told(meter, of, {})

    return make


def counter(seconds: int) -> Make:
    """Registers read now and then, with silences; one of them was reset."""

    def make(site: Site, random: np.random.Generator, start: datetime, end: datetime) -> Told:
        meter, readings = site.meter("counter", seconds), {}
        for register in ("energy_total_kwh", "energy_export_total_kwh"):
            moments = [each + timedelta(seconds=int(random.integers(0, seconds // 3))) for each in _grid(start, end, seconds)]
            moments = [each for n, each in enumerate(moments) if n < 2 or random.random() > 0.2]
            kwh = 1000 + np.cumsum(random.uniform(0, 2, len(moments)))
            kwh[len(kwh) // 2 :] -= kwh[len(kwh) // 2] if register == "energy_total_kwh" else 0
            site.samples(meter, register, moments, kwh)
            readings[register] = [Reading(*each) for each in zip(moments, kwh.tolist(), strict=True)]
        of = zip((IMPORT, EXPORT), (registers.counted(each) for each in readings.values()), strict=True)
        return Told(meter, dict(of), readings)

    return make


def power(seconds: int) -> Make:
    """Samples of power, some missing: each holds until the next, for 2.5 intervals at most."""

    def make(site: Site, random: np.random.Generator, start: datetime, end: datetime) -> Told:
        meter, moments = site.meter("power", seconds), _grid(start, end, seconds)
        moments = [each for each in moments if random.random() > 0.3]
        kw = random.uniform(-5, 9, len(moments))
        site.samples(meter, "power_kw", moments, kw)
        ends = [
            min(each + timedelta(seconds=HELD * seconds), after)
            for each, after in zip(moments, [*moments[1:], end + REACH], strict=True)
        ]
        rows = [
            Row(pd.Timestamp(first), pd.Timestamp(last), value * (last - first).total_seconds() / 3600)
            for first, last, value in zip(moments, ends, kw.tolist(), strict=True)
        ]
        return Told(meter, _both_ways(rows), {})

    return make


def mean_power(seconds: int, phase: int = 0) -> Make:
    """Mean powers of intervals."""

    def make(site: Site, random: np.random.Generator, start: datetime, end: datetime) -> Told:
        meter, moments = site.meter("power", seconds), _grid(start, end, seconds, phase)
        kw = random.uniform(-5, 9, len(moments))
        site.intervals(meter, "power_kw", seconds, moments, kw)
        return Told(meter, _both_ways(second_path.rows(moments, seconds, kw * seconds / 3600)), {})

    return make


def local_days(site: Site, random: np.random.Generator, start: datetime, end: datetime) -> Told:
    """A value a local day, each as long as its day was."""
    midnights = [*second_path.local_starts(start, end, "day", site.zone), pd.Timestamp(end)]
    meter, of = site.meter("interval", 86_400), {}
    for register in (IMPORT, EXPORT):
        of[register] = [Row(*each, float(random.uniform(1, 30))) for each in pairwise(midnights)]
        for row in of[register]:
            site.intervals(meter, register, int((row.end - row.start).total_seconds()), [row.start.to_pydatetime()], [row.kwh])
    return Told(meter, of, {})


def _grid(start: datetime, end: datetime, seconds: int, phase: int = 0) -> list[datetime]:
    first = datetime.fromtimestamp(start.timestamp() // seconds * seconds + phase, UTC)
    return [each for each in second_path.every(first, seconds, int((end - first).total_seconds() // seconds)) if each >= start]


def _both_ways(rows: list[Row]) -> dict[str, list[Row]]:
    return {
        register: [row._replace(kwh=max(sign * row.kwh, 0.0)) for row in rows] for register, sign in ((IMPORT, 1), (EXPORT, -1))
    }


METHODS: dict[str, Make] = {
    "energies of a minute": intervals(60),
    "energies of five minutes at :03": intervals(300, 180),
    "energies of quarters": intervals(900),
    "energies of quarters at :07": intervals(900, 420),
    "energies of half hours": intervals(1800),
    "energies of hours": intervals(3600),
    "energies of six hours": intervals(21_600),
    "energies of local days": local_days,
    "a counter every five minutes": counter(300),
    "a counter every hour": counter(3600),
    "a counter every day": counter(86_400),
    "power every minute": power(60),
    "power every ten minutes": power(600),
    "power now and then": power(3600),
    "mean power of quarters": mean_power(900),
    "mean power of hours at :30": mean_power(3600, 1800),
}


class Program:
    """A person's own program."""

    def __init__(self, site: Site) -> None:
        person = users.create_user(
            SYSTEM, email="ada@example.org", name="Ada", password="seventeen calm otters", platform_admin=True
        )
        self._token = tokens.create_token(policy.scope_of(person.id), name="script", can_write=False)
        self._client: FlaskClient = create_app(site.settings).test_client()

    def get(self, path: str, **asked: Any) -> Any:
        """What is answered, which is well."""
        given = {name: each.isoformat() if isinstance(each, datetime) else each for name, each in asked.items()}
        answer = self._client.get(f"/api/v1/{path}?{urlencode(given)}", headers={"Authorization": f"Bearer {self._token}"})
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()


@pytest.mark.parametrize(("zone", "changed"), ZONES)
def test_every_step_adds_up_to_what_was_counted(site_in: MakeSite, zone: str, changed: str) -> None:
    site, day = site_in(zone), pd.Timestamp(changed)
    start, end = (second_path.local_midnight(zone, each.year, each.month, each.day) for each in (day - REACH, day + REACH))
    random = np.random.default_rng(len(zone) + day.month)
    with site.at_once():
        meters = {name: make(site, random, start, end) for name, make in METHODS.items()}
    rollup.roll_up(SYSTEM, start, end + HELD * timedelta(hours=1))
    assert rollup.await_applied(["intervals"], PATIENT_S)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - timedelta(hours=1), clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    checkpoint.forget()
    program = Program(site)
    asked = {"from": start, "to": end}
    for step in STEPS:
        first, last = start, end
        if step == "month":
            first = second_path.local_midnight(zone, *(day - REACH).timetuple()[:2], 1)
            after = (day + REACH - timedelta(days=1)).replace(day=1) + pd.DateOffset(months=1)
            last = second_path.local_midnight(zone, after.year, after.month, 1)
        edges = [*second_path.local_starts(first, last, step, zone), pd.Timestamp(last)]
        for name, told in meters.items():
            rows = program.get(f"meters/{told.meter}/energy", **asked, step=step)["energy"]
            assert [datetime.fromisoformat(row["start"]) for row in rows] == edges[:-1], (name, step)
            for register, of in told.of.items():
                expected = second_path.in_stretches(of, edges)
                assert [row[register] for row in rows] == pytest.approx(expected, abs=1e-6), (name, step, register)
    for name, told in meters.items():
        for register, readings in told.readings.items():
            listed = program.get(f"meters/{told.meter}/counter", **asked, register=register)["readings"]
            assert [row["reading_kwh"] for row in listed] == [kwh for _, kwh in readings], name
            expected = sum(row.kwh for row in registers.counted(readings))
            assert sum(row["energy_kwh"] or 0 for row in listed) == pytest.approx(expected), name
