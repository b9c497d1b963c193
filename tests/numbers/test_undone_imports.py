"""Sums with an import, without what of it cannot be true, and after its undoing those of before, by plain pandas on the rows."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config import clock
from ingest.files import importing, undoing
from store.records.plant import imports
from store.scope import SYSTEM
from store.series import energy, rollup, suspects
from tests.conftest import PATIENT_S
from tests.ingest.files.reading import changed, proposed
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site, every

DAY = timedelta(days=1)
QUARTER = timedelta(minutes=15)
SPIKE_KWH = 90_000.0  # in a quarter of an hour: 360 MW


@pytest.fixture
def site(site_in: MakeSite, tmp_path: Path) -> Site:
    made = site_in("UTC")
    made.settings = made.settings.model_copy(update={"home": tmp_path / "home"})
    (tmp_path / "home").mkdir()
    return made


def _import(
    site: Site, tmp_path: Path, head: str, meter: str, times: Sequence[datetime], values: Sequence[float], at: str = "end"
) -> str:
    path = tmp_path / f"{len(values)}.csv"
    rows = [f"{meter},{each:%Y-%m-%dT%H:%M:%SZ},{value!r}" for each, value in zip(times, values, strict=True)]
    path.write_text(f"meter,time,{head}\n" + "\n".join(rows) + "\n")
    record = importing.start(
        SYSTEM, site.settings, site.id, path, "export.csv", changed(proposed(path, "UTC").profile, stamp_at=at)
    )
    assert importing.store(SYSTEM, site.settings, record.id) is not None, imports.seen(SYSTEM, record.id).why
    assert rollup.await_applied(["telemetry", "intervals", "amendments", "late"], PATIENT_S)
    return record.id


def _undo(site: Site, import_id: str) -> None:
    imports.undo(SYSTEM, import_id)
    undoing.undo(SYSTEM, site.settings, import_id)
    assert rollup.await_applied(["telemetry", "intervals", "amendments", "late"], PATIENT_S)


def _by_day(meter: str, start: datetime, days: int) -> list[float]:
    found = energy.energy_by(SYSTEM, [meter], start, start + days * DAY, "day", "UTC")
    return [float(each) for each in found["forward_kwh"]]


def test_energies_of_a_meter_are_those_of_its_rows_with_an_import_and_without(site: Site, tmp_path: Path) -> None:
    start, days = datetime(2003, 2, 27, tzinfo=clock.now().tzinfo), 6
    meter = site.meter("interval", 900)
    numbers = np.random.default_rng(31)
    stood = pd.Series(np.round(numbers.random(days * 96), 3), pd.date_range(start, periods=days * 96, freq="15min"))
    site.intervals(meter, "energy_kwh", 900, stood.index.to_pydatetime(), stood)
    before = _by_day(meter, start, days)
    assert before == pytest.approx(stood.groupby(stood.index.date).sum().tolist())
    # The file is of the second half and of two days more, and one of its quarters cannot be.
    came = pd.Series(np.round(numbers.random(5 * 96), 3), pd.date_range(start + 3 * DAY, periods=5 * 96, freq="15min"))
    came.iloc[100] = SPIKE_KWH
    source = _import(site, tmp_path, "kWh", meter, [each + QUARTER for each in came.index], came.tolist())
    seen = imports.seen(SYSTEM, source)
    assert (seen.record.readings, seen.record.held) == (len(came), {"beyond_capacity": 1})
    held = suspects.suspects(SYSTEM, [meter], start, start + 10 * DAY)
    assert held["value"].tolist() == [SPIKE_KWH] and held["held"].all()  # a file of long ago, too
    both = came.drop(came.index[100]).combine_first(stood).drop(came.index[100])
    assert _by_day(meter, start, 8) == pytest.approx(both.groupby(both.index.date).sum().tolist())
    _undo(site, source)
    assert _by_day(meter, start, 8) == pytest.approx([*before, 0.0, 0.0])
    found = energy.energy_by(SYSTEM, [meter], start, start + 8 * DAY, "day", "UTC")
    assert found["coverage"].tolist() == pytest.approx([1.0] * days + [0.0, 0.0])


def test_samples_and_the_quarters_that_were_made_of_them_are_those_of_before(site: Site, tmp_path: Path) -> None:
    start = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    meter, moments = site.meter("power", 60), every(start, 60, 120)
    numbers = np.random.default_rng(32)
    stood, came = (np.round(numbers.random(120) * 5, 2) for _ in range(2))
    site.samples(meter, "power_kw", moments, stood)
    hours = (start, start + timedelta(hours=3))
    rollup.roll_up(SYSTEM, *hours, [meter])
    assert rollup.await_applied(["intervals"], PATIENT_S)
    before = _kwh(meter, *hours)
    assert before[:8] == pytest.approx(_of_samples(stood))
    # Every second sample is another, and there is an hour more.
    times = [*moments[::2], *every(start + timedelta(hours=2), 60, 60)]
    source = _import(site, tmp_path, "Power (kW)", meter, times, came.tolist(), at="start")
    rollup.roll_up(SYSTEM, *hours, [meter])
    assert rollup.await_applied(["intervals"], PATIENT_S)
    mixed = stood.copy()
    mixed[::2] = came[:60]
    assert _kwh(meter, *hours) == pytest.approx([*_of_samples(mixed), *_of_samples(came[60:])])
    _undo(site, source)
    rollup.roll_up(SYSTEM, *hours, [meter])
    assert rollup.await_applied(["intervals"], PATIENT_S)
    after = _kwh(meter, *hours)
    assert after == pytest.approx(before)


def test_five_minutes_of_a_file_cover_their_quarters_and_those_of_before_cover_them_again_as_they_did(
    site: Site, tmp_path: Path
) -> None:
    start = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    meter, moments = site.meter("interval", 900), every(start, 300, 24)
    site.samples(meter, "energy_kwh", moments[::3], [0.25] * 8, lasts_s=300)

    def told() -> tuple[list[float], list[float]]:
        rollup.roll_up(SYSTEM, start, start + 8 * QUARTER, [meter])
        assert rollup.await_applied(["intervals"], PATIENT_S)
        found = energy.energy_by(SYSTEM, [meter], start, start + 8 * QUARTER, "quarter", "UTC")
        return found["forward_kwh"].tolist(), found["coverage"].tolist()

    before = ([0.25] * 8, pytest.approx([1 / 3] * 8))
    assert told() == before
    came = np.round(np.random.default_rng(33).random(24) + 0.1, 3)
    source = _import(site, tmp_path, "kWh", meter, moments, came.tolist(), at="start")
    assert told() == (pytest.approx(came.reshape(8, 3).sum(axis=1).tolist()), [1.0] * 8)
    _undo(site, source)
    assert told() == before


def _kwh(meter: str, start: datetime, end: datetime) -> list[float]:
    """By quarter of an hour; what the last sample still holds for belongs to the quarter that follows it."""
    return [float(each) for each in energy.energy_by(SYSTEM, [meter], start, end, "quarter", "UTC")["forward_kwh"]]


def _of_samples(kw: np.ndarray) -> list[float]:
    return [float(each) for each in kw.reshape(-1, 15).mean(axis=1) / 4]
