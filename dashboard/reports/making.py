"""Asking for a report: of what, of which days, with which parts; how far it is, and a way to call it off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, dcc, html, no_update

from config import clock
from config.language import N_, _
from dashboard.parts import written
from dashboard.parts.aria import aria, data
from dashboard.parts.notices import notice
from dashboard.plant import wiring
from dashboard.reports.kept_table import path
from dashboard.web.access import current_scope, guard, site_in
from dashboard.web.jobs import runs, said
from insight.site_view import SiteView
from insight.subjects import subjects as subjects_of
from models import report_periods
from models.report_asked import DAYS, PARTS, Asked
from models.report_periods import CUSTOM, KINDS, MONTH, Span
from reporting import naming
from store.errors import Refused
from store.records.jobs.kinds import REPORT, OfReport
from store.records.schema import Job

POLL_MS = 500
TOO_MANY = N_("You have asked for many reports: wait until some of them are made.")
USUAL_PARTS = tuple(each for each in PARTS if each != DAYS)


@dataclass(frozen=True, slots=True)
class Filters:
    """What an address asks for: `first` is a day of the period, or the first of other days, `last` the last of these."""

    subjects: tuple[str, ...]
    kind: str
    first: date
    last: date
    parts: tuple[str, ...]


def of_address(given: Mapping[str, str], today: date) -> Filters:
    """What an address means, whatever stands in it: without more the last month of the whole site."""
    kind = given.get("period", "")
    kind = kind if kind in KINDS else MONTH
    usual = report_periods.ended(MONTH, today)
    first = _day(given.get("from", "")) or usual.first
    parts = tuple(each for each in PARTS if each in given.get("parts", "").split(","))
    chosen = tuple(each for each in given.get("of", "").split(",") if each)
    return Filters(chosen, kind, first, _day(given.get("to", "")) or max(first, usual.last), parts or USUAL_PARTS)


def href(site_id: str, asked: Asked | Filters) -> str:
    """The address of filters, or of those that a report was made with."""
    said = {
        "of": ",".join(asked.subjects),
        "period": asked.kind,
        "from": f"{asked.first}",
        "to": f"{asked.last}" if asked.kind == CUSTOM else "",
        "parts": ",".join(asked.parts),
    }
    return f"/site/{site_id}/reports?{urlencode({name: each for name, each in said.items() if each})}"


def link(words: str, site_id: str, days: Span, subjects: Sequence[str] = ()) -> html.A:
    """A way from another page to the report of what that shows."""
    of = Filters(tuple(subjects), report_periods.kind_of(days), days.first, days.last, ())
    return html.A(words, href=href(site_id, of), className="btn btn-sm btn-quiet", **data(soft=""))


def view(seen: SiteView, asked: Filters) -> html.Section:
    """The filters, the button, and how far it is."""
    every = [each for each in subjects_of(seen) if each.kind != "site"]
    chosen = [each.id for each in every if each.id in asked.subjects]
    kinds = [{"label": _(words), "value": kind} for kind, words in naming.KINDS.items()]
    parts = [{"label": _(words), "value": part} for part, words in naming.PARTS.items()]
    of_what = html.Details(
        [
            html.Summary(_("Only some buildings or meters")),
            dbc.Checklist(
                id="report-subjects",
                options=[{"label": each.name, "value": each.id} for each in every],
                value=chosen,
                className="report-choices",
            ),
        ],
        open=bool(chosen),
    )
    # Which of them are shown follows from the period that is chosen (`assets/css/63-reports.css`).
    first = [html.Span(_("A day of it"), className="of-period"), html.Span(_("First day"), className="of-days")]
    fields = [
        _field("report-kind", _("Period"), dbc.Select(id="report-kind", options=kinds, value=asked.kind)),
        _field("report-first", first, _date("report-first", asked.first)),
        html.Div(_field("report-last", _("Last day"), _date("report-last", asked.last)), className="of-days"),
    ]
    shown = html.Fieldset(
        [
            html.Legend(_("Parts"), className="form-label"),
            dbc.Checklist(id="report-parts", options=parts, value=[*asked.parts], inline=True),
        ]
    )
    quiet: dict[str, Any] = {"className": "btn btn-quiet", "type": "button"}
    return html.Section(
        [
            html.H2(_("Create a report"), className="h5", id="report-make-title"),
            dcc.Store(id="report-site", data=seen.id),
            html.Div(fields, className="fields"),
            of_what,
            shown,
            html.Div(
                [
                    html.Button(_("Create report"), id="report-make", className="btn btn-primary", type="button"),
                    html.Button(_("Cancel"), id="report-cancel", hidden=True, **quiet),
                    html.Span("", id="report-progress", role="status", className="remark"),
                ],
                className="choices mt-3",
            ),
            html.Div(id="report-said", role="status"),
            dcc.Location(id="report-go", refresh=True),
        ],
        className="panel asks mb-3 report-make",
        **aria(labelledby="report-make-title"),
    )


def _field(name: str, words: Any, control: Any) -> html.Div:
    return html.Div([html.Label(words, htmlFor=name, className="form-label"), control], className="field")


def _date(name: str, value: date) -> dbc.Input:
    return dbc.Input(id=name, type="date", value=f"{value}", max="2199-12-31")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _arguments(
    _clicks: int | None,
    site_id: str,
    subjects: Sequence[str] | None,
    kind: str | None,
    first: str | None,
    last: str | None,
    parts: Sequence[str] | None,
) -> OfReport:
    """What the job is told.

    Raises:
        Refused: there is no such period, or none of it is over.
    """
    day, kind = written.day(first), kind if kind in KINDS else MONTH
    if day is None:
        raise Refused(_("Choose a day of the period."))
    span = Span(day, written.day(last) or day) if kind == CUSTOM else report_periods.holding(kind, day)
    today = clock.now().astimezone(wiring.zone(current_scope(), site_id)).date()
    if span.last < span.first:
        raise Refused(_("The last day is before the first."))
    if report_periods.over(span, today) is None:
        raise Refused(_("No day of this period is over yet: choose one that has begun."))
    shown = tuple(each for each in PARTS if each in (parts or ()))
    try:
        return OfReport.of(Asked(site_id, kind, span.first, span.last, tuple(subjects or ()), shown))
    except ValueError:
        raise Refused(_("A report is of two years and of fifty buildings and meters at the most: choose fewer.")) from None


def _progress(job: Job) -> str:
    if not job.progress:
        return _("Waiting for its turn")
    return _("%(percent)s %% done", percent=int(100 * job.progress))


@callback(
    Output("report-said", "children"),
    Output("report-go", "href"),
    Input("report-make", "n_clicks"),
    State("report-site", "data"),
    State("report-subjects", "value"),
    State("report-kind", "value"),
    State("report-first", "value"),
    State("report-last", "value"),
    State("report-parts", "value"),
    background=True,
    interval=POLL_MS,
    progress=[Output("report-progress", "children")],
    progress_default=[""],
    cancel=[Input("report-cancel", "n_clicks")],
    running=[
        (Output("report-make", "disabled"), True, False),
        (Output("report-cancel", "hidden"), False, True),
    ],
    prevent_initial_call=True,
)
@guard(site_in())
@runs(REPORT, _arguments, progress=_progress, busy=lambda: (notice(_(TOO_MANY), bad=True), no_update))
def make_report(
    job: Job,
    _clicks: int | None,
    site_id: str,
    subjects: list[str] | None,  # noqa: ARG001 - the job's, as all that follow
    kind: str | None,  # noqa: ARG001
    first: str | None,  # noqa: ARG001
    last: str | None,  # noqa: ARG001
    parts: list[str] | None,  # noqa: ARG001
) -> Any:
    """On to the report that was made, or why there is none."""
    if job.state == "failed":
        return notice(said(job.problem), bad=True), no_update
    return no_update, path(site_id, job.result["report_id"])
