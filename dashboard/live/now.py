"""What a site does at this moment: its flows, the state of each meter and device, and its latest conditions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from config import clock
from dashboard.figures import wording
from dashboard.figures.plan import Standing
from insight import freshness
from insight.once import once
from insight.site_view import SiteView, site_view
from models import flows
from models.flows import Flows
from models.presence import presence
from store.records.plant import activity
from store.scope import Scope
from store.series import latest, power

LASTS_S = 0.5  # with a poll each tick, what was posted is seen within a tick and this
SEEN_LASTS_S = 2.0


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A device's state; `load_pct` is the highest that its meters tell."""

    id: str
    name: str
    state: str
    last_seen: datetime | None
    load_pct: float | None


@dataclass(frozen=True, slots=True)
class Now:
    """A site at a moment. `heard` and `states` are by meter id, `values` by (series id, quantity)."""

    view: SiteView
    at: datetime
    flows: Flows
    heard: Mapping[str, datetime]
    states: Mapping[str, str]
    values: Mapping[tuple[str, str], latest.Latest]
    devices: tuple[DeviceNow, ...]
    standing: Mapping[str, Standing]

    @property
    def state(self) -> str:
        """The site's own state: that of its devices together, or of its meters where it has no devices."""
        return freshness.together([each.state for each in self.devices] or self.states.values())

    def level(self, meter_id: str, quantity: str) -> float | None:
        """The latest value of a meter's condition, unless the meter is silent."""
        found = self.values.get((meter_id, quantity))
        if found is None or presence(found.ts, self.view.meters[meter_id].expected_s, self.at) == "offline":
            return None
        return float(found.value)


def now_of(scope: Scope, site_id: str) -> Now:
    """The site now, at most half a second old; raises `NotFound` and `StoreAway`."""
    scope.require_site(site_id)
    return once.get(("now", scope.key, site_id), LASTS_S, lambda: _now(scope, site_view(scope, site_id), clock.now()))


def _now(scope: Scope, view: SiteView, at: datetime) -> Now:
    measuring = view.flow_meters
    live = power.live_power(scope, measuring, at)
    heard = {meter_id: each.ts for meter_id, each in live.items()}
    states = {meter_id: presence(heard.get(meter_id), view.meters[meter_id].expected_s, at) for meter_id in measuring}
    speaking = {
        meter_id: (each.forward_kw, each.export_kw) for meter_id, each in live.items() if states[meter_id] in ("live", "late")
    }
    solved = flows.solve(view.graph, speaking)
    values = latest.latest(scope, list(view.meters)) if view.meters else {}
    return Now(
        view=view,
        at=at,
        flows=solved,
        heard=heard,
        states=states,
        values=values,
        devices=_devices(scope, view, values, at),
        standing=_standing(view, solved, states, heard, at),
    )


def _devices(
    scope: Scope, view: SiteView, values: Mapping[tuple[str, str], latest.Latest], at: datetime
) -> tuple[DeviceNow, ...]:
    ids = [device.id for device in view.devices]
    seen = (
        once.get(("seen", scope.key, view.id), SEEN_LASTS_S, lambda: activity.last_seen(scope, ids), SEEN_LASTS_S) if ids else {}
    )
    found = []
    for device in view.devices:
        newest = [each.ts for (meter_id, _), each in values.items() if meter_id in device.meter_ids]
        last = max([moment for moment in (seen.get(device.id), *newest) if moment is not None], default=None)
        loads = [float(values[meter_id, "load_pct"].value) for meter_id in device.meter_ids if (meter_id, "load_pct") in values]
        state = presence(last, device.interval_s, at)
        load = max(loads, default=None) if state in ("live", "late") else None
        found.append(DeviceNow(device.id, device.name, state, last, load))
    return tuple(found)


def _standing(
    view: SiteView, solved: Flows, states: Mapping[str, str], heard: Mapping[str, datetime], at: datetime
) -> dict[str, Standing]:
    """What is known of each node: by the meters of its edges; a bus in between has none of its own."""
    found = {}
    for node in view.graph.nodes:
        around = [flow for flow in solved.edges.values() if node.id in (flow.edge.source, flow.edge.target)]
        meter_ids = [each for each in (flow.edge.meter_id for flow in around) if each is not None and each in states]
        note = "simulated" if node.simulated else ""
        if node.kind in ("bus", "converter") or not meter_ids:
            derived = [float(flow.net[0]) for flow in around if flow.origin == "derived"] if len(around) == 1 else []
            shown = wording.power(abs(derived[0])) if derived and np.isfinite(derived[0]) else ""
            found[node.id] = Standing("unmetered", shown, note)
            continue
        state = freshness.together(states[meter_id] for meter_id in meter_ids)
        last = max((heard[meter_id] for meter_id in meter_ids if meter_id in heard), default=None)
        total = sum(float(flow.net[0]) for flow in around if flow.edge.meter_id in states)
        says = wording.power(abs(total)) if np.isfinite(total) else ""
        if node.kind == "storage" and says and abs(total) > 0:
            into = (total > 0) == (around[0].edge.target == node.id)
            says += " charging" if into else " discharging"
        if state != "live" and last is not None:
            note = " · ".join(part for part in (f"last heard {wording.clock(last, view.zone, at)}", note) if part)
        found[node.id] = Standing("late" if state == "partial" else state, says, note)
    return found
