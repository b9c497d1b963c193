"""A person's own account: another password, everything that is kept of them, and its end."""

import base64
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import exists, func, inspect, select
from sqlalchemy.orm import defer

from store.records.access import audit, claims, grants
from store.records.access.policy import Action, holder, require
from store.records.jobs import asking
from store.records.people import dashboards, household, identities, organisations, pictures, preferences, users
from store.records.schema import Organisation, Report, ReportSchedule, Site, User
from store.records.schema.columns import Record
from store.records.schema.natural import Natural
from store.records.signin import credentials, passwords, sessions, tokens
from store.records.transaction.engine import reading, session, settle
from store.records.transaction.lookup import required
from store.scope import SYSTEM, Role, Scope

MOST_SUCCESSORS = 200

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
        credentials.changed(records, person, and_tokens=and_tokens)
        tell(person)
    return person


def oneself(scope: Scope) -> User:
    """The holder; raises `NotFound` for nobody."""
    with reading() as records:
        return required(records, User, holder(scope))


def delete_oneself(scope: Scope, *, successor_id: str | None = None, with_organisation: bool = False) -> None:
    """Remove the holder's account, and their organisation with it when they are its last person.

    `successor_id` administers the organisation after its only administrator.

    Raises:
        NotFound: nobody is signed in, or the successor is not one of the organisation's people.
        Refused: the organisation's only administrator without a successor, the only platform administrator; or the
            organisation is to go and is not theirs to remove, or still has people, sites or customers.
    """
    user_id = holder(scope)
    with session() as records:
        home = required(records, User, user_id).organisation_id
        if with_organisation and home is not None:
            require(scope, Action.MANAGE_PEOPLE, organisation_id=home)
        users.delete_user(scope, user_id, successor_id=successor_id)
        if with_organisation and home is not None:
            records.flush()
            organisations.delete_organisation(SYSTEM, home)
    settle()


class Leaving(NamedTuple):
    """What the only administrator of an organisation leaves behind.

    `successors` are its people who could take over, `others` counts all of them, `owns` is whether it has sites or customers.
    """

    home: Organisation
    successors: Sequence[User]
    others: int
    owns: bool


def leaving(scope: Scope) -> Leaving | None:
    """What has to be settled before the holder deletes their account; nothing unless they are the only administrator.

    Raises:
        NotFound: nobody is signed in.
    """
    with reading() as records:
        person = required(records, User, holder(scope))
        home = person.organisation
        if home is None or person.role != Role.ADMIN:
            return None
        others = select(User).where(User.organisation_id == home.id, User.id != person.id)
        there = others.where(User.approval == "approved").order_by(Natural(User.name), User.id)
        if records.scalar(there.where(User.role == Role.ADMIN).limit(1)) is not None:
            return None
        owned = (Site.organisation_id == home.id, Organisation.distributor_id == home.id)
        return Leaving(
            home,
            records.scalars(there.limit(MOST_SUCCESSORS)).all(),
            records.scalar(select(func.count()).select_from(others.subquery())) or 0,
            any(records.scalar(select(exists().where(each))) for each in owned),
        )


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
            "dashboards": [
                {"name": each.name, "shared": each.shared, "widgets": [widget._asdict() for widget in each.widgets]}
                for each in dashboards.dashboards(scope)
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
            "jobs": [
                {
                    "kind": each.kind,
                    "about": each.arguments,
                    "asked_at": _plain(each.created_at),
                    "state": each.state,
                    "ended_at": _plain(each.ended_at),
                }
                for each in asking.own_jobs(scope)
            ],
            "reports": [
                {"of": each.name, "from": f"{each.first_day}", "to": f"{each.last_day}", "made_at": _plain(each.made_at)}
                for each in records.scalars(select(Report).where(Report.user_id == user_id).options(defer(Report.numbers)))
            ],
            "report_schedules": _all_told(records.scalars(select(ReportSchedule).where(ReportSchedule.user_id == user_id))),
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
