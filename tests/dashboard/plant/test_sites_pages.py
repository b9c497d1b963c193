"""Sites are listed and made, and what a site is can be changed, by those who administer it."""

import pytest

from store.records import graph, organisations, sites, users
from store.records.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.plant.asking import ask, said
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
    "note": "a boathouse",
}


def _owner(world: World, site: str) -> str:
    return sites.site(SYSTEM, site).organisation_id


def _make(world: World, browser, owner: str, **given: str):
    state = {f"sites-{name}.value": value for name, value in (GIVEN | given).items()}
    return ask(world, browser, "sites-made.children", {"sites-make.n_clicks": 1}, {"sites-owner.value": owner} | state)


def _save(world: World, browser, **given: str):
    state = {f"facility-{name}.value": value for name, value in (GIVEN | given).items()}
    inputs = {"facility-save.n_clicks": 1}
    return ask(world, browser, "facility-notice.children", inputs, {"facility-site.data": world.site} | state)


def test_a_site_is_made_and_listed(world: World) -> None:
    browser = world.client("admin")
    assert "Lake is there" in said(_make(world, browser, _owner(world, world.site)))
    [row] = sites.sites_page(SYSTEM, Wanted("Lake")).rows
    assert (row.site.currency, row.site.longitude, row.site.nominal_voltage_v) == ("EUR", -1.0, 400.0)
    page = browser.get("/admin/sites").get_data(as_text=True)
    assert "Lake" in page
    assert "South Works" not in page


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "has a name"),
        ({"zone": "Mars"}, "time zone"),
        ({"latitude": ""}, "missing"),
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
    assert "Lake is there" in said(_make(world, browser, young))
