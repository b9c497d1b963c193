"""A gap that is filled: the sum of a register stays, its course is that of like days, and what was said is a person's share."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from config import clock
from insight import gap_filling
from models import gaps
from store.errors import NotFound, Refused
from store.scope import SYSTEM
from store.series import checkpoint, corrections, energy, rollup, shares
from tests.conftest import PATIENT_S
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site, every

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UTC_ZONE = ZoneInfo("UTC")
DAYS = 9  # of history, each the same


@pytest.fixture
def day() -> datetime:
    """The day with the gap."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY


@pytest.fixture
def site(site_in: MakeSite, day: datetime) -> Site:
    """A site whose worker begins before its history."""
    made = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(day - (DAYS + 1) * DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    return made


def _settle(site: Site) -> None:
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "intervals", "late", "amendments"], PATIENT_S)
        site.roll_up(clock.now() - timedelta(seconds=75))


def _kw(moments: list[datetime]) -> np.ndarray:
    """The same every day: 2 kW, and 10 kW from noon to three."""
    return np.array([10.0 if 12 <= each.hour < 15 else 2.0 for each in moments])


def _quarters(meter: str, start: datetime, end: datetime) -> np.ndarray:
    return energy.energy_by(SYSTEM, [meter], start, end, "quarter", "UTC")["forward_kwh"].to_numpy(float)


def test_gaps_of_each_kind_of_meter_are_filled_as_offered_and_undone(site: Site, day: datetime) -> None:
    moments = every(day - DAYS * DAY, 300, (DAYS + 1) * 288 + 24)
    silent = [not (day + 10 * HOUR < each < day + 16 * HOUR) for each in moments]
    told = [each for each, here in zip(moments, silent, strict=True) if here]
    register = 1000 + np.concatenate([[0.0], np.cumsum(_kw(moments[:-1]) / 12)])
    hours = every(day - DAYS * DAY, 3600, (DAYS + 1) * 24)
    rows = [each for each in hours if not day + 10 * HOUR <= each < day + 16 * HOUR]
    with site.at_once():
        counter, power, interval = site.meter("counter", 300), site.meter("power", 300), site.meter("interval", 3600)
        site.samples(counter, "energy_total_kwh", told, register[silent])
        site.samples(power, "power_kw", told, _kw(told))
        site.intervals(interval, "energy_kwh", 3600, rows, _kw(rows))
    _settle(site)
    true_kwh = _kw(every(day, 900, 96)) / 4
    start, end = day + 10 * HOUR, day + 16 * HOUR
    before = {meter: _quarters(meter, day, day + DAY) for meter in (counter, power, interval)}
    assert before[counter].sum() == pytest.approx(true_kwh.sum())
    assert before[counter][40:64] == pytest.approx(np.full(24, true_kwh[40:64].sum() / 24)), "spread evenly"
    assert before[power].sum() < true_kwh.sum() - 30
    for meter in (counter, power, interval):
        [gap] = gap_filling.gaps_of(SYSTEM, meter, UTC_ZONE)
        assert gap.offer is not None
        assert gap.offer.how == gaps.LIKE_DAYS
        assert (gap.readings is not None) == (meter == counter)
        with pytest.raises(Refused, match="reason"):
            gap_filling.fill(SYSTEM, meter, UTC_ZONE, gap.start, reason="")
        assert gap_filling.fill(SYSTEM, meter, UTC_ZONE, gap.start, reason="the modem was off") > 5
        with pytest.raises(NotFound):
            gap_filling.fill(SYSTEM, meter, UTC_ZONE, gap.start + MINUTE, reason="no such gap")
    _settle(site)
    for meter in (counter, power, interval):
        assert _quarters(meter, day, day + DAY) == pytest.approx(true_kwh, abs=1e-6), meter
        assert energy.energy(SYSTEM, [meter], day, day + DAY).loc[meter, "coverage"] == pytest.approx(1.0)
        assert gap_filling.gaps_of(SYSTEM, meter, UTC_ZONE) == []
        of = shares.shares(SYSTEM, [meter], day, day + DAY).loc[meter]
        expected = true_kwh[40:64].sum() / true_kwh.sum()
        assert of["M"] == pytest.approx(expected, abs=0.01), meter
        assert of["E"] == pytest.approx(0.0, abs=0.01)
        [made] = corrections.corrections(SYSTEM, meter, start - HOUR, end + HOUR)
        assert made.reason == "the modem was off"
        corrections.undo(SYSTEM, meter, made.quantity, made.recorded_at, start - HOUR, end + HOUR)
    _settle(site)
    for meter in (counter, power, interval):
        assert _quarters(meter, day, day + DAY) == pytest.approx(before[meter]), meter


def test_a_gap_over_which_a_register_began_again_is_none_that_can_be_filled(site: Site, day: datetime) -> None:
    meter = site.meter("counter", 300)
    first, second = every(day, 300, 12), every(day + 6 * HOUR, 300, 12)
    site.samples(meter, "energy_total_kwh", [*first, *second], [*range(500, 512), *range(12)])
    _settle(site)
    assert gap_filling.gaps_of(SYSTEM, meter, UTC_ZONE) == []
