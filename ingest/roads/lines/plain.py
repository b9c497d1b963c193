"""Many lines of nothing but numbers, taken apart at once: each of them `head field=number[,field=number…] [time]`.

Whatever else is among them is found out, and then nothing of them is taken: they are read exactly, line by line.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ingest import line_protocol
from models.arrow import values

BLANK, NEWLINE, EQUALS, COMMA = b" \n=,"
_PLAIN = b"0123456789.-"  # of which Arrow takes what line protocol takes
_ENDS = b" \n,"  # of a number
_STAMP = 19  # digits of a time, at most
_LAST = np.iinfo(np.int64).max


class Plain(NamedTuple):
    """Lines in columns: of each line its head, how many fields it has, and its time; of each field its key and number.

    A head and a key are told by their place among those that there are. `counts` is None where each line has one field,
    `stamps` where no line has a time.
    """

    heads: Sequence[str]
    head_of: NDArray[np.int64]
    counts: NDArray[np.intp] | None
    keys: Sequence[str]
    key_of: NDArray[np.int64]
    value: NDArray[np.float64]
    stamps: NDArray[np.int64] | None


def plain(text: str, lines: int) -> Plain | None:
    """So many lines in columns, as they are written; None: one is something else, or some have a time and others have none."""
    if '"' in text or "\\" in text:
        return None
    words = _words(text.encode("utf-8", "surrogateescape") + b"\n", lines)
    if words is None:
        return None
    head, fields, *stamp = words
    told = _content(fields)
    body = np.frombuffer(told, np.uint8)
    ends = np.flatnonzero((body == EQUALS) | (body == COMMA) | (body == BLANK) | (body == NEWLINE))
    marks = body[ends]
    if len(ends) % 2 or (marks[::2] != EQUALS).any() or (marks[1::2] == EQUALS).any():
        return None
    pairs = _parted(told, ends)
    value = _numbers(pairs[1::2])
    moments = _stamps(stamp[0]) if stamp else None
    if value is None or (stamp and moments is None):
        return None
    heads, head_of = _places(head)
    keys, key_of = _places(pairs[::2])
    counts = None if len(value) == lines else np.diff(np.flatnonzero(marks[1::2] != COMMA), prepend=-1)
    return Plain(heads, head_of, counts, keys, key_of, value, moments)


def _words(body: bytes, lines: int) -> list[pa.BinaryArray] | None:
    """The first words of all lines, the second ones, and the third; None: not all have as many, or they have others."""
    characters = np.frombuffer(body, np.uint8)
    ends = np.flatnonzero((characters == BLANK) | (characters == NEWLINE))
    each, rest = divmod(len(ends), lines)
    if rest or each not in (2, 3):
        return None
    marks = characters[ends].reshape(lines, each)
    if (marks[:, :-1] != BLANK).any() or (marks[:, -1] != NEWLINE).any():
        return None
    words = _parted(body, ends)
    return [words[place::each] for place in range(each)]


def _parted(body: bytes, ends: NDArray[np.intp]) -> pa.BinaryArray:
    """What lies between these ends, each with the character that ends it."""
    places = np.zeros(len(ends) + 1, np.int32)
    places[1:] = ends + 1
    return pa.BinaryArray.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(places), pa.py_buffer(body)])


def _content(texts: pa.Array) -> bytes:
    """Texts one after the other."""
    ends = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(texts.buffers()[2])[ends[0] : ends[-1]].tobytes()


def _places(texts: pa.BinaryArray) -> tuple[list[str], NDArray[np.int64]]:
    """The different ones, and of each its place among them."""
    found = texts.dictionary_encode()
    different = [each[:-1].decode("utf-8", "surrogateescape") for each in found.dictionary.to_pylist()]
    return different, values(found.indices).astype(np.int64)


def _numbers(said: pa.BinaryArray) -> NDArray[np.float64] | None:
    """Numbers as line protocol writes them; None: one of them is none, or larger than any that can be kept."""
    odd = set(_content(said).translate(None, _PLAIN + _ENDS))
    if not odd <= set(b"ieE+"):
        return None
    texts = pc.binary_slice(said, 0, -1).cast(pa.string())
    try:
        if not odd:
            value = values(texts.cast(pa.float64()))
        elif odd <= set(b"i"):
            value = np.array([float(each) if each[-1:] != "i" else line_protocol.number(each) for each in texts.to_pylist()])
        else:
            value = np.array([line_protocol.number(each) for each in texts.to_pylist()])
    except ValueError:  # `pa.ArrowInvalid` and `Malformed` are some
        return None
    return value if np.isfinite(value).all() else None


def _stamps(said: pa.BinaryArray) -> NDArray[np.int64] | None:
    """Times as they are written; None: one of them is none, or they are not of as many digits."""
    length = values(pc.binary_length(said))
    digits = int(length[0]) - 1
    if not 0 < digits <= _STAMP or (length != digits + 1).any():
        return None
    written = np.frombuffer(_content(said), np.uint8).reshape(len(said), digits + 1)[:, :-1] - ord("0")
    if (written > 9).any():
        return None
    found = written @ 10 ** np.arange(digits - 1, -1, -1, dtype=np.uint64)
    return found.astype(np.int64) if found.max() <= _LAST else None
