"""What people and scripts are told when something is not there or does not work: what happened, and what to do."""

import logging
from collections.abc import Callable
from typing import Any

from dash import Dash
from dash.exceptions import CallbackException, InvalidCallbackReturnValue
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from config.language import N_, _
from dashboard.frame.shell import theme_choice
from dashboard.web import refusals
from dashboard.web.addresses import takes_tokens
from store.errors import NotFound, NotStorable, Refused, StoreAway, StoreFull, TooSoon

log = logging.getLogger(__name__)
RETRY_S = 5
AWAY = N_("Loadstar cannot reach its store")
WORDS = {
    400: (N_("That did not arrive complete"), N_("Go back, reload the page, and send it once more.")),
    429: (N_("One thing at a time"), N_("Something large is still being worked on. Try again in a moment.")),
    405: (N_("Nothing here"), N_("This address does not answer that kind of request.")),
    413: (N_("Too large"), N_("What was sent is larger than Loadstar takes.")),
}
UNNAMED = (N_("That did not work"), N_("Try again; the log of the dashboard says more."))


def sentence(message: Exception | str) -> str:
    """A message as people read it; one that begins with the name of a column or a field keeps that as it is written."""
    words = str(message).rstrip(".")
    first = words.partition(" ")[0]
    return f"{words}." if "_" in first or first == "ts" else f"{words[:1].upper()}{words[1:]}."


def _wants_json() -> bool:
    best = request.accept_mimetypes.best_match(("text/html", "application/json"), "text/html")
    return request.path.startswith("/_") or takes_tokens(request.path) or best == "application/json"


def answer(status: int, error: str, title: str, message: str, *, retry_s: int | None = None) -> Response:
    """The fault as a page, or as JSON for a script."""
    if _wants_json():
        response = jsonify(error=error, message=f"{title}. {message}", reload=error == "form_expired")
    else:
        href, action = (request.path, _("Try again")) if retry_s or status == 400 else ("/", _("Home"))
        page = render_template(
            "message.html", title=title, message=message, href=href, action=action, retry_s=retry_s, theme=theme_choice()
        )
        response = make_response(page)
    response.status_code = status
    if retry_s:
        response.headers["Retry-After"] = str(retry_s)
    return response


def install(server: Flask, dash: Dash) -> None:
    """Answer every error in words."""

    def nothing_here(_error: Exception) -> Response:
        if current_user.is_authenticated and request.method == "GET" and not _wants_json():
            g.nothing_here = True
            response = make_response(dash.index())
            response.status_code = 404
            return response
        return answer(404, "not_found", _("Nothing here"), _("Perhaps the address is mistyped, or you have no access to it."))

    def away(_error: Exception) -> Response:
        log.warning("the store is away: %s", _error)
        return answer(503, "store_away", _(AWAY), _("Nothing is lost. This page tries again every 5 seconds."), retry_s=RETRY_S)

    def full(_error: Exception) -> Response:
        log.error("the store is full: %s", _error)
        return answer(
            507, "store_full", _("Loadstar's disk is full"), _("Nothing was changed. Ask whoever runs it to make room.")
        )

    def not_allowed(error: Refused) -> Response:
        return answer(403, "refused", _("Not allowed"), sentence(error))

    def too_soon(error: TooSoon) -> Response:
        return answer(
            429,
            "too_many_tries",
            _("Too many tries"),
            _("Try again in %(seconds)s s.", seconds=error.retry_s),
            retry_s=error.retry_s,
        )

    def form_expired(_error: Exception) -> Response:
        refusals.note("form token", {})
        return answer(400, "form_expired", _("This page was open for too long"), _("Reload it and send it once more."))

    def refused(error: HTTPException) -> Response | HTTPException:
        if error.code is None or error.code < 400 or error.code == 404:
            return nothing_here(error) if error.code == 404 else error
        title, message = WORDS.get(error.code, UNNAMED)
        response = answer(error.code, "refused", _(title), _(message))
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return response

    def no_text(_error: Exception) -> Response:  # JSON can write half a character
        return answer(400, "malformed", _(WORDS[400][0]), _("A text in it holds a character that no text has."))

    def not_storable(error: NotStorable) -> Response:
        return answer(400, "malformed", _(WORDS[400][0]), sentence(error))

    def no_call(_error: Exception) -> Response:
        return answer(400, "malformed", _(WORDS[400][0]), _("It is not what the callback takes."))

    def broken(error: Exception) -> Response:
        log.error("%s %s failed", request.method, request.path, exc_info=error)
        return answer(
            500, "failed", _("Something broke"), _("Nothing was changed. Try again; the log of the dashboard says more.")
        )

    handlers: dict[Any, Callable[[Any], Any]] = {
        NotFound: nothing_here,
        StoreAway: away,
        StoreFull: full,
        Refused: not_allowed,
        TooSoon: too_soon,
        NotStorable: not_storable,
        CSRFError: form_expired,
        HTTPException: refused,
        UnicodeEncodeError: no_text,
        CallbackException: no_call,
        InvalidCallbackReturnValue: broken,
        Exception: broken,
    }
    for kind, handler in handlers.items():
        server.register_error_handler(kind, handler)
