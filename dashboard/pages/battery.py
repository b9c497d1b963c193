"""The batteries of a site: how full they were, what went through them, how they age, and what they were worth."""

from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, clientside_callback, html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import battery_panels, battery_words
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import days
from dashboard.parts.aria import data
from dashboard.parts.days import Days
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import battery
from insight.battery import Batteries
from insight.site_view import site_view
from store.errors import StoreAway
from store.scope import Scope


def _has_batteries(scope: Scope, site_id: str) -> bool:
    return bool(battery.storages(site_view(scope, site_id)))


register_page(
    __name__,
    path_template="/site/<site_id>/battery",
    name=N_("Battery"),
    nav={"section": navigation.SITE, "icon": "battery-half", "place": 25, "fits": _has_batteries},
)


@guard(site_in())
def layout(site_id: str, of: str = "", until: str = "", **query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    zone = site_view(scope, site_id).zone
    today = clock.now().astimezone(zone).date()
    shown = days.of_address(str(query.get("days", "")), until, today)
    about = _("How full were the batteries, what went through them, and was it worth it?")
    head = html.Header([html.H1(_("Battery")), html.P(about)], className="page-head")
    path = f"/site/{site_id}/battery"
    rows = [days.choice(path, shown, today, {"of": of})]
    return html.Div([head, *rows, *_told(scope, site_id, of, shown, zone)], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, site_id: str, of: str, shown: Days, zone: ZoneInfo) -> list[Any]:
    path = f"/site/{site_id}/battery"
    try:
        told = battery.batteries(scope, site_id, shown.first, shown.last)
    except StoreAway as away:
        return [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    if not told.every:
        empty = _("No battery is drawn on this site. Once its graph has a storage of electricity, its figures are here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    chosen, read_by = told.battery(of), reader()
    return [
        *([_choice(path, of, told, shown)] if len(told.every) > 1 else []),
        html.P(battery_words.says(chosen, told, read_by), className="answer", id="battery-says"),
        battery_panels.panels(path, shown, told, chosen, zone, read_by),
        html.Details(
            [
                html.Summary(_("How are these figures found?")),
                *[html.P(each, className="muted wide") for each in battery_words.meanings()],
            ],
            className="mt-3",
        ),
    ]


def _choice(path: str, of: str, told: Batteries, shown: Days) -> html.Div:
    named = {"": _("All batteries together")} | {each.id: each.name for each in told.every}
    options = [{"label": words, "value": days.address(path, shown, {"of": each})} for each, words in named.items()]
    select = dbc.Select(options=options, value=days.address(path, shown, {"of": of}), size="sm", id="battery-of")
    return html.Div(html.Label([html.Span(_("Battery")), select], className="choice", **data(go="")), className="toolbar")


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(battery_panels.CHART, "title"),
    Input(battery_panels.FIGURE, "data"),
    State(battery_panels.CHART, "id"),
)
