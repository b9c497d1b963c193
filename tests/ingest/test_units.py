import subprocess
import sys

import pytest

from config.quantities import QUANTITIES
from ingest.problem import Problem
from ingest.units import convert


@pytest.mark.parametrize(
    ("value", "unit", "quantity", "canonical"),
    [
        (1500, "W", "power_kw", 1.5),
        (0.25, "MWh", "energy_kwh", 250),
        (3.6, "MJ", "energy_kwh", 1),
        (3.1, "kWh", "energy_kwh", 3.1),
        (3100, "Wh", "energy_kwh", 3.1),
        (3_100_000, "mWh", "energy_kwh", 3.1),
        (60, "kW", "power_kw", 60),
        (60, "W", "power_kw", 0.06),
        (0.4, "kV", "voltage_v", 400),
        (50, "degF", "temperature_c", 10),
        (50, "°F", "temperature_c", 10),
        (273.15, "K", "temperature_c", 0),
        (0.5, "", "load_pct", 50),
        (97, "%", "power_factor", 0.97),
        (5, "var", "reactive_power_kvar", 0.005),
        (0.8, "kW/m²", "irradiance_w_m2", 800),
        (400, "kg/MWh", "co2_g_per_kwh", 400),
    ],
)
def test_another_unit_is_converted(value: float, unit: str, quantity: str, canonical: float) -> None:
    assert convert(value, unit, quantity) == pytest.approx(canonical, rel=1e-11, abs=1e-11)


@pytest.mark.parametrize(
    ("unit", "quantity"),
    [
        *((unit, "energy_kwh") for unit in ("kwh", "KWH", "k%h", "Wm", "kW", "WH")),
        *((unit, "energy_total_kwh") for unit in ("kwh", "kw/h", "kVAh")),
        *((unit, "power_kw") for unit in ("kw", "KW", "kWh", "w")),
    ],
)
def test_a_unit_in_another_case_or_of_something_else_is_none_and_never_a_thousand_times(unit: str, quantity: str) -> None:
    problem = convert(3.1, unit, quantity)
    assert isinstance(problem, Problem), problem
    assert (problem.code, problem.allowed) == ("unknown_unit", QUANTITIES[quantity].unit)
    assert repr(unit) in problem.message and QUANTITIES[quantity].label in problem.message


@pytest.mark.parametrize(
    "unit", ["bananas", "kW", "°C", "9**9**9**9", "__import__('os')", "V" * 1000, "(", "\0", "V V V", "1e400 V"]
)
def test_what_is_no_voltage_is_refused(unit: str) -> None:
    problem = convert(1.0, unit, "voltage_v")
    assert isinstance(problem, Problem)
    assert problem.code == "unknown_unit"
    assert problem.allowed == "V"


def test_a_value_that_overflows_in_the_canonical_unit_is_refused() -> None:
    problem = convert(1e308, "GW", "power_kw")
    assert isinstance(problem, Problem)
    assert problem.code == "out_of_range"


def test_pint_is_loaded_only_for_another_unit() -> None:
    code = "import ingest.server, sys; ingest.units.convert(1.0, 'kW', 'power_kw'); sys.exit('pint' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
