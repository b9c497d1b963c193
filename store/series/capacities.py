"""What meters can do: what they are rated for, or else what their last month tells (`models.plausible.capacity`)."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from config import clock
from models import plausible
from models.plausible import SOME_CIRCUIT_KW, UNKNOWN_KW, Capacity
from store.records.access.policy import Action, require
from store.records.plant import ratings
from store.records.plant.meters import require_meters
from store.records.plant.ratings import Ratings
from store.scope import Scope
from store.series.connection import frame, listed
from store.series.energy_of_intervals import DERIVED
from store.series.pieces import REGISTERS

USUAL_S = 3600.0  # for so long what is usual of a meter stays known
HISTORY = timedelta(days=30)
AT_ONCE = 30  # meters whose month is in memory at a time
DECLARED, OF_NODES, USUAL, UNKNOWN = "declared", "of_nodes", "usual", "unknown"

_usual: dict[str, tuple[float, float, int]] = {}  # by meter: when it was asked, kW, of how many quarters


@dataclass(frozen=True, slots=True)
class Capacities:
    """What some meters can do at which time."""

    rated: Ratings
    unrated: dict[str, Capacity]  # of those that nothing is rated for at some time

    def at(self, meter: str, moment: datetime) -> Capacity:
        """What the meter can do at a moment."""
        return self.by(meter, self.rated.at(meter, moment))

    def by(self, meter: str, rated_kw: float | None) -> Capacity:
        """The same by a rating, or without one."""
        return plausible.capacity(rated_kw) if rated_kw else self.unrated[meter]

    def much(self, meter: str) -> float:
        """Beyond what power (kW) a meter is looked at: what it is rated for, or what most are; always, where that changes."""
        usual = self.unrated[meter].kw if meter in self.unrated else SOME_CIRCUIT_KW
        return self._beyond(meter, min(usual, UNKNOWN_KW))

    def returning(self, meter: str) -> float:
        """The same of registers: from what power (kW) on one that came back was wrong already when it rose."""
        return self._beyond(meter, self.unrated[meter].returning_kw if meter in self.unrated else SOME_CIRCUIT_KW)

    def _beyond(self, meter: str, unrated_kw: float) -> float:
        if meter in self.rated.one:
            return plausible.OVER * self.rated.one[meter]
        return 0.0 if meter in self.rated.changing else unrated_kw


def capacities(scope: Scope, meters: Collection[str], rated: Ratings) -> Capacities:
    """What each of the meters can do.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    return Capacities(rated, _unrated({meter for meter in meters if meter not in rated.one}))


def _unrated(meters: Collection[str]) -> dict[str, Capacity]:
    now = time.monotonic()
    unknown = sorted(meter for meter in meters if now - _usual.get(meter, (-USUAL_S, 0.0, 0))[0] >= USUAL_S)
    for first in range(0, len(unknown), AT_ONCE):
        some = unknown[first : first + AT_ONCE]
        found = {str(meter): kw.to_numpy(float) for meter, kw in _history(some).groupby("meter")["kw"]}
        none = np.zeros(0)
        _usual.update({meter: (now, plausible.usual(found.get(meter, none)), len(found.get(meter, none))) for meter in some})
    return {meter: plausible.capacity(None, *_usual[meter][1:]) for meter in meters}


def _history(meters: Collection[str]) -> pd.DataFrame:
    """Their mean powers by quarter of an hour, or whatever intervals they tell, in the last month; columns `meter`, `kw`."""
    now = clock.now()
    return frame(
        f"SELECT meter, value * 3600.0 / interval_s kw FROM intervals WHERE ts >= %s AND ts < %s AND meter IN ({listed(meters)}) "
        f"AND value != null AND quantity IN ({listed([*REGISTERS, *DERIVED])})",
        [now - HISTORY, now],
    )


class InForce(NamedTuple):
    """What readings of a meter are judged by now: held beyond `held_kw`, because of `rated_kw` or `usual_kw`, as `of` says."""

    of: str
    held_kw: float
    rated_kw: float | None
    usual_kw: float


def in_force(scope: Scope, meter_id: str) -> InForce:
    """By what the readings of a meter are judged now: `of` is `DECLARED`, `OF_NODES`, `USUAL` or `UNKNOWN` (no day of history).

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an administrator of its site.
        StoreAway: QuestDB cannot be reached.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.ADMINISTER, site_id=meter.site_id)
    part = ratings.rating(scope, meter_id, clock.now())
    if part.kw:
        return InForce(DECLARED if part.declared else OF_NODES, plausible.capacity(part.kw).kw, part.kw, 0.0)
    can = _unrated([meter_id])[meter_id]
    _when, usual_kw, quarters = _usual[meter_id]
    return InForce(USUAL if quarters >= plausible.HISTORY else UNKNOWN, can.kw, None, usual_kw)
