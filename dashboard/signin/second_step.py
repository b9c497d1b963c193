"""Coming in: the session that a sign-in starts, and the code that it asks for before, when two-factor sign-in is on.

Between the password and the code nobody is signed in: the browser holds, signed and for five minutes, whose password was
right, and that no longer counts once the password is another one.
"""

import hashlib
import time

import flask_login
from flask import Blueprint, Response, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from dashboard.access import guard, public
from dashboard.faults import sentence
from dashboard.security import YEAR_S
from dashboard.shell import THEME_COOKIE
from dashboard.signin import destination, person, replies
from store.errors import NotFound, Refused
from store.records import attempts, audit, sessions, two_factor, users
from store.records.schema import User
from store.scope import SYSTEM

bp = Blueprint("second_step", __name__)

KEY = "second_step"
PATH = "/sign-in/code"
LASTS_S = 300
WRONG = "This code is not right, or was used already. Wait for the next one, or use a recovery code."


def open_door(user: User) -> None:
    """Start a session of its own for the user: nothing of the one before is kept."""
    session.clear()
    token = sessions.open_session(user, replies.browser_address(), request.user_agent.string[:300])
    session.permanent = True
    audit.act_as(user.id, request.remote_addr)
    flask_login.login_user(person.Person(user, token))


def come_in(user: User, wanted: str) -> str:
    """Sign in whose password was right, or ask for the code first; where to go on."""
    if two_factor.is_on(user.id):
        if (why_not := sessions.closed(user)) is not None:
            raise replies.DeclinedError(403, sentence(Refused(why_not)))
        kept = users.user(SYSTEM, user.id)  # its hash may have been renewed just now
        session[KEY] = {"user": kept.id, "proof": _proof(kept), "next": wanted, "until": int(time.time()) + LASTS_S}
        return PATH
    return _let_in(user, wanted)


def _let_in(user: User, wanted: str) -> str:
    try:
        open_door(user)
    except Refused as refused:
        raise replies.DeclinedError(403, sentence(refused)) from refused
    attempts.succeeded(user.email, replies.browser_address())
    return wanted


def with_theme(response: Response | AnyResponse) -> Response | AnyResponse:
    """Whoever came in: this browser gets the theme that they have chosen elsewhere, unless it has one."""
    if THEME_COOKIE not in request.cookies and response.status_code < 400 and current_user.is_authenticated:
        response.set_cookie(THEME_COOKIE, current_user.theme, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    return response


@bp.get(PATH)
@guard(public)
def code_form() -> Response | AnyResponse:
    """The form for the code, for whose password was right a moment ago."""
    return redirect("/sign-in") if _who() is None else _code_form(None)


@bp.post(PATH)
@guard(public)
def check_code() -> Response | AnyResponse:
    """Let them in by a code of the app or a recovery code."""

    def do() -> str:
        user = _who()
        if user is None:
            return "/sign-in?said=late"
        wanted = destination.safe(session[KEY]["next"])
        try:
            right = two_factor.check(user.id, request.form.get("code", ""), replies.browser_address())
        except Refused as refused:
            raise replies.DeclinedError(429, sentence(refused)) from refused
        if not right:
            raise replies.DeclinedError(401, WRONG)
        return _let_in(user, wanted)

    return with_theme(replies.reply(do, _code_form))


def _who() -> User | None:
    """Whose password was right in this browser; none when that is too long ago, or the password is another one since."""
    kept = session.get(KEY)
    if kept is None or kept["until"] < time.time():
        return None
    try:
        user = users.user(SYSTEM, kept["user"])
    except NotFound:
        return None
    return user if kept["proof"] == _proof(user) and two_factor.is_on(user.id) else None


def _proof(user: User) -> str:
    """Changes with the password, and tells nothing of it: what is hashed has a random salt."""
    return hashlib.sha256((user.password_hash or "").encode()).hexdigest()[:32]


def _code_form(message: str | None) -> Response:
    return replies.page("second_step.html", "Code", message=message, recovery="recovery" in request.args)
