"""A page as a browser has it open: what its components hold, and its callbacks, asked as the renderer asks them."""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.product import Browser, NotUp

BOOT = re.compile(r'<script id="boot-(layout|dependencies)" type="application/json">(.*?)</script>', re.DOTALL)
ASKS = "_dash-update-component"
MATCH = '["MATCH"]'  # in the id of a callback that each of several components has

Given = dict[str, Any]  # "id.property" → value


@dataclass(slots=True)
class Page:
    """A page as the browser has it: the properties of its components by id, and its callbacks by their outputs."""

    path: str
    properties: dict[str, dict[str, Any]]
    callbacks: dict[str, Any]


def ask(browser: Browser, method: str, path: str, body: bytes | None = None, **headers: str) -> str:
    """What is answered to one request; raises `NotUp` for what is refused."""
    sent = {"Accept_Encoding": "gzip"} | headers
    if body is not None and not headers:
        sent |= {"Content_Type": "application/json", "X_CSRFToken": browser.csrf()}
    status, head, content = browser.ask(method, path, body, **sent)
    if status >= 400:
        raise NotUp(f"{method} {path} answers {status}: {content[:300]!r}")
    return (gzip.decompress(content) if head.get("Content-Encoding") == "gzip" else content).decode()


def read(path: str, document: str) -> Page:
    """The page that a document holds; components without an id have a number."""
    boot = {name: json.loads(text) for name, text in BOOT.findall(document)}
    properties: dict[str, dict[str, Any]] = {}
    for number, each in enumerate(components(boot["layout"])):
        properties[_named(each["id"]) if each.get("id") else f"#{number}"] = each
    return Page(path, properties, {each["output"]: each for each in boot["dependencies"]})


def components(part: Any) -> Iterator[dict[str, Any]]:
    """The properties of every component of a tree."""
    if isinstance(part, list):
        for each in part:
            yield from components(each)
    elif isinstance(part, dict) and "props" in part:
        yield part["props"]
        yield from components(part["props"].get("children"))


def callback(page: Page, output: str, given: Given, match: str = "") -> bytes:
    """What the renderer sends when the first of what is given has changed, or for the first time where nothing is given.

    `match`: of which component, where each of several has the callback.
    """
    [declared] = [each for name, each in page.callbacks.items() if output in name.strip(".").split("...")]

    def part(name: str, prop: str) -> Given:
        own = name.replace(MATCH, json.dumps(match))
        return {"id": json.loads(own) if own.startswith("{") else own, "property": prop}

    def parts(names: list[dict[str, str]]) -> list[Given]:
        of = [part(each["id"], each["property"]) for each in names]
        return [each | {"value": _value(page, f"{_named(each['id'])}.{each['property']}", given)} for each in of]

    whole = declared["output"].startswith("..")
    outputs = [part(*each.rsplit(".", 1)) for each in declared["output"].strip(".").split("...")]
    body = {
        "output": declared["output"],
        "outputs": outputs if whole else outputs[0],
        "inputs": parts(declared["inputs"]),
        "state": parts(declared["state"]),
        "changedPropIds": [*given][:1],
    }
    return json.dumps(body).encode()


def _named(part: Any) -> str:
    return part if isinstance(part, str) else json.dumps(part, sort_keys=True, separators=(",", ":"))


def _value(page: Page, name: str, given: Given) -> Any:
    part, _, prop = name.rpartition(".")
    return given[name] if name in given else page.properties.get(part, {}).get(prop)
