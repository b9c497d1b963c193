"""The form that adds a meter: what it measures, the device that it is in, and where its energy comes from."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import Input, Output, callback, html

from config.language import N_, _
from dashboard.parts import forms
from dashboard.parts.aria import data
from dashboard.parts.fields import NONE, Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.plant import declared_energy
from dashboard.plant.uncounted_readings import METHODS, SOURCES
from dashboard.web.access import current_scope, guard, plant_admin
from store.errors import Refused
from store.records.plant import dated_graph, declarations, devices, graph, meter_life, meters, posted_energy, sites
from store.records.schema import Meter
from store.records.schema.columns import now
from store.records.schema.dated import holds_at
from store.records.transaction.engine import session
from store.scope import Scope

NO_DEVICE = (NONE, N_("None: a program posts with the site's key"))
AS_POSTED = "posted"
OF_THE_SITE = "condition:"
WITHOUT_SITE, WITH_SITE = N_("Choose the site first"), N_("Choose what it measures")
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True, help=N_("As people call it.")),
    Choice("site", N_("Site"), required=True, hint=N_("Choose a site")),
    Choice(
        "measures",
        N_("Measures"),
        required=True,
        hint=WITHOUT_SITE,
        help=N_("The flow between two nodes, or conditions such as voltage and load."),
    ),
    Choice("device", N_("In device"), of="device_id", help=N_("What posts for it.")),
    Text("serial", N_("Serial number of its counter"), longest=120, of="serial_number", help=N_("Optional.")),
    Choice("method", N_("Energy comes from"), ((AS_POSTED, N_("As its device posts")), *METHODS.items())),
    Text(
        "every",
        N_("A reading every (s)"),
        longest=9,
        of="interval_s",
        keys="numeric",
        help=N_(
            "Empty: as often as its device posts. Intervals of another length are added up, or spread over theirs as an estimate."
        ),
    ),
    declared_energy.RATED,
)
Options = list[tuple[str, str]]


def site_choices(scope: Scope) -> Options:
    """The sites that somebody administers."""
    mine = [each for each in sites.visible_sites(scope) if scope.everything or each.id in scope.admin_of]
    return [(each.id, f"{each.name} ({each.public_number})") for each in mine]


def device_choices(scope: Scope, site_id: str) -> Options:
    """The devices that a meter of the site can be in, or none."""
    return [(NONE, _(NO_DEVICE[1])), *((each.id, each.name) for each in devices.devices_of(scope, site_id))]


def unmeasured(scope: Scope, site_id: str) -> tuple[Options, Options]:
    """The edges of a site that no meter measures, and those that one does, with its name; only those that are there now."""
    wiring, measured, at = graph.wiring(scope, site_id), dated_graph.measured_by(scope, site_id), now()
    names = {node.id: node.name for node in wiring.nodes}
    ways = sorted(
        (f"{names[edge.from_node_id]} → {names[edge.to_node_id]}, {edge.carrier}", edge.id)
        for edge in wiring.edges
        if holds_at(edge, at)
    )
    free = [(edge, way) for way, edge in ways if edge not in measured]
    return free, [
        (edge, _("%(edge)s, to check %(meter)s", edge=way, meter=measured[edge])) for way, edge in ways if edge in measured
    ]


def _measurable(scope: Scope, site_id: str) -> Options:
    """What a meter of the site can measure, what nothing measures yet first."""
    free, check = unmeasured(scope, site_id)
    at = now()
    nodes = [
        (f"{OF_THE_SITE}{node.id}", _("Conditions at %(node)s", node=node.name))
        for node in graph.wiring(scope, site_id).nodes
        if holds_at(node, at)
    ]
    return [
        *((f"main:{edge}", way) for edge, way in free),
        (OF_THE_SITE, _("Conditions of the whole site")),
        *nodes,
        *((f"check:{edge}", way) for edge, way in check),
    ]


def _now(scope: Scope, of: str, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    options = site_choices(scope)
    chosen = said.get("site") or (of if of in dict(options) else options[0][0] if len(options) == 1 else "")
    found: dict[str, dict[str, Any]] = {"site": {"options": options, "value": chosen}}
    if chosen in dict(options):
        found["measures"] = {"options": _measurable(scope, chosen), "hint": _(WITH_SITE)}
        found["device"] = {"options": device_choices(scope, chosen), "value": NONE}
    return found


@callback(
    Output("meters-measures", "options"),
    Output("meters-measures", "placeholder"),
    Output("meters-device", "options"),
    Input("meters-site", "value"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def choices(site_id: str | None) -> Any:
    """What can be chosen on the site."""
    if not site_id:
        return [], _(WITHOUT_SITE), []
    scope = current_scope()
    return _listed(_measurable(scope, site_id)), _(WITH_SITE), _listed(device_choices(scope, site_id))


def _listed(options: Options) -> list[dict[str, str]]:
    return [{"label": words, "value": value} for value, words in options]


def _add(scope: Scope, given: Given, _of: str) -> Words:
    site_id, measures, name = given.text("site"), given.text("measures"), given.text("name")
    interval_s, rated_kw = given.whole("every"), given.number("rated")
    given.check()
    role, _colon, place = measures.partition(":")
    with session():
        made = meters.create_meter(
            scope,
            site_id,
            name=name,
            role=role,
            edge_id=place if role != "condition" else None,
            node_id=(place or None) if role == "condition" else None,
            device_id=given.chosen("device"),
        )
        meter_life.describe_meter(scope, made.id, name=made.name, serial_number=given.text("serial"))
        declared = _declare(scope, made, given.text("method") or AS_POSTED, interval_s, rated_kw)
    return [
        *around(N_("%(name)s added."), name=html.A(made.name, href=f"/admin/meters/{made.id}", **data(soft=""))),
        f" {declared}",
    ]


def _declare(scope: Scope, made: Meter, method: str, interval_s: int | None, rated_kw: float | None) -> str:
    """Declare where the energy of a new meter comes from; what is to be said about it."""
    if rated_kw is not None and (made.role == "condition" or (method == AS_POSTED and not made.device_id)):
        raise Refused(
            _("what a meter is rated for is declared with where its energy comes from: choose that too"), about="rated_kw"
        )
    if made.role == "condition":
        return ""
    if method == AS_POSTED and made.device_id:
        posted = [each for each in posted_energy.declare(scope, made.device_id) if each.meter_id == made.id]
        for each in posted if rated_kw is not None else ():
            declarations.correct_declaration(
                scope,
                each.id,
                method=each.method,
                interval_s=each.interval_s,
                valid_from=each.valid_from,
                rated_kw=rated_kw,
            )
    elif method == AS_POSTED:
        return _("Its energy is not counted yet: put it into a device, or declare on its page where its energy comes from.")
    else:
        usual_s = meters.usual_interval(scope, made.id) if interval_s is None else interval_s
        declarations.declare_energy(
            scope, made.id, method=method, interval_s=usual_s, valid_from=declarations.BEGINNING, rated_kw=rated_kw
        )
    declared: Sequence[Any] = declarations.energy_declarations(scope, [made.id])[made.id]
    return _("Its energy comes from %(sources)s.", sources=_(SOURCES[declared[-1].method]))


FORM = Form("meters", N_("Add a meter"), plant_admin, FIELDS, do=_add, now=_now, changes=("meters",))
forms.declare(FORM)
