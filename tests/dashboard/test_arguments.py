"""Callbacks are called with whatever JSON was posted: what is of another kind than they ask for is a bad request, not a fault."""

import json
from typing import Any, Literal

import pytest
from werkzeug.exceptions import BadRequest

from dashboard import arguments
from tests.dashboard.world import World, csrf


def asked(
    step: str | None,
    clicks: int | None = None,
    share: float = 0.0,
    rows: list[dict[str, Any]] | None = None,
    names: list[str] | None = None,
    way: Literal["in", "out"] = "in",
    view: dict[str, Any] | None = None,
    anything: Any = None,
    open_: bool = False,
) -> None:
    """A callback."""


@pytest.mark.parametrize(
    "given",
    [
        {"step": "15m"},
        {"step": None, "clicks": None, "open_": None},
        {"clicks": 3, "share": 1, "rows": [{}], "names": ["a", None], "way": "out", "view": {"a": 1}, "open_": True},
        {"anything": {"a": []}},
        {"step": "2026-03-29"},
        {"step": "2026-03-29T12:00:00+02:00"},
        {"step": "0001-01-01 was long ago"},
    ],
)
def test_what_is_asked_for_is_taken(given: dict[str, Any]) -> None:
    arguments.check(asked, given)


@pytest.mark.parametrize(
    "given",
    [
        {"step": {}},
        {"step": 5},
        {"step": ["15m"]},
        {"clicks": "3"},
        {"clicks": True},
        {"share": "1"},
        {"rows": {}},
        {"rows": [1]},
        {"names": "abc"},
        {"names": [{}]},
        {"way": "sideways"},
        {"view": []},
        {"open_": 1},
        {"step": "0001-01-01"},
        {"step": "9999-12-31T23:59:59Z"},
    ],
)
def test_what_is_of_another_kind_is_a_bad_request(given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        arguments.check(asked, given)


def _value(like: dict[str, Any], value: object) -> dict[str, Any]:
    named = json.loads(like["id"]) if like["id"].startswith("{") else like["id"]
    return {"id": named, "property": like["property"], "value": value}


@pytest.mark.parametrize("value", [{}, [], "0001-01-01", -1, "x", [{}]], ids=repr)
def test_no_callback_breaks_whatever_is_posted(value: object, world: World, caplog: pytest.LogCaptureFixture) -> None:
    app = world.server.extensions["loadstar-dash"]
    browser = world.client("root")
    browser.get("/")
    broken = []
    for declared in app._callback_list:
        background = app.callback_map[declared["output"]].get("background")
        if background or declared["clientside_function"] or "ALL" in str(declared["inputs"] + declared["state"]):
            continue
        outputs = [
            {"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}
            for name in declared["output"].strip(".").split("...")
        ]
        inputs, state = ([_value(each, value) for each in declared[kind]] for kind in ("inputs", "state"))
        body = {
            "output": declared["output"],
            "outputs": outputs[0] if not declared["output"].startswith("..") else outputs,
            "inputs": inputs,
            "state": state,
            "changedPropIds": [f"{declared['inputs'][0]['id']}.{declared['inputs'][0]['property']}"],
        }
        answer = browser.post("/_dash-update-component", json=body, headers=csrf(browser))
        if answer.status_code == 500:
            broken.append(declared["output"][:80])
    assert broken == []
