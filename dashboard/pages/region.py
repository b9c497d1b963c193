"""A region's prices and CO2 intensity: what there is of them, and files of them written by whoever may price its sites."""

from collections.abc import Sequence
from typing import Any

from dash import Input, Output, State, callback, dcc, html, register_page

from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.fields import Choice
from dashboard.plant import imports, region_series_table
from dashboard.plant.imports import Files
from dashboard.plant.region_series_table import LENGTHS
from dashboard.sources import pulled_forms, pulled_table
from dashboard.web.access import current_scope, guard, prices_region
from insight import restated
from insight.restated import Foretold
from store.errors import Refused
from store.records.plant import regions
from store.records.transaction.bulk import Line
from store.scope import Scope
from store.series import region_series

register_page(__name__, path_template="/admin/regions/<region_id>", name=N_("Region"))

WITHOUT_LENGTH = N_("choose how long each interval of the file is: a price applies for that long, and no longer")


def _length_s(chosen: str) -> int:
    if chosen not in map(str, LENGTHS):
        raise Refused(WITHOUT_LENGTH)
    return int(chosen)


def _try(scope: Scope, region_id: str, text: str, length: str) -> Sequence[Line]:
    return region_series.try_file(scope, region_id, text, _length_s(length))


def _import(scope: Scope, region_id: str, text: str, length: str) -> Sequence[Line]:
    return region_series.import_file(scope, region_id, text, _length_s(length))


def _restates(scope: Scope, region_id: str, text: str, length: str) -> Foretold:
    change = region_series.with_file(scope, region_id, text, _length_s(length))
    return restated.by_region(scope, region_id, change) if change else Foretold()


FILES = Files(
    "series",
    prices_region("of"),
    N_(
        "One line for each interval: its start with the offset from UTC, and what a kWh costs, earns or emits in it. You see "
        "what would change first; then all of it is imported, or nothing. A value replaces the one that its interval had."
    ),
    region_series.COLUMNS,
    N_(
        "`start` like 2026-01-31T00:00:00+01:00, and one of the others at least: "
        "prices in the currency of its sites, g/kWh for CO₂, a dot for decimals. An empty cell changes nothing."
    ),
    try_file=_try,
    import_file=_import,
    beside=Choice(
        "length",
        N_("Length of each interval"),
        [(str(length), words) for length, words in LENGTHS.items()],
        hint=N_("Choose a length"),
    ),
    each="value",
    restates=_restates,
)
imports.declare(FILES)
forms.declare(region_series_table.WITHDRAW)


@guard(prices_region())
def layout(region_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    found = regions.region(scope, region_id)
    known = html.Div(region_series_table.known(scope, region_id), id="series-known")
    return html.Div(
        [
            html.Header([html.H1(found.name), html.P(found.note or _("What its sites share"))], className="page-head"),
            dcc.Store(id="series-changed"),
            html.Section([html.H2(_("Prices and CO₂")), known], className="panel mb-3"),
            forms.view(region_series_table.WITHDRAW, region_id),
            html.H2(_("Pulled sources"), className="mt-4 mb-3"),
            forms.view(pulled_forms.ADD_SHARED, region_id),
            tables.view(pulled_table.OF_REGION, region_id),
            html.Div(imports.view(FILES, region_id), className="mt-4"),
        ]
    )


@callback(
    Output("series-known", "children"),
    Input("series-changed", "data"),
    State("series-files-of", "data"),
    prevent_initial_call=True,
)
@guard(prices_region())
def say_known(_changed: Any, region_id: str) -> Any:
    """Say anew what there is, after every change."""
    return region_series_table.known(current_scope(), region_id)
