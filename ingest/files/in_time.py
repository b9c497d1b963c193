"""Readings in the order of time, whatever the order of their file.

The store keeps months and days, and writes one anew when a commit reaches back into it: a file with one meter after the other
would have it write all of them for each block. What comes in order is passed on at once; from where a block goes back,
the rest of the file is laid down by days, and given away day by day. So twice the same time comes together too, however far apart
the file says it.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.files.block import ROWS, Block, Series
from ingest.times import DAY

BACK_US = DAY  # what goes back no further is in order
AT_ONCE = 4 * ROWS  # readings that are read back at a time, if a day has no more
MOST = 8 * ROWS  # of a day that has more, each so many are given away as the file has them
_LAID_DOWN = np.dtype(
    [
        ("of", np.int32),
        ("end_us", np.int64),
        ("duration_s", np.int32),
        ("value", np.float64),
        ("quality", "U1"),
        ("row", np.uint32),
    ]
)

Laid = NDArray[Any]  # of `_LAID_DOWN`


class Reached(NamedTuple):
    """Readings, and how many rows of the file are done; those that are laid down count half until they are given away."""

    block: Block
    row: int


def in_time(blocks: Iterator[Block], file: IO[bytes], require_room: Callable[[int], None]) -> Iterator[Reached]:
    """The same readings; the same blocks always give the same ones.

    Args:
        blocks: of a file. Those that are laid down are given away without their readings too: with what was wrong in them.
        file: empty, and nobody else's.
        require_room: told how many bytes are about to be laid down; what it raises ends it.
    """
    latest, row = np.iinfo(np.int64).min, 0
    held: list[Block] = []  # the one that came last, for it may have begun what is not in order
    for block in blocks:
        if len(block) and latest - BACK_US > block.end_us.min():
            held.append(block)
            break
        latest = max(latest, int(block.end_us.max(initial=latest)))
        for before in held:
            row = max(row, int(before.row.max(initial=0)))
            yield Reached(before, row)
        held = [block]
    else:
        yield from (Reached(last, max(row, int(last.row.max(initial=0)))) for last in held)
        return
    days, half = _Days(file, require_room), row
    for laid_down in chain(held, blocks):
        days.add(laid_down)
        row = max(row, int(laid_down.row.max(initial=0)))
        yield Reached(_without_readings(laid_down), half + (row - half) // 2)
    begun, given = half + (row - half) // 2, 0
    for part in days.in_order():
        given += len(part)
        yield Reached(part, begun + (row - begun) * given // len(days))


class _Days:
    """Readings on the disk, by the days of their ends."""

    def __init__(self, file: IO[bytes], require_room: Callable[[int], None]) -> None:
        self._file, self._require_room = file, require_room
        self._series: dict[Series, int] = {}
        self._days: list[NDArray[np.int64]] = []  # of each block, ascending
        self._starts: list[NDArray[np.int64]] = []  # where in the file those of each of its days begin, and where the last end
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def add(self, block: Block) -> None:
        """Lay the readings of a block down."""
        day = block.end_us // DAY
        order = np.argsort(day, kind="stable")
        made = np.empty(len(block), _LAID_DOWN)
        places = [self._series.setdefault(each, len(self._series)) for each in block.series]
        made["of"] = np.array(places, np.int32)[block.of[order]]
        for name in ("end_us", "duration_s", "value", "quality", "row"):
            made[name] = getattr(block, name)[order]
        self._require_room(made.nbytes)
        self._file.write(made.data)
        days, starts = np.unique(day[order], return_index=True)
        self._days.append(days)
        self._starts.append(np.append(starts, len(block)) + self._size)
        self._size += len(block)

    def in_order(self) -> Iterator[Block]:
        """All of them, in the order of time."""
        self._file.flush()
        for first, last in self._spans():
            laid: list[Laid] = []
            for days, starts in zip(self._days, self._starts, strict=True):
                begin, end = starts[np.searchsorted(days, first)], starts[np.searchsorted(days, last, "right")]
                while begin < end:
                    stop = min(end, begin + MOST - sum(map(len, laid)))
                    laid.append(self._read(int(begin), int(stop)))
                    begin = stop
                    if sum(map(len, laid)) >= MOST:
                        yield from self._blocks(laid)
                        laid = []
            yield from self._blocks(laid)

    def _spans(self) -> Iterator[tuple[int, int]]:
        """The first and the last day of what is read back at a time."""
        days, place = np.unique(np.concatenate(self._days), return_inverse=True)
        counts = np.bincount(place, np.concatenate([np.diff(each) for each in self._starts]))
        before = np.cumsum(counts) - counts
        begin = 0
        while begin < len(days):
            end = max(int(np.searchsorted(before + counts, before[begin] + AT_ONCE, "right")), begin + 1)
            yield int(days[begin]), int(days[end - 1])
            begin = end

    def _read(self, begin: int, end: int) -> Laid:
        size = _LAID_DOWN.itemsize
        return np.frombuffer(os.pread(self._file.fileno(), (end - begin) * size, begin * size), _LAID_DOWN)

    def _blocks(self, laid: list[Laid]) -> Iterator[Block]:
        """What was read back, in blocks that end where a time does."""
        if not laid:
            return
        rows = np.concatenate(laid)
        rows = rows[np.argsort(rows["end_us"], kind="stable")]
        series, end_us, begin = list(self._series), rows["end_us"], 0
        while begin < len(rows):
            end = min(begin + ROWS, len(rows))
            if end < len(rows):
                end = int(np.searchsorted(end_us, end_us[end])) if end_us[end] > end_us[begin] else len(rows)
            part, begin = rows[begin:end], end
            there, of = np.unique(part["of"], return_inverse=True)
            yield Block(
                [series[each] for each in there.tolist()],
                of.astype(np.int32),
                part["end_us"].astype(np.int64),
                part["duration_s"].astype(np.int64),
                part["value"].astype(np.float64),
                part["quality"].astype("U1"),
                part["row"].astype(np.int64),
            )


def _without_readings(block: Block) -> Block:
    return replace(
        block,
        series=[],
        of=block.of[:0],
        end_us=block.end_us[:0],
        duration_s=block.duration_s[:0],
        value=block.value[:0],
        quality=block.quality[:0],
        row=block.row[:0],
    )
