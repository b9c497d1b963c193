"""What readers give: readings in columns, many at a time, and what could not be read, by row."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.judge import ESTIMATED
from models.refused_reading import NOTHING_SAID, Said
from store.records.plant.refused import LONGEST_BODY

ROWS = 150_000  # each block is a commit, which QuestDB sorts into its months: few large ones cost less than many small ones
_KINDS: tuple[Any, ...] = (np.int32, np.int64, np.int64, np.float64, "U1", np.int64)

Microseconds = NDArray[np.int64]
Values = NDArray[np.float64]
Rows = NDArray[np.int64]


class Series(NamedTuple):
    """What a reading is of: the meter as the file names it, the quantity, and the unit ("" for the quantity's own)."""

    meter: str
    quantity: str
    unit: str


class RowProblem(NamedTuple):
    """What of a file could not be taken: the row as people count it (from 1), a code, and words.

    `said` is the reading in the file's own words, or `body` what of the row was read, where there is one to be put right.
    """

    row: int
    code: str
    message: str
    said: Said = NOTHING_SAID
    body: str = ""


def as_said(series: Series, end_us: int, duration_s: int, value: str, *, estimated: bool = False) -> Said:
    """A reading of a file in the words of a post; `value` is as JSON writes it, `estimated` by its sender."""
    ts = str(np.datetime64(end_us, "us")).removesuffix(".000000") + "Z"
    return Said(
        series.meter,
        series.quantity,
        ts,
        value,
        series.unit,
        str(duration_s) if duration_s else "",
        ESTIMATED if estimated else "",
    )


@dataclass(slots=True)
class Block:
    """Readings: the place of each one's series, its end (µs since 1970), what it lasts (s, 0 a sample), value, class, row."""

    series: list[Series]
    of: NDArray[np.int32]
    end_us: Microseconds
    duration_s: NDArray[np.int64]
    value: Values
    quality: NDArray[np.str_]
    row: Rows
    problems: list[RowProblem] = field(default_factory=list)
    gaps: int = 0  # cells that say that there is no value
    skipped: int = 0  # rows behind the last reading: totals, remarks, signatures

    def __len__(self) -> int:
        return len(self.value)


class Gathering:
    """Collects what a reader finds, and gives it away as blocks of about `ROWS`."""

    def __init__(self) -> None:
        self._known: dict[Series, int] = {}
        self._parts: list[tuple[np.ndarray, ...]] = []
        self._size = 0
        self._one: list[tuple[int, int, int, float, str, int]] = []
        self.problems: list[RowProblem] = []
        self.gaps = self.skipped = 0

    def series(self, meter: str, quantity: str, unit: str) -> int:
        """The place of a series in the block that is being collected."""
        return self._known.setdefault(Series(meter, quantity, unit), len(self._known))

    def add(
        self, meter: str, quantity: str, unit: str, end_us: int, duration_s: int, value: float, quality: str, row: int
    ) -> None:
        """One reading."""
        self._one.append((self.series(meter, quantity, unit), end_us, duration_s, value, quality, row))
        self._size += 1

    def extend(
        self,
        of: "int | NDArray[np.int32]",
        end_us: Microseconds,
        duration_s: "int | NDArray[np.int64]",
        value: Values,
        quality: "str | NDArray[np.str_]",
        row: "int | Rows",
    ) -> None:
        """Many readings; what is the same for all is given once."""
        self._settle()
        count = len(value)
        parts: Any = zip((of, end_us, duration_s, value, quality, row), _KINDS, strict=True)
        self._parts.append(tuple(np.broadcast_to(np.asarray(part, dtype=kind), (count,)) for part, kind in parts))
        self._size += count

    def refuse(self, row: int, code: str, message: str, said: Said = NOTHING_SAID, body: str = "") -> None:
        """Say what of a row could not be read."""
        self.problems.append(RowProblem(row, code, message, said, body[:LONGEST_BODY]))

    def full(self) -> Iterator[Block]:
        """A block, if enough is there for one."""
        if self._size >= ROWS or len(self.problems) >= ROWS:
            yield self.rest()

    def rest(self) -> Block:
        """All that is there."""
        self._settle()
        columns: list[Any] = (
            [np.concatenate(part) for part in zip(*self._parts, strict=True)]
            if self._parts
            else [np.zeros(0, dtype=kind) for kind in _KINDS]
        )
        made = Block(list(self._known), *columns)
        made.problems, made.gaps, made.skipped = self.problems, self.gaps, self.skipped
        self._known, self._parts, self._size, self.problems, self.gaps, self.skipped = {}, [], 0, [], 0, 0
        return made

    def _settle(self) -> None:
        if self._one:
            one, self._one = self._one, []
            parts: Any = zip(zip(*one, strict=True), _KINDS, strict=True)
            self._parts.append(tuple(np.array(part, dtype=kind) for part, kind in parts))
