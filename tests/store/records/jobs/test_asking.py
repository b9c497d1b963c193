"""Asking for work that takes long: whose it is, how much of it may wait, and who may call it off."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.jobs import asking, working
from store.records.jobs.kinds import AUDIT_CHECK, KINDS, SITE_FORECAST, TIDYING, Kind, Nothing, OfSite, Queue, TooMany
from store.records.people import users
from store.records.schema.listing import Wanted
from store.records.transaction import trail
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World


def _every(scope):
    return {each.id for each in asking.jobs(scope, Wanted()).rows}


def test_a_job_is_its_askers_and_nobody_else_knows_of_it(world: World) -> None:
    resident, neighbour = world.scope("resident"), world.scope("neighbour")
    mine = asking.ask(resident, SITE_FORECAST, OfSite(world.sites["north"]))
    theirs = asking.ask(neighbour, SITE_FORECAST, {"site_id": world.sites["north"]})
    assert mine.id != theirs.id
    assert (mine.state, mine.queue, mine.arguments) == ("queued", "forecast", {"site_id": world.sites["north"]})
    assert asking.job(resident, mine.id).id == mine.id
    for scope in (neighbour, world.scope("north admin"), NOBODY):
        with pytest.raises(NotFound):
            asking.job(scope, mine.id)
        with pytest.raises(NotFound):
            asking.cancel(scope, mine.id)
        with pytest.raises(NotFound):
            asking.again(scope, mine.id)
    assert _every(resident) == {mine.id}
    assert _every(NOBODY) == set()
    assert _every(world.scope("root")) == {mine.id, theirs.id}
    with pytest.raises(NotFound):
        asking.job(resident, "job_unknown")
    with pytest.raises(NotFound):
        asking.ask(NOBODY, SITE_FORECAST, OfSite("sit_1"))


@pytest.mark.parametrize(
    "arguments", [{}, {"site_id": 1}, {"site_id": None}, {"site_id": "s", "more": 1}, [], "site", {"site_id": "x" * 20_000}]
)
def test_arguments_that_the_kind_is_not_told_are_refused(world: World, arguments: object) -> None:
    with pytest.raises(Refused):
        asking.ask(world.scope("resident"), SITE_FORECAST, arguments)
    assert _every(SYSTEM) == set()


def test_work_that_is_not_declared_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="no work is called"):
        asking.ask(SYSTEM, Kind("site_forecast", Queue.MAIL, Nothing), Nothing())


def test_no_more_waits_than_may_and_one_person_takes_no_place_of_all(world: World) -> None:
    resident = world.scope("resident")
    made = [asking.ask(resident, SITE_FORECAST, OfSite("sit_1")) for _ in range(SITE_FORECAST.most_each)]
    with pytest.raises(TooMany, match="you have asked"):
        asking.ask(resident, SITE_FORECAST, OfSite("sit_1"))
    for who in ("neighbour", "stranger"):
        for _ in range((SITE_FORECAST.most_waiting - SITE_FORECAST.most_each) // 2):
            asking.ask(world.scope(who), SITE_FORECAST, OfSite("sit_1"))
    with pytest.raises(TooMany, match="as much of this"):
        asking.ask(world.scope("north admin"), SITE_FORECAST, OfSite("sit_1"))
    assert asking.cancel(resident, made[0].id)
    assert asking.ask(resident, SITE_FORECAST, OfSite("sit_1")).state == "queued"


def test_who_asks_and_cancels_again_and_again_is_told_to_wait(world: World) -> None:
    resident = world.scope("resident")
    for _ in range(SITE_FORECAST.most_hourly):
        asking.cancel(resident, asking.ask(resident, SITE_FORECAST, OfSite("sit_1")).id)
    with pytest.raises(TooMany, match="within an hour"):
        asking.ask(resident, SITE_FORECAST, OfSite("sit_1"))
    assert asking.ask(world.scope("neighbour"), SITE_FORECAST, OfSite("sit_1"))


def test_what_is_asked_twice_by_its_key_is_the_same_job_until_it_has_ended(world: World) -> None:
    one, other = world.scope("north admin"), world.scope("south admin")
    first = asking.ask(one, AUDIT_CHECK, Nothing(), once_key="today")
    assert asking.ask(one, AUDIT_CHECK, Nothing(), once_key="today").id == first.id
    assert asking.ask(other, AUDIT_CHECK, Nothing(), once_key="today").id != first.id
    assert asking.cancel(one, first.id)
    assert asking.ask(one, AUDIT_CHECK, Nothing(), once_key="today").id != first.id


def test_of_many_who_ask_for_the_same_at_the_same_moment_one_makes_the_job(records: str) -> None:
    start = threading.Barrier(6)

    def ask(_n: int) -> str:
        start.wait()
        return asking.ask(SYSTEM, TIDYING, Nothing(), once_key="once").id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(ask, range(6)))) == 1


def test_whoever_only_looks_may_ask_for_what_only_reads_and_for_nothing_else(world: World) -> None:
    resident = world.scope("resident")
    trail.act_as(world.people["root"], behalf=world.people["resident"], only_looks=True)
    try:
        asked = asking.ask(resident, SITE_FORECAST, OfSite(world.sites["north"]))
        assert asking.cancel(resident, asked.id)
        with pytest.raises(Refused):
            asking.ask(resident, TIDYING, Nothing())
    finally:
        trail.act_as()


def test_an_administrator_who_calls_off_somebody_elses_job_is_noted_and_its_asker_is_not(world: World) -> None:
    resident = world.scope("resident")
    for who, noted in (("resident", False), ("root", True)):
        asked = asking.ask(resident, SITE_FORECAST, OfSite("sit_1"))
        with audit.acting(world.people[who]):
            assert asking.cancel(world.scope(who), asked.id)
        assert not asking.cancel(world.scope(who), asked.id)
        assert asking.job(resident, asked.id).state == "cancelled"
        actors = [each.actor for each in audit.entries(SYSTEM) if each.subject_id == asked.id]
        assert actors == ([world.people["root"]] if noted else [])


def test_a_job_that_has_ended_is_run_again_as_it_was_asked_for(world: World) -> None:
    resident = world.scope("resident")
    asked = asking.ask(resident, SITE_FORECAST, OfSite("sit_1"))
    with pytest.raises(Refused, match="has not ended"):
        asking.again(resident, asked.id)
    asking.cancel(resident, asked.id)
    anew = asking.again(world.scope("root"), asked.id)
    assert (anew.user_id, anew.arguments, anew.scope) == (asked.user_id, asked.arguments, asked.scope)
    assert (anew.state, anew.attempts) == ("queued", 0)
    assert "run_again" in {each.action for each in audit.entries(SYSTEM)}


def test_a_persons_jobs_go_with_the_person(world: World) -> None:
    asked = asking.ask(world.scope("stranger"), SITE_FORECAST, OfSite("sit_1"))
    running = working.claim(SYSTEM, "w", ["forecast"], KINDS)
    assert running is not None and running.claim is not None
    users.delete_user(SYSTEM, world.people["stranger"])
    with pytest.raises(NotFound):
        asking.job(SYSTEM, asked.id)
    assert working.beat(SYSTEM, [running.claim]) == set()
