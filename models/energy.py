"""Energy over time: from counters, from intervals and from power. All times are seconds since 1970, energies kWh."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# A register that falls although it stood below this share of its rollover was reset, not rolled over.
NEAR_ROLLOVER = 0.9

# A register that falls to no less than this share of where it stood did not start from zero: it was corrected, or its
# last digits are those of a computed number. Home Assistant draws the line of its `total_increasing` at the same share.
CORRECTED = 0.9


def counted(last_kwh: ArrayLike, greatest_kwh: ArrayLike, rollover_kwh: float | None = None) -> Floats:
    """What a counter has counted since its first reading, from readings or from the last reading of successive stretches.

    A fall is a rollover when the register stood near `rollover_kwh`, and a reset otherwise. After a reset the counter
    starts from zero; what it counted between its last reading and the reset is not known and not guessed. A fall by less
    than a tenth is neither: it takes back what was counted too much. An exchange of the meter is a new declaration, not a fall.

    Args:
        last_kwh: the register at the end of each stretch, shape (n,).
        greatest_kwh: its greatest reading within the stretch, shape (n,); `last_kwh` again for single readings.
        rollover_kwh: where the register starts again from zero.

    Returns:
        Shape (n,), from 0; it rises but where a register was corrected.
    """
    last, greatest = np.asarray(last_kwh, float), np.asarray(greatest_kwh, float)
    if not len(last):
        return np.zeros(0)
    before, after, highest = last[:-1], last[1:], np.maximum(greatest[1:], last[:-1])
    began_again, rolled_over = _falls(after, highest, rollover_kwh)
    top = np.where(rolled_over, rollover_kwh or 0.0, highest)
    rise = np.where(began_again, top - before + after, after - before)
    return np.concatenate([[0.0], np.cumsum(rise)])


def falls(readings_kwh: ArrayLike, rollover_kwh: float | None = None) -> list[str]:
    """What happened to a counter before each reading but the first: `reset`, `rollover`, `correction`, or nothing (empty).

    By the same rules as `counted`; as long as the readings less one.
    """
    readings = np.asarray(readings_kwh, float)
    before, after = readings[:-1], readings[1:]
    began_again, rolled_over = _falls(after, before, rollover_kwh)
    words = np.where(rolled_over, "rollover", np.where(began_again, "reset", np.where(after < before, "correction", "")))
    found: list[str] = words.tolist()
    return found


def _falls(after: Floats, highest: Floats, rollover_kwh: float | None) -> tuple[Flags, Flags]:
    """Where a register that stood at `highest` began again from zero, and where because it was full."""
    began_again = after < CORRECTED * highest
    if rollover_kwh is None:
        return began_again, np.zeros_like(began_again)
    return began_again, began_again & (highest >= NEAR_ROLLOVER * rollover_kwh)


def between(edges_s: ArrayLike, readings_s: ArrayLike, counted_kwh: ArrayLike) -> Floats:
    """Energy between successive edges from a rising count: what was counted between two readings is spread evenly.

    Args:
        edges_s: shape (m + 1,), rising.
        readings_s: when each count was read, shape (n,), rising.
        counted_kwh: the counts, shape (n,).

    Returns:
        Shape (m,); 0 before the first and after the last reading.
    """
    readings = np.asarray(readings_s, float)
    if len(readings) < 2:
        return np.zeros(len(np.asarray(edges_s)) - 1)
    return np.diff(np.interp(np.asarray(edges_s, float), readings, np.asarray(counted_kwh, float)))


def spread(edges_s: ArrayLike, starts_s: ArrayLike, lasting_s: ArrayLike, amounts: ArrayLike) -> Floats:
    """Amounts of stretches of time, summed between successive edges; a stretch across an edge is divided by time.

    Args:
        edges_s: shape (m + 1,), rising.
        starts_s: where each stretch starts, shape (n,).
        lasting_s: how long it lasts, shape (n,), positive.
        amounts: what falls into it, shape (n,).

    Returns:
        Shape (m,). What lies outside the edges is left out.
    """
    edges = np.asarray(edges_s, float)
    starts, amounts = np.asarray(starts_s, float), np.asarray(amounts, float)
    lasting = np.asarray(lasting_s, float)
    ends = starts + lasting
    sums = np.zeros(len(edges) - 1)
    bucket = np.searchsorted(edges, starts, side="right") - 1
    last = np.searchsorted(edges, ends, side="left") - 1
    open_ = np.ones(len(starts), bool)
    while open_.any():
        inside = open_ & (bucket >= 0) & (bucket < len(sums))
        at = bucket[inside]
        overlap = np.minimum(ends[inside], edges[at + 1]) - np.maximum(starts[inside], edges[at])
        np.add.at(sums, at, amounts[inside] * overlap / lasting[inside])
        bucket = bucket + 1
        open_ = bucket <= np.minimum(last, len(sums) - 1)
    return sums
