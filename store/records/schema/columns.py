"""What the tables are made of: moments in UTC, ids, and the constraints that several tables share."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, CheckConstraint, DateTime, Dialect, Index, MetaData, String, TypeDecorator, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from config import clock
from store.ids import new_id


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, zone-aware in Python on either database (SQLite keeps no zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database: in UTC. Raises `ValueError` for a time without a zone."""
        if value is not None and value.tzinfo is None:
            raise ValueError("a naive time cannot be stored: attach its zone first")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database: with its zone, UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class LocalDay(TypeDecorator[date]):
    """A day of a calendar, in no zone; kept as `2026-01-31`, which sorts as days do."""

    impl = String(10)
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        """To the database."""
        return value.isoformat() if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        """From the database."""
        return date.fromisoformat(value) if value else None


# What the audit log keeps of a column; given as `mapped_column(info=…)`.
PERSONAL = {"audit": "personal"}  # encrypted under the key of the row's person, and gone with it
SECRET = {"audit": "secret"}  # that it changed, never what it is
QUIET = {"audit": "quiet"}  # nothing: it changes by itself, all the time


def now() -> datetime:
    """This moment in UTC."""
    return clock.now()


class Record(DeclarativeBase):
    """Every table's parent: names of constraints are fixed so that migrations can address them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, date: LocalDay, dict[str, Any]: JSON}


def one_of(column: str, *words: str, name: str | None = None) -> CheckConstraint:
    """A constraint that the column is one of the words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(word) for word in words)})", name=name or column)


def dated() -> CheckConstraint:
    """A constraint that what has dates ends after it starts; `valid_to` itself is no longer within."""
    return CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="dates")


def on_plan() -> CheckConstraint:
    """A constraint that a place on the site plan is given as two shares of its width and height."""
    return CheckConstraint(
        "(plan_x IS NULL) = (plan_y IS NULL) AND (plan_x IS NULL OR (plan_x BETWEEN 0 AND 1 AND plan_y BETWEEN 0 AND 1))",
        name="on_plan",
    )


def unique_while(condition: str, name: str, *columns: str) -> Index:
    """An index that keeps the columns unique among the rows for which the SQL condition holds."""
    return Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


def identity(prefix: str) -> Mapped[str]:
    """A primary key made by `store.ids`."""
    return mapped_column(primary_key=True, default=lambda: new_id(prefix))
