"""The API keys of a site and of its devices: made and shown once, rotated with an overlap, revoked."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from config import clock
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import inputs
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound, Refused
from store.records.plant import devices, keys, sites
from store.records.plant.keys import KeyRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/keys",
    name="API keys",
    title="API keys · Loadstar",
    nav={"section": navigation.SETUP, "icon": "key", "place": 5},
)

COLUMNS = (
    Column("name", "Name"),
    Column("device", "Of"),
    Column("may", "May", sortable=False),
    Column("state", "State", sortable=False),
    Column("created_at", "Created"),
    Column("expires_at", "Ends"),
    Column("last_used_at", "Last used"),
)
OVERLAPS = {"168": "7 days", "24": "1 day", "1": "1 hour", "720": "30 days", "0": "no time: the old key ends now"}
SOON = timedelta(days=14)
MOST_NAMED = 200  # devices that the form proposes


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[KeyRow]:
    return keys.keys_page(scope, context, wanted, ended=bool(chosen.get("ended")))


def _row(_scope: Scope, record: KeyRow) -> Row:
    key, now = record.key, clock.now()
    ended = key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now)
    if key.revoked_at is not None:
        state = _state("offline", f"revoked {reader().day(key.revoked_at)}")
    elif ended:
        state = _state("offline", "ended")
    elif key.expires_at is not None and key.expires_at - now < SOON:
        state = _state("late", "ends soon")
    else:
        state = _state("live", "active")
    cells = (
        record.device or "the whole site",
        "post" if key.can_write else "read",
        state,
        reader().date(key.created_at),
        reader().stamp(key.expires_at) if key.expires_at else "never",
        inputs.ago(key.last_used_at, now),
    )
    return Row(key.id, key.name or key.id, cells, () if ended else (ROTATE, REVOKE))


def _state(state: str, words: str) -> html.Span:
    return html.Span(words, className="state", **data(state=state))


def _rotation() -> Question:
    return Question(
        "A new key takes its place and is shown once. The old one goes on for a while, so that no post is lost while devices "
        "are given the new one.",
        (
            Choice("overlap", "The old key goes on for", tuple(OVERLAPS.items())),
            Text("ends", f"The new key ends (like {inputs.DAY}; empty: never)", lines=1, longest=inputs.LONGEST),
        ),
    )


def _revocation() -> Question:
    return Question("Whatever posts with this key is refused within seconds, for good. What it posted stays.")


ROTATE = Act("rotate", "Rotate", asks=_rotation)
REVOKE = Act("revoke", "Revoke", asks=_revocation, danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {key.id for key in keys.keys(scope, asked.context)}:
        raise NotFound("no such key on this site")
    if asked.act == "rotate":
        hours = int(asked.given["overlap"]) if asked.given.get("overlap") in OVERLAPS else 168
        ends = inputs.moment("the end", asked.given.get("ends"), _zone(scope, asked.context), end_of_day=True)
        made = keys.rotate_key(scope, asked.key, timedelta(hours=hours), expires_at=ends)
        return ["The new key: ", *inputs.shown_once(made), f" The old one goes on for {OVERLAPS[str(hours)]}."]
    keys.revoke_key(scope, asked.key)
    return "Revoked. It is refused within seconds."


TABLE = Table(
    "keys",
    "API keys",
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("ended", "Show", (("", "Active"), ("all", "Include ended"))),),
    search="name, device",
    empty="No key yet. Devices post with one: create it above, and give it to the device.",
    sort="created_at",
    descending=True,
)
tables.declare(TABLE)


def _zone(scope: Scope, site_id: str) -> ZoneInfo:
    return ZoneInfo(sites.site(scope, site_id).time_zone)


def _form(site_id: str) -> html.Details:
    named = devices.devices_page(current_scope(), site_id, Wanted(count=MOST_NAMED)).rows
    rights = [{"label": "post readings", "value": "post"}, {"label": "read only", "value": "read"}]
    fields = [
        inputs.field("Name", inputs.line("keys-name"), "What it is for, so that you know it again."),
        inputs.field("Device", inputs.line("keys-device", list="keys-devices"), "Empty: a key for every device of this site."),
        inputs.field("It may", dbc.Select(id="keys-rights", options=rights, value="post")),
        inputs.field(
            "Ends",
            inputs.when("keys-ends"),
            "A date, or a date and time; empty: never.",
        ),
        html.Datalist([html.Option(value=each.name) for each in named], id="keys-devices"),
    ]
    return inputs.folded("keys-form", "Create a key", "plus-lg", fields, inputs.submit("keys-make", "Create"))


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header(
                [html.H1("API keys"), html.P("What devices and programs post and read with. Only hashes are kept.")],
                className="page-head",
            ),
            html.Div(id="keys-made", role="status"),
            dcc.Store(id="keys-site", data=site_id),
            _form(site_id),
            tables.view(TABLE, site_id),
        ]
    )


@callback(
    Output("keys-made", "children"),
    Output("keys-changed", "data"),
    Output("keys-name", "value"),
    Input("keys-make", "n_clicks"),
    State("keys-name", "value"),
    State("keys-device", "value"),
    State("keys-rights", "value"),
    State("keys-ends", "value"),
    State("keys-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def make(clicks: int | None, name: str | None, device: str | None, rights: str | None, ends: str | None, site_id: str) -> Any:
    """Make a key and show it, this once."""
    if not clicks:
        return no_update, no_update, no_update
    scope = current_scope()
    try:
        device_id = _device(scope, site_id, str(device or "").strip())
        made = keys.create_key(
            scope,
            device_id=device_id,
            site_id=None if device_id else site_id,
            can_write=rights != "read",
            name=str(name or ""),
            expires_at=inputs.moment("the end", ends, _zone(scope, site_id), end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return tables.notice(["The key: ", *inputs.shown_once(made)]), made.partition(".")[0], ""


def _device(scope: Scope, site_id: str, name: str) -> str | None:
    if not name:
        return None
    found = [each.id for each in devices.find_devices(scope, name) if each.site_id == site_id]
    if not found:
        raise Refused(f"no device named {name} on this site: choose one, or leave it empty for the whole site")
    return found[0]
