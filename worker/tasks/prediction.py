"""How a dataset of a comparison goes on, by days through the following month."""

from typing import Any

from insight.prediction import prediction
from models.day_outlook import TooFewDays
from store.records.jobs.kinds import PREDICTION, OfDays
from store.scope import Scope
from worker.task import Progress, Task


def predict(scope: Scope, told: OfDays, progress: Progress) -> dict[str, Any]:
    """`{"prediction": …}` as `insight.prediction` makes it, or `{"too_few": True}`."""
    progress(0.0, {"stage": "reading"})

    def tell(done: int, of: int) -> None:
        progress(0.5 + done / of / 2, {"stage": "trying", "tried": done, "of": of})

    try:
        return {"prediction": prediction(scope, told.site_id, told.ids, told.first, told.last, tell)}
    except TooFewDays:
        return {"too_few": True}


TASK = Task(PREDICTION, predict, most_s=120.0, most_mb=2048, stays_warm=True)
