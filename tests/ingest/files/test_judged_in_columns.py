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
    made = {name: MeterEntry(name, "s", None, name == "m2", frozenset(), "counter", None, "", False) for name in ("m1", "m2")}
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
    said = sorted((row, problem.code, problem.message) for row, _reading, problem in bad)
    assert said == sorted((problem.index, problem.code, problem.message) for problem in one.problems)
    assert kept and said


@pytest.mark.parametrize(
    ("quantity", "lasts_s", "values", "codes"),
    [
        ("energy_total_kwh", 0, [549.73, 0, 549.73], {"fall": 1}),
        ("energy_total_kwh", 0, [100.0, 4294967.295, 100.1], {"no_number": 1}),
        ("energy_total_kwh", 0, [100.0, 100.1, 100.3], {}),
        ("power_kw", 0, [1.0, 4294967.292, -4294967.295, 771358.72, 2.0], {"no_number": 2, "beyond_capacity": 1}),
        ("energy_kwh", 900, [0.5, 90_000.0, 0.5], {"beyond_capacity": 1}),
        ("energy_kwh", 900, [4000.0] * 8, {}),  # 16 MW for two hours: it is not the capacity that is known
        ("temperature_c", 0, [1.0, 90.0, 1.0], {}),
    ],
)
@pytest.mark.parametrize("order", ["as it came", "the other way round"])
def test_what_a_meter_cannot_have_said_is_told_and_kept(
    quantity: str, lasts_s: int, values: list[float], codes: dict[str, int], order: str
) -> None:
    count = len(values)
    ends = clock.now_us() - (count - np.arange(count)) * max(lasts_s, 60) * SECOND
    turned = slice(None, None, 1 if order == "as it came" else -1)
    block = Block(
        [Series("m1", quantity, "")],
        np.zeros(count, np.int32),
        ends[turned],
        np.full(count, lasts_s),
        np.array(values)[turned],
        np.full(count, "A"),
        np.arange(count),
    )
    good, bad = columns.judge(_caller(), Window(365.25 * 35, 300), block, {})
    assert not bad and [len(each.value) for each in good] == [count]
    assert columns.held(good[0]) == codes
