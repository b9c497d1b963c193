"""Power-quality limits, each with the standard it comes from.

With readings every minute or quarter of an hour these are indicative: EN 50160 judges 10-minute means over a week.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from config.language import N_

NOMINAL_VOLTAGE_V = 230.0  # IEC 60038, phase to neutral in Europe
NOMINAL_FREQUENCY_HZ = 50.0

# What the limits of a voltage hold for as well, and times how much: between two phases it is √3 times that of each.
PHASES = ("voltage_l1_v", "voltage_l2_v", "voltage_l3_v")
BETWEEN_PHASES = ("voltage_l12_v", "voltage_l23_v", "voltage_l31_v")
LIKE_THE_VOLTAGE = dict.fromkeys(PHASES, 1.0) | dict.fromkeys(BETWEEN_PHASES, math.sqrt(3))

# What share of a week's means has to lie within the limits (EN 50160:2010 and 2022); within the critical ones all have to.
# That of the frequency is of a year by the standard (4.2.1): a week of it is a part of that.
SHARE_OF_VOLTAGE = 0.95  # 4.2.2.2, of means of ten minutes
SHARE_OF_FREQUENCY = 0.995  # 4.2.1, of means of ten seconds
SHARE_OF_UNBALANCE = 0.95  # 4.2.4, of means of ten minutes

FREQUENCY = N_("EN 50160:2022, 4.2.1: ±1 %, within −6/+4 % at all times")


@dataclass(frozen=True, slots=True)
class Limit:
    """Values of a quantity outside `low`..`high` deserve attention; outside `critical_*` they are critical."""

    quantity: str
    low: float | None
    high: float | None
    critical_low: float | None
    critical_high: float | None
    source: str


def limits(nominal_voltage_v: float = NOMINAL_VOLTAGE_V, nominal_frequency_hz: float = NOMINAL_FREQUENCY_HZ) -> dict[str, Limit]:
    """The limits of a site by quantity, for its nominal voltage (V, as its meters measure) and frequency (Hz)."""
    v, f = nominal_voltage_v, nominal_frequency_hz
    rows = (
        Limit("voltage_v", 0.9 * v, 1.1 * v, 0.85 * v, 1.1 * v, N_("EN 50160:2022, 4.2.2: ±10 % of nominal, down to −15 %")),
        Limit("frequency_hz", 0.99 * f, 1.01 * f, 0.94 * f, 1.04 * f, FREQUENCY),
        Limit("unbalance_pct", None, 2.0, None, None, N_("EN 50160:2022, 4.2.4: up to 2 % of the positive sequence")),
        Limit("power_factor", 0.95, None, 0.90, None, N_("Common network charge thresholds: 0.95 and 0.90")),
    )
    return {row.quantity: row for row in rows}


def with_phases(known: Mapping[str, Limit]) -> dict[str, Limit]:
    """The same with what holds for the voltages of phases and between them, where nobody said otherwise: that of the voltage.

    >>> round(with_phases(limits())["voltage_l12_v"].high, 1)
    438.2
    """
    found = dict(known)
    for quantity, factor in LIKE_THE_VOLTAGE.items() if "voltage_v" in known else ():
        of = known["voltage_v"]
        low, high, critical_low, critical_high = (
            None if bound is None else bound * factor for bound in (of.low, of.high, of.critical_low, of.critical_high)
        )
        found.setdefault(quantity, Limit(quantity, low, high, critical_low, critical_high, of.source))
    return found
