"""Energies of some minutes, wherever they begin: before and after their quarters are closed, late and corrected."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from store.scope import SYSTEM
from store.series import amendments, energy, rollup
from tests.conftest import PATIENT_S
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site

HOUR = timedelta(hours=1)


@pytest.fixture
def start() -> datetime:
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 6 * HOUR


def _quarters(meter: str, start: datetime, count: int) -> list[float]:
    found = energy.energy_by(SYSTEM, [meter], start, start + timedelta(minutes=15 * count), "quarter", "UTC")
    return [float(kwh) for kwh in found["forward_kwh"]]


def _expected(moments: list[datetime], seconds: int, kwh: list[float], start: datetime, count: int) -> list[float]:
    return second_path.in_stretches(second_path.rows(moments, seconds, kwh), second_path.every(start, 900, count + 1))


@pytest.mark.parametrize(("seconds", "phase"), [(300, 180), (300, 0), (60, 37), (600, 420), (120, 60)])
def test_quarters_hold_what_lies_in_them_before_and_after_they_are_closed(
    site_in: MakeSite, start: datetime, seconds: int, phase: int
) -> None:
    site = site_in("Europe/Berlin")
    meter, count = site.meter("interval", seconds), 2 * 3600 // seconds
    moments = second_path.every(start + timedelta(seconds=phase), seconds, count)
    values = np.random.default_rng(seconds + phase).uniform(0, 1, count).tolist()
    site.samples(meter, "energy_kwh", moments, values)
    expected = _expected(moments, seconds, values, start, 9)
    for closed in (0, 1, 4, 9):
        site.roll_up(start + timedelta(minutes=15 * closed))
        assert _quarters(meter, start, 9) == pytest.approx(expected)
        whole = energy.energy(SYSTEM, [meter], start, start + 2.25 * HOUR).loc[meter]
        assert whole["forward_kwh"] == pytest.approx(sum(values))


def test_the_five_minutes_of_a_late_and_of_a_corrected_reading_reach_into_the_next_quarter_too(
    site_in: MakeSite, start: datetime
) -> None:
    site = site_in("Europe/Berlin")
    meter = site.meter("interval", 300)
    moments, values = second_path.every(start + timedelta(minutes=3), 300, 12), [0.5] * 12
    site.samples(meter, "energy_kwh", moments[:2] + moments[3:], values[:2] + values[3:])
    site.roll_up(start + 2 * HOUR)
    site.samples(meter, "energy_kwh", moments[2:3], [0.5])
    site.late(meter, "energy_kwh", moments[2:3])
    site.roll_up(start + 2 * HOUR)
    assert _quarters(meter, start, 5) == pytest.approx(_expected(moments, 300, values, start, 5))
    amendments.amend(SYSTEM, meter, "energy_kwh", moments[2], 2.5, reason="misread")
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    site.roll_up(start + 2 * HOUR)
    corrected = [*values[:2], 2.5, *values[3:]]
    assert _quarters(meter, start, 5) == pytest.approx(_expected(moments, 300, corrected, start, 5))


def test_a_quarter_that_the_device_told_itself_stands(site_in: MakeSite, start: datetime) -> None:
    site: Site = site_in("Europe/Berlin")
    meter = site.meter("interval", 300)
    site.intervals(meter, "energy_kwh", 900, [start], [9.0])
    site.samples(meter, "energy_kwh", second_path.every(start + timedelta(minutes=3), 300, 6), [1.0] * 6)
    site.roll_up(start + HOUR)
    assert _quarters(meter, start, 3) == pytest.approx([9, 3, 0.6])
