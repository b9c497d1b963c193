from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from store.errors import NotFound
from store.scope import NOBODY, SYSTEM
from store.series import energy, power
from tests.store.series.conftest import Site, every

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def _kwh(meter: str, start: datetime, end: datetime) -> float:
    return float(energy.energy(SYSTEM, [meter], start, end).loc[meter, "forward_kwh"])


def test_hourly_history_adds_up_and_is_divided_by_time(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 3, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 48), range(48))
    assert _kwh(meter, start, start + 48 * HOUR) == sum(range(48))
    assert _kwh(meter, start + 1.5 * HOUR, start + 2.25 * HOUR) == pytest.approx(0.5 * 1 + 0.25 * 2)


def test_a_long_range_is_the_sum_of_its_ragged_ends_and_whole_days(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 3, 1, tzinfo=UTC)
    values = np.random.default_rng(1).uniform(0, 9, 24 * 20)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, len(values)), values)
    first, last = 7, 24 * 15 + 5
    assert _kwh(meter, start + first * HOUR, start + last * HOUR) == pytest.approx(values[first:last].sum())


def test_interval_energy_of_samples_is_the_same_before_and_after_the_rollup(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    values = np.random.default_rng(2).uniform(0, 1, 45)
    site.samples(meter, "energy_kwh", every(quarter, 60, 45), values)
    before = energy.energy(SYSTEM, [meter], quarter, quarter + 3 * QUARTER)
    assert bool(before.loc[meter, "provisional"])
    site.roll_up(quarter + 2 * QUARTER)
    assert _kwh(meter, quarter, quarter + 3 * QUARTER) == pytest.approx(values.sum())
    site.roll_up(quarter + 3 * QUARTER)
    after = energy.energy(SYSTEM, [meter], quarter, quarter + 3 * QUARTER)
    assert after.loc[meter, "forward_kwh"] == pytest.approx(values.sum())
    assert after.loc[meter, "coverage"] == pytest.approx(1)
    assert not bool(after.loc[meter, "provisional"])


def test_a_counters_energy_is_its_difference_through_a_reset(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    register = [100 + 0.1 * n for n in range(20)] + [0.1 * n for n in range(26)]
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 46), register)
    counted = 1.9 + 2.5  # what ran between the last reading before the reset and the reset itself is not known
    assert _kwh(meter, quarter, quarter + 3 * QUARTER) == pytest.approx(counted)
    site.roll_up(quarter + 3 * QUARTER)
    assert _kwh(meter, quarter, quarter + 3 * QUARTER) == pytest.approx(counted)
    assert _kwh(meter, quarter, quarter + QUARTER) == pytest.approx(1.5)


def test_an_exchanged_counter_starts_a_new_declaration_and_nothing_is_invented(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 15), [500 + n for n in range(15)])
    site.declare(meter, "counter", 60, since=quarter + QUARTER)
    site.samples(meter, "energy_total_kwh", every(quarter + QUARTER, 60, 16), [77_000 + n for n in range(16)])
    site.roll_up(quarter + 2 * QUARTER)
    assert _kwh(meter, quarter, quarter + 2 * QUARTER) == pytest.approx(14 + 15)


def test_power_is_integrated_over_the_time_that_has_samples(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", every(quarter, 60, 30), [6.0] * 15 + [-3.0] * 15)
    site.roll_up(quarter + 3 * QUARTER)
    found = energy.energy(SYSTEM, [meter], quarter, quarter + 3 * QUARTER).loc[meter]
    assert found["forward_kwh"] == pytest.approx(1.5)
    assert found["export_kwh"] == pytest.approx(3 * (14 + 2.5) / 60), "the last one holds for two intervals and a half"
    assert found["coverage"] == pytest.approx((29 + 2.5) / 45)


def test_two_sources_of_one_meter_are_never_added(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 16), [n / 60 for n in range(16)])
    site.samples(meter, "energy_kwh", every(quarter, 60, 15), [5.0] * 15)
    site.samples(meter, "power_kw", every(quarter, 60, 15), [7.0] * 15)
    site.roll_up(quarter + QUARTER)
    assert _kwh(meter, quarter, quarter + QUARTER) == pytest.approx(0.25)


def test_history_and_live_declarations_are_spliced_at_their_date(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 3600)
    site.intervals(meter, "energy_kwh", 3600, every(quarter - 2 * HOUR, 3600, 2), [3, 4])
    site.declare(meter, "power", 60, since=quarter)
    site.samples(meter, "power_kw", every(quarter, 60, 60), [2.0] * 60)
    frame = power.mean_power(SYSTEM, [meter], quarter - 2 * HOUR, quarter + HOUR, 3600)
    assert frame[meter].tolist() == pytest.approx([3, 4, 2])
    fine = power.mean_power(SYSTEM, [meter], quarter - HOUR, quarter + HOUR, 300)
    assert fine[meter].tolist() == pytest.approx([4] * 12 + [2] * 12)
    assert _kwh(meter, quarter - 2 * HOUR, quarter + HOUR) == pytest.approx(9)


def test_gaps_are_shown_as_gaps(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", [*every(quarter, 60, 12), *every(quarter + 2 * QUARTER, 60, 15)], [1.0] * 27)
    frame = power.mean_power(SYSTEM, [meter], quarter, quarter + 3 * QUARTER, 900)
    assert frame[meter].iloc[[0, 2]].tolist() == pytest.approx([1, 1])
    assert np.isnan(frame[meter].iloc[1])


def test_a_burst_weighs_no_more_than_the_time_it_took(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", every(quarter, 60, 14), [1.0] * 14)
    site.samples(meter, "power_kw", every(quarter + timedelta(minutes=14), 1, 60), [10.0] * 60)
    for until in (quarter, quarter + QUARTER, quarter + HOUR):
        site.roll_up(until)
        assert _kwh(meter, quarter, quarter + QUARTER) == pytest.approx((14 * 1 + 1 * 10) / 60)
        assert _kwh(meter, quarter, quarter + HOUR) == pytest.approx((14 * 1 + 1 * 10) / 60)


@pytest.mark.parametrize("declared_s", [900, 1800, 3600])
def test_power_at_a_slow_rhythm_counts_as_samples_and_as_intervals_and_never_twice(
    site: Site, quarter: datetime, declared_s: int
) -> None:
    sampled, both = site.meter("power", declared_s), site.meter("power", declared_s)
    start, end = quarter - 2 * HOUR, quarter + 3 * HOUR
    times = every(start + timedelta(minutes=7), declared_s, 5 * 3600 // declared_s + 1)
    for meter in (sampled, both):
        site.samples(meter, "power_kw", times, [6.0] * len(times))
    site.intervals(both, "power_kw", declared_s, every(quarter, declared_s, 3600 // declared_s), [9.0] * (3600 // declared_s))
    for until in (start, quarter + QUARTER, end):
        site.roll_up(until)
        assert _kwh(sampled, quarter, end) == pytest.approx(18)
        assert _kwh(both, quarter, end) == pytest.approx(9 + 12)
        hours = energy.energy_by(SYSTEM, [both], quarter, end, "hour", "UTC")["forward_kwh"]
        assert hours.tolist() == pytest.approx([9, 6, 6])


@pytest.mark.parametrize("declared_s", [60, 300])
def test_a_device_that_posts_at_another_rhythm_than_it_should_loses_nothing(
    site: Site, quarter: datetime, declared_s: int
) -> None:
    meter = site.meter("power", declared_s)
    seconds = declared_s * 11 // 10  # every 66 s instead of 60
    times = every(quarter - timedelta(seconds=20), seconds, 3 * 3600 // seconds + 2)
    site.samples(meter, "power_kw", times, [6.0] * len(times))
    for until in (quarter, quarter + HOUR, quarter + 3 * HOUR):
        site.roll_up(until)
        found = energy.energy(SYSTEM, [meter], quarter, quarter + 3 * HOUR).loc[meter]
        assert (found["forward_kwh"], found["coverage"]) == (pytest.approx(18), pytest.approx(1))


def test_late_samples_change_what_was_already_rolled_up(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 10), [1.0] * 10)
    site.roll_up(quarter + QUARTER)
    late = every(quarter + timedelta(minutes=10), 60, 5)
    site.samples(meter, "energy_kwh", late, [1.0] * 5)
    site.late(meter, "energy_kwh", late)
    site.roll_up(quarter + QUARTER)
    assert _kwh(meter, quarter, quarter + QUARTER) == pytest.approx(15)


def test_a_late_counter_reading_mends_the_quarters_between_its_neighbours(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 900 - 1)
    site.samples(meter, "energy_total_kwh", [quarter, quarter + 4 * QUARTER], [0, 8])
    site.roll_up(quarter + 5 * QUARTER)
    assert _kwh(meter, quarter, quarter + 2 * QUARTER) == pytest.approx(4)
    site.samples(meter, "energy_total_kwh", [quarter + 2 * QUARTER], [7])
    site.late(meter, "energy_total_kwh", [quarter + 2 * QUARTER])
    site.roll_up(quarter + 5 * QUARTER)
    assert _kwh(meter, quarter, quarter + 2 * QUARTER) == pytest.approx(7)
    assert _kwh(meter, quarter, quarter + 4 * QUARTER) == pytest.approx(8)


@pytest.mark.parametrize(("day", "hours"), [(datetime(2026, 3, 29, tzinfo=UTC), 23), (datetime(2025, 10, 26, tzinfo=UTC), 25)])
def test_local_days_of_23_and_25_hours_hold_what_they_hold(site: Site, day: datetime, hours: int) -> None:
    meter = site.meter("interval", 3600)
    site.intervals(meter, "energy_kwh", 3600, every(day - 48 * HOUR, 3600, 120), [1.0] * 120)
    found = energy.energy_by(SYSTEM, [meter], day, day + HOUR, "day", "Europe/London")
    assert found["forward_kwh"].tolist() == [hours]


def test_months_and_half_hour_zones_are_local(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 1, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 24 * 31), [1.0] * 24 * 31)
    found = energy.energy_by(SYSTEM, [meter], start, start + HOUR, "month", "Asia/Kolkata")
    assert found["forward_kwh"].tolist() == pytest.approx([24 * 31 - 5.5])  # January there begins 5:30 earlier


def test_meters_outside_the_scope_do_not_exist(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60)
    for ask in (
        lambda: energy.energy(NOBODY, [meter], quarter, quarter + HOUR),
        lambda: power.mean_power(NOBODY, [meter], quarter, quarter + HOUR, 900),
        lambda: power.live_power(NOBODY, [meter], quarter),
    ):
        with pytest.raises(NotFound):
            ask()


@pytest.mark.parametrize("method", ["power", "interval", "counter"])
def test_live_power_is_told_by_whatever_the_meter_declares(site: Site, quarter: datetime, method: str) -> None:
    meter = site.meter(method, 60)
    times = every(quarter, 60, 5)
    posts = {
        "power": ("power_kw", [9, 9, 9, 9, 12.0]),
        "interval": ("energy_kwh", [0.2] * 5),
        "counter": ("energy_total_kwh", [1, 2, 3, 3, 3.2]),
    }
    site.samples(meter, posts[method][0], times, posts[method][1])
    live = power.live_power(SYSTEM, [meter], quarter + timedelta(minutes=5))[meter]
    assert live.forward_kw == pytest.approx(12)
    assert live.export_kw == 0


def test_live_power_does_not_jump_where_a_register_fell_for_a_moment(site: Site, quarter: datetime) -> None:
    meter, torn, new = (site.meter("counter", 60) for _ in range(3))
    times = every(quarter, 60, 4)
    site.samples(meter, "energy_total_kwh", times, [549.6, 549.73, 0.0, 549.83])
    site.samples(torn, "energy_total_kwh", times, [549.6, 549.73, 0.0, 0.1])
    site.samples(new, "energy_total_kwh", times, [549.5, 549.6, 549.73, 0.0])
    live = power.live_power(SYSTEM, [meter, torn, new], quarter + timedelta(minutes=4))
    assert live[meter].forward_kw == pytest.approx(6, abs=1), "0.1 kWh since it stood there last, not the whole register"
    assert live[torn].forward_kw == pytest.approx(6), "it counts on from zero"
    assert np.isnan(live[new].forward_kw), "what it counted before it was reset is not known"
