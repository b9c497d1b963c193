"""What a meter probably measured while nothing came: an offer, which a person accepts or not.

Up to two hours are a straight line from what was before to what came after, as meter operators do; longer gaps are the mean of
like days (working days, Saturdays or Sundays) of the four weeks before, at the same times by the site's clocks. Where the
register tells how much it was, that is the sum. Energies are kWh of slots of one length, times seconds.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHORT_S = 7200.0  # up to which a line is drawn (California's VEE rules, and others')
HISTORY_DAYS = 28
LINE, LIKE_DAYS, EVENLY = "line", "like days", "evenly"
DAY_S = 86_400
EPOCH_DAY = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Estimate:
    """The energy of each slot of a gap, how it was found, and of how many like days it is the mean."""

    kwh: Floats
    how: str
    days: int = 0


def missing(covered_s: Floats, due_s: Floats, slots_s: Floats) -> list[tuple[int, int]]:
    """The gaps: from which slot up to which nothing came although all of it was due; between slots of which something came.

    >>> missing(np.array([900., 0., 0., 900., 0.]), np.full(5, 900.), np.full(5, 900.))
    [(1, 3)]
    """
    silent = (covered_s <= 0) & (due_s >= slots_s)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], silent, [False]]).astype(np.int8)))
    runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    heard = covered_s > 0
    return [(first, last) for first, last in runs if first > 0 and last < len(silent) and heard[first - 1] and heard[last]]


def estimate(
    gap_local_s: Ints,
    slot_s: float,
    history_local_s: Ints,
    history_kwh: Floats,
    known_kwh: float | None,
    beside_kwh: tuple[float, float],
) -> Estimate | None:
    """What the slots of a gap probably were; None where nothing tells.

    Args:
        gap_local_s: when each slot of the gap starts by the site's clocks, seconds since 1970 as these show it, shape (n,).
        slot_s: how long each slot is.
        history_local_s: likewise of slots before the gap, shape (m,).
        history_kwh: their energy, NaN where it is not whole, shape (m,).
        known_kwh: the sum that a register tells; None where none does.
        beside_kwh: the energy of the slot before the gap and of the one after it; NaN where it is not known.
    """
    count = len(gap_local_s)
    if count * slot_s <= SHORT_S and (known_kwh is not None or np.isfinite(beside_kwh).all()):
        drawn = np.linspace(*beside_kwh, count + 2)[1:-1] if np.isfinite(beside_kwh).all() else np.ones(count)
        return Estimate(_to(drawn, known_kwh), LINE)
    profile, days = _like_days(gap_local_s, history_local_s, history_kwh)
    if np.isfinite(profile).all():
        return Estimate(_to(profile, known_kwh), LIKE_DAYS, days)
    return Estimate(_to(np.ones(count), known_kwh), EVENLY) if known_kwh is not None else None


def _to(kwh: Floats, known_kwh: float | None) -> Floats:
    """The same course with the sum that is known."""
    if known_kwh is None:
        return kwh
    total = float(kwh.sum())
    return kwh * (known_kwh / total) if total > 0 else np.full(len(kwh), known_kwh / len(kwh))


def _like_days(gap_local_s: Ints, history_local_s: Ints, history_kwh: Floats) -> tuple[Floats, int]:
    """The mean of each slot on like days, of any day where no like day tells; and the fewest days that a slot is the mean of."""
    first = gap_local_s.min()
    fits = np.isfinite(history_kwh) & (history_local_s < first) & (history_local_s >= first - HISTORY_DAYS * DAY_S)
    times, kwh = history_local_s[fits], history_kwh[fits]
    of_day, kinds = times % DAY_S, _kinds(times)
    profile, fewest = np.full(len(gap_local_s), np.nan), HISTORY_DAYS
    for place, (at, kind) in enumerate(zip((gap_local_s % DAY_S).tolist(), _kinds(gap_local_s).tolist(), strict=True)):
        same = of_day == at
        like = same & (kinds == kind)
        told = kwh[like if like.any() else same]
        if len(told):
            profile[place] = told.mean()
        fewest = min(fewest, len(told))
    return profile, fewest


def _kinds(local_s: Ints) -> Ints:
    """Of which kind the days are: 0 Monday to Friday, 1 Saturday, 2 Sunday."""
    weekdays = (local_s // DAY_S + EPOCH_DAY - 1) % 7
    return np.maximum(weekdays - 4, 0)
