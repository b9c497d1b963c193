"""What a browser sends when something is pressed in a long table, and what comes back."""

import json
from typing import Any

from flask.testing import FlaskClient

from tests.dashboard.world import World, csrf


def press(
    browser: FlaskClient, table: str, view: dict[str, Any] | None = None, *, context: str = "", search: str | None = "", **told
):
    """Press a button of a table whose view is known; `search=None` for one without a search box."""
    outputs = [
        {"id": f"{table}-body", "property": "children"},
        {"id": f"{table}-view", "property": "data"},
        {"id": f"{table}-notice", "property": "children"},
    ]
    inputs = [
        {"id": f"{table}-press", "property": "data", "value": told or None},
        {"id": f"{table}-changed", "property": "data", "value": None},
    ]
    if search is not None:
        inputs.append({"id": f"{table}-search", "property": "value", "value": search})
    body = {
        "output": f"..{'...'.join('{id}.{property}'.format(**each) for each in outputs)}..",
        "outputs": outputs,
        "inputs": inputs,
        "state": [
            {"id": f"{table}-view", "property": "data", "value": view or {}},
            {"id": f"{table}-context", "property": "data", "value": context},
        ],
        "changedPropIds": [f"{table}-press.data" if told else f"{table}-search.value"],
    }
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser))


def rows(answer) -> str:
    """The rows that came back, as text."""
    return json.dumps(answer.get_json()["response"], ensure_ascii=False)


def view_of(answer) -> dict[str, Any]:
    """What the browser keeps of the table."""
    return next(each["data"] for name, each in answer.get_json()["response"].items() if name.endswith("-view"))


def fill(world: World, browser: FlaskClient, form: str, of: str = "", **written: Any):
    """Send a form: what was written into its fields by their keys, the others left empty."""
    known = world.server.extensions["loadstar-dash"].callback_map
    [name] = [name for name in known if name.strip(".").split("...")[0] == f"{form}-inputs.children"]
    outputs = [part(each.partition("@")[0]) for each in name.strip(".").split("...")]
    state = [{"id": each["id"], "property": each["property"]} for each in known[name]["state"]]
    there = {each["id"] for each in state}
    told = {f"{form}-of": of}
    for key, value in written.items():
        exact = f"{form}-{key}"
        told[exact if exact in there else exact.replace("_", "-")] = value
    unknown = set(told) - there
    assert not unknown, f"the form has no such fields: {unknown}"
    [button] = known[name]["inputs"]
    body = {
        "output": name,
        "outputs": outputs,
        "inputs": [{"id": button["id"], "property": "n_clicks", "value": 1}],
        "state": [each | {"value": told.get(each["id"], "")} for each in state],
        "changedPropIds": [f"{button['id']}.n_clicks"],
    }
    browser.get("/account")  # whose document holds the token of forms
    return browser.post("/_dash-update-component", json=body, headers=csrf(browser))


def part(named: str) -> dict[str, str]:
    """An id and a property, of the two with a dot between."""
    name, _, prop = named.rpartition(".")
    return {"id": name, "property": prop}
