"""What wants attention: readings outside their limits, and devices that do not report.

The limits are the site's, each with the standard it comes from. Judged by single readings, so they are indicative: EN 50160
judges ten-minute means over a week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from config.limits import Limit
from insight.now import DeviceNow, Now
from insight.shared import shared
from insight.site_view import Meter
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


Finding = Silent | Outside


def findings(scope: Scope, now: Now) -> list[Finding]:
    """Everything that wants attention, the worst first."""
    found = [*_devices(now), *_readings(scope, now)]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def _devices(now: Now) -> list[Finding]:
    severities = {"late": "medium", "offline": "high", "never": "low"}
    return [Silent(severities[each.state], each) for each in now.devices if each.state != "live"]


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


def _readings(scope: Scope, now: Now) -> list[Finding]:
    known = now.view.limits
    found: list[Finding] = []
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
        since = _since(scope, now, series_id, limit, latest.ts)
        longer = now.at - since > LOOK_BACK - timedelta(seconds=2 * STEP_S)
        found.append(Outside(severity, meter, limit, value, None if longer else since))
    return found


def _since(scope: Scope, now: Now, series_id: str, limit: Limit, newest: datetime) -> datetime:
    """When the value left its limits, to five minutes, looking back a day; found once and kept while it lasts."""

    def find() -> datetime:
        start = now.at - LOOK_BACK
        frame = levels.levels(scope, [series_id], limit.quantity, start, now.at, STEP_S)
        if series_id not in frame or frame.empty:
            return newest
        column = frame[series_id]
        outside = [bool(np.isnan(value)) or severity_of(float(value), limit) is not None for value in column]
        run = next((length for length, bad in enumerate(reversed(outside)) if not bad), len(outside))
        began: datetime = column.index[len(column) - run].to_pydatetime() if run else newest
        return min(began, newest)

    return shared.get(("since", scope.key, series_id, limit.quantity), SINCE_LASTS_S, find, SINCE_LASTS_S)
