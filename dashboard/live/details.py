"""What is told of what is clicked, a node, a device or a quantity of a meter: latest values, when it was heard, 48 hours."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from config.language import N_, _, within
from config.quantities import QUANTITIES
from dashboard.figures import meter_level, meter_power, wording
from dashboard.live import supply
from dashboard.live.attention import allowed, words_of
from insight import meter_course
from insight.now import Now, Standing, now_of
from insight.subjects import subjects
from models.graph import Graph
from models.presence import presence
from models.sankey_links import drawn_as_one, plural
from store.errors import NotFound
from store.records.plant import activity
from store.scope import Scope

SHOWN = timedelta(hours=48)
NAMES = {
    "energy_kwh": N_("Energy in last interval"),
    "energy_export_kwh": N_("Energy exported in last interval"),
    "energy_total_kwh": N_("Energy register"),
    "energy_export_total_kwh": N_("Export register"),
    "power_kw": N_("Power"),
    "voltage_v": N_("Voltage"),
    "voltage_l1_v": N_("Voltage, phase 1"),
    "voltage_l2_v": N_("Voltage, phase 2"),
    "voltage_l3_v": N_("Voltage, phase 3"),
    "voltage_l12_v": N_("Voltage, phase 1 to 2"),
    "voltage_l23_v": N_("Voltage, phase 2 to 3"),
    "voltage_l31_v": N_("Voltage, phase 3 to 1"),
    "unbalance_pct": N_("Unbalance of voltages"),
    "current_a": N_("Current"),
    "current_l1_a": N_("Current, phase 1"),
    "current_l2_a": N_("Current, phase 2"),
    "current_l3_a": N_("Current, phase 3"),
    "frequency_hz": N_("Frequency"),
    "power_factor": N_("Power factor"),
    "load_pct": N_("Load"),
    "soc_pct": N_("State of charge"),
    "temperature_c": N_("Temperature"),
}


@dataclass(frozen=True, slots=True)
class Details:
    """`facts` and `values` are (name, words); `figure` is that of the last 48 hours, or nothing; it shows what `drawn` says.

    `history` is the address of its last days, `supply` that of its power quality now, where it has any.
    """

    title: str
    state: str
    facts: list[tuple[str, str]]
    values: list[tuple[str, str, str]]
    figure: dict[str, Any] | None
    drawn: str
    history: str = ""
    supply: str = ""


def details(scope: Scope, site_id: str, what: str) -> Details:
    """The details of `node:<id>`, `device:<id>`, `meter:<id>:<quantity>`, or `alike:<id>`: nodes drawn as one with that one.

    Raises:
        NotFound: it is nothing that the scope sees on the site.
        StoreAway: the database cannot be reached.
    """
    now = now_of(scope, site_id)
    kind, _, wanted = what.partition(":")
    if kind == "device":
        return _device(scope, now, wanted)
    if kind == "node":
        return _node(scope, now, wanted)
    if kind == "alike":
        return _alike(now, wanted)
    if kind == "meter":
        meter_id, _, quantity = wanted.partition(":")
        return _level(scope, now, meter_id, quantity)
    raise NotFound(f"no {what}")


def _device(scope: Scope, now: Now, device_id: str) -> Details:
    device = next((each for each in now.view.devices if each.id == device_id), None)
    current = next((each for each in now.devices if each.id == device_id), None)
    if device is None or current is None:
        raise NotFound(f"no device {device_id}")
    counted = activity.activity_24h(scope, device_id)
    facts = [
        (_("Last seen"), _when(now, current.last_seen)),
        (_("Reports every"), wording.age(device.interval_s)),
        (
            _("Readings in 24 h"),
            _(
                "%(accepted)s accepted, %(rejected)s rejected",
                accepted=wording.count(counted.accepted),
                rejected=wording.count(counted.rejected),
            ),
        ),
    ]
    return Details(
        device.name,
        current.state,
        facts,
        _values(now, device.meter_ids),
        _figure(scope, now, device.meter_ids),
        _power_of(device.name),
        _history(now, *device.meter_ids),
    )


def _node(scope: Scope, now: Now, node_id: str) -> Details:
    node = next((each for each in now.view.graph.nodes if each.id == node_id), None)
    if node is None:
        raise NotFound(f"no node {node_id}")
    own = node.kind in ("source", "sink", "storage")
    around = [edge.meter_id for edge in now.view.graph.edges if node_id in (edge.source, edge.target) and edge.meter_id]
    beside = [meter.id for meter in now.view.meters.values() if meter.node_id == node_id]
    measured = tuple(dict.fromkeys([*around, *beside]))
    standing = now.standing[node_id]
    facts = [(_("Kind"), " · ".join(dict.fromkeys(part for part in (node.kind, node.technology) if part)))]
    if standing.kw is not None:
        facts.append((_("Now"), f"{wording.power(standing.kw)} {_way(standing)}".rstrip()))
    if node.capacity_kw:
        facts.append((_("Rating"), wording.power(node.capacity_kw)))
    if node.capacity_kwh:
        facts.append((_("Capacity"), " ".join(wording.scaled(node.capacity_kwh, "kWh"))))
    heard = max((now.heard[each] for each in measured if each in now.heard), default=None)
    facts.append((_("Last heard"), _when(now, heard)))
    if node.simulated:
        facts.append((_("Data"), _("simulated")))
    residual = now.flows.residuals.get(node_id)
    if residual is not None and np.isfinite(residual.value[0]):
        facts.append((_("Unaccounted for now"), wording.power(float(residual.value[0]))))
    state = standing.state if standing.state != "unmetered" else now.state
    shown = measured if own else tuple(around)
    figure = _figure(scope, now, shown)
    return Details(
        node.name, state, facts, _values(now, measured), figure, _power_of(node.name), _history(now, node.id, *measured)
    )


def _history(now: Now, *ids: str) -> str:
    """The last week of the first of them that has energy."""
    known = {each.id for each in subjects(now.view)}
    of = next((each for each in ids if each in known), None)
    return f"/site/{now.view.id}/history?of={of}&days=7" if of else ""


def _level(scope: Scope, now: Now, meter_id: str, quantity: str) -> Details:
    meter, latest = now.view.meters.get(meter_id), now.values.get((meter_id, quantity))
    if meter is None or latest is None:
        raise NotFound(f"no {quantity} of {meter_id}")
    name, unit, limit = words_of(quantity), QUANTITIES[quantity].label, now.view.limits.get(quantity)
    facts = [(_("Now"), f"{wording.exact(float(latest.value))} {unit}".strip()), (_("Last heard"), _when(now, latest.ts))]
    if limit is not None:
        facts += [(_("Allowed"), allowed(limit, unit)), (_("Limit from"), _(limit.source))]
    told = meter_course.condition(scope, now, meter, quantity, SHOWN)
    figure = meter_level.figure(name, unit, told, limit, (now.at - SHOWN, now.at), now.view.zone)
    title = _("%(name)s at %(meter)s", name=name, meter=meter.name)
    state = presence(latest.ts, meter.expected_s, now.at)
    led = supply.address(now, meter_id, quantity, latest.ts)
    return Details(title, state, facts, _values(now, (meter_id,)), figure, title, _history(now, meter_id), led)


def _way(standing: Standing) -> str:
    return _(standing.way) if standing.way else ""


def _power_of(name: str) -> str:
    return _("Power of %(name)s", name=name)


def _alike(now: Now, node_id: str) -> Details:
    """Nodes that are drawn as one: how many of them report, their power together, and each by itself."""
    members = drawn_as_one(now.view.graph).get(node_id)
    if members is None:
        raise NotFound(f"no nodes that are drawn as one with {node_id}")
    nodes = [node for node in now.view.graph.nodes if node.id in members]
    standing = {node.id: now.standing[node.id] for node in nodes}
    states = Counter(each.state for each in standing.values())
    speaking = [each.kw for each in standing.values() if each.kw is not None]
    facts = [
        (
            _("Reporting"),
            _(
                "%(reporting)s of %(total)s",
                reporting=wording.count(states["live"] + states["late"]),
                total=wording.count(len(nodes)),
            ),
        )
    ]
    if speaking:
        facts.append((_("Now, together"), wording.power(sum(speaking))))
    values = []
    for node in nodes:
        power_now, state = wording.power(standing[node.id].kw), standing[node.id].state
        values.append((node.name, f"{power_now} {_way(standing[node.id])}".rstrip(), _(wording.STATES[state])))
    return Details(f"{plural(nodes[0])} ({len(nodes)})", states.most_common(1)[0][0], facts, values, None, "")


def _when(now: Now, moment: datetime | None) -> str:
    if moment is None:
        return _("never")
    ago = wording.age((now.at - moment).total_seconds())
    return _("%(time)s, %(ago)s ago", time=wording.clock(moment, now.view.zone, now.at), ago=ago)


def _values(now: Now, meter_ids: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Each latest value: what of which meter, the value in full, and when."""
    found = []
    for (series_id, quantity), latest in sorted(
        now.values.items(), key=lambda item: list(NAMES).index(item[0][1]) if item[0][1] in NAMES else 99
    ):
        if series_id not in meter_ids:
            continue
        unit = QUANTITIES[quantity].label
        name = _(NAMES[quantity]) if quantity in NAMES else quantity
        named = f"{now.view.meters[series_id].name}: {within(name)}" if len(meter_ids) > 1 else name
        found.append(
            (
                named,
                f"{wording.exact(float(latest.value))} {unit}".strip(),
                _("%(age)s ago", age=wording.age((now.at - latest.ts).total_seconds())),
            )
        )
    return found


def _figure(scope: Scope, now: Now, meter_ids: tuple[str, ...]) -> dict[str, Any] | None:
    measured = [meter_id for meter_id in meter_ids if meter_id in now.states][: meter_power.MOST]
    if not measured:
        return None
    told = meter_course.powers(scope, now, measured, SHOWN)
    tokens = _tokens(now.view.graph)
    powers = [
        meter_power.Line(each.meter.id, each.meter.name, each.edges, each.kilowatts, tokens.get(each.meter.id)) for each in told
    ]
    return meter_power.figure(powers, now.at - SHOWN, now.at, now.view.zone)


def _tokens(graph: Graph) -> dict[str, str]:
    """The colour of what each meter measures: of the source, storage or use at one end of its edge."""
    kinds = {node.id: node for node in graph.nodes if node.kind in ("source", "storage", "sink")}
    found = {}
    for edge in graph.edges:
        own = kinds.get(edge.source) or kinds.get(edge.target)
        if edge.meter_id and own:
            found[edge.meter_id] = wording.token(own.technology or own.kind)
    return found
