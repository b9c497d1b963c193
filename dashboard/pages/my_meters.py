"""My meters: what each of mine does now and did before; claiming another, releasing one, and what became of my requests."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update, register_page

from config.language import N_, _
from config.settings import settings
from dashboard.account import parts
from dashboard.frame import navigation
from dashboard.my_meters import cards, claiming, history, home, own_budgets
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, meter_holder, residential
from insight import own_home, own_meters
from store.errors import NotFound, StoreAway
from store.scope import Scope

register_page(
    __name__,
    path="/my-meters",
    name=N_("My meters"),
    nav={"section": navigation.MINE, "icon": "lightning-charge"},
)

TICK_S = 5


def _homes(scope: Scope) -> list[own_home.OwnHome]:
    """The homes of a resident; whoever belongs to an organisation has none here."""
    return own_home.homes(scope) if scope.organisation_id is None else []


def _home(scope: Scope) -> html.Div:
    """A resident's home, and its chart; there without one too, empty: callbacks need all of their parts."""
    nothing = [html.Div(id="my-home-facts"), html.Div(id="my-home-chart")]
    try:
        homes = _homes(scope)
    except StoreAway:
        return html.Div([home.away(), dcc.Store(id="my-home-figure"), *nothing])
    shown: list[Any] = [home.panel(homes, reader())] if homes else nothing
    return html.Div(
        [dcc.Store(id="my-home-figure", data=home.chart(homes)), *shown], className="overview mb-3" if homes else None
    )


def _budgets(scope: Scope) -> html.Section | None:
    """A resident's own budgets, for themselves alone."""
    try:
        residential(scope, {})
    except NotFound:
        return None
    return own_budgets.section(scope) if scope.meter_ids else None


@guard(meter_holder)
def layout(**_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    found = own_meters.mine(scope, "", 0)
    search = html.Div(
        [
            html.Label(_("Search my meters"), htmlFor="my-meters-search", className="visually-hidden"),
            dcc.Input(id="my-meters-search", type="search", debounce=0.2, placeholder=_("Search name, number, site")),
        ],
        className="toolbar",
        hidden=found.total <= own_meters.COUNT,
    )
    every_s = max(TICK_S, settings().tick_s)
    drawable = [each for each in found.rows if each.meter.role != "condition"]
    past = history.panel(drawable[0].meter.name if drawable else "")
    return html.Div(
        [
            html.Header([html.H1(_("My meters")), html.P(_("Live, today, and before."))], className="page-head"),
            html.Div(id="my-meters-notice", role="status"),
            dcc.Interval(id="my-meters-interval", interval=every_s * 1000, disabled=not found.total),
            dcc.Store(id="my-meters-shown", data={"first": 0, "asking": None}),
            dcc.Store(id="my-meters-meter", data=drawable[0].meter.id if drawable else None),
            dcc.Store(id="my-meters-figure"),
            _home(scope),
            search,
            html.Div(cards.cards(scope), id="my-meters-cards"),
            # there without a meter too, hidden: callbacks need all of their parts
            html.Div(past, className="overview mt-3 mb-3", hidden=not drawable),
            _budgets(scope),
            claiming.form(scope) if claiming.may_claim(scope) else None,
            parts.section(_("My requests"), html.Div(claiming.requests(scope), id="my-meters-requests")),
        ],
        **data(plotly=static.url("plotly/plotly.min.js"), **({"ticks": f"{every_s:g}"} if found.total else {})),
    )


@callback(
    Output("my-home-facts", "children"),
    Input("my-meters-interval", "n_intervals"),
    prevent_initial_call=True,
)
@guard(meter_holder)
def tell_home(_n: int | None) -> Any:
    """The home's numbers as they are now."""
    try:
        return home.facts(_homes(current_scope()), reader())
    except StoreAway:
        return no_update


for figure, chart in (("my-home-figure", "my-home-chart"), ("my-meters-figure", "my-meters-chart")):
    clientside_callback(ClientsideFunction("live", "draw"), Input(figure, "data"), State(chart, "id"))
clientside_callback(
    ClientsideFunction("live", "custom"), Output("my-meters-range-days", "style"), Input("my-meters-range", "value")
)
