"""What a press on each bar of the consumers' picture opens, and the links that do the same."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from dashboard.energy import consumers_flow
from dashboard.energy.consumers_flow import FIGURE, Asked
from dashboard.parts.days import Days
from insight.consumers import Consumers
from models import flows
from models.graph import Graph, Node
from store.scope import SYSTEM
from tests.models.test_flows import edge
from tests.models.test_sankey_links import estate

HOMES = 25
FIRST, LAST = date(2026, 3, 1), date(2026, 3, 7)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An estate of homes, each with an array, a use and a battery of its own."""
    graph, readings = estate(HOMES)
    nodes, edges = [*graph.nodes], [*graph.edges]
    for n in range(HOMES):
        nodes.append(Node(f"b{n}", f"Battery {n}", "storage", "battery"))
        edges.append(edge(f"h{n}", f"b{n}", f"m_b{n}", two_way=True))
        readings[f"m_b{n}"] = (2.0, 2.0)
    graph = Graph(tuple(nodes), tuple(edges))
    monkeypatch.setattr(consumers_flow, "flows_of", lambda *_given: flows.solve(graph, readings))
    named = {"id": "sit_a", "name": "Estate", "zone": ZoneInfo("Europe/Berlin")}
    return SimpleNamespace(**named, graph=graph, meters={}, buildings=frozenset())


def panel(seen: Any, opened: str = "") -> tuple[dict[str, str], dict[str, str]]:
    """Where each bar leads by its name, and the links by their words."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    told = Consumers(start, start + timedelta(days=7), 100.0, 0.0, False, [])
    asked: Any = consumers_flow.panel(SYSTEM, seen, Asked("sit_a", Days(7, LAST, False), opened), told)
    found = [part for part in asked._traverse() if getattr(part, "id", "") == FIGURE]
    bars = orjson.loads(found[0].data)["figure"]["data"][0]["node"]["customdata"]
    links = [part for part in asked._traverse() if type(part).__name__ == "A"]
    return {name: where for where, name, _amount in bars}, {link.children: link.href for link in links}


def test_each_of_what_is_drawn_as_one_has_one_link_and_both_ends_of_storages_open_the_same(seen: Any) -> None:
    bars, links = panel(seen)
    assert {*links} == {f"{what} ({HOMES}), one by one" for what in ("PV arrays", "Buses", "Loads", "Batteries")}
    assert bars[f"Batteries ({HOMES}), charge"] == bars[f"Batteries ({HOMES}), discharge"]
    assert {*links.values()} == {where for where in bars.values() if "open=" in where}
    assert bars["Fontana"] == bars[f"Buses ({HOMES})"], "the board opens the homes behind it"
    assert bars["Grid, import"] == ""


def test_a_home_that_is_open_leads_to_the_history_of_its_only_use(seen: Any) -> None:
    bars, links = panel(seen, "alike:h0")
    alone = {name: where for name, where in bars.items() if name.startswith("Home ")}
    assert len(alone) == 19
    for name, where in alone.items():
        assert where == f"/site/sit_a/history?of=l{name.removeprefix('Home ')}&first=2026-03-01&last=2026-03-08"
    assert bars["6 others"] == ""
    assert links["All together"] == "/site/sit_a/consumers?days=7&until=2026-03-07"
    assert f"Buses ({HOMES}), one by one" not in links
