"""Limits on tries: slower with every failure, never a lock-out. They hold across processes and restarts.

Three counters, each with some tries free, then a pause: of the account from this network, of the network (someone who
tries many accounts), of the account from everywhere (someone who has many networks). The last two are shared with
strangers, so nobody depends on them who has signed in before: not in a browser that holds a mark of it (OWASP's device
cookies), nor from a network where the account is known. For everybody else they are queues: whoever has to wait is told
when their turn is, one turn for each account and network, and it is kept for them, however many others try meanwhile.

A try is counted before the password is checked: a hundred at the same moment are a hundred. A network is an address, of
IPv6 the 64 bits that a customer has at the least.
"""

import hashlib
import hmac
import ipaddress
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from store.errors import TooSoon
from store.records.schema import Attempt
from store.records.schema.columns import now
from store.records.transaction import sealing
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import AT_ONCE
from store.records.transaction.upsert import insert_into

FORGOTTEN_AFTER = timedelta(minutes=15)
KNOWN_FOR = timedelta(days=90)  # a network from which the account has signed in, and a browser
TURN_LASTS = timedelta(minutes=1)  # from its moment on
IPV6_NETWORK = 64
_MARKS = "known browsers"


@dataclass(frozen=True, slots=True)
class Limit:
    """`free` tries without a pause, then 1, 2, 4, … seconds, `longest_s` at the most; turns are kept `ahead_s` at the most."""

    free: int
    longest_s: int
    ahead_s: int = 0

    def pause(self, count: int) -> timedelta:
        """How long to wait after that many tries."""
        over = count - self.free
        return timedelta(seconds=0 if over < 0 else min(self.longest_s, 2 ** min(over, 16)))


ACCOUNT_HERE = Limit(free=5, longest_s=60)
ADDRESS = Limit(free=30, longest_s=5, ahead_s=60)
ACCOUNT = Limit(free=10, longest_s=4, ahead_s=900)
CODE = Limit(free=10, longest_s=30, ahead_s=900)  # of an account too: there are only a million codes


def network_of(address: str) -> str:
    """The network of an address, as limits count it; what is no address is taken as it is."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, IPV6_NETWORK), strict=False))


def mark_of(account: str) -> str:
    """What a browser keeps in which the account has signed in: its tries are counted by themselves from now on."""
    nonce = secrets.token_urlsafe(16)
    return f"{nonce}.{_signed(_normal(account), nonce)}"


def admit(
    account: str,
    address: str,
    *,
    whose: str | None = None,
    mark: str | None = None,
    everywhere: Limit = ACCOUNT,
    at: datetime | None = None,
) -> None:
    """Count a try that is about to be made. One that has to wait is not counted: waiting is enough.

    Args:
        account: what is tried: the address that was typed, whether anyone has it or not, or a text of its own.
        address: the browser's.
        whose: the address of the account that it is about, where `account` is a text of its own.
        mark: what the browser holds, made by `mark_of`.
        everywhere: the limit of the account from everywhere.
        at: when, now by default.

    Raises:
        TooSoon: it has to wait, and how long.
    """
    at = at or now()
    account, whose, network = _normal(account), _normal(whose or account), network_of(address)
    browser = _browser(whose, mark)
    with session() as records:
        here = _key("account here", account, browser or network)
        limits = {here: ACCOUNT_HERE}
        if browser is None and not _is_known(records, whose, network, at):
            limits |= {_key("address", network): ADDRESS, _key("account", account): everywhere}
        rows = _locked(records, sorted(limits), at)
        for row in rows.values():
            if row.until + FORGOTTEN_AFTER <= at:
                row.count = 0
        wait = max((row.until - at).total_seconds() for row in rows.values())
        shared = {row: limits[key] for key, row in rows.items() if key != here}
        if wait > 0 and shared:
            wait = _turn(records, _key("turn", account, network), rows[here], shared, at)
        if wait <= 0:
            for key, row in rows.items():
                row.count += 1
                row.until = max(row.until, at + limits[key].pause(row.count))
    if wait > 0:
        raise TooSoon(wait)


def _turn(records: Session, key: str, own: Attempt, shared: dict[Attempt, Limit], at: datetime) -> float:
    """The seconds until the turn of who has to wait; 0 when it is now, for one try: whoever waits again gets another."""
    kept = records.get(Attempt, key)
    if kept is not None and at < kept.until + TURN_LASTS:
        wait = (max(kept.until, own.until) - at).total_seconds()
        if wait <= 0:
            records.delete(kept)
        return wait
    due = max(own.until, *(row.until for row in shared))
    if all(due <= at + timedelta(seconds=limit.ahead_s) for row, limit in shared.items() if row.until > at):
        if kept is None:
            records.add(Attempt(key=key, until=due))
        else:
            kept.until = due
        for row, limit in shared.items():
            if limit.pause(row.count):  # nobody else's turn is at the same moment
                row.until = due + timedelta(seconds=limit.longest_s)
    return (due - at).total_seconds()


def succeeded(
    account: str, address: str, *, whose: str | None = None, mark: str | None = None, at: datetime | None = None
) -> None:
    """Forget the tries that `admit` counted, and know the network from now on; what a network did to other accounts stays."""
    at = at or now()
    account, whose, network = _normal(account), _normal(whose or account), network_of(address)
    browser = _browser(whose, mark)
    with session() as records:
        forgotten = {_key("account here", account, each) for each in (network, browser) if each}
        forgotten.add(_key("account", account))
        here = _key("address", network)
        was_known = browser is not None or _is_known(records, whose, network, at)
        # Held in the order in which `admit` holds them; what somebody else holds is not stale enough to wait for.
        held = records.scalars(select(Attempt).where(Attempt.key.in_({*forgotten, here})).order_by(Attempt.key).with_for_update())
        row = {each.key: each for each in held}.get(here)
        stale = (
            select(Attempt.key)
            .where(Attempt.until <= at - FORGOTTEN_AFTER, Attempt.key != here)
            .with_for_update(skip_locked=True)
        )
        gone = {*forgotten, _key("turn", account, network), *records.scalars(stale.limit(AT_ONCE))}
        records.execute(delete(Attempt).where(Attempt.key.in_(gone)))
        if row is not None and row.count > 0 and not was_known:  # else the network was not counted
            row.count -= 1
            row.until = min(row.until, at)
        known = {"key": _key("known", account, network), "count": 0, "until": at + KNOWN_FOR}
        statement = insert_into(records, Attempt).values(known)
        records.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"until": statement.excluded.until}))


def is_known(account: str, address: str, *, mark: str | None = None, at: datetime | None = None) -> bool:
    """Whether the account has signed in before from the network, or in the browser that holds the mark."""
    account = _normal(account)
    if _browser(account, mark) is not None:
        return True
    with reading() as records:
        return _is_known(records, account, network_of(address), at or now())


def _normal(account: str) -> str:
    return account.strip().lower()


def _key(kind: str, *parts: str) -> str:
    return hashlib.sha256("\n".join((kind, *parts)).encode()).hexdigest()


def _signed(account: str, nonce: str) -> str:
    return sealing.signature(_MARKS, f"{account}\n{nonce}")


def _browser(account: str, mark: str | None) -> str | None:
    """What a browser is known by that holds a mark of the account."""
    nonce, _, signed = (mark or "").partition(".")
    return nonce if signed and hmac.compare_digest(signed.encode(), _signed(account, nonce).encode()) else None


def _is_known(records: Session, account: str, address: str, at: datetime) -> bool:
    until = records.scalar(select(Attempt.until).where(Attempt.key == _key("known", account, address)))
    return until is not None and until > at


def _locked(records: Session, keys: list[str], at: datetime) -> dict[str, Attempt]:
    """The counters, made where there are none and held until the end; in one order, so that no two wait for each other."""
    statement = insert_into(records, Attempt).values([{"key": key, "count": 0, "until": at} for key in keys])
    # Written as they are where they are there already: so they are held, and nobody can delete them in between.
    records.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"count": Attempt.count}))
    return {row.key: row for row in records.scalars(select(Attempt).where(Attempt.key.in_(keys)))}
