"""How the public forms answer: on to the next page, or the form again with what is wrong; as JSON to their script.

One way for all of them, so that "the store is away", "too fast" and "wrong" are told apart everywhere.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Response, after_this_request, current_app, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from config.language import N_, _
from config.settings import settings
from dashboard.frame.faults import RETRY_S, sentence
from dashboard.frame.shell import theme_choice
from dashboard.web import security
from store.errors import Refused, StoreAway, TooSoon
from store.records.signin import attempts

AWAY = N_("Loadstar cannot reach its store, so this has to wait. Try again in 5 seconds.")
EVEN_S = 0.5
MARK = "loadstar_known"  # the cookie of a browser in which somebody has signed in

Form = Callable[[str | None], Response]


class DeclinedError(Exception):
    """Why a form leads nowhere, with the status that says so and the seconds after which it may."""

    def __init__(self, status: int, message: str, retry_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.retry_s = retry_s


def reply(do: Callable[[], str], form: Form, *, away: str | None = None) -> Response | AnyResponse:
    """Do it and go where it says; what it declines or refuses is said above the form."""
    as_json = request.accept_mimetypes.best_match(("text/html", "application/json")) == "application/json"
    try:
        following = do()
    except DeclinedError as error:
        declined = error
    except TooSoon as too_soon:
        declined = DeclinedError(
            429, _("Too many tries. Try again in %(seconds)s s.", seconds=too_soon.retry_s), too_soon.retry_s
        )
    except Refused as refused:
        declined = DeclinedError(422, sentence(refused))
    except StoreAway:
        declined = DeclinedError(503, away or _(AWAY), RETRY_S)
    else:
        return jsonify(next=following) if as_json else redirect(following)
    message = str(declined)
    response = jsonify(message=message) if as_json else form(message)
    response.status_code = declined.status
    if declined.retry_s:
        response.headers["Retry-After"] = str(declined.retry_s)
    return response


def admit(what: str, whose: str | None = None) -> None:
    """Count a try from this browser; raises `TooSoon` while there were too many. As `attempts.admit` says."""
    attempts.admit(what, browser_address(), whose=whose, mark=request.cookies.get(_mark_name()))


def succeeded(what: str, whose: str | None = None) -> None:
    """Forget the tries before one that was right, and know the network from now on."""
    attempts.succeeded(what, browser_address(), whose=whose, mark=request.cookies.get(_mark_name()))


def is_known(account: str) -> bool:
    """Whether the account has signed in before in this browser or from its network."""
    return attempts.is_known(account, browser_address(), mark=request.cookies.get(_mark_name()))


def mark(account: str) -> None:
    """Let this browser be known by the account that has just signed in with it."""

    @after_this_request
    def keep(response: Response) -> Response:
        age_s = int(attempts.KNOWN_FOR.total_seconds())
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(_mark_name(), attempts.mark_of(account), age_s, httponly=True, samesite="Lax", secure=secure)
        return response


def _mark_name() -> str:
    return security.cookie(MARK, settings())


def browser_address() -> str:
    """Where the request comes from."""
    return request.remote_addr or "unknown"


@contextmanager
def even_time() -> Iterator[None]:
    """Whatever is done within takes a whole number of half seconds, so that its time does not tell what it was."""
    began = time.monotonic()
    yield
    spent = time.monotonic() - began
    time.sleep(math.ceil(spent / EVEN_S) * EVEN_S - spent)


def page(template: str, title: str, *, status: int = 200, **given: Any) -> Response:
    """A public page. What was typed may stand in it beside a token: it goes out as it is (dashboard/web/compression.py)."""
    has_mail_server = settings().smtp_host is not None
    drawn = render_template(template, title=f"{title} · Loadstar", theme=theme_choice(), has_mail_server=has_mail_server, **given)
    response = make_response(drawn, status)
    response.headers["X-As-It-Is"] = "yes"
    return response
