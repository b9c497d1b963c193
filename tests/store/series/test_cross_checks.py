"""Energies and powers against a second path: plain pandas on the readings themselves."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from store.scope import SYSTEM
from store.series import amendments, energy, levels, power, rollup
from tests.conftest import PATIENT_S
from tests.store.series.conftest import Site, every

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)

Readings = "pd.Series[float]"


def _some(times: list[datetime], values: np.ndarray, seed: int) -> Readings:
    """The readings, but for some single ones and a stretch that are missing."""
    random = np.random.default_rng(seed)
    there = random.uniform(size=len(times)) > 0.1
    there[60:95] = False
    there[0] = there[-1] = True
    return pd.Series(values, index=pd.DatetimeIndex(times))[there]


def _by_quarter(found: Readings, how: str) -> Readings:
    return getattr(found.resample("15min"), how)()


@pytest.mark.parametrize("seed", range(3))
def test_interval_energies_in_quarters_are_the_sums_of_their_readings(site: Site, quarter: datetime, seed: int) -> None:
    meter = site.meter("interval", 60)
    readings = _some(every(quarter, 60, 240), np.random.default_rng(seed).uniform(0, 1, 240), seed)
    site.samples(meter, "energy_kwh", readings.index, readings)
    plain = _by_quarter(readings, "sum")
    for until in (quarter, quarter + 2 * HOUR, quarter + 4 * HOUR):
        site.roll_up(until)
        for first, last in ((0, 16), (1, 5), (3, 13)):
            start, end = quarter + first * QUARTER, quarter + last * QUARTER
            found = energy.energy(SYSTEM, [meter], start, end).loc[meter]
            assert found["forward_kwh"] == pytest.approx(plain.iloc[first:last].sum())
            assert found["coverage"] == pytest.approx(len(readings[start : end - MINUTE]) / (15 * (last - first)))


@pytest.mark.parametrize("seed", range(3))
def test_powers_are_integrated_both_ways_over_the_time_that_has_readings(site: Site, quarter: datetime, seed: int) -> None:
    meter = site.meter("power", 60)
    readings = _some(every(quarter, 60, 240), np.random.default_rng(seed).normal(1, 5, 240), seed)
    site.samples(meter, "power_kw", readings.index, readings)
    seconds = pd.date_range(quarter, quarter + 4 * HOUR, freq="1s", inclusive="left")
    by_second = readings.reindex(seconds).ffill(limit=149)
    for until in (quarter, quarter + 2 * HOUR, quarter + 4 * HOUR):
        site.roll_up(until)
        found = energy.energy(SYSTEM, [meter], quarter, quarter + 4 * HOUR).loc[meter]
        assert found["forward_kwh"] == pytest.approx(by_second.clip(lower=0).sum() / 3600)
        assert found["export_kwh"] == pytest.approx((-by_second).clip(lower=0).sum() / 3600)
        assert found["coverage"] == pytest.approx(by_second.count() / (4 * 3600))
        frame = power.mean_power(SYSTEM, [meter], quarter, quarter + 4 * HOUR, 900)[meter]
        np.testing.assert_allclose(frame, _by_quarter(by_second, "mean"))
        fine = power.mean_power(SYSTEM, [meter], quarter, quarter + 4 * HOUR, 300)[meter]
        np.testing.assert_allclose(fine, by_second.resample("5min").mean())


@pytest.mark.parametrize("seed", range(3))
def test_counters_are_read_at_the_edges_of_quarters_between_neighbouring_readings(
    site: Site, quarter: datetime, seed: int
) -> None:
    meter = site.meter("counter", 60)
    counted = np.random.default_rng(seed).uniform(0, 1, 241).cumsum()
    register = np.where(np.arange(241) < 130, 1000 + counted, counted - counted[129])  # it is reset at 2 h 10 min
    readings = _some(every(quarter, 60, 241), register, seed)
    site.samples(meter, "energy_total_kwh", readings.index, readings)
    risen = readings.diff().fillna(0)
    rise = risen.where(risen >= 0, readings).cumsum()
    edges = pd.date_range(quarter, periods=17, freq="15min")
    at = np.interp(edges.as_unit("us").asi8, readings.index.as_unit("us").asi8, rise)
    for until in (quarter, quarter + 2 * HOUR, quarter + 3 * HOUR, quarter + 4.25 * HOUR):
        site.roll_up(until)
        for first, last in ((0, 16), (1, 5), (3, 13), (8, 9)):
            found = energy.energy(SYSTEM, [meter], quarter + first * QUARTER, quarter + last * QUARTER).loc[meter]
            assert found["forward_kwh"] == pytest.approx(at[last] - at[first])


def test_the_power_of_a_counter_stays_even_through_an_outage_within_a_quarter(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    times = [each for each in every(quarter, 60, 61) if not 20 <= (each - quarter) / MINUTE < 25]
    site.samples(meter, "energy_total_kwh", times, [(each - quarter) / MINUTE / 10 for each in times])  # 6 kW throughout
    for until in (quarter, quarter + 2 * QUARTER, quarter + HOUR):
        site.roll_up(until)
        frame = power.mean_power(SYSTEM, [meter], quarter, quarter + HOUR, 900)[meter]
        assert frame.tolist() == pytest.approx([6.0] * 4)
    coverage = energy.energy(SYSTEM, [meter], quarter, quarter + HOUR).loc[meter, "coverage"]
    assert coverage == pytest.approx(54 / 60), "nothing tells of the course of these six minutes"


def test_what_a_counter_counted_while_it_was_silent_is_not_lost_and_its_course_is_not_invented(
    site: Site, quarter: datetime
) -> None:
    meter = site.meter("counter", 60)
    before, after = every(quarter, 60, 20), every(quarter + 3 * HOUR, 60, 20)
    site.samples(meter, "energy_total_kwh", before, [0.1 * n for n in range(20)])
    for n in range(1, 12):  # the worker goes on while the meter is silent
        site.roll_up(quarter + n * QUARTER)
    site.samples(meter, "energy_total_kwh", after, [100 + 0.1 * n for n in range(20)])
    site.roll_up(quarter + 3 * HOUR + QUARTER)
    end = quarter + 3 * HOUR + QUARTER
    found = energy.energy(SYSTEM, [meter], quarter, end).loc[meter]
    assert found["forward_kwh"] == pytest.approx(100 + 1.5)
    assert found["coverage"] < 0.2
    frame = power.mean_power(SYSTEM, [meter], quarter, end, 900)[meter]
    assert frame.isna().tolist() == [False, False, *[True] * 10, False]
    assert frame.iloc[[0, -1]].tolist() == pytest.approx([6, 6])


def test_a_counter_read_every_hour_covers_its_hours(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 3600)
    site.samples(meter, "energy_total_kwh", every(quarter, 3600, 5), [0, 4, 4, 12, 20])
    for until in (quarter, quarter + 4 * HOUR + QUARTER):
        site.roll_up(until)
        found = energy.energy(SYSTEM, [meter], quarter, quarter + 4 * HOUR).loc[meter]
        assert (found["forward_kwh"], found["coverage"]) == (pytest.approx(20), pytest.approx(1))
        frame = power.mean_power(SYSTEM, [meter], quarter, quarter + 4 * HOUR, 3600)[meter]
        assert frame.tolist() == pytest.approx([4, 0, 8, 8])
    live = power.live_power(SYSTEM, [meter], quarter + 4 * HOUR + MINUTE)[meter]
    assert live.forward_kw == pytest.approx(8)


def test_rows_of_another_length_are_of_another_source_and_never_added(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 60), [0.1] * 60)
    site.intervals(meter, "energy_kwh", 3600, [quarter], [6.0])  # the same hour again, from a file
    site.roll_up(quarter + HOUR)
    assert energy.energy(SYSTEM, [meter], quarter, quarter + HOUR).loc[meter, "forward_kwh"] == pytest.approx(6)


def test_a_gap_filled_by_intervals_is_seen_in_short_steps_too(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 15), [0.1] * 15)
    site.intervals(meter, "energy_kwh", 900, every(quarter + QUARTER, 900, 2), [3.0, 6.0])
    site.samples(meter, "energy_kwh", every(quarter + 3 * QUARTER, 60, 5), [0.1] * 5)
    site.roll_up(quarter + HOUR)
    frame = power.mean_power(SYSTEM, [meter], quarter, quarter + HOUR, 300)[meter]
    assert frame.tolist() == pytest.approx([6] * 3 + [12] * 3 + [24] * 3 + [6, np.nan, np.nan], nan_ok=True)


def test_a_quarter_whose_every_sample_is_void_has_no_energy(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 300)
    times = every(quarter, 300, 6)
    site.samples(meter, "power_kw", times, [9.0] * 6)
    site.roll_up(quarter + 2 * QUARTER)
    for each in times[:3]:
        amendments.void(SYSTEM, meter, "power_kw", each, reason="a test of the wiring")
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    site.roll_up(quarter + 2 * QUARTER)
    found = energy.energy(SYSTEM, [meter], quarter, quarter + 2 * QUARTER).loc[meter]
    assert (found["forward_kwh"], found["coverage"]) == (pytest.approx(2.25), pytest.approx(0.5))
    frame = power.mean_power(SYSTEM, [meter], quarter, quarter + 2 * QUARTER, 900)[meter]
    assert frame.tolist() == pytest.approx([np.nan, 9], nan_ok=True)
    assert levels.levels(SYSTEM, [meter], "power_kw", quarter, quarter + QUARTER, 300)[meter].isna().all()


def test_a_marker_that_becomes_visible_after_a_later_one_is_still_heeded(site: Site, quarter: datetime) -> None:
    first, second = site.meter("interval", 60), site.meter("interval", 60)
    for meter in (first, second):
        site.samples(meter, "energy_kwh", every(quarter, 60, 10), [1.0] * 10)
    site.roll_up(quarter + QUARTER)
    now = datetime.now(UTC)
    for meter, marked in ((second, now), (first, now - timedelta(seconds=40))):  # the other process was slower
        times = every(quarter + 10 * MINUTE, 60, 5)
        site.samples(meter, "energy_kwh", times, [1.0] * 5)
        site.late(meter, "energy_kwh", times[:1], received_at=marked)
        site.roll_up(quarter + QUARTER)
        assert energy.energy(SYSTEM, [meter], quarter, quarter + QUARTER).loc[meter, "forward_kwh"] == pytest.approx(15)


@pytest.mark.parametrize(("zone", "year"), [("Europe/London", 2025), ("Australia/Lord_Howe", 2025), ("Asia/Kathmandu", 2025)])
def test_local_days_and_months_of_a_year_agree_with_pandas(site: Site, zone: str, year: int) -> None:
    meter, start = site.meter("interval", 900), datetime(year, 1, 1, tzinfo=UTC) - 24 * HOUR
    values = np.random.default_rng(year).uniform(0, 2, 4 * 24 * 368)
    site.intervals(meter, "energy_kwh", 900, every(start, 900, len(values)), values)
    local = pd.Series(values, index=pd.date_range(start, periods=len(values), freq="15min").tz_convert(zone))
    first = pd.Timestamp(year, 1, 1, tz=zone).tz_convert("UTC").to_pydatetime()
    last = pd.Timestamp(year + 1, 1, 1, tz=zone).tz_convert("UTC").to_pydatetime()
    mine = local[first : last - QUARTER]
    for step, count, key in (("day", 365, mine.index.strftime("%j")), ("month", 12, mine.index.strftime("%m"))):
        found = energy.energy_by(SYSTEM, [meter], first, last, step, zone)
        assert len(found) == count
        np.testing.assert_allclose(found["forward_kwh"].to_numpy(), mine.groupby(key).sum().to_numpy())
        assert found["coverage"].to_numpy() == pytest.approx(np.ones(count))


def test_undoing_an_import_voids_what_came_from_it(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 1, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 24 * 30), [1.0] * 24 * 30)
    for source, count in (("another file", 0), ("test", 24)):
        day = (start, start + 24 * HOUR)
        assert amendments.void_range(SYSTEM, meter, "energy_kwh", *day, reason="a wrong file", source=source) == count
    assert rollup.await_applied(["amendments"], PATIENT_S)
    found = energy.energy(SYSTEM, [meter], start, start + 24 * 30 * HOUR).loc[meter]
    assert (found["forward_kwh"], found["coverage"]) == (pytest.approx(24 * 29), pytest.approx(29 / 30))
    told = amendments.history(SYSTEM, meter, "energy_kwh", start, start + 48 * HOUR)
    assert (len(told), told["device_value"].tolist(), set(told["by"])) == (24, [1.0] * 24, {"loadstar"})
