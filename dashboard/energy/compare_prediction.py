"""How a dataset of a comparison goes on: asked for by its chip, computed by a job, with its progress and a way to cancel it."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, no_update

from config import clock, language
from config.language import N_, _
from dashboard.energy import calendar_words, compare_asked, compare_chart
from dashboard.energy.compare_asked import Asked
from dashboard.energy.compare_chart import CHART, FIGURE, FIGURE_AHEAD, Predicted
from dashboard.figures import wording
from dashboard.forecasting.wording import WAITS, percent
from dashboard.parts.reading import reader
from dashboard.web import arguments
from dashboard.web.access import current_scope, guard, site_in
from dashboard.web.jobs import runs, said
from insight import comparison
from insight.site_view import site_view
from store.records.jobs.kinds import PREDICTION, OfDays
from store.records.schema import Job

POLL_MS = 500
BAND = N_("Band: expected to contain 90 % of days.")
TOO_MANY = N_("Too many predictions are waiting already. Try again in a minute.")
TOO_FEW = N_("There is nothing to predict from: less than a week of days is known before them.")


class Days(msgspec.Struct, frozen=True):
    """The days that are asked for, as the page keeps them."""

    ids: tuple[str, ...]
    first: date
    last: date


def controls(asked: Asked) -> html.Div:
    """What is told of a prediction; it begins as soon as the page is there that asks for one."""
    ahead = asked.wanted().ahead
    days = None
    if ahead:
        days = {"ids": list(asked.datasets[ahead.of].ids), "first": str(ahead.first), "last": str(ahead.last)}
    quiet: dict[str, Any] = {"className": "btn btn-sm btn-quiet", "type": "button"}
    return html.Div(
        [
            dcc.Store(id="compare-site", data=asked.site_id),
            dcc.Store(id="compare-query", data=asked.href().partition("?")[2]),
            dcc.Store(id="compare-ahead", data=days),
            dcc.Store(id="compare-predict"),
            dcc.Store(id="compare-predicted"),
            html.Button(_("Cancel"), id="compare-cancel", hidden=True, **quiet),
            html.Span("", id="compare-progress", role="status", className="remark"),
            html.Ul([], id="compare-predict-says", className="remark list-unstyled"),
        ],
        className="forecast",
    )


def stage(told: Mapping[str, Any] | None) -> str:
    """What is being done, as `worker.tasks.prediction` tells it."""
    if told is None:
        return _(WAITS)
    if told["stage"] == "reading":
        return _("Reading the days before")
    return _("Trying way %(number)s of %(total)s", number=told["tried"] + 1, total=told["of"])


def says(told: Mapping[str, Any]) -> list[html.Li]:
    """What came of it: the energy of all days, by which way, how far off that was, and what the band means."""
    days = [date.fromisoformat(told[name]) for name in ("first", "last")]
    first, last = (language.written(each, "yMMMd") for each in days)
    energy = calendar_words.energy(sum(told["mean"]), reader())
    sentences = [
        _("Predicted from %(first)s to %(last)s: %(energy)s.", first=first, last=last, energy=energy),
        _("By %(model)s, of %(days)s days that are known.", model=language.told(told["model"]), days=told["days"]),
    ]
    if told["wape"] is not None:
        values = {name: percent(told[name]) for name in ("wape", "naive", "off") if told[name] is not None}
        sentences.append(
            _(
                "Tried at %(tries)s earlier moments: single days were off by %(wape)s (%(naive)s by repeating the last week), "
                "all of them together by %(off)s at the most.",
                tries=told["tries"],
                **({"naive": wording.NONE, "off": wording.NONE} | values),
            )
        )
    else:
        sentences.append(_("How far off that is cannot be told yet: it takes five weeks of days."))
    return _sentences(*sentences, _(BAND))


def _sentences(*sentences: str) -> list[html.Li]:
    return [html.Li(words) for words in sentences]


def _arguments(asked: object, site_id: str) -> OfDays:
    days = arguments.read(asked, Days)
    return OfDays(site_id, days.ids, days.first, days.last)


def busy() -> tuple[Any, list[html.Li]]:
    """The answer when no further job is taken."""
    return no_update, _sentences(_(TOO_MANY))


clientside_callback(ClientsideFunction("live", "asks"), Output("compare-predict", "data"), Input("compare-ahead", "data"))


@callback(
    Output("compare-predicted", "data"),
    Output("compare-predict-says", "children"),
    Input("compare-predict", "data"),
    State("compare-site", "data"),
    background=True,
    interval=POLL_MS,
    progress=[Output("compare-progress", "children")],
    progress_default=[""],
    cancel=[Input("compare-cancel", "n_clicks")],
    running=[(Output("compare-cancel", "hidden"), False, True)],
    prevent_initial_call=True,
)
@guard(site_in())
@runs(PREDICTION, _arguments, progress=lambda job: stage(job.message), busy=busy)
def predicted(job: Job, _asked: dict[str, Any] | None, site_id: str) -> tuple[Any, list[html.Li]]:  # noqa: ARG001 - the rule's
    """What came of the prediction that the page asked for."""
    if job.state == "failed":
        return no_update, _sentences(said(job.problem))
    if "too_few" in job.result:
        return None, _sentences(_(TOO_FEW))
    made = job.result["prediction"]
    told = {name: made[name] for name in ("mean", "low", "high")}
    return told, says(made | {"last": job.arguments["last"]})


@callback(
    Output(FIGURE_AHEAD, "data"),
    Input("compare-predicted", "data"),
    State("compare-query", "data"),
    State("compare-site", "data"),
    prevent_initial_call=True,
)
@guard(site_in())
def draw(told: dict[str, Any] | None, query: str, site_id: str) -> Any:
    """The chart with what was predicted."""
    if told is None:
        return no_update
    scope = current_scope()
    today = clock.now().astimezone(site_view(scope, site_id).zone).date()
    asked = compare_asked.of_address(site_id, dict(parse_qsl(query, keep_blank_values=True)), today)
    found = comparison.compare(scope, site_id, asked.wanted())
    return compare_chart.drawn(asked, found, arguments.read(told, Predicted))


clientside_callback(ClientsideFunction("live", "redraw"), Output(CHART, "title"), Input(FIGURE, "data"), State(CHART, "id"))
clientside_callback(
    ClientsideFunction("live", "redraw"),
    Output(CHART, "title", allow_duplicate=True),
    Input(FIGURE_AHEAD, "data"),
    State(CHART, "id"),
    prevent_initial_call=True,
)
