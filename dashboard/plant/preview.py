"""The picture of a site's graph as it is edited, and the check that every node of it balances."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import orjson
from dash import html

from config import clock
from config.language import _, ngettext
from dashboard.figures import sankey
from dashboard.parts.aria import data, icon
from insight.meters_now import UNDECLARED_S, meters_now, speaking
from models import balance, flows, topology
from models.balance import Finding
from models.graph import Graph
from models.sankey_links import links
from store.errors import StoreAway
from store.records.plant import dated_graph, declarations
from store.scope import Scope


def preview(scope: Scope, site_id: str, at: datetime | None = None) -> tuple[str, list[Any]]:
    """The Sankey as JSON with a sentence about it, and the check; now with the latest values, at a moment without any.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    drawn = dated_graph.site_graph(scope, site_id, at)
    solved, note = (None, _("As it is wired at that moment, every edge drawn alike.")) if at else _now(scope, drawn)
    if solved is None or not _carries(solved):
        says = note = note or _("No values now: every edge is drawn alike.")
        nodes, bands = links(_alike(drawn), both_ways=False)
    else:
        nodes, bands = links(solved, both_ways=False)
        says = sankey.summary(nodes, bands, "kW")
    figure = sankey.figure(nodes, bands, "kW") if bands else None
    if figure and says == note:
        _without_amounts(figure)
    told = {"figure": figure, "says": says if bands else _("No edges yet: connect two nodes, and they are drawn here.")}
    return orjson.dumps(told).decode(), _check(drawn, solved)


def _now(scope: Scope, drawn: Graph) -> tuple[flows.Flows | None, str]:
    measuring = topology.meters_of(drawn)
    declared = declarations.energy_declarations(scope, measuring)
    every_s = {meter: each[-1].interval_s if each else UNDECLARED_S for meter, each in declared.items()}
    try:
        return flows.solve(drawn, speaking(meters_now(scope, every_s, clock.now()))), ""
    except StoreAway:
        return None, _("The readings cannot be reached now: every edge is drawn alike.")


def _carries(solved: flows.Flows) -> bool:
    return any(float(flow.forward[0]) > 0 or float(flow.reverse[0]) > 0 for flow in solved.edges.values())


def _alike(drawn: Graph) -> flows.Flows:
    """Each edge with 1 kW, and nothing left over."""
    as_metered = replace(drawn, edges=tuple(replace(edge, meter_id=edge.id, terms=()) for edge in drawn.edges))
    return replace(flows.solve(as_metered, {edge.id: (1.0, 0.0) for edge in drawn.edges}), residuals={})


def _without_amounts(figure: dict[str, Any]) -> None:
    [trace] = figure["data"]
    trace["node"]["customdata"] = [[place, name, ""] for place, name, _ in trace["node"]["customdata"]]
    trace["link"]["customdata"] = ["" for _ in trace["link"]["customdata"]]


def _check(drawn: Graph, solved: flows.Flows | None) -> list[Any]:
    unsolved = solved or flows.solve(drawn, {})
    found = [*balance.structure(drawn), *balance.unmeasured(unsolved)]
    if solved is not None:
        found += balance.residuals(solved)
    wrong = [each for each in found if each.wrong]
    if not drawn.nodes:
        return [html.P(_("No nodes yet. Add what energy flows through: the grid, a busbar, what makes, keeps and uses it."))]
    count = ngettext("%(num)s place needs a look.", "%(num)s places need a look.", len(wrong))
    known = solved is not None and _carries(solved)
    fine = _("Every node has a way in and out, and balances.") if known else _("Every node has a way in and out.")
    head = count if wrong else fine
    lines = [_line(each) for each in sorted(found, key=lambda each: not each.wrong)]
    return [html.P(head, className="mb-2"), html.Ul(lines, className="findings")]


def _line(found: Finding) -> html.Li:
    sign = icon("exclamation-triangle" if found.wrong else "check-lg" if found.balances else "info-circle")
    return html.Li([sign, html.Span([html.B(found.place), f": {found.words}"])], **data(wrong="yes" if found.wrong else "no"))
