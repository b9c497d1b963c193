"""The frame shows each person what is theirs, before any script, and gives away nothing else."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient

from dashboard.doorkeeper import ROUTER
from dashboard.frame import landing
from dashboard.web import access
from store.errors import NotFound
from store.records.access import policy
from store.records.people import organisations, users
from store.records.plant import activity, devices, sites
from store.scope import SYSTEM
from tests.dashboard.pressing import press
from tests.dashboard.world import PASSWORD, World, csrf


def test_the_first_page_of_somebody_with_sites_is_a_site(world: World) -> None:
    assert world.client("operator").get("/").location == f"/site/{world.site}/overview"


def test_somebody_without_sites_is_told_what_would_be_here(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="No Site Yet", kind="customer").id
    for who in ("first", "second"):  # the first is its administrator, who may claim a meter
        users.create_user(SYSTEM, email=f"{who}@example.org", name=who, password=PASSWORD, organisation_id=home)
    answer = world.client("second").get("/")
    assert answer.status_code == 200
    assert b"No site yet" in answer.data


def test_residents_land_at_their_meters(world: World) -> None:
    assert world.client("resident").get("/").location == "/my-meters"


def test_whoever_founds_a_distributor_begins_where_its_first_site_is_made(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="New Energy", kind="distributor").id
    users.create_user(SYSTEM, email="founder@example.org", name="Founder", password=PASSWORD, organisation_id=home, role="admin")
    users.create_user(SYSTEM, email="looker@example.org", name="Looker", password=PASSWORD, organisation_id=home, role="viewer")
    founder = world.client("founder")
    assert founder.get("/").location == landing.SITES
    page = founder.get(landing.SITES).get_data(as_text=True)
    assert "Create a site" in page
    assert "My meters" not in page, "a distributor claims none of its own"
    assert founder.get("/my-meters").status_code == 404
    assert b"No site yet" in world.client("looker").get("/").data
    assert b"Create the first one" not in world.client("looker").get("/").data


def test_callbacks_find_all_of_their_parts_where_there_is_no_meter_yet(world: World) -> None:
    page = world.client("resident").get("/my-meters").get_data(as_text=True)
    for part in ("my-meters-meter", "my-meters-what", "my-meters-range", "my-meters-range-first", "my-meters-chart"):
        assert f'"id":"{part}"' in page, part


def test_a_site_without_a_page_leads_to_its_overview(world: World) -> None:
    assert world.client("operator").get(f"/site/{world.site}").location == _overview(world.site)


def test_a_foreign_site_and_an_unknown_one_get_the_same_answer(world: World) -> None:
    browser = world.client("operator")
    foreign, unknown = (browser.get(f"/site/{site}/overview") for site in (world.foreign_site, "sit_unknown"))
    assert foreign.status_code == unknown.status_code == 404
    assert b"South Works" not in foreign.data
    assert b"Nothing here" in foreign.data


def test_the_switcher_names_the_sites_one_may_see(world: World) -> None:
    page = world.client("operator").get("/account").get_data(as_text=True)
    assert "North Campus" in page
    assert "South Works" not in page
    assert "South Works" in world.client("root").get("/account").get_data(as_text=True)


def test_the_tabs_of_two_sites_are_told_apart(world: World) -> None:
    browser = world.client("root")
    for site, name in ((world.site, "North Campus"), (world.foreign_site, "South Works")):
        path = f"/site/{site}/imports"
        assert f"<title>Imports · {name} · Loadstar</title>" in browser.get(path).get_data(as_text=True)
        assert _moved(browser, path)["_pages_store"]["data"] == {"title": f"Imports · {name} · Loadstar"}
    assert "<title>Account · Loadstar</title>" in browser.get("/account").get_data(as_text=True)
    nothing = world.client("operator").get(f"/site/{world.foreign_site}/imports").get_data(as_text=True)
    assert "<title>Nothing here · Loadstar</title>" in nothing and "South Works" not in nothing


def _moved(browser: FlaskClient, path: str) -> dict[str, Any]:
    """What a page that is open becomes when another of its frame is chosen."""
    place = {"id": "_pages_location"}
    body = {
        "output": ROUTER,
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [place | {"property": "pathname", "value": path}, place | {"property": "search", "value": ""}],
        "changedPropIds": ["_pages_location.pathname"],
    }
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser)).get_json()["response"]


def _overview(site_id: str) -> str:
    return f"/site/{site_id}/overview"


def _site(world: World, name: str, kind: str = "plant") -> str:
    return sites.create_site(
        SYSTEM,
        name=name,
        kind=kind,
        organisation_id=sites.site(SYSTEM, world.site).organisation_id,
        time_zone="Europe/London",
        currency="GBP",
        latitude=0,
        longitude=0,
    ).id


def test_whoever_has_many_sites_lands_on_the_last_one_and_finds_the_others_with_their_state(world: World) -> None:
    last = [_site(world, f"Works {nth}") for nth in range(8)][4]
    browser = world.client("operator")
    assert browser.get("/").location == _overview(world.site)
    page = browser.get(_overview(last)).get_data(as_text=True)
    menu = page.partition('id="sites"')[2].partition("</ul>")[0]
    assert 'id="site-search"' in menu
    assert menu.count('data-state="never">no data yet') == 9
    assert world.client("operator").get("/").location == _overview(last)


def test_a_site_with_pv_and_batteries_begins_at_what_it_makes_and_uses(world: World) -> None:
    home = _site(world, "A home", "pv_battery")
    browser = world.client("operator")
    assert browser.get(f"/site/{home}").location == f"/site/{home}/solar"
    page = browser.get(f"/site/{home}/solar").get_data(as_text=True)
    assert f'href="/site/{home}/solar"' in page.partition('id="sites"')[2].partition("</ul>")[0], "the switcher leads there"
    assert browser.get("/").location == f"/site/{home}/solar", "and so does signing in, as to the last one used"
    assert f'href="/site/{world.site}/solar"' not in browser.get(_overview(world.site)).get_data(as_text=True)


def _device(site: str, heard: timedelta | None, count: int = 1) -> None:
    for nth in range(count):
        made = devices.create_device(SYSTEM, site, name=f"Device {nth}", reporting_interval_s=60).id
        if heard is not None:
            at = datetime.now(UTC) - heard
            activity.add_activity(SYSTEM, [activity.Activity(made, at, 1, 0, at)])


def test_a_person_begins_at_the_site_that_needs_them_most(world: World) -> None:
    def lands() -> str:
        return world.client("operator").get("/").location

    small, large = _site(world, "A small one"), _site(world, "Z large one")
    _device(small, timedelta(seconds=5))
    _device(large, timedelta(seconds=5), count=3)
    _device(_site(world, "B given up"), timedelta(days=30))
    assert lands() == _overview(large), "of those that are well the largest, not the first by name"
    late = _site(world, "M late one")
    _device(late, timedelta(minutes=5))
    assert lands() == _overview(late)
    world.client("operator").get(_overview(small))
    assert lands() == _overview(small), "the last one used, as long as none has fallen silent"
    silent = _site(world, "S silent one")
    _device(silent, timedelta(hours=2))
    assert lands() == _overview(silent)


def test_the_kind_of_a_site_decides_which_pages_it_has(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(each for each in dash.page_registry.values() if each["name"] == "Overview")
    monkeypatch.setitem(page, "nav", page["nav"] | {"kinds": ("campus",)})
    here = {kind: _overview(_site(world, f"A {kind}", kind)) for kind in ("plant", "campus")}
    browser = world.client("operator")
    pages = {
        kind: browser.get(path).get_data(as_text=True).partition("<nav")[2].partition("</nav>")[0] for kind, path in here.items()
    }
    assert f'href="{here["campus"]}"' in pages["campus"]
    assert here["plant"] not in pages["plant"]


def test_names_are_escaped(world: World) -> None:
    _site(world, "<script>alert(1)</script>")
    assert "<script>alert" not in world.client("operator").get("/account").get_data(as_text=True)


@pytest.mark.parametrize(
    ("who", "sees"), [("root", True), ("admin", True), ("operator", False), ("stranger", False), ("resident", False)]
)
def test_only_administrators_find_and_open_the_users_page(world: World, who: str, sees: bool) -> None:
    browser = world.client(who)
    assert ('href="/admin/users"' in browser.get("/account").get_data(as_text=True)) is sees
    assert browser.get("/admin/users").status_code == (200 if sees else 404)


def test_the_document_already_holds_the_page_that_dash_would_ask_for(world: World) -> None:
    page = world.client("operator").get("/account").get_data(as_text=True)
    held = re.search(r'<script id="boot-layout" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert held
    assert "operator@example.org" in json.dumps(json.loads(held[1]))


def test_a_query_cannot_take_the_place_of_what_the_path_says(world: World) -> None:
    answer = world.client("operator").get(f"/site/{world.foreign_site}/overview?site_id={world.site}")
    assert answer.status_code == 404


def test_an_unknown_callback_is_not_found(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    for body in ({"output": "nothing.children"}, {"output": None}, {}, [], {"output": "_pages_dummy.children"}):
        assert browser.post("/_dash-update-component", json=body, headers=csrf(browser)).status_code == 404


def test_the_callbacks_of_administrators_do_not_exist_for_others(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    refused = press(browser, "users")
    assert refused.status_code == 404
    assert b"admin@example.org" not in refused.data
    admin = world.client("admin")
    admin.get("/account")
    allowed = press(admin, "users")
    assert allowed.status_code == 200
    assert b"operator@example.org" in allowed.data
    assert b"stranger@example.org" not in allowed.data


def test_a_rule_asks_for_the_argument_by_name(world: World) -> None:
    rule = access.site_in("place")
    scope = policy.scope_of(world.people["operator"])
    rule(scope, {"place": world.site})
    for given in ({"place": world.foreign_site}, {"place": None}, {}, {"site_id": world.site}):
        with pytest.raises(NotFound):
            rule(scope, given)


@pytest.mark.parametrize(("cookie", "first"), [("dark", "dark"), ("light", "light"), ("auto", "light"), ('"><b>', "light")])
def test_the_theme_is_in_the_document_before_it_is_painted(world: World, cookie: str, first: str) -> None:
    browser = world.client("operator")
    browser.set_cookie("loadstar-theme", cookie)
    assert f'data-bs-theme="{first}"' in browser.get("/account").get_data(as_text=True)
