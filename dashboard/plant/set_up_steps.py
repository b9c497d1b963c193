"""The steps from an empty site to its first reading, each with what there is and what does it while it is to be done."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import html

from config.language import N_, _, ngettext
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.fields import Text, in_form, worded
from dashboard.plant import first_post, site_form
from models.graph import Graph
from models.starting_graphs import STARTING_GRAPHS, first_meters
from store.errors import Refused
from store.records.plant import dated_graph, devices, keys, meters, sites
from store.scope import Scope

MOST_NAMED = 6
DEVICE, KEY = N_("Gateway"), N_("first key")  # names to begin with
GRAPH_FIELDS = (
    Text(
        "rated",
        N_("Connection (kW)"),
        longest=12,
        keys="decimal",
        help=N_(
            "Optional: what the connection or the main switch carries. No meter here can tell much more: what does is held and "
            "not counted, and a meter that tells W for kW is found."
        ),
    ),
)
DEVICE_FIELDS = (
    Text("device", N_("Name"), longest=120, required=True, help=N_("The hardware or program that posts.")),
    Text("every", N_("Posts every (s)"), longest=9, required=True, keys="numeric"),
)


class Step(NamedTuple):
    """One step: whether it is done, what there is to be seen, and what does it while that is possible and wanted."""

    name: str
    done: bool
    words: Sequence[Any]
    controls: Sequence[Any] = ()
    open: bool = False


def _button(name: str, words: str) -> html.Button:
    return html.Button(words, id=name, className="btn btn-primary", type="button")


def _link(words: str, href: str) -> html.A:
    return html.A(words, href=href, **data(soft=""))


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return _("%(names)s and others", names=shown) if len(names) > MOST_NAMED else shown


def _steps(scope: Scope, site_id: str) -> list[Step]:
    """The steps as they stand now, but for the last, which is looked at again and again."""
    site, here = sites.site(scope, site_id), f"/site/{site_id}"
    drawn = dated_graph.site_graph(scope, site_id)
    measured = [meter.name for meter in meters.meters_of(scope, site_id) if meter.retired_at is None]
    posting = [device.name for device in devices.devices_of(scope, site_id)]
    held = sum(key.revoked_at is None for key in keys.keys(scope, site_id))
    facility = _(
        "%(kind)s, number %(number)s, %(zone)s, %(currency)s. ",
        kind=_(site_form.KINDS[site.kind]),
        number=site.public_number,
        zone=site.time_zone,
        currency=site.currency,
    )
    return [
        Step(_("Facility"), True, [facility, _link(_("Change it"), f"{here}/facility")]),
        _graph(drawn, here),
        _meters(drawn, measured, site_id),
        _device(posting, site.reporting_interval_s, bool(measured), here),
        _key(bool(posting), held, here),
    ]


def _graph(drawn: Graph, here: str) -> Step:
    options = [{"label": _(each.words), "value": name} for name, each in STARTING_GRAPHS.items()]
    choice = dbc.RadioItems(id="set-up-graph", options=options, value=options[0]["value"])
    fields = [in_form("set-up", worded(field), {}, None) for field in GRAPH_FIELDS]
    controls = [
        html.Div(choice, role="radiogroup", **aria(label=_("Graph to begin with"))),
        html.Div(fields, className="fields"),
        _button("set-up-draw", _("Draw it")),
    ]
    words: list[Any] = [_("What energy flows through. It can be changed and extended later. ")]
    if drawn.nodes:
        nodes = ngettext("%(num)s node", "%(num)s nodes", len(drawn.nodes))
        edges = ngettext("%(num)s edge", "%(num)s edges", len(drawn.edges))
        words = [_("%(nodes)s, %(edges)s. ", nodes=nodes, edges=edges)]
    own = _link(_("Change it") if drawn.nodes else _("Draw your own"), f"{here}/graph")
    return Step(_("Graph"), bool(drawn.edges), [*words, own], controls, open=not drawn.nodes)


def _meters(drawn: Graph, measured: Sequence[str], site_id: str) -> Step:
    first = first_meters(drawn)
    words = _("Draw the graph first: a meter measures what flows between two of its nodes. ")
    if measured:
        words = f"{_named(measured)}. "
    elif first:
        words = _("To begin with: %(value)s. ", value=_named([each.name for each in first]))
    own = _link(_("Add others") if measured else _("Add your own"), f"/admin/meters?site={site_id}")
    create = _button("set-up-meters", ngettext("Create %(num)s meter", "Create %(num)s meters", len(first)))
    return Step(_("Meters"), bool(measured), [words, own], [create], open=bool(first) and not measured)


def _device(posting: Sequence[str], every_s: int, measured: bool, here: str) -> Step:
    said = {"device": _(DEVICE), "every": str(every_s)}
    fields = [in_form("set-up", worded(field), said, None) for field in DEVICE_FIELDS]
    words = (
        f"{_named(posting)}. "
        if posting
        else _("It posts what the meters measure. ")
        if measured
        else _("Create the meters first. ")
    )
    own = _link(_("Change or add devices") if posting else _("Add your own"), f"{here}/devices")
    controls = [html.Div(fields, className="fields"), _button("set-up-add", _("Create the device"))]
    return Step(_("Device"), bool(posting), [words, own], controls, open=measured and not posting)


def _key(posting: bool, held: int, here: str) -> Step:
    words = ngettext("%(num)s key in use. ", "%(num)s keys in use. ", held) if held else _("The device proves by it who it is. ")
    create = _button("set-up-key", _("Create another key") if held else _("Create the key"))
    return Step(
        _("Key"),
        bool(held),
        [words if posting else _("Create the device first. "), _link(_("All keys"), f"{here}/keys")],
        [create],
        posting,
    )


def drawn(scope: Scope, site_id: str) -> list[html.Li]:
    """The steps as they stand now, the current one marked."""
    steps = _steps(scope, site_id)
    current = next((number for number, step in enumerate(steps) if not step.done), len(steps))
    return [
        html.Li(
            [
                html.H2(
                    [
                        f"{number + 1} {step.name}",
                        *([icon("check-lg"), html.Span(_(", done"), className="visually-hidden")] if step.done else []),
                    ]
                ),
                html.P(step.words, className="mb-2"),
                html.Div(step.controls, hidden=not step.open),
            ],
            className="panel",
            **data(step="done" if step.done else "now" if number == current else "later"),
        )
        for number, step in enumerate(steps)
    ]


def first_key(scope: Scope, site_id: str) -> html.Div:
    """A new key of the site's first device, in its first post."""
    posting = devices.devices_of(scope, site_id)
    if not posting:
        raise Refused(_("the site has no device yet: create it first"))
    device_id = posting[0].id
    key = keys.create_key(scope, device_id=device_id, name=_(KEY))
    return first_post.view(key, first_post.of_device(devices.device_fields(scope, [device_id])[device_id]))
