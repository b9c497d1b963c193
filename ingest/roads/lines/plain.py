"""Many lines of nothing but numbers, taken apart at once: each of them `head field=number[,field=number…] [time]`.

Whatever else is among them is found out, and then nothing of them is taken: they are read exactly, line by line.
"""

from collections.abc import Sequence
from itertools import repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest import line_protocol

BLANK, NEWLINE, EQUALS, COMMA = b" \n=,"
_PLAIN = b"0123456789.-"  # of which `float` takes what line protocol takes
_STAMP = 19  # digits of a time, at most
_LAST = np.iinfo(np.int64).max


class Plain(NamedTuple):
    """Lines in columns: of each line its head, how many fields it has, and its time; of each field its key and number.

    `counts` is None where each line has one field, `stamps` where no line has a time.
    """

    heads: Sequence[str]
    counts: NDArray[np.intp] | None
    keys: Sequence[str]
    value: NDArray[np.float64]
    stamps: NDArray[np.int64] | None


def plain(text: str, lines: int) -> Plain | None:
    """So many lines in columns, as they are written; None: one is something else, or some have a time and others have none."""
    if '"' in text or "\\" in text:
        return None
    each = _blanks(text, lines)
    if each is None:
        return None
    words = text.replace("\n", " ").split(" ")
    heads, fields, stamps = words[:: each + 1], words[1 :: each + 1], words[2 :: each + 1] if each > 1 else None
    told = ",".join(fields)
    if not _alternate(told):
        return None
    keys_and_numbers = told.replace("=", ",").split(",")
    value = _numbers(keys_and_numbers[1::2])
    moments = _stamps(stamps) if stamps else None
    if value is None or (stamps and moments is None):
        return None
    keys = keys_and_numbers[::2]
    counts = np.fromiter(map(str.count, fields, repeat("=")), np.intp, lines) if len(keys) > lines else None
    return Plain(heads, counts, keys, value, moments)


def _blanks(text: str, lines: int) -> int | None:
    """How many blanks each line has, one or two; None: not all have as many."""
    each, rest = divmod(text.count(" "), lines)
    if rest or each not in (1, 2):
        return None
    body = np.frombuffer(text.encode("utf-8", "surrogateescape"), np.uint8)
    ends = np.flatnonzero(body == NEWLINE)
    blanks = np.flatnonzero(body == BLANK).reshape(lines, each)
    return each if (blanks[:-1, -1] < ends).all() and (blanks[1:, 0] > ends).all() else None


def _alternate(told: str) -> bool:
    """Whether texts joined by commas are each `key=number[,key=number…]`: = and , come by turns, = first and last."""
    body = np.frombuffer(told.encode("utf-8", "surrogateescape"), np.uint8)
    between = body[(body == EQUALS) | (body == COMMA)]
    return len(between) % 2 == 1 and bool((between[::2] == EQUALS).all() and (between[1::2] == COMMA).all())


def _numbers(said: list[str]) -> NDArray[np.float64] | None:
    """Numbers as line protocol writes them; None: one of them is none, or larger than any that can be kept."""
    odd = set("".join(said).encode("utf-8", "surrogateescape").translate(None, _PLAIN))
    try:
        if not odd:
            value = np.fromiter(map(float, said), np.float64, len(said))
        elif odd <= set(b"i"):
            value = np.array([float(each) if each[-1:] != "i" else line_protocol.number(each) for each in said])
        elif odd <= set(b"ieE+"):
            value = np.array([line_protocol.number(each) for each in said])
        else:
            return None
    except ValueError:  # `Malformed` is one
        return None
    return value if np.isfinite(value).all() else None


def _stamps(said: list[str]) -> NDArray[np.int64] | None:
    """Times as they are written; None: one of them is none, or they are not of as many digits."""
    digits = len(said[0])
    if not 0 < digits <= _STAMP or len(set(map(len, said))) > 1:
        return None
    written = np.frombuffer("".join(said).encode("utf-8", "surrogateescape"), np.uint8) - ord("0")
    if len(written) != digits * len(said) or (written > 9).any():
        return None
    found = written.reshape(len(said), digits) @ 10 ** np.arange(digits - 1, -1, -1, dtype=np.uint64)
    return found.astype(np.int64) if found.max() <= _LAST else None
