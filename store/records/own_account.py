"""A person's own account: another password, and everything that is kept of them."""

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import inspect

from store.records import (
    audit,
    claims,
    grants,
    household,
    identities,
    passwords,
    pictures,
    preferences,
    sessions,
    tokens,
)
from store.records.columns import Record
from store.records.engine import reading, session
from store.records.found import required
from store.records.policy import holder
from store.records.schema import User
from store.scope import SYSTEM, Scope

_LEFT_OUT = frozenset({"password_hash", "secret_hash", "secret", "recovery_hashes"})


def change_password(scope: Scope, password: str, tell: Callable[[User], object], *, and_tokens: bool = False) -> User:
    """Set the holder's password and sign them out everywhere; `tell` writes the mail of it, in the same transaction.

    `and_tokens` revokes their personal tokens too.

    Raises:
        NotFound: nobody is signed in.
        Refused: the password is too short, too long or too easy.
    """
    person = oneself(scope)
    password_hash = passwords.hash_of(password, email=person.email, name=person.name)  # takes a while: nobody waits for it
    with session() as records:
        person = required(records, User, person.id)
        person.password_hash, person.password_until = password_hash, None
        sessions.end_of(records, [person.id])
        if and_tokens:
            tokens.end_of(records, person.id)
        tell(person)
    return person


def oneself(scope: Scope) -> User:
    """The holder; raises `NotFound` for nobody."""
    with reading() as records:
        return required(records, User, holder(scope))


def everything_about(scope: Scope) -> dict[str, Any]:
    """All that is kept of the holder, as JSON can hold it; no secret is in it. That it was exported is noted.

    Raises:
        NotFound: nobody is signed in.
    """
    user_id = holder(scope)
    with session() as records:
        person = required(records, User, user_id)
        audit.note("export", subject_kind="users", subject_id=user_id)
        picture = pictures.picture(scope, user_id)
        home = household.household(scope)
        held = grants.assignments(scope, user_id=user_id)
        done = audit.entries(SYSTEM, audit.Filter(actor=user_id), limit=audit.MOST)
        return {
            "account": _told(person) | {"organisation": person.organisation.name if person.organisation else None},
            "picture": picture
            and {"content_type": picture.content_type, "base64": base64.b64encode(picture.content).decode("ascii")},
            "household": home and _told(home),
            "notifications": [
                {"kind": kind, "channel": channel, "wanted": wanted}
                for (kind, channel), wanted in preferences.notifications(scope).items()
            ],
            "sessions": [
                {"device": each.device, "address": each.address, "since": _plain(each.since), "seen_at": _plain(each.seen_at)}
                for each in sessions.own_sessions(scope)
            ],
            "programs": _all_told(tokens.own_programs(scope)),
            "providers": _all_told(identities.own_identities(scope)),
            "tokens": _all_told(tokens.own_tokens(scope)),
            "assignments": [
                _told(each.grant) | {"site": each.site.name, "meter": each.meter.name if each.meter else None} for each in held
            ],
            "requests": _all_told(claims.my_requests(scope)),
            "done": [
                {
                    "at": _plain(each.at),
                    "action": each.action,
                    "what": each.subject_kind,
                    "id": each.subject_id,
                    "from": each.address,
                }
                for each in done
            ],
        }


def _all_told(rows: Iterable[Record]) -> list[dict[str, Any]]:
    return [_told(row) for row in rows]


def _told(row: Record) -> dict[str, Any]:
    """The columns of a row, without what is secret."""
    names = [column.key for column in inspect(type(row)).column_attrs if column.key not in _LEFT_OUT]
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
