"""What a channel may mean is proposed from what is said of it; where a thousandth would be a guess, it is no certain one."""

import pytest

from models.channel_meaning import Meaning, meaning, meter_of


@pytest.mark.parametrize(
    ("name", "unit", "kind", "proposed"),
    [
        # a family knows the unit
        ("shellies/em/emeter/0/power", "kW", None, Meaning("power_kw", "kW", True)),
        ("shellies/em/emeter/0/total", "kWh", None, Meaning("energy_total_kwh", "kWh", True)),
        ("shellies/em/emeter/0/total_returned", "kWh", None, Meaning("energy_export_total_kwh", "kWh", True)),
        ("dsmr/reading/electricity_returned_1", "kWh", None, Meaning("energy_export_total_kwh", "kWh", True)),
        ("solar/1164/0/yieldtotal", "kWh", None, Meaning("energy_total_kwh", "kWh", True)),
        ("solar/1164/0/yieldday", "kWh", None, None),  # begins again every night: no register
        ("tele/plug/SENSOR#ENERGY.Yesterday", "kWh", None, None),
        # a description says what it is
        ("zigbee2mqtt/plug#energy", "kWh", "energy total_increasing", Meaning("energy_total_kwh", "kWh", True)),
        ("zigbee2mqtt/lock#battery", "%", "battery measurement", Meaning("soc_pct", "%", True)),
        ("a/b", "Wh", "power measurement", None),  # the two contradict each other
        ("a/b", "%", "", None),
        ("a/b#linkquality", "lqi", "", None),
        # Home Assistant's line protocol has units for measurements
        ("kWh,domain=sensor,entity_id=hall value", None, None, Meaning("energy_total_kwh", "kWh", True)),
        ("°C,domain=sensor,entity_id=hall value", None, None, Meaning("temperature_c", "°C", True)),
        # a name says it, and its end the unit
        ("house,host=a power_w", None, None, Meaning("power_kw", "W", True)),
        ("house,host=a import_kwh", None, None, Meaning("energy_total_kwh", "kWh", True)),
        ("house,host=a export_kwh", None, None, Meaning("energy_export_total_kwh", "kWh", True)),
        # a name says it, and nothing the unit: a person has to
        ("plant/hall/power", None, None, Meaning("power_kw", None, False)),
        ("tele/plug/SENSOR#ENERGY.Total energy", None, None, Meaning("energy_total_kwh", None, False)),
        # units of these are what everybody sends
        ("tele/plug/SENSOR#ENERGY.Voltage", None, None, Meaning("voltage_v", None, True)),
        ("tele/plug/SENSOR#ENERGY.Factor", None, None, Meaning("power_factor", None, True)),
        ("grid,phase=l2 current", None, None, Meaning("current_l2_a", None, True)),
        ("grid,phase=l2 voltage", None, None, Meaning("voltage_l2_v", None, True)),
        ("tele/plug/SENSOR#ENERGY.ApparentPower", None, None, None),
        ("cpu,cpu=cpu0 usage_idle", None, None, None),
        ("", None, None, None),
        ("\x00/#", "", "", None),
    ],
)
def test_a_quantity_is_proposed(name: str, unit: str | None, kind: str | None, proposed: Meaning | None) -> None:
    assert meaning(name, unit, kind) == proposed


METERS = {"m1": "Hall meter", "m2": "Hall roof", "m3": "Meter", "m4": "Attic", "m5": "attic"}


@pytest.mark.parametrize(
    ("name", "told", "mapped", "meter"),
    [
        ("plant/hall/power", None, {}, "m1"),
        ("plant/hall-roof/power", None, {}, "m2"),  # both names are in it; one has more of it
        ("plant/x/power", "Hall Roof Power", {}, "m2"),
        ("plant/attic/power", None, {}, None),  # two meters of one name
        ("plant/cellar/power", None, {}, None),  # and "Meter" says nothing
        ("tele/plug/SENSOR#ENERGY.Voltage", None, {"tele/plug/SENSOR#ENERGY.Power": "m4"}, "m4"),
        ("hall,phase=l1 volts", None, {"hall,phase=l1 watts": "m2"}, "m2"),  # what stands beside it counts more than words
        ("hall,phase=l1 volts", None, {"hall,phase=l2 watts": "m2"}, "m1"),
        ("box#a", None, {"box#b": "m1", "box#c": "m2"}, None),
    ],
)
def test_a_meter_is_proposed(name: str, told: str | None, mapped: dict[str, str], meter: str | None) -> None:
    assert meter_of(name, told, METERS, mapped) == meter
