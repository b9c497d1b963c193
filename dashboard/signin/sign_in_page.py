"""The page with the ways in: address and password, and the provider where there is one."""

from flask import Response, request

from config.settings import settings
from dashboard.signin import replies

SAID = {  # what was done on the page before
    "confirmed": "Your address is confirmed. Sign in.",
    "moved": "Your new address is confirmed. Sign in with it.",
    "back": "Your account is yours again. Sign in with the address that it has now and your new password.",
    "waits": "Your address is confirmed. You may sign in once you are approved; you will get an email.",
    "password": "Your password is changed. Sign in with it.",
    "everywhere": "You are signed out everywhere. Personal tokens go on: revoke them on your account's page, Tokens.",
    "late": "That took too long. Sign in again.",
}


def page(wanted: str, email: str, message: str | None) -> Response:
    """The page, which leads to `wanted`; with a message of what went wrong, and the address that was typed."""
    known = settings()
    good = SAID.get(request.args.get("said", "")) if message is None else None
    provider = known.oidc_name if known.oidc_issuer else None
    return replies.page("sign_in.html", "Sign in", next=wanted, email=email, message=message, good=good, provider=provider)
