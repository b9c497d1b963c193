"""Coverage: which share of a period was told by readings, found a second time second by second from the readings themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from config import clock
from store.scope import SYSTEM
from store.series import amendments, checkpoint, energy, power, rollup, shares
from tests.conftest import PATIENT_S, thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site

STEPS = ("quarter", "half_hour", "hour", "day")
ZONES = [("Europe/Berlin", "2025-10-26"), *thorough(("Australia/Lord_Howe", "2025-10-05"), ("Asia/Kathmandu", "2025-06-01"))]
Stretches = list[tuple[datetime, datetime, float]]  # from, to, and the seconds of it that are told


def _shares(told: Stretches, edges: Sequence[pd.Timestamp]) -> list[float]:
    """Of the time between successive edges the share that is told, laid out over seconds."""
    first = edges[0].timestamp()
    seconds = np.zeros(int(edges[-1].timestamp() - first))
    for start, end, told_s in told:
        at, until = (round(each.timestamp() - first) for each in (start, end))
        if until > at:
            seconds[max(at, 0) : max(until, 0)] += told_s / (until - at)
    places = [round(each.timestamp() - first) for each in edges]
    return [float(seconds[a:b].sum() / (b - a)) for a, b in pairwise(places)]


def _moments(random: np.random.Generator, start: datetime, end: datetime, seconds: int) -> list[datetime]:
    """Every so often, but for single ones that are missing and a silence of hours."""
    every = second_path.every(start, seconds, int((end - start).total_seconds()) // seconds)
    silence = start + timedelta(hours=30)
    return [
        each
        for n, each in enumerate(every)
        if n in (0, len(every) - 1) or (random.random() > 0.15 and not silence <= each < silence + timedelta(hours=7))
    ]


def _intervals(site: Site, moments: list[datetime], seconds: int, declared_s: int = 0) -> tuple[str, Stretches]:
    meter, kwh = site.meter("interval", declared_s or seconds), [1.0] * len(moments)
    if seconds < 900:
        site.samples(meter, "energy_kwh", moments, kwh, lasts_s=seconds)
    else:
        site.intervals(meter, "energy_kwh", seconds, moments, kwh)
    return meter, [(each, each + timedelta(seconds=seconds), seconds) for each in moments]


def _over_quarters(site: Site, moments: list[datetime], seconds: int) -> tuple[str, Stretches]:
    return _intervals(site, moments, seconds, 900)


def _over_hours(site: Site, moments: list[datetime], seconds: int) -> tuple[str, Stretches]:
    return _intervals(site, moments, seconds, 3600)


def _power(site: Site, moments: list[datetime], seconds: int) -> tuple[str, Stretches]:
    meter = site.meter("power", seconds)
    site.samples(meter, "power_kw", moments, [2.0] * len(moments))
    lasts = [min(b - a, timedelta(seconds=2.5 * seconds)) for a, b in pairwise([*moments, moments[-1] + timedelta(days=1)])]
    return meter, [(at, at + held, held.total_seconds()) for at, held in zip(moments, lasts, strict=True)]


def _counter(site: Site, moments: list[datetime], seconds: int) -> tuple[str, Stretches]:
    meter = site.meter("counter", seconds)
    site.samples(meter, "energy_total_kwh", moments, np.arange(len(moments)) + 100.0)
    told: Stretches = []
    for before, after in pairwise(moments):
        gap = (after - before).total_seconds()
        told.append((before, after, gap if gap <= 1.5 * seconds else seconds if gap <= 2.5 * seconds else 0.0))
    return meter, told


@pytest.mark.parametrize(("zone", "changed"), ZONES)
def test_coverage_is_the_share_of_the_time_that_readings_tell_of(site_in: MakeSite, zone: str, changed: str) -> None:
    site, day, random = site_in(zone), pd.Timestamp(changed), np.random.default_rng(8)
    start, end = (
        second_path.local_midnight(zone, each.year, each.month, each.day)
        for each in (day - pd.Timedelta(days=1), day + pd.Timedelta(days=2))
    )
    with site.at_once():
        made = [
            make(site, _moments(random, start, end, seconds), seconds)
            for make, seconds in (
                (_intervals, 900), (_intervals, 3600), (_intervals, 300), (_over_quarters, 300), (_over_hours, 300),
                (_over_quarters, 60), (_over_hours, 900),
                (_power, 60), (_power, 300), (_counter, 300), (_counter, 900), (_counter, 3600),
            )
        ]  # fmt: skip
    rollup.roll_up(SYSTEM, start - timedelta(days=1), end + timedelta(days=1))
    assert rollup.await_applied(["intervals"], PATIENT_S)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - timedelta(hours=1), clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    checkpoint.forget()
    for step in STEPS:
        edges = [*second_path.local_starts(start, end, step, zone), pd.Timestamp(end)]
        found = energy.energy_by(SYSTEM, [meter for meter, _ in made], start, end, step, zone)
        for at, (meter, told) in enumerate(made):
            assert found.loc[meter, "coverage"].tolist() == pytest.approx(_shares(told, edges), abs=2e-3), (at, step)


@pytest.mark.parametrize("declared_s", [300, 900, 3600])
def test_five_minutes_of_a_quarter_are_a_third_of_it_whatever_its_meter_declares(site_in: MakeSite, declared_s: int) -> None:
    site, start = site_in("UTC"), clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=6)
    meter, quarter = site.meter("interval", declared_s), timedelta(minutes=15)
    moments = [start + timedelta(minutes=5 * n) for n in (0, 3, 4, 5, 6, 7, 8)]
    site.samples(meter, "energy_kwh", moments, [2.0, 0.5, 0.5, 0.5, 1.0, 1.0, 7.0], lasts_s=300)
    amendments.void(SYSTEM, meter, "energy_kwh", moments[-1], reason="misread")
    assert rollup.await_applied(["telemetry", "amendments"], PATIENT_S)
    site.roll_up(start + timedelta(hours=3))
    found = energy.energy_by(SYSTEM, [meter], start, start + 3 * quarter, "quarter", "UTC")
    assert found["forward_kwh"].tolist() == pytest.approx([2.0, 1.5, 2.0])
    assert found["coverage"].tolist() == pytest.approx([1 / 3, 1, 2 / 3])
    kw = power.mean_power(SYSTEM, [meter], start, start + 3 * quarter, 900)[meter]
    assert kw.tolist() == pytest.approx([24.0, 6.0, 12.0]), "the mean of the time that is known"
    of = shares.shares(SYSTEM, [meter], start, start + 3 * quarter).loc[meter]
    assert of["A"] == pytest.approx(1)


@pytest.mark.parametrize("seconds", [900, 1800, 3600])
def test_what_is_not_due_yet_is_not_missing_and_what_is_late_is(site_in: MakeSite, seconds: int) -> None:
    """A day so far: complete while it reports, and less and less once it is silent for longer than two intervals."""
    site, now = site_in("UTC"), clock.now()
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=12)
    reporting, silent, never = (site.meter("interval", seconds) for _ in range(3))
    first = datetime.fromtimestamp(start.timestamp() // seconds * seconds, UTC)
    over = [each for each in second_path.every(first, seconds, 100) if each + timedelta(seconds=seconds) <= now]
    site.intervals(reporting, "energy_kwh", seconds, over, [1.0] * len(over))
    half = [each for each in over if each < start + timedelta(hours=6)]
    site.intervals(silent, "energy_kwh", seconds, half, [1.0] * len(half))
    found = energy.energy(SYSTEM, [reporting, silent, never], start, now)["coverage"]
    due_s = (now - start).total_seconds() - 2 * seconds - 10
    assert found[reporting] == pytest.approx(1)
    assert found[silent] == pytest.approx(6 * 3600 / due_s, abs=0.002)
    assert found[never] == 0
