"""What a meter said and what cannot be true: which readings are held, until those that follow confirm or refute them.

A reading is held when the meter cannot have got there: a register that falls or rises by more than its capacity allows, power
beyond that, or a number with which devices say that they have none. Those that follow decide: a register that comes back to
where it stood refutes the readings between, one that goes on from where it is confirms them (a real reset, an exchange). One
that stays where it fell to tells nothing of either, for however long.
Times are seconds since 1970, energies kWh, powers kW.
"""

import math
from bisect import bisect
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.energy import CORRECTED, NEAR_ROLLOVER, may_fall

FALL, JUMP, BEYOND, NO_NUMBER = "fall", "jump", "beyond_capacity", "no_number"
CODES = (FALL, JUMP, BEYOND, NO_NUMBER)

MOST = 3  # so many readings in succession may be wrong; one more that says the same confirms them
HOUR_S = 3600.0  # a register may tell at once what went through its meter in so long

OVER = 1.2  # of what is rated: a connection is overloaded for a while, and a rating is a round number
BEYOND_ALL = 20.0  # times the capacity: no run of readings confirms that
USUAL = 20.0  # times the usual greatest, where nothing is rated
SOME_CIRCUIT_KW = 25.0  # what any meter may find itself at, however little went through it so far
UNKNOWN_KW, NEVER_KW = 10_000.0, 100_000.0  # of a meter that has no history; of any that nobody rated
HISTORY = 96  # quarters from which on a meter's usual is known
RETURNED = 0.01  # of its height: so near to where it stood a register has come back
BRIEF_S = (7200.0, 21_600.0)  # within which it does: five intervals of its meter, but no less and no more than these
AT_MOST = 3.0  # times as fast as it rises otherwise a register is taken to have risen
BY_DESIGN = 6  # returns: a register that does so more often begins again by design

NOTHING_RAW = (2**32 - 1, 2**31 - 1)  # unsigned and signed registers full of ones: no value
UNDERFLOW = 2**15  # below 2³²: a small negative number that was read as an unsigned one
FEW_DIGITS = 2000.0  # below it they are numbers like others
# From and to what such a register is read, to each decimal.
_NOTHING = sorted(
    ((ones - 1e-6 * ones**0.5) / 10**decimals, (ones + 1e-6 * ones**0.5) / 10**decimals)
    for ones in NOTHING_RAW
    for decimals in range(7)
    if ones / 10**decimals > FEW_DIGITS
)
_NOTHING_FROM = [least for least, _most in _NOTHING]

# The same of conditions: registers full of ones, the least of signed ones, and nines, to each decimal; what modules say whose
# temperature sensor is missing. Smaller ones are values like others.
FEWEST = 300.0
LEVELS = {
    "voltage_v", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v", "voltage_l12_v", "voltage_l23_v", "voltage_l31_v", "current_a",
    "current_l1_a", "current_l2_a", "current_l3_a", "reactive_power_kvar", "irradiance_w_m2", "temperature_c",
}  # fmt: skip
COLDEST = (-40.0, -50.0, -55.0)
_NO_LEVEL = np.array(
    sorted(
        raw / 10**decimals
        for raw in (2**15 - 1, 2**15, 2**16 - 1, 2**31 - 1, 2**32 - 1, *(10**digits - 1 for digits in range(3, 8)))
        for decimals in range(4)
        if raw / 10**decimals >= FEWEST
    )
)
_NO_LEVELS = _NO_LEVEL.tolist()
NEAR, NEAR_C = 0.2, 8.0  # shares, or kelvins: a reading beside another that is no further from it is one like it

Codes = NDArray[np.object_]


class Capacity(NamedTuple):
    """What a meter can do: beyond `kw` a reading is held, beyond `never_kw` no other confirms it.

    A register that came back to where it stood was wrong already when it rose or fell by more than `returning_kw`.
    """

    kw: float
    never_kw: float
    returning_kw: float


def capacity(rated_kw: float | None, usual_kw: float = 0.0, quarters: int = 0) -> Capacity:
    """By what is rated, otherwise by the 99.9 % quantile (kW) of a history of so many quarters of an hour."""
    if rated_kw:
        return Capacity(OVER * rated_kw, BEYOND_ALL * rated_kw, OVER * rated_kw)
    known = quarters >= HISTORY
    kw = max(USUAL * usual_kw, SOME_CIRCUIT_KW if known else UNKNOWN_KW)
    return Capacity(kw, max(BEYOND_ALL * kw, NEVER_KW), kw if known else SOME_CIRCUIT_KW)


def usual(values: ArrayLike) -> float:
    """The 99.9 % quantile of absolute values, which is one of them and none of the `MOST` greatest; 0 of so few."""
    found = np.sort(np.abs(np.asarray(values, float)))
    place = min(int(0.999 * (len(found) - 1)), len(found) - 1 - MOST)
    return float(found[place]) if place >= 0 else 0.0


def no_number(kw_or_kwh: float) -> bool:
    """Whether it is a register full of ones, or a small negative number taken for a large one, to whatever decimal."""
    raw = abs(kw_or_kwh)
    place = bisect(_NOTHING_FROM, raw)
    return place > 0 and raw < _NOTHING[place - 1][1]


def underflown(kw: float) -> bool:
    """Whether a power is a few watts below zero that were read as an unsigned number, in watts or tenths."""
    watts = abs(kw) * 1000
    return 2**32 - UNDERFLOW <= watts < 2**32 or 2**32 - UNDERFLOW <= watts * 10 < 2**32


def powers(kw: ArrayLike, can: Capacity) -> Codes:
    """Which of successive powers are held, by code; shape (n,), empty texts where nothing is.

    More than `MOST` in succession beyond the capacity are believed: then it is not the capacity.
    """
    values = np.abs(np.asarray(kw, float))
    codes = np.full(len(values), "", object)
    beyond = values > can.kw
    for start, end in _runs(beyond):
        run = slice(start, end)
        codes[run] = np.where((end - start <= MOST) | (values[run] > can.never_kw), BEYOND, "")
    for place in np.flatnonzero(values >= max(min(can.kw, SOME_CIRCUIT_KW), FEW_DIGITS)):
        if no_number(values[place]) or underflown(values[place]):
            codes[place] = NO_NUMBER
    return codes


def levels(quantity: str, values: ArrayLike) -> Codes:
    """Which of successive values of a condition are what devices send when they have none; shape (n,), else empty texts.

    One that the values before or after it come near is one like them: it was cold, or the voltage is that high.
    """
    said = np.asarray(values, float)
    codes = np.full(len(said), "", object)
    for start, end in _runs(no_level(quantity, said)):
        beside = [said[place] for place in (start - 1, end) if 0 <= place < len(said)]
        for place in range(start, end):
            if not any(alike(quantity, said[place], each) for each in beside):
                codes[place] = NO_NUMBER
    return codes


def no_level(quantity: str, values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values are such numbers, whatever stands beside them; shape (n,)."""
    if quantity not in LEVELS:
        return np.zeros(len(values), bool)
    size = np.abs(values)
    nearest = _NO_LEVEL[np.clip(np.searchsorted(_NO_LEVEL, size * (1 - 1e-9)), 0, len(_NO_LEVEL) - 1)]
    found: NDArray[np.bool_] = np.isclose(size, nearest, rtol=1e-9, atol=0)
    if quantity == "temperature_c":
        found |= np.isclose(values[:, None], COLDEST, rtol=1e-9, atol=0).any(axis=1)
    return found


def is_no_level(quantity: str, value: float) -> bool:
    """The same of one value."""
    place = bisect(_NO_LEVELS, abs(value) * (1 - 1e-9))
    found = place < len(_NO_LEVELS) and math.isclose(_NO_LEVELS[place], abs(value), rel_tol=1e-9)
    return found or (quantity == "temperature_c" and any(math.isclose(value, each, rel_tol=1e-9) for each in COLDEST))


def alike(quantity: str, value: float, other: float) -> bool:
    """Whether two values of a condition are near each other."""
    return abs(value - other) <= max(NEAR * abs(value), NEAR_C if quantity == "temperature_c" else 0.0)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


class Read(NamedTuple):
    """A reading of a register: when, what, and which it is in the order of readings."""

    s: float
    kwh: float
    place: int


@dataclass
class Register:
    """A register that is followed: `codes` says of each reading so far why it is held; empty if it is believed."""

    can: Capacity
    rollover_kwh: float | None = None
    patience_s: float = 0.0  # within which a register that fell may come back, and is passed over where it is counted
    codes: list[str] = field(default_factory=list)
    refuted: set[int] = field(default_factory=set)  # places of readings after a fall from which it came back later than that
    _good: Read | None = None  # the last that is believed
    _held: list[Read] = field(default_factory=list)  # those since that say the same as one another
    _doubtful: list[Read] = field(default_factory=list)  # from which it rose or fell much, and those since
    _returns: list[int] = field(default_factory=list)  # held since the register came back
    _fallen: list[Read] = field(default_factory=list)  # from which it fell, and those since, as long as it may come back
    _again: list[list[int]] = field(default_factory=list)  # refuted each time that it did
    _rate: float = 0.0  # kWh/s: the fastest that it rose from one reading that is believed to the next
    # Where it stood, those since it fell, and one that stands so much higher that it may have got there from either: how fast it
    # rises after that tells.
    _perhaps: tuple[Read, list[Read], Read] | None = None

    @property
    def undecided(self) -> list[int]:
        """Places of readings after a fall from which it may yet come back."""
        since = self._perhaps[1] if self._perhaps else []
        return [each.place for each in (*since, *self._fallen[1:])]

    @property
    def _brief_s(self) -> float:
        least, most = BRIEF_S
        return min(max(least, 2 * self.patience_s), most)

    def add(self, s: float, kwh: float) -> str:
        """The next reading: why it is held, for now; the codes of earlier ones may change with it."""
        now, good = Read(s, kwh, len(self.codes)), self._good
        self.codes.append("")
        if no_number(kwh) and (good is None or not 0 <= kwh - good.kwh <= SOME_CIRCUIT_KW):
            self.codes[-1] = NO_NUMBER
        elif good is None:
            self._good = now
        elif self._held:
            self._decide(good, now)
        else:
            self._follow(good, now)
        return self.codes[-1]

    def _follow(self, good: Read, now: Read) -> None:
        if self._perhaps:
            self._weigh(*self._perhaps, now)
        if self._stands_again(now) or self._came_back(now):
            return
        code = self._wrong(good, now)
        if code:
            self._held, self.codes[now.place], self._doubtful = [now], code, []
            if code == FALL and not self._fallen:
                self._fallen = [good, now]
            return
        self._good = now
        if not self._perhaps:
            self._rate = max(self._rate, (now.kwh - good.kwh) / (now.s - good.s))
        if self._doubtful:
            self._doubtful.append(now)
            if len(self._doubtful) > MOST + 1 or now.s - self._doubtful[0].s > self._brief_s:
                self._doubtful = []
        if not self._doubtful and abs(now.kwh - good.kwh) > self.can.returning_kw * (now.s - good.s) / 3600:
            self._doubtful = [good, now]

    def _decide(self, good: Read, now: Read) -> None:
        """Whether those that are held were wrong, or are how it goes on."""
        held, code = self._held, self.codes[self._held[0].place]
        if code == FALL and self._stands_again(now):
            return
        late = code == FALL and may_fall(held[0].kwh, good.kwh) and now.s - held[0].s > self.patience_s
        if not late and not self._wrong(good, now):
            self._held = self._fallen = []
            self._good = now
            return
        if late:
            self._believe()
            self._follow(held[-1], now)
            return
        if self._wrong(held[-1], now):
            self._held = []  # those stay held, whatever comes
        self._held.append(now)
        self.codes[now.place] = code if self._held[0] is not now else self._wrong(good, now)
        if len(self._held) > MOST:
            self._believe()

    def _believe(self) -> None:
        for each in self._held:
            self.codes[each.place] = ""
        self._good, self._held = self._held[-1], []

    def _stands_again(self, now: Read) -> bool:
        """Whether it stands again, at one stroke, where it stood before it fell: those since were no beginning from zero.

        It did not rise since, or it is not long ago: otherwise it has been read at its new place for so long that it began again.
        """
        if not self._fallen:
            return False
        base, *since = self._fallen
        long = now.s - since[0].s > self._brief_s and since[-1].kwh > since[0].kwh
        if may_fall(now.kwh, base.kwh) and not long:
            since.append(now)
            self._fallen.append(now)
            return False
        self._fallen = []
        at_once = now.kwh - since[-1].kwh > (base.kwh - since[0].kwh) / 2
        if long or not at_once or self._wrong(base, now):
            return False
        if CORRECTED * now.kwh > base.kwh and not _from_there(base, since[-1], now, self._rate):
            self._perhaps = None if self._rate else (base, since, now)
            return False
        self._refute(since, now)
        self._good, self._held, self._doubtful = now, [], []
        return True

    def _weigh(self, base: Read, since: list[Read], risen: Read, now: Read) -> None:
        """Whether it had risen from where it stood before it fell, once what follows has lasted about as long as that rise."""
        lasting = now.s - risen.s
        if now.kwh >= risen.kwh and lasting < (risen.s - since[-1].s) / 2:
            return
        self._perhaps, rate = None, (now.kwh - risen.kwh) / lasting
        if _from_there(base, since[-1], risen, rate):
            self._refute(since, risen)
            self._rate = rate

    def _refute(self, since: list[Read], back: Read) -> None:
        """Those since it fell are wrong: it came back, unless it does so by design."""
        places = [each.place for each in since]
        for place in places:
            self.codes[place] = FALL
        if back.s - since[0].s > self.patience_s:
            self.refuted.update(places)
        self._again.append(places)
        if len(self._again) > BY_DESIGN:
            for place in chain(*self._again):
                self.codes[place] = ""
            self.refuted.clear()

    def _came_back(self, now: Read) -> bool:
        """Whether it stands again where it stood before it rose or fell much; those between were wrong."""
        if not self._doubtful or now.s - self._doubtful[0].s > self._brief_s:
            return False
        base, *between = self._doubtful
        away = [each.kwh - base.kwh for each in between]
        height = max(min(away), -max(away))  # of the least of them, if all are on one side
        if base.kwh <= 0 or height <= 0 or not 0 <= now.kwh - base.kwh <= RETURNED * height:
            return False
        self._returns += [each.place for each in between]
        if len(self._returns) > BY_DESIGN:
            for place in self._returns:
                self.codes[place] = ""
        else:
            for each in between:
                self.codes[each.place] = JUMP
        self._good, self._doubtful = now, []
        return True

    def _wrong(self, before: Read, now: Read) -> str:
        """Why a register cannot have got from one reading to the other; empty if it can."""
        most = self.can.kw * max(now.s - before.s, HOUR_S) / 3600
        if now.kwh >= before.kwh:
            return JUMP if now.kwh - before.kwh > most else ""
        if self.rollover_kwh is not None and before.kwh >= NEAR_ROLLOVER * self.rollover_kwh:
            return JUMP if now.kwh + self.rollover_kwh - before.kwh > most else ""
        return FALL if now.kwh < CORRECTED * before.kwh or before.kwh - now.kwh > most else ""


def _from_there(base: Read, low: Read, now: Read, rate: float) -> bool:
    """Whether a register that rises at a rate (kWh/s) got from `base` to where it is now, and cannot have from `low`."""
    most = AT_MOST * rate
    return now.kwh - base.kwh <= most * (now.s - base.s) and now.kwh - low.kwh > most * (now.s - low.s)


def registers(
    readings_s: ArrayLike, readings_kwh: ArrayLike, can: Capacity, rollover_kwh: float | None = None, patience_s: float = 0.0
) -> Codes:
    """Which of a register's successive readings are held, by code; shape (n,), empty texts where nothing is.

    The same as `Register` says after the last of them.
    """
    return np.array(followed(readings_s, readings_kwh, can, rollover_kwh, patience_s).codes, object)


def followed(
    readings_s: ArrayLike, readings_kwh: ArrayLike, can: Capacity, rollover_kwh: float | None = None, patience_s: float = 0.0
) -> Register:
    """A register after its successive readings."""
    moments, kwh = np.asarray(readings_s, float), np.asarray(readings_kwh, float)
    register = Register(can, rollover_kwh, patience_s)
    if _quiet(moments, kwh, can):
        register.codes = [""] * len(kwh)
        return register
    for s, value in zip(moments.tolist(), kwh.tolist(), strict=True):
        register.add(s, value)
    return register


def _quiet(moments: NDArray[np.float64], kwh: NDArray[np.float64], can: Capacity) -> bool:
    """Whether it only rises, and nowhere by much: that of almost all."""
    rises, gaps = np.diff(kwh), np.diff(moments)
    most = np.minimum(can.kw * np.maximum(gaps, HOUR_S), can.returning_kw * gaps) / 3600
    # Numbers that are none stand far from others: a register that rises gently holds one only if it begins with one.
    return bool(np.all((rises >= 0) & (rises <= most))) and not (len(kwh) and no_number(kwh[0]))
