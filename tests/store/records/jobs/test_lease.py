"""A lease is held by one, taken by another only when nobody turns it, and lost by whoever slept."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from store.errors import Refused
from store.records.jobs import lease
from store.scope import NOBODY, SYSTEM


def test_of_many_who_want_it_one_holds_it(records: str) -> None:
    assert lease.held(SYSTEM, "clock") is None
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda n: lease.take(SYSTEM, "clock", f"h{n}", None), range(6))) == 1


def test_one_that_is_turned_is_not_taken_and_one_that_is_not_is(records: str) -> None:
    assert lease.take(SYSTEM, "clock", "one", None)
    assert not lease.take(SYSTEM, "clock", "two", None)
    seen = lease.held(SYSTEM, "clock")
    assert seen is not None and seen.holder == "one"
    assert lease.turn(SYSTEM, "clock", "one")
    assert not lease.take(SYSTEM, "clock", "two", seen)
    seen = lease.held(SYSTEM, "clock")
    assert lease.take(SYSTEM, "clock", "two", seen)
    assert not lease.turn(SYSTEM, "clock", "one")
    assert lease.turn(SYSTEM, "clock", "two")


def test_one_that_is_let_go_of_is_free_at_once_and_only_its_holder_lets_go(records: str) -> None:
    assert lease.take(SYSTEM, "clock", "one", None)
    lease.let_go(SYSTEM, "clock", "two")
    assert lease.turn(SYSTEM, "clock", "one")
    lease.let_go(SYSTEM, "clock", "one")
    assert lease.held(SYSTEM, "clock") is None
    assert not lease.turn(SYSTEM, "clock", "one")
    assert lease.take(SYSTEM, "clock", "two", None)


def test_nobody_but_loadstar_holds_one(records: str) -> None:
    with pytest.raises(Refused):
        lease.take(NOBODY, "clock", "x", None)
