"""Sums of rows find what is damaged, missing, doubled or in a wrong place, and nothing else."""

from datetime import UTC, datetime

import pyarrow as pa

from store import checksum
from store.checksum import RowsSum

ROWS = {
    "ts": pa.array([1, 2, 3], pa.timestamp("us", "UTC")),
    "meter": pa.array(["a", "b", None]),
    "value": pa.array([1.5, None, -0.0]),
    "interval_s": pa.array([900, 0, None], pa.int32()),
    "void": pa.array([True, False, None]),
}


def of(**changed: pa.Array) -> int:
    return checksum.of_batch(pa.RecordBatch.from_pydict(ROWS | changed))


def test_the_sum_is_of_values_not_of_how_they_are_kept_or_in_which_order() -> None:
    batch = pa.RecordBatch.from_pydict(ROWS)
    assert checksum.of_batch(batch.take(pa.array([2, 0, 1]))) == of()
    assert checksum.of_batch(batch.select(["void", "value", "ts", "meter", "interval_s"])) == of()
    assert of(meter=ROWS["meter"].dictionary_encode()) == of()
    assert of(interval_s=ROWS["interval_s"].cast(pa.int64())) == of()
    parts = (checksum.of_batch(batch.slice(0, 1)) + checksum.of_batch(batch.slice(1))) % 2**64
    assert parts == of()


def test_every_change_of_a_row_changes_the_sum() -> None:
    changed = [
        of(ts=pa.array([1, 2, 4], pa.timestamp("us", "UTC"))),
        of(meter=pa.array(["a", "a", None])),
        of(meter=pa.array(["a", "b", ""])),
        of(value=pa.array([1.5, None, 0.0])),
        of(value=pa.array([1.5, 0.0, -0.0])),
        of(value=pa.array([None, 1.5, -0.0])),
        of(interval_s=pa.array([900, None, 0], pa.int32())),
        of(void=pa.array([True, False, False])),
        checksum.of_batch(pa.RecordBatch.from_pydict(ROWS).rename_columns(["ts", "meter", "value", "void", "interval_s"])),
        checksum.of_batch(pa.RecordBatch.from_pydict(ROWS).slice(0, 2)),
    ]
    assert len({of(), *changed}) == len(changed) + 1


def test_records_are_summed_alike_whatever_their_columns_order() -> None:
    moment = datetime(2026, 11, 27, 6, 0, 0, 1, tzinfo=UTC)
    there = checksum.of_records(["id", "at", "picture"], [("a", moment, b"\0"), ("b", None, None)])
    assert checksum.of_records(["at", "picture", "id"], [(None, None, "b"), (moment, b"\0", "a")]) == there
    assert checksum.of_records(["id", "at", "picture"], [("a", moment, b"\0"), ("b", None, b"")]) != there


def test_sums_add_up_and_wrap_round() -> None:
    total = RowsSum()
    total.add(2, 2**64 - 1)
    total.add(1, 2)
    assert total == RowsSum(3, f"{1:016x}")
