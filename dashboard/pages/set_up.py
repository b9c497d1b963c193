"""From an empty site to its first reading, step by step: facility, graph, meters, device, key, and what arrives."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, ctx, dcc, html, no_update, register_page

from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import aria, data, icon
from dashboard.parts.reading import reader
from dashboard.plant import first_post, first_reading, inputs, site_form
from dashboard.web.access import administers_site, current_scope, guard
from models.graph import Graph
from models.starting_graphs import STARTING_GRAPHS, first_meters
from store.errors import NotFound, Refused
from store.records.plant import devices, first_steps, graph, keys, meters, sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/set-up",
    name="Set up",
    title="Set up · Loadstar",
    nav={"section": navigation.SETUP, "icon": "flag", "place": 0},
)

LOOKS_MS = 2000
MOST_NAMED = 6
DEVICE, KEY = "Gateway", "first key"  # names to begin with


class Step(NamedTuple):
    """One step: whether it is done, what there is to be seen, and what does it while that is possible and wanted."""

    name: str
    done: bool
    words: Sequence[Any]
    controls: Sequence[Any] = ()
    open: bool = False


def _link(words: str, href: str) -> html.A:
    return html.A(words, href=href, **data(soft=""))


def _counted(count: int, word: str) -> str:
    return f"{reader().count(count)} {word}{'' if count == 1 else 's'}"


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (" and others" if len(names) > MOST_NAMED else "")


def _steps(scope: Scope, site_id: str) -> list[Step]:
    """The steps as they stand now, but for the last, which is looked at again and again."""
    site, here = sites.site(scope, site_id), f"/site/{site_id}"
    drawn = graph.site_graph(scope, site_id)
    measured = [meter.name for meter in meters.meters_of(scope, site_id) if meter.retired_at is None]
    posting = [device.name for device in devices.devices_of(scope, site_id)]
    held = sum(key.revoked_at is None for key in keys.keys(scope, site_id))
    facility = f"{site_form.KINDS[site.kind]}, number {site.public_number}, {site.time_zone}, {site.currency}. "
    return [
        Step("Facility", True, [facility, _link("Change it", f"{here}/facility")]),
        _graph(drawn, here),
        _meters(drawn, measured, site_id),
        _device(posting, site.reporting_interval_s, bool(measured), here),
        _key(bool(posting), held, here),
    ]


def _graph(drawn: Graph, here: str) -> Step:
    options = [{"label": each.words, "value": name} for name, each in STARTING_GRAPHS.items()]
    choice = dbc.RadioItems(id="set-up-graph", options=options, value=options[0]["value"])
    controls = [html.Div(choice, role="radiogroup", **aria(label="Graph to begin with")), inputs.submit("set-up-draw", "Draw it")]
    words: list[Any] = ["What energy flows through. It can be changed and extended later. "]
    if drawn.nodes:
        words = [f"{_counted(len(drawn.nodes), 'node')}, {_counted(len(drawn.edges), 'edge')}. "]
    own = _link("Change it" if drawn.nodes else "Draw your own", f"{here}/graph")
    return Step("Graph", bool(drawn.edges), [*words, own], controls, open=not drawn.nodes)


def _meters(drawn: Graph, measured: Sequence[str], site_id: str) -> Step:
    first = first_meters(drawn)
    words = "Draw the graph first: a meter measures what flows between two of its nodes. "
    if measured:
        words = f"{_named(measured)}. "
    elif first:
        words = f"To begin with: {_named([each.name for each in first])}. "
    own = _link("Add others" if measured else "Add your own", f"/admin/meters?site={site_id}")
    create = inputs.submit("set-up-meters", f"Create {_counted(len(first), 'meter')}")
    return Step("Meters", bool(measured), [words, own], [create], open=bool(first) and not measured)


def _device(posting: Sequence[str], every_s: int, measured: bool, here: str) -> Step:
    fields = [
        inputs.field("Name", inputs.line("set-up-device", DEVICE), "The hardware or program that posts."),
        inputs.field("Posts every (s)", inputs.line("set-up-every", str(every_s), inputMode="numeric", longest=9)),
    ]
    words = (
        f"{_named(posting)}. " if posting else "It posts what the meters measure. " if measured else "Create the meters first. "
    )
    own = _link("Change or add devices" if posting else "Add your own", f"{here}/devices")
    controls = [html.Div(fields, className="fields"), inputs.submit("set-up-add", "Create the device")]
    return Step("Device", bool(posting), [words, own], controls, open=measured and not posting)


def _key(posting: bool, held: int, here: str) -> Step:
    words = f"{_counted(held, 'key')} in use. " if held else "The device proves by it who it is. "
    create = inputs.submit("set-up-key", "Create another key" if held else "Create the key")
    return Step(
        "Key",
        bool(held),
        [words if posting else "Create the device first. ", _link("All keys", f"{here}/keys")],
        [create],
        posting,
    )


def _drawn(scope: Scope, site_id: str) -> list[html.Li]:
    steps = _steps(scope, site_id)
    current = next((number for number, step in enumerate(steps) if not step.done), len(steps))
    return [
        html.Li(
            [
                html.H2(
                    [
                        f"{number + 1} {step.name}",
                        *([icon("check-lg"), html.Span(", done", className="visually-hidden")] if step.done else []),
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


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    said, has_arrived = first_reading.state(scope, site_id)
    about = "From an empty site to its first reading. Each step can be changed later on its own page."
    return html.Div(
        [
            html.Header([html.H1(f"Set up {sites.site(scope, site_id).name}"), html.P(about)], className="page-head"),
            html.Div(id="set-up-notice", role="status"),
            dcc.Store(id="set-up-site", data=site_id),
            dcc.Interval(id="set-up-interval", interval=LOOKS_MS, disabled=has_arrived),
            html.Ol(_drawn(scope, site_id), id="set-up-steps", className="steps"),
            html.Section(
                [
                    html.H2("6 First reading"),
                    html.Div(id="set-up-post"),
                    html.Div(said, id="set-up-arrived", role="status", **aria(live="polite")),
                ],
                className="panel",
            ),
        ],
        className="set-up",
    )


@callback(
    Output("set-up-notice", "children"),
    Output("set-up-steps", "children"),
    Output("set-up-post", "children"),
    Input("set-up-draw", "n_clicks"),
    Input("set-up-meters", "n_clicks"),
    Input("set-up-add", "n_clicks"),
    Input("set-up-key", "n_clicks"),
    State("set-up-graph", "value"),
    State("set-up-device", "value"),
    State("set-up-every", "value"),
    State("set-up-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def act(
    drawn: int | None,
    measured: int | None,
    added: int | None,
    made: int | None,
    name: str | None,
    device: str | None,
    every: str | None,
    site_id: str,
) -> Any:
    """Do the step whose button was pressed."""
    if not (drawn or measured or added or made):
        return (no_update,) * 3
    scope = current_scope()
    post: Any = no_update
    try:
        match ctx.triggered_id:
            case "set-up-draw":
                first_steps.draw(scope, site_id, str(name or ""))
            case "set-up-meters":
                first_steps.add_meters(scope, site_id)
            case "set-up-add":
                first_steps.add_device(scope, site_id, str(device or ""), inputs.whole("how often it posts", every))
            case _:
                post = _post(scope, site_id)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update, no_update
    return None, _drawn(scope, site_id), post


def _post(scope: Scope, site_id: str) -> html.Div:
    """A new key of the site's first device, in its first post."""
    posting = devices.devices_of(scope, site_id)
    if not posting:
        raise Refused("the site has no device yet: create it first")
    device_id = posting[0].id
    key = keys.create_key(scope, device_id=device_id, name=KEY)
    return first_post.view(key, devices.device_fields(scope, [device_id])[device_id])


@callback(
    Output("set-up-arrived", "children"),
    Output("set-up-interval", "disabled"),
    Input("set-up-interval", "n_intervals"),
    State("set-up-site", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def look(_n: int | None, site_id: str) -> Any:
    """Look whether a reading has arrived."""
    return first_reading.state(current_scope(), site_id)
