"""An administrator adds, describes and retires devices, and gives them keys, on the page."""

import pytest

from dashboard.plant import field_maps
from store.errors import Refused
from store.records import devices, keys, meters
from store.scope import SYSTEM
from tests.dashboard.plant.asking import act, call, plant, press, said
from tests.dashboard.world import World

OUTPUTS = ["devices-made.children", "devices-changed.data", "devices-name.value", "devices-fields.value"]


def _add(browser, site: str, name: str = "Gate", every: str = "30", fields: str = ""):
    state = {"name.value": name, "every.value": every, "mode.value": "interval", "fields.value": fields, "site.data": site}
    return call(browser, OUTPUTS, {"devices-add.n_clicks": 1}, {f"devices-{part}": value for part, value in state.items()})


def test_a_device_is_added_with_its_fields(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "Gate is there" in said(_add(browser, world.site, fields="voltage = Hall meter, voltage_v\n\n"))
    [made] = devices.find_devices(SYSTEM, "Gate")
    assert made.reporting_interval_s == 30
    assert devices.device_fields(SYSTEM, [made.id])[made.id] == {"voltage": (ids["meter"], "voltage_v")}
    assert "has a device of this name" in said(_add(browser, world.site))
    page = browser.get(f"/site/{world.site}/devices").get_data(as_text=True)
    assert "Gate" in page
    assert "no data yet" in page


@pytest.mark.parametrize(
    ("every", "fields", "says"),
    [
        ("often", "", "not a number"),
        ("0", "", "1 s or more"),
        ("30", "voltage", "which meter and quantity"),
        ("30", "voltage = Nothing, voltage_v", "no meter on this site"),
        ("30", "voltage = Hall meter, volts", "no quantity"),
        ("30", "voltage = Hall meter, power_kw", "comes in V"),
    ],
)
def test_what_is_wrong_is_said_and_no_device_is_made(world: World, every: str, fields: str, says: str) -> None:
    plant(world)
    assert says in said(_add(world.client("admin"), world.site, "Gate", every, fields))
    assert devices.find_devices(SYSTEM, "Gate") == []


def test_a_device_is_described_anew_in_its_row(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    asked = said(press(browser, "devices", world.site, do="ask", act="edit", row=ids["device"]))
    assert "energy_consumed = Hall meter, energy_kwh" in asked
    given = {"name": "Box 2", "every": "10", "mode": "counter", "fields": "energy_consumed = Hall meter, energy_total_kwh"}
    assert "Saved" in act(browser, "devices", world.site, "edit", ids["device"], **given)
    found = devices.require_devices(SYSTEM, [ids["device"]])[ids["device"]]
    assert (found.name, found.reporting_interval_s, found.energy_mode) == ("Box 2", 10, "counter")
    assert "another energy mode" in act(browser, "devices", world.site, "edit", ids["device"], **(given | {"mode": "interval"}))
    assert devices.require_devices(SYSTEM, [ids["device"]])[ids["device"]].energy_mode == "counter"


def test_a_device_gets_a_key_and_is_retired(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    told = act(browser, "devices", world.site, "key", ids["device"], name="spare", ends="")
    [key] = keys.keys(SYSTEM, world.site)
    assert (key.device_id, key.name) == (ids["device"], "spare")
    assert f"{key.id}." in told
    assert "is retired" in act(browser, "devices", world.site, "retire", ids["device"])
    assert "No device yet" in browser.get(f"/site/{world.site}/devices").get_data(as_text=True)
    shown = said(press(browser, "devices", world.site, do="filter", column="retired", value="all"))
    assert "Hall box" in shown


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_the_page_is_not_there(world: World, who: str) -> None:
    ids, browser = plant(world), world.client(who)
    assert browser.get(f"/site/{world.site}/devices").status_code == 404
    assert _add(browser, world.site).status_code == 404
    assert press(browser, "devices", world.site, do="act", act="retire", row=ids["device"], given={}).status_code == 404
    assert devices.require_devices(SYSTEM, [ids["device"]])[ids["device"]].retired_at is None


def test_a_device_of_another_site_is_not_there_in_this_ones_table(world: World) -> None:
    ids = plant(world, world.foreign_site)
    assert "not there any more" in act(world.client("root"), "devices", world.site, "retire", ids["device"])


def test_a_map_of_fields_is_read_as_it_was_written(world: World) -> None:
    ids = plant(world)
    twin = meters.create_meter(SYSTEM, world.site, name="Hall meter", role="condition", node_id=ids["Hall"]).id
    fields = {"a": (ids["meter"], "power_kw"), "b": (twin, "soc_pct")}
    assert field_maps.read(SYSTEM, world.site, field_maps.written(SYSTEM, world.site, fields)) == fields
    with pytest.raises(Refused, match="several meters"):
        field_maps.read(SYSTEM, world.site, "a = Hall meter, power_kw")
    with pytest.raises(Refused, match="twice"):
        field_maps.read(SYSTEM, world.site, f"a = {twin}, soc_pct\na = {twin}, power_kw")
