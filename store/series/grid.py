"""Which rows of intervals may be added up before they are divided by time: those that lie within one cell of a grid.

A row across the edge of a cell is a stretch by itself. So the database adds up nearly everything, and what it adds up is
never in the wrong stretch, wherever the rows begin.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Edges = list[datetime] | pd.DatetimeIndex

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Grid(NamedTuple):
    """Cells of a range, all in microseconds since 1970; the first and the last are cut by the range."""

    start: int
    end: int
    cell: int
    origin: int

    @classmethod
    def of(cls, start: datetime, end: datetime, cell_s: float, origin: datetime = EPOCH) -> "Grid":
        """The cells of [start, end), `cell_s` seconds long from `origin` on, which is not after `start`."""
        return cls(us(start), us(end), round(cell_s * 1e6), us(origin))

    def stretch(self, lasting_s: str) -> str:
        """In SQL, where the stretch of a row that lasts so long starts: with its cell if that holds it, else with the row."""
        start, end, cell, origin = (f"{each}L" for each in self)
        at, lasting = "ts::LONG", f"{lasting_s} * 1000000L"
        return (
            f"CASE WHEN {at} >= {start} AND {at} + {lasting} <= {end} AND ({at} - {origin}) %% {cell} + {lasting} <= {cell} "
            f"THEN greatest({origin} + ({at} - {origin}) / {cell} * {cell}, {start}) ELSE {at} END"
        )

    def stretches(self, rows: pd.DataFrame) -> pd.DatetimeIndex:
        """The same of rows that were read."""
        at, lasting, offset = self._places(rows)
        inside = (at >= self.start) & (at + lasting <= self.end) & (offset + lasting <= self.cell)
        return moments(np.where(inside, np.maximum(at - offset, self.start), at))

    def lasting_s(self, stretches: pd.DataFrame) -> Floats:
        """How long each stretch lasts: as what the range leaves of its cell, or as its row that does not fit into that."""
        at, lasting, offset = self._places(stretches)
        until = np.minimum(at - offset + self.cell, self.end)
        cells = (at == np.maximum(at - offset, self.start)) & (at + lasting <= until)
        return np.where(cells, until - at, lasting) / 1e6

    def _places(self, rows: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Where rows start, how long each lasts, and how far into a cell it starts."""
        at = pd.DatetimeIndex(rows["ts"]).as_unit("us").asi8
        return at, rows["interval_s"].to_numpy(np.int64) * 1_000_000, (at - self.origin) % self.cell


def moment(since_us: int) -> datetime:
    """The moment so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=int(since_us))


def us(moment: datetime) -> int:
    """The moment in microseconds since 1970."""
    return round(moment.timestamp() * 1e6)


def micros(edges: Edges) -> NDArray[np.int64]:
    """The moments in microseconds since 1970."""
    return pd.DatetimeIndex(edges).as_unit("us").asi8


def moments(since_us: NDArray[np.int64]) -> pd.DatetimeIndex:
    """The moments so many microseconds since 1970."""
    return pd.DatetimeIndex(since_us.astype("datetime64[us]"), tz="UTC")


def runs(edges_us: NDArray[np.int64]) -> Iterable[tuple[int, int]]:
    """The positions of edges between which all stretches are equally long: the database can number those, and add up each."""
    changes = np.flatnonzero(np.diff(np.diff(edges_us))) + 1
    return pairwise([0, *changes.tolist(), len(edges_us) - 1])


def floor(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or before the moment."""
    return datetime.fromtimestamp(moment.timestamp() // step_s * step_s, UTC)


def ceil(moment: datetime, step_s: int) -> datetime:
    """The multiple of `step_s` seconds since 1970 at or after the moment."""
    return datetime.fromtimestamp(-(-moment.timestamp() // step_s) * step_s, UTC)
