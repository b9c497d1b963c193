"""What is to be done once, before one is in: a password of one's own, and two-factor sign-in where it is a duty."""

import base64

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from config.language import _
from dashboard.frame.faults import sentence
from dashboard.signin import letters, replies, steps
from dashboard.web.access import guard, public
from store.errors import Refused
from store.records.access import audit, policy
from store.records.people import own_account
from store.records.schema import User
from store.records.signin import passwords, two_factor
from store.records.transaction.engine import session

bp = Blueprint("first_time", __name__)


@bp.get(steps.OWN_PASSWORD)
@guard(public)
def own_password_form() -> Response | AnyResponse:
    """The form for a password of one's own, for whoever came with one that somebody else chose."""
    return redirect("/sign-in") if steps.whose(steps.OWN_PASSWORD) is None else _own_password_form(None)


@bp.post(steps.OWN_PASSWORD)
@guard(public)
def own_password() -> Response | AnyResponse:
    """Set it and go on."""

    def do() -> str:
        user = steps.whose(steps.OWN_PASSWORD)
        if user is None:
            return steps.LATE
        password = request.form.get("password", "")
        if passwords.matches(user.password_hash, password):
            raise Refused(_("this is the one that you were given, which somebody else knows: choose another"))
        audit.act_as(user.id, request.remote_addr)
        return steps.go_on(own_account.change_password(policy.scope_of(user.id), password, letters.password_changed))

    return steps.with_theme(replies.reply(do, _own_password_form))


def _own_password_form(message: str | None) -> Response:
    return replies.page(
        "new_password.html",
        _("Choose your password"),
        heading=_("Choose your password"),
        words=_("Somebody else chose the password that you signed in with. It stops working once you have your own."),
        message=message,
        shortest=passwords.SHORTEST,
    )


@bp.get(steps.SET_UP)
@guard(public)
def set_up_form() -> Response | AnyResponse:
    """The key for the authenticator app, for whoever has to have one and has none."""
    user = steps.whose(steps.SET_UP)
    return redirect("/sign-in") if user is None else _set_up_form(user, None)


@bp.post(steps.SET_UP)
@guard(public)
def set_up() -> Response | AnyResponse:
    """Turn it on with a first code, show the recovery codes, and let them in."""
    user = steps.whose(steps.SET_UP)
    if user is None:
        return redirect(steps.LATE)
    audit.act_as(user.id, request.remote_addr)
    try:
        with session():
            codes = two_factor.confirm(policy.scope_of(user.id), request.form.get("code", ""))
            letters.second_factor_on(user)
    except Refused as refused:
        response = _set_up_form(user, sentence(refused))
        response.status_code = 422
        return response
    following = steps.go_on(user, with_code=True)
    return steps.with_theme(replies.page("recovery_codes.html", _("Recovery codes"), codes=codes, following=following))


def _set_up_form(user: User, message: str | None) -> Response:
    audit.act_as(user.id, request.remote_addr)
    made = two_factor.begin(policy.scope_of(user.id), again=True)
    picture = base64.b64encode(made.svg.encode()).decode("ascii")
    return replies.page("set_up.html", _("Two-factor sign-in"), message=message, key=made.secret, picture=picture)
