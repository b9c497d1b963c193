"""Meters at their worst, told right: silences over clock changes and months, bursts, and conditions that nobody measured."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from config import clock
from models import plausible
from store.scope import SYSTEM
from store.series import checkpoint, energy, judging, latest, levels, peaks, rollup, shares, suspects
from tests.conftest import PATIENT_S, thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.second_path import Row
from tests.store.series.conftest import every

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
REGISTER, POWER, VOLTAGE = "energy_total_kwh", "power_kw", "voltage_v"


def _rolled(start: datetime, end: datetime) -> None:
    """Rolled up twice: what is held in the one changes quarters of the other."""
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "amendments"], PATIENT_S)
        rollup.roll_up(SYSTEM, start, end)
        assert rollup.await_applied(["intervals", "amendments"], PATIENT_S)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - HOUR, clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    checkpoint.forget()


@pytest.mark.parametrize(
    ("zone", "since", "until"),
    [
        ("Europe/Berlin", (2025, 9, 20), (2025, 10, 28)),
        *thorough(("America/New_York", (2025, 2, 20), (2025, 3, 20)), ("Australia/Lord_Howe", (2025, 9, 1), (2025, 10, 8))),
    ],
)
@pytest.mark.parametrize("inside", [(), (0.0,), (9e9, 4_294_967.295)], ids=["silent", "a zero", "what cannot be true"])
def test_a_register_that_was_not_read_for_weeks_is_spread_over_them_as_estimated_and_is_no_peak(
    site_in: MakeSite, zone: str, since: tuple[int, ...], until: tuple[int, ...], inside: Sequence[float]
) -> None:
    site = site_in(zone)
    meter = site.meter("counter", 900)
    start, end = second_path.local_midnight(zone, *since), second_path.local_midnight(zone, *until)
    before, after = every(start - 2 * HOUR, 900, 9), every(end, 900, 9)
    stood = [100_000.0 + n for n in range(9)]
    came_to = 100_008.0 + 912.0
    site.samples(meter, REGISTER, [*before, *after], [*stood, *(came_to + n / 2 for n in range(9))])
    odd = every(start + (end - start) / 3, 60, len(inside))
    site.samples(meter, REGISTER, odd, inside)
    _rolled(start - DAY, end + DAY)
    told = [*(Row(a, b, 1.0) for a, b in pairwise(before)), Row(start, end, 912.0)]
    told += [Row(a, b, 0.5) for a, b in pairwise(after)]
    first, last = start - DAY, end + DAY
    for step in ("day", "hour"):
        edges = [*second_path.local_starts(first, last, step, zone), pd.Timestamp(last)]
        found = energy.energy_by(SYSTEM, [meter], first, last, step, zone)
        assert found["forward_kwh"].tolist() == pytest.approx(second_path.in_stretches(told, edges)), step
    silent = energy.energy_by(SYSTEM, [meter], start + HOUR, end - HOUR, "hour", zone)
    assert silent["coverage"].max() == 0
    of = shares.shares(SYSTEM, [meter], first, last).loc[meter]
    # One interval of a silence is heard of, by the reading at its end.
    assert of["E"] == pytest.approx(912 / (912 + 8 + 4), abs=0.002)
    assert of["A"] + of["E"] == pytest.approx(1)
    peak = peaks.peaks(SYSTEM, [meter], first, last, "quarter", zone)[meter].forward
    assert peak is not None and peak.kw == pytest.approx(4.0), "the quarter of an hour before the silence"
    held = suspects.suspects(SYSTEM, [meter], start, end)
    assert sorted(held.loc[held["held"].astype(bool), "value"]) == sorted(inside)


@pytest.mark.parametrize("seed", [1, *thorough(2, 3)])
def test_bursts_weigh_as_long_as_they_last_wherever_they_are_and_however_they_come(site_in: MakeSite, seed: int) -> None:
    site, random = site_in("Europe/Berlin"), np.random.default_rng(seed)
    start = datetime(2025, 10, 25, 23, tzinfo=UTC)  # the night that has an hour twice
    lives = {}
    with site.at_once():
        for _ in range(4):
            seconds = {*range(0, 6 * 3600, 60)}
            for begins in random.integers(0, 6 * 3600 - 120, 3):  # up to two minutes, a sample each second
                seconds |= {*range(int(begins), int(begins) + int(random.integers(20, 120)))}
            at = np.array(sorted(seconds))[random.random(len(seconds)) > 0.05]
            kw = np.round(random.uniform(0, 12, len(at)), 3)
            meter = site.meter("power", 60)
            order = random.permutation(len(at))
            site.samples(meter, POWER, [start + timedelta(seconds=int(each)) for each in at[order]], kw[order])
            lives[meter] = at, kw
    _rolled(start - HOUR, start + 8 * HOUR)
    edges = np.arange(0, 7 * 3600, 900)
    for meter, (at, kw) in lives.items():
        held = np.zeros(edges[-1] + 3600)
        for first, until, value in zip(at, np.minimum(np.append(at[1:], 10**9), at + 150), kw, strict=True):
            held[first:until] = value
        expected = [held[a : a + 900].sum() / 3600 for a in edges[:-1]]
        found = energy.energy_by(SYSTEM, [meter], start, start + timedelta(seconds=int(edges[-1])), "quarter", "UTC")
        assert found["forward_kwh"].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.fixture
def noon() -> datetime:
    return clock.now().replace(hour=12, minute=0, second=0, microsecond=0) - 2 * DAY


def test_conditions_that_nobody_measured_are_held_and_in_no_mean_and_a_person_may_say_otherwise(
    site_in: MakeSite, noon: datetime
) -> None:
    site = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(noon - DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    panel, cold, hourly = site.meter(None), site.meter(None), site.meter(None)
    volts = [231.0, 232.0, 99_999.0, 233.0, 65_535.0, 65_535.0, 230.0]
    degrees = [-38.0, -40.0, -41.0]
    judging._told.clear()
    with site.at_once():
        site.samples(panel, VOLTAGE, every(noon, 60, 7), volts)
        site.samples(panel, "current_l1_a", every(noon, 60, 4), [12.0, 6553.5, 14.0, 13.0])
        site.samples(cold, "temperature_c", every(noon, 60, 3), degrees)
        site.intervals(hourly, "temperature_c", 3600, every(noon - 4 * HOUR, 3600, 4), [20.0, -40.0, 21.0, 22.0])

    def settled() -> None:
        for _ in range(2):
            assert rollup.await_applied(["telemetry", "intervals", "late", "amendments"], PATIENT_S)
            site.roll_up(clock.now() - timedelta(seconds=75))

    settled()
    held = suspects.suspects(SYSTEM, [panel, cold, hourly], noon - 12 * HOUR, noon + 12 * HOUR)
    assert {*held["code"]} == {plausible.NO_NUMBER}
    assert sorted(held["value"]) == [-40.0, 6553.5, 65_535.0, 65_535.0, 99_999.0]

    def means(meter: str, quantity: str) -> list[float]:
        found = levels.levels(SYSTEM, [meter], quantity, noon - 4 * HOUR, noon + HOUR, 3600)[meter]
        return [round(each, 6) for each in found.dropna()]

    assert means(panel, VOLTAGE) == [231.5]
    assert means(panel, "current_l1_a") == [13.0]
    assert means(cold, "temperature_c") == [round(sum(degrees) / 3, 6)]
    assert means(hourly, "temperature_c") == [20.0, 21.0, 22.0]
    assert latest.latest(SYSTEM, [panel])[panel, VOLTAGE].value == 230.0
    suspects.accept(SYSTEM, panel, VOLTAGE, noon + 2 * MINUTE, reason="it was lightning")
    settled()
    assert means(panel, VOLTAGE) == [round((231 + 232 + 99_999 + 233 + 230) / 5, 6)]
    # What comes between them late says that it was so.
    site.late(hourly, "temperature_c", [noon - 3 * HOUR])
    site.late(panel, VOLTAGE, [noon + 5 * MINUTE])
    site.samples(panel, VOLTAGE, [noon + 4 * MINUTE + timedelta(seconds=30)], [60_000.0])
    settled()
    held = suspects.suspects(SYSTEM, [panel], noon, noon + HOUR)
    assert held.loc[held["held"].astype(bool) & (held["quantity"] == VOLTAGE), "value"].tolist() == []
