"""An administrator sets a plant up in a real browser: graph, device, key, meters from a file, an assignment."""

import re

import pytest
from playwright.sync_api import Page, expect

from store.records.plant import dated_graph, devices, graph, holders, keys, meters
from store.scope import SYSTEM
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.plant.asking import plant
from tests.dashboard.readable import faults
from tests.dashboard.world import World

pytestmark = pytest.mark.browser
KEY = re.compile(r"key_\w+\.[\w-]{43}")


@pytest.fixture(autouse=True)
def _no_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was measured yet: no QuestDB is asked."""
    monkeypatch.setattr("insight.meters_now.power.live_power", lambda *_: {})


def _open(page: Page, path: str) -> None:
    page.goto(path)
    drawn(page)


def test_a_key_is_made_rotated_with_an_overlap_and_revoked(page: Page, world: World) -> None:
    plant(world)
    _open(page, f"/site/{world.site}/keys")
    page.click("text=Create a key")
    page.fill("#keys-name", "gate")
    page.fill("#keys-device", "Hall box")
    page.click("#keys-make")
    expect(page.locator("#keys-said code")).to_have_text(KEY)
    first = page.locator("#keys-said code").inner_text()
    page.click("[aria-label='Rotate gate']")
    page.locator("[data-given=overlap]").select_option("24")
    page.click("[aria-label='Rotate gate now']")
    expect(page.locator("#keys-notice code")).to_have_text(KEY)
    second = page.locator("#keys-notice code").inner_text()
    assert first != second
    expect(page.locator("#keys-body tbody tr")).to_have_count(2)
    expect(page.locator("#keys-body")).to_contain_text("ends soon")
    page.evaluate("scrollTo(0, 0)")
    assert faults(page) == []
    page.locator("tr", has_text="ends soon").locator("[aria-label='Revoke gate']").click()
    page.click("[aria-label='Revoke gate now']")
    expect(page.locator("#keys-body tbody tr")).to_have_count(1)
    ended = [key.id for key in keys.keys(SYSTEM, world.site) if key.revoked_at]
    assert ended == [first.partition(".")[0]]


def test_a_node_is_added_and_joined_and_is_drawn_at_once(page: Page, world: World) -> None:
    plant(world)
    _open(page, f"/site/{world.site}/graph")
    expect(page.locator("#graph-sankey .sankey-node")).to_have_count(3)
    page.click("text=Add a node")
    page.fill("#node-name", "Shed")
    page.click("#node-add")
    expect(page.locator("#graph-check")).to_contain_text("Shed: no edge")
    page.click("text=Connect two nodes")
    page.locator("#edge-source").select_option(label="Bus")
    page.locator("#edge-target").select_option(label="Shed")
    page.click("#edge-add")
    expect(page.locator("#graph-sankey .sankey-node")).to_have_count(4)
    expect(page.locator("#graph-check")).not_to_contain_text("no edge")
    assert faults(page) == []
    page.click("[aria-label='End Shed']")
    page.click("[aria-label='End it Shed now']")
    expect(page.locator("#graph-sankey .sankey-node")).to_have_count(3)
    assert len(graph.wiring(SYSTEM, world.site).nodes) == 4, "history stays"


def test_a_file_of_meters_is_shown_then_imported_and_a_meter_assigned(page: Page, world: World) -> None:
    ids = plant(world)
    _open(page, "/admin/meters")
    chosen = page.locator("#meters-upload input[type=file]")

    def choose(text: str) -> None:
        chosen.set_input_files({"name": "meters.csv", "mimeType": "text/csv", "buffer": text.encode()})

    choose(f"id,name\n{ids['meter']},Kitchen\nmtr_nothing,Other\n")
    expect(page.locator("#meters-report")).to_contain_text("1 of 2 lines cannot be imported")
    assert faults(page) == []
    choose(f"id,name\n{ids['meter']},Kitchen\n")
    expect(page.locator("#meters-report")).to_contain_text("name Hall meter → Kitchen")
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].name == "Hall meter"
    page.click("#meters-import")
    expect(page.locator("#meters-imported")).to_contain_text("Imported: 1 changed")
    page.click("#meters-body >> text=Kitchen")
    page.fill("#holders-who", "resident@example.org")
    page.click("#holders-assign")
    expect(page.locator("#holders-body")).to_contain_text("Resident, resident@example.org")
    assert [each.name for each in holders.holders(SYSTEM, [ids["meter"]])[ids["meter"]]] == ["Resident"]
    assert faults(page) == []


def test_a_limit_is_said_anew_and_a_sum_of_meters_made_edited_and_ended(page: Page, world: World) -> None:
    ids = plant(world)
    _open(page, f"/site/{world.site}/facility")
    page.click("[aria-label='Edit Voltage']")
    page.locator("[data-given=low]").fill("220")
    page.locator("[data-given=standard]").fill("our contract")
    assert faults(page) == []
    page.click("[aria-label='Save Voltage now']")
    expect(page.locator("#limits-body tr", has_text="Voltage")).to_contain_text("220 to 253 V")
    expect(page.locator("#limits-body tr", has_text="Voltage")).to_contain_text("our contract")

    _open(page, "/admin/meters")
    page.click("text=Create a virtual meter")
    page.fill("#virtual-name", "Import")
    page.locator("#virtual-site").select_option(label="North Campus (1)")
    page.locator("#virtual-edge").select_option(label="Grid → Bus, electricity")
    page.fill("#virtual-terms", "+ Hall meter")
    assert faults(page) == []
    page.click("#virtual-make")
    page.click("#virtual-said >> text=Import")
    expect(page.locator("#meter-terms-terms")).to_have_value("+ Hall meter")
    page.fill("#meter-terms-terms", "- Hall meter")
    page.click("#meter-terms-save")
    expect(page.locator("#meter-terms-said")).to_contain_text("Saved")
    assert faults(page) == []
    page.click("summary:has-text('End the virtual meter')")
    page.click("#meter-retire")
    expect(page.locator("#meter-notice")).to_contain_text("Ended")
    assert ids["in"] not in dated_graph.measured_by(SYSTEM, world.site)


def test_a_form_is_filled_in_corrected_and_sent_without_a_mouse(page: Page, world: World) -> None:
    _open(page, f"/site/{world.site}/graph")
    page.locator("#node-form > summary").focus()
    page.keyboard.press("Enter")
    page.locator("#node-kw").focus()
    page.keyboard.type("much")
    page.keyboard.press("Enter")
    expect(page.locator("#node-name-problem")).to_have_text("Fill this in.")
    expect(page.locator("#node-kw-problem")).to_contain_text("is not a number")
    expect(page.locator("#node-name")).to_be_focused()
    expect(page.locator("#node-name")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#node-name")).to_have_attribute("aria-describedby", "node-name-problem")
    assert faults(page) == []
    page.keyboard.type("Shed")
    page.locator("#node-kw").fill("12")
    page.locator("#node-from").fill("2026-01-31")
    page.locator("#node-from-time").fill("14:00")
    page.locator("#node-kw").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#node-said")).to_contain_text("Shed added")
    expect(page.locator("#node-form")).not_to_have_attribute("open", re.compile(".*"))
    expect(page.locator("#node-form > summary")).to_be_focused()
    page.keyboard.press("Enter")
    for field in ("name", "kw", "from", "from-time"):
        expect(page.locator(f"#node-{field}")).to_have_value("")
    [shed] = graph.wiring(SYSTEM, world.site).nodes
    assert (shed.name, shed.capacity_kw, f"{shed.valid_from:%Y-%m-%d %H:%M}") == ("Shed", 12.0, "2026-01-31 14:00")


def test_the_question_of_a_row_is_answered_without_a_mouse(page: Page, world: World) -> None:
    ids = plant(world)
    _open(page, f"/site/{world.site}/graph")
    page.locator("[aria-label='Edit Hall']").focus()
    page.keyboard.press("Enter")
    page.locator("[data-given=kw]").fill("much")
    page.locator("[data-given=kw]").press("Enter")
    expect(page.locator(".question .problem")).to_contain_text("is not a number")
    expect(page.locator("[data-given=kw]")).to_be_focused()
    page.locator("[data-given=kw]").fill("7")
    page.locator("[data-given=kw]").press("Enter")
    expect(page.locator("#nodes-notice")).to_contain_text("Saved")
    assert {node.id: node.capacity_kw for node in graph.wiring(SYSTEM, world.site).nodes}[ids["Hall"]] == 7.0


def test_a_reload_and_the_way_back_keep_what_is_searched_and_chosen(page: Page, world: World) -> None:
    ids = plant(world)
    devices.retire_device(SYSTEM, ids["device"])
    _open(page, f"/site/{world.site}/devices")
    expect(page.locator("#devices-body")).to_contain_text("No device yet")
    page.locator("[data-filter=retired]").select_option("all")
    page.fill("#devices-search", "hall")
    expect(page.locator("#devices-body")).to_contain_text("Hall box")
    page.wait_for_url("**/devices?devices.search=hall&devices.retired=all")
    page.reload()
    drawn(page)
    expect(page.locator("#devices-search")).to_have_value("hall")
    expect(page.locator("[data-filter=retired]")).to_have_value("all")
    expect(page.locator("#devices-body")).to_contain_text("Hall box")
    page.click("nav >> text=API keys")
    expect(page.locator("h1")).to_have_text("API keys")
    assert page.url.endswith("/keys"), "the next page's address is its own"
    page.go_back()
    expect(page.locator("#devices-search")).to_have_value("hall")
    expect(page.locator("#devices-body")).to_contain_text("Hall box")
