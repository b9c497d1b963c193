"""A site's graph is edited on the page: what is added or ended shows in the picture and in the check."""

import json

import pytest

from dashboard.plant.preview import preview
from store.records.plant import dated_graph, graph, meters
from store.records.schema.columns import now
from store.scope import SYSTEM
from store.series.power import LivePower
from tests.dashboard.plant.asking import act, ask, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

NODE = {"name": "Shed", "kind": "sink", "technology": "load", "kw": "5", "kwh": "", "x": "", "y": "", "from": "", "to": ""}


def _add_node(world: World, browser, **given: str):
    return fill(world, browser, "node", world.site, **(NODE | given))


def _join(world: World, browser, source: str | None, target: str | None, ways: str = "one"):
    return fill(world, browser, "edge", world.site, source=source, target=target, carrier="electricity", ways=ways)


def _draw(world: World, browser, at: str = ""):
    inputs = {
        "graph-interval.n_intervals": 1,
        "graph-at.value": at,
        "graph-at-time.value": "",
        "graph-at-offset.value": "",
        "nodes-body.children": None,
        "edges-body.children": None,
    }
    return ask(world, browser, "graph-figure.data", inputs, {"graph-site.data": world.site})


@pytest.fixture(autouse=True)
def _no_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was measured yet: no QuestDB is asked."""
    monkeypatch.setattr("insight.meters_now.power.live_power", lambda *_: {})


def test_a_node_is_added_and_joined_and_the_check_follows(world: World) -> None:
    plant(world)
    browser = world.client("admin")
    assert "Shed added" in said(_add_node(world, browser))
    assert "no edge: nothing flows in or out" in said(_draw(world, browser))
    wired = graph.wiring(SYSTEM, world.site)
    ids = {node.name: node.id for node in wired.nodes}
    assert "Connected" in said(_join(world, browser, ids["Bus"], ids["Shed"]))
    drawn = said(_draw(world, browser))
    assert "no edge" not in drawn
    assert "Bus → Shed" in drawn
    figure = json.loads(preview(SYSTEM, world.site)[0])["figure"]
    assert len(figure["data"][0]["link"]["value"]) == 3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "Fill this in"),
        ({"kind": "castle"}, "source, storage"),
        ({"kw": "much"}, "not a number"),
        ({"x": "0.5"}, "place on the plan"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "cannot end before"),
    ],
)
def test_what_is_wrong_with_a_node_is_said(world: World, given: dict[str, str], says: str) -> None:
    assert says in said(_add_node(world, world.client("admin"), **given))
    assert graph.wiring(SYSTEM, world.site).nodes == []


def test_an_edge_has_two_ends_on_its_own_site(world: World) -> None:
    ids, browser = plant(world), world.client("root")
    foreign = plant(world, world.foreign_site)
    assert "Choose one" in said(_join(world, browser, ids["Bus"], None))
    assert "two nodes" in said(_join(world, browser, ids["Bus"], ids["Bus"]))
    assert "No node" in said(_join(world, browser, ids["Bus"], foreign["Hall"]))
    assert len(graph.wiring(SYSTEM, world.site).edges) == 2


def test_a_node_is_edited_and_ends_with_its_edges_and_the_past_stays(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    was = now()
    given = {"name": "Great hall", "kind": "sink", "technology": "load", "kw": "12", "kwh": "", "x": "0.2", "y": "0.3"}
    assert "Saved" in act(browser, "nodes", world.site, "edit", ids["Hall"], **given)
    shown = browser.get(f"/site/{world.site}/graph").get_data(as_text=True)
    assert "Great hall" in shown
    assert "12" in shown
    assert "1 edge with it" in act(browser, "nodes", world.site, "end", ids["Hall"], at="")
    assert "Great hall" not in said(_draw(world, browser))
    assert len(dated_graph.site_graph(SYSTEM, world.site, was).edges) == 2
    assert "Great hall" in said(press(browser, "nodes", world.site, chosen={"when": "all"}))


def test_an_edge_ends(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    assert "Ended" in act(browser, "edges", world.site, "end", ids["out"], at="")
    assert [edge.id for edge in dated_graph.site_graph(SYSTEM, world.site).edges] == [ids["in"]]
    assert "already" in act(browser, "edges", world.site, "end", ids["out"], at="")


def test_the_graph_of_another_moment_is_drawn_and_nonsense_is_said(world: World) -> None:
    plant(world)
    browser = world.client("admin")
    assert "No edges yet" in said(_draw(world, browser, "2001-01-01"))
    assert "not a date" in said(_draw(world, browser, "soon"))


def test_what_is_measured_now_is_drawn_and_what_is_left_over_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = plant(world)
    grid = meters.create_meter(SYSTEM, world.site, name="Grid meter", edge_id=ids["in"]).id
    live = {grid: LivePower(10.0, 0.0, now()), ids["meter"]: LivePower(6.0, 0.0, now())}
    monkeypatch.setattr("insight.meters_now.power.live_power", lambda *_: live)
    page = world.client("admin").get(f"/site/{world.site}/graph").get_data(as_text=True)
    assert "+4 kW left over" in page
    assert "1 place needs a look" in page


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_the_page_is_not_there(world: World, who: str) -> None:
    ids, browser = plant(world), world.client(who)
    assert browser.get(f"/site/{world.site}/graph").status_code == 404
    for answer in (
        _add_node(world, browser),
        _join(world, browser, ids["Grid"], ids["Hall"]),
        _draw(world, browser),
        press(browser, "nodes", world.site, do="act", act="end", row=ids["Hall"], given={}),
        press(browser, "edges", world.site, do="act", act="end", row=ids["out"], given={}),
    ):
        assert answer.status_code == 404
    assert len(dated_graph.site_graph(SYSTEM, world.site).edges) == 2
