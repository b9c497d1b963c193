"""The power quality of a site: its supply now, and a week of it against the limits of EN 50160 or of the site."""

from datetime import timedelta
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from config import clock, language
from config.language import N_, _
from dashboard.energy import supply_asked, supply_chart, supply_now, supply_tables, supply_words
from dashboard.energy.supply_asked import Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import power_quality
from insight.now import Now, now_of
from insight.site_view import Meter
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/power-quality",
    name=N_("Power quality"),
    nav={"section": navigation.SITE, "icon": "lightning-charge", "place": 30, "fits": power_quality.is_told},
)

EVERY_MS = 5_000


@guard(site_in())
def layout(site_id: str, of: str = "", week: str = "", show: str = "", event: str = "", **_query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    about = _("Was the supply as it should be: voltages, frequency, unbalance?")
    head = html.Header([html.H1(_("Power quality")), html.P(about)], className="page-head")
    try:
        told = _told(scope, site_id, of, week, show, event)
    except StoreAway as away:
        told = [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    return html.Div([head, *told], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, site_id: str, of: str, week: str, show: str, event: str) -> list[Any]:
    now = now_of(scope, site_id)
    meter = power_quality.chosen(now, of)
    if meter is None:
        empty = _(
            "No meter of this site tells of its supply yet. Once one posts voltage_v, or voltage_l1_v to voltage_l3_v, "
            "frequency_hz or unbalance_pct, its weeks are here."
        )
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    told_by, zone = reader(), now.view.zone
    asked = supply_asked.of_address(site_id, of, week, show, event, clock.now().astimezone(zone).date())
    found = power_quality.week(scope, site_id, meter.id, asked.monday)
    asked = supply_asked.at_its_event(asked, found.excursions)
    besides = supply_tables.besides(found, zone.key, told_by)
    return [
        html.Div([_meters(now, meter, asked), _weeks(asked)], className="toolbar calendar-tools"),
        html.P(supply_words.of_week(found, told_by), className="answer", id="supply-says"),
        html.H2(_("Now"), className="visually-hidden"),
        html.Div(supply_now.tiles(now, meter.id, told_by), className="tiles supply-now mb-3", id="supply-now"),
        dcc.Interval(id="supply-interval", interval=EVERY_MS),
        dcc.Store(id="supply-site", data=site_id),
        dcc.Store(id="supply-of", data=meter.id),
        html.H2(_("Limits of the week"), className="part"),
        supply_tables.rules(found, told_by),
        html.Details(
            [
                html.Summary(_("How is this counted, and what is indicative?")),
                *(html.P(each, className="muted wide") for each in supply_words.explained()),
            ],
            className="my-3",
        ),
        html.H2(_("Outside the limits"), className="part"),
        *supply_tables.excursions(found, asked, zone.key, told_by),
        supply_chart.panel(scope, now.view, found, asked, told_by),
        *([html.H2(_("Also measured"), className="part"), besides] if besides else []),
    ]


def _meters(now: Now, meter: Meter, asked: Asked) -> html.Label:
    """A native choice of the meter, which leads to its week."""
    every = power_quality.meters(now)
    options = [{"label": each.name, "value": asked.href(meter_id="" if each is every[0] else each.id)} for each in every]
    value = asked.href(meter_id="" if meter is every[0] else meter.id)
    select = dbc.Select(options=options, value=value, size="sm", id="supply-meter")
    return html.Label([html.Span(_("Supply at")), select], className="choice", **data(go=""))


def _weeks(asked: Asked) -> html.Nav:
    """The week that is shown, and the ways to the ones before and after it."""
    first, last = (language.written(day, "yMMMd") for day in (asked.monday, asked.monday + timedelta(days=6)))
    ways = (("‹", asked.before, _("Week before")), ("›", asked.after, _("Week after")))
    links = [
        html.A(sign, href=asked.href(monday=day), className="step", title=words, **aria(label=words), **data(soft=""))
        if day
        else html.Span(sign, className="step", **aria(hidden="true"))
        for sign, day, words in ways
    ]
    this = power_quality.monday_of(asked.today)
    now = html.A(_("This week"), href=asked.href(monday=this), className="btn btn-sm btn-quiet", **data(soft=""))
    said = html.B(_("%(first)s to %(last)s", first=first, last=last))
    return html.Nav([links[0], said, links[1], now], className="stepping", **aria(label=_("Week")))


@callback(
    Output("supply-now", "children"),
    Input("supply-interval", "n_intervals"),
    State("supply-site", "data"),
    State("supply-of", "data"),
    prevent_initial_call=True,
)
@guard(site_in())
def again(_n: int | None, site_id: str, meter_id: str) -> Any:
    """The values of this moment."""
    now = now_of(current_scope(), site_id)
    meter = power_quality.chosen(now, meter_id)
    return supply_now.tiles(now, meter.id, reader()) if meter else []


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(supply_chart.CHART, "title"),
    Input(supply_chart.FIGURE, "data"),
    State(supply_chart.CHART, "id"),
)
clientside_callback(
    ClientsideFunction("live", "happened"),
    Output(f"{supply_chart.CHART}-note", "title"),
    Input(supply_chart.HAPPENED, "data"),
    State(supply_chart.CHART, "id"),
)
