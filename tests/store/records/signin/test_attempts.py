"""Guessing is slowed down, and nobody who guesses keeps anybody else out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from store.errors import TooSoon
from store.records import schema
from store.records.schema.columns import now
from store.records.signin import attempts
from store.records.transaction import engine

OWNER, HOME, AWAY = "owner@example.org", "192.0.2.1", "203.0.113.7"


def _wait(account: str, address: str, at: datetime | None = None, **more: Any) -> int:
    """The seconds that a try has to wait; it is counted when they are 0."""
    try:
        attempts.admit(account, address, at=at, **more)
    except TooSoon as too_soon:
        return too_soon.retry_s
    return 0


def _tries(count: int, account: str, address: str, start: datetime) -> list[int]:
    return [_wait(account, address, start) for _ in range(count)]


def test_a_few_mistakes_cost_nothing_and_many_slow_down(records: str) -> None:
    start = now()
    assert _tries(5, "a@example.org", "203.0.113.7", start) == [0, 0, 0, 0, 0]
    assert _wait("a@example.org", "203.0.113.7", at=start) == 1
    moment, waited = start, []
    for _ in range(12):
        wait = _wait("a@example.org", "203.0.113.7", at=moment)
        waited.append(wait)
        moment += timedelta(seconds=wait)
        assert _wait("a@example.org", "203.0.113.7", at=moment) == 0, "whoever waits may try"
    assert waited[:6] == [1, 2, 4, 8, 16, 32]
    assert max(waited) == 60


def test_waiting_is_enough_and_asking_meanwhile_costs_nothing(records: str) -> None:
    start = now()
    _tries(5, "a@example.org", "203.0.113.7", start)
    _tries(50, "a@example.org", "203.0.113.7", start)
    assert _wait("a@example.org", "203.0.113.7", at=start + timedelta(seconds=1)) == 0


def test_tries_are_forgotten_after_a_while(records: str) -> None:
    start = now()
    _tries(6, "a@example.org", "203.0.113.7", start)
    later = start + timedelta(minutes=16)
    assert _tries(5, "a@example.org", "203.0.113.7", later) == [0, 0, 0, 0, 0]


def test_an_attack_from_elsewhere_does_not_slow_the_owner_down(records: str) -> None:
    start = now()
    _wait("owner@example.org", "192.0.2.1", at=start)
    attempts.succeeded("owner@example.org", "192.0.2.1", at=start)
    for i in range(12):  # a different address each time
        _wait("owner@example.org", f"198.51.100.{i}", at=start)
    assert _wait("owner@example.org", "198.51.100.99", at=start) > 0
    assert _wait("Owner@example.org", "192.0.2.1", at=start) == 0


def test_an_address_that_tries_many_accounts_slows_down_for_all_of_them(records: str) -> None:
    start = now()
    for i in range(30):
        assert _wait(f"u{i}@example.org", "203.0.113.7", at=start) == 0
    assert _wait("fresh@example.org", "203.0.113.7", at=start) > 0
    assert _wait("fresh@example.org", "192.0.2.1", at=start) == 0


def test_an_account_of_ones_own_does_not_wash_an_address_clean(records: str) -> None:
    start = now()
    for i in range(29):
        _wait(f"u{i}@example.org", "203.0.113.7", at=start)
        _wait("mine@example.org", "203.0.113.7", at=start)
        attempts.succeeded("mine@example.org", "203.0.113.7", at=start)
    assert _wait("u29@example.org", "203.0.113.7", at=start) == 0
    assert _wait("u30@example.org", "203.0.113.7", at=start) > 0


def test_a_hundred_tries_at_the_same_moment_are_a_hundred_tries(records: str) -> None:
    start = now()
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _: _wait("a@example.org", "203.0.113.7", at=start), range(40)))
    assert waits.count(0) == 5


def test_the_table_of_attempts_tells_nobody_who_tried(records: str) -> None:
    _wait("a@example.org", "203.0.113.7")
    with engine.reading() as session:
        for row in session.query(schema.Attempt):
            assert "example" not in row.key
            assert "203" not in row.key or len(row.key) == 64


def test_many_who_come_in_from_one_address_at_once_do_not_block_each_other(records: str) -> None:
    def come_in(i: int) -> None:
        for _ in range(4):
            _wait(f"{i % 3}@example.org", "203.0.113.7")
            attempts.succeeded(f"{i % 3}@example.org", "203.0.113.7")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come_in, range(16)))


class Waiting:
    """Somebody who waits exactly as long as they are told and tries again."""

    def __init__(self, address: str, start: datetime) -> None:
        self.address, self.next, self.tries, self.counted = address, start, 0, 0

    def try_at(self, at: datetime, limit: attempts.Limit) -> bool:
        """Whether they may try now; a wrong password."""
        wait = _wait(OWNER, self.address, at, everywhere=limit)
        self.tries += 1
        self.counted += wait == 0
        self.next = at + timedelta(seconds=max(wait, 1))
        return wait == 0


@pytest.mark.parametrize("limit", [attempts.ACCOUNT, attempts.CODE], ids=["passwords", "codes"])
def test_the_owner_gets_in_at_their_second_try_whatever_thirty_strangers_do(records: str, limit: attempts.Limit) -> None:
    start = now()
    strangers = [Waiting(f"198.51.100.{n}", start) for n in range(30)]
    for each in strangers:
        each.try_at(start, limit)
    owner = Waiting("233.252.0.1", start)
    assert not owner.try_at(start, limit)
    while owner.counted == 0:
        soonest = min((*strangers, owner), key=lambda each: each.next)
        soonest.try_at(soonest.next, limit)
        _wait(OWNER, strangers[owner.tries].address, soonest.next, everywhere=limit)  # and one of them never waits
    waited_s = (owner.next - start).total_seconds()
    assert owner.tries == 2, "whoever waits as long as they are told may try"
    assert waited_s <= limit.longest_s * (len(strangers) + 2)
    guesses = sum(each.counted for each in strangers)
    assert guesses <= limit.free + waited_s / limit.longest_s + 2, "together they have no more tries for being many"


def test_a_guesser_at_a_shared_address_does_not_keep_a_known_account_out(records: str) -> None:
    start = now()
    _wait(OWNER, AWAY, start)
    attempts.succeeded(OWNER, AWAY, at=start)
    for second in range(60):
        for n in range(5):
            _wait(f"unknown{second * 5 + n}@example.org", AWAY, start + timedelta(seconds=second))
    assert _wait("another@example.org", AWAY, start + timedelta(seconds=60)) > 0
    assert _wait(OWNER, AWAY, start + timedelta(seconds=60)) == 0


def test_a_guesser_of_the_very_account_at_the_same_address_does_not_slow_a_known_browser(records: str) -> None:
    start = now()
    mark = attempts.mark_of(OWNER)
    _wait(OWNER, AWAY, start)
    attempts.succeeded(OWNER, AWAY, at=start)
    for second in range(30):
        for _ in range(5):
            _wait(OWNER, AWAY, start + timedelta(seconds=second))
    assert _wait(OWNER, AWAY, start + timedelta(seconds=30)) > 0
    assert _wait(OWNER, AWAY, start + timedelta(seconds=30), mark=mark) == 0
    assert _wait(OWNER.upper(), "233.252.0.99", start + timedelta(seconds=30), mark=mark) == 0


def test_a_marked_browser_is_slowed_down_by_its_own_mistakes(records: str) -> None:
    start, mark = now(), attempts.mark_of(OWNER)
    waits = [_wait(OWNER, f"198.51.100.{n}", start, mark=mark) for n in range(20)]
    assert waits.count(0) == attempts.ACCOUNT_HERE.free


@pytest.mark.parametrize("forged", ["", "x", ".", "nonce.", "nonce.0123", "é.ü"])
def test_a_mark_of_somebody_else_or_made_up_is_none(records: str, forged: str) -> None:
    start = now()
    for n in range(12):
        _wait(OWNER, f"198.51.100.{n}", start)
    for mark in (forged, attempts.mark_of("thief@example.org")):
        assert _wait(OWNER, "233.252.0.1", start, mark=mark) > 0


def test_an_address_of_ipv6_counts_as_its_network(records: str) -> None:
    start = now()
    waits = [_wait(OWNER, f"2001:db8:1:2::{n:x}", start) for n in range(1, 8)]
    assert waits.count(0) == attempts.ACCOUNT_HERE.free
    assert _wait("other@example.org", "2001:db8:1:3::1", start) == 0
    assert attempts.network_of("::ffff:192.0.2.1") == attempts.network_of("192.0.2.1")
    assert attempts.network_of("fe80::1%eth0") == attempts.network_of("fe80::2")
    assert attempts.network_of("unknown") == "unknown"


def test_whoever_does_not_come_at_their_turn_holds_nobody_up_for_long(records: str) -> None:
    start = now()
    for n in range(60):
        _wait(OWNER, f"198.51.100.{n}", start)
    later = start + timedelta(seconds=60 * attempts.ACCOUNT.longest_s)
    assert _wait(OWNER, "233.252.0.1", later) == 0


def test_a_turn_is_good_for_one_try(records: str) -> None:
    start = now()
    for n in range(12):
        _wait(OWNER, f"198.51.100.{n}", start)
    wait = _wait(OWNER, "233.252.0.1", start)
    at = start + timedelta(seconds=wait)
    assert _wait(OWNER, "233.252.0.1", at - timedelta(seconds=1)) == 1, "too early is told the same moment"
    assert [_wait(OWNER, "233.252.0.1", at) == 0 for _ in range(3)] == [True, False, False]
