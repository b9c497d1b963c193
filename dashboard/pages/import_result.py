"""One import: how far it is, what it stored, refused and held, and undoing it."""

from typing import Any

from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.importing import list_table, result
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from dashboard.parts.rows import Asked
from dashboard.web.access import current_scope, guard, operates_site
from store.errors import NotFound, Refused
from store.records.plant import imports
from store.records.plant.imports import AT_WORK, Seen

register_page(__name__, path_template="/site/<site_id>/imports/<import_id>", name=N_("Import"))

LOOKS_MS = 1000


def _seen(site_id: str, import_id: str) -> Seen:
    seen = imports.seen(current_scope(), import_id)
    if seen.record.site_id != site_id:
        raise NotFound("no import")
    return seen


@guard(operates_site())
def layout(site_id: str, import_id: str, **_query: Any) -> html.Div:
    """The page."""
    seen = _seen(site_id, import_id)
    back = html.A(_("All imports"), href=f"/site/{site_id}/imports", **data(soft=""))
    return html.Div(
        [
            html.Header([html.H1(seen.record.file_name), html.P(back)], className="page-head"),
            dcc.Store(id="import-of", data=import_id),
            dcc.Store(id="import-site", data=site_id),
            dcc.Interval(id="import-looks", interval=LOOKS_MS, disabled=seen.state not in AT_WORK),
            html.Div(id="import-said", role="status"),
            html.Div(result.drawn(current_scope(), seen), id="import-result"),
        ]
    )


@callback(
    Output("import-result", "children"),
    Output("import-looks", "disabled"),
    Input("import-looks", "n_intervals"),
    State("import-of", "data"),
    State("import-site", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def look(_times: int | None, import_id: str, site_id: str) -> Any:
    """How far it is."""
    seen = _seen(site_id, import_id)
    return result.drawn(current_scope(), seen), seen.state not in AT_WORK


@callback(
    Output("import-said", "children"),
    Output("import-result", "children", allow_duplicate=True),
    Output("import-looks", "disabled", allow_duplicate=True),
    Input({"type": "import-act", "act": ALL}, "n_clicks"),
    State("import-of", "data"),
    State("import-site", "data"),
    prevent_initial_call=True,
)
@guard(operates_site())
def act(clicks: list[int | None], import_id: str, site_id: str) -> Any:
    """Call it off, undo it, or begin it again."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        return (no_update,) * 3
    scope = current_scope()
    try:
        said = notice(list_table.do(scope, Asked(str(ctx.triggered_id["act"]), import_id, {}, site_id)))
    except Refused as refused:
        said = notice(sentence(refused), bad=True)
    seen = _seen(site_id, import_id)
    return said, result.drawn(scope, seen), seen.state not in AT_WORK
