"""Where the energy of a site's uses came from, as a Sankey: what is drawn as one opens, each by itself leads to its history."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from dash import dcc, html

from config.language import _
from dashboard.energy import consumers_table, ways
from dashboard.figures import sankey
from dashboard.live import blocks
from dashboard.parts import days
from dashboard.parts.days import Days
from insight.consumers import Consumers, flows_of
from insight.site_view import SiteView
from insight.subjects import subjects
from models.flows import Flows
from models.graph import Graph
from models.sankey_links import ENDS, SankeyNode, links, one_by_one, plural, within
from store.scope import Scope

CHART, FIGURE = "consumers-sankey", "consumers-figure"


@dataclass(frozen=True, slots=True)
class Asked:
    """The days that the page shows, and what of the picture is open: `alike:<node>`, `node:<node>` or nothing."""

    site_id: str
    shown: Days
    opened: str

    def href(self, opened: str) -> str:
        """The address of the same with something else open."""
        return days.address(f"/site/{self.site_id}/consumers", self.shown, {"open": opened})

    def ids(self, graph: Graph) -> tuple[str, ...]:
        """The nodes that are open, as far as there are any."""
        kind, _colon, node_id = self.opened.partition(":")
        return within(graph, node_id, alone=kind == "node") if kind in ("alike", "node") else ()


def panel(scope: Scope, view: SiteView, asked: Asked, told: Consumers) -> html.Div:
    """The picture, and as links what of it can be opened and closed."""
    flows = flows_of(scope, view.id, told.start, told.end)
    ids = asked.ids(flows.graph)
    nodes, bands = links(flows, both_ways=True, opened=ids)
    leads = _leads(view, asked, told, flows, nodes)
    drawn = {
        "figure": sankey.figure(nodes, bands, "kWh", each=one_by_one(flows, both_ways=True), leads=leads),
        "says": sankey.summary(nodes, bands, "kWh"),
        "note": _note(len(ids)),
        "empty": not bands,
    }
    nothing = (_("No metered flow in this period."), _("Choose another period."))
    chart = blocks.chart(CHART, _("Energy of these days, from the sources of the site to its uses"), nothing)
    store = dcc.Store(id=FIGURE, data=orjson.dumps(drawn).decode())
    foot = [html.P(id=f"{CHART}-note", className="remark", role="status"), blocks.chart_tools(CHART)]
    tools = _opening(asked, flows.graph, nodes, leads)
    return html.Div(blocks.panel("uses", _("Where it came from"), tools, [*chart, store], foot), className="overview consumers")


def _opening(asked: Asked, graph: Graph, nodes: list[SankeyNode], leads: Mapping[tuple[str, ...], str]) -> html.Nav | None:
    """What can be opened, as links; and, where something is open, the way back."""
    opening: dict[str, str] = {}
    for node in sorted(nodes, key=lambda each: len(each.node_ids) == 1):
        href = leads.get(node.node_ids, "")
        if "open=" in href and href != asked.href(asked.opened):
            opening.setdefault(href, _("%(what)s, one by one", what=_called(graph, node)))
    ways_of = ({asked.href(""): _("All together")} if asked.ids(graph) else {}) | opening
    return ways.row(_("What is drawn by itself"), ways_of, "") if ways_of else None


def _called(graph: Graph, node: SankeyNode) -> str:
    """Without which end of it the bar is: both open the same."""
    if len(node.node_ids) == 1:
        return node.label
    return f"{plural(graph.node(node.node_ids[0]))} ({len(node.node_ids)})"


def _leads(view: SiteView, asked: Asked, told: Consumers, flows: Flows, nodes: list[SankeyNode]) -> dict[tuple[str, ...], str]:
    """Where a press on each bar leads: several as one open, a use or a home has its history, a board opens what is behind it."""
    known = {each.id for each in subjects(view)}
    graph, opened = flows.graph, set(asked.ids(flows.graph))
    found = {}
    for node in nodes:
        if len(node.node_ids) > 1:
            if node.node_ids[0] not in opened:
                found[node.node_ids] = asked.href(f"alike:{node.node_ids[0]}")
            continue
        for node_id in node.node_ids:
            of = node_id if node_id in known else _only_use(graph, node_id)
            if of in known:
                found[node.node_ids] = consumers_table.history(view.id, of, told, view.zone)
            elif behind := within(graph, node_id, alone=True)[1:]:
                alike = within(graph, behind[0], alone=False)
                found[node.node_ids] = asked.href(f"alike:{alike[0]}" if {*alike} == {*behind} else f"node:{node_id}")
    return found


def _only_use(graph: Graph, node_id: str) -> str:
    """The use behind a bus that has no other, as in a home with an array and a battery of its own; else nothing."""
    nodes = {node.id: node for node in graph.nodes}
    behind = [edge.target for edge in graph.edges if edge.source == node_id and nodes[edge.target].kind == "sink"]
    return behind[0] if nodes[node_id].kind == "bus" and len(behind) == 1 else ""


def _note(opened: int) -> str:
    if not opened:
        return _("Press a bar to open it, or to see its history.")
    if opened <= ENDS:
        return _("Each is drawn by itself. Press one to see its history.")
    return _(
        "The %(shown)s with the most energy are drawn by themselves, the other %(others)s as one.",
        shown=ENDS - 1,
        others=opened - ENDS + 1,
    )
