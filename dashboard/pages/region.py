"""A region's prices and CO2 intensity: what there is of them, and files of them written by whoever may price its sites."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update, register_page

from dashboard.frame.faults import sentence
from dashboard.live.attention import words_of
from dashboard.parts import tables
from dashboard.parts.aria import aria
from dashboard.parts.reading import reader
from dashboard.plant import imports, inputs
from dashboard.web.access import current_scope, guard, prices_region
from store.errors import NotFound, Refused, StoreAway
from store.records.plant import regions
from store.scope import Scope
from store.series import prices, region_series

register_page(__name__, path_template="/admin/regions/<region_id>", name="Region", title="Region · Loadstar")

STEPS = (
    "One line for each interval: its start with the offset from UTC, and what a kWh costs, earns or emits in it. You see what "
    "would change first; then all of it is imported, or nothing. A value replaces the one that its interval had."
)
LENGTHS = {300: "5 minutes", 900: "15 minutes", 1800: "30 minutes", 3600: "1 hour"}
UTC = ZoneInfo("UTC")
WITHOUT_TIME = "Write from when and until when the values are to be taken back."
WITHOUT_LENGTH = "choose how long each interval of the file is: a price applies for that long, and no longer"


def _known(scope: Scope, region_id: str) -> Any:
    """What there is, a line a quantity and interval."""
    try:
        found = region_series.known(scope, region_id)
    except StoreAway as away:
        return html.P(f"What there is cannot be read now: {away}.", className="muted")
    if not found:
        return html.P(
            "No prices or CO₂ yet: its sites are priced by their tariffs alone. Import a file below.", className="muted mb-0"
        )
    heads = ("What", "Interval", "Values", "First", "Last")
    rows = [
        html.Tr(
            [
                html.Th(words_of(each.quantity), scope="row"),
                html.Td(LENGTHS.get(each.interval_s, f"{each.interval_s} s")),
                html.Td(reader().count(each.values), className="num"),
                html.Td(reader().stamp(each.first)),
                html.Td(reader().stamp(each.last)),
            ]
        )
        for each in found
    ]
    head = html.Thead(html.Tr([html.Th(words, scope="col") for words in heads]))
    return html.Div(
        html.Table([html.Caption("What there is", className="visually-hidden"), head, html.Tbody(rows)]),
        className="table-frame",
        tabIndex=0,
        role="region",
        **aria(label="What there is, scrolls sideways"),
    )


@guard(prices_region())
def layout(region_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    found = regions.region(scope, region_id)
    columns = [
        html.Code(", ".join(region_series.COLUMNS)),
        ". ",
        html.Code("start"),
        " like 2026-01-31T00:00:00+01:00, and one of the others at least: prices in the currency of its sites, g/kWh for CO₂, "
        "a dot for decimals. An empty cell changes nothing.",
    ]
    lengths = [{"label": words, "value": str(length)} for length, words in LENGTHS.items()]
    length = inputs.field(
        "Length of each interval", dbc.Select(id="series-length", options=lengths, placeholder="Choose a length")
    )
    return html.Div(
        [
            html.Header([html.H1(found.name), html.P(found.note or "What its sites share")], className="page-head"),
            dcc.Store(id="series-region", data=region_id),
            html.Div(id="series-said", role="status"),
            html.Section(
                [html.H2("Prices and CO₂"), html.Div(_known(scope, region_id), id="series-known")], className="panel mb-3"
            ),
            _withdrawal(),
            imports.panel("series", None, STEPS, columns, html.Div(length, className="fields mb-2")),
        ]
    )


def _withdrawal() -> html.Details:
    options = [{"label": words_of(quantity), "value": quantity} for quantity in prices.QUANTITIES]
    until = "Intervals that start from then on stay. A day is meant with all of it."
    fields = [
        inputs.field("What", dbc.Select(id="withdraw-quantity", options=options, value=prices.QUANTITIES[0])),
        inputs.field("From", inputs.when("withdraw-from"), "A date, or a date and time, in UTC or with its offset."),
        inputs.field("Until", inputs.when("withdraw-to"), until),
    ]
    button = inputs.submit("withdraw-go", "Take back")
    return inputs.folded("withdraw-form", "Take values back", "trash", fields, button)


def _period(start: object, end: object) -> tuple[datetime, datetime]:
    first, last = inputs.moment("from", start, UTC), inputs.moment("until", end, UTC, end_of_day=True)
    if first is None or last is None:
        raise Refused(WITHOUT_TIME)
    return first, last


@callback(
    Output("series-said", "children", allow_duplicate=True),
    Output("series-known", "children", allow_duplicate=True),
    Input("withdraw-go", "n_clicks"),
    State("withdraw-quantity", "value"),
    State("withdraw-from", "value"),
    State("withdraw-to", "value"),
    State("series-region", "data"),
    prevent_initial_call=True,
)
@guard(prices_region())
def withdraw(clicks: int | None, quantity: str | None, start: str | None, end: str | None, region_id: str) -> Any:
    """Take the values of some time back, so that what they priced has no price from the region."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        first, last = _period(start, end)
        count = region_series.withdraw(scope, region_id, str(quantity), first, last)
    except (Refused, NotFound, StoreAway) as problem:
        return tables.notice(sentence(problem), bad=True), no_update
    words = "value" if count == 1 else "values"
    return tables.notice(f"Taken back: {reader().count(count)} {words}."), _known(scope, region_id)


@callback(
    Output("series-report", "children"),
    Input("series-upload", "contents"),
    Input("series-length", "value"),
    State("series-upload", "filename"),
    State("series-region", "data"),
    prevent_initial_call=True,
)
@guard(prices_region())
def try_file(contents: str | None, length: str | None, name: str | None, region_id: str) -> Any:
    """What the file would do, line by line; nothing is written."""
    if not contents:
        return no_update
    try:
        found = region_series.try_file(current_scope(), region_id, imports.text_of(contents), _length(length))
    except (Refused, StoreAway) as problem:
        return tables.notice(f"{name}: {sentence(problem)}", bad=True)
    return imports.report("series", str(name or "The file"), found, of="value")


def _length(given: object) -> int:
    if str(given) not in map(str, LENGTHS):
        raise Refused(WITHOUT_LENGTH)
    return int(str(given))


@callback(
    Output("series-said", "children"),
    Output("series-known", "children"),
    Output("series-report", "children", allow_duplicate=True),
    Output("series-upload", "contents"),
    Input("series-import", "n_clicks"),
    Input("series-drop", "n_clicks"),
    State("series-upload", "contents"),
    State("series-length", "value"),
    State("series-region", "data"),
    prevent_initial_call=True,
)
@guard(prices_region())
def import_file(clicks: int | None, dropped: int | None, contents: str | None, length: str | None, region_id: str) -> Any:
    """Write what was shown, all of it; or put the file away."""
    if dropped:
        return no_update, no_update, None, None
    if not clicks or not contents:
        return (no_update,) * 4
    scope = current_scope()
    try:
        done = region_series.import_file(scope, region_id, imports.text_of(contents), _length(length))
    except (Refused, NotFound, StoreAway) as problem:
        return tables.notice(sentence(problem), bad=True), no_update, None, None
    return tables.notice(f"Imported: {imports.counted(done)}."), _known(scope, region_id), None, None
