"""Sums of rows: the same whatever order they come in and whichever database they are in, so that two of them can be compared.

A row's columns are mixed into 64 bits, one after the other by their names (the finaliser of SplitMix64, Steele, Lea and
Flood, OOPSLA 2014), and the rows are added up. That finds what is damaged, missing, doubled or in a wrong column; it proves
nothing against whoever forges on purpose, which is what encrypting is for.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bits = NDArray[np.uint64]

_NOTHING = np.uint64(0x9E3779B97F4A7C15)  # what stands for no value
_WORD = 2**64


class RowsSum(msgspec.Struct):
    """How many rows there were, and their sum in hexadecimal digits."""

    rows: int = 0
    sum: str = "0" * 16

    def add(self, rows: int, total: int) -> None:
        """Add that many rows, whose sum is `total`."""
        self.rows += rows
        self.sum = f"{(int(self.sum, 16) + total) % _WORD:016x}"


def of_records(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
    """The sum of rows of texts, numbers, moments, bytes, and nothing."""
    encode = msgspec.msgpack.Encoder().encode
    order = sorted(range(len(columns)), key=columns.__getitem__)
    names = [columns[at] for at in order]
    return sum(_of_bytes(encode((names, [row[at] for at in order]))) for row in rows) % _WORD


def of_batch(batch: pa.RecordBatch) -> int:
    """The sum of rows in columns of whole numbers, doubles, truths, moments and texts."""
    mixed = np.zeros(batch.num_rows, np.uint64)
    for name in sorted(batch.schema.names):
        mixed = _mixed(mixed ^ (_bits(batch.column(name)) + np.uint64(_of_bytes(name.encode()))))
    return int(mixed.sum(dtype=np.uint64))


def _of_bytes(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def _mixed(bits: Bits) -> Bits:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


def _bits(column: pa.Array) -> Bits:
    """Each value as 64 bits that mean the same wherever it is."""
    there = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), bool)
    if pa.types.is_dictionary(column.type) or pa.types.is_string(column.type):
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        words = np.array([_of_bytes((word or "").encode()) for word in coded.dictionary.to_pylist()] or [0], np.uint64)
        found = words[np.asarray(pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False))]
    elif pa.types.is_floating(column.type):
        found = np.asarray(pc.fill_null(column.cast(pa.float64()), 0.0)).view(np.uint64)
    elif pa.types.is_timestamp(column.type):
        found = np.asarray(pc.fill_null(column.cast(pa.timestamp("us", column.type.tz)).cast(pa.int64()), 0)).view(np.uint64)
    else:
        found = np.asarray(pc.fill_null(column.cast(pa.int64()), 0)).view(np.uint64)
    return np.where(there, found, _NOTHING)
