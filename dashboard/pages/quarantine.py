"""Readings that a site's senders were refused: kept for a while, corrected by a person, and stored by the same judge."""

import uuid
from typing import Any

from dash import Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import tables as long_tables
from dashboard.parts.rows import View
from dashboard.quarantine import standing, tables
from dashboard.web.access import current_scope, guard, operates_site
from store.records.plant import refused

register_page(
    __name__,
    path_template="/site/<site_id>/quarantine",
    name=N_("Quarantine"),
    nav={"section": navigation.SETUP, "icon": "slash-circle", "place": 9},
)

EVERY_MS = 2_000
long_tables.declare(tables.KINDS)
long_tables.declare(tables.READINGS)


@guard(operates_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    about = _("What came and was refused. It counts nowhere until somebody corrects it and has it stored, or discards it.")
    return html.Div(
        [
            html.Header([html.H1(_("Quarantine")), html.P(about)], className="page-head"),
            html.P(standing.bounds(scope, site_id), className="muted small"),
            *standing.beyond(scope, site_id),
            html.P(standing.working(scope, site_id), id="quarantine-working", role="status"),
            html.Button(
                _("Cancel the storing"),
                id="quarantine-cancel",
                className="btn btn-quiet mb-3",
                type="button",
                hidden=not standing.is_working(scope, site_id),
            ),
            dcc.Interval(id="quarantine-interval", interval=EVERY_MS),
            html.H2(_("By what is alike"), className="mb-3"),
            long_tables.view(tables.KINDS, site_id),
            html.H2(_("One by one"), className="mt-4"),
            long_tables.view(tables.READINGS, site_id),
        ]
    )


@callback(
    Output("quarantine-working", "children"),
    Output("quarantine-cancel", "hidden"),
    Output("kinds-changed", "data"),
    Output("refused-changed", "data"),
    Input("quarantine-interval", "n_intervals"),
    Input("quarantine-cancel", "n_clicks"),
    State("quarantine-working", "children"),
    State("kinds-view", "data"),
    State("refused-view", "data"),
    State("kinds-context", "data"),
    running=[(Output("quarantine-interval", "disabled"), True, False)],
    prevent_initial_call=True,
)
@guard(operates_site("context"))
def look(_n: int | None, cancels: int | None, shown: Any, kinds: Any, readings: Any, context: str) -> Any:
    """How far what was asked for is; the rows anew when it has ended, unless somebody is writing there."""
    scope = current_scope()
    if cancels and ctx.triggered_id == "quarantine-cancel":
        refused.cancel(scope, context)
    said = standing.working(scope, context)
    if said == (shown or ""):
        return (no_update,) * 4
    anew = [uuid.uuid4().hex if View.of(each).asking is None else no_update for each in (kinds, readings)]
    return said, not standing.is_working(scope, context), *anew
