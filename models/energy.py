"""Energy over time: from counters, from intervals and from power. All times are seconds since 1970, energies kWh."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Intervals without a reading after which a meter was silent: so long a reading of power holds, and a counter that is read
# again goes on from where it stood.
PATIENCE = 2.5

# Readings this many intervals apart are as many as are due: a device that posts every 66 seconds instead of 60 is not late.
ON_TIME = 1.5

# A register that falls although it stood below this share of its rollover was reset, not rolled over.
NEAR_ROLLOVER = 0.9

# A register that falls to no less than this share of where it stood did not start from zero: it was corrected, or its
# last digits are those of a computed number. Home Assistant draws the line of its `total_increasing` at the same share.
CORRECTED = 0.9


def counted(readings_s: ArrayLike, readings_kwh: ArrayLike, rollover_kwh: float | None = None, patience_s: float = 0.0) -> Floats:
    """What a counter has counted since the first of its readings.

    A fall is a rollover when the register stood near `rollover_kwh`, and a reset otherwise. After a reset the counter
    starts from zero; what it counted between its last reading and the reset is not known and not guessed. A fall by less
    than a tenth is neither: it takes back what was counted too much. A register that fell and soon stands again where it
    stood was not reset either: the readings between are passed over. An exchange of the meter is a new declaration, not a fall.

    Args:
        readings_s: when it was read, shape (n,), rising.
        readings_kwh: the register, shape (n,).
        rollover_kwh: where the register starts again from zero.
        patience_s: within this time after a fall a register may come back.

    Returns:
        Shape (n,), from 0; it rises but where a register was corrected.
    """
    stood, _ = _passing_over(readings_s, readings_kwh, rollover_kwh, patience_s)
    if not len(stood):
        return np.zeros(0)
    before, after = stood[:-1], stood[1:]
    began_again, rolled_over = _falls(before, after, rollover_kwh)
    start = np.where(rolled_over, before - (rollover_kwh or 0.0), np.where(began_again, 0.0, before))
    return np.concatenate([[0.0], np.cumsum(after - start)])


def falls(
    readings_s: ArrayLike, readings_kwh: ArrayLike, rollover_kwh: float | None = None, patience_s: float = 0.0
) -> list[str]:
    """What happened to a counter before each reading but the first, in words; empty where nothing did.

    `reset`, `rollover`, `correction`, or `glitch` of a reading that is passed over, by the same rules as `counted`; as long
    as the readings less one.
    """
    stood, glitches = _passing_over(readings_s, readings_kwh, rollover_kwh, patience_s)
    before, after = stood[:-1], stood[1:]
    began_again, rolled_over = _falls(before, after, rollover_kwh)
    words = np.where(rolled_over, "rollover", np.where(began_again, "reset", np.where(after < before, "correction", "")))
    found: list[str] = np.where(glitches[1:], "glitch", words).tolist()
    return found


def may_fall(least_kwh: ArrayLike, greatest_kwh: ArrayLike) -> Flags:
    """Whether a register may have been reset within stretches of readings: `counted` needs each of them to tell.

    Where it cannot, what it counted in the stretch is its last reading less its first.
    """
    return np.asarray(least_kwh, float) < CORRECTED * np.asarray(greatest_kwh, float)


def _passing_over(
    readings_s: ArrayLike, readings_kwh: ArrayLike, rollover_kwh: float | None, patience_s: float
) -> tuple[Floats, Flags]:
    """The register with what it stood at before in the place of glitches, and which readings those are."""
    moments, stood = np.asarray(readings_s, float), np.array(readings_kwh, float)
    glitches = np.zeros(len(stood), bool)
    for fall in (np.flatnonzero(may_fall(stood[1:], stood[:-1])) + 1).tolist():
        before = stood[fall - 1]
        full = rollover_kwh is not None and before >= NEAR_ROLLOVER * rollover_kwh
        if full or glitches[fall]:
            continue
        ahead = stood[fall + 1 : np.searchsorted(moments, moments[fall] + patience_s, side="right")]
        risen = np.flatnonzero(ahead >= CORRECTED * before)
        if len(risen) and CORRECTED * ahead[risen[0]] <= before:
            back = fall + 1 + int(risen[0])
            glitches[fall:back], stood[fall:back] = True, before
    return stood, glitches


def _falls(before: Floats, after: Floats, rollover_kwh: float | None) -> tuple[Flags, Flags]:
    """Where a register began again from zero, and where because it was full."""
    began_again = may_fall(after, before)
    if rollover_kwh is None:
        return began_again, np.zeros_like(began_again)
    return began_again, began_again & (before >= NEAR_ROLLOVER * rollover_kwh)


def holds(gaps_s: ArrayLike, paces_s: ArrayLike, interval_s: float) -> Floats:
    """For how many seconds each sample of power holds: until the next one, before a silence for `PATIENCE` intervals.

    One of a burst, which came much sooner than was due, holds before a silence only for as long as the one before it did.

    Args:
        gaps_s: from each sample to the next, shape (n,); infinite when none has come.
        paces_s: from the one before to each sample, shape (n,); NaN when there was none.
        interval_s: a sample is due every so often.
    """
    gaps, paces = np.asarray(gaps_s, float), np.asarray(paces_s, float)
    lasting = np.where(paces < interval_s / PATIENCE, paces, PATIENCE * interval_s)
    return np.where(gaps <= PATIENCE * interval_s, gaps, lasting)


def heard(gaps_s: ArrayLike, interval_s: float) -> Floats:
    """Of the seconds from each reading of a counter to the next, those whose course the readings tell of.

    All of them when the next came about when it was due, one interval's when one is missing between, and none after a silence.
    """
    gaps = np.asarray(gaps_s, float)
    return np.where(gaps <= ON_TIME * interval_s, gaps, np.where(gaps <= PATIENCE * interval_s, interval_s, 0.0))


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
        amounts: what falls into it, shape (n,), or of several kinds (k, n).

    Returns:
        Shape (m,), or (k, m). What lies outside the edges is left out.
    """
    kinds = np.asarray(amounts, float)
    sums = spread_by(edges_s, starts_s, lasting_s, np.atleast_2d(kinds), np.zeros(kinds.shape[-1], np.intp), 1)
    return sums.reshape(*kinds.shape[:-1], -1)


def spread_by(
    edges_s: ArrayLike, starts_s: ArrayLike, lasting_s: ArrayLike, amounts: ArrayLike, whose: NDArray[np.intp], count: int
) -> Floats:
    """The same of `count` series at once, of which each stretch is one's (`whose`): shape (k, count, m) of amounts (k, n)."""
    edges, starts, kinds = np.asarray(edges_s, float), np.asarray(starts_s, float), np.asarray(amounts, float)
    ends, buckets = starts + np.asarray(lasting_s, float), len(edges) - 1
    lasting = ends - starts  # as it is between moments: what lies within a bucket is there to the last digit
    sums = np.zeros((len(kinds), count * buckets))
    bucket = np.searchsorted(edges, starts, side="right") - 1
    last = np.minimum(np.searchsorted(edges, ends, side="left") - 1, buckets - 1)
    bucket = np.where(last >= 0, np.maximum(bucket, 0), bucket)
    left = np.flatnonzero((bucket >= 0) & (bucket <= last))
    while len(left):
        at = bucket[left]
        overlap = np.minimum(ends[left], edges[at + 1]) - np.maximum(starts[left], edges[at])
        place = whose[left] * buckets + at
        for total, values in zip(sums, kinds, strict=True):
            np.add.at(total, place, values[left] * overlap / lasting[left])
        bucket[left] += 1
        left = left[bucket[left] <= last[left]]
    return sums.reshape(len(kinds), count, buckets)


def between_by(edges_s: Floats, readings_s: Floats, counted_kwh: Floats, whose: NDArray[np.intp], count: int) -> Floats:
    """As `between`, of `count` series at once: shape (count, m). The readings are sorted by whose they are, and by time.

    Every series has readings.
    """
    moments = np.unique(readings_s)
    # One rising axis for all of them: each series has a stretch of it to itself, of the places of all moments.
    width, series = len(moments) + 1, np.arange(count)[:, None]
    axis = whose * width + np.searchsorted(moments, readings_s)
    asked = series * width + np.searchsorted(moments, edges_s, side="right")
    begin, end = np.searchsorted(whose, np.arange(count)), np.searchsorted(whose, np.arange(count), side="right") - 1
    after = np.clip(np.searchsorted(axis, asked), begin[:, None] + 1, np.maximum(end, begin + 1)[:, None])
    after = np.minimum(after, end[:, None])  # of a series that was read once
    before = np.maximum(after - 1, begin[:, None])
    since, until = readings_s[before], readings_s[after]
    within = np.clip(edges_s, since, until) - since
    share = np.divide(within, until - since, out=np.zeros(within.shape), where=until > since)
    stood = counted_kwh[before] + share * (counted_kwh[after] - counted_kwh[before])
    return np.diff(stood, axis=1)
