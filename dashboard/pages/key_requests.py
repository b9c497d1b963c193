"""Operators ask for a device's key, and make it themselves once an administrator has said yes."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Text
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import first_post
from dashboard.web.access import asks_for_keys, guard
from store.records.access import claims
from store.records.plant import key_requests
from store.records.plant.key_requests import Askable
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/key-requests",
    name=N_("Ask for keys"),
    nav={"section": navigation.SETUP, "icon": "key"},
)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Askable]:
    return key_requests.askable_page(scope, site_id, wanted)


def _row(_scope: Scope, record: Askable) -> Row:
    asked = record.request
    if asked is None:
        return Row(record.device.id, record.device.name, ("–", "–", "–"), (ASK,))
    day = reader().day(asked.created_at)
    if asked.decided_at is None:
        return Row(asked.id, record.device.name, (_state("late", _("waits")), day, asked.note or "–"), (TAKE_BACK,))
    if asked.approved:
        return Row(asked.id, record.device.name, (_state("live", _("approved")), day, asked.reason or "–"), (MAKE,))
    return Row(record.device.id, record.device.name, (_state("offline", _("not approved")), day, asked.reason or "–"), (ASK,))


def _state(state: str, words: str) -> html.Span:
    return html.Span(words, className="state", **data(state=state))


def _asking() -> Question:
    return Question(
        _("An administrator of the site decides. Once they say yes, you make the key here and see it once."),
        (Text("note", _("What it is for"), lines=1),),
    )


ASK = Act("ask", N_("Ask for a key"), asks=_asking, sure=N_("Ask"))
TAKE_BACK = Act("take-back", N_("Take back"))
MAKE = Act("make", N_("Create the key"))


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "ask":
        key_requests.request_key(scope, asked.key, asked.given.get("note", ""))
        return _("Asked. An administrator of the site sees it among the approvals.")
    if asked.act == "make":
        return first_post.view(key_requests.create_requested_key(scope, asked.key))
    claims.take_back(scope, asked.key)
    return _("Taken back.")


TABLE = Table(
    "key-requests",
    N_("Devices"),
    asks_for_keys("context"),
    (
        Column("name", N_("Device")),
        Column("state", N_("Your request"), sortable=False),
        Column("asked", N_("Asked"), sortable=False),
        Column("note", N_("Note"), sortable=False),
    ),
    load=_load,
    row=_row,
    do=_do,
    search=N_("name"),
    empty=N_("No device on this site yet: an administrator adds them."),
    sort="name",
)
tables.declare(TABLE)


@guard(asks_for_keys())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    return html.Div(
        [
            html.Header(
                [
                    html.H1(_("Ask for keys")),
                    html.P(_("A device posts with a key of its own; an administrator says yes to each.")),
                ],
                className="page-head",
            ),
            tables.view(TABLE, site_id),
        ]
    )
