"""Energies of intervals, wherever those begin, by local steps in zones of every kind."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from store.scope import SYSTEM
from store.series import energy
from tests.conftest import thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site

# Each with its local days around a change of the clocks, or in Apia around the day that the calendar left out.
ZONES = [
    ("Europe/Berlin", (2025, 10, 24), (2025, 10, 29)),
    ("America/New_York", (2026, 10, 30), (2026, 11, 4)),
    ("America/St_Johns", (2026, 3, 6), (2026, 3, 10)),
    ("America/Havana", (2025, 10, 31), (2025, 11, 4)),
    ("Australia/Lord_Howe", (2026, 4, 3), (2026, 4, 7)),
    ("Australia/Lord_Howe", (2026, 10, 2), (2026, 10, 6)),
    ("Asia/Kathmandu", (2026, 1, 30), (2026, 2, 2)),
    ("Antarctica/Troll", (2026, 10, 23), (2026, 10, 27)),
    ("Pacific/Apia", (2011, 12, 28), (2012, 1, 2)),
]
RHYTHMS = [(3600, 0), (3600, 1800), (900, 0), (900, 420), (1800, 1740), (7200, 3600), (21_600, 60)]
MONTHS = [("Australia/Lord_Howe", 2026), *thorough(("Europe/Berlin", 2025), ("America/Havana", 2025), ("Asia/Kathmandu", 2026))]


def _rows(site: Site, start: datetime, end: datetime, seconds: int, phase: int) -> tuple[str, list[second_path.Row]]:
    """A meter with rows of that length around [start, end), `phase` seconds off the grid."""
    meter = site.meter("interval", seconds)
    first = datetime.fromtimestamp(start.timestamp() // seconds * seconds + phase, UTC) - timedelta(seconds=2 * seconds)
    count = int((end - first).total_seconds() // seconds) + 2
    moments, values = second_path.every(first, seconds, count), np.random.default_rng(seconds + phase).uniform(0, 9, count)
    site.intervals(meter, "energy_kwh", seconds, moments, values)
    return meter, second_path.rows(moments, seconds, values)


@pytest.mark.parametrize(("zone", "first", "last"), ZONES)
def test_every_row_counts_where_it_is_by_every_step(
    site_in: MakeSite, zone: str, first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, *first), second_path.local_midnight(zone, *last)
    with site.at_once():
        made = [_rows(site, start, end, *rhythm) for rhythm in RHYTHMS]
    for step in ("quarter", "half_hour", "hour", "day"):
        edges = [*second_path.local_starts(start, end, step, zone), pd.Timestamp(end)]
        found = energy.energy_by(SYSTEM, [meter for meter, _ in made], start, end, step, zone)
        for meter, rows in made:
            assert list(found.loc[meter].index) == edges[:-1]
            assert found.loc[meter, "forward_kwh"].tolist() == pytest.approx(second_path.in_stretches(rows, edges))
            assert found.loc[meter, "coverage"].tolist() == pytest.approx([1.0] * (len(edges) - 1))


@pytest.mark.parametrize(("zone", "year"), MONTHS)
def test_months_are_the_sum_of_their_days_and_hours(site_in: MakeSite, zone: str, year: int) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, year, 1, 1), second_path.local_midnight(zone, year, 12, 1)
    edges = [*second_path.local_starts(start, end, "month", zone), pd.Timestamp(end)]
    for rhythm in ((3600, 0), (3600, 1800), (900, 420)):
        meter, rows = _rows(site, start, end, *rhythm)
        expected = second_path.in_stretches(rows, edges)
        months = energy.energy_by(SYSTEM, [meter], start, end, "month", zone)["forward_kwh"]
        assert months.tolist() == pytest.approx(expected)
        for step in ("day", "hour"):
            parts = energy.energy_by(SYSTEM, [meter], start, end, step, zone)["forward_kwh"]
            local = parts.index.get_level_values("ts").tz_convert(zone)
            assert parts.groupby(local.year * 100 + local.month).sum().tolist() == pytest.approx(expected)
        assert energy.energy(SYSTEM, [meter], start, end).loc[meter, "forward_kwh"] == pytest.approx(sum(expected))


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", *thorough("America/New_York", "Australia/Sydney", "America/Havana")])
def test_daily_rows_at_local_midnight_are_their_local_days(site_in: MakeSite, zone: str) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, 2026, 1, 1), second_path.local_midnight(zone, 2026, 12, 1)
    midnights = [*second_path.local_starts(start, end, "day", zone), pd.Timestamp(end)]
    lengths = [(b - a).total_seconds() for a, b in pairwise(midnights)]
    values = np.random.default_rng(3).uniform(1, 9, len(lengths))
    exact, by_end, by_start = (site.meter("interval", 86_400) for _ in range(3))
    with site.at_once():
        for at, (length, value) in enumerate(zip(lengths, values, strict=True)):
            site.intervals(exact, "energy_kwh", int(length), midnights[at : at + 1], [value])
        site.intervals(by_end, "energy_kwh", 86_400, [each - pd.Timedelta(days=1) for each in midnights[1:]], values)
        site.intervals(by_start, "energy_kwh", 86_400, midnights[:-1], values)
    for meter in (exact, by_end, by_start):
        days = energy.energy_by(SYSTEM, [meter], start, end, "day", zone)
        assert days["forward_kwh"].tolist() == pytest.approx(values.tolist())
        assert days["coverage"].tolist() == [1.0] * len(values)
        for first, last in ((0, 17), (60, 71), (300, 320)):  # asked for by no step
            found = energy.energy(SYSTEM, [meter], midnights[first], midnights[last]).loc[meter]
            assert found["forward_kwh"] == pytest.approx(values[first:last].sum())


def test_a_day_told_twice_counts_once(site_in: MakeSite) -> None:
    zone = "America/New_York"
    site, midnight = site_in(zone), second_path.local_midnight(zone, 2026, 11, 1)
    meter, after = site.meter("interval", 86_400), midnight + timedelta(hours=25)
    site.intervals(meter, "energy_kwh", 86_400, [after - timedelta(hours=24)], [24.0])
    site.intervals(meter, "energy_kwh", 90_000, [midnight], [25.0])
    found = energy.energy_by(SYSTEM, [meter], midnight - timedelta(days=1), after + timedelta(days=1), "day", zone)
    assert found["forward_kwh"].tolist() == [0, 25, 0]
    assert found["coverage"].tolist() == [0, 1, 0]


def test_a_row_within_which_the_declaration_changes_counts_up_to_there(site_in: MakeSite) -> None:
    site, noon = site_in("Europe/Berlin"), datetime(2026, 3, 1, 12, tzinfo=UTC)
    meter, changed = site.meter("interval", 3600), noon + timedelta(minutes=20)
    site.intervals(meter, "energy_kwh", 3600, [noon], [6.0])
    site.declare(meter, "interval", 900, since=changed)
    site.intervals(meter, "energy_kwh", 900, second_path.every(noon + timedelta(minutes=15), 900, 3), [9.0, 1.0, 1.0])
    hours = energy.energy_by(SYSTEM, [meter], noon, noon + timedelta(hours=1), "hour", "Europe/Berlin")
    assert hours["forward_kwh"].tolist() == pytest.approx([6 * 20 / 60 + 9 * 10 / 15 + 2])
    assert energy.energy(SYSTEM, [meter], noon, changed).loc[meter, "forward_kwh"] == pytest.approx(2)
