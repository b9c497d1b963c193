"""Before something is changed that a thief of an open browser would like to change: the password once more."""

from flask_login import current_user

from config.language import _
from dashboard.parts.fields import Text
from dashboard.signin import replies
from store.errors import Refused
from store.records.people import users


def field(key: str, words: str) -> Text:
    """The field that the password is typed into."""
    return Text(key, words, longest=1024, required=True, kind="password", keeper="current-password")


def require_password(password: str | None, about: str = "") -> None:
    """Go on only with the password of whoever is signed in; tries are limited as sign-ins are. `about` names its field.

    Raises:
        Refused: it is another one, or there were too many tries.
    """
    if not current_user.has_password:
        raise Refused(_("your account has no password yet: sign out and set one by “Forgot password?” on the sign-in page"))
    replies.admit(current_user.email)
    if users.verify_password(current_user.email, password or "") is None:
        raise Refused(_("this is not your password: type the one that you sign in with"), about)
    replies.succeeded(current_user.email)
