"""The people's API described: the OpenAPI document and the page for people, made of the table of what can be asked."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec
from flask import Blueprint, Response, jsonify

from config.settings import settings
from dashboard.api import answers
from dashboard.api.routes import IN_PATH, JSON, ROUTES, STATUSES, Route
from dashboard.web.access import guard, public
from dashboard.web.addresses import API
from ingest.api_page import rendered

_SCHEMAS = "#/components/schemas/{name}"

bp = Blueprint("api_openapi", __name__, url_prefix=API.rstrip("/"))


@lru_cache(maxsize=1)
def described() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    told = [each for route in ROUTES for each in (route.answer, *route.also) if each is not None]
    _, types = msgspec.json.schema_components([answers.Problem, *told], ref_template=_SCHEMAS)
    paths: dict[str, Any] = {}
    for route in ROUTES:
        paths.setdefault(route.path if route.path.startswith("/") else API + route.path, {})[route.method.lower()] = _operation(
            route
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loadstar people's API",
            "version": "1",
            "description": "A program sees what its person sees. Devices post elsewhere.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "an access token, or a personal token"}
            },
            "schemas": types,
        },
    }


def _of(answer: type, also: Sequence[type] = ()) -> dict[str, Any]:
    each = [{"$ref": _SCHEMAS.format(name=one.__name__)} for one in (answer, *also)]
    return {JSON: {"schema": each[0] if len(each) == 1 else {"anyOf": each}}}


def _operation(route: Route) -> dict[str, Any]:
    good: dict[str, Any] = {str(route.good): {"description": STATUSES[route.good]}}
    if route.answer is not None:
        good = {"200": {"description": STATUSES[200], "content": _of(route.answer, route.also)}}
    elif route.file:
        good = {"200": {"description": STATUSES[200], "content": {route.file: {"schema": {"type": "string"}}}}}
    problem = _of(answers.Problem)
    bad = {str(status): {"description": STATUSES[status], "content": problem} for status in sorted(route.statuses)}
    operation: dict[str, Any] = {"summary": route.summary, "responses": good | bad}
    in_path = [part[1:-1] for part in route.path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True} | IN_PATH.get(name, {"description": "an id", "schema": {"type": "string"}})
        for name in in_path
    ]
    if parameters or route.parameters:
        operation["parameters"] = [*parameters, *route.parameters]
    if route.body is not None:
        operation["requestBody"] = {"required": True, "content": {JSON: {"schema": route.body}}}
    if route.path.startswith("token"):
        operation["security"] = []  # the body says who it is
    return operation


@bp.get("/openapi.json")
@guard(public)
def document() -> Response:
    """The OpenAPI document."""
    return jsonify(described())


@bp.get("/docs")
@guard(public)
def manual() -> Response:
    """The page for people."""
    return Response(_page(settings().dashboard_url), mimetype="text/html")


@lru_cache(maxsize=1)
def _page(address: str) -> str:
    way_in = "Send an access token, or a personal one of the account page: <code>Authorization: Bearer …</code>."
    return rendered(described(), way_in, address, f"{API}openapi.json")
