"""The newest value of each series: what stays to be shown of a meter that has been silent for long."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import delete, func, or_, select

from config.quantities import QUANTITIES, Kind
from store.records.access.policy import Action, require
from store.records.plant.metering import Metering, times_of
from store.records.schema import LastValue
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.records.transaction.upsert import insert_into
from store.scope import ALWAYS, Scope, holds

ENERGIES = {name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.ENERGY}
LONGEST = timedelta(hours=25)  # an interval lasts a local day at most


class Last(NamedTuple):
    """The newest value of a quantity of a series, in the quantity's unit."""

    series_id: str
    quantity: str
    ts: datetime
    value: float


def keep(scope: Scope, rows: Iterable[Last], until: datetime | None = None) -> None:
    """Keep each value unless a newer one is kept already; one of the same moment replaces it (a correction).

    What is kept of later than `until` is replaced by any: it was written under a clock that was wrong.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    newest: dict[tuple[str, str], Last] = {}
    for row in rows:
        before = newest.get((row.series_id, row.quantity))
        if before is None or row.ts >= before.ts:
            newest[row.series_id, row.quantity] = row
    if not newest:
        return
    with session() as records:
        statement = insert_into(records, LastValue)
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["series_id", "quantity"],
            set_={"ts": new.ts, "value": new.value},
            where=new.ts >= LastValue.ts if until is None else or_(new.ts >= LastValue.ts, LastValue.ts > until),
        )
        # In one order, so that two processes never wait for each other's rows.
        records.connection().execute(statement, [newest[key]._asdict() for key in sorted(newest)])


def ahead(scope: Scope, until: datetime) -> set[tuple[str, str]]:
    """The series and quantities of which a value of later is kept.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        query = select(LastValue.series_id, LastValue.quantity).where(LastValue.ts > until)
        return {(series, quantity) for series, quantity in records.execute(query)}


def forget(scope: Scope, series: Iterable[tuple[str, str]]) -> None:
    """Keep nothing of these series and quantities any more.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        for series_id, quantity in sorted(series):
            records.execute(delete(LastValue).where(LastValue.series_id == series_id, LastValue.quantity == quantity))


def kept_to(scope: Scope) -> datetime | None:
    """The newest moment of which any value is kept; None when none is.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        return records.scalar(select(func.max(LastValue.ts)))


def last_values(
    scope: Scope, series_ids: Collection[str], quantities: Collection[str] | None = None, known: Metering | None = None
) -> dict[tuple[str, str], Last]:
    """The newest value of each series, by (series id, quantity), of these quantities or of all.

    One that is, even in part, of a time that is not the holder's is not there for them. `known`: how they measure, if that was
    read already.

    Raises:
        NotFound: one of the series does not exist for the scope.
    """
    times = times_of(scope, series_ids, known)
    values: dict[tuple[str, str], Last] = {}
    with reading() as records:
        for part in in_parts(series_ids):
            query = select(LastValue.series_id, LastValue.quantity, LastValue.ts, LastValue.value)
            query = query.where(LastValue.series_id.in_(part))
            if quantities is not None:
                query = query.where(LastValue.quantity.in_(quantities))
            for series_id, quantity, ts, value in records.execute(query):
                # An energy stands here at its interval's end; how long it lasted is not kept.
                began = ts - LONGEST if quantity in ENERGIES else ts
                if holds(times.get(series_id, ALWAYS), began):
                    values[series_id, quantity] = Last(series_id, quantity, ts, value)
    return values
