"""Signing a program in: a short-lived access token, renewed with a refresh token that works once.

The pair is that of RFC 6749's bearer tokens; the body is JSON, because a form could be sent by a foreign page.
"""

from typing import Any

from flask import Blueprint, Response, request

from config.language import N_, _
from dashboard.api import answers
from dashboard.api.answers import said
from dashboard.api.asked import refused
from dashboard.frame.faults import sentence
from dashboard.web.access import guard, public
from dashboard.web.addresses import API
from store.errors import Refused
from store.records.people import users
from store.records.signin import attempts, tokens, two_factor

WRONG = N_("Wrong email or password.")
CODE_NEEDED = N_("This account has a second factor: send the code of the authenticator app, or a recovery code, as code.")
CODE_WRONG = N_("That code is not right, or was used already.")

bp = Blueprint("api_tokens", __name__, url_prefix=f"{API}token")


@bp.post("")
@guard(public)
def sign_in() -> Response:
    """`{"email", "password", "code"}` → a pair of tokens. `code` only with a second factor."""
    given, problem = _given("email", "password")
    if problem is not None:
        return problem
    email, address = given["email"].strip(), request.remote_addr or "unknown"
    attempts.admit(email, address)
    user = users.verify_password(email, given["password"])
    if user is None:
        return refused(401, "wrong", _(WRONG))
    if two_factor.is_on(user.id):
        code = given.get("code")
        if not isinstance(code, str) or not code.strip():
            return refused(401, "code_needed", _(CODE_NEEDED))
        if not two_factor.check(user.id, code.strip(), address):
            return refused(401, "code_wrong", _(CODE_WRONG))
    try:
        pair = tokens.sign_in(user, address, request.user_agent.string)
    except Refused as closed:
        return refused(403, "refused", sentence(closed))
    attempts.succeeded(email, address)
    return _pair(pair)


@bp.post("/refresh")
@guard(public)
def refresh() -> Response:
    """`{"refresh_token"}` → the next pair, the same again for ten seconds; then the old refresh token is used up."""
    given, problem = _given("refresh_token")
    if problem is not None:
        return problem
    try:
        return _pair(tokens.refresh(given["refresh_token"], request.remote_addr or "unknown", request.user_agent.string))
    except Refused as ended:
        return refused(401, "no_longer_good", sentence(ended))


@bp.post("/revoke")
@guard(public)
def revoke() -> Response:
    """`{"refresh_token"}` → the program is signed out; the same answer for one that is unknown (RFC 7009)."""
    given, problem = _given("refresh_token")
    if problem is not None:
        return problem
    tokens.revoke(given["refresh_token"])
    return Response(status=204)


def _given(*required: str) -> tuple[dict[str, Any], Response | None]:
    """The body's object, or what is wrong with it."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        return {}, refused(400, "malformed", _("Send a JSON object, with the content type application/json."))
    for name in required:
        if not isinstance(body.get(name), str):
            return {}, refused(400, "missing_field", _("%(name)s is missing, or no text.", name=name))
    return body, None


def _pair(pair: tokens.Pair) -> Response:
    return said(answers.Pair(pair.access, pair.refresh, "Bearer", pair.expires_in_s))
