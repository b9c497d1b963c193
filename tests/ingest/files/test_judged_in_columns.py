"""Readings in columns get the verdicts that the one judge gives them one by one."""

import numpy as np
import pytest

from config import clock
from ingest import columns
from ingest.directory import Caller
from ingest.files.block import Block, Series
from ingest.judge import Judge, Reading
from ingest.rows import Rows
from ingest.times import SECOND, Window
from store.records.plant.directory import MeterEntry
from tests.ingest.files.reading import utc

SERIES = [
    Series("m1", "energy_kwh", ""),
    Series("m1", "energy_kwh", "Wh"),
    Series("m1", "energy_kwh", "V"),
    Series("m2", "power_kw", "W"),
    Series("m2", "energy_export_kwh", "kWh"),
    Series("m1", "no_such", ""),
    Series("m3", "energy_kwh", ""),
    Series("m1", "energy_total_kwh", "MWh"),
    Series("m1", "temperature_c", "°F"),
]


def _caller() -> Caller:
    fields = MeterEntry.__dataclass_fields__
    made = {
        name: MeterEntry(**{key: {"id": name, "site_id": "s", "one_way": name == "m2"}.get(key) for key in fields})  # type: ignore[arg-type]
        for name in ("m1", "m2")
    }
    return Caller("imp_1", b"", False, False, True, 0, None, made, {}, {})


@pytest.mark.parametrize("seed", range(20))
def test_columns_and_single_readings_are_judged_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(seed)
    count = 400
    now = clock.now_us()
    monkeypatch.setattr(clock, "now_us", lambda: now)
    span = now - int(utc(1989, 12, 1).timestamp()) * SECOND
    block = Block(
        SERIES,
        random.integers(0, len(SERIES), count).astype(np.int32),
        now - (random.random(count) * span).astype(np.int64) + random.choice([0, 0, 0, 2 * span], count),
        random.choice([0, 60, 900, 3600, 86_400, 10_000_000], count),
        random.choice([-1.0, 0.0, 1e-9, 0.1, 123.456, 1e7, 1e9, 1e13], count),
        np.full(count, "A"),
        np.arange(count),
    )
    window = Window(365.25 * 35, 300)
    caller = _caller()
    good, bad = columns.judge(caller, window, block, {})
    one = Judge(caller, window, Rows())
    readings = []
    for at in range(count):
        meter, quantity, unit = SERIES[block.of[at]]
        readings.append(
            Reading(
                meter, quantity, int(block.end_us[at]), float(block.value[at]), unit or None, int(block.duration_s[at]) or None
            )
        )
    one.judge(readings, "us")
    kept = sorted(
        (each.target.series.head, at, value)
        for each in good
        for at, value in zip(each.at_us.tolist(), each.value.tolist(), strict=True)
    )
    assert kept == sorted((series.head, at, value) for series, at, value in one.rows.rows)
    said = sorted((row, problem.code, problem.message) for row, problem in bad)
    assert said == sorted((problem.index, problem.code, problem.message) for problem in one.problems)
    assert kept and said
