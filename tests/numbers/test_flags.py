"""Flags stand beside the readings: made when a day has ended, again for late data, and withdrawn when their cause is gone."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from config import clock
from insight import quality_flags
from store.errors import Refused
from store.records.plant import declarations, flag_thresholds, graph, meters
from store.scope import NOBODY, SYSTEM
from store.series import amendments, checkpoint, contradictions, corrections, energy, flags, rollup, suspects
from tests.conftest import PATIENT_S
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site, every

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def day() -> datetime:
    """The day before yesterday."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY


@pytest.fixture
def site(site_in: MakeSite, day: datetime) -> Site:
    """A site whose worker begins before its history."""
    made = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(day - 2 * DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    return made


def _settle(site: Site) -> int:
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "intervals", "late", "amendments"], PATIENT_S)
        site.roll_up(clock.now() - timedelta(seconds=75))
    made = quality_flags.make(SYSTEM, clock.now())
    assert rollup.await_applied(["flags", "flagging"], PATIENT_S)
    return made


def _of(meter: str, day: datetime) -> list[tuple[str, datetime, datetime, float, float]]:
    found = flags.flagged(SYSTEM, [meter], day, day + DAY)
    return [(each.rule, each.start, each.end, round(each.value, 6), round(each.expected, 6)) for each in reversed(found)]


def test_conditions_that_stand_still_are_flagged_each_and_no_more_once_they_were_put_right(site: Site, day: datetime) -> None:
    meter, other = site.meter(None), site.meter(None)
    minutes = every(day, 300, 288)
    moving, still = 20 + np.sin(np.arange(288)), np.where((np.arange(288) >= 60) & (np.arange(288) < 160), 21.25, 0.0)
    with site.at_once():
        for quantity in ("temperature_c", "voltage_v"):
            site.samples(meter, quantity, minutes, np.where(still > 0, still, moving))
        site.samples(other, "temperature_c", minutes, moving)
    _settle(site)
    found = flags.flagged(SYSTEM, [meter, other], day, day + DAY, "stuck")
    # From the first quarter that it stood in as a whole to the last.
    stretch = (day + 5 * HOUR, day + 13 * HOUR + 15 * MINUTE)
    assert [(each.meter, each.quantity, each.start, each.end, each.value) for each in found] == [
        (meter, quantity, *stretch, 21.25) for quantity in ("temperature_c", "voltage_v")
    ]
    site.late(meter, "voltage_v", minutes)
    site.samples(meter, "voltage_v", minutes, 230 + moving)
    _settle(site)
    assert [each.quantity for each in flags.flagged(SYSTEM, [meter], day, day + DAY, "stuck")] == ["temperature_c"]


def test_flags_are_made_kept_made_again_and_withdrawn(site: Site, day: datetime) -> None:
    minutes = every(day - DAY, 300, 2 * 288 + 1)
    level = 2 + np.sin(np.arange(len(minutes)))  # no two quarters the same
    heard = np.array([not day + 5 * HOUR <= each < day + 9 * HOUR for each in minutes])
    with site.at_once():
        power, twice = site.meter("power", 300), site.meter("interval", 3600)
        site.samples(power, "power_kw", [each for each, here in zip(minutes, heard, strict=True) if here], level[heard])
        hours = every(day, 3600, 24)
        site.intervals(twice, "energy_kwh", 3600, hours, np.arange(1.0, 25.0))
        site.samples(twice, "energy_total_kwh", [day, day + DAY], [1000.0, 1200.0])
    assert _settle(site) >= 2
    # A sample holds for two intervals and a half: the quarter in which the last one came is not silent.
    assert [each[0] for each in _of(power, day)] == ["gap"]
    [(_, since, until, hours_silent, _)] = _of(power, day)
    assert day + 5 * HOUR <= since <= day + 5 * HOUR + 15 * MINUTE
    assert until == day + 9 * HOUR
    assert hours_silent == pytest.approx((until - since) / HOUR)
    assert _of(twice, day) == [("sum", day, day + DAY, 300.0, 200.0)]
    assert _settle(site) == 0, "nothing came since"
    # By rules of their own both days are in order, and as usual they are not.
    flag_thresholds.set_rule(SYSTEM, power, "gap", 5.0)
    flag_thresholds.set_rule(SYSTEM, twice, "sum", off=True)
    assert _settle(site) == 2
    assert not _of(power, day) and not _of(twice, day)
    for meter, rule in ((power, "gap"), (twice, "sum")):
        flag_thresholds.set_rule(SYSTEM, meter, rule)
    assert _settle(site) == 2
    assert [each[0] for each in (*_of(power, day), *_of(twice, day))] == ["gap", "sum"]
    late = [each for each, here in zip(minutes, heard, strict=True) if not here]
    site.late(power, "power_kw", late)
    site.samples(power, "power_kw", late, level[~heard])
    amendments.amend(SYSTEM, twice, "energy_total_kwh", day + DAY, 1300.0, reason="read by hand")
    assert _settle(site) == 2
    assert _of(twice, day) == []
    assert _of(power, day) == []
    assert flags.flagged(SYSTEM, [power], day, day + DAY, "gap") == []
    with pytest.raises(Refused):
        quality_flags.make(NOBODY, clock.now())


def test_intervals_of_several_lengths_that_contradict_each_other_are_flagged_until_they_are_put_right(
    site: Site, day: datetime
) -> None:
    quarters, hours, power = site.meter("interval", 900), site.meter("interval", 3600), site.meter("power", 60)
    wave = 2 + np.sin(np.arange(96))
    of_hours = wave.reshape(24, 4).sum(axis=1)
    minutes = 5 + np.sin(np.arange(1440) / 90)
    with site.at_once():
        site.intervals(quarters, "energy_kwh", 900, every(day, 900, 96), wave)
        site.intervals(hours, "energy_kwh", 3600, every(day, 3600, 24), of_hours)
        # Two hours that follow each other hold twice what is told of them, and one that agrees.
        site.intervals(quarters, "energy_kwh", 3600, every(day + 5 * HOUR, 3600, 3), of_hours[5:8] * [2, 2, 1])
        site.intervals(quarters, "energy_export_kwh", 900, every(day + 5 * HOUR, 900, 4), [0.5] * 4)
        site.intervals(quarters, "energy_export_kwh", 3600, [day + 5 * HOUR], [1.0])
        site.intervals(hours, "energy_kwh", 900, every(day + 3 * HOUR, 900, 4), wave[12:16] + 0.5)
        site.samples(power, "power_kw", every(day, 60, 1440), minutes)
        site.intervals(power, "power_kw", 3600, [day + 8 * HOUR], [12.0])
    _settle(site)

    def found(meter: str) -> list[tuple[str, float, float, float, float]]:
        return sorted(
            (each.quantity, (each.start - day) / HOUR, (each.end - day) / HOUR, each.value, each.expected)
            for each in flags.flagged(SYSTEM, [meter], day, day + DAY, "lengths")
        )

    both = float(of_hours[5:7].sum())
    assert found(quarters) == [
        ("", 5, 7, pytest.approx(2 * both), pytest.approx(both)),
        ("energy_export_kwh", 5, 6, pytest.approx(1.0), pytest.approx(2.0)),
    ]
    assert found(hours) == [("", 3, 4, pytest.approx(of_hours[3] + 2), pytest.approx(of_hours[3]))]
    [(_, since, until, told_kwh, counted_kwh)] = found(power)
    assert (since, until, told_kwh) == (8, 9, pytest.approx(12.0))
    assert counted_kwh == pytest.approx(minutes[480:540].mean(), rel=1e-3)
    assert _settle(site) == 0
    # They differ by half of the greater.
    flag_thresholds.set_rule(SYSTEM, quarters, "lengths", 60.0)
    _settle(site)
    assert found(quarters) == []
    flag_thresholds.set_rule(SYSTEM, quarters, "lengths")
    site.intervals(quarters, "energy_export_kwh", 3600, [day + 5 * HOUR], [2.0])
    amendments.amend(SYSTEM, quarters, "energy_kwh", day + 6 * HOUR, float(of_hours[6]), reason="misread", interval_s=3600)
    for moment in every(day + 3 * HOUR, 900, 4):
        amendments.void(SYSTEM, hours, "energy_kwh", moment, reason="another meter's", interval_s=900)
    _settle(site)
    assert found(hours) == []
    assert found(quarters) == [("", 5, 6, pytest.approx(2 * of_hours[5]), pytest.approx(of_hours[5]))]
    with pytest.raises(Refused):
        contradictions.contradicting(NOBODY, [quarters], day, day + DAY)


def test_watts_taken_for_kilowatts_are_suspected_by_rating_and_node_and_no_more_once_they_are_scaled(
    site: Site, day: datetime
) -> None:
    grid = graph.create_node(SYSTEM, site.id, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO).id
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=grid, to_node_id=site.bus, two_way=True, valid_from=LONG_AGO).id
    main = meters.create_meter(SYSTEM, site.id, name="Main", edge_id=edge).id
    site.declare(main, "interval", 3600, since=LONG_AGO)
    hall, shed, pump = site.meter("interval", 3600), site.meter("interval", 3600), site.meter(None)
    declarations.declare_energy(SYSTEM, pump, method="power", interval_s=60, valid_from=LONG_AGO, rated_kw=10.0)
    hours, wave = every(day, 3600, 24), 1 + 0.3 * np.sin(np.arange(24))
    kw = 5 + np.sin(np.arange(1440) / 90)
    of = {hall: 60 * wave, shed: 30 * wave[::-1], pump: kw.reshape(24, 60).mean(axis=1)}
    with site.at_once():
        site.samples(pump, "power_kw", every(day, 60, 1440), kw * 1000)
        site.intervals(main, "energy_kwh", 3600, hours, sum(of.values()))
        site.intervals(hall, "energy_kwh", 3600, hours, of[hall])
        site.intervals(shed, "energy_kwh", 3600, hours, of[shed] / 1000)
    _settle(site)
    [found] = [each for each in _of(pump, day) if each[0] == "unit_rated"]
    assert found[1:3] == (day, day + DAY)
    assert found[3:] == pytest.approx((kw.mean() * 1000, 10.0))
    assert energy.energy(SYSTEM, [pump], day, day + DAY)["forward_kwh"].item() == 0, "nothing of it counts"
    # The node tells of the other once all of its meters tell: what one says is odd by what another does.
    assert corrections.scale(SYSTEM, pump, "power_kw", day, day + DAY, 0.001, reason="W came for kW") == 1440
    _settle(site)
    assert energy.energy(SYSTEM, [pump], day, day + DAY)["forward_kwh"].item() == pytest.approx(of[pump].sum(), rel=1e-3)
    assert [each[0] for each in _of(pump, day) if each[0].startswith("unit")] == []
    assert _of(shed, day) == [("unit_balanced", day, day + DAY, round(of[shed].sum() / 1000, 6), round(of[shed].sum(), 6))]
    assert _of(main, day) == _of(hall, day) == []
    assert corrections.scale(SYSTEM, shed, "energy_kwh", day, day + DAY, 1000.0, reason="MWh came for kWh") == 24
    _settle(site)
    assert [_of(each, day) for each in (main, hall, shed)] == [[], [], []]
    with pytest.raises(Refused):
        suspects.beyond(NOBODY, [pump], day, day + DAY)
