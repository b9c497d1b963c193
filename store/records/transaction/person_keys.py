"""The keys of people's parts of the audit log. A key goes with its person, and what it encrypted says nothing any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.records.schema import PersonKey, User
from store.records.transaction import sealing
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into

VISITORS = "visitors-"  # and the month: of people who are not signed in


class Keys:
    """Keys by person; `text` that was sealed reads `person:…`."""

    def __init__(self, keys: dict[str, bytes], visitors: str = "") -> None:
        self._keys = keys
        self._visitors = visitors

    def seal(self, text: str, person: str) -> str | None:
        """Encrypt a text for a person; none when there is no such person (any more)."""
        person = person if person in self._keys else self._visitors if not person.startswith("usr_") else person
        key = self._keys.get(person)
        return f"{person}:{sealing.seal(key, text, person)}" if key else None

    def unseal(self, sealed: str) -> str | None:
        """The text again; none when its key is gone, or is not among these."""
        person, _, rest = sealed.partition(":")
        key = self._keys.get(person)
        return sealing.unseal(key, rest, person) if key else None


def person_of(sealed: str) -> str:
    """Whose key a sealed text needs."""
    return sealed.partition(":")[0]


def ensure(session: Session, people: Collection[str], at: datetime) -> Keys:
    """The keys of these people and of this month's visitors, made where there are none; people who are gone get none."""
    visitors = f"{VISITORS}{at:%Y-%m}"
    connection = session.connection()
    keys = _read(session, {*people, visitors})
    missing = {*people, visitors} - keys.keys()
    rows: list[dict[str, str | bytes | None]] = []
    for part in in_parts(missing):
        there = connection.execute(select(User.id).where(User.id.in_(part))).scalars()
        rows += [{"id": person, "user_id": person, "key": sealing.new_key()} for person in sorted(there)]
    if visitors in missing:
        rows.append({"id": visitors, "user_id": None, "key": sealing.new_key()})
    if rows:
        connection.execute(insert_into(session, PersonKey).on_conflict_do_nothing(), rows)
        keys = _read(session, {*people, visitors})
    return Keys(keys, visitors)


def known(session: Session, people: Collection[str]) -> Keys:
    """Those of the keys that there are."""
    return Keys(_read(session, people))


def forget_visitors(session: Session, before: datetime) -> int:
    """Destroy the visitors' keys of the months before a moment's; returns how many."""
    month = f"{VISITORS}{before:%Y-%m}"
    gone = delete(PersonKey).where(PersonKey.user_id.is_(None), PersonKey.id < month).returning(PersonKey.id)
    return len(session.scalars(gone).all())


def _read(session: Session, people: Collection[str]) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for part in in_parts(people):
        query = select(PersonKey.id, PersonKey.key).where(PersonKey.id.in_(part))
        keys.update(session.connection().execute(query).all())
    return keys
