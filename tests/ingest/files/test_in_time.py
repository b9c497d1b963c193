"""A file is given to the store in the order of time, whatever its own order is."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
import pytest

from ingest.files import in_time as ordering
from ingest.files.block import Block, RowProblem, Series
from ingest.files.in_time import in_time
from ingest.times import DAY
from store.errors import StoreFull

QUARTER = 900 * 1_000_000
START = 1_700_000_000_000_000 // DAY * DAY


@pytest.fixture
def spare() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def block(meters: Sequence[str], nths: Sequence[int], first_row: int = 1, value: float = 0.0, **other: object) -> Block:
    """A reading of each meter at each of these quarters of an hour, a row a meter."""
    count = len(nths)
    of = np.repeat(np.arange(len(meters), dtype=np.int32), count)
    made = Block(
        [Series(name, "energy_kwh", "") for name in meters],
        of,
        np.tile(START + np.array(nths, np.int64) * QUARTER, len(meters)),
        np.full(len(of), 900, np.int64),
        np.arange(len(of), dtype=np.float64) + value,
        np.full(len(of), "A"),
        first_row + of.astype(np.int64),
    )
    for name, each in other.items():
        setattr(made, name, each)
    return made


def readings(blocks: Sequence[Block]) -> list[tuple[str, int, float, int]]:
    return [
        (each.series[of].meter, (end - START) // QUARTER, value, row)
        for each in blocks
        for of, end, value, row in zip(
            each.of.tolist(), each.end_us.tolist(), each.value.tolist(), each.row.tolist(), strict=True
        )
    ]


def ordered(blocks: Sequence[Block], spare: IO[bytes]) -> list[Block]:
    return [each for each, _row in in_time(iter(blocks), spare, lambda _size: None)]


def test_what_is_in_order_is_passed_on_as_it_is(spare: IO[bytes]) -> None:
    blocks = [block("ab", range(nth * 96 - 90, nth * 96 + 96), 1 + nth) for nth in range(5)]
    assert ordered(blocks, spare) == blocks
    assert spare.tell() == 0


def test_one_meter_after_the_other_becomes_one_day_after_the_other(spare: IO[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "ROWS", 400)
    monkeypatch.setattr(ordering, "AT_ONCE", 1_000)
    blocks = [block([f"m{nth}"], range(96 * 40), 1 + nth, nth * 10_000) for nth in range(12)]
    made = ordered(blocks, spare)
    assert sorted(readings(made)) == sorted(readings(blocks))
    of_the_rest = [each for each in made[1:] if len(each)]
    ends = np.concatenate([each.end_us for each in of_the_rest])
    assert (np.diff(ends) >= 0).all()
    assert max(map(len, of_the_rest)) <= 400
    assert [int(each.end_us.max()) for each in of_the_rest[:-1]] < [int(each.end_us.min()) for each in of_the_rest[1:]]


def test_what_is_said_twice_comes_together_in_the_order_of_the_file(spare: IO[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "ROWS", 10)
    said = (("a", 1), ("b", 2), ("b", 3), ("a", 4))
    made = ordered([block(name, range(96 * 3), row, row / 10) for name, row in said], spare)
    there = [[(name, row) for name, at, _value, row in readings([each]) if at == 60] for each in made]
    assert [sorted(each) for each in there if each] == [[("a", 1), ("a", 4), ("b", 2), ("b", 3)]]
    assert [row for each in there for name, row in each if name == "b"] == [2, 3]


def test_a_day_of_more_than_fits_is_given_away_in_parts(spare: IO[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("ROWS", 40), ("AT_ONCE", 80), ("MOST", 100)):
        monkeypatch.setattr(ordering, name, size)
    blocks = [block("a", range(96 * 3), 1), *(block([f"m{nth}"], range(96), nth) for nth in range(2, 9))]
    made = ordered(blocks, spare)
    assert sorted(readings(made)) == sorted(readings(blocks))
    assert max(len(each) for each in made[1:]) <= 100


def test_what_was_wrong_is_told_as_it_is_read_and_once(spare: IO[bytes]) -> None:
    wrong = [RowProblem(7, "no_meter", "the row names no meter")]
    blocks = [
        block("a", range(96 * 3)),
        block("b", range(96 * 3), 7, problems=wrong, gaps=3, skipped=2),
        block("c", range(96 * 3), 8),
    ]
    made = ordered(blocks, spare)
    assert [each.problems for each in made if each.problems] == [wrong]
    assert sum(each.gaps for each in made) == 3 and sum(each.skipped for each in made) == 2
    assert made[1].problems == wrong and len(made[1]) == 0


def test_how_far_it_is_only_grows_and_ends_at_the_last_row(spare: IO[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ordering, "ROWS", 100)
    monkeypatch.setattr(ordering, "AT_ONCE", 200)
    blocks = [block([f"m{nth}"], range(96 * 4), 1 + nth * 10) for nth in range(10)]
    rows = [row for _block, row in in_time(iter(blocks), spare, lambda _size: None)]
    assert rows == sorted(rows) and rows[-1] == 91
    assert rows[9] == 45  # all is read, and half of the way to go


def test_the_same_blocks_give_the_same_ones_for_an_import_goes_on_by_their_numbers(spare: IO[bytes]) -> None:
    blocks = [block([f"m{nth}"], range(96 * 4), 1 + nth) for nth in range(4)]
    first = ordered(blocks, spare)
    with tempfile.TemporaryFile() as other:
        assert readings(ordered(blocks, other)) == readings(first)


def test_a_full_disk_is_said_before_anything_is_laid_down(spare: IO[bytes]) -> None:
    def full(_size: int) -> None:
        raise StoreFull("the disk has no room")

    with pytest.raises(StoreFull):
        list(in_time(iter([block("a", range(96 * 3)), block("b", range(96 * 3))]), spare, full))
    assert spare.tell() == 0
