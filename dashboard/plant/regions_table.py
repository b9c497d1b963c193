"""Regions, which several sites share: made, named and removed by platform administrators."""

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, State, callback, html, no_update

from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Column, Question, Row, Table, Text, Words
from dashboard.plant import inputs
from dashboard.web.access import current_scope, guard, platform_admin
from store.errors import NotFound, Refused
from store.records.plant import regions
from store.records.plant.regions import RegionRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (Column("name", "Region"), Column("note", "Note", sortable=False), Column("sites", "Sites", number=True))


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], _context: str) -> Page[RegionRow]:
    return regions.regions_page(scope, wanted)


def _row(_scope: Scope, record: RegionRow) -> Row:
    region = record.region
    acts = [Act("edit", "Edit", lambda: _edit(record), sure="Save")]
    if not record.sites:
        gone = Question(f"Deletes {region.name}, for good. What was kept of its prices and weather is not found any more.")
        acts.append(Act("delete", "Delete", lambda: gone, danger=True))
    return Row(
        region.id, region.name, (region.note or "–", reader().count(record.sites)), acts, href=f"/admin/regions/{region.id}"
    )


def _edit(record: RegionRow) -> Question:
    region = record.region
    fields = (Text("name", "Name", region.name, 120, 1), Text("note", "Note", region.note, 300, 2))
    return Question(f"It is changed on all of its {reader().count(record.sites)} sites.", fields)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act == "delete":
        regions.delete_region(scope, asked.key)
        return "Deleted."
    if asked.act != "edit":
        raise NotFound(f"no act {asked.act}")
    made = regions.describe_region(scope, asked.key, name=asked.given.get("name", ""), note=asked.given.get("note", ""))
    return f"{made.name} is saved."


TABLE = Table(
    "regions",
    "Regions",
    platform_admin,
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    search="name, note",
    empty="No region yet. Add one, and choose it for the sites that share its prices and weather.",
)
tables.declare(TABLE)


def form() -> html.Details:
    """What adds a region."""
    fields = [
        inputs.field("Name", inputs.line("regions-name")),
        inputs.field("Note", inputs.line("regions-note", longest=300), "For instance its bidding zone."),
    ]
    return inputs.folded("regions-form", "Add a region", "plus-lg", fields, inputs.submit("regions-add", "Add"))


@callback(
    Output("regions-said", "children"),
    Output("regions-changed", "data"),
    Output("regions-name", "value"),
    Input("regions-add", "n_clicks"),
    State("regions-name", "value"),
    State("regions-note", "value"),
    prevent_initial_call=True,
)
@guard(platform_admin)
def add(clicks: int | None, name: str | None, note: str | None) -> Any:
    """Add a region."""
    if not clicks:
        return no_update, no_update, no_update
    try:
        made = regions.create_region(current_scope(), name=str(name or ""), note=str(note or "").strip())
    except Refused as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return tables.notice(f"{made.name} created. Reload the page to choose it for this site."), made.id, ""
