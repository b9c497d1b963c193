"""Rows in columns: thousands of them are judged, and become text, in a tenth of the time that they take one by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.arrow import numbers, texts
from store.series.write import INTERVALS, NOW, TELEMETRY, Row, Series


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Many rows in columns: of each the place of its series, its time (µs since 1970) and its value; shapes (n,)."""

    series: Sequence[Series]
    of: NDArray[np.intp]
    at: NDArray[np.int64]
    value: NDArray[np.float64]

    @classmethod
    def made_of(cls, rows: Sequence[Row]) -> Self:
        """These rows in columns."""
        place = {of: nth for nth, of in enumerate(dict.fromkeys(of for of, _at, _value in rows))}
        of, at, value = zip(*((place[of], at, value) for of, at, value in rows), strict=True) if rows else ((), (), ())
        return cls(list(place), np.array(of, np.intp), np.array(at, np.int64), np.array(value, np.float64))

    @classmethod
    def joined(cls, blocks: Sequence["Block"]) -> Self:
        """Blocks one after the other."""
        if not blocks:
            return cls((), np.empty(0, np.intp), np.empty(0, np.int64), np.empty(0))
        firsts = np.cumsum([0, *(len(block.series) for block in blocks[:-1])]).tolist()
        return cls(
            [of for block in blocks for of in block.series],
            np.concatenate([block.of + first for block, first in zip(blocks, firsts, strict=True)]),
            np.concatenate([block.at for block in blocks]),
            np.concatenate([block.value for block in blocks]),
        )

    def __len__(self) -> int:
        return len(self.of)

    def __getitem__(self, part: slice | NDArray[np.bool_] | NDArray[np.intp]) -> Self:
        return type(self)(self.series, self.of[part], self.at[part], self.value[part])

    def rows(self) -> list[Row]:
        """The same, one by one."""
        series = self.series
        return [
            (series[of], at, value) for of, at, value in zip(self.of.tolist(), self.at.tolist(), self.value.tolist(), strict=True)
        ]

    def tables(self) -> dict[str, NDArray[np.intp]]:
        """The places of its rows by the table that they are kept in."""
        kept = {table: np.array([each.table == table for each in self.series], bool) for table in (TELEMETRY, INTERVALS)}
        return {table: np.flatnonzero(its[self.of]) for table, its in kept.items() if its.any()}

    def text(self, now_us: int) -> memoryview:
        """The lines of rows of one table, received at that moment."""
        heads = texts([each.head.replace(NOW, str(now_us)) for each in self.series])
        value, at = (numbers(each).cast(pa.string()) for each in (self.value, self.at))
        least, most, then, end, nothing = texts([",min=", ",max=", " ", "\n", ""])
        extremes = (least, value, most, value) if self.series[self.of[0]].interval_s else ()
        lines = pc.binary_join_element_wise(heads.take(numbers(self.of)), value, *extremes, then, at, end, nothing)
        _nulls, ends, words = lines.buffers()  # the texts lie one after the other
        return memoryview(words)[: np.frombuffer(ends, np.int32)[len(lines)]]


NONE = Block.joined(())
