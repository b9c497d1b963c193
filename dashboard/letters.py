"""The mails that Loadstar writes to people: short plain texts, put into the outbox within the transaction they tell of.

None holds the name that somebody gave for an address that is not shown to be theirs: it would be a way to mail anything
to anybody.
"""

import socket
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

import psutil
from flask import request

from config.settings import settings
from store.records import inbox, mail
from store.records.engine import session
from store.records.inbox import Decision
from store.records.invitations import Invited
from store.records.registration import Mailed
from store.records.schema import Mail, User
from store.scope import SYSTEM, Scope

SIGNATURE = "Loadstar"
_DECIDED = {  # by what was asked for: said yes, said no
    "user": ("Your account was approved", "Your account was not approved"),
    "organisation": ("Your organisation was approved", "Your organisation was not approved"),
    "meter": ("The meter is yours", "Your claim of a meter was not approved"),
    "key": ("You may make the key", "Your request for a key was not approved"),
}
_NEXT = {"user": "Sign in", "organisation": "Sign in", "meter": "See it", "key": "Make it, once"}
_WHERE = {"user": "/sign-in", "organisation": "/sign-in", "meter": "/my-meters", "key": "/"}


def require_room(address: str) -> None:
    """Go on only while an address has not got too many mails that need nothing but an address; raises `Refused`."""
    mail.require_room(SYSTEM, address)


def has_room(address: str) -> bool:
    """The same as an answer, for pages that do not tell it."""
    return not mail.is_enough(SYSTEM, address)


def confirm_address(mailed: Mailed) -> Mail:
    """The link that confirms an address; to whoever has an account already, that they have one."""
    if mailed.token is None:
        return _has_account(mailed)
    return _write(
        mailed.email,
        "Confirm your address",
        f"""To confirm this address for Loadstar, open this link within 24 hours:

{link("/confirm-address", mailed.token)}

If you did not ask for this, leave it: nothing happens without the link.""",
        kind="verification",
        user_id=mailed.user_id,
    )


def _has_account(mailed: Mailed) -> Mail:
    return _write(
        mailed.email,
        "You have an account already",
        f"""Somebody, perhaps you, wanted to register at Loadstar with this address. It has an account already.

Sign in: {link("/sign-in")}
Password lost: {link("/forgotten-password")}

If it was not you, there is nothing to do.""",
        kind="has_account",
    )


def new_password(mailed: Mailed) -> Mail:
    """The link that sets a new password."""
    return _write(
        mailed.email,
        "Set a new password",
        f"""To set a new password for Loadstar, open this link within 30 minutes; it works once:

{link("/new-password", mailed.token)}

If you did not ask for this, leave it: your password stays as it is.""",
        kind="password_reset",
        user_id=mailed.user_id,
    )


def password_changed(person: User) -> Mail:
    """That the password is another one now, for whoever did not do it. What became of the tokens, the page says."""
    return _write(
        person.email,
        "Your password was changed",
        f"""The password of your Loadstar account was changed, and every browser was signed out.

If it was not you, set a new one now: {link("/forgotten-password")}
and tell your administrator.""",
        kind="security",
        user_id=person.id,
    )


def account_changed(person: User, subject: str, words: str) -> Mail:
    """That something about the account's security is different now, for whoever did not do it."""
    return _write(
        person.email,
        subject,
        f"""{words}

If it was not you, set a new password now: {link("/forgotten-password")}
and end all other sessions: {link("/account/security")}""",
        kind="security",
        user_id=person.id,
    )


def second_factor_on(person: User) -> Mail:
    """That signing in takes a code too."""
    words = "Signing in to your Loadstar account now takes a code of your app too."
    return account_changed(person, "Two-factor sign-in is on", words)


def invitation(invited: Invited, organisation: str) -> Mail:
    """The link by which somebody joins an organisation."""
    return _write(
        invited.invitation.email,
        f"Join {_line(organisation)} on Loadstar",
        f"""{_line(organisation)} invites you to Loadstar, where it watches its energy. To join, open this link within 7 days:

{link("/invitation", invited.token)}

If you do not know {_line(organisation)}, leave it: nothing happens without the link.""",
        kind="invitation",
    )


def decide(scope: Scope, item_id: str, *, approve: bool, reason: str = "", since: datetime | None = None) -> Decision:
    """Say yes or no to what waits, and mail it, both or neither; raises as `inbox.decide`."""
    with session():
        decision = inbox.decide(scope, item_id, approve=approve, reason=reason, since=since)
        decided(decision)
    return decision


def decided(decision: Decision) -> None:
    """What became of what somebody asked for, with the reason that was given, to each who is to be told."""
    subject = _DECIDED[decision.kind][0 if decision.approved else 1]
    why = f"\n\nThe reason given: {_line(decision.reason)}" if decision.reason else ""
    if decision.approved:
        words = f"{subject}.\n\n{_NEXT[decision.kind]}: {link(_WHERE[decision.kind])}{why}"
    else:
        words = f"{subject}.{why}\n\nIf you think this is a mistake, ask whoever administers what you asked for."
    for recipient in decision.tell:
        _write(recipient, subject, words, kind="approval")


def link(path: str, token: str | None = None) -> str:
    """The address of a page for a mail: where people reach this Loadstar.

    Without the setting `public_url` it is the request's own host, if that is a name or an address of this machine: a
    made-up one must not lead whoever gets the mail elsewhere.
    """
    known = settings()
    base = known.public_url
    if base is None:
        asked = urlsplit(request.url_root)
        fits = asked.hostname == known.dashboard_host or asked.hostname in _names_of_this_machine()
        base = request.url_root if fits else f"http://{known.dashboard_host}:{known.dashboard_port}"
    return f"{base.rstrip('/')}{path}{f'?token={token}' if token else ''}"


@lru_cache(maxsize=1)
def _names_of_this_machine() -> frozenset[str]:
    addresses = (each.address.partition("%")[0] for found in psutil.net_if_addrs().values() for each in found)
    name = socket.gethostname().lower()
    return frozenset({"localhost", name, f"{name}.local", *addresses})


def _line(text: str) -> str:
    """The text as one line."""
    return " ".join(text.split())


def _write(recipient: str, subject: str, text: str, *, kind: str, user_id: str | None = None) -> Mail:
    whole = f"{text}\n\n-- \n{SIGNATURE} · {link('/')}\n"
    return mail.write_mail(SYSTEM, recipient=recipient, subject=subject, text=whole, kind=kind, user_id=user_id)
