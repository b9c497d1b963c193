"""Where nodes stand on the plan: whoever may change the graph moves them by the pointer. Typed places are on the graph's page."""

from typing import Annotated, Any

from dash import Input, Output, State, callback, dcc, html, no_update
from msgspec import Meta, Struct

from config.language import _
from dashboard.figures import plan
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data
from dashboard.web import arguments
from dashboard.web.access import administers_site, current_scope, guard
from insight.site_view import site_view
from store.errors import Refused
from store.records.access import policy
from store.records.plant import graph
from store.scope import Scope

Share = Annotated[float, Meta(ge=0, le=1)]


class Moved(Struct, frozen=True):
    """A node, and where it was put: shares of the plan from the left and from the top."""

    node: str
    x: Share
    y: Share


def tools(scope: Scope, site_id: str) -> list[Any]:
    """The button that lets the plan's nodes be moved, and what came of it; nothing for those who may not."""
    if not policy.may(scope, policy.Action.ADMINISTER, site_id=site_id):
        return []
    words = data(arranges="overview-plan", done=_("Done"))
    return [
        dcc.Store(id="overview-moved"),
        html.Span(id="overview-plan-note", className="remark", role="status"),
        html.Button(_("Arrange"), type="button", className="link", id="overview-arrange", **words, **aria(pressed="false")),
    ]


@callback(
    Output("overview-plan-note", "children"),
    Input("overview-moved", "data"),
    State("overview-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def place(moved: dict[str, Any] | None, site_id: str) -> Any:
    """Keep where a node was put; on a plan that nobody has arranged yet, with it where all others stand."""
    if moved is None:
        return no_update
    told, scope = arguments.read(moved, Moved), current_scope()
    here = site_view(scope, site_id).graph
    arranged = any(node.plan_x is not None and node.plan_y is not None for node in here.nodes)
    places = {} if arranged else plan.positions(here)
    try:
        graph.place_nodes(scope, site_id, places | {told.node: (told.x, told.y)})
    except Refused as refused:
        return sentence(refused)
    return _("Saved.")
