"""A report as it was made, with what has changed since, and the files of it."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.notices import notice
from dashboard.reports import making, shown
from dashboard.reports.kept_table import path
from dashboard.reports.opened import opened
from dashboard.web import static
from dashboard.web.access import current_scope, guard, site_in
from insight.reports.numbers import Report, Total
from insight.reports.since import since
from reporting import telling
from reporting.reader import Reader
from store.errors import NotFound, StoreAway

FILES = (("pdf", N_("PDF")), ("xlsx", N_("Excel")), ("csv", N_("CSV")))

register_page(__name__, path_template="/site/<site_id>/report/<report_id>", name=N_("Report"))


@guard(site_in())
def layout(site_id: str, report_id: str, **_query: Any) -> html.Div:
    """The page of one report."""
    found = opened(current_scope(), site_id, report_id)
    told = found.document
    head = html.Header([html.H1(f"{told.subject}, {told.period}"), html.P(told.title)], className="page-head")
    return html.Div(
        [
            head,
            _tools(site_id, report_id, found.numbers),
            dcc.Store(id="report-site", data=site_id),
            dcc.Store(id="report-of", data=report_id),
            html.Div(id="report-since", role="status"),
            *shown.document(told, found.reader),
        ],
        **data(plotly=static.url("plotly/plotly.min.js")),
    )


def _tools(site_id: str, report_id: str, numbers: Report) -> html.Nav:
    quiet: dict[str, Any] = {"className": "btn btn-sm btn-quiet"}
    files = [
        html.A([icon("arrow-down"), _(words)], href=f"{path(site_id, report_id)}.{ending}", download="", **quiet)
        for ending, words in FILES
    ]
    again = html.A(_("Create it anew"), href=making.href(site_id, numbers.asked), **data(soft=""), **quiet)
    every = html.A(_("All reports"), href=f"/site/{site_id}/reports", **data(soft=""), **quiet)
    return html.Nav([*files, again, every], className="toolbar no-print", **aria(label=_("Report")))


@callback(Output("report-since", "children"), Input("report-of", "data"), State("report-site", "data"))
@guard(site_in())
def changed(report_id: str, site_id: str) -> Any:
    """Whether its numbers would be others now: late readings, corrections, tariffs."""
    scope = current_scope()
    found = opened(scope, site_id, report_id)
    try:
        another = since(scope, found.numbers)
    except NotFound:  # a building that is gone, for instance
        return notice(_("What this report is of is not there any more. Its numbers are those of when it was made."), bad=True)
    except StoreAway as away:
        return notice(_("Whether its numbers have changed cannot be asked for now: %(why)s", why=sentence(away)), bad=True)
    if another is None:
        return None
    return notice(_since(found.numbers, found.reader, another.now), bad=True)


def _since(report: Report, reader: Reader, now: Total) -> str:
    told = report.told
    pairs = (
        (_("Energy"), telling.energy(told.kwh, reader), telling.energy(now.kwh, reader)),
        (_("Cost"), reader.money(told.cost, report.currency), reader.money(now.cost, report.currency)),
        ("CO₂", telling.amount(told.co2_kg, "kg", reader), telling.amount(now.co2_kg, "kg", reader)),
        (
            _("CO₂, market-based"),
            telling.amount(told.market_co2_kg, "kg", reader),
            telling.amount(now.market_co2_kg, "kg", reader),
        ),
    )
    differing = [each for each in pairs if each[1] != each[2]]
    changes = [_("%(what)s was %(then)s and is %(now)s", what=what, then=then, now=is_now) for what, then, is_now in differing]
    said = _("Numbers have changed since this report was made, by late readings, corrections, tariffs or CO₂ factors.")
    return f"{said} {'; '.join(changes)}." if changes else said


clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(shown.CHART, "title"),
    Input(shown.FIGURE, "data"),
    State(shown.CHART, "id"),
)
