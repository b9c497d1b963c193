"""A virtual meter is made for an edge that nothing measures, its terms are edited, and it is ended, all in the browser."""

import json

import pytest

from store.records.plant import dated_graph, meters
from store.records.plant.meter_life import meters_page
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import ask, plant, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World


def _edges(world: World, browser, site: str):
    return ask(world, browser, "virtual-edge.options", {"virtual-site.value": site}, {})


def _make(world: World, browser, **given: str | None):
    return fill(world, browser, "virtual", **given)


def _save(world: World, browser, meter: str, terms: str):
    return fill(world, browser, "meter-terms", meter, terms=terms)


def _retire(world: World, browser, meter: str):
    return ask(world, browser, "meter-notice.children", {"meter-retire.n_clicks": 1}, {"meter-of.data": meter})


def _terms(site: str, edge: str):
    return next(each for each in dated_graph.site_graph(SYSTEM, site).edges if each.id == edge).terms


def test_a_sum_of_meters_lives_on_the_pages_of_meters(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    check = meters.create_meter(SYSTEM, world.site, name="Second look", role="check", edge_id=ids["out"]).id
    assert "North Campus (1)" in shown(browser, "/admin/meters")
    options = _edges(world, browser, world.site).get_json()["response"]["virtual-edge"]["options"]
    assert options == [{"label": "Grid → Bus, electricity", "value": ids["in"]}]

    given = {"name": "Import", "site": world.site, "edge": ids["in"], "terms": f"+ Hall meter\n− {check}"}
    assert "shows what its terms add up to" in said(_make(world, browser, **given))
    assert set(_terms(world.site, ids["in"])) == {(ids["meter"], 1), (check, -1)}
    [made] = [row.meter for row in meters_page(SYSTEM, Wanted("Import")).rows]
    assert "All its edges are measured" in said(_edges(world, browser, world.site))

    page = json.loads(json.dumps(shown(browser, f"/admin/meters/{made.id}")))
    assert "+ Hall meter\\n- Second look" in page
    assert "Exchange the counter" not in page
    assert "Saved" in said(_save(world, browser, made.id, "+ Hall meter"))
    assert _terms(world.site, ids["in"]) == ((ids["meter"], 1),)

    assert "Ended" in said(_retire(world, browser, made.id))
    assert _terms(world.site, ids["in"]) == ()
    assert "has ended" in shown(browser, f"/admin/meters/{made.id}")
    assert "Grid → Bus" in said(_edges(world, browser, world.site))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"edge": None}, "Choose one"),
        ({"terms": "Hall meter"}, "has no sign"),
        ({"terms": "+ Nowhere"}, "No meter on this site is named Nowhere"),
        ({"terms": ""}, "Fill this in"),
        ({"name": " "}, "Fill this in"),
        ({"terms": "+ Hall meter\n+ Hall meter"}, "only once"),
    ],
)
def test_what_is_wrong_with_a_sum_is_said_and_nothing_is_made(world: World, given: dict[str, str | None], says: str) -> None:
    ids, browser = plant(world), world.client("admin")
    whole = {"name": "Import", "site": world.site, "edge": ids["in"], "terms": "+ Hall meter"}
    assert says in said(_make(world, browser, **(whole | given)))
    assert meters_page(SYSTEM, Wanted()).total == 1


def test_nobody_makes_or_edits_a_sum_where_they_administer_nothing(world: World) -> None:
    ids = plant(world)
    terms = [(ids["meter"], 1)]
    virtual = meters.create_meter(SYSTEM, world.site, name="Import", role="virtual", edge_id=ids["in"], terms=terms).id
    chief = world.client("chief")
    assert _edges(world, chief, world.site).status_code == 404
    given = {"name": "Mine", "site": world.site, "edge": ids["in"], "terms": "+ Hall meter"}
    assert "No site" in said(_make(world, chief, **given))
    for who in ("chief", "operator", "resident"):
        assert _save(world, world.client(who), virtual, "+ Hall meter").status_code == 404
    assert _terms(world.site, ids["in"]) == ((ids["meter"], 1),)
