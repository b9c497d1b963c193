"""Energies that were told over stretches of any length, as the energy of a meter that is declared of one length.

What is told over the declared length stands. Of all else the shortest stretches go first, and each gives to the time of which
nothing is told yet what it holds more than what is told within it. All times are seconds since 1970, energies kWh.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.energy import Floats

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

# What becomes of a row: it counts; the same time is told without it, by rows that agree; it cannot be true beside those; it
# lies across the edge of what is told, so that nobody can say how much of it lies where.
COUNTED, TOLD, CONTRADICTS, ACROSS = range(4)

# How far sums of readings may be from each other that were each rounded: half a percent, as for registers beside intervals,
# or a display's last digit.
AGREES, AGREES_KWH = 0.005, 0.01
MOMENT_S = 1e-3


class Stretches(NamedTuple):
    """Energies of stretches of time in columns: whose each is (from 0), start, end, and how much."""

    whose: Places
    starts_s: Floats
    ends_s: Floats
    kwh: Floats


class Parts(NamedTuple):
    """What rows give to the time of which nothing else is told: which row each is of, start, end, and how much.

    `covered_s` is for how long the course is known: of a row that leaves more than one declared interval untold, one's.
    """

    of: Places
    starts_s: Floats
    ends_s: Floats
    kwh: Floats
    covered_s: Floats

    def only(self, which: Flags) -> "Parts":
        """Some of them."""
        return Parts(self.of[which], self.starts_s[which], self.ends_s[which], self.kwh[which], self.covered_s[which])


def divided(told: Stretches, rows: Stretches, declared_s: float) -> tuple[Parts, NDArray[np.int64]]:
    """The parts of time that rows tell of beside what is told over the declared length, and what becomes of each row.

    Args:
        told: what the meters tell as they declare.
        rows: what else they tell; of rows of one length the earlier goes first, of equal ones the first.
        declared_s: the length that the meters declare.

    Returns:
        The parts, and of each row `COUNTED`, `TOLD`, `CONTRADICTS` or `ACROSS`.

    >>> hour = Stretches(np.array([0]), np.array([0.0]), np.array([3600.0]), np.array([4.0]))
    >>> quarters = Stretches(np.array([0, 0]), np.array([0.0, 900.0]), np.array([900.0, 1800.0]), np.array([1.0, 0.5]))
    >>> parts, became = divided(quarters, hour, 900)
    >>> [column.tolist() for column in parts], became.tolist()
    ([[0], [1800.0], [3600.0], [2.5], [900.0]], [0])
    """
    became = np.full(len(rows.kwh), ACROSS, np.int64)
    found: list[Parts] = []
    lengths = np.round(rows.ends_s - rows.starts_s, 6)
    axis = _Axis(told, rows)
    known = axis.told(told)
    for length in np.unique(lengths).tolist():
        left = np.flatnonzero(lengths == length)
        for _ in range(3):  # a row may stand where one that overlaps it turned out not to
            chosen = axis.apart(left)
            parts, became[chosen] = _judged(known, axis, chosen, declared_s)
            if len(parts.of):
                found.append(parts)
                known = known.with_(axis, parts, rows.whose)
            left = np.setdiff1d(left, chosen)
            if not len(left):
                break
        if len(left):
            _, became[left] = _judged(known, axis, left, declared_s)
            became[left[became[left] == COUNTED]] = ACROSS
    none = np.zeros(0)
    columns = zip(*found, strict=True) if found else [(np.zeros(0, np.intp),), *(((none,)) for _ in range(4))]
    return Parts(*(np.concatenate(column) for column in columns)), became


class _Axis:
    """One rising axis on which each meter has a stretch of time to itself."""

    def __init__(self, told: Stretches, rows: Stretches) -> None:
        every = np.concatenate([told.starts_s, told.ends_s, rows.starts_s, rows.ends_s, [0.0] if not len(rows.kwh) else []])
        self._first, self._width = float(every.min()), float(every.max() - every.min()) + 10.0
        self.rows = rows
        self.starts, self.ends = self.at(rows.whose, rows.starts_s), self.at(rows.whose, rows.ends_s)

    def at(self, whose: Places, moments_s: Floats) -> Floats:
        """Where moments of meters lie."""
        return np.asarray(whose * self._width + (moments_s - self._first), np.float64)

    def moments_s(self, whose: int, at: Floats) -> Floats:
        """The moments of a meter that lie there."""
        return at - whose * self._width + self._first

    def told(self, told: Stretches) -> "_Known":
        """What is told; where it was told twice of the same time, the later end of it once."""
        starts, ends = self.at(told.whose, told.starts_s), self.at(told.whose, told.ends_s)
        order = np.lexsort((-ends, starts))
        starts, ends, kwh = starts[order], ends[order], told.kwh[order]
        if len(starts):
            starts = np.maximum(starts, np.concatenate([[-np.inf], np.maximum.accumulate(ends)[:-1]]))
        some = ends - starts > MOMENT_S
        return _Known(starts[some], ends[some], kwh[some])

    def apart(self, which: Places) -> Places:
        """Of rows of one length those that do not overlap, the earliest first."""
        order = which[np.argsort(self.starts[which], kind="stable")]
        starts, ends = self.starts[order], self.ends[order]
        if (starts[1:] >= ends[:-1] - MOMENT_S).all():
            return order
        chosen, until = [], -np.inf
        for row, start, end in zip(order.tolist(), starts.tolist(), ends.tolist(), strict=True):
            if start >= until - MOMENT_S:
                chosen.append(row)
                until = end
        return np.array(chosen, np.intp)


class _Known:
    """What is told, on the axis: stretches that rise and do not overlap."""

    def __init__(self, starts: Floats, ends: Floats, kwh: Floats) -> None:
        self.starts, self.ends, self.kwh = starts, ends, kwh
        self._seconds = np.concatenate([[0.0], np.cumsum(ends - starts)])
        self._sums = np.concatenate([[0.0], np.cumsum(kwh)])

    def place(self, at: Floats) -> Places:
        """The last stretch that begins by then; -1 where none does."""
        return np.asarray(np.searchsorted(self.starts, at + MOMENT_S, side="right") - 1, np.intp)

    def until(self, at: Floats) -> tuple[Floats, Floats]:
        """Seconds and kWh that are told up to there, from the beginning of the axis."""
        if not len(self.starts):
            return np.zeros(len(at)), np.zeros(len(at))
        place = self.place(at)
        of = np.maximum(place, 0)
        lasting = self.ends[of] - self.starts[of]
        within = np.where(place >= 0, np.clip(at - self.starts[of], 0, lasting), 0.0)
        return self._seconds[of] + within, self._sums[of] + self.kwh[of] * within / lasting

    def cut(self, at: Floats) -> Flags:
        """Whether a stretch is cut there."""
        if not len(self.starts):
            return np.zeros(len(at), bool)
        place = self.place(at)
        of = np.maximum(place, 0)
        return np.asarray((place >= 0) & (self.starts[of] < at - MOMENT_S) & (at < self.ends[of] - MOMENT_S), bool)

    def gaps(self, start: float, end: float) -> Iterator[tuple[float, float]]:
        """The stretches between two places of which nothing is told."""
        first = int(np.searchsorted(self.ends, start + MOMENT_S, side="right"))
        last = int(np.searchsorted(self.starts, end - MOMENT_S, side="left"))
        for at in range(first, last):
            if self.starts[at] - start > MOMENT_S:
                yield start, float(self.starts[at])
            start = max(start, float(self.ends[at]))
        if end - start > MOMENT_S:
            yield start, end

    def with_(self, axis: _Axis, parts: Parts, whose: Places) -> "_Known":
        """The same and these parts."""
        of = whose[parts.of]
        starts = np.concatenate([self.starts, axis.at(of, parts.starts_s)])
        ends, kwh = np.concatenate([self.ends, axis.at(of, parts.ends_s)]), np.concatenate([self.kwh, parts.kwh])
        order = np.argsort(starts, kind="stable")
        return _Known(starts[order], ends[order], kwh[order])


def _judged(known: _Known, axis: _Axis, which: Places, declared_s: float) -> tuple[Parts, NDArray[np.int64]]:
    """Rows of one length that do not overlap, beside what is told: the parts they give, and what becomes of them."""
    starts, ends, kwh = axis.starts[which], axis.ends[which], axis.rows.kwh[which]
    (before_s, before_kwh), (after_s, after_kwh) = known.until(starts), known.until(ends)
    told_s = after_s - before_s
    free_s = ends - starts - told_s
    none_told, all_told = told_s <= MOMENT_S, free_s <= MOMENT_S
    told_kwh = np.where(none_told, 0.0, after_kwh - before_kwh)
    rest, slack = kwh - told_kwh, _slack(kwh, told_kwh)
    cut = known.cut(starts) | known.cut(ends)
    contradicts = np.where(all_told, np.abs(rest) > slack, ~none_told & (np.where(kwh < 0, -rest, rest) < -slack))
    inside, wrong = _inside(known, starts, ends, kwh)
    contradicts = np.where(cut, inside & wrong, contradicts)
    became = np.where(contradicts, CONTRADICTS, np.where(cut & ~inside, ACROSS, np.where(all_told, TOLD, COUNTED)))
    counts = became == COUNTED
    rest = np.where(kwh < 0, np.minimum(rest, 0.0), np.maximum(rest, 0.0))
    covered_s = np.minimum(free_s, declared_s)
    whole = np.flatnonzero(counts & none_told)
    of = which[whole]
    places: list[Places] = [of]
    parts: list[tuple[Floats, ...]] = [(axis.rows.starts_s[of], axis.rows.ends_s[of], rest[whole], covered_s[whole])]
    for at in np.flatnonzero(counts & ~none_told).tolist():
        row, share = int(which[at]), 1 / free_s[at]
        gaps = np.array([*known.gaps(float(starts[at]), float(ends[at]))])
        lasting = gaps[:, 1] - gaps[:, 0]
        first, last = (axis.moments_s(int(axis.rows.whose[row]), column) for column in (gaps[:, 0], gaps[:, 1]))
        places.append(np.full(len(gaps), row, np.intp))
        parts.append((first, last, rest[at] * share * lasting, covered_s[at] * share * lasting))
    columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Parts(np.concatenate(places), *columns), became.astype(np.int64)


def _inside(known: _Known, starts: Floats, ends: Floats, kwh: Floats) -> tuple[Flags, Flags]:
    """Which rows lie within one stretch that is told, and whether all within the same together hold what it cannot.

    That is more than it, or, where they fill it, another sum.
    """
    if not len(known.starts):
        return np.zeros(len(starts), bool), np.zeros(len(starts), bool)
    place = known.place(starts)
    inside = (place >= 0) & (ends <= known.ends[np.maximum(place, 0)] + MOMENT_S)
    sums, seconds = np.zeros(len(known.kwh)), np.zeros(len(known.kwh))
    np.add.at(sums, place[inside], kwh[inside])
    np.add.at(seconds, place[inside], (ends - starts)[inside])
    rest, slack = known.kwh - sums, _slack(known.kwh, sums)
    filled = seconds >= known.ends - known.starts - MOMENT_S
    wrong = np.where(filled, np.abs(rest) > slack, np.where(known.kwh < 0, -rest, rest) < -slack)
    return np.asarray(inside, bool), np.asarray(wrong[np.maximum(place, 0)], bool)


def _slack(one_kwh: Floats, other_kwh: Floats) -> Floats:
    """By how much two sums of the same energy may differ."""
    return np.maximum(AGREES * np.maximum(np.abs(one_kwh), np.abs(other_kwh)), AGREES_KWH)
