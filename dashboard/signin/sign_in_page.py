"""The page with the ways in: address and password, and the provider where there is one."""

from flask import Response, request

from config.language import N_, _
from config.settings import settings
from dashboard.signin import replies

SAID = {  # what was done on the page before
    "confirmed": N_("Your address is confirmed. Sign in."),
    "moved": N_("Your new address is confirmed. Sign in with it."),
    "back": N_("Your account is yours again. Sign in with the address that it has now and your new password."),
    "waits": N_("Your address is confirmed. You may sign in once you are approved; you will get an email."),
    "password": N_("Your password is changed. Sign in with it."),
    "everywhere": N_("You are signed out everywhere. Personal tokens go on: revoke them on your account's page, Tokens."),
    "late": N_("That took too long. Sign in again."),
}


def page(target: str, email: str, message: str | None) -> Response:
    """The page, which leads to `wanted`; with a message of what went wrong, and the address that was typed."""
    known = settings()
    done = SAID.get(request.args.get("said", "")) if message is None else None
    good = _(done) if done else None
    provider = known.oidc_name if known.oidc_issuer else None
    return replies.page("sign_in.html", _("Sign in"), next=target, email=email, message=message, good=good, provider=provider)
