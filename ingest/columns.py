"""The judge's verdicts on readings in columns: what is right is told all at once, what is wrong is judged one by one.

So the verdicts and their words are those of `ingest.judge`, and a file of millions of readings takes seconds.
"""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from config import clock
from ingest.directory import Caller, Target
from ingest.files.block import Block
from ingest.judge import ESTIMATED, Judge, Reading
from ingest.problem import Problem
from ingest.rows import Rows
from ingest.times import Window
from ingest.units import convert

ACTUAL = "A"  # the class of a reading that its sender did not estimate


class Bad(NamedTuple):
    """A reading that may not be committed: its row, itself, and what is wrong with it."""

    row: int
    reading: Reading
    problem: Problem


class Judged(NamedTuple):
    """Readings of one meter and quantity that may be committed: when they are kept (µs), in its unit, and their rows.

    `estimated`: which of them are estimates of their sender's.
    """

    target: Target
    at_us: NDArray[np.int64]
    value: NDArray[np.float64]
    estimated: NDArray[np.bool_]
    row: NDArray[np.int64]


def held(judged: Judged) -> Counter[str]:
    """How many of these readings their meter cannot have made, by code: they are stored, and count when others confirm them."""
    doubt = judged.target.doubt
    if doubt is None:
        return Counter()
    codes = doubt.held_of(judged.at_us, judged.value)
    return Counter(codes[codes != ""].tolist())


def judge(caller: Caller, window: Window, block: Block, meters: Mapping[str, str]) -> tuple[list[Judged], list[Bad]]:
    """What of a block may be committed, and the rest; `meters` are ids by the file's names.

    Raises:
        Refusal: as `ingest.judge`.
    """
    now = clock.now_us()
    oldest, newest = now - window.back_us, now + window.ahead_us
    good: list[Judged] = []
    bad: list[Bad] = []
    longest = int(block.duration_s.max(initial=0)) + 1
    which, inverse = np.unique(block.of.astype(np.int64) * longest + block.duration_s, return_inverse=True)
    order = np.argsort(inverse, kind="stable")
    for picked in np.split(order, np.flatnonzero(np.diff(inverse[order])) + 1) if len(which) else ():
        name, quantity, unit = block.series[block.of[picked[0]]]
        meter, lasts = meters.get(name, name), int(block.duration_s[picked[0]]) or None
        end, value, row = block.end_us[picked], block.value[picked], block.row[picked]
        estimated = block.quality[picked] != ACTUAL
        right = (end >= oldest) & (end <= newest)
        target = caller.target(meter, quantity, lasts)
        if isinstance(target, Target):
            converted = [convert(each, unit, quantity) for each in value.tolist()] if unit not in ("", target.unit) else None
            if converted is not None:
                right &= np.array([isinstance(each, float) for each in converted], dtype=bool)
            kept = value if converted is None else np.array([each if isinstance(each, float) else np.nan for each in converted])
            right &= (kept >= target.least) & (kept <= target.greatest)
            if right.any():
                good.append(Judged(target, end[right] - target.duration_us, kept[right], estimated[right], row[right]))
        else:
            right[:] = False
        wrong = np.flatnonzero(~right)
        if len(wrong):
            readings = [
                Reading(
                    meter, quantity, int(end[at]), float(value[at]), unit or None, lasts, ESTIMATED if estimated[at] else None
                )
                for at in wrong
            ]
            one = Judge(caller, window, Rows())
            one.judge(readings, "us")
            bad += [Bad(int(row[wrong[at]]), readings[at], each) for each in one.problems for at in (each.index or 0,)]
    return good, bad
