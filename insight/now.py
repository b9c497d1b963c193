"""What a site does at this moment: its flows, the state of each meter and device, and its latest conditions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from typing import NamedTuple

from config import clock
from config.language import N_
from insight import freshness
from insight.meters_now import MeterNow, meters_now, speaking
from insight.shared import shared
from insight.site_view import SiteView, site_view
from models import flows
from models.flows import EdgeFlow, Flows
from models.presence import presence
from models.topology import ends
from store.records.plant import activity, broker_states
from store.records.plant.metering import Metering
from store.scope import Scope
from store.series import latest

LASTS_S = 0.5  # with a poll each tick, what was posted is seen within a tick and this
SEEN_LASTS_S = 2.0
KEPT_LASTS_S = 20.0  # the worker keeps what is newest once a minute; what came since is found by its time


@dataclass(frozen=True, slots=True)
class DeviceNow:
    """A device's state; it should report every `interval_s`. `load_pct` is the highest that its meters tell."""

    id: str
    name: str
    interval_s: int
    state: str
    last_seen: datetime | None
    load_pct: float | None


class Standing(NamedTuple):  # a large site makes thousands each tick, as of `MeterNow`
    """What is known of a node: the state of its meters (`unmetered` without any) and the power at it (kW, None: not known).

    `way`: `charging` or `discharging` of a storage. `heard`: when its meters were last heard, unless they are live.
    """

    state: str
    kw: float | None = None
    way: str = ""
    heard: datetime | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """A site at a moment. `heard` and `states` are by meter id, `values` by (series id, quantity)."""

    view: SiteView
    at: datetime
    flows: Flows
    heard: Mapping[str, datetime]
    states: Mapping[str, str]
    values: latest.Values
    devices: tuple[DeviceNow, ...]
    standing: Mapping[str, Standing]

    @property
    def state(self) -> str:
        """The site's own state: that of its devices together, or of its meters where it has no devices."""
        return freshness.together([each.state for each in self.devices] or self.states.values())

    def level(self, meter_id: str, quantity: str) -> float | None:
        """The latest value of a meter's condition, unless the meter is silent."""
        last = self.values.get((meter_id, quantity))
        if last is None or presence(last.ts, self.view.meters[meter_id].expected_s, self.at) == "offline":
            return None
        return float(last.value)


def now_of(scope: Scope, site_id: str) -> Now:
    """The site now, at most half a second old; raises `NotFound` and `StoreAway`."""
    scope.require_site(site_id)
    return shared.get(("now", scope.key, site_id), LASTS_S, lambda: nows(scope, [site_view(scope, site_id)])[0])


def nows(scope: Scope, views: Sequence[SiteView]) -> list[Now]:
    """Each of the sites now, by the questions of one, in the order of the views, which are the scope's; raises `StoreAway`."""
    known = Metering.together([view.metering for view in views])
    values = _values(scope, views, known)
    at = clock.now()  # after what they are of
    every_s = {meter_id: view.meters[meter_id].expected_s for view in views for meter_id in view.flow_meters}
    telling = meters_now(scope, every_s, at, known, values)
    seen, gone = _seen(scope, views)
    parts = [values] if len(views) == 1 else _by_view(views, values)
    return [_now(view, at, telling, own, seen, gone) for view, own in zip(views, parts, strict=True)]


def _now(
    view: SiteView,
    at: datetime,
    every: Mapping[str, MeterNow],
    values: latest.Values,
    seen: Mapping[str, datetime | None],
    gone: Mapping[str, datetime],
) -> Now:
    telling = {meter_id: every[meter_id] for meter_id in view.flow_meters}
    heard = {meter_id: each.heard for meter_id, each in telling.items() if each.heard is not None}
    states = {meter_id: each.state for meter_id, each in telling.items()}
    solved = flows.solve(view.graph, speaking(telling))
    return Now(
        view=view,
        at=at,
        flows=solved,
        heard=heard,
        states=states,
        values=values,
        devices=_devices(view, values, at, seen, gone),
        standing=_standing(view, solved, states, heard),
    )


def _by_view(views: Sequence[SiteView], values: latest.Values) -> list[latest.Values]:
    """What of the values is of each view's meters."""
    at = {meter_id: place for place, view in enumerate(views) for meter_id in view.meters}
    parts: list[dict[tuple[str, str], latest.Latest]] = [{} for _ in views]
    for key, value in values.items():
        parts[at[key[0]]][key] = value
    return [*parts]


def _values(scope: Scope, views: Sequence[SiteView], known: Metering) -> latest.Values:
    """The newest values; those of the silent, which are most of what there is to read, are read every now and then."""
    ids = [meter_id for view in views for meter_id in view.meters]
    key = ("kept", scope.key, tuple((view.id, view.version) for view in views))
    before = shared.get(key, KEPT_LASTS_S, lambda: latest.kept(scope, ids, known), KEPT_LASTS_S)
    return latest.latest(scope, ids, known=known, before=before)


def _seen(scope: Scope, views: Sequence[SiteView]) -> tuple[Mapping[str, datetime | None], Mapping[str, datetime]]:
    """When devices were last heard, and since when they are gone; a few seconds old at most."""
    places = tuple(view.id for view in views if view.devices)
    ids = [each.id for view in views for each in view.devices]
    if not ids:
        return {}, {}
    key = (scope.key, places)
    seen = shared.get(("seen", *key), SEEN_LASTS_S, lambda: activity.heard_of(scope, places), SEEN_LASTS_S)
    return seen, shared.get(("gone", *key), SEEN_LASTS_S, lambda: broker_states.gone(scope, ids), SEEN_LASTS_S)


def _devices(
    view: SiteView,
    values: latest.Values,
    at: datetime,
    seen: Mapping[str, datetime | None],
    gone: Mapping[str, datetime],
) -> tuple[DeviceNow, ...]:
    newest: dict[str, datetime] = {}
    for (series_id, _), each in values.items():
        newest[series_id] = max(each.ts, newest.get(series_id, each.ts))
    devices = []
    for device in view.devices:
        moments = [seen.get(device.id), *(newest.get(meter_id) for meter_id in device.meter_ids)]
        last = max((moment for moment in moments if moment is not None), default=None)
        loads = [float(values[meter_id, "load_pct"].value) for meter_id in device.meter_ids if (meter_id, "load_pct") in values]
        state = presence(last, device.interval_s, at, gone.get(device.id))
        load = max(loads, default=None) if state in ("live", "late") else None
        devices.append(DeviceNow(device.id, device.name, device.interval_s, state, last, load))
    return tuple(devices)


def _standing(view: SiteView, solved: Flows, states: Mapping[str, str], heard: Mapping[str, datetime]) -> dict[str, Standing]:
    """What is known of each node: by the meters of its edges; a bus in between has none of its own."""
    standing, at_node = {}, ends(view.graph)
    for node in view.graph.nodes:
        around = [solved.edges[edge.id] for edge, _ in at_node.get(node.id, ())]
        between = node.kind in ("bus", "converter")
        metered = [] if between else [(str(flow.edge.meter_id), flow) for flow in around if flow.edge.meter_id in states]
        if not metered:
            derived = len(around) == 1 and around[0].origin == "derived"
            standing[node.id] = Standing("unmetered", _known(_net(around[0])) if derived else None)
            continue
        state = freshness.together(states[meter_id] for meter_id, _ in metered)
        last = None if state == "live" else max((heard[each] for each, _ in metered if each in heard), default=None)
        total = sum(_net(flow) for _, flow in metered)
        way = ""
        if node.kind == "storage" and isfinite(total) and total:
            way = N_("charging") if (total > 0) == (around[0].edge.target == node.id) else N_("discharging")
        standing[node.id] = Standing("late" if state == "partial" else state, _known(total), way, last)
    return standing


def _net(flow: EdgeFlow) -> float:
    return float(flow.forward[0] - flow.reverse[0])


def _known(kw: float) -> float | None:
    return abs(kw) if isfinite(kw) else None
