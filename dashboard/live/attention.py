"""What wants attention: readings outside their limits, and devices that do not report.

The limits are the site's, each with the standard it comes from. Judged by single readings, so they are indicative: EN 50160
judges ten-minute means over a week.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from config.limits import Limit
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.live.now import Now
from insight.once import once
from models.presence import presence
from store.scope import Scope
from store.series import levels

SEVERITIES = ("critical", "high", "medium", "low")
WORDS = {
    "voltage_v": "Voltage",
    "frequency_hz": "Frequency",
    "power_factor": "Power factor",
    "price_per_kwh": "Import price",
    "export_price_per_kwh": "Export price",
    "co2_g_per_kwh": "CO₂",
}
LOOK_BACK = timedelta(hours=24)
STEP_S = 300
SHOWN = 12
SINCE_LASTS_S = 60.0
IDLE_PCT = 5.0  # of a meter's rating: below this the power factor says nothing


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing: `what` is the node or device that a click opens, `since` when it began, as people read it."""

    severity: str
    title: str
    detail: str
    since: str
    source: str
    what: str


def words_of(quantity: str) -> str:
    """What people call a quantity, without its unit: what its name ends with."""
    return WORDS.get(quantity) or quantity.rpartition("_")[0].replace("_", " ").capitalize()


def attention(scope: Scope, now: Now) -> list[Attention]:
    """Everything that wants attention, the worst first."""
    found = [*_devices(now), *_readings(scope, now)]
    return sorted(found, key=lambda each: SEVERITIES.index(each.severity))


def _devices(now: Now) -> list[Attention]:
    found = []
    for device in now.devices:
        if device.state == "live":
            continue
        severity = {"late": "medium", "offline": "high", "never": "low"}[device.state]
        if device.last_seen is None:
            title, detail, since = f"{device.name} has not reported yet", "Give it a key and let it post.", ""
        else:
            every = wording.age(next(each.interval_s for each in now.view.devices if each.id == device.id))
            title = f"{device.name} is {device.state}"
            detail = f"It should report every {every}."
            since = f"since {wording.clock(device.last_seen, now.view.zone, now.at)}"
        found.append(Attention(severity, title, detail, since, "", f"device:{device.id}"))
    return found


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


def _readings(scope: Scope, now: Now) -> list[Attention]:
    known = now.view.limits
    found = []
    for (series_id, quantity), latest in now.values.items():
        if quantity not in known or series_id not in now.view.meters:
            continue
        meter, limit = now.view.meters[series_id], known[quantity]
        severity = severity_of(float(latest.value), limit)
        if severity is None or presence(latest.ts, meter.expected_s, now.at) == "offline":
            continue
        load = now.values.get((series_id, "load_pct"))
        if quantity == "power_factor" and load is not None and float(load.value) < IDLE_PCT:
            continue
        unit = QUANTITIES[quantity].label
        value = f"{float(latest.value):.4g} {unit}".strip()
        since = _since(scope, now, series_id, limit, latest.ts)
        found.append(
            Attention(
                severity,
                f"{words_of(quantity)} {value} at {meter.name}",
                f"{_allowed(limit, unit)}, indicative.",
                _since_words(now, since),
                limit.source,
                f"node:{meter.node_id}" if meter.node_id else f"device:{meter.device_id}" if meter.device_id else "",
            )
        )
    return found


def _allowed(limit: Limit, unit: str) -> str:
    low, high = (None if bound is None else f"{bound:.4g}" for bound in (limit.low, limit.high))
    if low and high:
        return f"Allowed: {low} to {high} {unit}".strip()
    return f"Allowed: {'at least ' + low if low else 'at most ' + str(high)} {unit}".strip()


def _since_words(now: Now, since: datetime) -> str:
    if now.at - since > LOOK_BACK - timedelta(seconds=2 * STEP_S):
        return "for a day or longer"
    return f"since {wording.clock(since, now.view.zone, now.at)}"


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

    return once.get(("since", scope.key, series_id, limit.quantity), SINCE_LASTS_S, find, SINCE_LASTS_S)


def packed(found: list[Attention]) -> tuple[list[list[str]], int]:
    """The worst of them as a tick carries them, and how many more there are."""
    rows = [[each.severity, each.title, each.detail, each.since, each.source, each.what] for each in found[:SHOWN]]
    return rows, max(0, len(found) - SHOWN)
