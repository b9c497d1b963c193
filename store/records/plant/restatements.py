"""Changes of what meters declare, until the energy of their time is made anew by the rollup.

The rows are written with the change itself (`store.records.schema.metering`), whoever makes it.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, select

from store.records.access.policy import Action, require
from store.records.plant.metering import Metering, times_of
from store.records.schema import Restatement
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import in_parts
from store.scope import Scope


class Waiting(NamedTuple):
    """A time of a meter whose energy is to be made anew."""

    id: str
    meter_id: str
    since: datetime
    until: datetime | None


def waiting(scope: Scope, meter_ids: Collection[str] | None = None, known: Metering | None = None) -> list[Waiting]:
    """What is still to be made anew, of these meters or, for Loadstar itself, of all; `known`: how they measure, if it is.

    Raises:
        NotFound: one of the meters does not exist for the scope.
        Refused: all are asked for, and not by one of Loadstar's own processes.
    """
    query = select(*(getattr(Restatement, name) for name in Waiting._fields))  # columns: there may be one a meter
    if meter_ids is None:
        require(scope, Action.RUN)
        parts = [query]
    else:
        times_of(scope, meter_ids, known)
        parts = [query.where(Restatement.meter_id.in_(part)) for part in in_parts(meter_ids)]
    with reading() as records:
        return [Waiting(*row) for each in parts for row in records.execute(each)]


def done(scope: Scope, ids: Collection[str]) -> None:
    """They are made anew.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        for part in in_parts(ids):
            records.execute(delete(Restatement).where(Restatement.id.in_(part)))
