"""Power-quality limits, each with the standard it comes from.

With readings every minute or quarter of an hour these are indicative: EN 50160 judges 10-minute means over a week.
"""

from dataclasses import dataclass

from config.language import N_

NOMINAL_VOLTAGE_V = 230.0  # IEC 60038, phase to neutral in Europe
NOMINAL_FREQUENCY_HZ = 50.0

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
        Limit("power_factor", 0.95, None, 0.90, None, N_("Common network charge thresholds: 0.95 and 0.90")),
    )
    return {row.quantity: row for row in rows}
