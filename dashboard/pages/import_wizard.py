"""A file that was sent: how it is read, its meters, a preview, and the start of its import. All of it is in the records."""

from typing import Any

from dash import ALL, Input, Output, State, callback, ctx, dcc, html, no_update, register_page
from werkzeug.exceptions import TooManyRequests

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.importing import acts, steps
from dashboard.importing.columns_table import QUANTITY, UNIT
from dashboard.importing.look import look
from dashboard.importing.meters_table import METER
from dashboard.importing.reading_table import CONTROL
from dashboard.importing.saying import Controls
from dashboard.importing.uploading import size
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.web.access import current_scope, guard, operates_site
from dashboard.web.gate import costly
from ingest.files.profile import UnfitProfile
from store.errors import NotFound, Refused, StoreAway
from store.records.plant import uploads

register_page(
    __name__,
    path_template="/site/<site_id>/import/<upload_id>",
    name=N_("Import a file"),
)

AGAIN_MS = 1500


@guard(operates_site())
def layout(site_id: str, upload_id: str, **_query: Any) -> html.Div:
    """The page."""
    upload = uploads.upload(current_scope(), upload_id)
    back = html.A(_("All imports"), href=f"/site/{site_id}/imports", **data(soft=""))
    return html.Div(
        [
            html.Header(
                [html.H1(_("Import %(name)s", name=upload.file_name)), html.P([f"{size(upload.size)}. ", back])],
                className="page-head",
            ),
            dcc.Store(id="import-upload", data=upload_id),
            dcc.Store(id="import-new-site", data=site_id),
            dcc.Location(id="import-go", refresh=True),
            dcc.Interval(id="import-again", interval=AGAIN_MS, disabled=True),
            html.Div(id="import-told", role="status", **aria(live="polite")),
            dcc.Loading(
                html.Div(html.P(_("Looking at the file …"), className="muted"), id="import-steps", **data(keeps_focus="")),
                delay_show=400,
                type="dot",
            ),
        ],
        className="import",
    )


@callback(
    Output("import-steps", "children"),
    Output("import-again", "disabled"),
    Input("import-upload", "data"),
    Input("import-again", "n_intervals"),
    State("import-new-site", "data"),
)
@guard(operates_site())
def draw(upload_id: str, _times: int | None, site_id: str) -> Any:
    """The steps as they stand; while another page of the same person is looked at, later."""
    try:
        return _drawn(upload_id, site_id), True
    except TooManyRequests:
        return no_update, False
    except (Refused, StoreAway) as refused:
        return notice(sentence(refused), bad=True), True


@costly
def _drawn(upload_id: str, site_id: str) -> list[Any]:
    return steps.drawn(current_scope(), site_id, look(current_scope(), site_id, upload_id))


@callback(
    Output("import-steps", "children", allow_duplicate=True),
    Output("import-told", "children"),
    Output("import-go", "href"),
    Input("import-apply", "n_clicks"),
    Input("import-meters", "n_clicks"),
    Input("import-create", "n_clicks"),
    Input("import-start", "n_clicks"),
    State("import-upload", "data"),
    State("import-new-site", "data"),
    State({"type": CONTROL, "entry": ALL}, "id"),
    State({"type": CONTROL, "entry": ALL}, "value"),
    State({"type": QUANTITY, "place": ALL}, "id"),
    State({"type": QUANTITY, "place": ALL}, "value"),
    State({"type": UNIT, "place": ALL}, "value"),
    State({"type": METER, "name": ALL}, "id"),
    State({"type": METER, "name": ALL}, "value"),
    State("import-profile", "value"),
    State("import-fed-from", "value"),
    State("import-save-as", "value"),
    prevent_initial_call=True,
)
@guard(operates_site())
@costly
def act(
    applied: int | None,
    meters_applied: int | None,
    created: int | None,
    started: int | None,
    upload_id: str,
    site_id: str,
    entry_ids: list[dict[str, Any]],
    entries: list[Any],
    column_ids: list[dict[str, Any]],
    quantities: list[Any],
    units: list[Any],
    meter_ids: list[dict[str, Any]],
    chosen: list[Any],
    profile: str | None,
    fed_from: str | None,
    save_as: str | None,
) -> Any:
    """Do what was pressed."""
    if not (applied or meters_applied or created or started):
        return (no_update,) * 3
    scope = current_scope()
    controls = Controls(entry_ids, entries, column_ids, quantities, units, meter_ids, chosen, profile)
    try:
        match ctx.triggered_id:
            case "import-start":
                return no_update, None, acts.start(scope, site_id, upload_id, controls, save_as or "").href
            case "import-create":
                found, words = acts.create(scope, site_id, upload_id, fed_from or "")
            case _:
                found, words = acts.keep(scope, site_id, upload_id, controls), _("Read so. Look at the preview below.")
    except (Refused, NotFound, StoreAway, UnfitProfile) as refused:
        return no_update, notice(sentence(refused), bad=True), no_update
    return steps.drawn(scope, site_id, found), notice(words), no_update
