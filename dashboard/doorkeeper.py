"""Deny by default, before anything else runs: no rule, no entry."""

from typing import Any
from urllib.parse import urlencode

from dash import Dash
from flask import Flask, Response, jsonify, redirect, request
from flask_login import current_user
from werkzeug.exceptions import BadRequest, MethodNotAllowed
from werkzeug.wrappers import Response as AnyResponse

from config.language import _
from dashboard import callbacks
from dashboard.frame import landing, shell
from dashboard.signin import front
from dashboard.web import arguments
from dashboard.web.access import OPEN, Rule, ask, current_scope, public, rule_of, signed_in
from dashboard.web.addresses import API, takes_tokens
from store.errors import NotFound
from store.records.people import users
from store.scope import NOBODY

# Dash's own routes. `/` and everything else it would draw are pages, with the rule of their layout.
DASH_ROUTES: dict[str, Rule] = {
    "/_dash-layout": signed_in,
    "/_dash-dependencies": signed_in,
    "/_dash-update-component": signed_in,  # and the callback's own rule
    "/_reload-hash": signed_in,
    "_dash_assets.static": signed_in,  # an empty folder: assets are served by dashboard/web/static.py
    "/_favicon.ico": public,
    "/healthz": public,
}
PAGE_ROUTES = ("/", "/<path:path>")
ROUTER = ".._pages_content.children..._pages_store.data.."


def rule_of_endpoint(server: Flask, endpoint: str) -> Rule | None:
    """The rule of a route that is not a page."""
    return DASH_ROUTES.get(endpoint) or rule_of(server.view_functions[endpoint])


def install(server: Flask) -> None:
    """Ask for a rule before every request."""

    @server.before_request
    def admit() -> Response | AnyResponse | None:
        endpoint = request.endpoint
        if "\0" in request.path:
            raise NotFound("no address has such a character, and no record such an id")
        if request.path.startswith(API) and (endpoint in (None, *PAGE_ROUTES) or request.method == "OPTIONS"):
            return _by_method(server)
        if endpoint is None:  # nothing there, or not with this method
            return None if current_user.is_authenticated else _unknown()
        if endpoint in PAGE_ROUTES:
            return _admit_to_page()
        rule = rule_of_endpoint(server, endpoint)
        if rule is None:
            raise NotFound(f"no rule lets anybody ask {endpoint}")
        if rule in OPEN:
            rule(NOBODY, {})
            return None
        if not current_user.is_authenticated:
            return _unknown()
        ask(rule, request.view_args or {})
        return None


def install_for_callbacks(server: Flask, dash: Dash) -> None:
    """After the check of the token: a callback without a rule does not exist; one with a rule asks it itself."""

    @server.before_request
    def admit_to_callback() -> None:
        if request.endpoint == "/_dash-update-component":
            body = request.get_json()
            output = body.get("output") if isinstance(body, dict) else None
            if callbacks.rule_of_callback(dash, output) is None:
                raise NotFound("no such callback")
            arguments.check_call(body, dash.callback_map[output])
            if output == ROUTER and not _is_an_address(body.get("inputs")):
                raise BadRequest("no address")


def _is_an_address(inputs: Any) -> bool:
    """Whether Dash's own router, which checks nothing, is given a path and a query."""
    try:
        path, query = (each["value"] for each in inputs)
        return bool(path.startswith("/") and (not query or query.startswith("?")))
    except (TypeError, KeyError, ValueError, AttributeError):
        return False


def _by_method(server: Flask) -> Response | AnyResponse:
    """What an address of the API can be asked: pages are everywhere, and so would answer in the place of what is not there."""
    adapter = server.create_url_adapter(request)
    assert adapter is not None  # noqa: S101  # within a request there is one
    methods = [each for each in sorted(adapter.allowed_methods()) if adapter.match(method=each)[0] not in PAGE_ROUTES]
    if not methods:
        if current_user.is_authenticated:
            raise NotFound("no such address")
        return _unknown()
    if request.method == "OPTIONS":
        return Response(headers={"Allow": ", ".join(methods)})
    raise MethodNotAllowed(methods)


def _admit_to_page() -> Response | AnyResponse | None:
    if not current_user.is_authenticated:
        return front.page() if request.path == "/" else _unknown()
    if (elsewhere := landing.elsewhere(current_scope(), request.path)) is not None:
        return redirect(elsewhere)
    page, given = shell.page_at(request.path)
    rule = rule_of(page.get("layout"))
    if rule is None:
        raise NotFound("no such page")
    ask(rule, given)
    site_id = given.get("site_id")
    if site_id is not None and site_id != current_user.last_site_id and current_user.viewer is None:
        users.remember_site(current_scope(), site_id)
    return None


def _unknown() -> Response | AnyResponse:
    """Nobody is signed in: a person is sent to the sign-in page, a script is told."""
    if takes_tokens(request.path):
        response = jsonify(error="no_token", message=_("Send a token that is good: Authorization: Bearer …"))
        response.status_code = 401
        response.headers["WWW-Authenticate"] = 'Bearer realm="people"'
        return response
    if request.path.startswith("/_") or request.method not in ("GET", "HEAD"):
        response = jsonify(error="signed_out", message=_("Sign in again."))
        response.status_code = 401
        return response
    wanted = request.full_path.rstrip("?")
    return redirect(f"/sign-in?{urlencode({'next': wanted})}")
