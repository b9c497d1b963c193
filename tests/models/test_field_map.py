"""A device that nobody gave a map means what its meters allow, and nothing that two of them could take."""

import pytest

from models.field_map import default_map

LOAD, PV, GRID, PANEL = (
    ("load", "main", True, False),
    ("pv", "main", True, True),
    ("grid", "main", False, False),
    ("panel", "condition", False, False),
)


@pytest.mark.parametrize(
    ("meters", "mode", "energies", "voltage"),
    [
        ([LOAD], "interval", {"energy_consumed": ("load", "energy_kwh")}, "load"),
        ([PV], "interval", {"energy_produced": ("pv", "energy_kwh")}, "pv"),
        (
            [GRID],
            "counter",
            {"energy_consumed": ("grid", "energy_total_kwh"), "energy_produced": ("grid", "energy_export_total_kwh")},
            "grid",
        ),
        ([LOAD, PV], "interval", {"energy_consumed": ("load", "energy_kwh"), "energy_produced": ("pv", "energy_kwh")}, None),
        (
            [LOAD, PV, PANEL],
            "interval",
            {"energy_consumed": ("load", "energy_kwh"), "energy_produced": ("pv", "energy_kwh")},
            "panel",
        ),
        ([GRID, PV], "interval", {"energy_consumed": ("grid", "energy_kwh"), "energy_produced": ("pv", "energy_kwh")}, None),
        ([LOAD, ("other", "main", True, False)], "interval", {}, None),
        ([PANEL], "interval", {}, "panel"),
        ([], "interval", {}, None),
    ],
)
def test_each_field_is_of_the_one_meter_that_fits(meters, mode: str, energies, voltage: str | None) -> None:
    fields, whys = default_map(meters, mode)
    assert {field: found for field, found in fields.items() if field.startswith("energy")} == energies
    assert fields.get("voltage") == ((voltage, "voltage_v") if voltage else None)
    assert fields.keys().isdisjoint(whys)
    assert len(fields) + len(whys) == 10
