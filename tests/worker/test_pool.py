"""The worker's own engine: jobs are done, bounded, called off and handed back, and no queue waits for another's."""

import os
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from config import identity
from config import settings as configuration
from store.errors import StoreAway, StoreFull
from store.records.access import policy
from store.records.jobs import asking, figures, kinds, working
from store.records.jobs.kinds import Kind, Queue
from store.records.people import organisations, users
from store.records.schema import Job
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.worker import kinds as ours
from tests.worker import work
from tests.worker.kinds import Folder
from worker import pool
from worker.pool import Pool, PoolLane
from worker.task import all_tasks

LONG_S = 300.0


@pytest.fixture
def running(folder: Path) -> Iterator[Pool]:
    made = Pool(configuration.settings(), all_tasks(work), [PoolLane((each,), 1) for each in Queue])
    made.start()
    yield made
    made.end()
    made.join()


def ask(kind: Kind, folder: Path, name: str = "") -> str:
    return asking.ask(SYSTEM, kind, Folder(str(folder), name)).id


def job(job_id: str) -> Job:
    return asking.job(SYSTEM, job_id)


def ended(job_id: str) -> Job:
    return eventually(lambda: found if (found := job(job_id)).state in asking.FINISHED else None, within_s=LONG_S)


def pids(folder: Path, name: str = "") -> list[int]:
    def told() -> list[int]:
        file = folder / f"{name}.pids"
        return [int(each) for each in file.read_text().split()] if file.exists() else []

    return eventually(lambda: found if len(found := told()) == 2 else None, within_s=LONG_S)


def are_gone(numbers: list[int]) -> bool:
    return not any(psutil.pid_exists(each) and psutil.Process(each).status() != psutil.STATUS_ZOMBIE for each in numbers)


def test_a_job_is_done_in_another_process_and_its_result_is_kept(running: Pool, folder: Path) -> None:
    done = ended(ask(ours.ADDS, folder, "Zoë"))
    assert (done.state, done.result, done.progress) == ("done", {"name": "Zoë"}, 1.0)
    assert done.worker == identity.own()


def test_jobs_that_fail_say_why_and_those_behind_them_are_done(running: Pool, folder: Path) -> None:
    asked = {kind.name: ask(kind, folder) for kind in (ours.BREAKS, ours.DIES, ours.EATS, ours.EATS_AT_ONCE, ours.STANDS)}
    behind = ask(ours.ADDS, folder, "behind")
    assert ended(behind).state == "done"
    assert {name: ended(each).problem for name, each in asked.items()} == {
        "breaks": "broke",
        "dies": "ended",
        "eats": "too_much_memory",
        "eats_at_once": "too_much_memory",
        "stands": "too_long",
    }
    assert job(asked["dies"]).attempts == ours.DIES.most_attempts
    assert "password" not in str([vars(job(each)) for each in asked.values()])
    eventually(lambda: are_gone([int((folder / "other").read_text())]))


def test_one_that_is_called_off_while_it_waits_never_begins_and_one_that_runs_is_gone(running: Pool, folder: Path) -> None:
    first = ask(ours.WAITS, folder, "first")
    its = pids(folder, "first")
    second = ask(ours.WAITS, folder, "second")
    eventually(lambda: job(first).message == {"stage": "waiting"}, within_s=LONG_S)
    assert asking.cancel(SYSTEM, second)
    assert asking.cancel(SYSTEM, first)
    eventually(lambda: are_gone(its))
    (folder / "go").touch()
    third = ended(ask(ours.WAITS, folder, "third"))
    assert (third.state, job(first).state, job(second).state) == ("done", "cancelled", "cancelled")
    assert not (folder / "second.pids").exists()


def test_no_queue_waits_for_another_lanes_work(running: Pool, folder: Path) -> None:
    for number in range(4):
        ask(ours.WAITS, folder, str(number))
    pids(folder, "0")
    assert ended(ask(ours.ADDS, folder)).state == "done"
    (folder / "go").touch()
    assert ended(ask(ours.SETS_POINT, folder)).state == "done"


def test_mail_and_control_have_places_that_nothing_else_takes() -> None:
    lanes = pool.lanes(configuration.settings())
    assert sorted(queue for lane in lanes for queue in lane.queues) == sorted(Queue)
    for alone in (Queue.MAIL, Queue.CONTROL, Queue.FORECAST, Queue.PULLING):
        assert [lane.queues for lane in lanes if alone in lane.queues] == [(alone,)]


def test_a_job_acts_as_its_asker_and_sees_what_they_still_see(running: Pool, folder: Path) -> None:
    organisation = organisations.create_organisation(SYSTEM, name="Utility", kind="distributor").id
    person = users.create_user(SYSTEM, email="a@example.org", name="A", password=None, organisation_id=organisation).id
    scope = policy.scope_of(person)
    seen, actor = ended(asking.ask(scope, ours.TELLS_SCOPE, Folder(str(folder))).id).result
    assert kinds.scope_from(seen) == scope
    assert actor == person


def test_a_person_who_is_disabled_has_no_job_that_begins_and_none_that_goes_on(running: Pool, folder: Path) -> None:
    person = users.create_user(SYSTEM, email="a@example.org", name="A", password=None).id
    users.set_approval(SYSTEM, person, "approved")
    scope = policy.scope_of(person)
    runs, waits = (asking.ask(scope, ours.WAITS, Folder(str(folder), name)).id for name in ("runs", "waits"))
    its = pids(folder, "runs")
    users.set_approval(SYSTEM, person, "disabled")
    assert [ended(each).problem for each in (runs, waits)] == ["not_theirs", "not_theirs"]
    eventually(lambda: are_gone(its))
    assert not (folder / "waits.pids").exists()


def test_a_worker_that_is_told_to_end_hands_back_what_may_be_done_again(running: Pool, folder: Path) -> None:
    again, once = ask(ours.WAITS, folder, "again"), ask(ours.SETS_POINT, folder, "once")
    its = pids(folder, "again")
    eventually((folder / "set").exists, within_s=LONG_S)
    running.end()
    running.join()  # before what waits would have ended by itself
    eventually(lambda: are_gone(its))
    assert (job(again).state, job(again).attempts) == ("queued", 0)
    assert (job(once).state, job(once).problem) == ("failed", "interrupted")
    assert (folder / "set").read_text() == "once\n"


def test_what_must_not_be_done_twice_is_finished_when_that_is_a_matter_of_moments(running: Pool, folder: Path) -> None:
    once = ask(ours.SETS_POINT, folder, "once")
    eventually((folder / "set").exists, within_s=LONG_S)
    running.end()
    (folder / "go").touch()
    running.join()
    assert job(once).state == "done"


def test_the_next_job_finds_a_process_that_is_ready_unless_the_last_one_failed(running: Pool, folder: Path) -> None:
    (folder / "go").touch()
    for name in ("one", "two"):
        assert ended(ask(ours.WAITS, folder, name)).state == "done"
    assert pids(folder, "one")[0] == pids(folder, "two")[0]
    ended(ask(ours.BREAKS, folder))
    ended(ask(ours.WAITS, folder, "three"))
    assert pids(folder, "three")[0] != pids(folder, "one")[0]


def test_work_of_another_kind_does_not_begin_with_what_a_warm_process_has_taken(running: Pool, folder: Path) -> None:
    (folder / "go").touch()
    ended(ask(ours.WAITS, folder, "one"))
    assert ended(ask(ours.ADDS, folder)).state == "done"
    ended(ask(ours.WAITS, folder, "two"))
    assert pids(folder, "one")[0] == pids(folder, "two")[0], "the other had a process of its own, which is gone"


@pytest.mark.parametrize("why", [StoreAway("away"), StoreFull("full"), RuntimeError("a defect")])
def test_whoever_tells_of_a_job_is_let_go_whatever_keeps_it_from_being_claimed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, why: Exception
) -> None:
    claim, refused = working.claim, Counter[str]()

    def refuse_at_first(*given: Any, job_id: str, **named: Any) -> Job | None:
        refused[job_id] += 1
        if refused[job_id] < 3:
            raise why
        return claim(*given, job_id=job_id, **named)

    monkeypatch.setattr(working, "claim", refuse_at_first)
    made = Pool(configuration.settings(), all_tasks(work), [PoolLane((Queue.REPORT,), 1)], looks=False)
    made.start()
    try:
        asked = ask(ours.ADDS, folder)
        while asking.job(SYSTEM, asked).state != "done":  # it is told of again, as by the clock
            telling = threading.Thread(target=made.do, args=[asked])
            telling.start()
            telling.join(LONG_S)
            assert not telling.is_alive()
        assert refused[asked] == 3
    finally:
        made.end()
        made.join()


def test_a_worker_is_known_to_have_ended_by_the_machine_that_it_ran_on() -> None:
    *host, pid, place, began = identity.own().split()
    assert int(pid) == os.getpid()
    assert not identity.has_ended(identity.own())
    assert identity.has_ended(" ".join([*host, "4194305", place, "1"]))
    assert identity.has_ended(" ".join([*host, pid, place, f"{began}0"])), "another process has its number now"
    assert not identity.has_ended(" ".join([*host, "4194305", "elsewhere", "1"])), "another machine: nobody knows"
    assert not identity.has_ended("")


def test_work_that_an_earlier_or_later_version_knows_waits_for_it(
    running: Pool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Kind("of_tomorrow", Queue.REPORT, Folder)
    monkeypatch.setitem(kinds.KINDS, later.name, later)
    waits = ask(later, folder)
    assert ended(ask(ours.ADDS, folder)).state == "done"
    assert job(waits).state == "queued"
    assert [each.queue for each in figures.queues(SYSTEM)] == ["report"]
