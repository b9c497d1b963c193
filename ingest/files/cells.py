"""Some rows of a table in columns, and their numbers: texts, or columns of types of their own."""

from collections.abc import Iterator, Mapping
from itertools import islice, zip_longest
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest.files.rows import Row

AT_ONCE = 50_000  # rows that are turned into columns


class Cells:
    """Columns by their places, and the number of each row. A cell that is not there is empty."""

    def __init__(self, columns: Mapping[int, Any], row: NDArray[np.int64]):
        self._columns, self.row = dict(columns), row

    def __contains__(self, place: int) -> bool:
        return place in self._columns

    def __len__(self) -> int:
        return len(self.row)

    @property
    def places(self) -> list[int]:
        """Where there are columns, in their order."""
        return sorted(self._columns)

    def column(self, place: int) -> pa.Array:
        """A column, of whatever type it is."""
        found = self._columns.get(place)
        if found is None:
            return pa.repeat("", len(self))
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        elif not isinstance(found, pa.Array):
            found = _of_texts(found)
        if pa.types.is_dictionary(found.type):
            found = pc.cast(found, found.type.value_type)
        self._columns[place] = found
        return found

    def texts(self, place: int) -> pa.Array:
        """A column's cells as texts; what says nothing is empty."""
        found = self.column(place)
        if pa.types.is_string(found.type) or pa.types.is_large_string(found.type):
            return pc.fill_null(found, "")
        which, said = self.distinct(place)
        return pa.array(said, pa.string()).take(pa.array(which))

    def distinct(self, place: int) -> tuple[NDArray[np.int64], list[str]]:
        """A column's texts, each once, in the order in which they first come; and which of them each cell is."""
        found = pc.dictionary_encode(self.column(place), null_encoding="encode")
        texts = ["" if each is None else str(each) for each in found.dictionary.to_pylist()]
        return np.asarray(found.indices, dtype=np.int64), texts


def _of_texts(cells: Any) -> pa.Array:
    try:
        return pa.array(cells, pa.string())
    except UnicodeEncodeError:  # halves of letters, which JSON can hold
        return pa.array([each.encode("utf-8", "replace").decode() for each in cells], pa.string())


def of_rows(rows: Iterator[Row]) -> Iterator[Cells]:
    """Rows in columns, some at a time."""
    while part := list(islice(rows, AT_ONCE)):
        columns = zip_longest(*(cells for _number, cells in part), fillvalue="")
        yield Cells(dict(enumerate(columns)), np.array([number for number, _cells in part]))
