"""The forecast's place on the overview: its progress, a way to cancel, and what came of it.

It is asked for by ticking it among what the chart of production and demand shows (`assets/live/40-overview.js`), and fills
`overview-ahead`, which that chart draws.
"""

from typing import Any

from dash import Input, Output, State, callback, dcc, html, no_update

from config.language import N_, _, told
from dashboard.forecasting import wording
from dashboard.web.access import guard, site_in
from dashboard.web.jobs import runs, said
from insight.forecast.site_forecast import HOUR_S
from store.records.jobs.kinds import SITE_FORECAST, OfSite
from store.records.schema import Job

POLL_MS = 500
TOO_MANY = N_("Too many forecasts are waiting already. Try again in a minute.")

Answer = tuple[Any, list[Any]]


def controls() -> html.Div:
    """What is told of a forecast; stands under the chart of production and demand."""
    quiet: dict[str, Any] = {"className": "btn btn-sm btn-quiet", "type": "button"}
    return html.Div(
        [
            dcc.Store(id="overview-forecast-start"),
            html.Button(_("Cancel"), id="overview-forecast-cancel", hidden=True, **quiet),
            html.Span("", id="overview-forecast-progress", role="status", className="remark"),
            html.Ul([], id="overview-forecast-says", className="remark list-unstyled"),
        ],
        className="forecast",
    )


def _sentences(*sentences: str) -> list[html.Li]:
    return [html.Li(words) for words in sentences]


def busy() -> Answer:
    """The answer when no further job is taken."""
    return no_update, _sentences(_(TOO_MANY))


@callback(
    Output("overview-ahead", "data"),
    Output("overview-forecast-says", "children"),
    Input("overview-forecast-start", "data"),
    State("overview-site", "data"),
    background=True,
    interval=POLL_MS,
    progress=[Output("overview-forecast-progress", "children")],
    progress_default=[""],
    cancel=[Input("overview-forecast-cancel", "n_clicks")],
    running=[
        (Output("overview-forecast-cancel", "hidden"), False, True),
    ],
    prevent_initial_call=True,
)
@guard(site_in())
@runs(
    SITE_FORECAST,
    lambda _asked, site_id: OfSite(site_id),
    progress=lambda job: wording.stage(job.message),
    busy=busy,
)
def overview_forecast(job: Job, _asked: float | None, site_id: str) -> Answer:  # noqa: ARG001 - the rule's
    """What came of the forecast of the site's next 24 hours."""
    return outcome(job)


def outcome(job: Job) -> Answer:
    """What came of a forecast that is over: what a chart draws of it, and its sentences."""
    if job.state == "failed":
        return no_update, _sentences(said(job.problem))
    if "too_little" in job.result:
        return None, _sentences(_("No forecast yet: %(reason)s.", reason=told(job.result["too_little"])))
    made = job.result["forecast"]
    return ahead(made), _sentences(*wording.lines(made))


def ahead(made: dict[str, Any]) -> dict[str, Any]:
    """What the chart draws of it, as `dashboard.figures.production_demand.Outlook` takes it."""
    drawn = ("start", "mean", "low", "high")
    said = {name: made[name] for name in ("demand", "production") if made.get(name)}
    return {name: {part: one[part] for part in drawn} | {"step_s": HOUR_S} for name, one in said.items()}
