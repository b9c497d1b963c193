"""Flags on a meter's day: what is odd about it, each with what was found and what was expected. Nothing is altered by a flag.

The rules and their numbers are those of validation, estimation and editing as meter operators practise it (Oracle's meter data
management, California's VEE rules, Energy Sparks, MyEMS), with the defaults below. Energies are kWh of slots of one length,
powers kW, times seconds since 1970.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models import plausible
from models.granularity import AGREES

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Marks = NDArray[np.bool_]
Thresholds = Mapping[str, float]  # of the rules that a meter is judged by

SPIKE, STUCK, ZERO, DIP, SUM, LENGTHS, HIGH, LOW, UNIT, UNIT_RATED, UNIT_BALANCED, REVERSE, CLOCK, GAP = RULES = (
    "spike", "stuck", "zero", "dip", "sum", "lengths", "high_day", "low_day", "unit", "unit_rated", "unit_balanced", "reverse",
    "clock", "gap",
)  # fmt: skip
UNITS = (UNIT, UNIT_RATED, UNIT_BALANCED)  # which suspect that W were taken for kW, or Wh for kWh

WHOLE = 0.95  # of a slot or a day: with less it is judged by no rule but `gap`
# By what each rule flags, where nobody has said otherwise of a meter, in the unit that people say it in:
# times the third highest slot of its day; hours of equal values that are not zero; hours of zeros; % of the lesser of its
# neighbours; % by which the sum of intervals and a register may differ, and intervals of several lengths; times the mean of like
# days of four weeks, outside of which a day is; times, or the same part of it (W taken for kW, Wh for kWh); the part of what it
# is rated for that a meter never reaches; % of what passes a node that is left over once a meter is taken a thousand times; % of
# the capacity; s; hours.
THRESHOLDS: Thresholds = {
    SPIKE: 2.8, STUCK: 6.0, ZERO: 24.0, DIP: 20.0, SUM: 0.5, LENGTHS: 100 * AGREES, HIGH: 2.5, LOW: 0.25, UNIT: 500.0,
    UNIT_RATED: 500.0, UNIT_BALANCED: 10.0, REVERSE: 1.0, CLOCK: 300.0, GAP: 1.0,
}  # fmt: skip
# What somebody may say: within these a rule finds something, and not everything.
BOUNDS: Mapping[str, tuple[float, float]] = {
    SPIKE: (1.1, 1000.0), STUCK: (0.5, 600.0), ZERO: (0.5, 600.0), DIP: (1.0, 99.0), SUM: (0.01, 100.0),
    LENGTHS: (100 * AGREES, 100.0), HIGH: (1.01, 1000.0), LOW: (0.001, 0.99), UNIT: (10.0, 1000.0),
    UNIT_RATED: (10.0, 100_000.0), UNIT_BALANCED: (0.1, 50.0), REVERSE: (0.01, 100.0), CLOCK: (1.0, 86_400.0), GAP: (0.25, 24.0),
}  # fmt: skip
NOTABLE = 0.10  # of the capacity: a spike or dip of less is none
STUCK_SLOTS = 6  # of equal values: so many at least
# Of conditions: a temperature never stands still, a level or what others decide may.
STUCK_SHARE: Mapping[str, float] = {"temperature_c": 0.5}
MAY_STAND = frozenset({"soc_pct", "power_factor", "price_per_kwh", "export_price_per_kwh", "co2_g_per_kwh"})
ZERO_USUAL = 0.01  # of four weeks: where more was zero a day of zeros is none
LIKE_DAYS = 3  # so many at least
UNIT_WIDTH = 4.0  # times the threshold, beyond which it is another unit than a thousand times
THOUSAND = 1000.0
VARIES = 1.25  # times its median, which something that is used reaches at some time, and something that only stands by does not
MOSTLY = 0.5  # of a day's readings: when so many are beyond what the meter can do, it is no glitch
SUM_KWH = 0.1  # by which they may differ at any rate
LEAST_KWH = 0.1  # of a usual day that others are compared with
HIGHEST_USUAL = 0.999


class Flag(NamedTuple):
    """What was found from `start_s` to `end_s`, and what was expected; units by rule: kW, kWh of a day, hours, seconds."""

    rule: str
    start_s: float
    end_s: float
    value: float
    expected: float
    quantity: str = ""  # of a condition or an export; otherwise it is of the meter's energy


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


def flags(course: Course, by: Thresholds = THRESHOLDS) -> list[Flag]:
    """All that is odd about the last day of a course, by these rules."""
    than = {**THRESHOLDS, **by}
    today = course.day == course.day[-1]
    whole = course.covered >= WHOLE
    kw = course.forward_kwh * 3600 / course.slot_s
    past = kw[whole & ~today]
    capacity = course.capacity_kw or (float(np.quantile(past, HIGHEST_USUAL)) if len(past) >= plausible.HISTORY else 0.0)
    found = _gaps(course, today, than[GAP]) + _stuck(course, kw, whole, today, than[STUCK])
    found += _zeros(course, kw, whole, today, than[ZERO])
    if course.one_way and capacity > 0:
        found += _reverse(course, whole, today, than[REVERSE] / 100 * capacity)
    if capacity > 0:
        found += _spike(course, kw, whole & today, capacity, than[SPIKE])
        found += [] if course.shines else _dips(course, kw, whole, today, capacity, than[DIP] / 100)
    found += _unusual_day(course, whole, by)
    found += _off_its_rating(course, whole, today, than[UNIT_RATED])
    return sorted((each for each in found if each.rule in by), key=lambda each: (each.start_s, each.rule))


def _runs(marks: Marks) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _of_day(course: Course, today: Marks, first: int, last: int) -> tuple[float, float] | None:
    """The part of slots first..last that is of the day; None if none is."""
    places = np.flatnonzero(today)
    first, last = max(first, int(places[0])), min(last, int(places[-1]) + 1)
    return (float(course.starts_s[first]), float(course.starts_s[last - 1] + course.slot_s)) if first < last else None


def _gaps(course: Course, today: Marks, least_h: float) -> list[Flag]:
    found = []
    for first, last in _runs(today & course.due & (course.covered <= 0)):
        hours = (last - first) * course.slot_s / 3600
        if hours >= least_h:
            found.append(Flag(GAP, float(course.starts_s[first]), float(course.starts_s[last - 1] + course.slot_s), hours, 0.0))
    return found


def _stuck(course: Course, kw: Floats, whole: Marks, today: Marks, least_h: float) -> list[Flag]:
    same = whole[1:] & whole[:-1] & (kw[1:] != 0) & np.isclose(kw[1:], kw[:-1], rtol=1e-9, atol=0)
    found = []
    for first, last in _runs(same):
        count = last - first + 1
        if count >= STUCK_SLOTS and count * course.slot_s >= 3600 * least_h and (part := _of_day(course, today, first, last + 1)):
            found.append(Flag(STUCK, *part, float(kw[first]), float("nan")))
    return found


def stuck_condition(
    quantity: str, starts_s: Floats, lasting_s: Floats, values: Floats, day: tuple[float, float], by: Thresholds = THRESHOLDS
) -> list[Flag]:
    """Whether a condition stood still on a day: of stretches in which it never changed, in the order of time, of it and before.

    `day` are its bounds (s). A temperature may stand for half as long as others; zero is no value of anything else.
    """
    if STUCK not in by or quantity in MAY_STAND or not len(values):
        return []
    least_s = 3600 * by[STUCK] * STUCK_SHARE.get(quantity, 1.0)
    ends = starts_s + lasting_s
    counts = np.full(len(values), quantity == "temperature_c") | (values != 0)
    goes_on = (starts_s[1:] == ends[:-1]) & np.isclose(values[1:], values[:-1], rtol=1e-9, atol=0) & counts[1:]
    found = []
    for first, last in _runs(goes_on):
        since, until = float(starts_s[first]), float(ends[last])
        if last - first + 1 >= STUCK_SLOTS and until - since >= least_s and since < day[1] and until > day[0]:
            part = max(since, day[0]), min(until, day[1])
            found.append(Flag(STUCK, *part, float(values[first]), float("nan"), quantity))
    return found


def _zeros(course: Course, kw: Floats, whole: Marks, today: Marks, least_h: float) -> list[Flag]:
    found = []
    zero = whole & (kw == 0) & (course.export_kwh == 0)
    for first, last in _runs(zero):
        part = _of_day(course, today, first, last)
        before = whole[:first]
        usual = float(np.mean(zero[:first][before])) if before.sum() >= plausible.HISTORY else 1.0
        if part and (last - first) * course.slot_s >= 3600 * least_h and usual < ZERO_USUAL:
            found.append(Flag(ZERO, *part, 0.0, float(np.mean(kw[:first][before]))))
    return found


def _spike(course: Course, kw: Floats, judged: Marks, capacity: float, times: float) -> list[Flag]:
    places = np.flatnonzero(judged)
    if len(places) <= 3:
        return []
    order = places[np.argsort(kw[places], kind="stable")[::-1]]
    highest, third = float(kw[order[0]]), float(kw[order[2]])
    if highest <= times * third or highest <= NOTABLE * capacity:
        return []
    start = float(course.starts_s[order[0]])
    return [Flag(SPIKE, start, start + course.slot_s, highest, third)]


def _dips(course: Course, kw: Floats, whole: Marks, today: Marks, capacity: float, share: float) -> list[Flag]:
    """A single slot far below both of its neighbours."""
    inner = np.flatnonzero(today[:-1])
    inner = inner[inner > 0]
    lesser = np.minimum(kw[inner - 1], kw[inner + 1])
    heard = whole[inner - 1] & whole[inner] & whole[inner + 1]
    dips = inner[heard & (lesser > NOTABLE * capacity) & (kw[inner] < share * lesser)]
    starts = course.starts_s[dips]
    means = (kw[dips - 1] + kw[dips + 1]) / 2
    return [
        Flag(DIP, start, start + course.slot_s, value, mean)
        for start, value, mean in zip(starts.tolist(), kw[dips].tolist(), means.tolist(), strict=True)
    ]


def _reverse(course: Course, whole: Marks, today: Marks, most_kw: float) -> list[Flag]:
    kw = course.export_kwh * 3600 / course.slot_s
    return [
        Flag(
            REVERSE,
            float(course.starts_s[first]),
            float(course.starts_s[last - 1] + course.slot_s),
            float(kw[first:last].max()),
            0.0,
        )
        for first, last in _runs(today & whole & (kw > most_kw))
    ]


def _unusual_day(course: Course, whole: Marks, by: Thresholds) -> list[Flag]:
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
    if UNIT in by and any(by[UNIT] < each < UNIT_WIDTH * by[UNIT] for each in (times, 1 / times if times > 0 else 0.0)):
        return [Flag(UNIT, start, end, value, usual)]
    if course.shines:
        return []
    if HIGH in by and times > by[HIGH]:
        return [Flag(HIGH, start, end, value, usual)]
    return [Flag(LOW, start, end, value, usual)] if LOW in by and times < by[LOW] else []


def _off_its_rating(course: Course, whole: Marks, today: Marks, part: float) -> list[Flag]:
    """Whether a meter never comes near what it is rated for, or is beyond it for a whole day. Nothing is told of three days."""
    if not course.capacity_kw:
        return []
    of = np.unique(course.day, return_inverse=True)[1]
    complete = np.bincount(of, whole) >= WHOLE * np.bincount(of)
    if not complete[-1]:
        return []
    start, end = float(course.starts_s[today][0]), float(course.starts_s[-1] + course.slot_s)
    kw = (course.forward_kwh + course.export_kwh) * 3600 / course.slot_s
    mean = float(kw[today & whole].mean())
    if mean > plausible.OVER * course.capacity_kw:
        return [Flag(UNIT_RATED, start, end, mean, course.capacity_kw)]
    highest = float(kw[whole].max())
    if complete.sum() <= LIKE_DAYS or not VARIES * float(np.median(kw[whole])) < highest < course.capacity_kw / part:
        return []
    return [Flag(UNIT_RATED, start, end, highest, course.capacity_kw)]


class Contradiction(NamedTuple):
    """A stretch of time, what intervals of another length than is declared tell of it (kWh), and what is counted instead.

    `quantity` names a register other than the forward one.
    """

    start_s: float
    end_s: float
    kwh: float
    counted_kwh: float
    quantity: str = ""


class Beyond(NamedTuple):
    """Of a meter's day: what part of its readings is held as beyond what it can do, and their mean power (kW)."""

    share: float
    mean_kw: float


def beyond_its_rating(
    start_s: float, end_s: float, beyond: Beyond, rated_kw: float | None, by: Thresholds = THRESHOLDS
) -> list[Flag]:
    """Whether a day of which most is held would be one that the meter can do at a thousandth: a flag, or none."""
    likely = rated_kw and beyond.share > MOSTLY and beyond.mean_kw / THOUSAND <= plausible.OVER * rated_kw
    return [Flag(UNIT_RATED, start_s, end_s, beyond.mean_kw, rated_kw)] if UNIT_RATED in by and rated_kw and likely else []


def unbalanced(
    start_s: float, end_s: float, kwh: float, expected_kwh: float, left: float, by: Thresholds = THRESHOLDS
) -> list[Flag]:
    """Whether a meter's node adds up once the meter is taken a thousand times, or a thousandth of it: a flag, or none.

    `left` is the share of what passes the node that is then left over.
    """
    if UNIT_BALANCED not in by or left > by[UNIT_BALANCED] / 100 or abs(expected_kwh - kwh) < LEAST_KWH:
        return []
    return [Flag(UNIT_BALANCED, start_s, end_s, kwh, expected_kwh)]


def disagrees(start_s: float, end_s: float, intervals_kwh: float, register_kwh: float, by: Thresholds = THRESHOLDS) -> list[Flag]:
    """Whether a day's intervals and its register tell different energies: a flag, or none."""
    if SUM not in by or abs(intervals_kwh - register_kwh) <= max(by[SUM] / 100 * abs(register_kwh), SUM_KWH):
        return []
    return [Flag(SUM, start_s, end_s, intervals_kwh, register_kwh)]


def contradicts(stretch: Contradiction, by: Thresholds = THRESHOLDS) -> list[Flag]:
    """Whether intervals of several lengths are further apart than they may be: a flag, or none."""
    start_s, end_s, kwh, counted_kwh, quantity = stretch
    least = by.get(LENGTHS, np.inf) / 100 * max(abs(kwh), abs(counted_kwh))
    return [Flag(LENGTHS, start_s, end_s, kwh, counted_kwh, quantity)] if abs(kwh - counted_kwh) > least else []


def clock(start_s: float, end_s: float, behind_s: float, by: Thresholds = THRESHOLDS) -> list[Flag]:
    """Whether a device's clock is further off than it may be: a flag, or none."""
    return [Flag(CLOCK, start_s, end_s, behind_s, 0.0)] if CLOCK in by and abs(behind_s) > by[CLOCK] else []
