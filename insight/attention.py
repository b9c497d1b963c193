"""What wants attention: readings outside their limits, devices that do not report, and budgets that are or will be exceeded.

The limits are the site's, each with the standard it comes from. Judged by single readings, so they are indicative: EN 50160
judges ten-minute means over a week.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from config.limits import Limit
from insight.budget import MonthBudget, known_budgets
from insight.now import DeviceNow, Now
from insight.shared import shared
from insight.site_view import Meter
from models.budgets import EXCEEDED, LIKELY
from models.presence import presence
from store.scope import Scope
from store.series import levels

SEVERITIES = ("critical", "high", "medium", "low")
LOOK_BACK = timedelta(hours=24)
STEP_S = 300
SINCE_LASTS_S = 60.0
IDLE_PCT = 5.0  # of a meter's rating: below this the power factor says nothing


@dataclass(frozen=True, slots=True)
class Silent:
    """A device that does not report as it should."""

    severity: str
    device: DeviceNow


@dataclass(frozen=True, slots=True)
class Outside:
    """A latest value outside its limit; `since` when, to five minutes, or None for a day or longer."""

    severity: str
    meter: Meter
    limit: Limit
    value: float
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Over:
    """A budget of the month that is exceeded, or will be."""

    severity: str
    budget: MonthBudget


Finding = Silent | Outside | Over


def findings(scope: Scope, now: Now, most: int) -> tuple[list[Finding], int]:
    """What wants attention most, the worst first, and how many more there are."""
    every = sorted([*_devices(now), *_readings(now), *_budgets(scope, now)], key=lambda each: SEVERITIES.index(each.severity))
    return _dated(scope, now, every[:most]), max(0, len(every) - most)


def worst(now: Now) -> tuple[str | None, int]:
    """How bad the worst of what wants attention now is, none where nothing does, and how much does; nothing is asked for that.

    Budgets are not among it: they are of a month.
    """
    every = [*_devices(now), *_readings(now)]
    return min((each.severity for each in every), key=SEVERITIES.index, default=None), len(every)


def _devices(now: Now) -> list[Finding]:
    severities = {"late": "medium", "offline": "high", "never": "low"}
    return [Silent(severities[each.state], each) for each in now.devices if each.state != "live"]


def _budgets(scope: Scope, now: Now) -> list[Finding]:
    severities = {LIKELY: "medium", EXCEEDED: "high"}
    return [Over(severities[each.state], each) for each in known_budgets(scope, now.view) if each.state in severities]


def severity_of(value: float, limit: Limit) -> str | None:
    """How bad the value is: critical, high, … or None within the limit. Network-charge thresholds are never alarms."""
    size = abs(value) if limit.quantity == "power_factor" else value
    below = limit.low is not None and size < limit.low
    above = limit.high is not None and size > limit.high
    if not (below or above):
        return None
    worst = (limit.critical_low is not None and size < limit.critical_low) or (
        limit.critical_high is not None and size > limit.critical_high
    )
    if limit.quantity == "power_factor":
        return "medium" if worst else "low"
    return "critical" if worst else "high"


def _readings(now: Now) -> list[Finding]:
    """Latest values outside their limits; since when is not known yet."""
    known = now.view.limits
    outside: list[Finding] = []
    for (series_id, quantity), latest in now.values.items():
        if quantity not in known or series_id not in now.view.meters:
            continue
        meter, limit, value = now.view.meters[series_id], known[quantity], float(latest.value)
        severity = severity_of(value, limit)
        if severity is None or presence(latest.ts, meter.expected_s, now.at) == "offline":
            continue
        load = now.values.get((series_id, "load_pct"))
        if quantity == "power_factor" and load is not None and float(load.value) < IDLE_PCT:
            continue
        outside.append(Outside(severity, meter, limit, value, None))
    return outside


def _dated(scope: Scope, now: Now, found: list[Finding]) -> list[Finding]:
    """The same with the moment since when each value is outside: asked for all together, and kept while they are the same."""
    outside = tuple((each.meter.id, each.limit.quantity) for each in found if isinstance(each, Outside))
    if not outside:
        return found
    key = ("since", scope.key, now.view.id, now.view.version, outside)
    began = shared.get(key, SINCE_LASTS_S, lambda: _began(scope, now, outside), SINCE_LASTS_S)

    def since(each: Outside) -> datetime | None:
        moment = began[each.meter.id, each.limit.quantity]
        return None if now.at - moment > LOOK_BACK - timedelta(seconds=2 * STEP_S) else moment

    return [replace(each, since=since(each)) if isinstance(each, Outside) else each for each in found]


def _began(scope: Scope, now: Now, outside: Sequence[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When each value (meter, quantity) left its limits, to five minutes, looking back a day: one question a quantity."""
    began = {}
    for quantity in {quantity for _, quantity in outside}:
        ids = [meter_id for meter_id, of in outside if of == quantity]
        frame = levels.levels(scope, ids, quantity, now.at - LOOK_BACK, now.at, STEP_S, known=now.view.metering)
        for meter_id in ids:
            newest = now.values[meter_id, quantity].ts
            began[meter_id, quantity] = min(_left(frame[meter_id], now.view.limits[quantity]) or newest, newest)
    return began


def _left(course: "pd.Series[float]", limit: Limit) -> datetime | None:
    """The first moment of the steps up to the last one that are all outside the limit or silent; none when the last is within."""
    outside = [bool(np.isnan(value)) or severity_of(float(value), limit) is not None for value in course]
    run = next((length for length, bad in enumerate(reversed(outside)) if not bad), len(outside))
    return course.index[len(course) - run].to_pydatetime() if run else None
