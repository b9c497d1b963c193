"""All meters of the sites that one administers: found, read from a file, and written to one."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash import Input, Output, State, callback, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Choice, Column, Row, Table
from dashboard.plant import declared_energy, imports, meter_form, virtual_meters
from dashboard.web.access import current_scope, guard, plant_admin
from dashboard.web.gate import costly
from store.errors import NotFound, Refused
from store.records.plant import holders, meter_files, meter_life, sites
from store.records.plant.holders import Holder
from store.records.plant.meter_life import MeterRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/meters",
    name="Meters",
    title="Meters · Loadstar",
    nav={"section": navigation.PLANT, "icon": "lightning-charge"},
)

COLUMNS = (
    Column("name", "Name"),
    Column("site", "Site"),
    Column("role", "Role"),
    Column("serial_number", "Serial number"),
    Column("held", "Assigned to", sortable=False),
    Column("state", "State", sortable=False),
    Column("created_at", "Created"),
)


class Shown(NamedTuple):
    """A meter as its row needs it."""

    row: MeterRow
    held: Sequence[Holder]
    uncounted: Sequence[str]


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[Shown]:
    found = meter_life.meters_page(scope, wanted, retired=bool(chosen.get("retired")))
    mine = [row.meter.id for row in found.rows if scope.everything or row.meter.site_id in scope.admin_of]
    held = holders.holders(scope, mine)
    zones = {site_id: ZoneInfo(sites.site(scope, site_id).time_zone) for site_id in {row.meter.site_id for row in found.rows}}
    marks = declared_energy.marks(scope, mine, {row.meter.id: zones[row.meter.site_id] for row in found.rows})
    rows = [Shown(row, held.get(row.meter.id, ()), marks.get(row.meter.id, ())) for row in found.rows]
    return Page(rows, found.total)


def _row(scope: Scope, record: Shown) -> Row:
    meter = record.row.meter
    state = (f"retired {reader().day(meter.retired_at)}", "offline") if meter.retired_at else ("in use", "live")
    cells = (
        record.row.site,
        meter.role,
        meter.serial_number or "–",
        ", ".join(holder.name for holder in record.held) or "–",
        html.Span([html.Span(state[0], className="state", **data(state=state[1])), declared_energy.mark(record.uncounted)]),
        reader().date(meter.created_at),
    )
    mine = scope.everything or meter.site_id in scope.admin_of
    return Row(meter.id, meter.name, cells, href=f"/admin/meters/{meter.id}" if mine else "")


TABLE = Table(
    "meters",
    "Meters",
    plant_admin,
    COLUMNS,
    load=_load,
    row=_row,
    filters=(Choice("retired", "Show", (("", "In use"), ("all", "Include retired"))),),
    search="name, site, serial number, id",
    empty="No meter yet. Draw a site's graph first, then add its meters here, one by one or from a file.",
)
tables.declare(TABLE)


def _files() -> html.Section:
    steps = (
        "Export writes the meters that the search finds. Import reads such a file: a row with an id updates that meter, "
        "a row without one adds a meter. You see what would happen first; then all of it happens, or nothing."
    )
    columns = [
        html.Code(", ".join(meter_files.COLUMNS)),
        ". Only name, or the id of a meter that exists, is needed. ",
        html.Code("site"),
        " is the site's number, ",
        html.Code("from"),
        " and ",
        html.Code("to"),
        " are the names of the two nodes of the edge that the meter measures, ",
        html.Code("carrier"),
        " what it carries if several edges join them, ",
        html.Code("node"),
        " that of a condition meter; ",
        html.Code("method"),
        " is counter, interval or power, ",
        html.Code("interval_s"),
        " how often a reading comes (empty: as often as its device posts), ",
        html.Code("rollover_kwh"),
        " where a counter starts again from zero, ",
        html.Code("since"),
        " from when on; all four also for a meter that exists. To assign meters in bulk, ",
        html.Code("id"),
        " and ",
        html.Code("assigned_to"),
        " are enough: a person's email address or an organisation's name, several with semicolons between them; "
        "nobody loses a meter by it.",
    ]
    return imports.panel("meters", "/admin/meters.csv", steps, columns)


@guard(plant_admin)
def layout(site: str = "", **_query: Any) -> html.Div:
    """The page; with a site's id in the query, its form is of that site."""
    scope = current_scope()
    return html.Div(
        [
            html.Header([html.H1("Meters"), html.P("On all the sites that you see.")], className="page-head"),
            html.Div(id="meters-said", role="status"),
            html.Div(id="virtual-said", role="status"),
            html.Div([meter_form.form(scope, site), virtual_meters.form(scope)], className="side-by-side mb-3"),
            _files(),
            tables.view(TABLE),
        ]
    )


@callback(
    Output("meters-export", "href"),
    Input("meters-search", "value"),
    Input("meters-view", "data"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def export_address(search: str | None, view: dict[str, Any] | None) -> str:
    """The file of what the table shows."""
    filters = (view or {}).get("filters") or {}
    asked = {"search": str(search or "")} | ({"retired": "all"} if filters.get("retired") else {})
    return f"/admin/meters.csv?{urlencode(asked)}"


@callback(
    Output("meters-report", "children"),
    Input("meters-upload", "contents"),
    State("meters-upload", "filename"),
    prevent_initial_call=True,
)
@guard(plant_admin)
@costly
def try_file(contents: str | None, name: str | None) -> Any:
    """What the file would do, line by line; nothing is written."""
    if not contents:
        return no_update
    try:
        lines = meter_files.try_file(current_scope(), imports.text_of(contents))
    except Refused as refused:
        return tables.notice(f"{name}: {sentence(refused)}", bad=True)
    return imports.report("meters", str(name or "The file"), lines)


@callback(
    Output("meters-said", "children"),
    Output("meters-changed", "data"),
    Output("meters-report", "children", allow_duplicate=True),
    Output("meters-upload", "contents"),
    Input("meters-import", "n_clicks"),
    Input("meters-drop", "n_clicks"),
    State("meters-upload", "contents"),
    prevent_initial_call=True,
)
@guard(plant_admin)
@costly
def import_file(clicks: int | None, dropped: int | None, contents: str | None) -> Any:
    """Do what was shown, all of it; or put the file away."""
    if dropped:
        return no_update, no_update, None, None
    if not clicks or not contents:
        return (no_update,) * 4
    try:
        done = meter_files.import_file(current_scope(), imports.text_of(contents))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, None, None
    counts = imports.counted(done)
    return tables.notice(f"Imported: {counts}."), f"{len(done)} {contents[-40:]}", None, None
