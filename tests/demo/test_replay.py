"""A replay neither creates nor loses energy, keeps weekday and season, and never contradicts itself."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from demo import replay
from demo.replay import YEAR_H, Battery

FIRST = int(datetime(2019, 1, 2, tzinfo=UTC).timestamp())
NOW = int(datetime(2026, 11, 21, 9, tzinfo=UTC).timestamp())


@pytest.fixture(scope="module")
def loads() -> replay.Flows:
    random = np.random.default_rng(1)
    hourly = random.gamma(2.0, 3.0, (YEAR_H, 3))
    hourly[random.random((YEAR_H, 3)) < 0.1] = 0
    return replay.flows(hourly)


@pytest.fixture(scope="module")
def net(loads: replay.Flows) -> replay.Flows:
    """Loads less generation: a flow that changes its direction within hours."""
    sun = np.maximum(np.sin((np.arange(YEAR_H) % 24 - 6) / 12 * np.pi), 0)[:, None] * 60
    return loads.total() - replay.flows(sun)


def at(*moments: float) -> replay.Place:
    return replay.place(FIRST, np.array(moments, dtype=np.float64))


@pytest.mark.parametrize("step_s", [5, 7, 60, 900, 1700, 3600])
def test_every_split_keeps_every_hour_exactly(loads: replay.Flows, net: replay.Flows, step_s: int) -> None:
    both = replay.beside(loads, net)
    registers = replay.registers(both)
    hours = np.arange(NOW, NOW + 48 * 3600 + 1, 3600)
    edges = np.unique(np.concatenate([hours, np.arange(NOW, NOW + 48 * 3600, step_s)]))
    forward, back = replay.energies(registers, replay.place(FIRST, edges))
    sums = np.add.reduceat(forward - back, np.searchsorted(edges, hours[:-1]), axis=0)
    expected = both.energy[replay.place(FIRST, hours[:-1]).hour]
    np.testing.assert_allclose(sums, expected, atol=1e-9)


def test_hourly_loads_come_back_to_the_last_bit(loads: replay.Flows) -> None:
    forward, back = replay.energies(replay.registers(loads), replay.place(FIRST, FIRST + 3600 * np.arange(YEAR_H + 1)))
    np.testing.assert_allclose(forward, loads.energy, rtol=1e-12, atol=1e-9)
    assert not back.any()


def test_power_is_continuous_and_a_load_never_gives(loads: replay.Flows) -> None:
    hours = NOW + 3600 * np.arange(24 * 7)
    before, after = (replay.power(loads, replay.place(FIRST, hours + shift)) for shift in (-1e-4, 1e-4))
    np.testing.assert_allclose(before, after, atol=1e-4)
    assert replay.power(loads, replay.place(FIRST, np.arange(NOW, NOW + 86400, 30))).min() >= -1e-12


def test_power_integrates_to_energy(net: replay.Flows) -> None:
    edges = np.arange(NOW, NOW + 3 * 86400 + 1, 10)
    forward, back = replay.energies(replay.registers(net), replay.place(FIRST, edges))
    power = replay.power(net, replay.place(FIRST, (edges[:-1] + edges[1:]) / 2))
    np.testing.assert_allclose(forward - back, power * 10 / 3600, atol=1e-6)
    np.testing.assert_allclose(forward.sum(), np.maximum(power, 0).sum() * 10 / 3600, rtol=1e-5)
    assert back.sum() > 1
    assert forward.sum() > 1
    assert (np.minimum(forward, back) > 1e-9).sum() < 20, "both directions only where the sign changes within a step"


def test_adding_flows_keeps_the_balance_at_every_instant(loads: replay.Flows) -> None:
    moments = replay.place(FIRST, np.arange(NOW, NOW + 86400, 37))
    np.testing.assert_allclose(replay.power(loads.total(), moments), replay.power(loads, moments).sum(axis=1, keepdims=True))


def test_counters_rise_over_the_end_of_the_year_and_agree_with_energies(net: replay.Flows) -> None:
    registers = replay.registers(net)
    for year in range(2020, 2032):
        start = datetime(year, 12, 25, tzinfo=UTC).timestamp()
        edges = replay.place(FIRST, np.arange(start, start + 16 * 86400, 1800))
        for counter, energy in zip(replay.counters(registers, edges), replay.energies(registers, edges), strict=True):
            assert np.diff(counter, axis=0).min() >= -1e-7
            np.testing.assert_allclose(np.diff(counter, axis=0), energy, atol=1e-6)


def test_power_is_continuous_where_the_year_ends_or_repeats_a_week(loads: replay.Flows) -> None:
    lengths = set()
    for year in range(2020, 2032):
        days = FIRST + 86400 * np.arange((year - 2019) * 365 - 12, (year - 2019) * 365 + 12)
        hours = replay.place(FIRST, days).hour
        seams = days[np.flatnonzero(np.diff(hours) != 24) + 1]
        assert len(seams) in (1, 2)
        lengths.add(len(seams))
        before, after = (replay.power(loads, replay.place(FIRST, seams + shift)) for shift in (-1e-4, 1e-4))
        np.testing.assert_allclose(before, after, atol=1e-4)
    assert lengths == {1, 2}, "some replays last 53 weeks"


def test_weekday_and_season_are_the_recordings() -> None:
    for days in range(-800, 9000, 13):
        moment = datetime(2019, 1, 2, 17, 40, tzinfo=UTC) + timedelta(days=days)
        spot = at(moment.timestamp())
        recorded = datetime(2019, 1, 2, tzinfo=UTC) + timedelta(hours=float(spot.hour[0] + spot.part[0]))
        assert recorded.weekday() == moment.weekday()
        assert (recorded.hour, round(recorded.minute + recorded.second / 60)) == (17, 40)
        apart = abs(recorded.timetuple().tm_yday - moment.timetuple().tm_yday)
        assert min(apart, 365 - apart) <= 9


def test_clock_changes_neither_double_nor_drop_an_hour(loads: replay.Flows) -> None:
    london = ZoneInfo("Europe/London")
    for day, length in ((datetime(2026, 3, 29, tzinfo=london), 23), (datetime(2026, 10, 25, tzinfo=london), 25)):
        start, end = day.timestamp(), (day + timedelta(days=1)).timestamp()
        assert end - start == length * 3600
        hours = replay.place(FIRST, np.arange(start, end, 3600)).hour
        assert list(np.diff(hours)) == [1] * (length - 1)


def test_only_whole_recordings_are_replayed() -> None:
    with pytest.raises(ValueError, match="8736 hours"):
        replay.flows(np.ones((8760, 1)))
    with pytest.raises(ValueError, match="finite"):
        replay.flows(np.full((YEAR_H, 1), np.nan))


@pytest.fixture(scope="module")
def batteries() -> tuple[Battery, replay.Flows, np.ndarray]:
    battery = Battery(kwh=6.4, kw=5.0, efficiency=0.9, reserve=0.1)
    clock = np.arange(YEAR_H) % 24
    surplus = np.random.default_rng(2).gamma(1.0, 1.5, (YEAR_H, 4)) * ((clock > 8) & (clock < 15))[:, None]
    need = np.random.default_rng(3).gamma(1.0, 0.7, (YEAR_H, 4))
    terminal, stored = replay.operate(battery, surplus, (clock >= 15) & (clock < 20), need)
    return battery, replay.flows(terminal), stored


def test_a_battery_stays_within_its_limits_and_never_charges_and_discharges_at_once(
    batteries: tuple[Battery, replay.Flows, np.ndarray],
) -> None:
    battery, flows, stored = batteries
    edges = replay.place(FIRST, np.arange(NOW, NOW + 5 * 86400, 60))
    power = replay.power(flows, edges)
    assert np.abs(power).max() <= battery.kw + 1e-9
    assert power.max() > 2
    assert power.min() < -1
    soc = replay.charge(battery, flows, stored, edges)
    assert soc.min() >= battery.reserve - 1e-9
    assert soc.max() <= 1
    charged, discharged = replay.energies(replay.registers(flows), edges)
    assert not ((charged > 1e-12) & (discharged > 1e-12)).any()
    hourly = replay.energies(replay.registers(flows), replay.place(FIRST, NOW + 3600 * np.arange(500)))
    assert not ((hourly[0] > 1e-12) & (hourly[1] > 1e-12)).any(), "not even within an hour"
    np.testing.assert_allclose(
        np.diff(soc, axis=0) * battery.kwh, charged * battery.one_way - discharged / battery.one_way, atol=1e-9
    )


def test_a_battery_that_would_jump_where_the_year_ends_is_refused() -> None:
    with pytest.raises(ValueError, match="reserve"):
        replay.operate(Battery(6.4, 5, 0.9, 0.1), np.ones((YEAR_H, 1)), np.zeros(YEAR_H, dtype=bool), np.zeros((YEAR_H, 1)))
