"""Before something is changed that a thief of an open browser would like to change: the password once more."""

import math

from flask_login import current_user

from dashboard.signin.replies import browser_address
from store.errors import Refused
from store.records import attempts, users


def require_password(password: str | None) -> None:
    """Go on only with the password of whoever is signed in; tries are limited as sign-ins are.

    Raises:
        Refused: it is another one, or there were too many tries.
    """
    if not current_user.has_password:
        raise Refused("your account has no password yet: sign out and set one by “Password lost?” on the sign-in page")
    admit(current_user.email)
    if users.verify_password(current_user.email, password or "") is None:
        raise Refused("this is not your password: type the one that you sign in with")
    succeeded(current_user.email)


def admit(account: str) -> None:
    """Count a try of something that can be guessed; raises `Refused` when it comes too soon after others."""
    if wait_s := math.ceil(attempts.admit(account, browser_address())):
        raise Refused(f"too many tries: try again in {wait_s} s")


def succeeded(account: str) -> None:
    """Forget the tries before one that was right."""
    attempts.succeeded(account, browser_address())
