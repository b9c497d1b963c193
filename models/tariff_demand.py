"""Demand charges: the greatest mean powers that a tariff charges by, for many meters at once.

One peak a day counts, and only of windows that readings tell whole; one that is estimated counts and is marked.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from models import local_time, tariff_days
from models.tariff_components import YEAR, Demand

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
COVERED = 1 - 1e-6  # of a window: what is partly guessed, or spread over a silence, is no peak
STEPS = {15: "quarter", 30: "half_hour"}


class Load(NamedTuple):
    """What meters bought, for their peaks; a row is a meter, a column a stretch between successive edges.

    `told` are for each meter the moments (s since 1970) between which its readings tell its energy apart, rising; none: any.
    """

    edges_s: Floats
    bought_kwh: Floats
    covered_s: Floats
    estimated_s: Floats
    told: Sequence[Floats] | None = None


class Windows(NamedTuple):
    """Mean powers (kW) over successive windows, shape (meters, windows): -inf where no reading tells it whole."""

    edges_s: Places
    kw: Floats
    estimated: NDArray[np.bool_]


class Peaks(NamedTuple):
    """The peaks that a month is charged by, one a day, the greatest first: shape (meters, months, days); NaN where there is none.

    `kw` is what is charged (shape (meters, months)): NaN where no peak is known, 0 where the charge has no window. `at_s` is the
    start of each peak's window (s since 1970).
    """

    kw: Floats
    at_s: Floats
    peak_kw: Floats
    estimated: NDArray[np.bool_]


def windows(load: Load, minutes: int, zone: ZoneInfo) -> Windows:
    """The mean power over each window of the local clock; `minutes`: one of `STEPS`."""
    first, last = (datetime.fromtimestamp(each, UTC) for each in (load.edges_s[0], load.edges_s[-1]))
    edges = local_time.edges_s(first, last, STEPS[minutes], zone)
    places = np.searchsorted(load.edges_s, edges[:-1])
    lasting_s = np.diff(edges).astype(float)
    sums = [np.add.reduceat(each, places, axis=1) for each in (load.bought_kwh, load.covered_s, load.estimated_s)]
    whole = sums[1] >= COVERED * lasting_s
    whole[:, 0] &= edges[0] >= load.edges_s[0]
    whole[:, -1] &= edges[-1] <= load.edges_s[-1]
    for told, rows in _alike(load.told).items():
        both = np.isin(edges, load.told[told]) if load.told else np.ones(len(edges), bool)
        whole[rows] &= both[:-1] & both[1:]
    return Windows(edges, np.where(whole, sums[0] * 3600 / lasting_s, -np.inf), sums[2] > 0)


def _alike(told: Sequence[Floats] | None) -> dict[int, list[int]]:
    """The rows whose readings tell in the same rhythm, by the first of them."""
    found: dict[int, list[int]] = {}
    known: dict[int, int] = {}
    for row, each in enumerate(told or ()):
        found.setdefault(known.setdefault(id(each), row), []).append(row)
    return found


def peaks(
    of: Windows, demand: Demand, months_s: Places, zone: ZoneInfo, holidays: tariff_days.Days = (), *, as_sundays: bool = False
) -> Peaks:
    """What each local month is charged by, and when it was; `months_s`: the edges of successive local months."""
    starts = pd.DatetimeIndex(of.edges_s[:-1].astype("datetime64[s]"), tz="UTC")
    at = tariff_days.shown(starts, zone, holidays)
    counts = (
        np.any([tariff_days.within(each, at, as_sundays=as_sundays) for each in demand.windows], axis=0)
        if demand.windows
        else np.ones(len(starts), bool)
    )
    kw = np.where(counts, of.kw, -np.inf)
    first, last = (datetime.fromtimestamp(int(each), UTC) for each in (of.edges_s[0], of.edges_s[-1]))
    days_s = local_time.edges_s(first, last, "day", zone)
    days = np.append(np.searchsorted(of.edges_s, days_s[:-1]), kw.shape[1])
    daily = np.maximum.reduceat(kw, days[:-1], axis=1)
    charging = np.logical_or.reduceat(counts, days[:-1])
    begins = np.searchsorted(days_s, _years(months_s, zone) if demand.span == YEAR else months_s[:-1])
    ends = np.searchsorted(days_s[:-1], months_s[1:])
    shape = (len(kw), len(begins), demand.highest_days)
    is_due = np.array([charging[begin:end].any() for begin, end in zip(begins, ends, strict=True)])
    found = Peaks(np.full(shape[:2], np.nan), np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, bool))
    for month, (begin, end) in enumerate(zip(begins, ends, strict=True)):
        best = np.argsort(-daily[:, begin:end], axis=1, kind="stable")[:, : demand.highest_days] + begin
        for meter, order in enumerate(best):
            for nth, day in enumerate(order[np.isfinite(daily[meter, order])]):
                place = days[day] + int(np.argmax(kw[meter, days[day] : days[day + 1]]))
                found.at_s[meter, month, nth], found.peak_kw[meter, month, nth] = of.edges_s[place], kw[meter, place]
                found.estimated[meter, month, nth] = of.estimated[meter, place]
    return found._replace(kw=_ratcheted(np.where(is_due, _mean(found.peak_kw), 0.0), demand))


def _years(months_s: Places, zone: ZoneInfo) -> Places:
    """Where the local year of each month begins (s since 1970)."""
    begins = []
    for at in months_s[:-1].tolist():
        local = datetime.fromtimestamp(at, UTC).astimezone(zone)
        begins.append(local_time.days(local.date().replace(month=1, day=1), local.date(), zone)[0].timestamp())
    return np.array(begins, np.int64)


def _mean(kw: Floats) -> Floats:
    """The mean of the days that there are, NaN of none."""
    there = np.isfinite(kw).sum(axis=-1)
    return np.where(there > 0, np.nansum(kw, axis=-1) / np.maximum(there, 1), np.nan)


def _ratcheted(own_kw: Floats, demand: Demand) -> Floats:
    if not demand.ratchet_months:
        return own_kw
    charged = own_kw.copy()
    for month in range(1, own_kw.shape[1]):
        before = own_kw[:, max(month - demand.ratchet_months, 0) : month]
        floor = np.fmax.reduce(before, axis=1) * demand.ratchet_percent / 100
        charged[:, month] = np.fmax(own_kw[:, month], floor)
    return charged
