"""Whole histories arrive as they were written, once, and only Loadstar itself may write them."""

import numpy as np
import pytest

from config.settings import Settings
from store.errors import Refused, StoreAway
from store.scope import NOBODY, SYSTEM
from store.series import bulk, connection
from tests.conftest import eventually

START = 1_770_000_000_000_000


def names(prefix: str, rows: int, different: int) -> bulk.Texts:
    return np.array([f"{prefix}_{i % different}" for i in range(rows)], dtype=object)


def count(table: str) -> int:
    return int(connection.query(f"SELECT count() FROM {table} WHERE source = 'bulk-test'")[0][0])


def test_a_history_longer_than_one_flush_arrives_once_however_often_it_is_written(questdb_tables: Settings) -> None:
    rows = bulk.FLUSH_ROWS + 10
    ts = START + np.arange(rows) // 5 * 3_600_000_000
    value = np.arange(rows) / 7
    frame = bulk.intervals(
        ts,
        names("mtr", rows, 5),
        names("energy_kwh", rows, 1),
        value,
        "bulk-test",
        interval_s=3600,
        extremes=(value - 1, value + 1),
        count=12,
    )
    with bulk.writer(questdb_tables) as sender:
        assert bulk.write(SYSTEM, sender, "intervals", frame) == rows
        bulk.write(SYSTEM, sender, "intervals", frame)
    assert eventually(lambda: count("intervals") == rows)
    row = connection.query("SELECT ts, interval_s, value, min, max, count FROM intervals WHERE meter = 'mtr_3' LIMIT 1")[0]
    assert (row[0].timestamp() * 1e6, *row[1:]) == (START, 3600, 3 / 7, 3 / 7 - 1, 3 / 7 + 1, 12)


def test_samples_arrive_at_their_moment_with_the_time_they_were_written(questdb_tables: Settings) -> None:
    frame = bulk.telemetry(START + np.arange(3) * 5_000_000, names("mtr", 3, 1), names("power_kw", 3, 1), np.ones(3), "bulk-test")
    with bulk.writer(questdb_tables) as sender:
        bulk.write(SYSTEM, sender, "telemetry", frame)
    assert eventually(lambda: count("telemetry") == 3)
    found = connection.query(
        "SELECT ts, meter, quantity, value, received_at FROM telemetry WHERE source = 'bulk-test' ORDER BY ts"
    )
    assert [row[0].timestamp() * 1e6 for row in found] == [START, START + 5e6, START + 10e6]
    assert found[0][1:4] == ("mtr_0", "power_kw_0", 1.0)
    assert found[0][4] > found[0][0]


def test_nobody_else_writes_histories(settings: Settings) -> None:
    frame = bulk.telemetry(np.array([START]), names("mtr", 1, 1), names("power_kw", 1, 1), np.ones(1), "bulk-test")
    with bulk.writer(settings) as sender, pytest.raises(Refused, match="Loadstar itself"):
        bulk.write(NOBODY, sender, "telemetry", frame)


def test_a_store_that_is_away_is_named(settings: Settings) -> None:
    elsewhere = settings.model_copy(update={"questdb_http_port": 1})
    frame = bulk.telemetry(np.array([START]), names("mtr", 1, 1), names("power_kw", 1, 1), np.ones(1), "bulk-test")
    with pytest.raises(StoreAway, match="QuestDB"), bulk.writer(elsewhere) as sender:
        bulk.write(SYSTEM, sender, "telemetry", frame)
