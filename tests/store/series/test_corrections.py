"""What people correct of a meter's readings: many values at once, listed with who and why, undone as one, nothing lost."""

from datetime import datetime, timedelta

import pytest

from config import clock
from store.errors import NotFound, Refused
from store.records.plant import devices
from store.scope import NOBODY, SYSTEM
from store.series import amendments, arrivals, corrections, energy, heard, readings, rollup, suspects
from tests.conftest import PATIENT_S
from tests.store.series.conftest import Site, every

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def day() -> datetime:
    """The start of a day some days ago."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 3 * DAY


def _settled(site: Site) -> None:
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "intervals", "late", "amendments"], PATIENT_S)
        site.roll_up(clock.now() - timedelta(seconds=75))


def _kwh(meter: str, day: datetime) -> float:
    return float(energy.energy(SYSTEM, [meter], day, day + DAY).loc[meter, "forward_kwh"])


def test_a_period_is_scaled_listed_and_undone_as_one(site: Site, day: datetime) -> None:
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", every(day, 60, 60), [2.0] * 30 + [2000.0] * 30)
    _settled(site)
    before = _kwh(meter, day)
    at = day + 30 * MINUTE
    assert corrections.scale(SYSTEM, meter, "power_kw", at, day + HOUR, 0.001, reason="W came for kW") == 30
    _settled(site)
    # A sample holds until the next; the last one for two intervals and a half.
    assert _kwh(meter, day) == pytest.approx(2.0 * (59 + 2.5) / 60)
    [made] = corrections.corrections(SYSTEM, meter, day, day + DAY)
    assert (made.kind, made.number, made.in_force, made.reason) == ("value", 30, 30, "W came for kW")
    assert (made.first, made.last) == (at, day + 59 * MINUTE)
    told, total = readings.readings(SYSTEM, meter, at, at + MINUTE)
    assert total == 1
    assert (told[0].value, told[0].said, told[0].void) == (2000.0, 2.0, False)
    assert corrections.undo(SYSTEM, meter, "power_kw", made.recorded_at, day, day + DAY) == 30
    _settled(site)
    assert _kwh(meter, day) == pytest.approx(before)
    [made] = corrections.corrections(SYSTEM, meter, day, day + DAY)
    assert made.in_force == 0
    with pytest.raises(NotFound, match="in force"):
        corrections.undo(SYSTEM, meter, "power_kw", made.recorded_at, day, day + DAY)


def test_undoing_gives_back_what_held_before_and_leaves_what_was_said_since(site: Site, day: datetime) -> None:
    meter = site.meter("interval", 3600)
    site.intervals(meter, "energy_kwh", 3600, every(day, 3600, 4), [1.0, 1.0, 1.0, 1.0])
    amendments.amend(SYSTEM, meter, "energy_kwh", day, 5.0, reason="read by hand", interval_s=3600)
    amendments.void_range(SYSTEM, meter, "energy_kwh", day, day + 3 * HOUR, reason="a wrong file")
    amendments.amend(SYSTEM, meter, "energy_kwh", day + HOUR, 7.0, reason="known since", interval_s=3600)
    assert rollup.await_applied(["amendments", "intervals"], PATIENT_S)
    assert _kwh(meter, day) == pytest.approx(7.0 + 1.0)
    voided = next(each for each in corrections.corrections(SYSTEM, meter, day, day + DAY) if each.kind == "void")
    assert (voided.number, voided.in_force) == (3, 2)
    assert corrections.undo(SYSTEM, meter, "energy_kwh", voided.recorded_at, day, day + DAY) == 2
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert _kwh(meter, day) == pytest.approx(5.0 + 7.0 + 1.0 + 1.0)


def test_what_is_not_there_or_too_much_is_not_scaled(site: Site, day: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meter = site.meter("power", 60)
    with pytest.raises(Refused, match="nothing of power_kw counts"):
        corrections.scale(SYSTEM, meter, "power_kw", day, day + HOUR, 2.0, reason="why not")
    site.samples(meter, "power_kw", every(day, 60, 6), [1.0] * 6)
    monkeypatch.setattr(corrections, "MOST", 5)
    with pytest.raises(Refused, match="choose a shorter time"):
        corrections.scale(SYSTEM, meter, "power_kw", day, day + HOUR, 2.0, reason="why not")
    monkeypatch.setattr(corrections, "MOST", 6)
    with pytest.raises(Refused, match="reason"):
        corrections.scale(SYSTEM, meter, "power_kw", day, day + HOUR, 2.0, reason=" ")
    with pytest.raises(Refused, match="cannot be power_kw"):
        corrections.scale(SYSTEM, meter, "power_kw", day, day + HOUR, 1e9, reason="a slip")
    assert corrections.corrections(SYSTEM, meter, day, day + DAY) == []


def test_all_that_is_held_for_one_cause_is_decided_at_once(site: Site, day: datetime) -> None:
    meter = site.meter("power", 60)
    site.late(meter, "power_kw", every(day, 60, 50))
    site.samples(meter, "power_kw", every(day, 60, 50), [1.0] * 10 + [4294967.292] * 30 + [1.0] * 10)
    _settled(site)
    assert suspects.held_by_meter(SYSTEM, [meter], day, day + DAY) == {meter: 30}
    asked = SYSTEM, meter, "power_kw", 0, "no_number", day, day + DAY
    assert suspects.decide_alike(*asked, true=False, reason="it counts below zero") == 30
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert suspects.held_by_meter(SYSTEM, [meter], day, day + DAY) == {}, "a person has decided"
    found = suspects.suspects(SYSTEM, [meter], day, day + DAY)
    assert found["held"].all()
    assert suspects.decide_alike(*asked, true=True, reason="no, it was so") == 30
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert not suspects.suspects(SYSTEM, [meter], day, day + DAY)["held"].any()


def test_readings_are_paged_the_newest_first_and_of_one_quantity(site: Site, day: datetime) -> None:
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", every(day, 60, 7), range(7))
    site.samples(meter, "voltage_v", every(day, 60, 7), [230.0] * 7)
    site.intervals(meter, "energy_kwh", 3600, [day], [4.5])
    told, total = readings.readings(SYSTEM, meter, day, day + DAY, "power_kw", first=2, count=3)
    assert total == 7
    assert [each.value for each in told] == [4.0, 3.0, 2.0]
    _, total = readings.readings(SYSTEM, meter, day, day + DAY)
    assert total == 15


def test_how_much_of_a_condition_was_read_is_told_by_the_quarters_in_which_it_was(site: Site, day: datetime) -> None:
    meter = site.meter(None)
    site.late(meter, "temperature_c", [day])
    hour_of_quarters = [day + timedelta(minutes=15 * n) for n in range(4)]
    site.samples(meter, "temperature_c", [*hour_of_quarters, day + DAY], [20.0] * 5)
    site.late(meter, "temperature_c", [*hour_of_quarters, day + DAY])
    _settled(site)
    read, due = heard.heard(SYSTEM, [meter], [day, day + DAY, day + 2 * DAY])
    assert read.tolist() == [[3600.0, 900.0]]
    assert due.tolist() == [[86_400.0, 86_400.0]]


def test_what_came_late_is_counted_and_how_far_a_clock_is_off_is_the_median_of_posts(site: Site, day: datetime) -> None:
    meter = site.meter("power", 60)
    now = clock.now()
    site.samples(meter, "power_kw", every(day, 60, 30), [1.0] * 30)
    site.samples(meter, "power_kw", every(day + timedelta(hours=2), 60, 5), [1.0] * 5, source="imp_of_a_file")
    for n in range(3):  # three posts from a device whose clock is ten minutes behind
        site.samples(meter, "power_kw", [now - timedelta(seconds=600 - n)], [1.0])
    assert arrivals.arrived(SYSTEM, [meter], day, now)[meter] == (33, 30)
    device = devices.create_device(SYSTEM, site.id, name="Box").id
    silent = devices.create_device(SYSTEM, site.id, name="Silent box").id
    behind = arrivals.clocks(SYSTEM, [device, silent], {device: [meter], silent: [site.meter("power")]})
    assert behind.keys() == {device}
    assert behind[device].total_seconds() == pytest.approx(600, abs=60)
    with pytest.raises(NotFound):
        arrivals.clocks(NOBODY, [device], {device: [meter]})
