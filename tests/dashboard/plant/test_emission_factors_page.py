"""Administrators of a site state certificates and factors of it and read what they come to; others do not find the page."""

from datetime import date

import pytest

from config.settings import Settings
from models.emissions import CERTIFICATE, PRODUCTION, RESIDUAL, Factor
from store.records.plant import emission_factors, graph
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, call, plant, said, upload
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

SURE = {"sure": "yes"}  # there is no QuestDB here that could say what is restated
GIVEN = {
    "kind": CERTIFICATE,
    "name": "Wind",
    "share": "62.5",
    "source": "none",
    "grams": "11",
    "first": "2026-01-01",
    "last": "",
    "note": "",
    **SURE,
}


def test_certificates_and_factors_are_added_changed_and_deleted_in_the_browser(world: World) -> None:
    plant(world)
    roof = graph.create_node(SYSTEM, world.site, name="Roof", kind="source", technology="pv").id
    browser = world.client("admin")
    page = shown(browser, f"/site/{world.site}/factors")
    assert "No factor yet" in page
    assert "Roof" in page
    assert "Wind added" in said(fill(world, browser, "factor", world.site, **GIVEN))
    production = GIVEN | {"kind": PRODUCTION, "name": "Life cycle", "share": "", "source": roof, "grams": "40.5"}
    assert "Life cycle added" in said(fill(world, browser, "factor", world.site, **production))
    page = shown(browser, f"/site/{world.site}/factors")
    for words in ("62.5 %", "certificates", "own production: Roof", "40.5", "until further notice"):
        assert words in page
    wind, roofs = sorted(emission_factors.emission_factors(SYSTEM, world.site), key=lambda each: each.kind)
    edited = {
        "name": "Wind",
        "share": "80",
        "grams": "0",
        "first": "2026-01-01",
        "last": "2026-12-31",
        "note": "cancelled",
    } | SURE
    assert "before it begins" in act(browser, "factors", world.site, "edit", wind.id, **(edited | {"last": "2025-01-01"}))
    assert "Saved" in act(browser, "factors", world.site, "edit", wind.id, **edited)
    told = emission_factors.factors(SYSTEM, world.site)
    assert Factor(CERTIFICATE, "Wind", date(2026, 1, 1), date(2026, 12, 31), 0.0, 0.8, None, "cancelled") in told
    edited = {"name": "Roof", "grams": "45", "first": "2026-01-01", "last": "", "note": ""} | SURE
    assert "Saved" in act(browser, "factors", world.site, "edit", roofs.id, **edited)
    assert "Deleted" in act(browser, "factors", world.site, "delete", wind.id, **SURE)
    assert emission_factors.factors(SYSTEM, world.site) == [
        Factor(PRODUCTION, "Roof", date(2026, 1, 1), None, 45.0, None, roof, "")
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "Fill this in"),
        ({"grams": ""}, "Fill this in"),
        ({"grams": "-1"}, "cannot be"),
        ({"first": ""}, "Fill this in"),
        ({"share": ""}, "at the most"),
        ({"share": "101"}, "at the most"),
        ({"kind": RESIDUAL}, "no other factor"),
        ({"kind": PRODUCTION, "share": ""}, "that produces"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(world: World, given: dict[str, str], says: str) -> None:
    assert says in said(fill(world, world.client("admin"), "factor", world.site, **(GIVEN | given)))
    assert emission_factors.factors(SYSTEM, world.site) == []


def test_factors_of_another_site_are_not_there(world: World) -> None:
    mix = Factor(RESIDUAL, "Mix", date(2026, 1, 1), None, 600.0)
    kept = emission_factors.add_factor(SYSTEM, world.foreign_site, mix)
    for what in ("edit", "delete"):
        assert "no longer exists" in act(world.client("root"), "factors", world.site, what, kept.id, name="x", **SURE)
    assert emission_factors.factors(SYSTEM, world.foreign_site) == [mix]


def test_factors_are_exported_and_imported_as_a_file_that_is_shown_first(world: World, questdb_tables: Settings) -> None:
    browser = world.client("admin")
    emission_factors.add_factor(SYSTEM, world.site, Factor(RESIDUAL, "Mix", date(2026, 1, 1), None, 600.0))
    text = browser.get(f"/site/{world.site}/factors.csv?search=mix").get_data(as_text=True)
    more = ",Wind,certificate,50,,0,2026-01-01,,\n"
    tried, done = upload(world, browser, "factors", world.site, text.replace("600", "610") + more)
    assert "610 g/kWh" in tried
    assert "Imported: 1 new, 1 changed" in done
    assert world.client("chief").get(f"/site/{world.site}/factors.csv").status_code == 404


def test_what_the_last_year_comes_to_stands_below(world: World, questdb_tables: Settings) -> None:
    plant(world)
    inputs, state = {"factors-body.children": None}, {"factors-context.data": world.site}
    told = call(world.client("admin"), ["factors-emitted.children"], inputs, state)
    assert "Nothing was measured in the last year" in said(told)
    assert call(world.client("operator"), ["factors-emitted.children"], inputs, state).status_code == 404


@pytest.mark.parametrize("who", ["operator", "chief", "resident", None])
def test_only_administrators_of_the_site_find_the_page(world: World, who: str | None) -> None:
    assert world.client(who).get(f"/site/{world.site}/factors").status_code == (404 if who else 302)
