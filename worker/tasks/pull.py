"""Asks one source for what it has given since: prices, CO2, weather, or a meter's values."""

from config.settings import settings
from ingest.pulls import fetch, pulling
from store.records.jobs.kinds import PULL, OfSource
from store.scope import Scope
from worker.task import Progress, Task

SPARE_S = 60.0  # beside the answers: starting, and storing


def ask(scope: Scope, told: OfSource, _progress: Progress) -> dict[str, int]:
    """How many values were `written`, `same` as before and `refused`; nothing of a source that is not asked any more."""
    return pulling.pull(scope, settings(), told.source_id)


TASK = Task(PULL, ask, most_s=pulling.QUESTIONS * fetch.WITHIN_S + SPARE_S, most_mb=1024)
