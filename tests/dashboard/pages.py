"""Asking pages and callbacks as the browser does, without one."""

import json
import re
from typing import Any

from flask.testing import FlaskClient

from tests.dashboard.world import World, csrf


def opened(world: World, who: str) -> FlaskClient:
    """The browser of somebody with a page open: beside every page comes the token that calls are sent with."""
    browser = world.client(who)
    browser.get("/account")
    return browser


def shown(browser: FlaskClient, path: str) -> str:
    """The page that the document holds, as JSON text."""
    answer = browser.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    held = re.search(r'<script id="boot-layout" type="application/json">(.*?)</script>', answer.get_data(as_text=True), re.DOTALL)
    assert held
    return json.dumps(json.loads(held[1]), ensure_ascii=False)


def call(world: World, browser: FlaskClient, output: str, given: dict[str, Any], pressed: str | dict[str, str] = "") -> str:
    """What a callback answers, by id and property; `output` is a part of its outputs' names that only it has."""
    app = world.server.extensions["loadstar-dash"]
    found = [
        each for each in app._callback_list if each["output"] == output or f"{output}" in each["output"].strip(".").split("...")
    ]
    assert len(found) == 1, f"{[each['output'] for each in found]}"
    declared = found[0]
    trigger = pressed or declared["inputs"][0]["id"]

    def parts(names: list[dict[str, str]]) -> list[Any]:
        return [_part(each, given, trigger) for each in names]

    outputs = [_named(each) for each in declared["output"].strip(".").split("...")]
    one = not declared["output"].startswith("..")
    triggered = trigger if isinstance(trigger, str) else json.dumps(trigger, sort_keys=True, separators=(",", ":"))
    body = {
        "output": declared["output"],
        "outputs": outputs[0] if one else outputs,
        "inputs": parts(declared["inputs"]),
        "state": parts(declared["state"]),
        "changedPropIds": [f"{triggered}.{declared['inputs'][0]['property']}"],
    }
    answer = browser.post("/_dash-update-component", json=body, headers=csrf(browser))
    return answer.get_data(as_text=True).replace("\\u002f", "/")


def _named(text: str) -> dict[str, Any]:
    part, _, name = text.rpartition(".")
    return {"id": json.loads(part) if part.startswith("{") else part, "property": name.partition("@")[0]}


def _part(named: dict[str, str], given: dict[str, Any], trigger: str | dict[str, str]) -> Any:
    part, name = named["id"], named["property"]
    if part.startswith("{"):
        kind = json.loads(part)["type"]
        if isinstance(trigger, dict) and trigger.get("type") == kind:
            return [{"id": trigger, "property": name, "value": given.get(kind, 1)}]
        return [{"id": each, "property": name, "value": each if name == "id" else value} for each, value in given.get(kind, [])]
    default = 1 if name == "n_clicks" else None
    return {"id": part, "property": name, "value": given.get(part, default)}
