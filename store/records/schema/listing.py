"""Long tables: searched, sorted and cut into pages by the database, with how many there are in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from config.language import _
from store.errors import Refused

MOST = 500  # rows of one page
T = TypeVar("T")
Column = ColumnElement[Any] | InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page of a table: every word of `search` stands somewhere in a row; `sort` names a column, or none the usual one."""

    search: str = ""
    sort: str = ""
    descending: bool = False
    first: int = 0
    count: int = 50


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a table, and how many it has that fit the search."""

    rows: Sequence[T]
    total: int


def page(
    records: Session,
    query: Select[*tuple[Any, ...]],
    wanted: Wanted,
    *,
    searched: Sequence[Column],
    sorts: Mapping[str, Column],
    key: Column,
) -> tuple[Sequence[Any], int]:
    """The rows of a page and the total, within a transaction; the first of `sorts` is the usual order, `key` decides ties.

    Raises:
        Refused: there is no such column to sort by.
    """
    for word in wanted.search.split():
        query = query.where(or_(*(column.icontains(word, autoescape=True) for column in searched)))
    sort = wanted.sort or next(iter(sorts))
    if sort not in sorts:
        raise Refused(_("no column %(sort)s to sort by: choose one of %(sorts)s", sort=f"{sort!r}", sorts=", ".join(sorts)))
    by = (sorts[sort].desc(), key.desc()) if wanted.descending else (sorts[sort].asc(), key.asc())
    first, count = max(0, wanted.first), max(1, min(wanted.count, MOST))
    if first == 0:  # a search that finds little is over with what it found: it is not done twice
        rows = records.execute(query.order_by(*by).limit(count)).all()
        if len(rows) < count:
            return rows, len(rows)
        return rows, _total(records, query, key)
    total = _total(records, query, key)
    left = min(count, total - first)
    if left <= 0:
        return [], total
    if first <= total // 2:
        return records.execute(query.order_by(*by).offset(first).limit(count)).all(), total
    # From the other end, which is nearer: what comes before a page has to be read to be passed over.
    back = (sorts[sort].asc(), key.asc()) if wanted.descending else (sorts[sort].desc(), key.desc())
    rows = records.execute(query.order_by(*back).offset(total - first - left).limit(left)).all()
    return rows[::-1], total


def _total(records: Session, query: Select[*tuple[Any, ...]], key: Column) -> int:
    return records.scalar(select(func.count()).select_from(query.with_only_columns(key).order_by(None).subquery())) or 0
