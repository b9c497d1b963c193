"""The sites that one administers: listed, and made."""

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Words
from dashboard.plant import inputs, site_form
from dashboard.web.access import current_scope, guard, owns_sites, plant_admin
from store.errors import NotFound, Refused
from store.records.people import organisations
from store.records.plant import sites
from store.records.plant.sites import SiteRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path="/admin/sites",
    name="Sites",
    title="Sites · Loadstar",
    nav={"section": navigation.PLANT, "icon": "geo-alt"},
)

COLUMNS = (
    Column("name", "Name"),
    Column("public_number", "Number", number=True),
    Column("kind", "Kind"),
    Column("owner", "Owner"),
    Column("devices", "Devices", sortable=False, number=True),
    Column("meters", "Meters", sortable=False, number=True),
    Column("created_at", "Created"),
)


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[SiteRow]:
    return sites.sites_page(scope, wanted, archived=bool(chosen.get("show")))


def _row(_scope: Scope, record: SiteRow) -> Row:
    site = record.site
    cells = (
        str(site.public_number),
        site_form.KINDS[site.kind],
        record.owner,
        reader().count(record.devices),
        reader().count(record.meters),
        reader().date(site.created_at),
    )
    return Row(site.id, site.name, cells, (RESTORE if site.archived_at else ARCHIVE,), href=f"/site/{site.id}/facility")


def _archiving() -> Question:
    return Question(
        "It leaves every list and start page, and its keys are refused until it is restored. Everything measured there stays."
    )


ARCHIVE = Act("archive", "Archive", asks=_archiving)
RESTORE = Act("restore", "Restore")


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "archive":
        return f"{sites.archive_site(scope, asked.key).name} is archived. Its keys are refused within seconds."
    return f"{sites.restore_site(scope, asked.key).name} is in use again. Its keys work as before."


TABLE = Table(
    "sites",
    "Sites",
    plant_admin,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    filters=(Choice("show", "Show", (("", "In use"), ("archived", "Archived"))),),
    search="name, owner",
    empty="No site yet. Create one above; its set-up page then leads to the first reading.",
)
tables.declare(TABLE)


def _owners(scope: Scope) -> list[dict[str, str]]:
    """The distributors for which the holder may make a site."""
    if not owns_sites(scope):
        return []
    seen = organisations.organisations(scope)
    mine = [each for each in seen if each.kind == "distributor" and (scope.everything or each.id == scope.organisation_id)]
    return [{"label": each.name, "value": each.id} for each in mine]


@guard(plant_admin)
def layout(**_query: Any) -> html.Div:
    """The page."""
    owners = _owners(current_scope())
    parts: list[Any] = [
        html.Header([html.H1("Sites"), html.P("Sites you administer.")], className="page-head"),
        html.Div(id="sites-made", role="status"),
        dcc.Location(id="sites-go", refresh=True),
    ]
    if owners:
        owner = dbc.Select(id="sites-owner", options=owners, value=owners[0]["value"])
        fields = [*site_form.fields("sites", None), inputs.field("Owner", owner, "The distributor.")]
        parts.append(inputs.folded("sites-form", "Create a site", "plus-lg", fields, inputs.submit("sites-make", "Create")))
    return html.Div([*parts, tables.view(TABLE)])


@callback(
    Output("sites-made", "children"),
    Output("sites-changed", "data"),
    Output("sites-go", "href"),
    Input("sites-make", "n_clicks"),
    State("sites-owner", "value"),
    *site_form.states("sites"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def make(clicks: int | None, owner: str | None, *written: Any) -> Any:
    """Create a site and go on to its set-up, as a new document: the frame around it knows the site too."""
    if not clicks:
        return (no_update,) * 3
    try:
        made = sites.create_site(current_scope(), organisation_id=str(owner or ""), **site_form.read(written))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return tables.notice(f"{made.name} created (number {made.public_number})."), made.id, f"/site/{made.id}/set-up"
