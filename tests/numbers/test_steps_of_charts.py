"""Charts' steps begin on the clock that the chart is told by, and each is the mean of what lies in it."""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from config import settings as configuration
from insight import closed_power, site_view
from store.scope import SYSTEM
from store.series import checkpoint, power, rollup
from tests.conftest import PATIENT_S, thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite

CHANGES = [
    ("Europe/Berlin", "2025-10-26"),
    ("Australia/Lord_Howe", "2025-10-05"),
    *thorough(
        ("America/New_York", "2025-03-09"),
        ("America/Havana", "2025-11-02"),
        ("America/St_Johns", "2025-11-02"),
        ("Asia/Kathmandu", "2025-06-01"),
    ),
]
HOUR_S = 3600


def _wall_steps(start: pd.Timestamp, end: pd.Timestamp, step_s: int, zone: str) -> list[pd.Timestamp]:
    """Where steps of some hours begin: minute by minute, whenever date and part of the day are later than any before."""
    minutes = pd.date_range(start, end, freq="min", inclusive="left")
    local = minutes.tz_convert(zone)
    part = (local.hour * HOUR_S + local.minute * 60) // step_s
    place = (local.year * 10_000 + local.month * 100 + local.day) * 100 + np.asarray(part)
    newest = np.maximum.accumulate(np.asarray(place))
    return [minutes[0], *minutes[1:][newest[1:] > newest[:-1]], end]


@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_steps_of_hours_begin_at_local_midnight_and_hold_what_lies_in_them(site_in: MakeSite, zone: str, changed: str) -> None:
    site, day = site_in(zone), pd.Timestamp(changed)
    configuration.use(site.settings)
    start, end = (
        pd.Timestamp(second_path.local_midnight(zone, each.year, each.month, each.day))
        for each in (day - pd.Timedelta(days=20), day + pd.Timedelta(days=12))
    )
    count = int((end - start).total_seconds()) // 900
    moments, kwh = second_path.every(start.to_pydatetime(), 900, count), np.random.default_rng(4).uniform(0, 3, count)
    meter = site.meter("interval", 900)
    site.intervals(meter, "energy_kwh", 900, moments, kwh)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - timedelta(hours=1), clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    checkpoint.forget()
    view = site_view.read(SYSTEM, site.id, clock.now())
    rows = second_path.rows(moments, 900, kwh)
    for step_s in (2 * HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 24 * HOUR_S):
        edges = _wall_steps(start, end, step_s, zone)
        hours = [(last - first).total_seconds() / HOUR_S for first, last in pairwise(edges)]
        expected = np.array(second_path.in_stretches(rows, edges)) / hours
        told = power.mean_power(SYSTEM, [meter], start, end, step_s, ZoneInfo(zone))[meter]
        assert list(told.index) == edges[:-1]
        assert told.to_numpy() == pytest.approx(expected)
        # From the middle of a step on, kept and not: the same steps.
        asked = start + pd.Timedelta(hours=29.3)
        first = max(at for at, each in enumerate(edges) if each <= asked)
        for _ in range(2):
            kept = closed_power.mean_power(SYSTEM, view, [meter], asked.to_pydatetime(), end.to_pydatetime(), step_s)[meter]
            assert list(kept.index) == edges[first:-1]
            assert kept.to_numpy() == pytest.approx(expected[first:], rel=1e-6)
