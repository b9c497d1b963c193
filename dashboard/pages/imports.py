"""The imports of a site: a file is chosen and sent here, and what became of those that were."""

import uuid
from typing import Any

from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from config.settings import settings
from dashboard.frame import navigation
from dashboard.importing import list_table, profiles_table, uploading
from dashboard.parts import tables
from dashboard.web.access import current_scope, guard, operates_site
from ingest.files import shelf

register_page(
    __name__,
    path_template="/site/<site_id>/imports",
    name=N_("Imports"),
    nav={"section": navigation.SETUP, "icon": "arrow-up", "place": 6},
)
tables.declare(list_table.TABLE)
tables.declare(profiles_table.TABLE)

LOOKS_MS = 3000


@guard(operates_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("History from files: checked like any other reading, and undone as a whole if a file was wrong.")
    return html.Div(
        [
            html.Header([html.H1(_("Imports")), html.P(about)], className="page-head"),
            dcc.Store(id="imports-site", data=site_id),
            dcc.Interval(id="imports-looks", interval=LOOKS_MS),
            uploading.view(site_id),
            html.Div(uploading.waiting(current_scope(), site_id), id="imports-waiting", className="mb-3"),
            tables.view(list_table.TABLE, site_id),
            html.H2(_("Saved profiles"), className="mt-4"),
            tables.view(profiles_table.TABLE, site_id),
        ]
    )


@callback(
    Output("imports-changed", "data"),
    Input("imports-looks", "n_intervals"),
    State("imports-site", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def look(_times: int | None, site_id: str) -> Any:
    """Have the rows drawn anew while something is at work."""
    return uuid.uuid4().hex if list_table.at_work(current_scope(), site_id) else no_update


@callback(
    Output("imports-waiting", "children"),
    Input({"type": "import-drop", "upload": ALL}, "n_clicks"),
    State("imports-site", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def drop(clicks: list[int | None], site_id: str) -> Any:
    """Discard a file that was sent and is not imported."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return no_update
    shelf.end_upload(current_scope(), settings(), str(ctx.triggered_id["upload"]))
    return uploading.waiting(current_scope(), site_id)
