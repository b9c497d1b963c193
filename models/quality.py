"""Flags on a meter's day: what is odd about it, each with what was found and what was expected. Nothing is altered by a flag.

The rules and their numbers are those of validation, estimation and editing as meter operators practise it (Oracle's meter data
management, California's VEE rules, Energy Sparks, MyEMS), with the defaults below. Energies are kWh of slots of one length,
powers kW, times seconds since 1970.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import plausible

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]

SPIKE, STUCK, ZERO, DIP, SUM, HIGH, LOW, UNIT, REVERSE, CLOCK, GAP = RULES = (
    "spike", "stuck", "zero", "dip", "sum", "high_day", "low_day", "unit", "reverse", "clock", "gap",
)  # fmt: skip

WHOLE = 0.95  # of a slot or a day: with less it is judged by no rule but `gap`
SPIKE_TIMES = 2.8  # the third highest slot of its day
NOTABLE = 0.10  # of the capacity: a spike or dip of less is none
STUCK_S, STUCK_SLOTS = 6 * 3600.0, 6  # of equal values that are not zero: so long, and so many at least
ZERO_S, ZERO_USUAL = 24 * 3600.0, 0.01  # of zeros where less than that share of four weeks was zero
DIP_SHARE = 0.2  # of the lesser of its neighbours
DAY_TIMES = (0.25, 2.5)  # the mean of like days of four weeks, outside of which a day is
LIKE_DAYS = 3  # so many at least
UNIT_TIMES = (500.0, 2000.0)  # either way: W taken for kW, Wh for kWh
REVERSE_SHARE = 0.01  # of the capacity
GAP_S = 3600.0
CLOCK_S = 300.0
SUM_SHARE, SUM_KWH = 0.005, 0.1  # by which the sum of intervals and a register may differ
LEAST_KWH = 0.1  # of a usual day that others are compared with
HIGHEST_USUAL = 0.999


class Flag(NamedTuple):
    """What was found from `start_s` to `end_s`, and what was expected; units by rule: kW, kWh of a day, hours, seconds."""

    rule: str
    start_s: float
    end_s: float
    value: float
    expected: float


class Course(NamedTuple):
    """The slots of a meter over four weeks, the last day of which is judged.

    `covered` (0..1) and `due` are of each slot, `day` is the number of its local day, `kind` that day's (0 working day,
    1 Saturday, 2 Sunday). Without a rating `capacity_kw` is None. `one_way`: nothing may flow back; `shines`: it follows the sun.
    """

    starts_s: Floats
    slot_s: float
    forward_kwh: Floats
    export_kwh: Floats
    covered: Floats
    due: Marks
    day: Ints
    kind: Ints
    capacity_kw: float | None
    one_way: bool
    shines: bool


def flags(course: Course) -> list[Flag]:
    """All that is odd about the last day of a course."""
    today = course.day == course.day[-1]
    whole = course.covered >= WHOLE
    kw = course.forward_kwh * 3600 / course.slot_s
    past = kw[whole & ~today]
    capacity = course.capacity_kw or (float(np.quantile(past, HIGHEST_USUAL)) if len(past) >= plausible.HISTORY else 0.0)
    found = _gaps(course, today) + _stuck(course, kw, whole, today) + _zeros(course, kw, whole, today)
    if course.one_way and capacity > 0:
        found += _reverse(course, whole, today, capacity)
    if capacity > 0:
        found += _spike(course, kw, whole & today, capacity)
        found += [] if course.shines else _dips(course, kw, whole, today, capacity)
    return sorted(found + _unusual_day(course, whole), key=lambda each: (each.start_s, each.rule))


def _runs(marks: Marks) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _of_day(course: Course, today: Marks, first: int, last: int) -> tuple[float, float] | None:
    """The part of slots first..last that is of the day; None if none is."""
    places = np.flatnonzero(today)
    first, last = max(first, int(places[0])), min(last, int(places[-1]) + 1)
    return (float(course.starts_s[first]), float(course.starts_s[last - 1] + course.slot_s)) if first < last else None


def _gaps(course: Course, today: Marks) -> list[Flag]:
    found = []
    for first, last in _runs(today & course.due & (course.covered <= 0)):
        hours = (last - first) * course.slot_s / 3600
        if hours * 3600 >= GAP_S:
            found.append(Flag(GAP, float(course.starts_s[first]), float(course.starts_s[last - 1] + course.slot_s), hours, 0.0))
    return found


def _stuck(course: Course, kw: Floats, whole: Marks, today: Marks) -> list[Flag]:
    same = whole[1:] & whole[:-1] & (kw[1:] != 0) & np.isclose(kw[1:], kw[:-1], rtol=1e-9, atol=0)
    found = []
    for first, last in _runs(same):
        count = last - first + 1
        if count >= STUCK_SLOTS and count * course.slot_s >= STUCK_S and (part := _of_day(course, today, first, last + 1)):
            found.append(Flag(STUCK, *part, float(kw[first]), float("nan")))
    return found


def _zeros(course: Course, kw: Floats, whole: Marks, today: Marks) -> list[Flag]:
    found = []
    zero = whole & (kw == 0) & (course.export_kwh == 0)
    for first, last in _runs(zero):
        part = _of_day(course, today, first, last)
        before = whole[:first]
        usual = float(np.mean(zero[:first][before])) if before.sum() >= plausible.HISTORY else 1.0
        if part and (last - first) * course.slot_s >= ZERO_S and usual < ZERO_USUAL:
            found.append(Flag(ZERO, *part, 0.0, float(np.mean(kw[:first][before]))))
    return found


def _spike(course: Course, kw: Floats, judged: Marks, capacity: float) -> list[Flag]:
    places = np.flatnonzero(judged)
    if len(places) <= 3:
        return []
    order = places[np.argsort(kw[places], kind="stable")[::-1]]
    highest, third = float(kw[order[0]]), float(kw[order[2]])
    if highest <= SPIKE_TIMES * third or highest <= NOTABLE * capacity:
        return []
    start = float(course.starts_s[order[0]])
    return [Flag(SPIKE, start, start + course.slot_s, highest, third)]


def _dips(course: Course, kw: Floats, whole: Marks, today: Marks, capacity: float) -> list[Flag]:
    """A single slot far below both of its neighbours."""
    inner = np.flatnonzero(today[:-1])
    inner = inner[inner > 0]
    lesser = np.minimum(kw[inner - 1], kw[inner + 1])
    heard = whole[inner - 1] & whole[inner] & whole[inner + 1]
    dips = inner[heard & (lesser > NOTABLE * capacity) & (kw[inner] < DIP_SHARE * lesser)]
    starts = course.starts_s[dips]
    means = (kw[dips - 1] + kw[dips + 1]) / 2
    return [
        Flag(DIP, start, start + course.slot_s, value, mean)
        for start, value, mean in zip(starts.tolist(), kw[dips].tolist(), means.tolist(), strict=True)
    ]


def _reverse(course: Course, whole: Marks, today: Marks, capacity: float) -> list[Flag]:
    kw = course.export_kwh * 3600 / course.slot_s
    return [
        Flag(
            REVERSE,
            float(course.starts_s[first]),
            float(course.starts_s[last - 1] + course.slot_s),
            float(kw[first:last].max()),
            0.0,
        )
        for first, last in _runs(today & whole & (kw > REVERSE_SHARE * capacity))
    ]


def _unusual_day(course: Course, whole: Marks) -> list[Flag]:
    """A day of much more or much less than like days, and whether that looks like another unit."""
    days, of = np.unique(course.day, return_inverse=True)
    slots = np.bincount(of)
    totals = np.bincount(of, course.forward_kwh)
    complete = np.bincount(of, whole) >= WHOLE * slots
    kinds = np.zeros(len(days), np.int64)
    kinds[of] = course.kind
    if not complete[-1]:
        return []
    like = complete[:-1] & (kinds[:-1] == kinds[-1])
    if like.sum() < LIKE_DAYS:
        return []
    value, usual = float(totals[-1]), float(totals[:-1][like].mean())
    if usual < LEAST_KWH:
        return []
    start, end = float(course.starts_s[of == len(days) - 1][0]), float(course.starts_s[-1] + course.slot_s)
    times = value / usual
    least, most = UNIT_TIMES
    if least < times < most or (times > 0 and least < 1 / times < most):
        return [Flag(UNIT, start, end, value, usual)]
    if course.shines or DAY_TIMES[0] <= times <= DAY_TIMES[1]:
        return []
    return [Flag(HIGH if times > 1 else LOW, start, end, value, usual)]


def disagrees(start_s: float, end_s: float, intervals_kwh: float, register_kwh: float) -> list[Flag]:
    """Whether a day's intervals and its register tell different energies: a flag, or none."""
    if abs(intervals_kwh - register_kwh) <= max(SUM_SHARE * abs(register_kwh), SUM_KWH):
        return []
    return [Flag(SUM, start_s, end_s, intervals_kwh, register_kwh)]


def clock(start_s: float, end_s: float, behind_s: float) -> list[Flag]:
    """Whether a device's clock is further off than it may be: a flag, or none."""
    return [Flag(CLOCK, start_s, end_s, behind_s, 0.0)] if abs(behind_s) > CLOCK_S else []
