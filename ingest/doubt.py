"""What is told of a reading that its meter cannot have made: it is stored, and counts when those that follow confirm it.

Each process tells by what it has seen itself since it started; whether a reading counts is the rollup's to say
(`store.series.judging`), by the same rules and of all readings.
"""

from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from config.quantities import QUANTITIES, Kind
from models.energy import PATIENCE
from models.plausible import (
    BEYOND,
    CODES,
    COLDEST,
    FEWEST,
    LEVELS,
    NO_NUMBER,
    Capacity,
    Codes,
    Register,
    alike,
    is_no_level,
    levels,
    no_number,
    powers,
    registers,
    underflown,
)

LEAST_KW = 2000.0  # numbers that are none are greater
REMEMBERED = 500  # readings of a register, until it is followed anew


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """A reading that is stored and left out of sums, until those that follow, or a person, confirm it."""

    code: Annotated[str, Meta(extra_json_schema={"enum": list(CODES)})]
    index: Annotated[int | None, Meta(description="of the reading in its batch, from 0")] = None
    field: Annotated[str | None, Meta(description="in posts that name fields")] = None


class Doubt:
    """Of a meter's readings of one quantity; those from `least` to `most` need not be looked at."""

    __slots__ = ("_can", "_hours", "_last", "_register", "_rollover_kwh", "least", "most")

    def __init__(self, quantity: str, can: Capacity, duration_us: int = 0, rollover_kwh: float | None = None):
        self._can, self._rollover_kwh = can, rollover_kwh
        self._hours = duration_us / 3.6e9 or 1.0
        self._register = Register(can, rollover_kwh) if QUANTITIES[quantity].kind is Kind.COUNTER else None
        self._last: tuple[float, float] | None = None
        # A register is followed from reading to reading: each is looked at.
        self.most = -1.0 if self._register else min(can.kw, LEAST_KW) * self._hours
        self.least = -self.most

    def held(self, at_us: int, value: float) -> str:
        """The code of what is wrong with it, empty if it may be true."""
        if self._register is not None:
            return self._follow(self._register, at_us / 1e6, value)
        kw = value / self._hours
        if no_number(kw) or underflown(kw):
            return NO_NUMBER
        return BEYOND if abs(kw) > self._can.kw else ""

    def held_of(self, at_us: NDArray[np.int64], values: NDArray[np.float64]) -> Codes:
        """The code of each of many readings, which tell of each other; shape (n,), empty texts where nothing is wrong."""
        order = np.argsort(at_us, kind="stable")
        said = values[order]
        if self._register is not None:
            moments = at_us[order] / 1e6
            patience_s = PATIENCE * float(np.median(np.diff(moments))) if len(moments) > 1 else 0.0
            codes = registers(moments, said, self._can, self._rollover_kwh, patience_s)
        else:
            codes = powers(said / self._hours, self._can)
        found = np.empty(len(said), object)
        found[order] = codes
        return found

    def _follow(self, register: Register, s: float, kwh: float) -> str:
        if self._last is not None and s <= self._last[0]:
            return ""  # what comes late is told by the rollup alone
        if len(register.codes) > REMEMBERED and not register.codes[-1]:
            register = self._register = Register(self._can, self._rollover_kwh)
            register.add(*(self._last or (s, kwh)))
        self._last = s, kwh
        return register.add(s, kwh)


class LevelDoubt:
    """The same of a condition: of each value by itself, and by the last unusual one before it."""

    __slots__ = ("_last", "_quantity", "least", "most")

    def __init__(self, quantity: str):
        self._quantity = quantity
        self._last: float | None = None
        self.most = FEWEST
        self.least = max(COLDEST) + 1 if quantity == "temperature_c" else -FEWEST

    def held(self, _at_us: int, value: float) -> str:
        """The code of what is wrong with it, empty if it may be true."""
        if not is_no_level(self._quantity, value):
            self._last = value
            return ""
        return "" if self._last is not None and alike(self._quantity, value, self._last) else NO_NUMBER

    def held_of(self, at_us: NDArray[np.int64], values: NDArray[np.float64]) -> Codes:
        """The code of each of many readings, which tell of each other; shape (n,), empty texts where nothing is wrong."""
        order = np.argsort(at_us, kind="stable")
        found = np.empty(len(values), object)
        found[order] = levels(self._quantity, values[order])
        return found


def doubt(quantity: str, duration_us: int, can: Capacity, rollover_kwh: float | None) -> Doubt | LevelDoubt | None:
    """What is doubted of a meter's quantity; None of those of which every value may be true."""
    known = QUANTITIES[quantity]
    if quantity in LEVELS:
        return LevelDoubt(quantity)
    if quantity == "power_kw" or known.kind is Kind.COUNTER or (known.kind is Kind.ENERGY and duration_us):
        return Doubt(quantity, can, 0 if quantity == "power_kw" else duration_us, rollover_kwh)
    return None
