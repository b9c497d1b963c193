"""The mails that Loadstar writes to people: short plain texts, put into the outbox within the transaction they tell of.

None holds the name that somebody gave for an address that is not shown to be theirs: it would be a way to mail anything
to anybody. Each is in its recipient's language.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from config import language
from config.language import N_, _
from config.settings import settings
from dashboard.signin import replies
from store.records.people import inbox, mail, users
from store.records.people.inbox import Decision
from store.records.people.invitations import Invited
from store.records.people.mail import OnRequest
from store.records.people.registration import Mailed
from store.records.schema import Mail, User
from store.records.transaction.engine import session
from store.scope import SYSTEM, Scope

SIGNATURE = "Loadstar"
_DECIDED = {  # by what was asked for: said yes, said no
    "user": (N_("Your account was approved"), N_("Your account was not approved")),
    "organisation": (N_("Your organisation was approved"), N_("Your organisation was not approved")),
    "meter": (N_("Your meter was assigned to you"), N_("Your claim of a meter was not approved")),
    "key": (N_("Your request for a key was approved"), N_("Your request for a key was not approved")),
}
_NEXT = {
    "user": N_("Sign in: %(link)s"),
    "organisation": N_("Sign in: %(link)s"),
    "meter": N_("See it: %(link)s"),
    "key": N_("Create the key, once: %(link)s"),
}
_WHERE = {"user": "/sign-in", "organisation": "/sign-in", "meter": "/my-meters", "key": "/"}
_UNASKED = N_("If you did not ask for this, ignore this mail: nothing happens without the link.")
_NOT_YOU = N_("If it was not you, there is nothing to do.")


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
        N_("Confirm your address"),
        N_("To confirm this address for Loadstar, open this link within 24 hours:"),
        "%(link)s",
        _UNASKED,
        kind="verification",
        user_id=mailed.user_id,
        link=link("/confirm-address", mailed.token),
    )


def _joins_nothing(mailed: Mailed) -> Mail:
    return _write(
        mailed.email,
        N_("No organisation of this name"),
        N_(
            "Somebody, perhaps you, tried to register at Loadstar with this address, to join an organisation. No organisation of "
            "that name takes people, so no account was created."
        ),
        N_("If it was you, register again with its full name, or ask it for an invitation: %(link)s"),
        _NOT_YOU,
        kind="verification",
        link=link("/register?way=join"),
    )


def _has_account(mailed: Mailed) -> Mail:
    return _write(
        mailed.email,
        N_("You already have an account"),
        N_("Somebody, perhaps you, tried to register at Loadstar with this address. It already has an account."),
        N_("Sign in: %(sign_in)s\nForgot password: %(forgotten)s"),
        _NOT_YOU,
        kind="has_account",
        sign_in=link("/sign-in"),
        forgotten=link("/forgotten-password"),
    )


def confirm_new_address(mailed: Mailed) -> Mail:
    """The link that makes an address the one of an account."""
    return _write(
        mailed.email,
        N_("Confirm your new address"),
        N_("To use this address for a Loadstar account from now on, open this link within 24 hours:"),
        "%(link)s",
        _UNASKED,
        kind="new_address",
        user_id=mailed.user_id,
        link=link("/confirm-address", mailed.token),
    )


def address_changed(person: User, before: Mailed) -> Mail:
    """To the address of before, that the account has another one now, with the link that gives it back."""
    return _write(
        before.email,
        N_("Your address was changed"),
        N_("The address of your Loadstar account is now %(address)s. Every browser was signed out."),
        N_(
            "If it was not you, open this link within 7 days and choose a new password: the account is yours again, "
            "at this address."
        ),
        "%(link)s",
        N_("Then tell your administrator."),
        kind="security",
        user_id=person.id,
        address=person.email,
        link=link("/undo-address", before.token),
    )


def new_password(mailed: Mailed) -> Mail:
    """The link that sets a new password."""
    return _write(
        mailed.email,
        N_("Set a new password"),
        N_("To set a new password for Loadstar, open this link within 30 minutes. It works once:"),
        "%(link)s",
        N_("If you did not ask for this, ignore this mail: your password stays as it is."),
        kind="password_reset",
        user_id=mailed.user_id,
        link=link("/new-password", mailed.token),
    )


def password_changed(person: User) -> Mail:
    """That the password is another one now, for whoever did not do it. What became of the tokens, the page says."""
    return _write(
        person.email,
        N_("Your password was changed"),
        N_("The password of your Loadstar account was changed, and every browser was signed out."),
        N_("If it was not you, set a new one now: %(link)s\nThen tell your administrator."),
        kind="security",
        user_id=person.id,
        link=link("/forgotten-password"),
    )


def account_changed(person: User, subject: str, change: str, **values: object) -> Mail:
    """That something about the account's security is different now, for whoever did not do it.

    Args:
        person: whose account.
        subject: the mail's, marked by `N_`.
        change: what is different, marked by `N_`.
        values: of the places in the two.
    """
    return _write(
        person.email,
        subject,
        change,
        N_("If it was not you, set a new password now: %(forgotten)s\nThen end all other sessions: %(security)s"),
        kind="security",
        user_id=person.id,
        forgotten=link("/forgotten-password"),
        security=link("/account/security"),
        **values,
    )


def second_factor_on(person: User) -> Mail:
    """That signing in takes a code too."""
    change = N_("Signing in to your Loadstar account now also takes a code from your app.")
    return account_changed(person, N_("Two-factor sign-in is on"), change)


def invitation(invited: Invited, organisation: str) -> Mail:
    """The link by which somebody joins an organisation."""
    return _write(
        invited.invitation.email,
        N_("Join %(organisation)s on Loadstar"),
        N_("%(organisation)s invites you to Loadstar, where it monitors its energy. To join, open this link within 7 days:"),
        "%(link)s",
        N_("If you do not know %(organisation)s, ignore this mail: nothing happens without the link."),
        kind="invitation",
        organisation=_line(organisation),
        link=link("/invitation", invited.token),
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
    reason = (N_("Reason: %(reason)s"),) if decision.reason else ()
    if decision.approved:
        further = (_NEXT[decision.kind], *reason)
    else:
        further = (*reason, N_("If you think this is a mistake, ask whoever administers what you asked for."))
    values = {"link": link(_WHERE[decision.kind]), "reason": _line(decision.reason)}
    for recipient in decision.tell:
        _write(recipient, subject, subject, *further, kind="approval", **values)


def sent(scope: Scope, mail_words: str, then: str) -> str:
    """That a mail is on its way, or, without a mail server, where it waits and who can read it there.

    Args:
        scope: of whoever reads it.
        mail_words: which mail, such as "The invitation to ada@example.org".
        then: what happens next, as a sentence.
    """
    if settings().smtp_host:
        return _("%(mail)s is on its way. %(then)s", mail=mail_words, then=then)
    if scope.platform_admin:
        return _(
            "%(mail)s is written, but no mail server is set up: read it in the Outbox and hand it over. %(then)s",
            mail=mail_words,
            then=then,
        )
    return _(
        "%(mail)s is written, but no mail server is set up: ask a platform administrator, who finds it in the Outbox, "
        "to hand it over. %(then)s",
        mail=mail_words,
        then=then,
    )


def link(path: str, token: str | None = None) -> str:
    """The address of a page for a mail: where people reach this Loadstar by its settings, whatever a request claims."""
    return f"{settings().dashboard_url}{path}{f'?token={token}' if token else ''}"


def _line(text: str) -> str:
    """The text as one line."""
    return " ".join(text.split())


@contextmanager
def _speaking_to(recipient: str) -> Iterator[None]:
    """Texts are in the recipient's language, as they have chosen it; of whoever has chosen none, in that of the request."""
    chosen = users.language_of(SYSTEM, recipient)
    with language.speaking(language.best([chosen]) if chosen else language.spoken()):
        yield


def _write(recipient: str, subject: str, *paragraphs: str, kind: str, user_id: str | None = None, **values: object) -> Mail:
    """Put a mail into the outbox: its subject and paragraphs, marked by `N_`, in the recipient's language with the values."""
    with _speaking_to(recipient):
        title, *words = (_(text) % values for text in (subject, *paragraphs))
    text = "\n\n".join(words)
    asked_by = _asker() if kind in mail.ON_REQUEST else None
    return mail.write_mail(
        SYSTEM,
        recipient=recipient,
        subject=title,
        text=f"{text}\n\n-- \n{SIGNATURE} · {link('/')}\n",
        kind=kind,
        user_id=user_id,
        asked_by=asked_by,
    )
