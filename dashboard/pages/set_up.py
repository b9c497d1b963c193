"""From an empty site to its first reading, step by step: facility, graph, meters, device, key, and what arrives."""

from typing import Any

from dash import Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria
from dashboard.parts.given import Given
from dashboard.parts.notices import notice
from dashboard.plant import first_reading, set_up_steps
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound, Refused
from store.records.plant import first_steps, sites

register_page(
    __name__,
    path_template="/site/<site_id>/set-up",
    name=N_("Set up"),
    nav={"section": navigation.SETUP, "icon": "flag", "place": 0},
)

LOOKS_MS = 2000


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    said, has_arrived = first_reading.state(scope, site_id)
    about = _("From an empty site to its first reading. Each step can be changed later on its own page.")
    return html.Div(
        [
            html.Header(
                [html.H1(_("Set up %(name)s", name=sites.site(scope, site_id).name)), html.P(about)], className="page-head"
            ),
            html.Div(id="set-up-notice", role="status"),
            dcc.Store(id="set-up-site", data=site_id),
            dcc.Interval(id="set-up-interval", interval=LOOKS_MS, disabled=has_arrived),
            html.Ol(set_up_steps.drawn(scope, site_id), id="set-up-steps", className="steps"),
            html.Section(
                [
                    html.H2(_("6 First reading")),
                    html.Div(id="set-up-post"),
                    html.Div(said, id="set-up-arrived", role="status", **aria(live="polite")),
                ],
                className="panel",
            ),
        ],
        className="set-up",
    )


@callback(
    Output("set-up-notice", "children"),
    Output("set-up-steps", "children"),
    Output("set-up-post", "children"),
    Input("set-up-draw", "n_clicks"),
    Input("set-up-meters", "n_clicks"),
    Input("set-up-add", "n_clicks"),
    Input("set-up-key", "n_clicks"),
    State("set-up-graph", "value"),
    State("set-up-rated", "value"),
    State("set-up-device", "value"),
    State("set-up-every", "value"),
    State("set-up-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def act(
    drawn: int | None,
    measured: int | None,
    added: int | None,
    made: int | None,
    name: str | None,
    rated: str | None,
    device: str | None,
    every: str | None,
    site_id: str,
) -> Any:
    """Do the step whose button was pressed."""
    if not (drawn or measured or added or made):
        return (no_update,) * 3
    scope = current_scope()
    post: Any = no_update
    try:
        match ctx.triggered_id:
            case "set-up-draw":
                given = Given(set_up_steps.GRAPH_FIELDS, {"rated": rated})
                rated_kw = given.number("rated")
                given.check()
                first_steps.draw(scope, site_id, str(name or ""), rated_kw)
            case "set-up-meters":
                first_steps.add_meters(scope, site_id)
            case "set-up-add":
                given = Given(set_up_steps.DEVICE_FIELDS, {"device": device, "every": every})
                name, every_s = given.text("device"), given.count("every")
                given.check()
                first_steps.add_device(scope, site_id, name, every_s)
            case _:
                post = set_up_steps.first_key(scope, site_id)
    except (Refused, NotFound) as refused:
        return notice(sentence(refused), bad=True), no_update, no_update
    return None, set_up_steps.drawn(scope, site_id), post


@callback(
    Output("set-up-arrived", "children"),
    Output("set-up-interval", "disabled"),
    Input("set-up-interval", "n_intervals"),
    State("set-up-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def look(_n: int | None, site_id: str) -> Any:
    """Look whether a reading has arrived."""
    return first_reading.state(current_scope(), site_id)
