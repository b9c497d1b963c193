"""Callbacks are called with whatever JSON was posted: what is of another kind than they ask for is a bad request, not a fault."""

import inspect
import json
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from werkzeug.exceptions import BadRequest

from dashboard.web import arguments
from store.records.jobs import asking
from store.records.plant import meters, regions, sites
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
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
        {"view": {"since": "2026-03-29", "names": ["Ω"]}},
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
        {"step": "half a character: \ud83d"},
        {"view": {"since": "0001-01-01"}},
        {"anything": [{"\udfff": 1}]},
    ],
)
def test_what_is_of_another_kind_is_a_bad_request(given: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        arguments.check(asked, given)


def _of_each_form(world: World) -> list[dict[str, Any]]:
    """A callback of each form: the form alone, never the function, decides whether a call can be taken apart."""

    def form(declared: dict[str, Any]) -> tuple[object, ...]:
        taken = tuple(tuple('["ALL"]' in each["id"] for each in declared[kind]) for kind in ("inputs", "state"))
        return *taken, declared["output"].startswith(".."), '["ALL"]' in declared["output"], bool(declared["background"])

    return list({form(each): each for each in _of_the_server(world)}.values())


def _property(like: dict[str, Any], value: dict[str, object]) -> Any:
    """A property as a page names it; two of them where the callback asks for all of a kind."""
    named = json.loads(like["id"]) if like["id"].startswith("{") else like["id"]
    given = {"id": named, "property": like["property"], **value}
    if '["ALL"]' not in like["id"]:
        return given
    return [given | {"id": {name: "x" if part == ["ALL"] else part for name, part in named.items()}}] * 2


def _call(declared: dict[str, Any], value: object) -> dict[str, Any]:
    """What a page would post, with the value wherever there is one."""
    outputs = [
        _property({"id": name.rpartition(".")[0], "property": name.rpartition(".")[2].partition("@")[0]}, {})
        for name in declared["output"].strip(".").split("...")
    ]
    first = {name: declared["inputs"][0][name] for name in ("id", "property")}
    return {
        "output": declared["output"],
        "outputs": outputs[0] if not declared["output"].startswith("..") else outputs,
        "inputs": [_property(each, {"value": value}) for each in declared["inputs"]],
        "state": [_property(each, {"value": value}) for each in declared["state"]],
        "changedPropIds": [".".join(first.values()).replace('["ALL"]', '"x"')],
    }


def _of_the_server(world: World) -> Iterator[dict[str, Any]]:
    """The callbacks that the server answers."""
    app = world.server.extensions["loadstar-dash"]
    yield from (each for each in app._callback_list if not each["clientside_function"])


@pytest.mark.parametrize("value", [{}, [], "0001-01-01", -1, "x", [{}], True, "\0", {"a": [None]}], ids=repr)
def test_no_callback_breaks_whatever_is_posted(value: object, world: World) -> None:
    browser = world.client("root")
    browser.get("/")
    token, broken, asked = csrf(browser), [], []
    for declared in _of_the_server(world):
        answer = browser.post("/_dash-update-component", json=_call(declared, value), headers=token)
        asked.append(declared["output"])
        if answer.status_code == 500:
            broken.append(declared["output"][:80])
    assert broken == []
    assert any("overview-ahead" in each for each in asked), "background callbacks are among them"
    assert any('["ALL"]' in each for each in map(str, _of_the_server(world))), "and those of several at once"


HOSTILE: list[object] = [
    {"a": [None]},
    {"start": "x", "first": {}, "key": 5, "tables": 5, "order": [1], "page": "x", "sort": {}, "filter": [5]},
    [[1]],
    "\ud800",
    "9" * 400,
    "2199-12-31T23:59:59-23:59",
    -1,
    2**70,
]


# What a form, a table or its files are of, where that is no site.
OF = dict.fromkeys(("meter", "meter-terms", "exchange", "declared", "holders"), "meter_id") | {
    "withdraw": "region_id",
    "series": "region_id",
    "invite": "organisation_id",
    "members": "organisation_id",
    "invitations": "organisation_id",
}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:30])
def test_no_callback_breaks_where_whoever_asks_may_and_one_thing_is_of_another_kind(value: object, world: World) -> None:
    north = sites.site(SYSTEM, world.site)
    known = {
        "site_id": world.site,
        "meter_id": meters.create_meter(SYSTEM, world.site, name="Temperature", role="condition").id,
        "region_id": regions.create_region(SYSTEM, name="GB").id,
        "organisation_id": north.organisation_id,
        "owner": north.organisation_id,
    }
    browser = world.client("root")
    browser.get("/")
    app, token, broken = world.server.extensions["loadstar-dash"], csrf(browser), []
    for declared in _of_the_server(world):
        function = app.callback_map[declared["output"]]["callback"]
        names = list(inspect.signature(inspect.unwrap(function)).parameters)[1 if declared["background"] else 0 :]
        every = [*declared["inputs"], *declared["state"]]
        known["of"] = known["context"] = known[OF.get(declared["output"].strip(".").partition("-")[0], "site_id")]
        for wrong in range(len(every)):
            if wrong < len(names) and names[wrong] in known:
                continue
            given = [
                _property(each, {"value": known.get(names[at] if at < len(names) else "", value if at == wrong else None)})
                for at, each in enumerate(every)
            ]
            body = _call(declared, None)
            body |= {"inputs": given[: len(declared["inputs"])], "state": given[len(declared["inputs"]) :]}
            answer = browser.post("/_dash-update-component", json=body, headers=token)
            if answer.status_code == 500:
                broken.append((declared["output"][:60], names[wrong] if wrong < len(names) else wrong))
    assert broken == []


def test_a_job_is_started_for_nobody_who_gives_what_it_does_not_ask_for(world: World) -> None:
    browser = world.client("root")
    browser.get("/")
    for declared in _of_the_server(world):
        if declared["background"]:
            for value in ({}, "x", [{}]):
                answer = browser.post("/_dash-update-component", json=_call(declared, value), headers=csrf(browser))
                assert answer.status_code in (400, 404), declared["output"]
    assert asking.jobs(SYSTEM, Wanted()).rows == []


MISSHAPEN: list[dict[str, Any]] = [
    {"inputs": 5},
    {"inputs": []},
    {"inputs": [1]},
    {"inputs": [{}]},
    {"inputs": [[5]]},
    {"inputs": {"a": 1}},
    {"state": "x"},
    {"state": [{"id": 1, "property": "value"}] * 50},
    {"outputs": 5},
    {"outputs": [[5]]},
    {"changedPropIds": 5},
    {"changedPropIds": [{}]},
    {"changedPropIds": [None]},
    {"changedPropIds": ['{"kind":["ALL"],"channel":5}.value']},
    {"changedPropIds": ['{"kind":.value']},
    {"changedPropIds": ["{" * 100_000 + ".value"]},
]


@pytest.mark.parametrize("wrong", MISSHAPEN, ids=repr)
def test_a_call_that_no_page_would_send_is_a_bad_request(wrong: dict[str, Any], world: World) -> None:
    browser = world.client("root")
    browser.get("/")
    token = csrf(browser)
    answers = {
        declared["output"][:80]: browser.post(
            "/_dash-update-component", json=_call(declared, None) | wrong, headers=token
        ).status_code
        for declared in _of_each_form(world)
    }
    assert len(answers) > 20
    assert {output: status for output, status in answers.items() if status != 400} == {}
