"""What meters do at this moment: one answer for a site's flows, for a graph that is being drawn, and for people's own meters."""

from collections.abc import Mapping
from datetime import datetime
from math import nan
from typing import NamedTuple

from models.presence import presence
from store.records.plant.metering import Metering
from store.scope import Scope
from store.series import latest, power

SPEAKING = ("live", "late")
UNDECLARED_S = 60  # how often a meter is to be heard that nothing is declared of


class MeterNow(NamedTuple):
    """A meter's power in its direction and against it (kW, NaN when it has never told any), when it was heard, and its state."""

    forward_kw: float
    export_kw: float
    heard: datetime | None
    state: str

    @property
    def net_kw(self) -> float:
        """The power in its direction less that against it; NaN when the meter is silent."""
        return self.forward_kw - self.export_kw if self.state in SPEAKING else nan


def meters_now(
    scope: Scope,
    every_s: Mapping[str, int],
    at: datetime,
    known: Metering | None = None,
    told: latest.Values | None = None,
) -> dict[str, MeterNow]:
    """Each of the meters now; `every_s` says how often it should be heard (s).

    `known`: how they measure, and `told`: the newest values of all of them, if that was read already.

    Raises:
        NotFound: one of the meters does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    live = power.live_power(scope, list(every_s), at, known, told) if every_s else {}
    return {meter_id: _now(live.get(meter_id), seconds, at) for meter_id, seconds in every_s.items()}


def _now(told: power.LivePower | None, every_s: int, at: datetime) -> MeterNow:
    if told is None:
        return MeterNow(nan, nan, None, presence(None, every_s, at))
    return MeterNow(told.forward_kw, told.export_kw, told.ts, presence(told.ts, every_s, at))


def speaking(meters: Mapping[str, MeterNow]) -> dict[str, tuple[float, float]]:
    """What counts now, as `models.flows.solve` takes it: a meter that is silent tells nothing."""
    return {meter_id: (each.forward_kw, each.export_kw) for meter_id, each in meters.items() if each.state in SPEAKING}
