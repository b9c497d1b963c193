"""What was done, by whom: rows that are only ever added, each with the hash of the one before."""

from datetime import datetime
from typing import Any

from sqlalchemy import DDL, BigInteger, ForeignKey, Index, Integer, Table, event
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record

# SQLite counts up in INTEGER only.
_NUMBER = BigInteger().with_variant(Integer, "sqlite")


class AuditEntry(Record):
    """One act. Nothing refers to anything else: an entry outlives whatever it tells of.

    `before` and `after` are canonical JSON; personal values in them, and `address`, are encrypted (`trail`).
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_at", "at", "sequence"),
        Index("ix_audit_actor", "actor", "sequence"),
        Index("ix_audit_subject", "subject_id", "sequence"),
        Index("ix_audit_kind", "subject_kind", "sequence"),
        Index("ix_audit_action", "action", "sequence"),
        Index("ix_audit_organisation", "organisation_id", "sequence"),
        Index("ix_audit_owner", "owner_id", "sequence"),
        Index("ix_audit_site", "site_id", "sequence"),
    )

    sequence: Mapped[int] = mapped_column(_NUMBER, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]  # a user's id, or `loadstar`, `command line`, `visitor`
    behalf: Mapped[str | None]  # the user whose view it was
    action: Mapped[str]
    subject_kind: Mapped[str | None]  # a table
    subject_id: Mapped[str | None]
    organisation_id: Mapped[str | None]  # whose people it concerns
    owner_id: Mapped[str | None]  # the distributor whose site it concerns, at that moment
    site_id: Mapped[str | None]
    before: Mapped[str | None]
    after: Mapped[str | None]
    address: Mapped[str | None]
    previous_hash: Mapped[str]
    hash: Mapped[str]


class AuditHead(Record):
    """The end of the chain, in one row: writers hold it in turn, and whoever cuts the end off is found out."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(_NUMBER)
    at: Mapped[datetime]
    hash: Mapped[str]


class PersonKey(Record):
    """What a person's parts of the audit log are encrypted with: it goes with the person, and they cannot be read any more.

    Keys without a person are those of visitors, one a month.
    """

    __tablename__ = "person_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    key: Mapped[bytes]


ON_SQLITE = tuple(
    f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit "
    "BEGIN SELECT RAISE(ABORT, 'the audit log is only ever added to'); END"
    for act in ("UPDATE", "DELETE")
)
ON_POSTGRESQL = (
    "CREATE FUNCTION audit_only_adds() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "RAISE EXCEPTION 'the audit log is only ever added to' USING ERRCODE = 'integrity_constraint_violation'; END $$",
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_only_adds()",
)

_table = AuditEntry.__table__
assert isinstance(_table, Table)  # noqa: S101  # no record is mapped to anything else
for _dialect, _statements in (("sqlite", ON_SQLITE), ("postgresql", ON_POSTGRESQL)):
    for _statement in _statements:
        _made: Any = DDL(_statement)  # type: ignore[no-untyped-call]  # the one that declares none
        event.listen(_table, "after_create", _made.execute_if(dialect=_dialect))
