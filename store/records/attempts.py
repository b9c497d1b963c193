"""Limits on sign-ins: slower with every failure, never a lock-out. They hold across processes and restarts.

Three counters, each with some tries free, then a pause that doubles up to a bound: of the account from this address,
of the address (someone who tries many accounts), of the account from everywhere (someone who has many addresses).
The last one is not asked at an address from which the account has signed in before, so whoever guesses from elsewhere
does not slow its owner down. A try is counted before the password is checked: a hundred at the same moment are a
hundred.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.records.columns import now
from store.records.engine import session
from store.records.found import AT_ONCE
from store.records.schema import Attempt
from store.records.upsert import insert_into

FORGOTTEN_AFTER = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=90)  # an address from which the account has signed in


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries without a pause, then 1, 2, 4, … seconds, `longest_s` at the most."""

    free: int
    longest_s: int

    def pause(self, count: int) -> timedelta:
        """How long to wait after that many tries."""
        over = count - self.free
        return timedelta(seconds=0 if over < 0 else min(self.longest_s, 2 ** min(over, 16)))


ACCOUNT_HERE = Limit(free=5, longest_s=60)
ADDRESS = Limit(free=30, longest_s=60)
ACCOUNT = Limit(free=10, longest_s=30)


def _key(kind: str, *parts: str) -> str:
    return hashlib.sha256("\n".join((kind, *parts)).encode()).hexdigest()


def _keys(account: str, address: str) -> dict[str, Limit]:
    return {
        _key("account here", account, address): ACCOUNT_HERE,
        _key("address", address): ADDRESS,
        _key("account", account): ACCOUNT,
    }


def admit(account: str, address: str, *, at: datetime | None = None) -> float:
    """Count a sign-in that is about to be tried; 0, or the seconds to wait before it may be.

    `account` is the address that was typed, whether anyone has it or not; `address` is the browser's.
    A try that has to wait is not counted: waiting is enough.
    """
    at = at or now()
    account = account.strip().lower()
    with session() as records:
        limits = _keys(account, address)
        if _is_known(records, account, address, at):
            del limits[_key("account", account)]
        rows = _locked(records, sorted(limits), at)
        for row in rows.values():
            if row.until + FORGOTTEN_AFTER <= at:
                row.count = 0
        wait = max((row.until - at).total_seconds() for row in rows.values())
        if wait > 0:
            return wait
        for key, row in rows.items():
            row.count += 1
            row.until = at + limits[key].pause(row.count)
    return 0.0


def succeeded(account: str, address: str, *, at: datetime | None = None) -> None:
    """Forget the account's tries and know the address from now on; what an address did to other accounts stays."""
    at = at or now()
    account = account.strip().lower()
    with session() as records:
        forgotten = {_key("account here", account, address), _key("account", account)}
        here = _key("address", address)
        # Held in the order in which `admit` holds them; what somebody else holds is not stale enough to wait for.
        held = records.scalars(select(Attempt).where(Attempt.key.in_({*forgotten, here})).order_by(Attempt.key).with_for_update())
        row = {each.key: each for each in held}.get(here)
        stale = (
            select(Attempt.key)
            .where(Attempt.until <= at - FORGOTTEN_AFTER, Attempt.key != here)
            .with_for_update(skip_locked=True)
        )
        records.execute(delete(Attempt).where(Attempt.key.in_({*forgotten, *records.scalars(stale.limit(AT_ONCE))})))
        if row is not None and row.count > 0:
            row.count -= 1
            row.until = min(row.until, at)
        known = {"key": _key("known", account, address), "count": 0, "until": at + KNOWN_FOR}
        statement = insert_into(records, Attempt).values(known)
        records.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"until": statement.excluded.until}))


def _is_known(records: Session, account: str, address: str, at: datetime) -> bool:
    until = records.scalar(select(Attempt.until).where(Attempt.key == _key("known", account, address)))
    return until is not None and until > at


def _locked(records: Session, keys: list[str], at: datetime) -> dict[str, Attempt]:
    """The counters, made where there are none and held until the end; in one order, so that no two wait for each other."""
    rows = [{"key": key, "count": 0, "until": at} for key in keys]
    records.execute(insert_into(records, Attempt).values(rows).on_conflict_do_nothing())
    held = records.scalars(select(Attempt).where(Attempt.key.in_(keys)).order_by(Attempt.key).with_for_update())
    return {row.key: row for row in held}
