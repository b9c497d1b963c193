"""Replays a recorded year of hourly energies as if it happened now, at any instant, without creating or losing energy.

A recording is 52 weeks of hours (8,736). Within an hour, energy follows the monotone cubic of Fritsch and Butland
(SIAM J. Sci. Stat. Comput. 5, 1984; the one known as PCHIP) through the cumulative energy: power is continuous and a
quadratic in each hour, never changes sign within one, and every hour's energy is exact however it is split. Power being
linear in the cubic's coefficients, flows are added and subtracted exactly, so a flow that closes the balance of a node
(the grid's) closes it at every instant, and its import and export are integrals of a quadratic between its roots.

Arrays are (hours, flows), or (moments, flows) for what is asked of a `Place`. Energies are kWh, powers kW.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

HOUR_S = 3600
WEEK_S = 7 * 24 * HOUR_S
WEEK_H = 7 * 24
YEAR_WEEKS = 52
YEAR_H = YEAR_WEEKS * WEEK_H
LAST_WEEK = YEAR_H - WEEK_H
WEEKS_A_YEAR = 365.2425 / 7  # of the Gregorian calendar

# PCHIP's power at its peak within an hour, as a multiple of the greatest hourly mean around it: 6u(1-u) at u = 1/2.
PEAK_OVER_MEAN = 1.5


@dataclass(frozen=True, slots=True)
class Place:
    """Where moments lie in a recording: its hour, how far into it (0..1), and what was replayed before.

    `years` counts whole replays since the recording began and `weeks` the last weeks that were replayed once more, so that
    counters go on over the end of the year.
    """

    hour: Integers
    part: Floats
    years: Integers
    weeks: Integers


def place(first: int, moments: ArrayLike) -> Place:
    """Where the moments (seconds since 1970) lie in a recording that began at `first`.

    A replay starts on the recording's weekday nearest to its date of the year, at the same hour of UTC. It lasts 52 weeks;
    every fifth or sixth lasts 53 and repeats its last week, which keeps the season within four days for good.
    """
    seconds = np.atleast_1d(np.asarray(moments, dtype=np.float64)) - first
    week = np.floor(seconds / WEEK_S).astype(np.int64)
    years = np.floor((week + 0.5) / WEEKS_A_YEAR).astype(np.int64)
    years -= _first_week(years) > week
    years += _first_week(years + 1) <= week
    in_year = week - _first_week(years)
    again = in_year >= YEAR_WEEKS
    in_week = (seconds - week * float(WEEK_S)) / HOUR_S
    hour_of_week = np.minimum(np.floor(in_week), WEEK_H - 1).astype(np.int64)
    return Place(
        hour=(in_year - again) * WEEK_H + hour_of_week,
        part=in_week - hour_of_week,
        years=years,
        weeks=_first_week(years) - years * YEAR_WEEKS + again,
    )


def _first_week(years: Integers) -> Integers:
    return np.asarray(np.floor(years * WEEKS_A_YEAR + 0.5), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Flows:
    """Signed flows: the energy of each hour and the power where it begins, each (hours, flows).

    The power at an hour's end is that at the next one's start, where the year ends too.
    """

    energy: Floats
    start: Floats

    def __add__(self, other: "Flows") -> "Flows":
        return Flows(self.energy + other.energy, self.start + other.start)

    def __sub__(self, other: "Flows") -> "Flows":
        return Flows(self.energy - other.energy, self.start - other.start)

    def __mul__(self, factor: float) -> "Flows":
        return Flows(self.energy * factor, self.start * factor)

    def __getitem__(self, columns: slice | list[int]) -> "Flows":
        return Flows(self.energy[:, columns], self.start[:, columns])

    def total(self) -> "Flows":
        """All columns added to one."""
        return Flows(self.energy.sum(axis=1, keepdims=True), self.start.sum(axis=1, keepdims=True))

    def plus(self, power_kw: float) -> "Flows":
        """With a constant power added."""
        return Flows(self.energy + power_kw, self.start + power_kw)


def beside(*flows: Flows) -> Flows:
    """Flows put next to each other, column after column."""
    return Flows(np.concatenate([f.energy for f in flows], axis=1), np.concatenate([f.start for f in flows], axis=1))


def flows(energy: ArrayLike) -> Flows:
    """Flows of hourly energies (8736, flows), signed, in kWh.

    Raises `ValueError` unless there are 52 weeks of finite values.
    """
    hourly = np.asarray(energy, dtype=np.float64)
    if hourly.ndim != 2 or hourly.shape[0] != YEAR_H or not np.isfinite(hourly).all():
        raise ValueError(f"a recording has {YEAR_H} hours of finite energies, not {hourly.shape}")
    start = _level(np.roll(hourly, 1, axis=0), hourly)
    # The end of the year is followed by its beginning or by its last week again; one power fits both.
    seam = _level(hourly[-1], hourly[0], hourly[LAST_WEEK - 1], hourly[LAST_WEEK])
    start[0] = start[LAST_WEEK] = seam
    return Flows(hourly, start)


def _level(*around: Floats) -> Floats:
    """Power between hours of these energies: their harmonic mean (at most twice the least); zero where signs differ."""
    hours = np.stack(around)
    same = (hours > 0).all(axis=0) | (hours < 0).all(axis=0)
    safe = np.where(same, hours, 1.0)
    least = np.abs(safe).min(axis=0)
    mean = len(around) / (1.0 / np.abs(safe)).sum(axis=0)
    return np.where(same, np.sign(safe[0]) * np.minimum(mean, 2 * least), 0.0)


def power(of: Flows, at: Place) -> Floats:
    """Power (kW, signed) at the moments."""
    c, b, a = _quadratic(of, at.hour)
    u = at.part[:, None]
    return np.asarray(c + u * (b + u * a))


def _quadratic(of: Flows, hours: Integers) -> tuple[Floats, Floats, Floats]:
    energy, start, end = of.energy[hours], of.start[hours], of.start[(hours + 1) % YEAR_H]
    return start, 6 * energy - 4 * start - 2 * end, 3 * (start + end) - 6 * energy


def _moved(c: Floats, b: Floats, a: Floats, u: Floats) -> Floats:
    return np.asarray(u * (c + u * (b / 2 + u * a / 3)))


def _moved_forward(c: Floats, b: Floats, a: Floats, u: Floats) -> Floats:
    """Integral from 0 to u of the positive part of c + b·x + a·x²: between its roots the sign does not change."""
    disc = b * b - 4 * a * c
    real = disc > 0
    q = -(b + np.copysign(np.sqrt(np.where(real, disc, 0.0)), b)) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([np.where(real & (a != 0), q / a, 0.0), np.where(real & (q != 0), c / q, 0.0)])
    roots = np.sort(np.clip(np.nan_to_num(roots), 0.0, u), axis=0)
    first, second, whole = _moved(c, b, a, roots[0]), _moved(c, b, a, roots[1]), _moved(c, b, a, u)
    return np.maximum(first, 0) + np.maximum(second - first, 0) + np.maximum(whole - second, 0)


@dataclass(frozen=True, slots=True)
class Registers:
    """What meters of two registers show of flows: what went forward and what went back, never netted.

    `forward` and `back` are cumulative at the start of each hour of the recording, (hours + 1, flows).
    """

    of: Flows
    forward: Floats
    back: Floats

    def tables(self) -> dict[str, Floats]:
        """Its arrays by name, to be kept."""
        return {"energy": self.of.energy, "start": self.of.start, "forward": self.forward, "back": self.back}

    @staticmethod
    def of_tables(tables: Mapping[str, Floats]) -> "Registers":
        """The registers whose `tables` were kept."""
        return Registers(Flows(tables["energy"], tables["start"]), tables["forward"], tables["back"])


def registers(of: Flows) -> Registers:
    """The registers of flows."""
    every = np.arange(YEAR_H)
    one = np.ones((YEAR_H, 1))
    c, b, a = _quadratic(of, every)
    # A flow of one direction keeps its hourly energies to the last bit.
    forward = np.where((of.energy >= 0) & _one_way(of), of.energy, _moved_forward(c, b, a, one))
    return Registers(of, *(_cumulative(part) for part in (forward, forward - of.energy)))


def _one_way(of: Flows) -> Flags:
    """Hours whose power has one sign throughout: that of a monotone cubic, slopes within three times the mean."""
    slope = np.abs(of.energy) * 3
    ends = (of.start, np.roll(of.start, -1, axis=0))
    return np.asarray(np.all([(end * of.energy >= 0) & (np.abs(end) <= slope) for end in ends], axis=0))


def _cumulative(hourly: Floats) -> Floats:
    return np.concatenate([np.zeros((1, hourly.shape[1])), np.cumsum(np.maximum(hourly, 0), axis=0)])


def _within(of: Registers, at: Place) -> tuple[Floats, Floats]:
    """What went forward and back since the hour began."""
    c, b, a = _quadratic(of.of, at.hour)
    u = at.part[:, None]
    forward = _moved_forward(c, b, a, u)
    return forward, np.maximum(forward - _moved(c, b, a, u), 0)


def counters(of: Registers, at: Place) -> tuple[Floats, Floats]:
    """The readings (kWh) of both registers at the moments, from when the recording began; what they fall by is rounding."""
    within = _within(of, at)
    years, weeks = at.years[:, None].astype(np.float64), at.weeks[:, None].astype(np.float64)
    forward, back = (
        years * total[-1] + weeks * (total[-1] - total[LAST_WEEK]) + total[at.hour] + part
        for total, part in zip((of.forward, of.back), within, strict=True)
    )
    return forward, back


def energies(of: Registers, edges: Place) -> tuple[Floats, Floats]:
    """What went forward and back (kWh, never negative) between each two neighbouring moments: one row fewer than moments.

    More exact than differences of `counters`, which lose a digit a decade.
    """
    within = _within(of, edges)
    years, weeks = np.diff(edges.years)[:, None].astype(np.float64), np.diff(edges.weeks)[:, None].astype(np.float64)
    forward, back = (
        years * total[-1] + weeks * (total[-1] - total[LAST_WEEK]) + np.diff(total[edges.hour], axis=0) + np.diff(part, axis=0)
        for total, part in zip((of.forward, of.back), within, strict=True)
    )
    return np.maximum(forward, 0), np.maximum(back, 0)


def line(hourly: Floats, at: Place) -> Floats:
    """Values at the moments of conditions known at the start of each hour, on a straight line between two hours."""
    following = hourly[(at.hour + 1) % YEAR_H]
    return np.asarray(hourly[at.hour] * (1 - at.part[:, None]) + following * at.part[:, None])


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery's limits: usable kWh between `reserve` (share of `kwh`) and full, kW at its terminals.

    `efficiency` is that of charging and discharging together; each way has its square root.
    """

    kwh: float
    kw: float
    efficiency: float
    reserve: float

    @property
    def one_way(self) -> float:
        """Efficiency of one way."""
        return float(np.sqrt(self.efficiency))


def operate(battery: Battery, may_charge: Floats, discharge: Flags, need: Floats) -> tuple[Floats, Floats]:
    """Operate one battery for each column by an hourly rule.

    In hours of `discharge` (hours,) it gives what is needed, at least as much as empties it evenly over what is left of the
    run of such hours; so each run ends at the reserve. In the others it takes `may_charge` kWh, as far as there is room.
    The hourly limit is below the battery's by `PEAK_OVER_MEAN`, so that no instant exceeds it.

    Args:
        battery: the limits of each.
        may_charge: kWh at the terminals that may be taken in each hour, (hours, batteries).
        discharge: whether the hour is one of discharging, (hours,).
        need: kWh at the terminals worth giving in each hour, (hours, batteries).

    Returns:
        Energy at the terminals (positive = charging) and stored energy at the start of each hour, kWh, (hours, batteries).

    Raises:
        ValueError: it would not be at its reserve where a replay starts or repeats its last week.
    """
    most = battery.kw / PEAK_OVER_MEAN
    least_stored = battery.reserve * battery.kwh
    left = np.zeros(len(discharge) + 1, dtype=np.int64)
    for hour in range(len(discharge) - 1, -1, -1):
        left[hour] = left[hour + 1] + 1 if discharge[hour] else 0
    terminal, stored = np.zeros_like(may_charge), np.zeros_like(may_charge)
    now = np.full(may_charge.shape[1], least_stored)
    for hour in range(len(discharge)):
        stored[hour] = now
        if discharge[hour]:
            ready = (now - least_stored) * battery.one_way
            given = np.minimum(np.minimum(np.maximum(need[hour], ready / left[hour]), ready), most)
            terminal[hour] = -given
            now = np.maximum(now - given / battery.one_way, least_stored)
        else:
            room = (battery.kwh - now) / battery.one_way
            taken = np.maximum(np.minimum(np.minimum(may_charge[hour], room), most), 0)
            terminal[hour] = taken
            now = np.minimum(now + taken * battery.one_way, battery.kwh)
    for moment in (now, stored[LAST_WEEK]):
        if np.abs(moment - least_stored).max() > 1e-9 * battery.kwh:
            raise ValueError("a replayed battery must be at its reserve where a year ends and where its last week begins")
    return terminal, stored


def charge(battery: Battery, of: Flows, stored: Floats, at: Place) -> Floats:
    """State of charge (0..1) at the moments; `of` are the flows into the batteries, `stored` from `operate`."""
    c, b, a = _quadratic(of, at.hour)
    moved = _moved(c, b, a, at.part[:, None])
    inside = np.where(moved >= 0, moved * battery.one_way, moved / battery.one_way)
    return np.asarray(np.clip((stored[at.hour] + inside) / battery.kwh, 0.0, 1.0))
