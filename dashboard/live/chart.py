"""The production and demand chart as the browser gets it: figure, sentence, and what to know about it."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson

from config import clock
from config.language import _
from dashboard.figures import production_demand
from dashboard.figures.production_demand import Outlook
from dashboard.live import wording
from insight import closed_power
from insight.course import course_of
from insight.periods import Impossible, Period, chosen_step, period, steps
from insight.site_view import SiteView, site_view
from models import local_time
from store.scope import Scope

HOUR_MIN = 60


def chart(
    scope: Scope,
    site_id: str,
    name: str,
    step: str | None = "auto",
    first: str | None = None,
    last: str | None = None,
    shows: tuple[str, ...] = (),
    ahead: Outlook | None = None,
    stale_s: float = 0.0,
) -> str:
    """The chart of a period as JSON; its open step may lack the last `stale_s`.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view(scope, site_id)
    now = clock.now()
    try:
        chosen = period(name, view.zone, now, first, last)
    except Impossible as problem:
        return orjson.dumps({"problem": str(problem)}).decode()
    reported = closed_power.reported_min(view.meters[each] for each in view.flow_meters)
    minutes = chosen_step(name, chosen.length, step, reported)
    course = course_of(scope, site_id, chosen, minutes * 60, stale_s)
    figure = production_demand.figure(
        course, now, view.zone, ahead if "forecast" in shows else None, "arrays" in shows, chosen.live
    )
    for trace in figure["data"]:
        if trace.get("uid") in ("grid", "battery"):
            trace["visible"] = trace["uid"] in shows
    figure["layout"]["uirevision"] = f"{name} {first} {last}"
    answer: dict[str, Any] = {
        "figure": figure,
        "says": production_demand.summary(course),
        "note": _note(view, chosen, now, minutes, step),
        "empty": not (np.isfinite(course.demand).any() or np.isfinite(course.production).any()),
        "live": chosen.live,
        "step": minutes * 60,
    }
    return orjson.dumps(answer).decode()


def _note(view: SiteView, chosen: Period, now: datetime, minutes: int, wanted: str | None) -> str:
    parts = [
        _(
            "Mean power of each %(step)s, times in %(zone)s",
            step=wording.each_words(minutes),
            zone=local_time.names(view.zone, chosen.start, chosen.end),
        )
    ]
    if wanted not in (None, "auto") and str(minutes) != wanted:
        offered = ", ".join(wording.step_words(each) for each in steps(chosen.length))
        parts.append(_("this period can be drawn in steps of %(steps)s", steps=offered))
    step = timedelta(minutes=minutes)
    if minutes < HOUR_MIN and (hourly := wording.hourly_words(view, chosen.start + step, chosen.end, now)):
        parts.append(hourly)
    return "; ".join(parts) + "."
