"""Six conditions of a voltage to develop against, each where the limits of a quantity put it: no reading of anything.

A warning lies between a limit and the critical one behind it. Where the two are one, as +10 % of EN 50160 is, it stands just
within: nothing is out of limits there, and what follows is critical.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from config.limits import NOMINAL_VOLTAGE_V, Limit, limits
from insight.attention import severity_of

PERIOD_S = 60.0  # of the one that fluctuates
SWING = 1.1  # of the way from nominal to the critical limits
INSIDE, BEYOND = 0.98, 1.02  # of that way
DECIMALS = 1


class Shown(NamedTuple):
    """A voltage (V), and how bad it is: `critical`, `high`, or nothing within the limits."""

    condition: str
    voltage_v: float
    severity: str | None


def voltage_limit(nominal_v: float = NOMINAL_VOLTAGE_V) -> Limit:
    """The limit of a site of that nominal voltage which has none of its own."""
    return limits(nominal_v)["voltage_v"]


def conditions(at: datetime, nominal_v: float = NOMINAL_VOLTAGE_V) -> Mapping[str, Shown]:
    """Each condition at a moment; only the last changes."""
    limit = voltage_limit(nominal_v)
    assert limit.low and limit.high and limit.critical_low and limit.critical_high  # noqa: S101  # a voltage has all four
    turn = math.sin(2 * math.pi * (at.timestamp() % PERIOD_S) / PERIOD_S)
    reach = (limit.critical_high if turn > 0 else limit.critical_low) - nominal_v
    volts = {
        "normal": nominal_v,
        "high_warning": _between(nominal_v, limit.high, limit.critical_high),
        "high_critical": nominal_v + BEYOND * (limit.critical_high - nominal_v),
        "low_warning": _between(nominal_v, limit.low, limit.critical_low),
        "low_critical": nominal_v + BEYOND * (limit.critical_low - nominal_v),
        "fluctuating": nominal_v + SWING * abs(turn) * reach,
    }
    rounded = {name: round(value, DECIMALS) for name, value in volts.items()}
    return {name: Shown(name, value, severity_of(value, limit)) for name, value in rounded.items()}


def _between(nominal_v: float, limit: float, critical: float) -> float:
    return (limit + critical) / 2 if limit != critical else nominal_v + INSIDE * (limit - nominal_v)
