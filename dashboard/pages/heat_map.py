"""The heat map of a site: at which hours of which days energy was used, and by which of its buildings, day by day."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import heat_asked, heat_buildings, heat_choices, heat_hours, subject_choice, ways
from dashboard.energy.heat_asked import BUILDINGS, COUNTS, VIEWS, Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web.access import current_scope, guard, site_in
from insight import heat_map, subjects
from insight.heat_map import BuiltByDay
from insight.site_view import SiteView, site_view
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/heat-map",
    name=N_("Heat map"),
    nav={"section": navigation.SITE, "icon": "heat-map", "place": 14},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    asked = heat_asked.of_address(site_id, query, clock.now().astimezone(seen.zone).date())
    head = html.Header([html.H1(_("Heat map")), html.P(_("When, and where, is most energy used?"))], className="page-head")
    if not seen.meters:
        empty = _("No meter yet. Once this site has meters, when and where they tell of most is here.")
        return html.Div([head, html.Div(html.P(empty, role="status"), className="panel table-empty")])
    return html.Div([head, *_told(scope, seen, asked)])


def _told(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    tools: list[Any] = [
        ways.row(_("What is shown"), {asked.href(view=view): _(words) for view, words in VIEWS.items()}, asked.href())
    ]
    if asked.view != BUILDINGS:
        chosen = subjects.subject(seen, asked.subject_id)
        tools.append(
            subject_choice.choice(
                subjects.subjects(seen), chosen.id, lambda each: asked.href(subject_id="" if each == seen.id else each)
            )
        )
    counts = {asked.of_days(count): _("%(count)s days", count=count) for count in COUNTS}
    period = ways.stepping((asked.first, asked.last), asked.before(), asked.after(), asked.href(last=asked.today))
    tools += [period, ways.row(_("Days"), counts, asked.href())]
    try:
        content = (_buildings if asked.view == BUILDINGS else _hours)(scope, seen, asked)
    except StoreAway as away:
        words = _("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away))
        content = [notice(words, bad=True)]
    return [html.Div(tools, className="toolbar calendar-tools"), *content]


def _hours(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    told, read_by = heat_map.hours_by_day(scope, seen.id, asked.subject_id, asked.first, asked.last), reader()
    note = _(
        "Mean power of each hour in %(unit)s, by the site's clock. A day leads to its page in the calendar.",
        unit=heat_hours.unit(told),
    )
    return [
        html.P(heat_hours.says(told, read_by), className="answer", id="heat-says"),
        heat_hours.table(asked, told, read_by),
        heat_choices.scales(asked),
        html.P(note, className="muted small"),
    ]


def _buildings(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    told = heat_map.built_by_day(scope, seen.id, asked.first, asked.last)
    if not told.every:
        empty = _("Nothing that uses energy is drawn on this site. Once its graph has uses, each of them is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    note = _("The colours compare all of these days, so that a day on which much was used looks so.")
    return [
        dcc.Store(id="heat-site", data=asked.site_id),
        dcc.Store(id="heat-asked", data={"query": asked.said, "dates": [f"{day}" for day in told.dates]}),
        _days(asked, told),
        html.Div(heat_buildings.shown(asked, told, reader()), id="heat-shown", **data(scale=asked.scale)),
        html.P(note, className="muted small"),
    ]


def _days(asked: Asked, told: BuiltByDay) -> html.Div:
    """The slider of days, and the button that plays them."""
    last = len(told.dates) - 1
    at = max(0, min((asked.day - told.dates[0]).days, last))
    slider = dbc.Input(id="heat-day", type="range", min=0, max=last, step=1, value=at, className="form-range")
    look: dict[str, Any] = {"type": "button", "className": "btn btn-sm btn-quiet"}
    plays = html.Button(_("Play"), **look, **data(plays="heat-day"), **aria(pressed="false"))
    return html.Div([plays, html.Label([html.Span(_("Day")), slider], className="choice")], className="day-slider")


@callback(
    Output("heat-shown", "children"),
    Input("heat-day", "value"),
    State("heat-asked", "data"),
    State("heat-site", "data"),
    prevent_initial_call=True,
)
@guard(site_in())
def walked(at: str | int | None, kept: dict[str, Any] | None, site_id: str) -> list[Any]:
    """The buildings on another of the days."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    query = (kept or {}).get("query")
    asked = heat_asked.of_address(site_id, query if isinstance(query, dict) else {}, clock.now().astimezone(seen.zone).date())
    told = heat_map.built_by_day(scope, site_id, asked.first, asked.last)
    return heat_buildings.shown(asked.on(told.dates, at), told, reader())


clientside_callback(
    ClientsideFunction("days", "keep"), Input("heat-day", "value"), State("heat-asked", "data"), prevent_initial_call=True
)
