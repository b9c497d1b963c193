"""The next 24 hours of a solar home: asked for by its address, computed by a job, with its progress and a way to cancel it."""

from typing import Any

from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html

from config.language import _
from dashboard.energy.solar_asked import Asked
from dashboard.forecasting import wording
from dashboard.forecasting.controls import POLL_MS, Answer, busy, outcome
from dashboard.web.access import guard, site_in
from dashboard.web.jobs import runs
from store.records.jobs.kinds import SITE_FORECAST, OfSite
from store.records.schema import Job


def controls(asked: Asked) -> html.Div:
    """What is told of the forecast; it begins as soon as the page is there that asks for one."""
    quiet: dict[str, Any] = {"className": "btn btn-sm btn-quiet", "type": "button"}
    return html.Div(
        [
            dcc.Store(id="solar-wanted", data=asked.now.timestamp() if asked.ahead else None),
            dcc.Store(id="solar-start"),
            dcc.Store(id="solar-ahead"),
            html.Button(_("Cancel"), id="solar-cancel", hidden=True, **quiet),
            html.Span("", id="solar-progress", role="status", className="remark"),
            html.Ul([], id="solar-forecast-says", className="remark list-unstyled"),
        ],
        className="forecast",
    )


clientside_callback(ClientsideFunction("live", "asks"), Output("solar-start", "data"), Input("solar-wanted", "data"))


@callback(
    Output("solar-ahead", "data"),
    Output("solar-forecast-says", "children"),
    Input("solar-start", "data"),
    State("solar-site", "data"),
    background=True,
    interval=POLL_MS,
    progress=[Output("solar-progress", "children")],
    progress_default=[""],
    cancel=[Input("solar-cancel", "n_clicks")],
    running=[(Output("solar-cancel", "hidden"), False, True)],
    prevent_initial_call=True,
)
@guard(site_in())
@runs(SITE_FORECAST, lambda _asked, site_id: OfSite(site_id), progress=lambda job: wording.stage(job.message), busy=busy)
def forecast(job: Job, _asked: float | None, site_id: str) -> Answer:  # noqa: ARG001 - the rule's
    """What came of it."""
    return outcome(job)
