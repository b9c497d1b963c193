"""To whom a whole site is assigned besides its owner: people and organisations, each with a role and for a time."""

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import dated, inputs
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound, Refused
from store.records.access import grants
from store.records.plant import holders, sites
from store.records.plant.holders import Holder
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/access",
    name="Access",
    title="Access · Loadstar",
    nav={"section": navigation.SETUP, "icon": "people"},
)

ROLES = {"viewer": "sees it", "operator": "sees and operates it", "admin": "administers it"}
COLUMNS = (
    Column("name", "Who"),
    Column("role", "Role"),
    Column("valid_from", "From"),
    Column("valid_to", "Until"),
    Column("state", "State", sortable=False),
)


def _zone(scope: Scope, site_id: str) -> ZoneInfo:
    return ZoneInfo(sites.site(scope, site_id).time_zone)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], context: str) -> Page[Holder]:
    return holders.site_holders(scope, context, wanted, ended=bool(chosen.get("ended")))


def _row(_scope: Scope, record: Holder) -> Row:
    grant = record.grant
    state = dated.state(grant, now())
    cells = (
        ROLES[grant.role],
        reader().stamp(grant.valid_from),
        reader().stamp(grant.valid_to) if grant.valid_to else "further notice",
        dated.mark(state),
    )
    name = f"{record.name}, {record.email}" if record.email else record.name
    ends = Act("end", "End", asks=lambda: _ending(record.name), danger=True, sure="End it")
    return Row(grant.id, name, cells, () if state == dated.ENDED else (ends,))


def _ending(name: str) -> Question:
    return Question(
        f"From that moment on {name} does not see the site any more, its past neither. "
        "An assignment that has not begun is removed.",
        (Text("at", f"Ends, by the site's clocks (like {inputs.MOMENT}; empty: now)", lines=1, longest=inputs.LONGEST),),
    )


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act != "end":
        raise NotFound(f"no act {asked.act}")
    at = inputs.moment("the end", asked.given.get("at"), _zone(scope, asked.context))
    grants.end_grant(scope, asked.key, at)
    return "Ended." if at is None or at <= now() else ["Ends ", reader().stamp(at), "."]


TABLE = Table(
    "access",
    "Access",
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("ended", "Show", (("", "Current and planned"), ("all", "Include ended"))),),
    search="name, email",
    empty="Nobody but the people of its owner. Assign the site above to whom it concerns.",
)
tables.declare(TABLE)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = (
        "The owner's people have this site by their role. Others with access to the whole site are listed here; "
        "single meters are assigned on "
    )
    roles = [{"label": words.capitalize(), "value": role} for role, words in ROLES.items()]
    fields = [
        inputs.field("Assign to", inputs.line("access-who", longest=254), "A person's email address, or an organisation's name."),
        inputs.field("Who then", dbc.Select(id="access-role", options=roles, value="viewer")),
        inputs.field("From", inputs.when("access-from"), inputs.OF_WHEN),
        inputs.field(
            "Through",
            inputs.when("access-to"),
            "Empty: until further notice.",
        ),
    ]
    return html.Div(
        [
            html.Header(
                [
                    html.H1("Access"),
                    html.P([about, html.A("their pages", href="/admin/meters", **data(soft="")), "."]),
                ],
                className="page-head",
            ),
            html.Div(id="access-said", role="status"),
            dcc.Store(id="access-site", data=site_id),
            inputs.folded("access-form", "Assign this site", "plus-lg", fields, inputs.submit("access-assign", "Assign")),
            tables.view(TABLE, site_id),
        ]
    )


@callback(
    Output("access-said", "children"),
    Output("access-changed", "data"),
    Output("access-who", "value"),
    Input("access-assign", "n_clicks"),
    State("access-who", "value"),
    State("access-role", "value"),
    State("access-from", "value"),
    State("access-to", "value"),
    State("access-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def assign(clicks: int | None, who: str | None, role: str | None, start: str | None, end: str | None, site_id: str) -> Any:
    """Assign the whole site to somebody."""
    if not clicks:
        return no_update, no_update, no_update
    scope = current_scope()
    try:
        zone = _zone(scope, site_id)
        made = holders.assign_site(
            scope,
            site_id,
            str(who or ""),
            role=role if role in ROLES else "viewer",
            valid_from=inputs.moment("the start", start, zone),
            valid_to=inputs.moment("the end", end, zone, end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return tables.notice("Assigned. They see the site at once, or from its start on."), made.id, ""
