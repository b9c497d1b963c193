"""What can be measured: one canonical unit each, in the quantity's name, and the values that can be true."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How values of a quantity combine over time."""

    ENERGY = "energy"  # of an interval: adds up
    COUNTER = "counter"  # a register that only rises, but for a reset or an exchange
    POWER = "power"  # mean over time; times hours it is energy
    LEVEL = "level"  # a condition: mean, least and greatest


@dataclass(frozen=True, slots=True)
class Quantity:
    """One measured quantity.

    `least` and `greatest` are the values that can be true, in the canonical unit; outside them a reading is refused.
    `unit` is written as pint reads it, `label` as people read it.
    """

    name: str
    kind: Kind
    unit: str
    label: str
    least: float
    greatest: float


def _table(*rows: Quantity) -> dict[str, Quantity]:
    return {row.name: row for row in rows}


QUANTITIES = _table(
    # On a two-way edge the reverse direction has registers of its own: import and export are never netted.
    Quantity("energy_kwh", Kind.ENERGY, "kWh", "kWh", 0, 1e7),
    Quantity("energy_export_kwh", Kind.ENERGY, "kWh", "kWh", 0, 1e7),
    Quantity("energy_total_kwh", Kind.COUNTER, "kWh", "kWh", 0, 1e12),
    Quantity("energy_export_total_kwh", Kind.COUNTER, "kWh", "kWh", 0, 1e12),
    Quantity("power_kw", Kind.POWER, "kW", "kW", -1e7, 1e7),
    Quantity("reactive_power_kvar", Kind.LEVEL, "kvar", "kvar", -1e7, 1e7),
    Quantity("voltage_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("voltage_l1_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("voltage_l2_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("voltage_l3_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("voltage_l12_v", Kind.LEVEL, "V", "V", 0, 1e6),  # between two phases
    Quantity("voltage_l23_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("voltage_l31_v", Kind.LEVEL, "V", "V", 0, 1e6),
    Quantity("unbalance_pct", Kind.LEVEL, "percent", "%", 0, 100),  # of voltages: negative to positive sequence
    Quantity("current_a", Kind.LEVEL, "A", "A", 0, 1e6),
    Quantity("current_l1_a", Kind.LEVEL, "A", "A", 0, 1e6),
    Quantity("current_l2_a", Kind.LEVEL, "A", "A", 0, 1e6),
    Quantity("current_l3_a", Kind.LEVEL, "A", "A", 0, 1e6),
    Quantity("frequency_hz", Kind.LEVEL, "Hz", "Hz", 0, 500),
    Quantity("power_factor", Kind.LEVEL, "dimensionless", "", -1, 1),
    Quantity("load_pct", Kind.LEVEL, "percent", "%", 0, 200),
    Quantity("soc_pct", Kind.LEVEL, "percent", "%", 0, 100),
    Quantity("temperature_c", Kind.LEVEL, "degC", "°C", -90, 2000),
    Quantity("humidity_pct", Kind.LEVEL, "percent", "%", 0, 100),
    Quantity("irradiance_w_m2", Kind.LEVEL, "W/m**2", "W/m²", 0, 2000),
    Quantity("price_per_kwh", Kind.LEVEL, "1/kWh", "/kWh", -100, 100),
    Quantity("export_price_per_kwh", Kind.LEVEL, "1/kWh", "/kWh", -100, 100),
    Quantity("co2_g_per_kwh", Kind.LEVEL, "g/kWh", "g/kWh", 0, 5000),
)

# The reverse register of each energy quantity.
EXPORT_OF = {"energy_kwh": "energy_export_kwh", "energy_total_kwh": "energy_export_total_kwh"}

# By what a meter declares its energy to come from: the quantities that tell it, forward and back. No two are ever added.
TELLING = {
    "counter": ("energy_total_kwh", "energy_export_total_kwh"),
    "interval": ("energy_kwh", "energy_export_kwh"),
    "power": ("power_kw",),
}

# Samples of a shorter interval are telemetry, the others intervals; 15 minutes because zones at :30 and :45 need it.
INTERVAL_S = 900

# Of a value of an interval that is declared to be a day: where clocks change, a local day has other lengths
# (Antarctica/Troll changes by two hours, Australia/Lord_Howe by half an hour; Europe and America by one).
DAY_S = 86_400
LOCAL_DAY_S = (79_200, 93_600)
LONGEST_INTERVAL_S = LOCAL_DAY_S[1]


def written(value: float) -> str:
    """A value as a sentence has it: thousands apart, and no power of ten where people would write none.

    >>> [written(each) for each in (1e7, -4.0, 0.25)]
    ['10,000,000', '-4', '0.25']
    """
    return f"{value:,.12g}"
