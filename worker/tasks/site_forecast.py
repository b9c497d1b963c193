"""The next 24 hours of a site: what it draws, and what it makes."""

from typing import Any

from config.settings import Settings, settings
from insight import cache
from insight.forecast.site_forecast import site_forecast
from models.forecast.hours import TooLittleData
from store.records.jobs.kinds import SITE_FORECAST, OfSite
from store.scope import Scope
from worker.task import Progress, Task

SPARE_S = 60.0  # beside the time budget: starting, and reading


def forecast(scope: Scope, told: OfSite, progress: Progress) -> dict[str, Any]:
    """`{"forecast": …}` as `site_forecast` makes it, or `{"too_little": why}`."""
    try:
        return {"forecast": site_forecast(scope, told.site_id, settings(), cache.forecasts(settings()), progress)}
    except TooLittleData as why:
        return {"too_little": why.why.plain()}


def _most_s(made: Settings) -> float:
    return made.forecast_budget_s + SPARE_S


TASK = Task(SITE_FORECAST, forecast, most_s=_most_s, most_mb=2048, stays_warm=True)
