"""Sites are listed and made, and what a site is can be changed, by those who administer it."""

import pytest

from store.records.people import organisations, users
from store.records.plant import devices, graph, regions, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import PASSWORD, World, sign_in

GIVEN = {
    "name": "Lake",
    "kind": "pv_battery",
    "zone": "Europe/Paris",
    "currency": "eur",
    "latitude": "48.5",
    "longitude": "−1",
    "region": "",
    "voltage": "400",
    "frequency": "50",
    "every": "300",
    "note": "a boathouse",
}


def _owner(world: World, site: str) -> str:
    return sites.site(SYSTEM, site).organisation_id


def _make(world: World, browser, owner: str, **given: str):
    return fill(world, browser, "sites", owner=owner, **(GIVEN | given))


def _save(world: World, browser, **given: str):
    return fill(world, browser, "facility", world.site, **(GIVEN | given))


def test_a_site_is_made_and_listed(world: World) -> None:
    browser = world.client("admin")
    made = said(_make(world, browser, _owner(world, world.site)))
    [row] = sites.sites_page(SYSTEM, Wanted("Lake")).rows
    assert f"/site/{row.site.id}/set-up" in made, "its set-up is what comes next"
    assert (row.site.currency, row.site.longitude, row.site.nominal_voltage_v) == ("EUR", -1.0, 400.0)
    page = browser.get("/admin/sites").get_data(as_text=True)
    assert "Lake" in page
    assert "South Works" not in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "Fill this in"),
        ({"zone": "Mars"}, "time zone"),
        ({"latitude": ""}, "Fill this in"),
        ({"currency": "€"}, "currency"),
    ],
)
def test_what_is_wrong_with_a_site_is_said(world: World, given: dict[str, str], says: str) -> None:
    assert says in said(_make(world, world.client("admin"), _owner(world, world.site), **given))
    assert says in said(_save(world, world.client("admin"), **given))
    assert sites.sites_page(SYSTEM, Wanted()).total == 2


def test_a_site_of_another_distributor_is_not_made(world: World) -> None:
    browser = world.client("admin")
    assert "No organisation" in said(_make(world, browser, _owner(world, world.foreign_site)))
    assert sites.sites_page(SYSTEM, Wanted()).total == 2


def test_a_site_is_described_anew_and_its_capacity_added_up(world: World) -> None:
    browser = world.client("admin")
    for name, kw in (("Roof", 12.5), ("Barn", 7.5)):
        graph.create_node(SYSTEM, world.site, name=name, kind="source", technology="pv", capacity_kw=kw)
    assert "Saved" in said(_save(world, browser))
    assert sites.site(SYSTEM, world.site).source_note == "a boathouse"
    page = browser.get(f"/site/{world.site}/facility").get_data(as_text=True)
    assert "20 kW" in page
    assert "a boathouse" in page


@pytest.mark.parametrize("who", ["operator", "stranger", "resident"])
def test_for_those_who_administer_nothing_the_pages_are_not_there(world: World, who: str) -> None:
    browser = world.client(who)
    assert browser.get("/admin/sites").status_code == 404
    assert browser.get(f"/site/{world.site}/facility").status_code == 404
    assert _make(world, browser, _owner(world, world.site)).status_code == 404
    assert _save(world, browser).status_code == 404
    assert sites.site(SYSTEM, world.site).name == "North Campus"


def test_an_administrator_elsewhere_does_not_find_the_site(world: World) -> None:
    chief = world.client("chief")
    assert chief.get(f"/site/{world.site}/facility").status_code == 404
    assert _save(world, chief).status_code == 404
    assert chief.get("/admin/sites").status_code == 200


def test_a_distributor_without_sites_makes_its_first(world: World) -> None:
    young = organisations.create_organisation(SYSTEM, name="Young", kind="distributor").id
    users.create_user(SYSTEM, email="young@example.org", name="Y", password=PASSWORD, organisation_id=young, role="admin")
    browser = world.client()
    sign_in(browser, "young@example.org")
    assert "No site yet" in browser.get("/admin/sites").get_data(as_text=True)
    assert "/set-up" in said(_make(world, browser, young))


def test_a_site_is_archived_and_restored_from_its_list(world: World) -> None:
    browser = world.client("admin")
    _make(world, browser, _owner(world, world.site))
    told = act(browser, "sites", "", "archive", world.site)
    assert "North Campus is archived" in told
    assert world.site not in told
    shown_now = browser.get("/admin/sites").get_data(as_text=True)
    assert f"/site/{world.site}/overview" not in shown_now, "neither the list nor the switcher of sites leads there"
    assert "Lake" in shown_now
    assert browser.get("/").headers["Location"] != f"/site/{world.site}/overview"
    facility = browser.get(f"/site/{world.site}/facility").get_data(as_text=True)
    assert "North Campus" in facility, "whoever administers it still finds what it is"
    assert "archived" in facility
    archived = said(press(browser, "sites", view={"filters": {"show": "archived"}}, do="turn", first=0))
    assert "North Campus" in archived
    assert "Restore" in archived
    assert "in use again" in act(browser, "sites", "", "restore", world.site)
    assert f"/site/{world.site}/overview" in browser.get("/admin/sites").get_data(as_text=True)


def test_only_its_administrators_archive_a_site(world: World) -> None:
    chief = said(press(world.client("chief"), "sites", do="act", act="archive", row=world.site, given={}))
    assert "no longer exists" in chief
    for who in ("operator", "stranger", "resident"):
        assert press(world.client(who), "sites", do="act", act="archive", row=world.site, given={}).status_code == 404
    assert sites.site(SYSTEM, world.site).archived_at is None


def test_a_second_site_of_the_same_name_is_refused_and_an_unknown_currency_too(world: World) -> None:
    browser, owner = world.client("admin"), _owner(world, world.site)
    assert "/set-up" in said(_make(world, browser, owner))
    assert "has a site of this name" in said(_make(world, browser, owner, name=" LAKE"))
    for currency in ("pounds", "pou", "XXX"):
        assert f"No currency '{currency.upper()}'" in said(_make(world, browser, owner, name="Pond", currency=currency))
    assert sites.sites_page(SYSTEM, Wanted("Lake")).total == 1


LIMIT = {"low": "220", "high": "240", "critical_low": "", "critical_high": "250", "standard": "our contract"}


def _limit(world: World, browser, quantity: str = "temperature_c", **given: str):
    return fill(world, browser, "limits", world.site, quantity=quantity, **(LIMIT | given))


def test_the_limits_of_a_site_stand_with_their_standard_and_are_edited(world: World) -> None:
    browser = world.client("admin")
    page = shown(browser, f"/site/{world.site}/facility")
    assert "207 to 253 V" in page
    assert "EN 50160" in page
    assert '"Reset"' not in page
    edited = act(browser, "limits", world.site, "edit", "voltage_v", searched=False, **LIMIT)
    for words in ("220 to 240 V", "above 250 V", "our contract", "this site", "Reset"):
        assert words in edited
    assert "nominal" in act(browser, "limits", world.site, "reset", "voltage_v", searched=False)
    assert "Saved" in said(_limit(world, browser))
    assert "Temperature" in shown(browser, f"/site/{world.site}/facility")
    assert "not a number" in said(_limit(world, browser, low="warm"))
    assert "Fill this in" in said(_limit(world, browser, standard=""))


def test_how_often_devices_post_is_the_sites_to_say(world: World) -> None:
    browser = world.client("admin")
    assert "Saved" in said(_save(world, browser, every="300"))
    devices.create_device(SYSTEM, world.site, name="Box")
    devices.create_device(SYSTEM, world.site, name="Other box", reporting_interval_s=5)
    assert "1 every 5 s, 1 every 300 s" in shown(browser, f"/site/{world.site}/facility")
    assert '"300"' in shown(browser, f"/site/{world.site}/devices")
    assert "whole number" in said(_save(world, browser, every="0.5"))


def test_platform_administrators_make_name_and_remove_regions(world: World) -> None:
    browser = world.client("root")
    assert "Isles created" in said(fill(world, browser, "regions", name="Isles", note="islands"))
    assert "Fill this in" in said(fill(world, browser, "regions", name=" ", note="islands"))
    [row] = regions.regions_page(SYSTEM, Wanted()).rows
    assert "Western Isles is saved" in act(browser, "regions", "", "edit", row.region.id, name="Western Isles", note="")
    assert "Saved" in said(_save(world, browser, region=row.region.id))
    page = shown(browser, f"/site/{world.site}/facility")
    assert f'"value": "{row.region.id}"' in page
    assert "still has 1 site" in act(browser, "regions", "", "delete", row.region.id)
    assert "Saved" in said(_save(world, browser, region="none"))
    assert "Deleted" in act(browser, "regions", "", "delete", row.region.id)
    assert "Add a region" not in shown(world.client("admin"), f"/site/{world.site}/facility")


def test_limits_and_regions_are_no_business_of_others(world: World) -> None:
    for who in ("operator", "chief", "resident"):
        browser = world.client(who)
        assert _limit(world, browser).status_code == 404
        assert press(browser, "limits", world.site, searched=False, do="act", act="reset", row="voltage_v").status_code == 404
    assert press(world.client("admin"), "regions", do="act", act="delete", row="reg_x", given={}).status_code == 404
