"""Signing in by the OpenID Connect provider of the settings: there, and back with a code.

What the provider confirms stands for the password, and for nothing else: approval, limits, the second factor and the
session are those of everybody. Until they are back, the browser holds, signed and for ten minutes, what it has to bring
and what the provider has to know; it counts once.
"""

import hmac
import logging

from flask import Blueprint, Flask, Response, current_app, redirect, request, session
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from config import clock
from config.language import N_, _
from config.settings import Settings, settings
from dashboard.signin import destination, letters, openid, replies, sign_in_page, steps
from dashboard.signin.replies import DeclinedError
from dashboard.web.access import guard, with_provider
from store.records.access import audit
from store.records.people import identities
from store.records.schema import User

log = logging.getLogger(__name__)
bp = Blueprint("provider", __name__)

KEY = "provider"
PATH, BACK = "/sign-in/provider", "/sign-in/provider/back"
LASTS_S = 600
RETRY_S = 5
LATE = N_("This was begun in another browser or window, or took too long. Try again.")


@bp.get(PATH)
@guard(with_provider)
def begin() -> Response | AnyResponse:
    """Send them to the provider; who is signed in already goes on."""
    wanted = destination.safe(request.args.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted)

    def do() -> str:
        try:
            begun = _provider().begin(letters.link(BACK))
        except openid.ProviderAway as away:
            raise _away() from away
        session[KEY] = {
            "state": begun.state,
            "nonce": begun.nonce,
            "verifier": begun.verifier,
            "next": wanted,
            "until": clock.now_us() // clock.SECOND + LASTS_S,
        }
        return begun.address

    return replies.reply(do, lambda message: sign_in_page.page(wanted, "", message))


@bp.get(BACK)
@guard(with_provider)
def back() -> Response | AnyResponse:
    """Let in whom the provider has let in, or say which it is: it said no, nobody here is meant, it cannot be reached."""
    kept = session.pop(KEY, None)
    wanted = destination.safe(kept["next"]) if kept else destination.START

    def do() -> str:
        given = request.args.get("state", "")
        is_late = kept is None or kept["until"] < clock.now_us() // clock.SECOND
        if kept is None or is_late or not hmac.compare_digest(given.encode(), kept["state"].encode()):
            raise DeclinedError(400, _(LATE))
        tries = f"provider from {replies.browser_address()}"
        replies.admit(tries)
        user = _who(kept["nonce"], kept["verifier"])
        following = steps.come_in(user, wanted, "provider")
        replies.succeeded(tries)
        return following

    return steps.with_theme(replies.reply(do, lambda message: sign_in_page.page(wanted, "", message)))


def _who(nonce: str, verifier: str) -> User:
    """Whom the provider has sent back."""
    known, code = settings(), request.args.get("code")
    if code is None:
        log.info("the provider sent somebody back without a code: %r", request.args.get("error", "")[:80])
    try:
        claimed = _provider().finish(letters.link(BACK), code, request.args.get("iss"), nonce=nonce, verifier=verifier)
    except openid.ProviderAway as away:
        raise _away() from away
    except openid.ProviderRefused as refused:
        audit.note("sign_in_failed", subject_kind="users", actor=audit.VISITOR, told={"by": "provider"})
        raise DeclinedError(
            403, _("%(provider)s did not let you in. Try again, or sign in with your password.", provider=_name(known))
        ) from refused
    user = identities.recognise(claimed, may_register=known.oidc_register, tell=lambda person: _tell(person, known))
    if user is None:
        raise DeclinedError(403, _nobody(known, claimed.email))
    return user


def _tell(person: User, known: Settings) -> None:
    change = N_("From now on you can sign in to your Loadstar account with %(provider)s, as well as with your password.")
    letters.account_changed(person, N_("You can sign in with %(provider)s"), change, provider=known.oidc_name)


def _away() -> DeclinedError:
    words = _(
        "%(provider)s cannot be reached. Try again in %(seconds)s seconds, or sign in with your password.",
        provider=_name(settings()),
        seconds=RETRY_S,
    )
    return DeclinedError(503, words, RETRY_S)


def _nobody(known: Settings, email: str | None) -> str:
    if email is None:
        return _(
            "%(provider)s does not say that your address is confirmed. Sign in with your password, or register.",
            provider=_name(known),
        )
    return _("Nobody here has the address %(email)s. Register with it, or ask an administrator for an invitation.", email=email)


def _name(known: Settings) -> str:
    return f"{known.oidc_name[:1].upper()}{known.oidc_name[1:]}"


def _provider() -> openid.Provider:
    provider: openid.Provider = current_app.extensions["loadstar-provider"]
    return provider


def install(server: Flask, known: Settings) -> None:
    """Give the server the way in."""
    server.extensions["loadstar-provider"] = openid.Provider(known)
    server.register_blueprint(bp)
