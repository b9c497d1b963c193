"""Pages and their callbacks, declared once a process and given to each application made in it.

Dash keeps `@callback`s in module globals that the first application empties. Tests make many applications, so what a
module declared is remembered here.
"""

import importlib
import pkgutil
from functools import partial
from typing import Any

import dash
from dash import Dash, _callback
from flask import Flask

from dashboard import pages
from dashboard.frame import shell
from dashboard.web.access import Rule, rule_of, signed_in, with_rule

_map: dict[str, dict[str, Any]] = {}
_list: list[dict[str, Any]] = []
_scripts: list[str] = []

# Dash's own callbacks: the router, which calls page layouts that have their own rules; the cancel of a background
# callback, whose job must be signed for the page load that asks
OF_DASH = {"dash.dash": {"update", "cancel_call"}}


def declare() -> None:
    """Import every page and hand all callbacks declared so far to the application that is being made."""
    for found in pkgutil.walk_packages(pages.__path__, f"{pages.__name__}."):
        module = importlib.import_module(found.name)
        if (page := dash.page_registry.get(found.name)) is not None:
            page["layout"] = module.layout
            page["title"] = partial(shell.title, page["name"])
    _map.update(_callback.GLOBAL_CALLBACK_MAP)
    _list.extend(_callback.GLOBAL_CALLBACK_LIST)
    _scripts.extend(_callback.GLOBAL_INLINE_SCRIPTS)
    # copies: Dash takes the cancel inputs out of what it is given
    _callback.GLOBAL_CALLBACK_MAP.update({key: _copy(each) for key, each in _map.items()})
    _callback.GLOBAL_CALLBACK_LIST[:] = [dict(each) for each in _list]
    _callback.GLOBAL_INLINE_SCRIPTS[:] = list(_scripts)


def _copy(declared: dict[str, Any]) -> dict[str, Any]:
    background = declared.get("background")
    return {**declared, "background": dict(background)} if isinstance(background, dict) else dict(declared)


def settle(app: Dash, server: Flask) -> None:
    """Let Dash register everything now instead of at the first request, so that all inline scripts are known."""
    with server.test_request_context("/healthz"):
        server.preprocess_request()
    for registered in app.callback_map.values():
        function = registered.get("callback")
        original = getattr(function, "__wrapped__", None)
        if function and original and original.__name__ in OF_DASH.get(original.__module__, ()):
            with_rule(function, signed_in)


def rule_of_callback(app: Dash, output: object) -> Rule | None:
    """The rule of the callback with that output; none for unknown ones and those that run in the browser."""
    registered = app.callback_map.get(output, {}) if isinstance(output, str) else {}
    return rule_of(registered.get("callback"))
