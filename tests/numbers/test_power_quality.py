"""A week of a supply: its means, counts and times outside limits are those of the readings themselves, computed a second time."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from config import clock
from config.limits import Limit
from insight import power_quality as supply
from insight.power_quality import Rule, Week
from insight.shared import shared
from store.errors import NotFound
from store.records.plant import graph, limits, meters
from store.scope import SYSTEM, Scope, Window
from store.series import amendments, rollup
from tests.conftest import PATIENT_S
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site, every

BERLIN, KATHMANDU = "Europe/Berlin", "Asia/Kathmandu"  # the latter's midnight is in the middle of ten minutes of UTC
MONDAY = date(2026, 3, 23)  # the clocks are set forward at the end of that week: it lacks an hour
NOW = datetime(2026, 3, 30, 9, tzinfo=UTC)
PHASES = ("voltage_l1_v", "voltage_l2_v", "voltage_l3_v")


@pytest.fixture(autouse=True)
def after_the_week(monkeypatch: pytest.MonkeyPatch) -> None:
    shared.clear()
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "now_us", lambda: round(NOW.timestamp() * 1e6))


def at_the_grid(site: Site) -> str:
    """A meter of the grid's connection."""
    grid = graph.create_node(SYSTEM, site.id, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO)
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=grid.id, to_node_id=site.bus, valid_from=LONG_AGO)
    return meters.create_meter(SYSTEM, site.id, name="Grid", edge_id=edge.id).id


def week_of(zone: str) -> tuple[datetime, datetime]:
    return second_path.local_midnight(zone, 2026, 3, 23), second_path.local_midnight(zone, 2026, 3, 30)


def ticks(zone: str) -> pd.DatetimeIndex:
    """The ten minutes of UTC that begin in the week."""
    start, end = week_of(zone)
    return pd.DatetimeIndex([at for at in pd.date_range("2026-03-22", "2026-03-31", freq="10min", tz="UTC") if start <= at < end])


def rms(moments: list[datetime], values: np.ndarray, zone: str, least: int) -> pd.Series:
    """The root of the mean square of each ten minutes of the week with so many readings."""
    groups = pd.Series(np.square(values), pd.DatetimeIndex(moments)).groupby(pd.DatetimeIndex(moments).floor("10min"))
    return np.sqrt(groups.mean()).where(groups.size() >= least).reindex(ticks(zone))


def rule(week: Week, quantity: str, at: int = 0) -> Rule:
    return [each for each in week.rules if each.of.quantity == quantity][at]


def supplied(site: Site, meter: str, zone: str) -> tuple[list[datetime], dict[str, np.ndarray]]:
    """Voltages of a week, read every minute, with hours without readings, a sag of a phase, and ten minutes of few readings."""
    start, end = week_of(zone)
    random, count = np.random.default_rng(50160), round((end - start).total_seconds() / 60)
    moments = every(start, 60, count)
    hours = np.array([(at - start).total_seconds() / 3600 for at in moments])
    volts = {phase: random.normal(230 + place, 1.5, count) for place, phase in enumerate(PHASES)}
    volts["voltage_l2_v"] -= np.where((hours >= 30) & (hours < 31), 31, 0) + np.where((hours >= 60) & (hours < 75), 28, 0)
    heard = ~((hours >= 100) & (hours < 103.2)) & ~((hours >= 120) & (hours < 120.1))
    kept = [at for at, yes in zip(moments, heard.tolist(), strict=True) if yes]
    volts = {phase: values[heard] for phase, values in volts.items()}
    with site.at_once():
        for phase, values in volts.items():
            site.samples(meter, phase, kept, values)
    return kept, volts


@pytest.mark.parametrize(("zone", "due"), [(BERLIN, 1002), (KATHMANDU, 1008)])
def test_means_counts_unbalance_and_times_outside_are_those_of_the_readings(site_in: MakeSite, zone: str, due: int) -> None:
    site = site_in(zone)
    meter = at_the_grid(site)
    moments, volts = supplied(site, meter, zone)
    week = supply.week(SYSTEM, site.id, meter, MONDAY)
    assert len(ticks(zone)) == due
    assert (week.edges[:-1] == ticks(zone)).all()
    assert week.is_over
    wanted = {phase: rms(moments, values, zone, 5) for phase, values in volts.items()}
    for phase, means in wanted.items():
        np.testing.assert_allclose(week.characteristics[phase].values, means.to_numpy(), rtol=1e-9)
        for at, (low, share) in enumerate(((207.0, 0.95), (195.5, 1.0))):
            found = rule(week, phase, at)
            within = int(((means >= low) & (means <= 253.0)).sum())
            assert found.counted == (int(means.notna().sum()), within)
            assert (found.due, found.mean_s, found.share) == (due, 600, share)
            assert found.is_met == (within >= share * means.notna().sum())
            assert not found.is_sure, "a minute is too long between readings"
    assert [rule(week, "voltage_l2_v", at).is_met for at in (0, 1)] == [False, True]
    three = pd.DataFrame(wanted)
    off = 100 * three.sub(three.mean(axis=1, skipna=False), axis=0).abs().max(axis=1, skipna=False) / three.mean(axis=1)
    found = rule(week, "unbalance_pct")
    np.testing.assert_allclose(found.of.values, off.to_numpy(), rtol=1e-9)
    assert (found.of.how, found.counted.within) == ("phases", int((off <= 2).sum()))
    outside = wanted["voltage_l2_v"] < 207
    begins = outside.index[outside & ~outside.shift(fill_value=False)]
    told = [each for each in week.excursions if each.quantity == "voltage_l2_v"]
    assert [each.begin for each in reversed(told)] == [*begins]
    assert sum((each.end - each.begin for each in told), timedelta()) == outside.sum() * timedelta(minutes=10)
    assert min(each.extreme for each in told) == pytest.approx(float(wanted["voltage_l2_v"].min()))


def test_the_frequency_is_counted_by_ten_seconds_also_where_somebody_corrected_it(site_in: MakeSite) -> None:
    site = site_in(BERLIN)
    meter = at_the_grid(site)
    start = second_path.local_midnight(BERLIN, 2026, 3, 29)
    moments = every(start, 5, 16_560)
    hertz = np.random.default_rng(50).normal(50, 0.3, len(moments))
    site.samples(meter, "frequency_hz", moments, hertz)

    def wanted(values: np.ndarray) -> list[tuple[int, int]]:
        means = pd.Series(values, pd.DatetimeIndex(moments)).resample("10s").mean()
        return [(len(means), int(means.between(*band).sum())) for band in ((49.5, 50.5), (47.0, 52.0))]

    def counted() -> list[tuple[int, int]]:
        shared.clear()
        week = supply.week(SYSTEM, site.id, meter, MONDAY)
        rules = [rule(week, "frequency_hz", at) for at in (0, 1)]
        assert all((each.mean_s, each.due, each.share is not None) == (10, 60_120, True) for each in rules)
        assert not any(each.is_sure for each in rules), "a day is no week"
        return [tuple(each.counted) for each in rules]

    assert counted() == wanted(hertz)
    assert 0 < counted()[0][1] < 8280
    amendments.amend(SYSTEM, meter, "frequency_hz", moments[0], 70.0, reason="to see it counted")
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert counted() == wanted(np.array([70.0, *hertz[1:]]))
    assert counted()[1][1] == 8279


def test_means_of_the_meter_itself_are_sure_and_what_longer_intervals_tell_is_not(site_in: MakeSite) -> None:
    site = site_in(BERLIN)
    meter, start = at_the_grid(site), week_of(BERLIN)[0]
    moments = [at.to_pydatetime() for at in ticks(BERLIN)]
    site.samples(meter, "voltage_l12_v", moments, [400.0] * 1002, lasts_s=600)
    site.samples(meter, "voltage_l23_v", moments, [392.0] * 1002, lasts_s=600)
    site.samples(meter, "voltage_l31_v", moments, [400.0] * 1002, lasts_s=600)
    site.samples(meter, "frequency_hz", moments, [50.0] * 1002)
    hours = every(start, 3600, 167)
    site.intervals(meter, "voltage_l1_v", 3600, hours, [250.0 if n < 100 else 260.0 for n in range(167)])
    week = supply.week(SYSTEM, site.id, meter, MONDAY)
    between = rule(week, "voltage_l12_v")
    assert (between.is_sure, between.is_met, between.counted) == (True, True, (1002, 1002))
    assert between.high == pytest.approx(253 * 3**0.5)
    unbalance = rule(week, "unbalance_pct")
    assert (unbalance.of.how, unbalance.is_sure, unbalance.is_met) == ("between", True, True)
    squares = np.array([400.0, 392.0, 400.0]) ** 2
    root = np.sqrt(3 - 6 * (squares**2).sum() / squares.sum() ** 2)
    assert unbalance.of.values == pytest.approx(np.full(1002, 100 * np.sqrt((1 - root) / (1 + root))))
    assert (rule(week, "frequency_hz").mean_s, rule(week, "frequency_hz").is_sure) == (600, False)
    longer = rule(week, "voltage_l1_v")
    assert (longer.of.longer, longer.is_sure, longer.counted) == (1002, False, (1002, 600))
    [outside] = [each for each in week.excursions if each.quantity == "voltage_l1_v"]
    assert (outside.begin, outside.lasts, outside.critical) == (start + timedelta(hours=100), True, True)


def test_limits_of_the_site_take_the_standards_place_and_a_week_that_is_not_over_counts_what_is(
    site_in: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_in("UTC")
    meter, start = at_the_grid(site), datetime(2026, 3, 23, tzinfo=UTC)
    limits.set_limit(SYSTEM, site.id, Limit("voltage_v", 228.0, 232.0, None, None, "the contract"))
    monkeypatch.setattr(clock, "now", lambda: start + timedelta(hours=2, minutes=7))
    site.samples(meter, "voltage_l1_v", every(start, 10, 762), [231.0] * 360 + [233.0] * 402)
    week = supply.week(SYSTEM, site.id, meter, MONDAY)
    assert (week.is_over, week.due) == (False, 12)
    [only] = week.rules
    assert (only.low, only.high, only.counted, only.due) == (228.0, 232.0, (12, 6), 12)
    assert (only.is_met, only.is_sure) == (False, True)
    [outside] = week.excursions
    assert (outside.begin, outside.end, outside.lasts) == (start + timedelta(hours=1), start + timedelta(hours=2), True)


def test_a_week_is_told_of_the_times_and_meters_that_are_ones_own(site_in: MakeSite) -> None:
    site = site_in("UTC")
    meter, other = at_the_grid(site), site.meter("power")
    start = datetime(2026, 3, 23, tzinfo=UTC)
    site.samples(meter, "voltage_v", every(start, 600, 1008), [230.0] * 1008)
    site.samples(other, "power_kw", every(start, 600, 10), [1.0] * 10)
    own = {"user_id": "usr_any", "part_site_ids": frozenset({site.id}), "meter_ids": frozenset({meter})}
    late = Scope(**own, held={meter: (Window(start + timedelta(days=3), NOW + timedelta(days=9)),)})
    assert rule(supply.week(Scope(**own), site.id, meter, MONDAY), "voltage_v").counted == (1008, 1008)
    assert rule(supply.week(late, site.id, meter, MONDAY), "voltage_v").counted == (576, 576)
    for scope, of in ((SYSTEM, other), (Scope("usr_any"), meter), (Scope(**own | {"meter_ids": frozenset({other})}), meter)):
        with pytest.raises(NotFound):
            supply.week(scope, site.id, of, MONDAY)
