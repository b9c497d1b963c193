"""Intervals of another length than a meter declares, by plain numpy on quarters of an hour: nothing is lost or counted twice."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from store.records.plant import meters
from store.scope import SYSTEM
from store.series import amendments, rollup, shares, uncounted, versions
from store.series.energy import energy, energy_by
from store.series.power import live_power
from tests.conftest import PATIENT_S
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site, every

QUARTER_S, HOUR_S = 900, 3600
HOUR = timedelta(hours=1)


class Slots(NamedTuple):
    """What is known of each quarter of an hour: kWh (NaN: nothing), and for how much of it the course is known."""

    kwh: np.ndarray
    covered: np.ndarray


def _slots(rows: Sequence[tuple[int, int, float]], count: int, declared: int) -> Slots:
    """Of rows (start, length, kWh) in quarters of an hour: those as declared first, then the shortest, each into what is left."""
    kwh, covered = np.full(count, np.nan), np.zeros(count)
    for start, length, value in sorted(rows, key=lambda row: (row[1] != declared, row[1], row[0])):
        part = slice(start, start + length)
        left = np.isnan(kwh[part])
        rest = value - np.nansum(kwh[part])
        if not left.any() or rest < -0.011:
            continue
        kwh[part] = np.where(left, max(rest, 0) / left.sum(), kwh[part])
        covered[part] = np.where(left, min(declared / left.sum(), 1), covered[part])
    return Slots(kwh, covered)


def _put(site: Site, meter: str, start: datetime, rows: Sequence[tuple[int, int, float]], quantity: str = "energy_kwh") -> None:
    for length in sorted({row[1] for row in rows}):
        those = [row for row in rows if row[1] == length]
        times = [start + timedelta(seconds=QUARTER_S * row[0]) for row in those]
        site.intervals(meter, quantity, QUARTER_S * length, times, [row[2] for row in those])


def _steps(start: datetime, values: np.ndarray, edges: Sequence[datetime]) -> list[float]:
    """Sums of quarters between successive edges."""
    at = [round((each - start).total_seconds() / QUARTER_S) for each in edges]
    return [float(np.nansum(values[first:last])) for first, last in pairwise(at)]


def _mixed(random: np.random.Generator, true: np.ndarray, day: int, lengths: Sequence[int]) -> list[tuple[int, int, float]]:
    """Rows of these lengths, some of each, as the quarters truly were; the day's own is `day` long."""
    rows = []
    for length in lengths:
        starts = [0] if length == day else [at for at in range(0, len(true) - length + 1, length) if random.uniform() < 0.4]
        rows += [(at, length, float(true[at : at + length].sum())) for at in starts]
    return rows


@pytest.mark.parametrize(
    ("zone", "first", "last"),
    [
        ("Europe/Berlin", (2026, 3, 29), (2026, 3, 30)),
        ("America/New_York", (2026, 11, 1), (2026, 11, 2)),
        ("Asia/Kathmandu", (2026, 5, 1), (2026, 5, 2)),
    ],
    ids=["23 hours", "25 hours", "a quarter to"],
)
def test_a_day_told_by_all_lengths_at_once_counts_each_quarter_once(
    site_in: MakeSite, zone: str, first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, *first), second_path.local_midnight(zone, *last)
    count = round((end - start).total_seconds() / QUARTER_S)
    random = np.random.default_rng(count)
    told = {}
    with site.at_once():
        for declared in (1, 2, 4):
            for lengths in ((1, 2, 4, count), (2,), (4,), (1, 4), (2, count), (count,), (1, 2)):
                meter = site.meter("interval", QUARTER_S * declared)
                rows = _mixed(random, random.uniform(0.5, 4, count), count, lengths)
                _put(site, meter, start, rows)
                told[meter] = _slots(rows, count, declared)
    shown = shares.shares(SYSTEM, list(told), start, end)
    for step in ("quarter", "hour", "day"):
        edges = [*second_path.local_starts(start, end, step, zone), pd.Timestamp(end)]
        found = energy_by(SYSTEM, list(told), start, end, step, zone)
        lasting = np.diff([each.timestamp() for each in edges])
        for meter, slots in told.items():
            assert found.loc[meter, "forward_kwh"].tolist() == pytest.approx(_steps(start, slots.kwh, edges), abs=1e-9), meter
            covered = np.array(_steps(start, slots.covered * QUARTER_S, edges)) / lasting
            assert found.loc[meter, "coverage"].tolist() == pytest.approx(covered.tolist(), abs=1e-9)
            known = np.array(_steps(start, (~np.isnan(slots.kwh)).astype(float), edges)) * QUARTER_S
            assert found.loc[meter, "known_s"].tolist() == pytest.approx(known.tolist(), abs=1e-6)
    for meter, slots in told.items():
        ours = float(np.nansum(slots.kwh * (1 - slots.covered)) / np.nansum(slots.kwh))
        assert shown.loc[meter, "E"] == pytest.approx(ours, abs=1e-6)
        assert shown.loc[meter, "A"] == pytest.approx(1 - ours, abs=1e-6)
    # Any part of the day, also within one value of it.
    for from_quarter, to_quarter in ((5, 6), (17, 42)):
        some = [start + timedelta(seconds=QUARTER_S * at) for at in (from_quarter, to_quarter)]
        found = energy(SYSTEM, list(told), *some)
        for meter, slots in told.items():
            assert found.loc[meter, "forward_kwh"] == pytest.approx(
                float(np.nansum(slots.kwh[from_quarter:to_quarter])), abs=1e-9
            )


def test_days_told_as_of_24_hours_are_local_days_also_over_quarters(site_in: MakeSite) -> None:
    zone = "America/New_York"
    site, midnight = site_in(zone), second_path.local_midnight(zone, 2026, 11, 1)
    after = second_path.local_midnight(zone, 2026, 11, 2)
    meter = site.meter("interval", QUARTER_S)
    site.intervals(meter, "energy_kwh", 86_400, [after - timedelta(days=1)], [50.0])  # closed at midnight, of 25 hours
    site.intervals(meter, "energy_kwh", QUARTER_S, every(midnight, QUARTER_S, 4), [1.0, 2.0, 3.0, 4.0])
    hours = energy_by(SYSTEM, [meter], midnight - HOUR, after + HOUR, "hour", zone)["forward_kwh"]
    assert hours.tolist() == pytest.approx([0, 10, *[40 / 24] * 24, 0])


def test_half_an_hour_more_of_an_hour_replaces_its_estimate_and_so_do_corrections(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime(2026, 3, 2, 12, tzinfo=UTC)
    meter = site.meter("interval", QUARTER_S)

    def quarters() -> list[float]:
        found = energy_by(SYSTEM, [meter], start, start + HOUR, "quarter", "Europe/Berlin")
        return [float(kwh) for kwh in found["forward_kwh"]]

    def share() -> dict[str, float]:
        of = shares.shares(SYSTEM, [meter], start, start + HOUR).loc[meter]
        return {str(name): float(each) for name, each in of.items() if each > 0}

    site.intervals(meter, "energy_kwh", HOUR_S, [start], [8.0])
    assert quarters() == pytest.approx([2, 2, 2, 2])
    assert share() == pytest.approx({"A": 0.25, "E": 0.75})
    site.intervals(meter, "energy_kwh", QUARTER_S, [start + timedelta(minutes=30)], [5.0])
    assert quarters() == pytest.approx([1, 1, 5, 1])
    site.intervals(meter, "energy_kwh", 1800, [start], [2.5])
    assert quarters() == pytest.approx([1.25, 1.25, 5, 0.5])
    assert share() == pytest.approx({"A": (1.25 + 5 + 0.5) / 8, "E": 1.25 / 8})
    amendments.amend(SYSTEM, meter, "energy_kwh", start, 9.5, reason="read again", interval_s=HOUR_S)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert quarters() == pytest.approx([1.25, 1.25, 5, 2])
    assert share() == pytest.approx({"A": (1.25 + 5) / 9.5, "E": 1.25 / 9.5, "M": 2 / 9.5})
    amendments.void(SYSTEM, meter, "energy_kwh", start, reason="wrong", interval_s=1800)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert quarters() == pytest.approx([1.5, 1.5, 5, 1.5])
    amendments.void(SYSTEM, meter, "energy_kwh", start + timedelta(minutes=30), reason="wrong", interval_s=QUARTER_S)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert quarters() == pytest.approx([9.5 / 4] * 4)
    amendments.void(SYSTEM, meter, "energy_kwh", start, reason="wrong", interval_s=HOUR_S)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert quarters() == pytest.approx([0] * 4)
    # What a person says of an interval that no device told is one like any other.
    amendments.amend(SYSTEM, meter, "energy_kwh", start, 3.0, reason="by hand", interval_s=1800)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert quarters() == pytest.approx([1.5, 1.5, 0, 0])


def test_five_minutes_count_over_quarters_and_hours_once_the_quarter_is_closed(site_in: MakeSite) -> None:
    site = site_in("Europe/Berlin")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 6 * HOUR
    over_quarters, over_hours, over_days = (site.meter("interval", seconds) for seconds in (QUARTER_S, HOUR_S, 86_400))
    values = np.random.default_rng(5).uniform(0, 1, 24)
    for meter in (over_quarters, over_hours, over_days):
        site.samples(meter, "energy_kwh", every(start, 300, 24), values)
    site.intervals(over_hours, "energy_kwh", HOUR_S, [start], [7.0])  # as declared: it stands
    site.roll_up(start + 3 * HOUR)
    first, second = (float(values[at : at + 12].sum()) for at in (0, 12))
    for meter, hours in ((over_quarters, [first, second]), (over_hours, [7.0, second]), (over_days, [first, second])):
        found = energy_by(SYSTEM, [meter], start, start + 2 * HOUR, "hour", "UTC")
        assert found["forward_kwh"].tolist() == pytest.approx(hours)
        assert found["coverage"].tolist() == pytest.approx([1, 1])
    quarters = energy_by(SYSTEM, [over_hours], start + HOUR, start + 2 * HOUR, "quarter", "UTC")["forward_kwh"]
    assert quarters.tolist() == pytest.approx([float(values[at : at + 3].sum()) for at in range(12, 24, 3)])


def test_what_cannot_be_said_to_be_new_is_named_and_not_counted(site_in: MakeSite) -> None:
    site = site_in("Europe/Berlin")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 6 * HOUR
    meter = site.meter("interval", QUARTER_S)
    site.intervals(meter, "energy_kwh", QUARTER_S, every(start, QUARTER_S, 4), [2.0] * 4)
    site.intervals(meter, "energy_kwh", HOUR_S, every(start, HOUR_S, 3), [6.0, 4.0, 4.0])  # the first holds less than its parts
    site.intervals(meter, "energy_kwh", 1800, [start + timedelta(minutes=50)], [1.0])  # across the first hour's last quarter
    found = energy_by(SYSTEM, [meter], start, start + 3 * HOUR, "hour", "UTC")
    assert found["forward_kwh"].tolist() == pytest.approx([8, 4, 4])
    now = datetime.now(UTC)
    for told in (uncounted.uncounted(SYSTEM, meter, now), uncounted.lately(SYSTEM, [meter], now)[meter]):
        assert {(each.interval_s, each.number, each.first, each.why) for each in told} == {
            (HOUR_S, 1, start, uncounted.CONTRADICTS),
            (1800, 1, start + timedelta(minutes=50), uncounted.ACROSS),
        }


def test_power_over_intervals_of_any_length_is_energy_of_both_directions(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime(2026, 3, 2, 12, tzinfo=UTC)
    declared, sampled = site.meter("power", QUARTER_S), site.meter("power", 60)
    for meter in (declared, sampled):
        site.intervals(meter, "power_kw", HOUR_S, every(start, HOUR_S, 2), [4.0, -2.0])
    site.intervals(declared, "power_kw", QUARTER_S, every(start, QUARTER_S, 2), [8.0, 2.0])
    site.roll_up(datetime.now(UTC))
    found = energy_by(SYSTEM, [declared, sampled], start, start + 2 * HOUR, "quarter", "UTC")
    assert found.loc[declared, "forward_kwh"].tolist() == pytest.approx([2, 0.5, 0.75, 0.75, *[0] * 4])
    assert found.loc[declared, "export_kwh"].tolist() == pytest.approx([*[0] * 4, *[0.5] * 4])
    assert found.loc[sampled, "forward_kwh"].tolist() == pytest.approx([*[1] * 4, *[0] * 4])
    assert found.loc[sampled, "export_kwh"].tolist() == pytest.approx([*[0] * 4, *[0.5] * 4])


def test_hours_fill_what_a_sampled_power_left_out_and_take_nothing_from_it(site_in: MakeSite) -> None:
    site = site_in("Europe/Berlin")
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 6 * HOUR
    meter = site.meter("power", 60)
    site.samples(meter, "power_kw", every(start, 60, 30), [4.0] * 30)  # half an hour, and then silence
    site.roll_up(start + 4 * HOUR)
    site.intervals(meter, "power_kw", HOUR_S, [start], [3.0])
    quarters = energy_by(SYSTEM, [meter], start, start + HOUR, "quarter", "UTC")["forward_kwh"]
    held = 4.0 * 1.5 / 60  # so long the last sample holds
    assert quarters.tolist()[:2] == pytest.approx([1, 1])
    assert quarters.sum() == pytest.approx(3.0)
    assert quarters.tolist()[2] == pytest.approx(held)
    assert quarters.tolist()[3] == pytest.approx(1 - held)


def test_a_sum_of_meters_is_of_all_that_its_terms_tell(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime(2026, 3, 2, tzinfo=UTC)
    one, other = site.meter("interval", HOUR_S), site.meter("interval", HOUR_S)
    site.intervals(one, "energy_kwh", QUARTER_S, every(start, QUARTER_S, 8), [1.0] * 4 + [3.0] * 4)
    site.intervals(other, "energy_kwh", HOUR_S, every(start, HOUR_S, 2), [6.0, 6.0])
    net = meters.create_meter(SYSTEM, site.id, name="Net", role="virtual", terms=[(one, 1), (other, -1)]).id
    found = energy_by(SYSTEM, [net], start, start + 2 * HOUR, "hour", "UTC")
    assert found["forward_kwh"].tolist() == pytest.approx([0, 6])
    assert found["export_kwh"].tolist() == pytest.approx([2, 0])


def test_the_power_of_now_is_that_of_the_newest_interval_however_long_it_is(site_in: MakeSite) -> None:
    site = site_in("Europe/Berlin")
    meter = site.meter("interval", QUARTER_S)
    now = datetime.now(UTC).replace(microsecond=0)
    site.intervals(meter, "energy_kwh", 1800, [now - timedelta(minutes=31)], [3.0])
    live = live_power(SYSTEM, [meter], now)[meter]
    assert (live.forward_kw, live.export_kw, live.ts) == (pytest.approx(6.0), 0.0, now - timedelta(minutes=1))


def test_charts_are_drawn_anew_when_a_part_of_a_day_comes_later_than_the_day(site_in: MakeSite) -> None:
    site = site_in("UTC")
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=3)
    meter = site.meter("interval", QUARTER_S)
    site.intervals(meter, "energy_kwh", 86_400, [midnight], [96.0])
    blocks = [midnight + 6 * HOUR * n for n in range(5)]
    before = versions.of_blocks(SYSTEM, [meter], blocks)
    site.intervals(meter, "energy_kwh", QUARTER_S, [midnight + 20 * HOUR], [49.0])
    after = versions.of_blocks(SYSTEM, [meter], blocks)
    assert (after > before).all(), "of the time before it the day leaves less"
