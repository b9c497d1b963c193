"""The two pictures of a solar home, and the tools that choose their window, their step and what they show."""

from datetime import timedelta
from typing import Any

import dash_bootstrap_components as dbc
import numpy as np
import orjson
from dash import dcc, html

from config.language import _
from dashboard.energy import solar_words, ways
from dashboard.energy.solar_asked import STEPS_MIN, WINDOWS, Asked
from dashboard.figures import solar_home as figures
from dashboard.figures import wording
from dashboard.figures.production_demand import Outlook
from dashboard.live import blocks
from dashboard.live.wording import each_words, hourly_words, step_words
from dashboard.parts.aria import data
from insight.site_view import SiteView
from insight.solar_home import SolarHome
from models import local_time

PRODUCTION, DEMAND = "solar-production", "solar-demand"
CHARTS = (PRODUCTION, DEMAND)
HOUR_MIN = 60


def store_of(chart_id: str) -> str:
    """What a chart is drawn from as the page comes."""
    return f"{chart_id}-figure"


def again_of(chart_id: str) -> str:
    """What it is drawn from as time goes on, and with a forecast."""
    return f"{chart_id}-again"


def tools(asked: Asked) -> html.Div:
    """The window, its step, and whether the next 24 hours are drawn: all links, so that the address says it."""
    windows = {asked.of_window(name): _(words) for name, (words, _length) in WINDOWS.items()}
    steps = {asked.href(wanted_min=each): step_words(each) for each in STEPS_MIN if each in asked.steps}
    ahead = {asked.href(ahead=not asked.ahead): _("Forecast 24 h")}
    before, after = (asked.before(), _("The time before")), (asked.after(), _("The time after"))
    rows = [
        ways.row(_("Window"), windows, asked.of_window(asked.window) if asked.window else ""),
        ways.stepped(solar_words.span(asked), before, after, asked.newest()),
        ways.row(_("Step"), steps, asked.href(wanted_min=asked.step_min)),
        ways.row(_("Forecast"), ahead, next(iter(ahead)) if asked.ahead else ""),
        _own(asked),
    ]
    return html.Div(rows, className="toolbar calendar-tools solar-tools")


def _own(asked: Asked) -> html.Form:
    """A window of one's own; a form of the browser's own."""
    moment: dict[str, Any] = {"type": "datetime-local", "size": "sm", "required": True, "max": asked.local(asked.now)}
    kept = [dbc.Input(type="hidden", name=name, value=words) for name, words in asked.said.items() if words]
    fields = [
        html.Label([html.Span(words), dbc.Input(name=name, value=asked.local(at), **moment)], className="choice")
        for name, words, at in (("from", _("From"), asked.start), ("to", _("To"), asked.end))
    ]
    show = html.Button(_("Show"), type="submit", className="btn btn-sm btn-quiet")
    return html.Form([*kept, *fields, show], action=asked.path, method="GET", className="days", **data(go=""))


def panels(seen: SiteView, asked: Asked, told: SolarHome) -> list[html.Section]:
    """Production above demand."""
    labels = {PRODUCTION: _("Production over the window"), DEMAND: _("Demand over the window")}
    titles = {PRODUCTION: _("Production"), DEMAND: _("Demand")}
    nothing = (_("No values in this period."), _("Choose another one, or check back once a device has reported."))
    found = []
    for chart, figure in zip(CHARTS, drawn(seen, asked, told, None), strict=True):
        stores = [dcc.Store(id=store_of(chart), data=figure), dcc.Store(id=again_of(chart))]
        foot = [html.P(id=f"{chart}-note", className="remark", role="status"), blocks.chart_tools(chart)]
        content = [*blocks.chart(chart, labels[chart], nothing, tools="yes"), *stores]
        found.append(blocks.panel(chart, titles[chart], None, content, foot))
    return found


def drawn(seen: SiteView, asked: Asked, told: SolarHome, ahead: Outlook | None) -> list[str]:
    """What each chart is drawn from, as JSON."""
    note = _(
        "Mean power of each %(step)s, times in %(zone)s",
        step=each_words(asked.step_min),
        zone=local_time.names(asked.zone, asked.start, asked.end),
    )
    if asked.step_min < HOUR_MIN and (hourly := hourly_words(seen, asked.start, asked.end, asked.now)):
        note = f"{note}; {hourly}"
    made = ((figures.production, told.course.production, told.production), (figures.demand, told.course.demand, told.demand))
    answers = []
    for draw, values, of in made:
        known = np.isfinite(values)
        says = _("No values in this period.")
        if known.any():
            average, most = wording.power(of.mean_kw), wording.power(of.peak_kw)
            says = _("Averaged %(average)s, at most %(most)s", average=average, most=most) + "."
        answer = {
            "figure": draw(told.course, asked.period, asked.now, asked.zone, ahead),
            "says": says,
            "note": f"{note}.",
            "empty": not known.any(),
        }
        answers.append(orjson.dumps(answer).decode())
    return answers


def refreshed_ms(asked: Asked) -> int:
    """How often (ms) a window that ends now is drawn anew: each step, but each minute at the most often."""
    return int(max(timedelta(minutes=1), timedelta(minutes=asked.step_min) / 5).total_seconds() * 1000)
