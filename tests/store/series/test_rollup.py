from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from store.errors import Refused
from store.scope import NOBODY, SYSTEM
from store.series import amendments, energy, levels, rollup, versions
from store.series.connection import frame, query
from tests.conftest import PATIENT_S
from tests.store.series.conftest import Site, every

QUARTER = timedelta(minutes=15)


def _kept(meter: str, quantity: str) -> pd.DataFrame:
    return frame(
        'SELECT ts, value, "min" least, "max" greatest, "count" n FROM intervals WHERE meter = %s AND quantity = %s ORDER BY ts',
        [meter, quantity],
    )


def test_quarters_agree_with_a_plain_computation(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 20)
    values = np.random.default_rng(3).normal(230, 3, 4 * 45)
    times = every(quarter, 20, len(values))
    site.samples(meter, "voltage_v", times, values)
    site.roll_up(quarter + 4 * QUARTER)
    plain = pd.Series(values, index=pd.DatetimeIndex(times)).resample("15min").agg(["mean", "min", "max", "count"])
    kept = _kept(meter, "voltage_v")
    np.testing.assert_allclose(kept[["value", "least", "greatest", "n"]].to_numpy(float), plain.to_numpy(float))


def test_rolling_up_again_changes_nothing(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 46), np.arange(46) / 7)
    rollup.roll_up(SYSTEM, quarter, quarter + 3 * QUARTER)
    assert rollup.await_applied(["intervals"], PATIENT_S)
    once = frame("SELECT ts, meter, quantity, value FROM intervals ORDER BY ts, quantity")
    rollup.roll_up(SYSTEM, quarter, quarter + 3 * QUARTER)
    assert rollup.await_applied(["intervals"], PATIENT_S)
    pd.testing.assert_frame_equal(once, frame("SELECT ts, meter, quantity, value FROM intervals ORDER BY ts, quantity"))


def test_the_open_quarter_is_left_alone(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 20), [1.0] * 20)
    site.roll_up(quarter + timedelta(minutes=20))
    assert _kept(meter, "energy_kwh")["value"].tolist() == [15]


def test_a_worker_that_was_away_makes_up_for_all_it_missed(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 15), [1.0] * 15)
    site.roll_up(quarter + QUARTER)
    site.samples(meter, "energy_kwh", every(quarter + QUARTER, 60, 120), [1.0] * 120)
    site.roll_up(quarter + 9 * QUARTER)
    assert _kept(meter, "energy_kwh")["value"].tolist() == [15] * 9


def test_only_loadstar_itself_rolls_up(site: Site) -> None:
    with pytest.raises(Refused):
        rollup.catch_up(NOBODY)


def test_an_amended_sample_counts_in_its_quarter_and_can_be_undone(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 15), [1.0] * 14 + [50.0])
    site.roll_up(quarter + QUARTER)
    bad = quarter + timedelta(minutes=14)

    def energy_now() -> float:
        assert rollup.await_applied(["amendments", "late"], PATIENT_S)
        site.roll_up(quarter + QUARTER)
        return float(energy.energy(SYSTEM, [meter], quarter, quarter + QUARTER).loc[meter, "forward_kwh"])

    amendments.amend(SYSTEM, meter, "energy_kwh", bad, 1.0, reason="a spike of the gateway")
    assert energy_now() == pytest.approx(15)
    amendments.void(SYSTEM, meter, "energy_kwh", bad, reason="not known after all")
    assert energy_now() == pytest.approx(14)
    amendments.restore(SYSTEM, meter, "energy_kwh", bad, reason="it was true")
    assert energy_now() == pytest.approx(64)
    told = query("SELECT value FROM telemetry WHERE meter = %s AND ts = %s", [meter, bad])
    assert told == [(50.0,)], "what the device said is still there"
    assert len(amendments.history(SYSTEM, meter, "energy_kwh", quarter, quarter + QUARTER)) == 3


def test_an_amended_interval_counts_at_once(site: Site) -> None:
    meter, start = site.meter("interval", 3600), datetime(2026, 3, 1, tzinfo=UTC)
    site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 4), [1, 2, 3, 4])
    amendments.amend(SYSTEM, meter, "energy_kwh", start + timedelta(hours=1), 20, reason="misread", interval_s=3600)
    amendments.void(SYSTEM, meter, "energy_kwh", start + timedelta(hours=3), reason="meter test", interval_s=3600)
    assert rollup.await_applied(["amendments"], PATIENT_S)
    found = energy.energy(SYSTEM, [meter], start, start + timedelta(hours=4)).loc[meter]
    assert found["forward_kwh"] == pytest.approx(1 + 20 + 3)
    assert found["coverage"] == pytest.approx(3 / 4)


def test_an_amendment_needs_a_reason_and_a_value_that_can_be_true(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    with pytest.raises(Refused, match="reason"):
        amendments.void(SYSTEM, meter, "energy_kwh", quarter, reason=" ")
    with pytest.raises(Refused, match="power_factor"):
        amendments.amend(SYSTEM, meter, "power_factor", quarter, 7, reason="typing")


def test_late_data_and_amendments_change_the_version_of_the_data(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    seen = [versions.version(SYSTEM, [meter], quarter, quarter + QUARTER)]
    site.samples(meter, "energy_kwh", every(quarter, 60, 2), [1, 1])
    seen.append(versions.version(SYSTEM, [meter], quarter, quarter + QUARTER))
    amendments.void(SYSTEM, meter, "energy_kwh", quarter, reason="test")
    assert rollup.await_applied(["amendments"], PATIENT_S)
    seen.append(versions.version(SYSTEM, [meter], quarter, quarter + QUARTER))
    assert seen == sorted(set(seen))


def test_a_change_is_seen_in_the_blocks_that_it_reaches_and_in_no_other(site: Site) -> None:
    meter, other, start = site.meter("interval", 3600), site.meter("interval", 3600), datetime(2026, 3, 1, tzinfo=UTC)
    days = [start + timedelta(days=n) for n in range(9)]
    for each in (meter, other):
        site.intervals(each, "energy_kwh", 3600, every(start, 3600, 8 * 24), [1.0] * 8 * 24)
    before = versions.of_blocks(SYSTEM, [meter], days)
    site.intervals(other, "energy_kwh", 3600, [start + timedelta(days=3)], [2.0])
    assert (versions.of_blocks(SYSTEM, [meter], days) == before).all()
    site.intervals(meter, "energy_kwh", 3600, [start + timedelta(days=3, hours=1)], [2.0])
    corrected = versions.of_blocks(SYSTEM, [meter], days)
    assert np.flatnonzero(corrected > before).tolist() == [1, 2, 3, 4], (
        "an interval may last a day, and so may one that this is a part of"
    )
    amendments.void(SYSTEM, meter, "energy_kwh", start + timedelta(days=6), reason="meter test", interval_s=3600)
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    assert np.flatnonzero(versions.of_blocks(SYSTEM, [meter], days) > corrected).tolist() == [4, 5, 6, 7]


def test_the_version_of_a_day_reads_no_marker_of_before(site: Site, quarter: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []

    def explained(sql: str, params: Sequence[object] = ()) -> list[Any]:
        if " FROM late " in sql:
            plans.append(" ".join(line for (line,) in query("EXPLAIN " + sql, params)))
        return query(sql, params)

    monkeypatch.setattr(versions, "query", explained)
    versions.version(SYSTEM, [site.meter("power")], quarter, quarter + QUARTER)
    (plan,) = plans
    assert "Interval forward scan on: late" in plan


def test_rolling_up_some_series_tells_how_many_samples_those_have(site: Site, quarter: datetime) -> None:
    meter, other = site.meter("power", 60), site.meter("power", 60)
    for each, number in ((meter, 15), (other, 30)):
        site.samples(each, "power_kw", every(quarter, 60, number), [1.0] * number)
    assert rollup.roll_up(SYSTEM, quarter, quarter + 2 * QUARTER, [meter]) == 15


def test_a_log_that_lags_is_told(site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(rollup, "await_applied", lambda *_: False)
    assert rollup.catch_up(SYSTEM) == 0
    assert "quarters that are over wait" in caplog.text


def test_conditions_join_hourly_history_and_samples(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60)
    site.intervals(meter, "soc_pct", 3600, [quarter], [50])
    hour = quarter + timedelta(hours=1)
    site.samples(meter, "soc_pct", every(hour, 60, 30), [60] * 15 + [70] * 15)
    found = levels.levels(SYSTEM, [meter], "soc_pct", quarter, hour + 3 * QUARTER, 900)[meter]
    assert found.tolist()[:6] == [50, 50, 50, 50, 60, 70]
    assert np.isnan(found.tolist()[6])


def test_a_quarter_that_the_device_told_itself_stands(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 30), [1.0] * 30)
    site.intervals(meter, "energy_kwh", 900, [quarter], [14.0])
    amendments.void(SYSTEM, meter, "energy_kwh", quarter, reason="a test")
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    site.roll_up(quarter + 2 * QUARTER)
    assert _kept(meter, "energy_kwh")["value"].tolist() == [14, 15]


@pytest.mark.parametrize("measure", ["mean", "least", "greatest"])
def test_conditions_agree_with_a_plain_computation_and_their_amendments(site: Site, quarter: datetime, measure: str) -> None:
    meter = site.meter("power", 20)
    times = every(quarter, 20, 3 * 60 * 3)
    values = pd.Series(np.random.default_rng(7).normal(230, 5, len(times)), index=pd.DatetimeIndex(times))
    site.samples(meter, "voltage_v", times, values)
    amendments.amend(SYSTEM, meter, "voltage_v", times[100], 400.0, reason="a dip that was none")
    amendments.void_range(SYSTEM, meter, "voltage_v", times[200], times[215], reason="the probe was loose")
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    values.iloc[100] = 400.0
    values.iloc[200:215] = np.nan
    for until in (quarter, quarter + timedelta(hours=1), quarter + timedelta(hours=3)):
        site.roll_up(until)
        for step_s in (300, 900):
            found = levels.levels(SYSTEM, [meter], "voltage_v", quarter, quarter + timedelta(hours=3), step_s, measure)
            how = {"least": "min", "greatest": "max"}.get(measure, "mean")
            np.testing.assert_allclose(found[meter], values.resample(f"{step_s}s").agg(how))
