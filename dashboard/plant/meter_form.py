"""The form that adds a meter: what it measures, the device that it is in, and where its energy comes from."""

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, html, no_update

from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import data
from dashboard.plant import declared_energy, inputs
from dashboard.web.access import current_scope, guard, plant_admin
from store.errors import NotFound, Refused
from store.records.plant import devices, graph, meter_life, meters, posted_energy, sites
from store.records.schema import Meter
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.records.transaction.engine import session
from store.scope import Scope

NO_DEVICE = "none"  # a select shows no option whose value is empty
AS_POSTED = "posted"
OF_THE_SITE = "condition:"
NAMES = ("name", "site", "measures", "device", "serial", "method", "every")

Options = list[dict[str, str]]


def form(scope: Scope, site_id: str = "") -> html.Details:
    """What adds a meter, on the page of all meters; of a site that is chosen already, if one is."""
    mine = [each for each in sites.visible_sites(scope) if scope.everything or each.id in scope.admin_of]
    chosen = site_id if site_id in {each.id for each in mine} else mine[0].id if len(mine) == 1 else None
    measures, in_device = _choices(scope, chosen) if chosen else ([], [])
    of_sites = [{"label": f"{each.name} ({each.public_number})", "value": each.id} for each in mine]
    methods = [{"label": "As its device posts", "value": AS_POSTED}]
    methods += [{"label": words, "value": method} for method, words in declared_energy.METHODS.items()]
    fields = [
        inputs.field("Name", inputs.line("meters-name"), "As people call it."),
        inputs.field("Site", dbc.Select(id="meters-site", options=of_sites, value=chosen, placeholder="Choose a site")),
        inputs.field(
            "Measures",
            dbc.Select(
                id="meters-measures",
                options=measures,
                placeholder="Choose what it measures" if chosen else "Choose the site first",
            ),
            "The flow between two nodes, or conditions such as voltage and load.",
        ),
        inputs.field("In device", dbc.Select(id="meters-device", options=in_device, value=NO_DEVICE), "What posts for it."),
        inputs.field("Serial number of its counter", inputs.line("meters-serial"), "Optional."),
        inputs.field("Energy comes from", dbc.Select(id="meters-method", options=methods, value=AS_POSTED)),
        inputs.field("A reading every (s)", inputs.line("meters-every", longest=9), "Empty: as often as its device posts."),
    ]
    return inputs.folded("meters-form", "Add a meter", "plus-lg", fields, inputs.submit("meters-add", "Add"))


def _choices(scope: Scope, site_id: str) -> tuple[Options, Options]:
    """What a meter of the site can measure, what nothing measures yet first, and the devices that it can be in."""
    wiring, measured, at = graph.wiring(scope, site_id), graph.measured_by(scope, site_id), now()
    names = {node.id: node.name for node in wiring.nodes}
    ways = sorted(
        (f"{names[edge.from_node_id]} → {names[edge.to_node_id]}, {edge.carrier}", edge.id)
        for edge in wiring.edges
        if holds_at(edge, at)
    )
    free = [{"label": way, "value": f"main:{edge}"} for way, edge in ways if edge not in measured]
    check = [{"label": f"{way}, to check {measured[edge]}", "value": f"check:{edge}"} for way, edge in ways if edge in measured]
    nodes = [
        {"label": f"Conditions at {node.name}", "value": f"{OF_THE_SITE}{node.id}"} for node in wiring.nodes if holds_at(node, at)
    ]
    return [*free, {"label": "Conditions of the whole site", "value": OF_THE_SITE}, *nodes, *check], device_choices(
        scope, site_id
    )


def device_choices(scope: Scope, site_id: str) -> Options:
    """The devices that a meter of the site can be in, or none."""
    none = {"label": "None: a program posts with the site's key", "value": NO_DEVICE}
    return [none, *({"label": each.name, "value": each.id} for each in devices.devices_of(scope, site_id))]


@callback(
    Output("meters-measures", "options"),
    Output("meters-measures", "placeholder"),
    Output("meters-device", "options"),
    Input("meters-site", "value"),
    Input("meters-changed", "data"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def choices(site_id: str | None, _changed: Any) -> Any:
    """What can be chosen on the site."""
    if not site_id:
        return [], "Choose the site first", []
    measures, in_device = _choices(current_scope(), site_id)
    return measures, "Choose what it measures", in_device


@callback(
    Output("meters-said", "children", allow_duplicate=True),
    Output("meters-changed", "data", allow_duplicate=True),
    Output("meters-name", "value"),
    Output("meters-serial", "value"),
    Output("meters-measures", "value"),
    Input("meters-add", "n_clicks"),
    *[State(f"meters-{name}", "value") for name in NAMES],
    prevent_initial_call=True,
)
@guard(plant_admin)
def add(clicks: int | None, *written: Any) -> Any:
    """Add the meter."""
    if not clicks:
        return (no_update,) * 5
    try:
        made, declared = _add(current_scope(), dict(zip(NAMES, written, strict=True)))
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), *(no_update,) * 4
    link = html.A(made.name, href=f"/admin/meters/{made.id}", **data(soft=""))
    return tables.notice([link, f" added. {declared}"]), made.id, "", "", None


def _add(scope: Scope, given: dict[str, Any]) -> tuple[Meter, str]:
    """The meter that was added, and what is to be said about its energy.

    Raises:
        NotFound: the site, or what was chosen of it, does not exist for the scope.
        Refused: something was not chosen or cannot be, or the meter would break a rule.
    """
    site_id, measures = str(given["site"] or ""), str(given["measures"] or "")
    if not site_id or not measures:
        raise Refused("a meter measures something on a site: choose the site, then what it measures")
    role, _, place = measures.partition(":")
    device_id = None if given["device"] in (None, "", NO_DEVICE) else str(given["device"])
    with session():
        made = meters.create_meter(
            scope,
            site_id,
            name=str(given["name"] or ""),
            role=role,
            edge_id=place if role != "condition" else None,
            node_id=(place or None) if role == "condition" else None,
            device_id=device_id,
        )
        meter_life.describe_meter(scope, made.id, name=made.name, serial_number=str(given["serial"] or ""))
        return made, _declare(scope, made, given)


def _declare(scope: Scope, made: Meter, given: dict[str, Any]) -> str:
    if made.role == "condition":
        return ""
    method, every = str(given["method"] or AS_POSTED), str(given["every"] or "").strip()
    if method == AS_POSTED and made.device_id:
        posted_energy.declare(scope, made.device_id)
    elif method == AS_POSTED:
        return "Its energy is not counted yet: put it into a device, or declare on its page where its energy comes from."
    else:
        interval_s = inputs.whole("how often a reading comes", every) if every else meters.usual_interval(scope, made.id)
        meters.declare_energy(scope, made.id, method=method, interval_s=interval_s, valid_from=meters.BEGINNING)
    declared: Sequence[Any] = meters.energy_declarations(scope, [made.id])[made.id]
    return f"Its energy comes from {declared_energy.SOURCES[declared[-1].method]}."
