"""The first page of a site with PV and batteries: what it makes and uses now, and over a window of any length."""

from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import solar_asked, solar_forecast, solar_panels, solar_words
from dashboard.energy.solar_asked import Asked
from dashboard.figures.production_demand import Outlook
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.live import panels
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web import arguments, static
from dashboard.web.access import current_scope, guard, site_in
from insight.now import now_of
from insight.periods import on_step
from insight.site_view import SiteView, site_view
from insight.solar_home import solar_home
from store.errors import StoreAway
from store.scope import Scope

NOW_S = 5  # what is asked for within it is of the same moment

register_page(
    __name__,
    path_template="/site/<site_id>/solar",
    name=N_("Solar home"),
    nav={"section": navigation.SITE, "icon": "sun", "place": -1, "kinds": ("pv_battery",)},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    if not seen.meters:
        return html.Div(panels.nothing_metered(scope, site_id), className="overview")
    asked = _asked(site_id, query, seen.zone)
    about = _("How much is produced and used, now and over time?")
    head = html.Header([html.H1(_("Solar home")), html.P(about)], className="page-head")
    return html.Div([head, *_told(scope, seen, asked)], **data(plotly=static.url("plotly/plotly.min.js")))


def _asked(site_id: str, query: dict[str, Any], zone: ZoneInfo) -> Asked:
    return solar_asked.of_address(site_id, query, zone, on_step(clock.now(), NOW_S))


def _told(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    try:
        now, told = now_of(scope, seen.id), solar_home(scope, seen.id, asked.period, asked.step_min * 60)
    except StoreAway as away:
        away_words = _("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away))
        return [solar_panels.tools(asked), notice(away_words, bad=True)]
    read_by = reader()
    return [
        dcc.Store(id="solar-site", data=seen.id),
        dcc.Store(id="solar-query", data=asked.href().partition("?")[2]),
        dcc.Interval(id="solar-interval", interval=solar_panels.refreshed_ms(asked), disabled=not asked.period.live),
        solar_panels.tools(asked),
        html.P(solar_words.says(asked, told, read_by), className="answer", id="solar-says"),
        html.Div(
            [
                html.Section(
                    solar_words.cards(now, asked, told, read_by),
                    id="solar-cards",
                    className="tiles",
                    style={"--columns": "4"},
                    **aria(label=_("Now and in this window")),
                ),
                *solar_panels.panels(seen, asked, told),
            ],
            className="overview solar",
        ),
        solar_forecast.controls(asked),
    ]


@callback(
    Output("solar-says", "children"),
    Output("solar-cards", "children"),
    *[Output(solar_panels.again_of(chart), "data") for chart in solar_panels.CHARTS],
    Input("solar-interval", "n_intervals"),
    Input("solar-ahead", "data"),
    State("solar-site", "data"),
    State("solar-query", "data"),
    prevent_initial_call=True,
)
@guard(site_in())
def again(_n: int | None, ahead: dict[str, Any] | None, site_id: str, query: str) -> tuple[Any, ...]:
    """The same window as time goes on, and with what is forecast."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    asked = _asked(site_id, dict(parse_qsl(query, keep_blank_values=True)), seen.zone)
    told, read_by = solar_home(scope, site_id, asked.period, asked.step_min * 60), reader()
    outlook = arguments.read(ahead, Outlook) if ahead else None
    shown = solar_words.cards(now_of(scope, site_id), asked, told, read_by)
    return solar_words.says(asked, told, read_by), shown, *solar_panels.drawn(seen, asked, told, outlook)


for chart in solar_panels.CHARTS:
    clientside_callback(
        ClientsideFunction("live", "redraw"),
        Output(chart, "title"),
        Input(solar_panels.store_of(chart), "data"),
        State(chart, "id"),
    )
    clientside_callback(
        ClientsideFunction("live", "redraw"),
        Output(chart, "title", allow_duplicate=True),
        Input(solar_panels.again_of(chart), "data"),
        State(chart, "id"),
        prevent_initial_call=True,
    )
