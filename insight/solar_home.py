"""What a home, or a street of homes, with PV and batteries made and used over a window: its course, totals, means and peaks."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from insight.course import Course, course_of
from insight.courses import courses
from insight.periods import Period
from insight.shared import shared
from insight.site_view import site_view
from models import statistics
from models.flows import share
from store.records.plant import sites
from store.scope import Scope

Floats = NDArray[np.float64]

LIVE_LASTS_S, PAST_LASTS_S = 5.0, 60.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a window: its energy (kWh), the mean and the highest step (kW), and when that began. NaN where not known."""

    kwh: float
    mean_kw: float
    peak_kw: float
    peak_at: datetime | None


@dataclass(frozen=True, slots=True)
class SolarHome:
    """A window of a site. Shares are 0..1, `coverage` of the readings that were due; NaN where not known."""

    course: Course
    production: Figures
    demand: Figures
    self_consumption: float
    self_sufficiency: float
    coverage: float
    provisional: bool


def solar_home(scope: Scope, site_id: str, period: Period, step_s: int) -> SolarHome:
    """The site over the period, drawn in steps of `step_s` seconds (one of `store.series.power.STEPS_S`).

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("solar", scope.key, site_id, sites.version(scope, site_id), period.start, period.end, step_s)
    return shared.get(key, LIVE_LASTS_S if period.live else PAST_LASTS_S, lambda: _solar_home(scope, site_id, period, step_s))


def _solar_home(scope: Scope, site_id: str, period: Period, step_s: int) -> SolarHome:
    course = course_of(scope, site_id, period, step_s)
    told = courses(scope, site_view(scope, site_id), [site_id], [period.start, period.end])[site_id]
    kwh = {name: each[:1] for name, each in told.kwh.items()}
    return SolarHome(
        course=course,
        production=_figures(course.edges, course.production, float(kwh["production"][0]), period),
        demand=_figures(course.edges, course.demand, float(kwh["demand"][0]), period),
        self_consumption=float(share(kwh["production"] - kwh["exported"], kwh["production"])[0]),
        self_sufficiency=float(share(kwh["demand"] - kwh["imported"], kwh["demand"])[0]),
        coverage=float(told.coverage[0]),
        provisional=bool(told.provisional[0]),
    )


def _figures(edges: pd.DatetimeIndex, power_kw: Floats, kwh: float, period: Period) -> Figures:
    """The mean is that of the time of the window that is known: steps at its ends count with what of them lies in it."""
    at_s = edges.as_unit("us").asi8 / 1e6
    inside_s = np.minimum(at_s[1:], period.end.timestamp()) - np.maximum(at_s[:-1], period.start.timestamp())
    known = np.isfinite(power_kw) & (inside_s > 0)
    mean = float(np.average(power_kw[known], weights=inside_s[known])) if known.any() else np.nan
    peak = statistics.highest(np.where(known, power_kw, np.nan))
    return Figures(kwh, mean, peak.value, edges[peak.at].to_pydatetime() if peak.at >= 0 else None)
