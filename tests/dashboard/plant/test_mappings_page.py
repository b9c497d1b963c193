"""What agents and brokers call their values is listed, and mapped by an administrator, one by one or many at once."""

import pytest

from store.ids import channel_id
from store.records.jobs import asking
from store.records.plant import channels
from store.records.plant.channels import Heard, Source, Told
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

POWER, VOLTAGE, ODD = "plant/hall/1/power", "plant/hall#voltage", "plant/other, and = more"


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, int]]:
    """What waits, without a QuestDB."""
    found: dict[str, dict[str, int]] = {}
    monkeypatch.setattr("store.series.waiting.of_site", lambda _scope, _site, ids: {each: found.get(each, {}) for each in ids})
    return found


def heard(site: str, *names: str, road: str = "mqtt") -> dict[str, str]:
    """Channels of the site, by their names."""
    source = Source(site)
    channels.known(SYSTEM, source, road, names)
    ids = {name: channel_id(site, road, name) for name in names}
    channels.note_heard(SYSTEM, [Heard(each, now(), 1500.0) for each in ids.values()])
    return ids


def meanings(site: str) -> dict[str, tuple[str | None, str | None, str | None]]:
    found = channels.of_site(SYSTEM, site)
    return {each.full_name: (each.meter_id, each.quantity, each.unit) for each in found if each.meter_id}


def jobs() -> list[str]:
    return [each.kind for each in asking.jobs(SYSTEM, Wanted()).rows]


def test_a_channel_is_listed_mapped_with_what_is_proposed_ignored_and_let_wait(world: World, waits) -> None:
    ids, browser = plant(world), world.client("admin")
    which = heard(world.site, POWER)[POWER]
    channels.note_told(SYSTEM, [Told(which, "W"), Told(which, "kW", "Hall\u202e power", "power measurement")])
    channels.note_turned_away(SYSTEM, {which: 1234})
    waits[which] = {"": 7, "out_of_range": 2}
    listed = said(press(browser, "mappings", world.site, do="sort", column="full_name"))
    for words in (POWER, "1\u202f500 W", '"9"', "out_of_range", "1\u202f234 refused: too many wait", "perhaps power_kw"):
        assert words in listed
    asked = said(press(browser, "mappings", world.site, do="ask", act="map", row=which))
    assert "Hall power, power measurement, W" in asked, "the unit that comes with values counts, and nothing unseen is shown"
    assert f'"selected": true, "value": "{ids["meter"]}"' in asked or f'"value": "{ids["meter"]}", "selected": true' in asked
    told = {"meter": ids["meter"], "quantity": "power_kw", "unit": "W", "interval": ""}
    assert "is mapped" in act(browser, "mappings", world.site, "map", which, **told)
    assert meanings(world.site) == {POWER: (ids["meter"], "power_kw", "W")}
    assert jobs() == ["waiting_values"], "what waits is stored at once"
    assert "too many wait" not in said(press(browser, "mappings", world.site, do="sort", column="full_name"))
    assert "waits from now on" in act(browser, "mappings", world.site, "unmap", which)
    assert "is ignored" in act(browser, "mappings", world.site, "ignore", which)
    assert jobs() == ["waiting_values"], "one is asked for until it has begun"
    assert channels.require_channel(SYSTEM, which).ignored


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"meter": "", "quantity": "power_kw"}, "Choose one."),
        ({"meter": "mtr_unknown", "quantity": "power_kw"}, "no longer exists"),
        ({"meter": "own", "quantity": "watts"}, "No quantity"),
        ({"meter": "own", "quantity": "energy_kwh", "interval": "0"}, "seconds"),
        ({"meter": "own", "quantity": "energy_total_kwh", "interval": "60"}, "leave the interval out"),
        ({"meter": "own", "quantity": "energy_kwh"}, "a device writes energy_kwh"),
        ({"meter": "own", "quantity": "power_kw", "interval": "x"}, "not a number"),
    ],
)
def test_what_a_channel_cannot_mean_is_said_beside_the_field(world: World, told: dict[str, str], words: str) -> None:
    ids, browser = plant(world), world.client("admin")
    which = heard(world.site, POWER)[POWER]
    given = told | {"meter": ids["meter"] if told["meter"] == "own" else told["meter"]}
    assert words.lower() in act(browser, "mappings", world.site, "map", which, **given).lower()
    assert (meanings(world.site), jobs()) == ({}, [])


def test_what_is_proposed_for_certain_is_mapped_at_once_and_no_two_to_one_series(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    found = heard(world.site, POWER, VOLTAGE, "plant/hall/a_kwh", "plant/hall/b_kwh")
    page = shown(browser, f"/site/{world.site}/mappings")
    assert f"{VOLTAGE} = Hall meter, voltage_v" in page
    assert "_kwh = " not in page, "both would be the same register"
    assert f"{POWER} = " not in page, "in which unit nobody says"
    lines = f"{VOLTAGE} = Hall meter, voltage_v\n\n{found[POWER]} = {ids['meter']} , power_kw, W\n"
    assert "2 channels are mapped" in said(fill(world, browser, "proposals", world.site, lines=lines))
    assert meanings(world.site) == {VOLTAGE: (ids["meter"], "voltage_v", None), POWER: (ids["meter"], "power_kw", "W")}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("", "Fill this in"),
        ("plant/hall/power", "does not say which meter and quantity"),
        (f"{POWER} = Hall meter", "does not say which meter and quantity"),
        (f"{POWER} = Hall meter, watts", "does not say which meter and quantity"),
        ("nowhere = Hall meter, power_kw", "nothing of this name was heard"),
        (f"{POWER} = Attic, power_kw, W", "no meter on this site is named Attic"),
        (f"{POWER} = Hall meter, power_kw, W\n{POWER} = Hall meter, voltage_v", "there twice"),
        (f"{VOLTAGE} = Hall meter, voltage_v\n{POWER} = Hall meter, energy_kwh", f"{POWER}: a device writes"),
    ],
)
def test_one_wrong_line_maps_nothing_and_is_named(world: World, lines: str, words: str) -> None:
    plant(world)
    heard(world.site, POWER, VOLTAGE)
    assert words in said(fill(world, world.client("admin"), "proposals", world.site, lines=lines))
    assert (meanings(world.site), jobs()) == ({}, [])


def test_names_of_any_kind_and_those_that_two_sources_share_are_written_so_that_they_are_read_again(world: World) -> None:
    from store.records.plant import channel_lines
    from store.records.plant.channels import Meaning

    ids = plant(world)
    found = heard(world.site, ODD, POWER)
    heard(world.site, POWER, road="lines")
    told = [Meaning(found[ODD], ids["meter"], "power_kw", "W"), Meaning(found[POWER], ids["meter"], "voltage_v")]
    text = channel_lines.written(SYSTEM, world.site, told)
    assert text.splitlines() == [f"{ODD} = Hall meter, power_kw, W", f"{found[POWER]} = Hall meter, voltage_v"]
    assert channel_lines.read(SYSTEM, world.site, text) == told


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_there_are_no_mappings(world: World, who: str) -> None:
    ids = plant(world)
    which, browser = heard(world.site, POWER)[POWER], world.client(who)
    assert browser.get(f"/site/{world.site}/mappings").status_code == 404
    told = {"meter": ids["meter"], "quantity": "power_kw"}
    for answer in (
        press(browser, "mappings", world.site, do="act", act="map", row=which, given=told),
        fill(world, browser, "proposals", world.site, lines=f"{POWER} = Hall meter, power_kw, W"),
    ):
        assert answer.status_code == 404
    assert meanings(world.site) == {}


def test_a_channel_of_another_site_is_not_there_in_this_ones_table(world: World) -> None:
    which = heard(world.foreign_site, POWER)[POWER]
    browser = world.client("root")
    assert "no longer exists" in act(browser, "mappings", world.site, "ignore", which)
    assert not channels.require_channel(SYSTEM, which).ignored
