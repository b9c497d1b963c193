"""The devices of a site: made, described, given a key, retired."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from config import clock
from config.quantities import QUANTITIES
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import declared_energy, imports, inputs
from dashboard.web.access import administers_site, current_scope, guard
from dashboard.web.gate import costly
from models.presence import presence
from store.errors import NotFound, Refused
from store.records.plant import activity, device_files, devices, field_maps, keys, meters, posted_energy, sites
from store.records.schema import Device
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/devices",
    name="Devices",
    title="Devices · Loadstar",
    nav={"section": navigation.SETUP, "icon": "hdd-network", "place": 4},
)

COLUMNS = (
    Column("name", "Name"),
    Column("state", "State", sortable=False),
    Column("seen", "Last seen", sortable=False),
    Column("reporting_interval_s", "Posts every", number=True),
    Column("energy_mode", "Energies"),
    Column("fields", "Fields", sortable=False, number=True),
    Column("created_at", "Created"),
)
MODES = {"interval": "of its interval", "counter": "cumulative register"}
STATES = {"live": "live", "late": "late", "offline": "offline", "never": "no data yet"}
LONGEST_MAP = 20_000


class Line(NamedTuple):
    """A device as its row needs it."""

    device: Device
    fields: field_maps.Fields
    seen: datetime | None
    uncounted: Sequence[str]


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Line]:
    found = devices.devices_page(scope, context, wanted, retired=bool(chosen.get("retired")))
    ids = [device.id for device in found.rows]
    fields, seen = devices.device_fields(scope, ids), activity.last_seen(scope, ids)
    posted = {device_id: {meter for meter, _ in of.values()} for device_id, of in fields.items()}
    for meter in meters.meters_of(scope, context):
        if meter.device_id in posted:
            posted[meter.device_id].add(meter.id)
    zone = ZoneInfo(sites.site(scope, context).time_zone)
    every = {meter for those in posted.values() for meter in those}
    marks = declared_energy.marks(scope, every, dict.fromkeys(every, zone))
    rows = [
        Line(device, fields[device.id], seen[device.id], [why for meter in posted[device.id] for why in marks.get(meter, ())])
        for device in found.rows
    ]
    return Page(rows, found.total)


def _row(scope: Scope, record: Line) -> Row:
    device, now = record.device, clock.now()
    state = "offline" if device.retired_at else presence(record.seen, device.reporting_interval_s, now)
    words = f"retired {reader().day(device.retired_at)}" if device.retired_at else STATES[state]
    cells = (
        html.Span([html.Span(words, className="state", **data(state=state)), declared_energy.mark(record.uncounted)]),
        inputs.ago(record.seen, now),
        f"{reader().count(device.reporting_interval_s)} s",
        MODES[device.energy_mode],
        str(len(record.fields)),
        reader().date(device.created_at),
    )
    acts = () if device.retired_at else (Act("edit", "Edit", asks=lambda: _edit(scope, record), sure="Save"), NEW_KEY, RETIRE)
    return Row(device.id, device.name, cells, acts)


def _edit(scope: Scope, record: Line) -> Question:
    device = record.device
    modes = sorted(MODES.items(), key=lambda mode: mode[0] != device.energy_mode)
    written = field_maps.written(scope, device.site_id, record.fields)
    return Question(
        "What the device is called, and what its posts mean. Readings that are there already stay as they are.",
        (
            Text("name", "Name", device.name, lines=1, longest=120),
            Text("every", "Posts every (s)", str(device.reporting_interval_s), lines=1, longest=9),
            Choice("mode", "Energies are", modes),
            Text(
                "fields",
                f"Fields, one a line: field = meter, quantity. For example {field_maps.EXAMPLE}",
                written,
                lines=max(4, min(16, written.count("\n") + 2)),
                longest=LONGEST_MAP,
            ),
        ),
    )


def _new_key() -> Question:
    return Question(
        "A key that only this device can use. Its other keys stay active.",
        (
            Text("name", "Name of the key", lines=1, longest=120),
            Text("ends", f"Ends, UTC (like {inputs.DAY}; empty: never)", lines=1, longest=inputs.LONGEST),
        ),
    )


def _retirement() -> Question:
    return Question(
        "Its keys post no more, and its fields are free for the device that takes its place. Its readings stay. "
        "This cannot be taken back."
    )


NEW_KEY = Act("key", "New key", asks=_new_key)
RETIRE = Act("retire", "Retire", asks=_retirement, danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    device = devices.require_devices(scope, [asked.key])[asked.key]
    if device.site_id != asked.context:
        raise NotFound("no such device on this site")
    given = asked.given
    if asked.act == "key":
        ends = inputs.moment("the end", given.get("ends"), ZoneInfo("UTC"), end_of_day=True)
        made = keys.create_key(scope, device_id=device.id, name=given.get("name", ""), expires_at=ends)
        return [f"The key of {device.name}: ", *inputs.shown_once(made)]
    if asked.act == "retire":
        devices.retire_device(scope, device.id)
        return f"{device.name} is retired."
    mode = given.get("mode", "")
    devices.describe_device(
        scope,
        device.id,
        name=given.get("name", ""),
        reporting_interval_s=inputs.whole("the reporting interval", given.get("every")),
        energy_mode=mode if mode in MODES else device.energy_mode,
        fields=field_maps.read(scope, asked.context, given.get("fields", "")),
    )
    posted_energy.declare(scope, device.id)
    return "Saved. The device API knows it within seconds."


TABLE = Table(
    "devices",
    "Devices",
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("retired", "Show", (("", "In use"), ("all", "Include retired"))),),
    search="name",
    empty="No device yet. Add one, create a key for it, and its posts arrive here.",
)
tables.declare(TABLE)


def _form(every_s: int) -> html.Details:
    modes = [{"label": words, "value": mode} for mode, words in MODES.items()]
    fields = [
        inputs.field("Name", inputs.line("devices-name"), "As on its label; once in this site."),
        inputs.field("Posts every (s)", inputs.line("devices-every", str(every_s), inputMode="numeric", longest=9)),
        inputs.field("Its energies are", dbc.Select(id="devices-mode", options=modes, value="interval")),
        html.Div(
            [
                html.Label("Fields of its posts", htmlFor="devices-fields", className="form-label"),
                dcc.Textarea(
                    id="devices-fields", className="form-control", rows=4, maxLength=LONGEST_MAP, placeholder=field_maps.EXAMPLE
                ),
                html.P(f"One a line: field = meter, quantity. Quantities: {', '.join(QUANTITIES)}.", className="form-text mb-0"),
            ],
            className="field wide",
        ),
    ]
    return inputs.folded("devices-form", "Add a device", "plus-lg", fields, inputs.submit("devices-add", "Add"))


def _files(site_id: str) -> html.Section:
    steps = (
        "Export writes the devices that the search finds. Import reads such a file: a row with an id updates that device, "
        "a row without one adds a device. You see what would happen first; then all of it happens, or nothing."
    )
    columns = [
        html.Code(", ".join(device_files.COLUMNS)),
        ". Only name, or the id of a device that exists, is needed. ",
        html.Code("energy_mode"),
        " is interval or counter; ",
        html.Code("fields"),
        " are written like ",
        html.Code(field_maps.EXAMPLE),
        ", several with semicolons between them.",
    ]
    return imports.panel("devices", f"/site/{site_id}/devices.csv", steps, columns)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = "Hardware that posts: how often, and what its fields mean."
    return html.Div(
        [
            html.Header([html.H1("Devices"), html.P(about)], className="page-head"),
            html.Div(id="devices-made", role="status"),
            dcc.Store(id="devices-site", data=site_id),
            _form(sites.site(current_scope(), site_id).reporting_interval_s),
            _files(site_id),
            tables.view(TABLE, site_id),
        ]
    )


@callback(
    Output("devices-made", "children"),
    Output("devices-changed", "data"),
    Output("devices-name", "value"),
    Output("devices-fields", "value"),
    Input("devices-add", "n_clicks"),
    State("devices-name", "value"),
    State("devices-every", "value"),
    State("devices-mode", "value"),
    State("devices-fields", "value"),
    State("devices-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def add(clicks: int | None, name: str | None, every: str | None, mode: str | None, fields: str | None, site_id: str) -> Any:
    """Add a device."""
    kept = (no_update,) * 3
    if not clicks:
        return no_update, *kept
    scope = current_scope()
    try:
        made = devices.create_device(
            scope,
            site_id,
            name=str(name or ""),
            reporting_interval_s=inputs.whole("the reporting interval", every),
            energy_mode=str(mode or "interval"),
            fields=field_maps.read(scope, site_id, str(fields or "")),
        )
        posted_energy.declare(scope, made.id)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), *kept
    return tables.notice(f"{made.name} added. It posts with a key: press New key in its row."), made.id, "", ""


@callback(
    Output("devices-export", "href"),
    Input("devices-search", "value"),
    Input("devices-view", "data"),
    State("devices-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def export_address(search: str | None, view: dict[str, Any] | None, site_id: str) -> str:
    """The file of what the table shows."""
    filters = (view or {}).get("filters") or {}
    asked = {"search": str(search or "")} | ({"retired": "all"} if filters.get("retired") else {})
    return f"/site/{site_id}/devices.csv?{urlencode(asked)}"


@callback(
    Output("devices-report", "children"),
    Input("devices-upload", "contents"),
    State("devices-upload", "filename"),
    State("devices-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
@costly
def try_file(contents: str | None, name: str | None, site_id: str) -> Any:
    """What the file would do, line by line; nothing is written."""
    if not contents:
        return no_update
    try:
        lines = device_files.try_file(current_scope(), site_id, imports.text_of(contents))
    except Refused as refused:
        return tables.notice(f"{name}: {sentence(refused)}", bad=True)
    return imports.report("devices", str(name or "The file"), lines)


@callback(
    Output("devices-made", "children", allow_duplicate=True),
    Output("devices-changed", "data", allow_duplicate=True),
    Output("devices-report", "children", allow_duplicate=True),
    Output("devices-upload", "contents"),
    Input("devices-import", "n_clicks"),
    Input("devices-drop", "n_clicks"),
    State("devices-upload", "contents"),
    State("devices-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
@costly
def import_file(clicks: int | None, dropped: int | None, contents: str | None, site_id: str) -> Any:
    """Do what was shown, all of it; or put the file away."""
    if dropped:
        return no_update, no_update, None, None
    if not clicks or not contents:
        return (no_update,) * 4
    try:
        done = device_files.import_file(current_scope(), site_id, imports.text_of(contents))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, None, None
    said = f"Imported: {imports.counted(done)}. New devices post with a key: press New key in their rows."
    return tables.notice(said), f"{len(done)} {contents[-40:]}", None, None
