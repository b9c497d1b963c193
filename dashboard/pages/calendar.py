"""The calendar of a site: what each day used and cost, and which days were out of the ordinary."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, clientside_callback, html, register_page

from config import clock, language
from config.language import N_, _
from dashboard.energy import (
    calendar_asked,
    calendar_day,
    calendar_events,
    calendar_grid,
    calendar_words,
    demand_peaks,
    subject_choice,
)
from dashboard.energy.calendar_asked import MONTH, YEAR, Asked
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.live import budgets
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.reports import making
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight import budget, energy_days, subjects
from insight.site_view import SiteView, site_view
from models.report_periods import Span
from store.errors import StoreAway
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/calendar",
    name=N_("Calendar"),
    nav={"section": navigation.SITE, "icon": "calendar3", "place": 10},
)


@guard(site_in())
def layout(site_id: str, of: str = "", view: str = "", day: str = "", **_query: Any) -> html.Div:
    """The page, of what its address names."""
    scope = current_scope()
    seen = site_view(scope, site_id)
    asked = calendar_asked.of_address(site_id, of, view, day, clock.now().astimezone(seen.zone).date())
    about = _("How was each day, what did it cost, and which were out of the ordinary?")
    head = html.Header([html.H1(_("Calendar")), html.P(about)], className="page-head")
    return html.Div([head, *_told(scope, seen, asked)], **data(plotly=static.url("plotly/plotly.min.js")))


def _told(scope: Scope, seen: SiteView, asked: Asked) -> list[Any]:
    if not seen.meters:
        empty = _("No meter yet. Once this site has meters, each of their days is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    told_by, chosen = reader(), subjects.subject(seen, asked.subject_id)
    choice = subject_choice.choice(
        subjects.subjects(seen), chosen.id, lambda each: asked.href(subject_id="" if each == seen.id else each)
    )
    try:
        told = energy_days.energy_days(scope, seen.id, chosen.id, asked.first, asked.last)
        course = energy_days.day_course(scope, seen.id, chosen.id, asked.day) if asked.view == MONTH else None
        faring = budget.month_budgets(scope, seen, asked.first, chosen.id) if asked.view == MONTH else []
    except StoreAway as away:
        away_words = _("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away))
        return [html.Div([choice], className="toolbar"), notice(away_words, bad=True)]
    grid = calendar_grid.month if asked.view == MONTH else calendar_grid.year
    return [
        html.Div([choice, _period(asked), _views(asked), _report(asked)], className="toolbar calendar-tools"),
        html.P(calendar_words.of_all(told, told_by), className="answer", id="calendar-says"),
        *(
            [html.Section(budgets.bars(faring, told_by), className="budgets", **aria(label=_("Budgets of the month")))]
            if faring
            else []
        ),
        grid(asked, told, told_by),
        calendar_grid.legend(),
        html.Details(
            [html.Summary(_("What is usual?")), html.P(calendar_words.rule(told), className="muted wide")], className="mb-3"
        ),
        calendar_day.panel(asked, told, course, seen.zone, told_by),
        *(demand_peaks.section(asked, told, seen.zone, told_by) if asked.view == MONTH else []),
        *(calendar_events.stores(asked) if course else []),
    ]


def _period(asked: Asked) -> html.Nav:
    """The month or year that is shown, and the ways to the ones before and after it."""
    said = language.written(asked.day, "yMMMM") if asked.view == MONTH else f"{asked.day.year}"
    names = (_("Month before"), _("Month after")) if asked.view == MONTH else (_("Year before"), _("Year after"))
    links = [
        html.A(sign, href=asked.href(day=day), className="step", title=words, **aria(label=words), **data(soft=""))
        if day
        else html.Span(sign, className="step", **aria(hidden="true"))
        for sign, day, words in (("‹", asked.before, names[0]), ("›", asked.after, names[1]))
    ]
    now = html.A(_("Today"), href=asked.href(day=asked.today), className="btn btn-sm btn-quiet", **data(soft=""))
    return html.Nav([links[0], html.B(said), links[1], now], className="stepping", **aria(label=_("Period")))


def _views(asked: Asked) -> html.Nav:
    ways = ((MONTH, _("Month")), (YEAR, _("Year")))
    links = [
        html.A(
            words,
            href=asked.href(view=view),
            className="btn btn-sm btn-quiet",
            **data(soft=""),
            **(aria(current="true") if view == asked.view else {}),
        )
        for view, words in ways
    ]
    return html.Nav(links, className="quality-days", **aria(label=_("Month or year")))


def _report(asked: Asked) -> html.A:
    words = _("Report of this month") if asked.view == MONTH else _("Report of this year")
    return making.link(words, asked.site_id, Span(asked.first, asked.last), [asked.subject_id] if asked.subject_id else [])


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(calendar_day.CHART, "title"),
    Input(calendar_day.FIGURE, "data"),
    State(calendar_day.CHART, "id"),
)
calendar_events.callbacks(calendar_day.CHART)
