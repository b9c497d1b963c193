"""Numbers and texts for Arrow and back, by their buffers; shapes (n,), of which nothing is missing."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def numbers(values: NDArray[np.int64] | NDArray[np.intp] | NDArray[np.float64]) -> pa.Array:
    """The same for Arrow, whose own way loads pandas: a third of a second, for nothing that whoever takes readings needs."""
    return pa.Array.from_buffers(
        pa.from_numpy_dtype(values.dtype), len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def values(numbers: pa.Array) -> NDArray[Any]:
    """The same from Arrow: its numbers, of which none is missing."""
    _nulls, its = numbers.buffers()
    return np.frombuffer(its, numbers.type.to_pandas_dtype())[numbers.offset : numbers.offset + len(numbers)]


def texts(words: Sequence[str]) -> pa.StringArray:
    """Texts for Arrow."""
    encoded = [each.encode() for each in words]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    return pa.StringArray.from_buffers(len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded)))
