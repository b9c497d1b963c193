"""Coming in, step by step: what is still to be done between the password and the session, and the session itself.

A code of the authenticator app, where two-factor sign-in is on; a password of one's own in the place of one that somebody
else chose; setting two-factor sign-in up, where the settings make it a duty. Until the last step nobody is signed in:
the browser holds, signed and for some minutes, whose password was right and what was done since, and that no longer
counts once the password is another one. Each step asks whether it is its turn, so none can be left out.
"""

import hmac

import flask_login
from flask import Response, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from config import clock
from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.frame.shell import THEME_COOKIE
from dashboard.signin import destination, person, replies
from dashboard.web.security import YEAR_S
from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.people import users
from store.records.schema import User
from store.records.schema.columns import now
from store.records.signin import credentials, sessions, two_factor
from store.scope import SYSTEM

KEY = "steps"
CSRF = "csrf_token"  # what Flask-WTF keeps in the session
CODE, OWN_PASSWORD, SET_UP = "/sign-in/code", "/sign-in/own-password", "/sign-in/set-up"
LATE = "/sign-in?said=late"
LASTS_S = 300  # to type a code
LONGER_S = 1200  # to think of a password, or to find an app and install it
OVER = N_(
    "this password was chosen for you and was valid for a few days: set one of your own by “Forgot password?”, "
    "or ask an administrator for another"
)


def open_door(user: User, by: str) -> None:
    """Start a session of its own for the user: nothing of the one before is kept, and it ends.

    `by` says in the audit log what let them in.
    """
    before = session.get("_user_id")
    session.clear()
    token = sessions.open_session(user, replies.browser_address(), request.user_agent.string[:300], by=by)
    if isinstance(before, str):
        sessions.end_session(before)
    session.permanent = True
    audit.act_as(user.id, request.remote_addr)
    flask_login.login_user(person.Person(user, token))


def stay_in(user: User, by: str) -> None:
    """Give the browser in which somebody has just changed how they come in a session of its own: the page there goes on."""
    forms = session.get(CSRF)
    open_door(user, by)
    session[CSRF] = forms


def come_in(user: User, wanted: str, by: str = "password") -> str:
    """Sign in who has shown who they are, or ask for what is still to be done; where to go on."""
    if (why_not := sessions.closed(user)) is not None:
        raise replies.DeclinedError(403, sentence(Refused(why_not)))
    kept = users.user(SYSTEM, user.id)  # its hash may have been renewed just now
    if by == "password" and kept.password_until is not None and kept.password_until <= now():
        raise replies.DeclinedError(403, sentence(Refused(_(OVER))))
    session[KEY] = {"user": kept.id, "proof": credentials.proof(kept), "next": wanted, "by": by, "code": False}
    return go_on(kept)


def go_on(user: User, *, with_code: bool = False) -> str:
    """What is to be done next, or sign them in: where that is. `with_code`: a code of their app was right."""
    kept = session[KEY] | {"proof": credentials.proof(user)}
    kept["code"] = kept["code"] or with_code
    path = _turn(user, kept)
    if path is not None:
        session[KEY] = kept | {"until": clock.now_us() // clock.SECOND + (LASTS_S if path == CODE else LONGER_S)}
        return path
    try:
        open_door(user, f"{kept['by']} and code" if kept["code"] else kept["by"])
    except Refused as refused:
        raise replies.DeclinedError(403, sentence(refused)) from refused
    replies.succeeded(user.email)
    replies.mark(user.email)
    return destination.safe(kept["next"])


def _turn(user: User, kept: dict[str, str]) -> str | None:
    """The path of the step whose turn it is; none when all is done."""
    if two_factor.is_on(user.id) and not kept["code"]:
        return CODE
    if user.password_until is not None and kept["by"] == "password":
        return OWN_PASSWORD
    return SET_UP if two_factor.is_missing(user) else None


def whose(path: str) -> User | None:
    """Whose turn it is for the step at that path, in this browser; none when it is not, or was too long ago."""
    kept = session.get(KEY)
    if kept is None or kept["until"] < clock.now_us() // clock.SECOND:
        return None
    try:
        user = users.user(SYSTEM, kept["user"])
    except NotFound:
        return None
    same = hmac.compare_digest(kept["proof"], credentials.proof(user))
    return user if same and _turn(user, kept) == path else None


def with_theme(response: Response | AnyResponse) -> Response | AnyResponse:
    """Whoever came in: this browser gets the theme that they have chosen elsewhere, unless it has one."""
    if THEME_COOKIE not in request.cookies and response.status_code < 400 and current_user.is_authenticated:
        response.set_cookie(THEME_COOKIE, current_user.theme, max_age=YEAR_S, samesite="Lax", secure=request.is_secure)
    return response
