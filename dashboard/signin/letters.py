"""The mails that Loadstar writes to people: short plain texts, put into the outbox within the transaction they tell of.

None holds the name that somebody gave for an address that is not shown to be theirs: it would be a way to mail anything
to anybody.
"""

from datetime import datetime

from config.settings import settings
from dashboard.signin import replies
from store.records.people import inbox, mail
from store.records.people.inbox import Decision
from store.records.people.invitations import Invited
from store.records.people.mail import OnRequest
from store.records.people.registration import Mailed
from store.records.schema import Mail, User
from store.records.transaction.engine import session
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


def require_room(address: str, what: OnRequest) -> None:
    """Go on only while whoever asks has not had too many mails sent to an address; raises `Refused`."""
    mail.require_room(SYSTEM, address, what, _asker())


def has_room(address: str, what: OnRequest) -> bool:
    """The same as an answer, for pages that do not tell it."""
    return not mail.is_enough(SYSTEM, address, what, _asker(), is_known=replies.is_known(address))


def _asker() -> str:
    return mail.asker_of(replies.browser_address())


def confirm_address(mailed: Mailed) -> Mail:
    """The link that confirms an address; to whoever has an account already, that they have one."""
    if mailed.is_nowhere:
        return _joins_nothing(mailed)
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


def _joins_nothing(mailed: Mailed) -> Mail:
    return _write(
        mailed.email,
        "No organisation of this name",
        f"""Somebody, perhaps you, wanted to register at Loadstar with this address, to join an organisation. None takes people
under the name that was given, so nothing was made.

If it was you: register again with its name in full, or ask it for an invitation: {link("/register?way=join")}

If it was not you, there is nothing to do.""",
        kind="verification",
    )


def _has_account(mailed: Mailed) -> Mail:
    return _write(
        mailed.email,
        "You have an account already",
        f"""Somebody, perhaps you, wanted to register at Loadstar with this address. It has an account already.

Sign in: {link("/sign-in")}
Forgot password: {link("/forgotten-password")}

If it was not you, there is nothing to do.""",
        kind="has_account",
    )


def confirm_new_address(mailed: Mailed) -> Mail:
    """The link that makes an address the one of an account."""
    return _write(
        mailed.email,
        "Confirm your new address",
        f"""To use this address for a Loadstar account from now on, open this link within 24 hours:

{link("/confirm-address", mailed.token)}

If you did not ask for this, leave it: nothing happens without the link.""",
        kind="new_address",
        user_id=mailed.user_id,
    )


def address_changed(person: User, before: Mailed) -> Mail:
    """To the address of before, that the account has another one now, with the link that gives it back."""
    return _write(
        before.email,
        "Your address was changed",
        f"""Your Loadstar account is no longer at this address but at {person.email}. Every browser was signed out.

If it was not you, open this link within 7 days and choose a new password: the account is yours again, at this address.

{link("/undo-address", before.token)}

and tell your administrator.""",
        kind="security",
        user_id=person.id,
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


def sent(scope: Scope, what: str, then: str) -> str:
    """That a mail is on its way, or, without a mail server, where it waits and who can read it there."""
    if settings().smtp_host:
        return f"{what} is on its way. {then}"
    where = "read it in the Outbox" if scope.platform_admin else "ask a platform administrator, who finds it in the Outbox"
    return f"{what} is written, but no mail server is set up: {where} and hand it over. {then}"


def link(path: str, token: str | None = None) -> str:
    """The address of a page for a mail: where people reach this Loadstar by its settings, whatever a request claims."""
    return f"{settings().dashboard_url}{path}{f'?token={token}' if token else ''}"


def _line(text: str) -> str:
    """The text as one line."""
    return " ".join(text.split())


def _write(recipient: str, subject: str, text: str, *, kind: str, user_id: str | None = None) -> Mail:
    whole = f"{text}\n\n-- \n{SIGNATURE} · {link('/')}\n"
    asked_by = _asker() if kind in mail.ON_REQUEST else None
    return mail.write_mail(
        SYSTEM, recipient=recipient, subject=subject, text=whole, kind=kind, user_id=user_id, asked_by=asked_by
    )
