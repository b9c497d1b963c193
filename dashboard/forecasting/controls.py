"""The forecast's place on the overview: a button, its progress, a way to cancel, and what came of it.

It fills `overview-ahead`, which the chart of production and demand draws, and ticks the forecast among what that shows.
"""

from collections.abc import Callable
from typing import Any

from dash import Input, Output, State, callback, html

from config.settings import settings
from dashboard.forecasting import wording
from dashboard.forecasting.jobs import answers_when_busy
from dashboard.web.access import current_scope, guard, site_in
from insight import cache
from insight.forecast.site_forecast import HOUR_S, Busy, site_forecast
from models.forecast.hours import TooLittleData
from store.errors import NotFound, StoreAway

POLL_MS = 500
AS_IT_IS = {"_dash_no_update": "_dash_no_update"}  # what Dash reads as no_update, in JSON
TOO_MANY = "Too many forecasts are waiting already. Try again in a minute."

Answer = tuple[Any, Any, list[Any]]


def controls() -> html.Div:
    """The button and its surroundings; stands under the chart of production and demand."""
    quiet: dict[str, Any] = {"className": "btn btn-sm btn-quiet", "type": "button"}
    return html.Div(
        [
            html.Button("Forecast the next 24 h", id="overview-forecast-start", **quiet),
            html.Button("Cancel", id="overview-forecast-cancel", hidden=True, **quiet),
            html.Span("", id="overview-forecast-progress", role="status", className="remark"),
            html.Ul([], id="overview-forecast-says", className="remark list-unstyled"),
        ],
        className="forecast",
    )


def _said(*sentences: str) -> list[Any]:
    """The sentences as list items, in plain JSON: a job answers through a file."""
    return [html.Li(words).to_plotly_json() for words in sentences]


def busy() -> Answer:
    """The answer when no further job is started."""
    return AS_IT_IS, AS_IT_IS, _said(TOO_MANY)


@callback(
    Output("overview-ahead", "data"),
    Output("overview-chart-shows", "value"),
    Output("overview-forecast-says", "children"),
    Input("overview-forecast-start", "n_clicks"),
    State("overview-site", "data"),
    State("overview-chart-shows", "value"),
    background=True,
    interval=POLL_MS,
    progress=[Output("overview-forecast-progress", "children")],
    progress_default=[""],
    cancel=[Input("overview-forecast-cancel", "n_clicks")],
    running=[
        (Output("overview-forecast-start", "disabled"), True, False),
        (Output("overview-forecast-cancel", "hidden"), False, True),
    ],
    prevent_initial_call=True,
)
@guard(site_in())
@answers_when_busy(busy)
def overview_forecast(progress: Callable[[str], None], _clicks: int | None, site_id: str, shows: list[str] | None) -> Answer:
    """The site's next 24 hours; runs in a process of its own (`dashboard.forecasting.job`)."""
    progress("Starting")
    try:
        made = site_forecast(current_scope(), site_id, settings(), cache.forecasts(settings()), progress)
    except Busy as busy_:
        return AS_IT_IS, AS_IT_IS, _said(str(busy_))
    except TooLittleData as why:
        return None, AS_IT_IS, _said(f"No forecast yet: {why}.")
    except NotFound:
        return None, AS_IT_IS, _said("This site is not there, or not yours to see.")
    except StoreAway:
        return AS_IT_IS, AS_IT_IS, _said("Loadstar cannot reach its store. Try again in a moment.")
    return ahead(made), sorted({*(shows or ()), "forecast"}), _said(*wording.lines(made))


def ahead(made: dict[str, Any]) -> dict[str, Any]:
    """What the chart draws of it, as `dashboard.figures.production_demand.Outlook` takes it."""
    drawn = ("start", "mean", "low", "high")
    said = {name: made[name] for name in ("demand", "production") if made.get(name)}
    return {name: {part: one[part] for part in drawn} | {"step_s": HOUR_S} for name, one in said.items()}
