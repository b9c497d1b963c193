"""Tariffs of a site: what a kWh costs and earns, from when until when, at which hours; made, changed, ended by administrators."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import dated, inputs, tariff_hours
from dashboard.web.access import administers_site, current_scope, guard
from models.tariffs import Hours
from store.errors import NotFound, Refused
from store.records.plant import regions, sites, tariffs
from store.records.plant.tariffs import Terms
from store.records.schema import Site, Tariff
from store.records.schema.columns import now
from store.records.schema.dated import gaps
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/tariffs",
    name="Tariffs",
    title="Tariffs · Loadstar",
    nav={"section": navigation.SETUP, "icon": "cash-coin"},
)

LONGEST_HOURS = 4000
FIELDS = ("name", "from", "to", "import", "export", "co2", "hours", "whose", "note")  # of the form
COLUMNS = (
    Column("name", "Tariff", sortable=False),
    Column("from", "From", sortable=False, moment=True),
    Column("to", "Until", sortable=False, moment=True),
    Column("import", "Import, per kWh", sortable=False, number=True),
    Column("export", "Export, per kWh", sortable=False, number=True),
    Column("hours", "Time of use", sortable=False),
    Column("co2", "CO₂, g/kWh", sortable=False, number=True),
    Column("state", "State", sortable=False),
)
OWN, BEHIND = "own", "region"
WHOSE = ((OWN, "Not used: this tariff's prices apply"), (BEHIND, "Used first; this tariff's where there are none"))


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Tariff]:
    found = tariffs.tariffs(scope, context)[::-1]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, record: Tariff) -> Row:
    at, zone = now(), _zone(scope, record.site_id)
    state = dated.state(record, at)
    lines = _lines(record).splitlines()
    cells = (
        inputs.clock(record.valid_from, zone),
        inputs.clock(record.valid_to, zone, "further notice"),
        f"{record.import_price_per_kwh:.10g}",
        f"{record.export_price_per_kwh:.10g}",
        html.Ul([html.Li(line) for line in lines], className="hours") if lines else "–",
        "–" if record.co2_g_per_kwh is None else f"{record.co2_g_per_kwh:.10g}",
        [dated.mark(state), html.Div("after the region's prices", className="muted small")]
        if record.region_first
        else dated.mark(state),
    )
    acts = [Act("edit", "Edit", asks=lambda: _edit(record), sure="Save")]
    if state != dated.ENDED:
        acts.append(END)
    if state == dated.PLANNED:
        acts.append(DELETE)
    return Row(record.id, record.name, cells, acts)


def _edit(record: Tariff) -> Question:
    whose = sorted(WHOSE, key=lambda each: (each[0] == BEHIND) != record.region_first)
    factor = "" if record.co2_g_per_kwh is None else f"{record.co2_g_per_kwh:.10g}"
    return Question(
        "Changes apply to all of its time: the cost of past days is recalculated. For a price that changes from a certain day "
        "on, add another tariff instead.",
        (
            Text("name", "Name", record.name, 120, 1),
            Text("import", "Import price per kWh", f"{record.import_price_per_kwh:.10g}", 20, 1),
            Text("export", "Export price per kWh", f"{record.export_price_per_kwh:.10g}", 20, 1),
            Text("hours", f"Time-of-use prices. {tariff_hours.ABOUT}", _lines(record), LONGEST_HOURS, 4),
            Text("co2", "CO₂ (g/kWh; empty: unknown)", factor, 20, 1),
            Choice("whose", "Region's prices", whose),
            Text("note", "Note", record.note, 300, 2),
        ),
    )


def _lines(record: Tariff) -> str:
    return tariff_hours.written([Hours(*each) for each in record.hours])


END = Act(
    "end",
    "End",
    asks=lambda: Question(
        "From then on the site has no price until another tariff starts. A tariff that follows ends this one by itself.",
        (Text("at", f"Ends, by the site's clocks (like {inputs.DAY} or {inputs.MOMENT})", lines=1, longest=inputs.LONGEST),),
    ),
    danger=True,
    sure="End it",
)
DELETE = Act(
    "delete", "Delete", asks=lambda: Question("It has not started yet. The tariff before it goes on instead."), danger=True
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {each.id for each in tariffs.tariffs(scope, asked.context)}:
        raise NotFound("no such tariff of this site")
    if asked.act == "delete":
        tariffs.delete_tariff(scope, asked.key)
        return "Deleted."
    if asked.act == "end":
        zone = _zone(scope, asked.context)
        at = _moment("the end", asked.given.get("at"), zone)
        return f"It ends at {inputs.clock(tariffs.end_tariff(scope, asked.key, at).valid_to, zone)}."
    changed = tariffs.change_tariff(scope, asked.key, _terms(asked.given))
    return f"{changed.name} is saved."


def _moment(words: str, given: object, zone: ZoneInfo) -> datetime:
    """What was written as a moment of the zone's clocks.

    Raises:
        Refused: it is none, or nothing was written.
    """
    found = inputs.moment(words, given, zone)
    if found is None:
        raise Refused(f"{words} is missing: write it like {inputs.DAY} or {inputs.MOMENT}")
    return found


def _terms(given: Mapping[str, Any]) -> Terms:
    """What was written as a tariff's terms.

    Raises:
        Refused: a price or the hours cannot be read.
    """
    export = inputs.needed("the export price", given.get("export"))
    return Terms(
        str(given.get("name") or ""),
        inputs.needed("the import price", given.get("import")),
        export,
        inputs.number("the CO₂ factor", given.get("co2")),
        given.get("whose") == BEHIND,
        tariff_hours.read(str(given.get("hours") or ""), export),
        str(given.get("note") or ""),
    )


TABLE = Table(
    "tariffs",
    "Tariffs",
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty="No tariff yet: energy here has no price except its region's. Add a tariff above.",
)
tables.declare(TABLE)


def _zone(scope: Scope, site_id: str) -> ZoneInfo:
    return ZoneInfo(sites.site(scope, site_id).time_zone)


def _silence(scope: Scope, site: Site) -> Any:
    """From when until when there is no tariff."""
    zone = ZoneInfo(site.time_zone)
    found = gaps(tariffs.tariffs(scope, site.id))
    lines = [
        f"No tariff from {inputs.clock(start, zone)} to {inputs.clock(end, zone, 'further notice')}." for start, end in found
    ]
    return tables.notice(" ".join(lines), bad=True) if lines else None


def _form(site: Site) -> html.Details:
    hours = dcc.Textarea(
        id="tariffs-hours", className="form-control", rows=4, maxLength=LONGEST_HOURS, placeholder=tariff_hours.EXAMPLE
    )
    whose = [{"label": words, "value": value} for value, words in WHOSE]
    fields = [
        inputs.field("Name", inputs.line("tariffs-name")),
        inputs.field(
            "From",
            inputs.when("tariffs-from"),
            "A day, or a day and a time, by the site's clocks; also in the past. The tariff before it ends then.",
        ),
        inputs.field(
            "Through",
            inputs.when("tariffs-to"),
            "Its last day. Leave empty: until further notice.",
        ),
        inputs.field(f"Import price ({site.currency} per kWh)", inputs.line("tariffs-import", longest=20)),
        inputs.field(
            f"Export price ({site.currency} per kWh)", inputs.line("tariffs-export", longest=20), "0 if exports are not paid for."
        ),
        inputs.field("CO₂ (g/kWh)", inputs.line("tariffs-co2", longest=20), "Of imported energy. Leave empty if unknown."),
        html.Div(
            [
                html.Label("Time-of-use prices", htmlFor="tariffs-hours", className="form-label"),
                hours,
                html.P(tariff_hours.ABOUT, className="form-text mb-0"),
            ],
            className="field wide",
        ),
        inputs.field("Region's prices", dbc.Select(id="tariffs-whose", options=whose, value=OWN)),
        inputs.field("Note", inputs.line("tariffs-note", longest=300), "For example the contract."),
    ]
    return inputs.folded("tariffs-form", "Add a tariff", "plus-lg", fields, inputs.submit("tariffs-add", "Add"))


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    site = sites.site(scope, site_id)
    region = next((each for each in regions.regions(scope) if each.id == site.region_id), None)
    about: list[Any] = [f"Prices in {site.currency}, by the clocks of {site.time_zone}. "]
    if region is None:
        about.append("It is in no region, which could have prices of its own.")
    elif regions.may_price(scope, region.id):
        about += ["Its region is ", html.A(region.name, href=f"/admin/regions/{region.id}", **data(soft="")), "."]
    else:
        about.append(f"Its region is {region.name}; a platform administrator writes its prices.")
    return html.Div(
        [
            html.Header([html.H1("Tariffs"), html.P(about)], className="page-head"),
            dcc.Store(id="tariffs-site", data=site_id),
            html.Div(id="tariffs-said", role="status"),
            html.Div(_silence(scope, site), id="tariffs-gaps"),
            _form(site),
            tables.view(TABLE, site_id),
        ]
    )


@callback(
    Output("tariffs-said", "children"),
    Output("tariffs-changed", "data"),
    Input("tariffs-add", "n_clicks"),
    State("tariffs-site", "data"),
    *[State(f"tariffs-{name}", "value") for name in FIELDS],
    prevent_initial_call=True,
)
@guard(administers_site())
def add(clicks: int | None, site_id: str, *written: Any) -> Any:
    """Add a tariff."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    given = dict(zip(FIELDS, written, strict=True))
    zone = _zone(scope, site_id)
    try:
        since = _moment("the start", given["from"], zone)
        terms = _terms(given)
        made = tariffs.create_tariff(
            scope,
            site_id,
            **terms._asdict(),
            valid_from=since,
            valid_to=inputs.moment("the end", given["to"], zone, end_of_day=True),
        )
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update
    until = f" until {inputs.clock(made.valid_to, zone)}" if made.valid_to else ""
    return tables.notice(f"{made.name} applies from {inputs.clock(made.valid_from, zone)}{until}."), made.id


@callback(
    Output("tariffs-gaps", "children"),
    Input("tariffs-body", "children"),
    State("tariffs-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def say_gaps(_body: Any, site_id: str) -> Any:
    """Say anew where there is no tariff, whenever the table is drawn anew."""
    scope = current_scope()
    return _silence(scope, sites.site(scope, site_id))
