"""Counters, posted in any order and grouping: quarters, hours, days and the list of readings tell the same."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from config import clock
from store.records.plant import declarations, meter_life
from store.scope import SYSTEM
from store.series import amendments, checkpoint, energy, rollup
from store.series.connection import execute
from store.series.differences import differences
from tests.conftest import PATIENT_S, thorough
from tests.held_clock import held
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.registers import Reading, counted
from tests.store.series.conftest import LONG_AGO, Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REGISTER = "energy_total_kwh"


def _today() -> datetime:
    """A recent midnight in UTC, some days ago."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 5 * DAY


def _at(day: datetime, clock_time: str) -> datetime:
    hour, minute = map(int, clock_time.split(":"))
    return day + timedelta(hours=hour, minutes=minute)


def _post(site: Site, *posts: tuple[str, Iterable[Reading]]) -> None:
    """Late readings, as the device API keeps them: the markers, then the samples."""
    for meter, readings in posts:
        times, values = zip(*readings, strict=True)
        site.late(meter, REGISTER, times)
        site.samples(meter, REGISTER, times, values)


def _settle(site: Site) -> None:
    assert rollup.await_applied(["telemetry", "late", "amendments"], PATIENT_S)
    site.roll_up(clock.now() - timedelta(seconds=75))


def _by(meter: str, start: datetime, end: datetime, step: str, zone: str = "UTC") -> list[float]:
    found: list[float] = energy.energy_by(SYSTEM, [meter], start, end, step, zone).loc[meter, "forward_kwh"].tolist()
    return found


def _listed(meter: str, start: datetime, end: datetime) -> float:
    return float(differences(SYSTEM, meter, start, end)["energy_kwh"].sum())


def _agree(meter: str, start: datetime, end: datetime, kwh: float) -> None:
    """All ways of asking for whole days tell the same."""
    assert _listed(meter, start, end) == pytest.approx(kwh)
    for step in ("quarter", "hour", "day"):
        assert sum(_by(meter, start, end, step)) == pytest.approx(kwh), step


def _readings(day: datetime, *of: tuple[str, float]) -> list[Reading]:
    return [Reading(_at(day, when), kwh) for when, kwh in of]


@pytest.fixture
def day() -> datetime:
    return _today()


@pytest.fixture
def site(site_in: MakeSite, day: datetime) -> Site:
    """A site whose days are rolled up: whatever comes now is late."""
    made = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(day - 30 * DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    _settle(made)
    return made


def test_meters_of_one_post_have_neighbours_of_their_own(site: Site, day: datetime) -> None:
    minutely, hourly, gappy = site.meter("counter", 60), site.meter("counter", 3600), site.meter("counter", 900)
    _post(
        site,
        (minutely, [Reading(day + n * MINUTE, 100 + n / 15) for n in range(24 * 60 + 1)]),
        (hourly, [Reading(day + n * HOUR, 500 + 4 * n) for n in range(25)]),
        (gappy, _readings(day, ("10:00", 100), ("10:15", 101), ("10:30", 102), ("11:30", 106), ("11:45", 107), ("12:00", 108))),
    )
    _settle(site)
    assert _by(minutely, day, day + DAY, "hour") == pytest.approx([4.0] * 24)
    assert _by(hourly, day, day + DAY, "hour") == pytest.approx([4.0] * 24)
    assert _by(gappy, day + 10 * HOUR, day + 12 * HOUR, "quarter") == pytest.approx([1.0] * 8)
    _agree(gappy, day, day + 2 * DAY, 8)


def test_a_gap_of_days_is_counted_wherever_it_is(site: Site, day: datetime) -> None:
    weekly, months, days = (site.meter("counter", seconds) for seconds in (900, 900, 60))
    first = day - 24 * DAY
    beside = site.meter("counter", 60)
    _post(
        site,
        (beside, [Reading(first + n * 15 * MINUTE, n) for n in range(4 * 24)]),
        (weekly, [Reading(first, 500), Reading(first + 7 * DAY, 570), Reading(first + 14 * DAY, 650)]),
        (months, [Reading(first, 1000), Reading(day, 1120)]),
        (days, [Reading(first, 100), Reading(first + MINUTE, 101), Reading(day, 605), Reading(day + MINUTE, 606)]),
    )
    _settle(site)
    assert _by(weekly, first, first + 14 * DAY, "day") == pytest.approx([10] * 7 + [80 / 7] * 7)
    assert _by(months, first, day, "day") == pytest.approx([5] * 24)
    _agree(weekly, first, first + 15 * DAY, 150)
    _agree(months, first, day + DAY, 120)
    _agree(days, first, day + DAY, 506)


def test_what_was_counted_before_the_samples_that_are_kept_is_still_known(site: Site, day: datetime) -> None:
    """A quarter tells what its register stood at, also when its samples are gone."""
    meter, long_ago = site.meter("counter", 60), day - 200 * DAY
    site.intervals(meter, REGISTER, 900, [long_ago], [1000.0])
    execute(f"UPDATE intervals SET source = 'rollup' WHERE meter = '{meter}'")
    assert rollup.await_applied(["intervals"], PATIENT_S)
    _post(site, (meter, [Reading(day + HOUR, 1400.0), Reading(day + 2 * HOUR, 1400.5)]))
    _settle(site)
    end = day + DAY
    assert sum(_by(meter, long_ago - long_ago.hour * HOUR, end, "day")) == pytest.approx(400.5)
    assert _listed(meter, day, end) == pytest.approx(400.5)


def test_each_reading_counts_wherever_it_is_in_its_quarter(site: Site, day: datetime) -> None:
    cases = {
        "back": (_readings(day, ("12:00", 549.73), ("12:05", 0), ("12:10", 549.73)), 0.0),
        "across": (_readings(day, ("12:10", 549.73), ("12:15", 0), ("12:20", 549.75)), 0.02),
        "many": ([Reading(day + n * MINUTE, 0.0 if n == 7 else 100 + n / 20) for n in range(13)], 0.6),
        "twice": ([Reading(day + n * MINUTE, kwh) for n, kwh in enumerate([50, 52, 1, 3, 5, 0.5, 4, 7, 9.5])], 2 + 5 + 9.5),
        "digit": ([Reading(day + n * MINUTE, kwh) for n, kwh in enumerate([215.6, 215.6, 215.7, 215.6, 215.6])], 0.0),
    }
    posted = {site.meter("counter", 300 if name in ("back", "across") else 60): case for name, case in cases.items()}
    _post(site, *((meter, readings) for meter, (readings, _) in posted.items()))
    _settle(site)
    for meter, (_, kwh) in posted.items():
        _agree(meter, day, day + DAY, kwh)


def test_a_reading_that_comes_last_changes_all_between_those_beside_it(site: Site, day: datetime) -> None:
    meter = site.meter("counter", 900)
    _post(site, (meter, [Reading(day, 0), Reading(day + 4 * DAY, 96)]))
    _settle(site)
    assert _by(meter, day, day + 4 * DAY, "day") == pytest.approx([24] * 4)
    _post(site, (meter, [Reading(day + 2 * DAY, 12)]))
    _settle(site)
    assert _by(meter, day, day + 4 * DAY, "day") == pytest.approx([6, 6, 42, 42])
    amendments.void(SYSTEM, meter, REGISTER, day + 2 * DAY, reason="misread")
    _settle(site)
    assert _by(meter, day, day + 4 * DAY, "day") == pytest.approx([24] * 4)


def test_what_is_declared_late_restates_what_was_read_before(site: Site, day: datetime) -> None:
    exchanged, undeclared = site.meter("counter", 1800), site.meter(None)
    readings = _readings(day, ("11:00", 9418.8), ("11:30", 9419.0), ("12:00", 12000.0), ("12:30", 12000.4))
    _post(site, (exchanged, readings), (undeclared, _readings(day, ("08:00", 100), ("09:00", 101), ("14:00", 102))))
    _settle(site)
    _agree(exchanged, day, day + DAY, 2581.6)
    meter_life.exchange(SYSTEM, exchanged, at=_at(day, "12:00"), serial_number="B")
    site.declare(undeclared, "counter", 3600, since=LONG_AGO)
    for meter in (exchanged, undeclared):
        assert energy.energy(SYSTEM, [meter], day, day + DAY).loc[meter, "provisional"], "until it is made anew"
    _settle(site)
    _agree(exchanged, day, day + DAY, 0.6)
    _agree(undeclared, day, day + DAY, 2.0)
    for meter in (exchanged, undeclared):
        assert energy.energy_by(SYSTEM, [meter], day, day + DAY, "hour", "UTC")["forward_kwh"].sum() < 3
    declared = declarations.energy_declarations(SYSTEM, [exchanged])[exchanged]
    declarations.correct_declaration(
        SYSTEM, declared[1].id, method="counter", interval_s=1800, valid_from=_at(day, "12:15"), rollover_kwh=None
    )
    _settle(site)
    _agree(exchanged, day, day + DAY, 2581.2)
    declarations.withdraw_declaration(SYSTEM, declared[1].id)
    _settle(site)
    _agree(exchanged, day, day + DAY, 2581.6)


ZONES = ("Europe/Berlin", "Asia/Kathmandu", "America/St_Johns")


def _lived(random: np.random.Generator, day: datetime, days: int) -> tuple[list[Reading], float | None, list[datetime]]:
    """A counter's life: a rhythm, jitter, gaps of minutes and of days, resets, a rollover perhaps, exchanges."""
    seconds = int(random.choice([300, 900, 3600, 21_600]))
    moments = np.arange(0, days * 86_400, seconds) + random.integers(0, seconds // 3, -(-days * 86_400 // seconds))
    keep = random.random(len(moments)) > random.choice([0.02, 0.4, 0.95])
    keep[[0, -1]] = True
    for start in random.integers(0, days * 86_400, 2):
        keep &= ~((moments > start) & (moments < start + random.integers(3600, 2 * 86_400)))
    moments = moments[keep]
    rollover = float(random.choice([0, 5000])) or None
    register = 900 + random.uniform(0, 3, len(moments)).cumsum() * random.choice([0.2, 3])
    if rollover:
        register = (register + 3600) % rollover
    exchanges = []
    for place in np.unique(random.integers(2, max(len(moments) - 2, 3), 2)):
        if place + 1 < len(moments) and random.random() < 0.5:
            exchanges.append(day + timedelta(seconds=int(moments[place])) - timedelta(seconds=1))
            register[place:] = register[place:] - register[place] + random.uniform(0, 9000)
        elif place + 1 < len(moments) and not rollover:
            register[place:] -= register[place]
    return (
        [Reading(day + timedelta(seconds=int(at)), round(float(kwh), 3)) for at, kwh in zip(moments, register, strict=True)],
        rollover,
        sorted(exchanges),
    )


@pytest.mark.parametrize("seed", [0, *thorough(1, 2)])
def test_however_readings_come_every_period_is_the_sum_of_what_was_counted_in_it(
    site_in: MakeSite, day: datetime, seed: int
) -> None:
    random, zone = np.random.default_rng(seed), ZONES[seed % len(ZONES)]
    site, start, days = site_in(zone), day - 4 * DAY, 4
    lives = {}
    for _ in range(5):
        readings, rollover, exchanges = _lived(random, start, days)
        meter = site.meter("counter", 900, rollover_kwh=rollover)
        lives[meter] = (readings, rollover, exchanges)
    checkpoint.write(checkpoint.Checkpoint(start - DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    _settle(site)
    waiting = [(meter, reading) for meter, (readings, _, _) in lives.items() for reading in readings]
    declaring = [(meter, at) for meter, (_, _, exchanges) in lives.items() for at in exchanges]
    random.shuffle(waiting)
    random.shuffle(declaring)
    parts = np.array_split(np.arange(len(waiting)), 4)
    for number, part in enumerate(parts):
        posts: dict[str, list[Reading]] = {}
        for at in part:
            posts.setdefault(waiting[at][0], []).append(waiting[at][1])
        _post(site, *posts.items())
        for meter, at in declaring[number :: len(parts)]:
            site.declare(meter, "counter", 900, since=at, rollover_kwh=lives[meter][1])
        if random.random() < 0.7:
            _settle(site)
    voided = {}
    for meter, (readings, _, _) in lives.items():
        gone = readings[int(random.integers(1, len(readings)))]
        amendments.void(SYSTEM, meter, REGISTER, gone.ts, reason="a test")
        voided[meter] = gone
    _settle(site)
    for meter, (readings, rollover, exchanges) in lives.items():
        rows = counted([each for each in readings if each != voided[meter]], exchanges, rollover)
        first, last = start - DAY, start + (days + 1) * DAY
        for step in ("quarter", "hour", "day"):
            edges = [*energy.local_time.edges(first, last, step, energy.ZoneInfo(zone))]
            expected = second_path.in_stretches(rows, edges)
            assert _by(meter, first, last, step, zone) == pytest.approx(expected, abs=1e-6), (meter, step)
        assert _listed(meter, first, last) == pytest.approx(sum(row.kwh for row in rows), abs=1e-6)


@pytest.mark.parametrize(("later_s", "missing_s"), [(0, 0), (20, 0), (130, 0), (600, 600 - 2 * 60 - 10)])
def test_a_counter_lacks_nothing_until_its_next_reading_is_late(site_in: MakeSite, later_s: int, missing_s: int) -> None:
    site, start = site_in("UTC"), datetime(2026, 6, 24, 12, tzinfo=UTC)
    meter = site.meter("counter", 60)
    moments = second_path.every(start, 60, 121)
    site.samples(meter, "energy_total_kwh", moments, np.arange(121) / 10)
    with held(moments[-1] + timedelta(seconds=later_s)):
        found = energy.energy(SYSTEM, [meter], start, clock.now()).loc[meter]
    assert found["coverage"] == pytest.approx(7200 / (7200 + missing_s), rel=1e-12)
    assert (found["coverage"] == 1) == (missing_s == 0)
    assert found["forward_kwh"] == pytest.approx(12)


@pytest.mark.parametrize(("ahead", "kwh"), [(DAY, 1000.0), (HOUR, 52.0), (100 * DAY, 0.5)])
def test_a_reading_that_has_yet_to_come_counts_nothing_until_its_time(ahead: timedelta, kwh: float, site_in: MakeSite) -> None:
    site = site_in("UTC")
    meter, now = site.meter("counter", 900), clock.now().replace(minute=0, second=0, microsecond=0)
    known = [Reading(now - n * HOUR, 50.0 - n) for n in range(12, 1, -1)]  # silent for two hours
    _post(site, (meter, [*known, Reading(now + ahead, kwh)]))
    start, told = now - 11 * HOUR, [row.kwh for row in counted(known)][1:]
    nothing = [0.0] * 4
    with held(now + timedelta(seconds=80)):
        for _ in range(2):
            assert _by(meter, start, now + 2 * HOUR, "hour") == pytest.approx([*told, *nothing], abs=1e-9)
            assert sum(differences(SYSTEM, meter, start + MINUTE, now + 2 * HOUR)["energy_kwh"]) == pytest.approx(sum(told))
            _settle(site)  # and the same once it is rolled up
