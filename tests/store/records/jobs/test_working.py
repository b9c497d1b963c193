"""Jobs in the records: each is one worker's, whoever lost it can write nothing more, and none is lost."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from store.errors import Refused, StoreAway
from store.records.access import grants
from store.records.jobs import asking, figures, kinds, working
from store.records.jobs.kinds import SITE_FORECAST, TIDYING, Kind, Nothing, OfSite, Problem, Queue
from store.records.people import users
from store.records.schema import Job
from store.records.schema.columns import now
from store.scope import NOBODY, SYSTEM, Scope
from tests.store.records.world import World

ONCE = Kind("set_point", Queue.CONTROL, Nothing, repeatable=False)
PATIENT = Kind("patient", Queue.REPORT, Nothing, most_attempts=2)


@pytest.fixture(autouse=True)
def more_kinds(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for each in (ONCE, PATIENT):
        monkeypatch.setitem(kinds.KINDS, each.name, each)
    yield


def take(*queues: str, at: datetime | None = None, job_id: str | None = None) -> Job | None:
    return working.claim(SYSTEM, "here", queues or tuple(Queue), kinds.KINDS, job_id=job_id, at=at)


def claimed(at: datetime | None = None) -> tuple[Job, str]:
    found = take(at=at)
    assert found is not None and found.claim is not None
    return found, found.claim


def state(job: Job) -> tuple[str, str | None]:
    found = asking.job(SYSTEM, job.id)
    return found.state, found.problem


def test_of_many_claimers_each_job_is_taken_by_one(records: str) -> None:
    asked = {asking.ask(SYSTEM, PATIENT, Nothing()).id for _ in range(20)}
    with ThreadPoolExecutor(8) as pool:
        taken = [each.id for each in pool.map(lambda _: take(), range(40)) if each is not None]
    assert len(taken) == 20
    assert set(taken) == asked


def test_a_worker_takes_only_its_queues_and_what_it_knows_and_only_when_it_is_due(records: str) -> None:
    asked = asking.ask(SYSTEM, PATIENT, Nothing(), not_before=now() + timedelta(hours=1))
    assert take() is None
    later = now() + timedelta(hours=2)
    assert take("mail", at=later) is None
    assert working.claim(SYSTEM, "here", ["report"], ["another"], at=later) is None
    found = take("report", at=later)
    assert found is not None and found.id == asked.id
    assert (found.state, found.attempts, found.worker) == ("running", 1, "here")
    assert take("report", at=later) is None


def test_those_that_wait_longest_come_first_and_one_is_taken_by_its_id_once(records: str) -> None:
    asked = [asking.ask(SYSTEM, PATIENT, Nothing()).id for _ in range(3)]
    chosen = take(job_id=asked[2])
    assert chosen is not None and chosen.id == asked[2]
    assert take(job_id=asked[2]) is None
    assert [each.id for each in (take(), take()) if each] == asked[:2]


def test_nobody_but_loadstar_works(world: World) -> None:
    for scope in (NOBODY, world.scope("north admin")):
        with pytest.raises(Refused):
            working.claim(scope, "w", ["mail"], kinds.KINDS)
        with pytest.raises(Refused):
            working.finish(scope, "x", None)


def test_what_became_of_a_job_is_kept(records: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    job, claim = claimed()
    working.advance(SYSTEM, claim, 0.5, {"stage": "reading"})
    half = asking.job(SYSTEM, job.id)
    assert (half.progress, half.message) == (0.5, {"stage": "reading"})
    working.advance(SYSTEM, claim, 7.0, {"stage": "x" * 5000})
    far = asking.job(SYSTEM, job.id)
    assert (far.progress, far.message) == (1.0, None)
    assert working.finish(SYSTEM, claim, {"sum": [1, None, 2.5]})
    done = asking.job(SYSTEM, job.id)
    assert (done.state, done.result, done.progress, done.problem) == ("done", {"sum": [1, None, 2.5]}, 1.0, None)
    assert done.ended_at is not None


def test_a_result_that_is_too_large_fails_the_job(records: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    job, claim = claimed()
    working.finish(SYSTEM, claim, "x" * kinds.LONGEST_RESULT)
    assert state(job) == ("failed", "too_large")


@pytest.mark.parametrize("ended", ["cancelled", "failed", "done"])
def test_whoever_lost_a_job_can_write_nothing_more(records: str, ended: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    job, claim = claimed()
    assert working.beat(SYSTEM, [claim, "unknown"]) == {claim}
    match ended:
        case "cancelled":
            assert asking.cancel(SYSTEM, job.id)
        case "failed":
            assert working.fail(SYSTEM, claim, Problem.BROKE)
        case _:
            assert working.finish(SYSTEM, claim, 1)
    before = asking.job(SYSTEM, job.id)
    assert working.beat(SYSTEM, [claim]) == set()
    assert not working.finish(SYSTEM, claim, 2)
    assert not working.fail(SYSTEM, claim, Problem.TOO_LONG)
    assert not working.try_again(SYSTEM, claim, Problem.ENDED)
    assert not working.hand_back(SYSTEM, claim)
    working.advance(SYSTEM, claim, 0.1, None)
    after = asking.job(SYSTEM, job.id)
    assert (after.state, after.result, after.problem, after.progress) == (
        before.state,
        before.result,
        before.problem,
        before.progress,
    )


def test_a_heart_that_stopped_gives_the_job_to_another_and_its_old_worker_finds_out(records: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    job, claim = claimed()
    seen = working.hearts(SYSTEM)
    assert set(seen) == {claim}
    assert working.beat(SYSTEM, [claim]) == {claim}
    assert working.give_back(SYSTEM, seen) == 0  # it has beaten since
    assert working.give_back(SYSTEM, working.hearts(SYSTEM)) == 1
    assert state(job) == ("queued", "ended")
    assert take() is None  # not at once: a job that kills its worker would kill the next
    second, second_claim = claimed(now() + timedelta(minutes=1))
    assert (second.id, second.attempts) == (job.id, 2)
    assert second_claim != claim
    assert working.beat(SYSTEM, [claim]) == set()
    assert not working.finish(SYSTEM, claim, "stale")
    assert working.finish(SYSTEM, second_claim, "good")
    assert asking.job(SYSTEM, job.id).result == "good"


def test_attempts_are_used_up(records: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    for attempt in range(PATIENT.most_attempts):
        job, claim = claimed(now() + timedelta(hours=attempt))
        assert working.try_again(SYSTEM, claim, Problem.ENDED) is (attempt + 1 < PATIENT.most_attempts)
    assert state(job) == ("failed", "ended")


def test_what_must_not_be_done_twice_is_not(records: str) -> None:
    for end in (
        lambda claim: working.give_back(SYSTEM, working.hearts(SYSTEM)),
        lambda claim: working.hand_back(SYSTEM, claim),
        lambda claim: working.try_again(SYSTEM, claim, Problem.ENDED),
    ):
        asking.ask(SYSTEM, ONCE, Nothing())
        job, claim = claimed()
        end(claim)
        assert state(job) == ("failed", "interrupted")
        assert take(at=now() + timedelta(days=1)) is None


def test_a_worker_that_is_told_to_end_hands_back_what_it_has_and_that_counts_as_no_attempt(records: str) -> None:
    asking.ask(SYSTEM, PATIENT, Nothing())
    for _ in range(PATIENT.most_attempts + 1):
        job, claim = claimed()
        assert working.hand_back(SYSTEM, claim)
    assert state(job) == ("queued", None)


def test_one_that_fails_lets_those_behind_it_go_first(records: str) -> None:
    poison = asking.ask(SYSTEM, PATIENT, Nothing()).id
    good = asking.ask(SYSTEM, PATIENT, Nothing()).id
    job, claim = claimed()
    assert job.id == poison
    working.try_again(SYSTEM, claim, Problem.ENDED)
    assert claimed()[0].id == good


def test_a_job_sees_what_its_asker_saw_and_still_sees(world: World) -> None:
    resident, first = world.scope("resident"), world.meters["north first"]
    asking.ask(resident, SITE_FORECAST, OfSite(world.sites["north"]))
    job, _ = claimed()
    assert working.scope_for(SYSTEM, job) == resident
    grants.create_grant(SYSTEM, user_id=world.people["resident"], site_id=world.sites["south"], valid_from=now() - timedelta(1))
    more = working.scope_for(SYSTEM, job)
    assert more is not None and not more.sees_site(world.sites["south"])
    held = next(each for each in grants.grants(SYSTEM, world.sites["north"]) if each.user_id == world.people["resident"])
    grants.end_grant(SYSTEM, held.id)
    less = working.scope_for(SYSTEM, job)
    assert less is not None and not less.sees_meter(first, world.sites["north"]) and not less.sees_site(world.sites["north"])


def test_a_person_who_is_disabled_has_no_job_that_goes_on(world: World) -> None:
    asking.ask(world.scope("resident"), SITE_FORECAST, OfSite(world.sites["north"]))
    job, claim = claimed()
    assert working.beat(SYSTEM, [claim]) == {claim}
    users.set_approval(SYSTEM, world.people["resident"], "disabled")
    assert working.beat(SYSTEM, [claim]) == set()
    assert working.scope_for(SYSTEM, job) is None
    assert working.fail(SYSTEM, claim, Problem.NOT_THEIRS)
    assert state(job) == ("failed", "not_theirs")


def test_what_is_due_by_the_clock_is_asked_for_once_at_its_time(records: str) -> None:
    day = timedelta(days=1)
    at = now()
    assert working.due(SYSTEM, TIDYING, day, at=at) is not None
    assert working.due(SYSTEM, TIDYING, day, at=at + timedelta(days=3)) is None  # it is not done yet
    _, claim = claimed()
    working.finish(SYSTEM, claim, None)
    assert working.due(SYSTEM, TIDYING, day, at=at + timedelta(hours=23)) is None
    assert working.due(SYSTEM, TIDYING, day, at=at + timedelta(hours=25)) is not None


def test_work_that_is_not_always_there_is_asked_for_only_if_it_is(records: str) -> None:
    asked: list[str] = []

    def wanted(answer: bool) -> bool:
        asked.append("looked")
        return answer

    def away() -> bool:
        raise StoreAway("the store is away")

    day, at = timedelta(days=1), now()
    assert working.due(SYSTEM, TIDYING, day, only_if=lambda: wanted(False), at=at) is None
    assert working.due(SYSTEM, TIDYING, day, only_if=away, at=at) is None
    assert working.due(SYSTEM, TIDYING, day, only_if=lambda: wanted(True), at=at) is not None
    assert working.due(SYSTEM, TIDYING, day, only_if=lambda: wanted(True), at=at) is None
    assert len(asked) == 2, "while there is some already, or its time has not come, nobody looks"


def test_a_clock_that_was_ahead_does_not_put_off_what_is_due(records: str) -> None:
    ahead = now() + timedelta(days=100)
    working.due(SYSTEM, TIDYING, timedelta(days=1), at=ahead)
    _, claim = claimed(ahead)
    working.finish(SYSTEM, claim, None)
    assert working.due(SYSTEM, TIDYING, timedelta(days=1)) is not None


def test_queues_say_how_long_the_first_has_waited(records: str) -> None:
    at = now()
    for minutes in (3, 1):
        asking.ask(SYSTEM, PATIENT, Nothing(), not_before=at - timedelta(minutes=minutes))
    asking.ask(SYSTEM, PATIENT, Nothing(), not_before=at + timedelta(minutes=9))
    asking.ask(SYSTEM, ONCE, Nothing())
    take("control")
    assert {each.queue: (each.due, round(each.waits_s), each.running) for each in figures.queues(SYSTEM, at=at)} == {
        "report": (2, 180, 0),
        "control": (0, 0, 1),
    }


def test_a_broker_is_told_of_what_is_due_and_again_of_what_nobody_began(records: str) -> None:
    asked = asking.ask(SYSTEM, PATIENT, Nothing())
    at = now()
    since = at - timedelta(seconds=30)
    assert [each.id for each in working.unsent(SYSTEM, kinds.KINDS, since, 10)] == [asked.id]
    working.was_sent(SYSTEM, [asked.id], at=at)
    assert working.unsent(SYSTEM, kinds.KINDS, since, 10) == []
    assert [each.id for each in working.unsent(SYSTEM, kinds.KINDS, at + timedelta(seconds=1), 10)] == [asked.id]
    take()
    assert working.unsent(SYSTEM, kinds.KINDS, at + timedelta(seconds=1), 10) == []


def test_jobs_that_ended_long_ago_are_forgotten_and_others_are_not(records: str) -> None:
    for _ in range(3):
        asking.ask(SYSTEM, PATIENT, Nothing())
    _, claim = claimed()
    working.finish(SYSTEM, claim, None)
    take()
    assert working.forget(SYSTEM, now() + timedelta(seconds=1)) == 1
    assert len(working.hearts(SYSTEM)) == 1


def test_scopes_survive_the_way_to_a_worker(world: World) -> None:
    for scope in (*map(world.scope, world.people), SYSTEM, NOBODY, Scope("usr_x")):
        assert kinds.scope_from(kinds.plain_scope(scope)) == scope
