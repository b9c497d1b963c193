"""Meters are found, read from a file that is shown first, and written to one; each has a page of its own."""

import base64

import pytest

from store.records.access import claims, grants
from store.records.people import organisations, users
from store.records.plant import declarations, holders, meter_life, meters, sites
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, ask, call, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import PASSWORD, World, sign_in


def _upload(text: str) -> str:
    return f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()}"


def _try(browser, text: str):
    state = {"meters-upload.filename": "new.csv", "meters-files-of.data": ""}
    return call(browser, ["meters-report.children"], {"meters-upload.contents": _upload(text)}, state)


def _import(world: World, browser, text: str, **pressed: int):
    return ask(
        world,
        browser,
        "meters-imported.children",
        {"meters-import.n_clicks": pressed.get("go", 1), "meters-drop.n_clicks": pressed.get("drop")},
        {"meters-upload.contents": _upload(text), "meters-files-of.data": ""},
    )


def _meter(world: World, browser, inputs, meter: str):
    output = "meter-code.children" if "meter-show.n_clicks" in inputs else "meter-notice.children"
    return ask(world, browser, output, inputs, {"meter-of.data": meter})


def test_the_table_shows_whose_meters_are_and_leads_to_their_pages(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    foreign = plant(world, world.foreign_site)["meter"]
    grants.create_grant(SYSTEM, user_id=world.people["resident"], meter_id=ids["meter"])
    page = browser.get("/admin/meters").get_data(as_text=True)
    assert ids["meter"] in page
    assert "Resident" in page
    assert foreign not in page
    assert foreign in world.client("root").get("/admin/meters").get_data(as_text=True)


def test_a_file_is_shown_before_it_is_imported(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    text = f"id,name,serial_number\n{ids['meter']},Hall meter,SN-1\n"
    shown = said(_try(browser, text))
    assert "serial number none → SN-1" in shown
    assert "Nothing is written yet" in shown
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].serial_number is None
    assert "Imported: 1 changed" in said(_import(world, browser, text))
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].serial_number == "SN-1"


def test_meters_are_assigned_in_bulk_by_a_file(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    text = f"id,assigned_to\n{ids['meter']},resident@example.org\n"
    assert "assigned to resident@example.org" in said(_try(browser, text))
    assert "Imported: 1 changed" in said(_import(world, browser, text))
    assert [each.email for each in holders.holders(SYSTEM, [ids["meter"]])[ids["meter"]]] == ["resident@example.org"]
    assert "Nobody to assign it to" in said(_try(browser, f"id,assigned_to\n{ids['meter']},ghost@example.org\n"))


def test_a_file_with_a_bad_line_is_shown_and_cannot_be_imported(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    foreign = plant(world, world.foreign_site)["meter"]
    text = f"id,name\n{ids['meter']},Renamed\n{foreign},Mine\n"
    shown = said(_try(browser, text))
    assert "1 of 2 lines cannot be imported" in shown
    assert "Import 2 lines" not in shown
    assert "nothing was imported" in said(_import(world, browser, text)).lower()
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].name == "Hall meter"


@pytest.mark.parametrize(("text", "says"), [("colour\nred", "No column"), ("name\n", "no lines"), ("name\n\ud800", "")])
def test_a_file_that_is_none_is_refused_in_words(world: World, text: str, says: str) -> None:
    browser = world.client("admin")
    if says:
        assert says in said(_try(browser, text))
    else:
        contents = "data:text/csv;base64," + base64.b64encode(b"name\n\xff\xfe").decode()
        state = {"meters-upload.filename": "a.csv", "meters-files-of.data": ""}
        answer = call(browser, ["meters-report.children"], {"meters-upload.contents": contents}, state)
        assert "not a text in UTF-8" in said(answer)


def test_a_file_is_put_away(world: World) -> None:
    plant(world)
    before = meter_life.meters_page(SYSTEM, Wanted()).total
    number = sites.site(SYSTEM, world.site).public_number
    _import(world, world.client("admin"), f"site,name,role\n{number},New,condition\n", go=0, drop=1)
    assert meter_life.meters_page(SYSTEM, Wanted()).total == before


def test_the_export_is_safe_in_a_spreadsheet_and_holds_only_ones_own(world: World) -> None:
    ids, foreign = plant(world), plant(world, world.foreign_site)["meter"]
    meter_life.describe_meter(SYSTEM, ids["meter"], name="=cmd|' /C calc'!A0")
    answer = world.client("admin").get("/admin/meters.csv")
    text = answer.get_data(as_text=True)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="meters.csv"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert "'=cmd|' /C calc'!A0" in text
    assert foreign not in text
    assert ids["meter"] not in world.client("admin").get("/admin/meters.csv?search=nothing").get_data(as_text=True)


def test_a_meter_is_assigned_and_the_assignment_ends(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    given = {"who": "resident@example.org", "role": "viewer", "to": "2190-01-01"}
    answer = fill(world, browser, "holders", ids["meter"], **given)
    assert "Assigned" in said(answer)
    [holder] = holders.holders(SYSTEM, [ids["meter"]])[ids["meter"]]
    assert (holder.email, f"{holder.grant.valid_to:%Y-%m-%d}") == ("resident@example.org", "2190-01-02")
    assert "Resident" in browser.get(f"/admin/meters/{ids['meter']}").get_data(as_text=True)
    assert "Ended" in act(browser, "holders", ids["meter"], "end", holder.grant.id, searched=False, at="")
    assert holders.holders(SYSTEM, [ids["meter"]]) == {ids["meter"]: []}
    again = fill(world, browser, "holders", ids["meter"], who="nobody@example.org", role="viewer")
    assert "Nobody to assign it to" in said(again)


def test_a_claim_code_is_shown_when_it_is_asked_for_and_made_anew(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    code = claims.claim_code(SYSTEM, ids["meter"])
    assert code not in browser.get(f"/admin/meters/{ids['meter']}").get_data(as_text=True)
    asked = {"meter-show.n_clicks": 1, "meter-renew.n_clicks": None}
    assert code in said(_meter(world, browser, asked, meter=ids["meter"]))
    renewed = said(_meter(world, browser, {"meter-renew.n_clicks": 1, "meter-show.n_clicks": None}, meter=ids["meter"]))
    assert code not in renewed
    assert claims.claim_code(SYSTEM, ids["meter"]) in renewed


def test_a_meter_is_described_exchanged_and_retired(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    declarations.declare_energy(SYSTEM, ids["meter"], method="counter", interval_s=900, valid_from=now().replace(year=2025))
    given = {"name": "Kitchen", "device": ids["device"], "serial": "A-1", "latitude": "54.5", "longitude": "−2"}
    assert "Saved" in said(fill(world, browser, "meter", ids["meter"], **given))
    found = meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]]
    assert (found.name, found.serial_number, found.longitude) == ("Kitchen", "A-1", -2.0)
    wrong = fill(world, browser, "meter", ids["meter"], **(given | {"latitude": "north"}))
    assert "not a number" in said(wrong)
    exchanged = {"at": "2026-01-31", "at_time": "14:00", "serial": "B-2", "note": "broken", "sure": "yes"}
    assert "Exchanged" in said(fill(world, browser, "exchange", ids["meter"], **exchanged))
    assert "counter B-2 in the place of A-1: broken" in shown(browser, f"/admin/meters/{ids['meter']}")
    assert "Retired" in said(_meter(world, browser, {"meter-retire.n_clicks": 1}, meter=ids["meter"]))
    assert meters.require_meters(SYSTEM, [ids["meter"]])[ids["meter"]].retired_at


ADDED = {"name": "Import", "device": "none", "method": "posted"}


def _add(world: World, browser, **given: str) -> str:
    return said(fill(world, browser, "meters", **({"site": world.site} | ADDED | given)))


def _only(name: str):
    [row] = meter_life.meters_page(SYSTEM, Wanted(name)).rows
    declared = declarations.energy_declarations(SYSTEM, [row.meter.id])[row.meter.id]
    return row.meter, [(each.method, each.interval_s, each.valid_from) for each in declared]


def test_numbers_stand_in_forms_with_all_of_their_digits(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    meter_life.describe_meter(SYSTEM, ids["meter"], name="Hall meter", serial_number="", latitude=51.96123456, longitude=-1.5)
    declarations.declare_energy(
        SYSTEM, ids["meter"], method="counter", interval_s=60, valid_from=declarations.BEGINNING, rollover_kwh=99_999_999.9
    )
    page = shown(browser, f"/admin/meters/{ids['meter']}")
    assert '"value": "51.96123456"' in page and '"value": "-1.5"' in page
    assert "99\u202f999\u202f999.9 kWh" in page
    [declared] = declarations.energy_declarations(SYSTEM, [ids["meter"]])[ids["meter"]]
    question = said(press(browser, "declared", ids["meter"], searched=False, do="ask", act="edit", row=declared.id))
    assert "99999999.9" in question


def test_a_meter_is_added_by_a_form_and_its_energy_is_what_its_device_posts(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    asked = {"meters-site.value": world.site}
    choices = said(ask(world, browser, "meters-measures.options", asked, {}))
    for offered in ("Grid → Bus, electricity", "Bus → Hall, electricity, to check Hall meter", "Conditions at Bus", "Hall box"):
        assert offered in choices
    told = _add(world, browser, measures=f"main:{ids['in']}", device=ids["device"], serial="SN-7")
    assert "Its energy comes from its intervals" in told
    meter, declared = _only("SN-7")
    assert (meter.name, meter.role, meter.edge_id, meter.device_id) == ("Import", "main", ids["in"], ids["device"])
    assert declared == [("interval", 60, declarations.BEGINNING)]
    assert "Import" in browser.get("/admin/meters").get_data(as_text=True)


def test_a_meter_of_no_device_says_that_it_is_not_counted_until_something_is_declared(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "not counted yet" in _add(world, browser, measures=f"main:{ids['in']}")
    meter, declared = _only("Import")
    assert (meter.device_id, declared) == (None, [])
    check = _add(world, browser, name="Twin", measures=f"check:{ids['in']}", method="power", every="5")
    assert "Its energy comes from its power" in check
    assert _only("Twin")[1] == [("power", 5, declarations.BEGINNING)]
    given = {"name": "Import", "device": ids["device"], "serial": "", "latitude": "", "longitude": ""}
    assert "Saved" in said(fill(world, browser, "meter", meter.id, **given))
    assert _only("Import")[1] == [("interval", 60, declarations.BEGINNING)], "what its device posts is counted from now on"


def test_conditions_have_a_meter_of_their_own_without_any_energy(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "added" in _add(world, browser, name="Panel", measures=f"condition:{ids['Bus']}", device=ids["device"])
    assert "added" in _add(world, browser, name="Weather", measures="condition:")
    assert [(_only(name)[0].node_id, _only(name)[1]) for name in ("Panel", "Weather")] == [(ids["Bus"], []), (None, [])]


def test_what_is_wrong_with_a_new_meter_is_said_and_nothing_is_added(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    foreign = plant(world, world.foreign_site)
    before = meter_life.meters_page(SYSTEM, Wanted()).total
    for given, says in (
        ({"measures": ""}, "Choose one"),
        ({"measures": f"main:{ids['in']}", "name": " "}, "Fill this in"),
        ({"measures": f"main:{ids['out']}"}, "has a main meter already"),
        ({"measures": f"main:{ids['in']}", "method": "power", "every": "often"}, "not a number"),
        ({"measures": f"main:{ids['in']}", "method": "power", "every": "0"}, "cannot be declared"),
        ({"measures": f"main:{foreign['in']}"}, "No edge"),
        ({"measures": f"main:{ids['in']}", "device": foreign["device"]}, "No device"),
        ({"measures": f"virtual:{ids['in']}"}, "sum of meters"),
        ({"measures": f"main:{foreign['in']}", "site": world.foreign_site}, "No site"),
    ):
        assert says in _add(world, browser, **given), given
    assert meter_life.meters_page(SYSTEM, Wanted()).total == before


@pytest.mark.parametrize("who", ["operator", "stranger", "resident"])
def test_for_those_who_administer_nothing_no_page_is_there(world: World, who: str) -> None:
    ids = plant(world)
    browser = world.client(who)
    for path in ("/admin/meters", "/admin/meters.csv", f"/admin/meters/{ids['meter']}"):
        assert browser.get(path).status_code == 404
    assert _try(browser, "name\nx").status_code == 404
    assert _import(world, browser, "name\nx").status_code == 404
    for button in ("meter-retire", "meter-show"):
        inputs = {f"{button}.n_clicks": 1} | ({"meter-renew.n_clicks": None} if button == "meter-show" else {})
        assert _meter(world, browser, inputs, meter=ids["meter"]).status_code == 404
    assert press(browser, "holders", ids["meter"], searched=False, do="act", act="end", row="grt_x", given={}).status_code == 404


def test_an_administrator_elsewhere_does_not_find_the_meter(world: World) -> None:
    ids, chief = plant(world), world.client("chief")
    assert chief.get(f"/admin/meters/{ids['meter']}").status_code == 404
    assert chief.get("/admin/meters/mtr_unknown").status_code == 404
    assert chief.get("/admin/meters").status_code == 200
    assert _meter(world, chief, {"meter-retire.n_clicks": 1}, meter=ids["meter"]).status_code == 404


def test_an_administrator_of_a_customer_has_no_such_pages(world: World) -> None:
    shop = organisations.create_organisation(SYSTEM, name="Shop", kind="customer").id
    users.create_user(SYSTEM, email="shop@example.org", name="Shop", password=PASSWORD, organisation_id=shop, role="admin")
    browser = world.client()
    sign_in(browser, "shop@example.org")
    assert browser.get("/admin/meters").status_code == 404
    assert browser.get("/admin/users").status_code == 200
