"""What cannot be true is left out of every sum until readings or a person confirm it: cases that meters of the field bring."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest

from config import clock
from store.records.plant import declarations, graph, meters
from store.scope import SYSTEM
from store.series import amendments, capacities, checkpoint, energy, judging, latest, peaks, power, rollup, shares, suspects
from store.series.differences import differences
from tests.conftest import PATIENT_S, thorough
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REGISTER, POWER = "energy_total_kwh", "power_kw"


@pytest.fixture
def noon() -> datetime:
    """Of a recent day."""
    return clock.now().replace(hour=12, minute=0, second=0, microsecond=0) - 2 * DAY


@pytest.fixture
def site(site_in: MakeSite, noon: datetime) -> Site:
    """A site whose days are rolled up: whatever comes now is late."""
    made = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(noon - DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    _settle(made)
    return made


def _settle(site: Site) -> None:
    """The rounds of the worker that it takes: what is held in one changes quarters of the next."""
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "late", "amendments"], PATIENT_S)
        site.roll_up(clock.now() - timedelta(seconds=75))


def _post(site: Site, meter: str, quantity: str, start: datetime, seconds: float, values: Sequence[float]) -> None:
    times = [start + timedelta(seconds=seconds * place) for place in range(len(values))]
    site.late(meter, quantity, times)
    site.samples(meter, quantity, times, values)


def _kwh(meter: str, noon: datetime, register: str | None = REGISTER, days: int = 1) -> float:
    return _kwh_of([meter], noon, register, days)[meter]


def _kwh_of(meters: Sequence[str], noon: datetime, register: str | None = REGISTER, days: int = 1) -> dict[str, float]:
    """Of the days from this one on, which must be the same by quarter, hour and day, and by the list of readings."""
    start = noon - 12 * HOUR
    end = start + days * DAY
    by = {step: energy.energy_by(SYSTEM, meters, start, end, step, "UTC")["forward_kwh"] for step in ("day", "hour", "quarter")}
    totals: dict[str, float] = by["day"].groupby(level="meter").sum().to_dict()
    for step, rows in by.items():
        assert rows.groupby(level="meter").sum().to_dict() == pytest.approx(totals), step
        assert rows.min() >= -1e-9, step
    for meter in meters if register else ():
        assert differences(SYSTEM, meter, start, end)["energy_kwh"].sum() == pytest.approx(totals[meter]), meter
    return totals


def _held(meter: str, noon: datetime) -> list[tuple[float, str]]:
    found = suspects.suspects(SYSTEM, [meter], noon - 12 * HOUR, noon + 12 * HOUR)
    found = found[found["held"].astype(bool)]
    return sorted(zip(found["value"].astype(float), found["code"], strict=True))


COUNTERS = {
    "to zero for one reading": (300, [549.73, 0, 549.73], 0.0, []),
    "a torn word": (60, [19.150, 1255014.4, 19.151], 0.001, [1255014.4]),
    "the low word of before": (60, [655.35, 1310.71, 655.37], 0.02, [1310.71]),
    "the high word of before": (60, [100_000.5, 99_345.2, 100_000.6], 0.1, [99_345.2]),
    "its last digit flickers": (60, [215.6, 215.6, 215.7, 215.6, 215.6], 0.0, []),
    "watts for kilowatts, three times": (
        60,
        [81.2, 81.3, 81_400.0, 81_500.0, 81_600.0, 81.7],
        0.5,
        [81_400.0, 81_500.0, 81_600.0],
    ),
    "a register full of ones": (60, [100.0, 4294967.295, 4294967.295, 100.2], 0.2, [4294967.295, 4294967.295]),
    "full of ones at first": (60, [4294967.295, 100.0, 100.2], 0.2, [4294967.295]),
    "a register of sixteen bits": (60, [100.0, 65_535.0, 65_535.0, 100.2], 0.2, [65_535.0, 65_535.0]),
    "as many nines as it has digits": (60, [8123.4, 999_999.0, 8123.5], 0.1, [999_999.0]),
    "a signed register full of ones": (60, [100.0, 2_147_483.647, 100.2], 0.2, [2_147_483.647]),
    "to zero for ten readings": (60, [549.73, *[0.0] * 10, 549.75], 0.02, [0.0] * 10),
    "megawatts for kilowatts": (60, [812.4, *[0.8124] * 3, *[0.8125] * 2, 812.6], 0.2, [*[0.8124] * 3, *[0.8125] * 2]),
    "to the middle for one reading": (300, [500.0, 300.0, 500.2], 0.2, []),
    "to the middle, where it rises": (60, [500.0, 300.0, 300.1, 300.2, 500.3], 0.3, [300.0, 300.1, 300.2]),
    "to the middle for ten readings": (60, [500.0, *[300.0] * 10, 500.2], 0.2, [300.0] * 10),
    "to the middle twice": (60, [500.0, 300.0, 500.1, 500.2, 300.0, 300.0, 500.3], 0.3, []),
    "to zero to stay there": (300, [500.0, 501.0, *[0.0] * 5, 0.5, 1.0], 2.0, []),
    "a real reset": (300, [500.0, 501.0, 0.2, 0.7, 1.2, 1.7, 2.2], 3.2, []),
    "a reset of a small register": (300, [3.0, 4.0, 0.5, 1.0, 1.5, 2.0], 3.0, []),
}


def test_registers_count_without_what_cannot_be_true(site: Site, noon: datetime) -> None:
    posted = {}
    with site.at_once():
        for which, (seconds, values, _, _) in COUNTERS.items():
            for shift in (0, 12):  # within a quarter of an hour, and across its edge
                posted[which, shift] = site.meter("counter", seconds)
                _post(site, posted[which, shift], REGISTER, noon + shift * MINUTE, seconds, values)
    _settle(site)
    counted = _kwh_of([*posted.values()], noon)
    for (which, shift), meter in posted.items():
        _, _, kwh, held = COUNTERS[which]
        assert counted[meter] == pytest.approx(kwh, abs=1e-9), (which, shift)
        assert [value for value, _ in _held(meter, noon)] == sorted(held), (which, shift)


def test_a_glitch_counts_nothing_wherever_it_is_and_however_it_comes(site: Site, noon: datetime) -> None:
    backwards, silent, beside = (site.meter("counter", 300) for _ in range(3))
    around_midnight = [(noon + 12 * HOUR + n * 5 * MINUTE, kwh) for n, kwh in enumerate([100.0, 0.0, 0.0, 0.0, 0.0, 100.2], -2)]
    for ts, kwh in reversed(around_midnight):  # the newest first, each in a post of its own beside another meter's
        with site.at_once():
            _post(site, backwards, REGISTER, ts, 300, [kwh])
            _post(site, beside, REGISTER, ts, 300, [1000.0 + (ts - noon) / HOUR])
        _settle(site)
    _post(site, silent, REGISTER, noon, 300, [100.0, 100.1, 0.0])
    _settle(site)
    assert _kwh(silent, noon) == pytest.approx(0.1)
    _post(site, silent, REGISTER, noon + 26 * HOUR, 300, [103.0])
    _settle(site)
    assert _kwh(backwards, noon, days=2) == pytest.approx(0.2)
    assert _kwh(beside, noon, days=2) == pytest.approx(25 / 60)
    assert _kwh(silent, noon, days=2) == pytest.approx(3.0)
    assert _held(silent, noon) == [(0.0, "fall")]


WEEKLY = [
    ([3.7, 0.0, 4.2, 4.9], 1.2, [0.0]),
    ([3.7, 4.1, 0.0, 4.2], 0.5, [0.0]),
    ([3.7, 0.0, 0.0, 3.9], 0.2, [0.0, 0.0]),
    ([3.7, 4.1, 4.2, 0.0], 0.5, []),  # nothing follows yet
    ([3.7, 0.0, 0.4, 0.9], 0.9, []),
    ([500.0, 0.0, 570.0, 650.0], 150.0, [0.0]),
]


def test_a_zero_of_a_register_that_is_read_once_a_week_is_decided_by_what_follows(site: Site, noon: datetime) -> None:
    registers, start, week = [site.meter("counter", 900) for _ in WEEKLY], noon - 21 * DAY, 7 * DAY
    for place in range(4):  # each reading in its own time
        with site.at_once():
            for meter, (values, _, _) in zip(registers, WEEKLY, strict=True):
                _post(site, meter, REGISTER, start + place * week, week.total_seconds(), [values[place]])
        _settle(site)
    for meter, (values, kwh, held) in zip(registers, WEEKLY, strict=True):
        assert _kwh(meter, start, days=22) == pytest.approx(kwh), values
        found = suspects.suspects(SYSTEM, [meter], start - DAY, noon + DAY)
        assert found.loc[found["held"].astype(bool), "value"].tolist() == held, values


def test_power_beyond_a_meters_capacity_is_no_energy(site: Site, noon: datetime) -> None:
    meter = site.meter("power", 60)
    _post(site, meter, POWER, noon - 15 * MINUTE, 60, [11.77] * 22 + [771358.72] + [11.77] * 22)
    _settle(site)
    assert _held(meter, noon) == [(771358.72, "beyond_capacity")]
    rows = energy.energy_by(SYSTEM, [meter], noon, noon + 15 * MINUTE, "quarter", "UTC")
    assert rows["forward_kwh"].tolist() == pytest.approx([11.77 * 0.25])


def test_a_small_negative_power_read_as_unsigned_is_no_energy(site: Site, noon: datetime) -> None:
    meter = site.meter("power", 60)
    _post(site, meter, POWER, noon, 60, [1.0] * 10 + [4294967.292] * 30 + [1.0] * 10)
    _settle(site)
    assert _held(meter, noon) == [(4294967.292, "no_number")] * 30
    # The tenth holds for two intervals and a half, and the last for as long.
    assert _kwh(meter, noon, None) == pytest.approx((9 + 2.5 + 9 + 2.5) / 60)


def test_a_person_accepts_voids_and_takes_that_back(site: Site, noon: datetime) -> None:
    meter = site.meter("counter", 60)
    _post(site, meter, REGISTER, noon, 60, [19.149, 19.150, 1255014.4, 19.151])
    _settle(site)
    at = noon + 2 * MINUTE
    suspects.accept(SYSTEM, meter, REGISTER, at, reason="it was so")
    _settle(site)
    assert _kwh(meter, noon) == pytest.approx(1255014.4 - 19.149 + 19.151)
    [found] = suspects.suspects(SYSTEM, [meter], noon, noon + HOUR).to_dict("records")
    assert not found["held"] and found["value"] == 1255014.4
    suspects.undo(SYSTEM, meter, REGISTER, at)
    _settle(site)
    assert _kwh(meter, noon) == pytest.approx(0.002)
    suspects.void(SYSTEM, meter, REGISTER, noon, reason="a test reading")
    _settle(site)
    assert _kwh(meter, noon) == pytest.approx(0.001)


def test_readings_that_come_later_confirm_or_refute(site: Site, noon: datetime) -> None:
    meter = site.meter("counter", 60)
    _post(site, meter, REGISTER, noon, 60, [100.0, 100.1, 90_000.0])
    _settle(site)
    assert _held(meter, noon) == [(90_000.0, "jump")]
    assert _kwh(meter, noon) == pytest.approx(0.1)
    _post(site, meter, REGISTER, noon + 3 * MINUTE, 60, [100.3, 100.4])
    _settle(site)
    assert _held(meter, noon) == [(90_000.0, "jump")]
    assert _kwh(meter, noon) == pytest.approx(0.4)
    other = site.meter("power", 60)
    _post(site, other, POWER, noon, 60, [2.0] * 5 + [20_000.0] * 3)
    _settle(site)
    assert len(_held(other, noon)) == 3
    _post(site, other, POWER, noon + 8 * MINUTE, 60, [20_000.0] * 3)
    _settle(site)
    assert not _held(other, noon)


def test_what_is_held_is_not_the_latest(site: Site) -> None:
    now = clock.now().replace(microsecond=0)
    power_meter, counter = site.meter("power", 60), site.meter("counter", 60)
    start = now - 4 * MINUTE
    site.samples(power_meter, POWER, [start + n * MINUTE for n in range(4)], [1.0, 2.0, 3.0, 4294967.292])
    site.samples(counter, REGISTER, [start + n * MINUTE for n in range(4)], [100.0, 100.1, 100.2, 90_000.0])
    site.samples(site.meter("power", 60), POWER, [now], [1.0])
    site.roll_up(now - timedelta(seconds=75))
    assert rollup.await_applied(["amendments"], PATIENT_S)
    for _ in range(2):  # also once the records keep the newest
        found = latest.latest(SYSTEM, [power_meter, counter])
        assert found[power_meter, POWER] == (start + 2 * MINUTE, 3.0)
        assert found[counter, REGISTER] == (start + 2 * MINUTE, 100.2)
        live = power.live_power(SYSTEM, [power_meter, counter], now)
        assert live[power_meter].forward_kw == 3.0
        assert live[counter].forward_kw == pytest.approx(6.0)
        site.roll_up(now - timedelta(seconds=75))


def test_what_was_counted_unread_is_spread_as_estimated_and_is_no_peak(site: Site, noon: datetime) -> None:
    counter, said, silent = site.meter("counter", 3600), site.meter("interval", 3600), site.meter("power", 60)
    readings = {-3: 109_552.248, -2: 109_554.016, 0: 109_562.072, 1: 109_563.072}  # none an hour before noon
    for hour, kwh in readings.items():
        _post(site, counter, REGISTER, noon + hour * HOUR, 3600, [kwh])
    weekly = site.meter("counter", 900)
    _post(site, weekly, REGISTER, noon - 10 * HOUR, 3600 * 10, [1000.0, 1012.0])
    site.intervals(said, "energy_kwh", 3600, [noon, noon + HOUR], [3.0, 5.0])
    amendments.amend(SYSTEM, said, "energy_kwh", noon, 1.0, reason="read by hand", interval_s=3600)
    _settle(site)
    start, end = noon - 12 * HOUR, noon + 12 * HOUR
    hours = energy.energy_by(SYSTEM, [counter], noon - 3 * HOUR, noon + HOUR, "hour", "UTC")
    assert hours["forward_kwh"].tolist() == pytest.approx([1.768, 4.028, 4.028, 1.0])
    assert hours["coverage"].tolist() == pytest.approx([1, 0.5, 0.5, 1])
    found = shares.shares(SYSTEM, [counter, said, silent, weekly], start, end)
    # One interval of the two hours is heard of, spread over both.
    assert found.loc[counter].to_dict() == pytest.approx(
        {"A": (10.824 - 4.028) / 10.824, "S": 0.0, "E": 4.028 / 10.824, "M": 0.0}
    )
    assert found.loc[said].to_dict() == pytest.approx({"A": 5 / 6, "S": 0.0, "E": 0.0, "M": 1 / 6})
    assert found.loc[weekly].to_dict() == pytest.approx({"A": 0.0, "S": 0.0, "E": 1.0, "M": 0.0})
    assert found.loc[silent].isna().all()
    assert peaks.peaks(SYSTEM, [weekly], start, end, "quarter", "UTC")[weekly].forward is None


def test_an_interval_of_more_than_its_meter_can_do_is_held_however_late_it_comes(site: Site, noon: datetime) -> None:
    meter = site.meter("interval", 3600)
    judging._told.clear()  # it is looked for every five minutes
    site.intervals(meter, "energy_kwh", 3600, [noon - n * HOUR for n in range(9)], [2.0] * 4 + [771_358.72] + [2.0] * 4)
    _settle(site)
    assert _held(meter, noon) == [(771_358.72, "beyond_capacity")]
    assert _kwh(meter, noon, None) == pytest.approx(16.0)


WRONG = (lambda kwh: kwh * 65_536, lambda kwh: kwh * 1000, lambda kwh: kwh + 65_536_000.0, lambda _: 4_294_967.295)


@pytest.mark.parametrize("seed", [0, *thorough(1)])
def test_wherever_readings_are_wrong_every_period_is_the_last_less_the_first(site: Site, noon: datetime, seed: int) -> None:
    random, day = np.random.default_rng(seed), noon - 12 * HOUR
    lives: dict[str, tuple[list[datetime], list[float]]] = {}
    with site.at_once():
        for seconds in (60, 300, 900, 900, 3600, 3600):
            count = int(30 * 3600 / seconds)
            moments = [day - 2 * HOUR + timedelta(seconds=seconds * n) for n in range(count)]
            true = random.uniform(200, 90_000) + random.uniform(0, 5 * seconds / 3600, count).cumsum()
            said, believed = true.copy(), np.ones(count, bool)
            for _ in range(2):
                length, change = int(random.integers(1, 4)), WRONG[random.integers(len(WRONG))]
                first = int(random.integers(2, count - 8))
                if believed[first - 2 : first + length + 5].all():
                    said[first : first + length] = [change(kwh) for kwh in true[first : first + length]]
                    believed[first : first + length] = False
            meter = site.meter("counter", seconds)
            site.late(meter, REGISTER, moments)
            site.samples(meter, REGISTER, moments, said)
            lives[meter] = [ts for ts, is_so in zip(moments, believed, strict=True) if is_so], true[believed].tolist()
    _settle(site)
    for meter, (times, kwh) in lives.items():
        # What was counted between two readings that are true is spread evenly between them.
        seconds_of = [ts.timestamp() for ts in times]
        for step, zone in (("quarter", "UTC"), ("hour", "Asia/Kathmandu"), ("day", "America/St_Johns")):
            rows = energy.energy_by(SYSTEM, [meter], day + 3 * HOUR, day + 20 * HOUR, step, zone)["forward_kwh"]
            starts = [ts.timestamp() for ts in rows.index.get_level_values("ts")]
            end = starts[-1] + {"quarter": 900, "hour": 3600, "day": 86_400}[step]
            stood = np.interp([*starts, end], seconds_of, kwh)
            assert rows.tolist() == pytest.approx(np.diff(stood).tolist(), abs=1e-6), (meter, step)


def _rate(meter: str, kw: float | None) -> None:
    """Declare what the meter is rated for, in the place of what was declared."""
    [*_others, there] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    said = {name: getattr(there, name) for name in ("method", "interval_s", "valid_from", "rollover_kwh")}
    declarations.correct_declaration(SYSTEM, there.id, **said, rated_kw=kw)


def test_a_rating_that_is_declared_afterwards_holds_what_was_believed_and_one_taken_back_restores_it(
    site: Site, noon: datetime
) -> None:
    sampled, register, said = site.meter("power", 60), site.meter("counter", 60), site.meter("interval", 3600)
    judging._told.clear()
    _post(site, sampled, POWER, noon, 60, [3.0] * 10 + [70.0] * 2 + [3.0] * 10)
    _post(site, register, REGISTER, noon, 60, [100.0, 100.1, 140.1, 100.2, 100.3])
    site.intervals(said, "energy_kwh", 3600, [noon - n * HOUR for n in range(9)], [2.0] * 4 + [90.0] + [2.0] * 4)
    _settle(site)
    believed = {each: _kwh(each, noon, None) for each in (sampled, said)}
    assert believed == pytest.approx({sampled: (19 * 3 + 2 * 70 + 2.5 * 3) / 60, said: 106.0})
    assert not _held(sampled, noon) and not _held(said, noon)
    for meter in (sampled, register, said):
        _rate(meter, 5.0)
    _settle(site)
    assert _held(sampled, noon) == [(70.0, "beyond_capacity")] * 2
    assert [value for value, _ in _held(register, noon)] == [140.1]
    assert _held(said, noon) == [(90.0, "beyond_capacity")]
    assert _kwh(said, noon, None) == pytest.approx(16.0)
    assert _kwh(register, noon) == pytest.approx(0.3)
    for meter in (sampled, said):
        _rate(meter, None)
    _settle(site)
    assert {each: _kwh(each, noon, None) for each in (sampled, said)} == pytest.approx(believed)


def test_each_time_is_judged_by_the_rating_of_that_time(site: Site, noon: datetime) -> None:
    meter = site.meter("power", 60)
    _rate(meter, 5.0)
    _post(site, meter, POWER, noon - 10 * MINUTE, 60, [4.0, 40.0] + [4.0] * 8)
    _post(site, meter, POWER, noon, 60, [4.0, 40.0, 400.0] + [4.0] * 8)
    declarations.declare_energy(SYSTEM, meter, method="power", interval_s=60, valid_from=noon, rated_kw=50.0)
    _settle(site)
    found = suspects.suspects(SYSTEM, [meter], noon - HOUR, noon + HOUR)
    assert found[["ts", "value"]].values.tolist() == [[noon + 2 * MINUTE, 400.0], [noon - 9 * MINUTE, 40.0]]


def test_a_meters_own_rating_is_before_its_nodes_and_is_told_with_what_it_is(site: Site, noon: datetime) -> None:
    meter = site.meter("power", 900)
    assert capacities.in_force(SYSTEM, meter).of == "unknown"
    site.intervals(meter, POWER, 900, [noon - n * 15 * MINUTE for n in range(200)], [2.0] * 195 + [3.0] * 5)
    site.intervals(meter, "energy_kwh", 900, [noon - n * 15 * MINUTE for n in range(200)], [0.5] * 195 + [0.75] * 5)
    capacities._usual.clear()
    assert capacities.in_force(SYSTEM, meter) == ("usual", 60.0, None, 3.0)
    edge = meters.require_meters(SYSTEM, [meter])[meter].edge_id
    wired = graph.wiring(SYSTEM, site.id)
    end = next(each.to_node_id for each in wired.edges if each.id == edge)
    load = next(each for each in wired.nodes if each.id == end)
    kept = {name: getattr(load, name) for name in ("name", "kind", "technology", "capacity_kwh", "plan_x", "plan_y")}
    graph.describe_node(SYSTEM, end, capacity_kw=20.0, **kept)
    assert capacities.in_force(SYSTEM, meter) == ("of_nodes", 24.0, 20.0, 0.0)
    _rate(meter, 100.0)
    assert capacities.in_force(SYSTEM, meter) == ("declared", 120.0, 100.0, 0.0)
