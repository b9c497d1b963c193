"""An administrator adds, describes and retires devices, and gives them keys, on the page."""

import pytest

from store.errors import Refused
from store.records.plant import devices, field_maps, keys, meters
from store.scope import SYSTEM
from tests.dashboard.plant.asking import act, plant, press, said, upload
from tests.dashboard.pressing import fill
from tests.dashboard.world import World


def _add(world: World, browser, name: str = "Gate", every: str = "30", fields: str = ""):
    return fill(world, browser, "devices", world.site, name=name, every=every, mode="interval", fields=fields)


def test_a_device_is_added_with_its_fields(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "Gate added" in said(_add(world, browser, fields="voltage = Hall meter, voltage_v\n\n"))
    [made] = devices.find_devices(SYSTEM, "Gate")
    assert made.reporting_interval_s == 30
    assert devices.device_fields(SYSTEM, [made.id])[made.id] == {"voltage": (ids["meter"], "voltage_v")}
    assert "has a device of this name" in said(_add(world, browser))
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
    assert says in said(_add(world, world.client("admin"), "Gate", every, fields))
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


def test_how_a_device_posts_is_shown_with_its_own_key_and_where_its_requests_are_seen(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "no key in use" in said(press(browser, "devices", world.site, do="ask", act="connect", row=ids["device"]))
    key = keys.create_key(SYSTEM, device_id=ids["device"]).partition(".")[0]
    shown = said(press(browser, "devices", world.site, do="ask", act="connect", row=ids["device"]))
    assert f"{key}.SECRET" in shown
    assert f"/site/{world.site}/bench?key={key}" in shown
    assert f"{world.settings.public_device_url}/api/hardware/data" in shown
    assert "no longer exists" in act(browser, "devices", world.site, "connect", ids["device"])


def test_a_device_gets_a_key_and_is_retired(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    told = act(browser, "devices", world.site, "key", ids["device"], name="spare", ends="")
    [key] = keys.keys(SYSTEM, world.site)
    assert (key.device_id, key.name) == (ids["device"], "spare")
    assert f"{key.id}." in told
    assert "is retired" in act(browser, "devices", world.site, "retire", ids["device"])
    assert "No device yet" in browser.get(f"/site/{world.site}/devices").get_data(as_text=True)
    shown = said(press(browser, "devices", world.site, chosen={"retired": "all"}))
    assert "Hall box" in shown


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_the_page_is_not_there(world: World, who: str) -> None:
    ids, browser = plant(world), world.client(who)
    assert browser.get(f"/site/{world.site}/devices").status_code == 404
    assert _add(world, browser).status_code == 404
    assert press(browser, "devices", world.site, do="act", act="retire", row=ids["device"], given={}).status_code == 404
    assert devices.require_devices(SYSTEM, [ids["device"]])[ids["device"]].retired_at is None


def test_a_device_of_another_site_is_not_there_in_this_ones_table(world: World) -> None:
    ids = plant(world, world.foreign_site)
    assert "no longer exists" in act(world.client("root"), "devices", world.site, "retire", ids["device"])


def test_a_map_of_fields_is_read_as_it_was_written(world: World) -> None:
    ids = plant(world)
    twin = meters.create_meter(SYSTEM, world.site, name="Hall meter", role="condition", node_id=ids["Hall"]).id
    fields = {"a": (ids["meter"], "power_kw"), "b": (twin, "soc_pct")}
    assert field_maps.read(SYSTEM, world.site, field_maps.written(SYSTEM, world.site, fields)) == fields
    with pytest.raises(Refused, match="several meters"):
        field_maps.read(SYSTEM, world.site, "a = Hall meter, power_kw")
    with pytest.raises(Refused, match="twice"):
        field_maps.read(SYSTEM, world.site, f"a = {twin}, soc_pct\na = {twin}, power_kw")


def test_devices_are_exported_and_imported_as_a_file_that_is_shown_first(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    answer = browser.get(f"/site/{world.site}/devices.csv?search=hall")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="devices.csv"'
    text = answer.get_data(as_text=True)
    line = f'"{ids["device"]}","Hall box","60","interval","energy_consumed = Hall meter, energy_kwh",""'
    assert text.splitlines()[1:] == [line]
    assert world.client("chief").get(f"/site/{world.site}/devices.csv").status_code == 404

    roof = ',Roof box,10,interval,"a = Hall meter, power_kw; b = Hall meter, soc_pct",\n'
    text = text.replace('"Hall box","60"', '"Hall box","30"') + roof
    tried, done = upload(world, browser, "devices", world.site, text)
    assert "reporting interval 60 → 30" in tried
    assert "a device with 2 fields, that posts every 10 s" in tried
    assert "Imported: 1 new, 1 changed" in done
    found = {each.name: each for each in devices.devices_of(SYSTEM, world.site)}
    assert {name: each.reporting_interval_s for name, each in found.items()} == {"Hall box": 30, "Roof box": 10}
    assert devices.device_fields(SYSTEM, [found["Roof box"].id])[found["Roof box"].id]["b"] == (ids["meter"], "soc_pct")


def test_one_bad_line_of_a_file_and_no_device_is_made(world: World) -> None:
    plant(world)
    foreign = plant(world, world.foreign_site)["device"]
    browser, before = world.client("admin"), [each.name for each in devices.devices_of(SYSTEM, world.site)]
    for line, says in (
        (f"{foreign},Mine,60", "no device"),
        (",Odd,soon", "not a whole number"),
        (",,60", "has a name"),
        (",Hall box,60", "Hall box"),
    ):
        tried, done = upload(world, browser, "devices", world.site, f"id,name,reporting_interval_s\n,Good,60\n{line}\n")
        assert "1 of 2 lines cannot be imported" in tried
        assert says.lower() in tried.lower(), line
        assert "nothing was imported" in done.lower()
    assert [each.name for each in devices.devices_of(SYSTEM, world.site)] == before
