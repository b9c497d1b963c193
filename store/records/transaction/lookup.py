"""One way to read a record that must be there, and to name one that is not."""

from collections.abc import Collection, Iterator
from typing import TypeVar

from sqlalchemy.orm import Session

from store.errors import NotFound
from store.records.schema.columns import Record

R = TypeVar("R", bound=Record)
AT_ONCE = 10_000  # ids of one statement; SQLite takes 32,766 parameters, PostgreSQL 65,535


def required(session: Session, record: type[R], record_id: str) -> R:
    """The record of that id; raises `NotFound` in the words that a foreign one gets too."""
    row = session.get(record, record_id or "")  # a page may say none
    if row is None:
        raise missing(record, record_id)
    return row


def missing(record: type[Record], record_id: str) -> NotFound:
    """The error for a record that does not exist, or not for whoever asks."""
    return NotFound(f"no {record.__name__.lower()} {record_id}")


def in_parts(ids: Collection[str]) -> Iterator[list[str]]:
    """The ids, each once, in lists that one statement can take."""
    every = list(dict.fromkeys(ids))
    for start in range(0, len(every), AT_ONCE):
        yield every[start : start + AT_ONCE]
