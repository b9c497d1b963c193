"""An administrator has a broker listened to and says what comes through it means, in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from store.ids import channel_id
from store.records.plant import broker_states, brokers, channels
from store.records.plant.broker_states import Noted
from store.records.plant.channels import Heard, Source, Told
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.dashboard.frame.test_shell_in_a_browser import drawn
from tests.dashboard.plant.asking import plant
from tests.dashboard.readable import faults
from tests.dashboard.world import World

pytestmark = pytest.mark.browser
POWER, VOLTAGE, ENERGY = "tele/hall/SENSOR#ENERGY.Power", "tele/hall/SENSOR#ENERGY.Voltage", "tele/hall/SENSOR#ENERGY.Total"


def test_a_broker_is_added_and_its_channels_are_mapped_singly_and_as_proposed(
    page: Page, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = plant(world)
    monkeypatch.setattr("store.series.waiting.of_site", lambda _scope, _site, those: {each: {"": 7} for each in those})
    page.goto(f"/site/{world.site}/sources")
    drawn(page)
    expect(page.locator("#brokers-body")).to_contain_text("No broker")
    page.click("text=Add a broker")
    page.fill("#brokers-name", "Yard")
    page.fill("#brokers-host", "127.0.0.1")
    page.fill("#brokers-port", "1")
    page.fill("#brokers-password", "salt and pepper")
    page.fill("#brokers-topics", "tele/#")
    page.click("#brokers-add")
    expect(page.locator("#brokers-inputs .problem")).to_contain_text("does not say what publishes there")
    page.fill("#brokers-topics", "tele/# = tasmota")
    page.click("#brokers-add")
    expect(page.locator("#brokers-said")).to_contain_text("listened to within seconds")
    expect(page.locator("#brokers-body tbody tr")).to_contain_text("about to be listened to")
    page.click("[aria-label='Try Yard']")
    expect(page.locator("#brokers-notice")).to_contain_text("nothing listens at 127.0.0.1:1")
    [broker] = brokers.brokers_of(SYSTEM, world.site)
    broker_states.note_state(SYSTEM, broker.id, Noted(now(), None, now(), 120.0, 1000, 2))
    page.click("[aria-label='Edit Yard']")
    expect(page.locator("[data-given=password] input")).to_have_attribute("type", "password")
    assert "salt" not in page.content()
    page.click("text=Cancel")
    expect(page.locator("#brokers-body")).to_contain_text("connected")
    assert faults(page) == []
    source = Source(world.site, broker_id=broker.id)
    channels.known(SYSTEM, source, "mqtt", [POWER, VOLTAGE, ENERGY])
    which = {name: channel_id(broker.id, "mqtt", name) for name in (POWER, VOLTAGE, ENERGY)}
    channels.note_heard(SYSTEM, [Heard(which[POWER], now(), 1.5), Heard(which[VOLTAGE], now(), 231.0)])
    channels.note_told(SYSTEM, [Told(which[POWER], "kW"), Told(which[ENERGY], "kWh", "Hall total", "energy total_increasing")])
    page.goto(f"/site/{world.site}/mappings")
    drawn(page)
    expect(page.locator("#mappings-body tbody tr")).to_have_count(3)
    page.click(f"[aria-label='Map {POWER}']")
    expect(page.locator("[data-given=meter]")).to_have_value(ids["meter"])
    expect(page.locator("[data-given=quantity]")).to_have_value("power_kw")
    assert faults(page) == []
    page.click(f"[aria-label='Map {POWER} now']")
    expect(page.locator("#mappings-notice")).to_contain_text("is mapped")
    expect(page.locator("#mappings-body")).to_contain_text("power_kw of Hall meter")
    expect(page.locator("#mappings-settling")).to_contain_text("What waited is being stored")
    page.reload()
    drawn(page)
    page.click("text=Map what is proposed")
    proposed = page.locator("#proposals-lines").input_value().splitlines()
    assert proposed == [f"{ENERGY} = Hall meter, energy_total_kwh, kWh", f"{VOLTAGE} = Hall meter, voltage_v"]
    assert faults(page) == []
    page.click("#proposals-map")
    expect(page.locator("#proposals-said")).to_contain_text("2 channels are mapped")
    expect(page.locator("#mappings-body")).to_contain_text("energy_total_kwh of Hall meter")
    assert {each.quantity for each in channels.of_site(SYSTEM, world.site, state="mapped")} == {
        "power_kw",
        "energy_total_kwh",
        "voltage_v",
    }
