"""The history of a site, one of its nodes or a meter: how much was used over some days, when, and where that is going."""

from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Input, Output, State, clientside_callback, html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import history_asked, history_panels, history_words, subject_choice, ways
from dashboard.energy.history_asked import COUNTS, Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts.aria import data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.reports import making
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import history, subjects
from insight.site_view import SiteView, site_view
from models.report_periods import Span
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/history",
    name=N_("History"),
    nav={"section": navigation.SITE, "icon": "graph-up", "place": 12},
)


@guard(site_in())
def layout(site_id: str, **query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    asked = history_asked.of_address(site_id, query, clock.now().astimezone(seen.zone).date())
    about = _("How much was used over time, when was most of it, and where is it going?")
    head = html.Header([html.H1(_("History")), html.P(about)], className="page-head")
    return html.Div([head, *_told(scope, seen, asked)], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    if not seen.meters:
        empty = _("No meter yet. Once this site has meters, what they did over time is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    chosen = subjects.subject(seen, asked.subject_id)
    choice = subject_choice.choice(
        subjects.subjects(seen), chosen.id, lambda each: asked.href(subject_id="" if each == seen.id else each)
    )
    period = ways.stepping((asked.first, asked.last), asked.before(), asked.after(), asked.newest())
    counts = {asked.of_days(count): _("%(count)s days", count=count) for count in COUNTS}
    of = [asked.subject_id] if asked.subject_id else []
    report = making.link(_("Report of these days"), seen.id, Span(asked.first, asked.last), of)
    rows = [choice, period, ways.row(_("Days"), counts, asked.href()), _own_days(asked), report]
    tools = html.Div(rows, className="toolbar calendar-tools")
    try:
        told = history.history(scope, seen.id, chosen.id, asked.first, asked.last, asked.show)
    except StoreAway as away:
        return [tools, notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    read_by = reader()
    return [
        tools,
        html.P(history_words.says(told, asked.days, seen.zone, read_by), className="answer", id="history-says"),
        history_panels.panels(asked, told, seen.zone, read_by),
        html.Details([html.Summary(_("What do these figures mean?")), html.P(_meanings(), className="muted wide")]),
    ]


def _own_days(asked: Asked) -> html.Form:
    """Two days of one's own, up to a year apart; a form of the browser's own."""
    date: dict[str, Any] = {"type": "date", "size": "sm", "required": True, "max": f"{asked.today}"}
    kept = [dbc.Input(type="hidden", name=name, value=words) for name, words in asked.said.items() if words]
    first = html.Label([html.Span(_("First day")), dbc.Input(name="first", value=f"{asked.first}", **date)], className="choice")
    last = html.Label([html.Span(_("Last day")), dbc.Input(name="last", value=f"{asked.last}", **date)], className="choice")
    show = html.Button(_("Show"), type="submit", className="btn btn-sm btn-quiet")
    return html.Form([*kept, first, last, show], action=asked.path, method="GET", className="days", **data(go=""))


def _meanings() -> str:
    return _(
        "Base load is what is drawn nearly always: the 2.5th percentile of the mean powers. The load factor is the mean power "
        "as a share of the highest. A trend compares days of the same weekday alone, and is named only when it is clearer than "
        "their scatter (seasonal Kendall test at 5 %). System efficiency is what was used, stored or fed into the grid, as a "
        "share of what sources, the grid and storages gave; the rest was lost at nodes that are measured all around. Load % is "
        "what was carried as a share of what the grid connection, or the node, is rated for. The days before are as many, up to "
        "the same time."
    )


for chart in history_panels.CHARTS:
    clientside_callback(
        ClientsideFunction("live", "redraw"),
        Output(chart, "title"),
        Input(history_panels.store_of(chart), "data"),
        State(chart, "id"),
    )
