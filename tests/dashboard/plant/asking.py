"""What a browser sends to the plant's pages, and what comes back; and a site with something on it."""

import base64
import json
from typing import Any

from flask.testing import FlaskClient

from store.records.plant import devices, graph, meters
from store.scope import SYSTEM
from tests.dashboard.world import World, csrf

Told = dict[str, Any]  # "id.property" → value


def call(browser: FlaskClient, outputs: list[str], inputs: Told, state: Told, changed: str | None = None):
    """Ask a callback as the renderer does: the first input is the one that changed, unless another is named."""

    def part(named: str) -> dict[str, str]:
        name, _, prop = named.rpartition(".")
        return {"id": name, "property": prop}

    body = {
        "output": outputs[0] if len(outputs) == 1 else f"..{'...'.join(outputs)}..",
        "outputs": part(outputs[0]) if len(outputs) == 1 else [part(each) for each in outputs],
        "inputs": [part(each) | {"value": value} for each, value in inputs.items()],
        "state": [part(each) | {"value": value} for each, value in state.items()],
        "changedPropIds": [changed or next(iter(inputs))],
    }
    browser.get("/account")  # whose document holds the token of forms
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser))


def press(browser: FlaskClient, table: str, context: str = "", view: Told | None = None, *, searched: bool = True, **told: Any):
    """Press a button of a table."""
    return call(
        browser,
        [f"{table}-body.children", f"{table}-view.data", f"{table}-notice.children"],
        {f"{table}-press.data": told, f"{table}-changed.data": None} | ({f"{table}-search.value": ""} if searched else {}),
        {f"{table}-view.data": view or {}, f"{table}-context.data": context},
    )


def act(browser: FlaskClient, table: str, context: str, act: str, row: str, *, searched: bool = True, **given: str) -> str:
    """Answer a row's question with yes; all that came back, as text."""
    return said(press(browser, table, context, searched=searched, do="act", act=act, row=row, given=given))


def ask(world: World, browser: FlaskClient, first: str, inputs: Told, state: Told, changed: str | None = None):
    """Ask the callback in which that output stands and that has these inputs; some outputs have names that only Dash knows."""
    known = world.server.extensions["loadstar-dash"].callback_map
    fitting = {name: {f"{each['id']}.{each['property']}" for each in made["inputs"]} for name, made in known.items()}
    [name] = [name for name, has in fitting.items() if first in name and set(inputs) <= has]
    return call(browser, [each.strip(".") for each in name.split("...")], inputs, state, changed)


def said(answer) -> str:
    """All that came back, as text."""
    return json.dumps(answer.get_json(), ensure_ascii=False)


def plant(world: World, site: str | None = None) -> dict[str, str]:
    """Grid → bus → hall on a site, the hall with a meter and a device; ids by name."""
    site = site or world.site
    made = {}
    for name, kind, technology in (("Grid", "source", "grid"), ("Bus", "bus", ""), ("Hall", "sink", "load")):
        made[name] = graph.create_node(SYSTEM, site, name=name, kind=kind, technology=technology).id
    made["in"] = graph.create_edge(SYSTEM, site, from_node_id=made["Grid"], to_node_id=made["Bus"], two_way=True).id
    made["out"] = graph.create_edge(SYSTEM, site, from_node_id=made["Bus"], to_node_id=made["Hall"]).id
    made["meter"] = meters.create_meter(SYSTEM, site, name="Hall meter", edge_id=made["out"]).id
    fields = {"energy_consumed": (made["meter"], "energy_kwh")}
    made["device"] = devices.create_device(SYSTEM, site, name="Hall box", fields=fields).id
    return made


def upload(world: World, browser: FlaskClient, table: str, of: str, text: str) -> tuple[str, str]:
    """What trying a file of a table says, and what importing it does."""
    contents = f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()}"
    state = {f"{table}-upload.filename": "rows.csv", f"{table}-files-of.data": of}
    tried = call(browser, [f"{table}-report.children"], {f"{table}-upload.contents": contents}, state)
    inputs = {f"{table}-import.n_clicks": 1, f"{table}-drop.n_clicks": None}
    state = {f"{table}-upload.contents": contents, f"{table}-files-of.data": of}
    return said(tried), said(ask(world, browser, f"{table}-upload.contents", inputs, state))
