"""The process of one job: `python -m dashboard.forecasting.job`, told by JSON on its standard input what to do.

It opens its own connections, answers through the cache, and ends; at the latest when the alarm rings.
"""

import importlib
import json
import logging
import signal
import sys
from typing import Any

from flask import Flask, g

from config import settings as configuration
from dashboard.forecasting.jobs import ANSWER_LASTS_S, LASTS, scope_from
from insight import cache
from store.records.transaction import engine

SPARE_S = 60.0  # beside the time budget: starting, waiting for a place, reading

log = logging.getLogger("dashboard.forecasting.job")


def main() -> None:
    """Do the one thing that was asked for."""
    request: dict[str, Any] = json.load(sys.stdin)
    made = configuration.load(**request["settings"])
    configuration.use(made)
    logging.basicConfig(level=made.log_level, stream=sys.stderr)
    # Whatever hangs: the default of SIGALRM ends the process, and its place is free again.
    signal.setitimer(signal.ITIMER_REAL, made.forecast_budget_s + SPARE_S)
    engine.configure(made.records_url)
    kept = cache.forecasts(made)

    def progress(value: Any) -> None:
        kept.set(request["progress"], [value] if isinstance(value, str) else list(value), expire=ANSWER_LASTS_S)

    module, name = request["function"]
    function = getattr(importlib.import_module(module), name)
    signal.setitimer(signal.ITIMER_REAL, getattr(function, LASTS, made.forecast_budget_s + SPARE_S))
    app = Flask("job")
    try:
        with app.app_context():
            g.scope = scope_from(request["scope"])  # what `dashboard.web.access.current_scope` answers
            answer = function(progress, *request["arguments"])
    except Exception:
        log.exception("%s failed", name)
        answer = {"background_callback_error": {"msg": f"{name} failed; the log of the dashboard says why", "tb": ""}}
    kept.set(request["answer"], answer, expire=ANSWER_LASTS_S)


if __name__ == "__main__":
    main()
