"""What one process of all does at a time: it holds the lease, and turns its number as long as it lives.

Whoever would like to hold it looks on, by their own steady clock, for how long nobody has turned it: no two machines' clocks
are compared. A holder that was stopped for so long finds at its next turn that it is another's.
"""

from typing import NamedTuple

from sqlalchemy import select, update

from store.records.access.policy import Action, require
from store.records.schema import Lease
from store.records.transaction.engine import reading, session
from store.records.transaction.upsert import insert_into
from store.scope import Scope

CLOCK = "clock"  # what is done by the clock


class Held(NamedTuple):
    """Who holds a lease, and how often it was turned."""

    holder: str
    turn: int


def held(scope: Scope, name: str) -> Held | None:
    """Who holds the lease; none when nobody ever has, or its holder has let go of it.

    Raises:
        Refused: not one of Loadstar's own processes, nor a platform administrator.
    """
    require(scope, Action.RUN)
    with reading() as records:
        row = records.execute(select(Lease.holder, Lease.turn).where(Lease.name == name, Lease.holder != "")).first()
    return Held(*row) if row else None


def turn(scope: Scope, name: str, holder: str) -> bool:
    """Go on holding the lease; False when it is not, or no longer, this holder's.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        mine = update(Lease).where(Lease.name == name, Lease.holder == holder).values(turn=Lease.turn + 1)
        return records.execute(mine.returning(Lease.turn), execution_options={"synchronize_session": False}).first() is not None


def take(scope: Scope, name: str, holder: str, seen: Held | None) -> bool:
    """Take a lease that nobody has turned since it was `seen` so; whether it is this holder's now.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        if seen is None:
            records.execute(insert_into(records, Lease).values(name=name, holder="", turn=0).on_conflict_do_nothing())
            free = Lease.holder == ""
        else:
            free = (Lease.holder == seen.holder) & (Lease.turn == seen.turn)
        mine = update(Lease).where(Lease.name == name, free).values(holder=holder, turn=Lease.turn + 1)
        return records.execute(mine.returning(Lease.turn), execution_options={"synchronize_session": False}).first() is not None


def let_go(scope: Scope, name: str, holder: str) -> None:
    """Leave the lease to another at once.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        mine = update(Lease).where(Lease.name == name, Lease.holder == holder).values(holder="", turn=Lease.turn + 1)
        records.execute(mine, execution_options={"synchronize_session": False})
