"""Periods beside each other: which steps of theirs lie on one place of an axis, and what is said of their amounts.

A place is a whole number, the same for what is compared. Days are numbered by one of `RULES`, and steps within a day by what
the clock shows; or steps are counted by the hours since their period began.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Days = NDArray[np.datetime64]

DATE, WEEKDAY, HOURS = ALIGNMENTS = ("date", "weekday", "hours")
OF_MONTH, FROM_START, OF_WEEK, MONTHS = RULES = ("of month", "from start", "of week", "months")
LONGEST_MONTH = 31
MONDAY = np.datetime64("1970-01-05")
HEATED_BELOW_C, HEATED_TO_C = 15.0, 18.0


def rule(alignment: str, firsts: Sequence[date], step: str) -> str:
    """How days are numbered: by the day of the month where all periods begin on the same one, else from their starts.

    >>> rule(DATE, [date(2026, 3, 1), date(2026, 2, 1)], "day"), rule(DATE, [date(2026, 3, 5), date(2026, 2, 26)], "day")
    ('of month', 'from start')
    """
    if step == "month":
        return MONTHS
    if alignment == WEEKDAY:
        return OF_WEEK
    return OF_MONTH if len({each.day for each in firsts}) == 1 else FROM_START


def numbered(days: Sequence[date] | Days, first: date, by: str) -> Places:
    """The numbers of local days of a period that begins on `first`: what has the same number lies on one place.

    `OF_MONTH`: the first of March beside the first of February, and nothing beside the 29th where there is none;
    `FROM_START`: one day after the other; `OF_WEEK`: Mondays beside Mondays; `MONTHS`: a number a month.

    >>> numbered([date(2026, 3, 31), date(2026, 4, 1)], date(2026, 3, 1), OF_MONTH)
    array([30, 31])
    >>> numbered([date(2026, 11, 26)], date(2026, 11, 26), OF_WEEK)  # a Thursday
    array([3])
    """
    each, start = np.asarray(days, "datetime64[D]"), np.datetime64(first, "D")
    if by in (OF_MONTH, MONTHS):
        month = each.astype("datetime64[M]")
        months: Places = (month - start.astype("datetime64[M]")).astype(np.int64)
        of_month: Places = months * LONGEST_MONTH + (each - month.astype("datetime64[D]")).astype(np.int64)
        return months if by == MONTHS else of_month
    weekday = int((start - MONDAY).astype(np.int64) % 7) if by == OF_WEEK else 0
    numbers: Places = (each - start).astype(np.int64) + weekday
    return numbers


def gathered(places: ArrayLike, amounts: ArrayLike, lasting_s: ArrayLike, count: int) -> tuple[Floats, Floats]:
    """What lies on each of so many places: the sum of the amounts that are known, NaN where none is, and how long (s) these last.

    An hour that comes twice lies on its place with both, one that is left out leaves it empty.

    >>> [values.tolist() for values in gathered([0, 2, 2], [1, 2, 3], [3600, 3600, 3600], 3)]
    [[1.0, nan, 5.0], [3600.0, 0.0, 7200.0]]
    """
    amount, known = np.asarray(amounts, np.float64), np.isfinite(amounts)
    at = np.asarray(places, np.int64)[known]
    sums = np.bincount(at, amount[known], count)
    seconds: Floats = np.bincount(at, np.asarray(lasting_s, np.float64)[known], count).astype(np.float64)
    return np.where(seconds > 0, sums, np.nan), seconds


def intensity(amounts: ArrayLike, divisor: ArrayLike = 1.0) -> float:
    """The sum of known amounts for one of what they are normalised by; NaN where nothing is known or there is none of it.

    Args:
        amounts: by place, shape (n,), NaN where unknown.
        divisor: of the whole (m², people), or by place (degree days), which count where the amount is known.

    >>> intensity([10, 20, float("nan")], 2), intensity([10, 20, float("nan")], [2, 4, 6])
    (15.0, 5.0)
    """
    of, by = np.asarray(amounts, np.float64), np.asarray(divisor, np.float64)
    known = np.isfinite(of) & np.isfinite(by)
    whole = float(by[known].sum()) if by.ndim else float(by)
    return float(of[known].sum()) / whole if known.any() and whole > 0 else float("nan")


class Difference(NamedTuple):
    """How much more a period has than another: in the amounts' unit, as a share of the other (0.1: a tenth), on so many places.

    NaN where they share no place; the share also where the other has nothing.
    """

    amount: float
    share: float
    places: int


def difference(amounts: ArrayLike, others: ArrayLike, divisor: ArrayLike = 1.0, other_divisor: ArrayLike = 1.0) -> Difference:
    """Of what both have only: a period that is not over, or a longer one, is compared on the places that both know.

    >>> difference([10, 20, 30], [10, 10, float("nan")])
    Difference(amount=10.0, share=0.5, places=2)
    """
    one, other = np.asarray(amounts, np.float64), np.asarray(others, np.float64)
    both = np.isfinite(one) & np.isfinite(other) & np.isfinite(divisor) & np.isfinite(other_divisor)
    own, theirs = (intensity(np.where(both, values, np.nan), by) for values, by in ((one, divisor), (other, other_divisor)))
    return Difference(own - theirs, own / theirs - 1 if theirs > 0 else float("nan"), int(both.sum()))


def ranks(values: ArrayLike) -> Places:
    """The rank of each, 1 for the highest; equal ones share theirs, and what is not known (NaN) has 0.

    >>> ranks([5, float("nan"), 9, 5])
    array([2, 0, 1, 2])
    """
    each = np.asarray(values, np.float64)
    known = np.isfinite(each)
    higher = (each[None, :] > each[:, None]) & known[None, :]
    return np.where(known, 1 + higher.sum(axis=1), 0)


def total(rows: ArrayLike) -> Floats:
    """The sum of all rows by place; NaN where one of them is not known: a sum without one would be read as that of all.

    >>> total([[1, 2], [3, float("nan")]])
    array([ 4., nan])
    """
    sums: Floats = np.asarray(rows, np.float64).sum(axis=0)
    return sums


def average(rows: ArrayLike) -> Floats:
    """The mean by place of the rows that are known there; NaN where none is.

    >>> average([[1, 2], [3, float("nan")]])
    array([2., 2.])
    """
    each = np.asarray(rows, np.float64)
    known = np.isfinite(each).sum(axis=0)
    means: Floats = np.divide(np.nansum(each, axis=0), known, out=np.full(each.shape[1], np.nan), where=known > 0)
    return means


def heating_degree_days(means_c: ArrayLike) -> Floats:
    """Of each day, in K·d: how much colder than 18 °C it was outdoors, on days of a mean of at most 15 °C; NaN where unknown.

    Source: Eurostat, Energy statistics: cooling and heating degree days (nrg_chdd).

    >>> heating_degree_days([3, 15, 16, float("nan")])
    array([15.,  3.,  0., nan])
    """
    means = np.asarray(means_c, np.float64)
    return np.where(np.isnan(means), np.nan, np.where(means <= HEATED_BELOW_C, HEATED_TO_C - means, 0.0))


def before(first: date, last: date) -> tuple[date, date]:
    """The same period before: as many months where it is of whole months, else as many days.

    >>> before(date(2026, 3, 1), date(2026, 3, 31))
    (datetime.date(2026, 2, 1), datetime.date(2026, 2, 28))
    >>> before(date(2026, 3, 2), date(2026, 3, 8))
    (datetime.date(2026, 2, 23), datetime.date(2026, 3, 1))
    """
    until = first - timedelta(days=1)
    if not of_months(first, last):
        return first - (last - first) - timedelta(days=1), until
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return _month(first, -months), until


def year_before(first: date, last: date) -> tuple[date, date]:
    """The same dates a year before; the end of February is its end then, too.

    >>> year_before(date(2025, 2, 1), date(2025, 2, 28))
    (datetime.date(2024, 2, 1), datetime.date(2024, 2, 29))
    """
    ends = month_end(last) == last
    start, until = _month(first, -12), _month(last, -12)
    day = min(first.day, month_end(start).day)
    end = month_end(until)
    return start.replace(day=day), end if ends else until.replace(day=min(last.day, end.day))


def of_months(first: date, last: date) -> bool:
    """Whether these days are one whole month or several."""
    return first.day == 1 and month_end(last) == last


def month_end(day: date) -> date:
    """The last day of its month."""
    return _month(day, 1) - timedelta(days=1)


def _month(day: date, months: int) -> date:
    """The first of the month so many months later."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, 1)
