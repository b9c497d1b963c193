"""The outbox: mails to people, written by whatever has something to tell, sent by the worker.

Without a mail server they stay readable for platform administrators, so that every flow works on one machine; that a mail
was read is noted, for links in it are keys. With one, a mail's text is emptied once it is sent.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session, undefer

from config.language import _
from store.errors import Refused
from store.records.access import audit
from store.records.access.policy import Action, require
from store.records.people.addresses import is_address
from store.records.schema import Mail, listing
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.signin.attempts import network_of
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

PAGE = 50
MOST_EACH = 5  # mails of a sort to a mailbox that need nothing but an address, for each who asks
MOST_ALL = 20  # for all who ask
MOST_TRIES = 8
FIRST_PAUSE = timedelta(minutes=1)  # doubled after every try: given up after two hours
LEASE = timedelta(minutes=5)  # for a sender that dies with it
MOST_ATTACHED = 8 << 20  # bytes: mail servers take ten megabytes, and a file grows by a third on its way


class Attached(NamedTuple):
    """A PDF that goes with a mail."""

    name: str
    content: bytes


class OnRequest(NamedTuple):
    """A sort of mails that an address is enough for: their kinds, and the time in which they are counted."""

    kinds: tuple[str, ...]
    within: timedelta


REGISTERING = OnRequest(("verification", "has_account"), timedelta(hours=1))
# As long as such a link is good: whoever gets no more of them has one that works.
RESETTING = OnRequest(("password_reset",), timedelta(minutes=30))
INVITING = OnRequest(("invitation",), timedelta(hours=1))
MOVING = OnRequest(("new_address",), timedelta(hours=1))
ON_REQUEST = frozenset(kind for what in (REGISTERING, RESETTING, INVITING, MOVING) for kind in what.kinds)

_SORTS: dict[str, listing.Column] = {
    "made_at": Mail.made_at,
    "recipient": func.lower(Mail.recipient),
    "subject": func.lower(Mail.subject),
}
_STATES = {
    "waiting": Mail.next_at.is_not(None),
    "sent": Mail.sent_at.is_not(None),
    "given_up": Mail.next_at.is_(None) & Mail.sent_at.is_(None),
}


def write_mail(
    scope: Scope,
    *,
    recipient: str,
    subject: str,
    text: str,
    kind: str,
    user_id: str | None = None,
    asked_by: str | None = None,
    attached: Attached | None = None,
) -> Mail:
    """Put a mail to one person into the outbox, in the transaction that it tells of.

    `kind` says what it is for (`verification`, `password_reset`, …); with `user_id` it goes when the person goes.
    `asked_by` is who asked for it, by `asker_of`, where an address is enough.

    Raises:
        Refused: not one of Loadstar's own processes, no address, or a subject of several lines.
    """
    require(scope, Action.RUN)
    recipient = recipient.strip().lower()
    if any(mark in value for value in (recipient, subject) for mark in "\r\n"):
        raise Refused(_("an address and a subject are one line each: shorten them"))
    if attached is not None and len(attached.content) > MOST_ATTACHED:
        raise Refused(_("a file of a mail has %(most)s MB at the most", most=MOST_ATTACHED >> 20))
    if not is_address(recipient):
        raise Refused(
            _("%(recipient)s is not a valid email address: a mail goes to one mailbox", recipient=f"{recipient[:80]!r}")
        )
    with session() as records:
        mail = Mail(recipient=recipient, subject=subject, text=text, kind=kind, user_id=user_id, asked_by=asked_by)
        mail.next_at = now()
        if attached is not None:
            mail.file_name, mail.file = attached
        records.add(mail)
    return mail


def asker_of(address: str) -> str:
    """What is kept of who asked for a mail: their network, as a keyed hash that tells nothing without the secret key."""
    return sealing.signature("askers", network_of(address))[:32]


def is_enough(
    scope: Scope, recipient: str, what: OnRequest, asked_by: str, *, is_known: bool = False, at: datetime | None = None
) -> bool:
    """Whether a mailbox has got as many mails of a sort lately as may be sent to it for whoever only names it.

    One who asks has a number of their own, which nobody else spends, and all of them together a larger one; that does
    not hold for whom the account knows. Asked before whatever makes the link. Tags (`name+tag@…`) are the same mailbox.

    Args:
        scope: whose.
        recipient: the address.
        what: which mails count.
        asked_by: who asks now, as `asker_of` says.
        is_known: the account of the address has signed in from there.
        at: when, now by default.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    local, _, domain = recipient.strip().lower().partition("@")
    name = local.partition("+")[0]
    tagged = Mail.recipient.startswith(f"{name}+", autoescape=True) & Mail.recipient.endswith(f"@{domain}", autoescape=True)
    lately = Mail.made_at > (at or now()) - what.within
    mailed = select(func.count()).select_from(Mail).where(lately, Mail.kind.in_(what.kinds))
    mailed = mailed.where(or_(Mail.recipient == f"{name}@{domain}", tagged))
    with reading() as records:
        if (records.scalar(mailed.where(Mail.asked_by == asked_by)) or 0) >= MOST_EACH:
            return True
        return not is_known and (records.scalar(mailed) or 0) >= MOST_ALL


def require_room(scope: Scope, recipient: str, what: OnRequest, asked_by: str) -> None:
    """Go on only while `is_enough` says no, for whoever may be told.

    Raises:
        Refused: it says yes; or not one of Loadstar's own processes.
    """
    if is_enough(scope, recipient, what, asked_by):
        raise Refused(_("this address got %(most_each)s such mails within the hour: try again in an hour", most_each=MOST_EACH))


def outbox(scope: Scope, *, older_than: Mail | None = None, limit: int = PAGE) -> list[Mail]:
    """The mails, the newest first; a page follows the last one of the page before.

    Raises:
        Refused: not a platform administrator.
    """
    require(scope, Action.RUN)
    query = select(Mail).order_by(Mail.made_at.desc(), Mail.id.desc()).limit(limit)
    if older_than is not None:
        earlier = (Mail.made_at == older_than.made_at) & (Mail.id < older_than.id)
        query = query.where(or_(Mail.made_at < older_than.made_at, earlier))
    with reading() as records:
        return list(records.scalars(query))


def mails(scope: Scope, wanted: Wanted, *, state: str | None = None) -> Page[Mail]:
    """A page of the outbox, for a table; `state` is `waiting`, `sent` or `given_up`.

    Raises:
        Refused: not a platform administrator, or no such column or state.
    """
    require(scope, Action.RUN)
    if state is not None and state not in _STATES:
        raise Refused(_("no state %(state)s: choose one of %(states)s", state=f"{state!r}", states=", ".join(_STATES)))
    query = select(Mail) if state is None else select(Mail).where(_STATES[state])
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=(Mail.recipient, Mail.subject), sorts=_SORTS, key=Mail.id)
    return Page([row[0] for row in rows], total)


def waiting(scope: Scope) -> int:
    """How many mails wait to be sent.

    Raises:
        Refused: not a platform administrator.
    """
    require(scope, Action.RUN)
    with reading() as records:
        return records.scalar(select(func.count()).select_from(Mail).where(Mail.next_at.is_not(None))) or 0


def read_mail(scope: Scope, mail_id: str) -> Mail:
    """One mail with its text; that it was read is noted.

    Raises:
        NotFound: there is none.
        Refused: not a platform administrator.
    """
    require(scope, Action.RUN)
    with session() as records:
        mail = required(records, Mail, mail_id)
        audit.note("read", subject_kind="mails", subject_id=mail.id, told={"kind": mail.kind})
    return mail


def send_again(scope: Scope, mail_id: str) -> Mail:
    """Let a mail that was given up, or waits for its next try, be tried from now on.

    Raises:
        NotFound: there is none.
        Refused: not a platform administrator, or it was sent, and its text is no longer kept.
    """
    require(scope, Action.RUN)
    with session() as records:
        mail = records.get(Mail, mail_id, with_for_update=True)
        if mail is None:
            raise missing(Mail, mail_id)
        if mail.sent_at is not None:
            raise Refused(_("this mail was sent, and its text is no longer kept: send it again from where it came"))
        mail.attempts, mail.next_at, mail.last_error = 0, now(), None
        audit.note("sent_again", subject_kind="mails", subject_id=mail.id, told={"kind": mail.kind})
    return mail


def take_due(scope: Scope, limit: int, *, at: datetime | None = None) -> list[Mail]:
    """Mails to be sent now, each taken by one sender; one that says nothing of it leaves it to another after five minutes.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    at = at or now()
    due = select(Mail).where(Mail.next_at <= at).order_by(Mail.next_at, Mail.id).limit(limit)
    with session() as records:
        taken = list(records.scalars(due.options(undefer(Mail.file)).with_for_update(skip_locked=True)))
        for each in taken:
            each.attempts += 1
            each.next_at = at + LEASE
    return taken


def was_sent(scope: Scope, mail_id: str, *, at: datetime | None = None) -> None:
    """A mail has gone out: its text is emptied, and its file.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        _set(records, mail_id, sent_at=at or now(), next_at=None, last_error=None, text="", file=None)


def was_refused(scope: Scope, mail_id: str, why: str, *, for_good: bool = False, at: datetime | None = None) -> None:
    """A mail could not be sent: it is tried again later, up to eight times, unless it was refused for good.

    Raises:
        NotFound: it is gone.
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    at = at or now()
    with session() as records:
        tries = required(records, Mail, mail_id).attempts
        over = for_good or tries >= MOST_TRIES
        pause = FIRST_PAUSE * 2 ** (min(tries, MOST_TRIES) - 1)
        _set(records, mail_id, next_at=None if over else at + pause, last_error=why[:500])


def forget_mails(scope: Scope, before: datetime) -> int:
    """Delete the mails that were written before a moment, sent or not; returns how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        return len(records.scalars(delete(Mail).where(Mail.made_at < before).returning(Mail.id)).all())


def forget_recipient(scope: Scope, recipient: str) -> int:
    """Delete all mails to an address, when its person is deleted; returns how many.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        mails = delete(Mail).where(func.lower(Mail.recipient) == recipient.strip().lower())
        return len(records.scalars(mails.returning(Mail.id)).all())


def _set(records: Session, mail_id: str, **values: object) -> None:
    records.execute(update(Mail).where(Mail.id == mail_id).values(**values))
