"""How much of each meter's readings is there, day by day? A cell a meter and day, the darker the more is missing.

A whole day is quiet: only what is missing has a colour, and its share stands in the cell, so that no colour says it alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config.language import _
from dashboard.figures import wording
from models import local_time

Floats = NDArray[np.float64]
# From which coverage on a cell is of a level; below the last nothing is there.
LEVELS = ((0.995, "whole"), (0.95, "most"), (0.5, "part"), (1e-9, "little"))
NOTHING, NOT_DUE = "nothing", "none"


@dataclass(frozen=True, slots=True)
class Cell:
    """A meter's day: its date by the site's clock, how much is there in words and as a level, and the few digits in the cell."""

    day: str
    level: str
    digits: str
    words: str


def cells(coverage: Floats, edges: Sequence[datetime], zone: ZoneInfo) -> list[Cell]:
    """A row of the picture: `coverage` (0..1, NaN where nothing was due) of the days between successive edges."""
    days = local_time.labels(edges[:-1], "day", zone)
    return [_cell(day, share) for day, share in zip(days, coverage.tolist(), strict=True)]


def _cell(day: str, share: float) -> Cell:
    if not np.isfinite(share):
        return Cell(day, NOT_DUE, "", _("nothing was due"))
    level = next((name for least, name in LEVELS if share >= least), NOTHING)
    percent = f"{min(99, int(share * 100)) if level != 'whole' else 100}"
    return Cell(day, level, "" if level == "whole" else percent, _("%(percent)s %% of its readings", percent=percent))


def summary(coverage: Sequence[Floats]) -> str:
    """The picture in one sentence."""
    every = np.concatenate([np.zeros(0), *coverage])
    due = every[np.isfinite(every)]
    if not len(due):
        return _("No readings were due in this period.")
    short = int(np.sum(due < LEVELS[0][0]))
    if not short:
        return _("Every day of every meter is whole.")
    counted = {"short": wording.count(short), "due": wording.count(len(due))}
    nothing = wording.count(int(np.sum(due < LEVELS[-1][0])))
    return _(
        "Incomplete: %(short)s of %(due)s days, each meter counted by itself. No readings at all: %(nothing)s.",
        **counted,
        nothing=nothing,
    )
