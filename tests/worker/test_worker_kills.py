"""Workers that are killed at any moment lose no job, and do none twice that must not be done twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr
from sqlalchemy import select

from cli.ports import free_ports
from config import settings as configuration
from config.settings import PROJECT
from ingest import lease
from ingest.lease import Lease
from store.records.jobs import asking, figures, kinds
from store.records.jobs.kinds import TIDYING, Nothing
from store.records.people import users
from store.records.schema import User
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.records import fresh
from tests.worker import kinds as ours
from tests.worker.kinds import Folder
from worker import main, task

JOBS = 6  # of each kind
KILLS = 4  # `./loadstar faults` kills as often as one likes
LONG_S = 200.0


ENGINES = {"embedded": ("embedded", "embedded"), "production": ("consumer", "consumer", "clock", "clock")}
MIXED = [
    pytest.param("sqlite", "embedded"),
    pytest.param("postgresql", "embedded", marks=pytest.mark.postgresql),
    pytest.param("postgresql", "production", marks=[pytest.mark.postgresql, pytest.mark.redis]),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    cluster = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    url = cluster.url(cluster.new_database()) if cluster else None
    made = configuration.load(home=tmp_path, demo=False, secret_key=SecretStr("not secret"), database_url=url)
    configuration.use(made)
    fresh(made.records_url)
    for name, kind in ours.ALL.items():
        monkeypatch.setitem(kinds.KINDS, name, kind)
    yield tmp_path
    engine.configure()


class Workers:
    """The processes of an engine, each started anew when it was killed; in production Redis is one of them."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._folder = folder
        self._log = (folder / "workers.log").open("ab")
        url = configuration.settings().records_url
        named = {"LOADSTAR_HOME": str(folder), "LOADSTAR_DATABASE_URL": url, "LOADSTAR_DEMO": "false"}
        self._argv = [[sys.executable, "-m", "tests.worker.serving", role] for role in ENGINES[engine]]
        if engine == "production":
            with free_ports(1) as (port,):
                self.redis_url = named["LOADSTAR_REDIS_URL"] = f"redis://127.0.0.1:{port}/0"
            # In memory alone: with a Redis that is killed, all of its messages are lost.
            self._argv.append(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)])
        self._env = os.environ | named | {"PYTHONPATH": str(PROJECT)}
        self.processes = [self._start(argv) for argv in reversed(self._argv)][::-1]

    def _start(self, argv: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(argv, cwd=PROJECT, env=self._env, stderr=self._log, stdout=self._log)

    def kill(self, which: int) -> None:
        self.processes[which].kill()
        self.processes[which].wait()
        self.start(which)

    def start(self, which: int) -> None:
        self.processes[which] = self._start(self._argv[which])

    def stop(self) -> None:
        for each in self.processes:
            each.terminate()
            each.wait(60)
        self._log.close()

    def log(self) -> str:
        return (self._folder / "workers.log").read_text()


@pytest.fixture
def workers(folder: Path, request: pytest.FixtureRequest) -> Iterator[Workers]:
    made = Workers(folder, getattr(request, "param", "embedded"))
    yield made
    made.stop()


def states() -> Counter[str]:
    found = asking.jobs(SYSTEM, Wanted(count=100)).rows
    return Counter(f"{each.kind} {each.state}" for each in found)


@pytest.mark.parametrize(("folder", "workers"), MIXED, indirect=True)
def test_kills_at_any_moment_lose_no_job_and_repeat_none_that_must_not_be(workers: Workers, folder: Path) -> None:
    (folder / "go").touch()
    chosen = random.Random(KILLS)
    for number in range(JOBS):
        for kind in (ours.ADDS, ours.SETS_POINT):
            asking.ask(SYSTEM, kind, Folder(str(folder), str(number)))
    for _ in range(KILLS):
        time.sleep(chosen.uniform(0.5, 2.5))  # nothing is waited for: whatever they are at is to be broken off
        assert figures.queues(SYSTEM), "there is work left when each of them is killed"
        workers.kill(chosen.randrange(len(workers.processes)))
    eventually(lambda: figures.queues(SYSTEM) == [], within_s=LONG_S, every_s=0.1)
    found = states()
    assert found["adds done"] == JOBS, found
    assert found["sets_point done"] + found["sets_point failed"] == JOBS, found
    assert set((folder / "began").read_text().split()) == {str(number) for number in range(JOBS)}
    set_points = Counter((folder / "set").read_text().split())
    assert set(set_points.values()) == {1}, "one was done twice"
    assert len(set_points) >= found["sets_point done"]


def test_with_a_worker_that_is_killed_goes_all_that_its_jobs_have_started(workers: Workers, folder: Path) -> None:
    asked = asking.ask(SYSTEM, ours.STRAYS, Folder(str(folder), "one")).id
    eventually(lambda: asking.job(SYSTEM, asked).message, within_s=LONG_S)
    number = int(asking.job(SYSTEM, asked).worker.split()[1])
    started = psutil.Process(number).children(recursive=True)
    assert len(started) >= 2, "the task's process, and what it has started in a session of its own"
    os.kill(number, signal.SIGKILL)
    eventually(lambda: not psutil.wait_procs(started, timeout=0)[1], within_s=LONG_S)


def _stopped_until(number: int, holds: Callable[[], bool]) -> None:
    """Stop a process until something holds; anew where it was stopped in a write of its own, beside which nobody can write."""
    for _ in range(4):
        os.kill(number, signal.SIGSTOP)
        with suppress(AssertionError):
            eventually(holds, within_s=LONG_S / 4)
            return
        os.kill(number, signal.SIGCONT)
    raise AssertionError("the others did not notice")


def test_a_worker_that_is_stopped_loses_its_job_to_another_and_what_it_says_later_is_not_heard(
    workers: Workers, folder: Path
) -> None:
    asked = asking.ask(SYSTEM, ours.SETS_POINT, Folder(str(folder), "one")).id
    eventually((folder / "set").exists, within_s=LONG_S)
    number = int(asking.job(SYSTEM, asked).worker.split()[1])
    try:
        _stopped_until(number, lambda: asking.job(SYSTEM, asked).state == "failed")
        assert asking.job(SYSTEM, asked).problem == "interrupted"
        (folder / "go").touch()
    finally:
        os.kill(number, signal.SIGCONT)
    eventually(lambda: not psutil.Process(number).children(recursive=True), within_s=LONG_S)
    assert asking.job(SYSTEM, asked).problem == "interrupted"
    assert (folder / "set").read_text() == "one\n"


def test_of_two_workers_one_keeps_the_clock_and_the_other_takes_it_when_that_one_has_ended(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = Lease(holder="one"), Lease(holder="other")
    one.turn()
    other.turn()
    assert (one.is_ours, other.is_ours) == (True, False)
    steady = time.monotonic()
    for later, expected in ((5.0, False), (lease.FREE_S - 1, False), (lease.FREE_S + 1, True)):
        monkeypatch.setattr(time, "monotonic", lambda later=later: steady + later)
        other.turn()
        assert other.is_ours is expected
        assert not (one.is_ours and other.is_ours)
    one.turn()
    assert (one.is_ours, other.is_ours) == (False, True)
    other.let_go()
    one.turn()
    assert (one.is_ours, other.is_ours) == (True, False)


def test_tidying_is_asked_for_once_a_day_and_forgets_accounts_that_nobody_confirmed(folder: Path) -> None:
    tasks = task.all_tasks()
    main.ask_for_due(tasks)
    main.ask_for_due(tasks)
    assert states()["tidying queued"] == 1
    made = {
        who: users.create_user(SYSTEM, email=f"{who}@example.org", name=who, password=None).id for who in ("old", "new", "known")
    }
    with engine.session() as records:
        for who, days in (("old", 40), ("new", 20), ("known", 40)):
            person = records.get(User, made[who])
            person.created_at = now() - timedelta(days=days)
            person.approval, person.email_verified_at = ("approved", now()) if who == "known" else ("pending", None)
    assert tasks[TIDYING.name].run(SYSTEM, Nothing(), lambda *_: None)["accounts"] == 1
    with engine.reading() as records:
        assert set(records.scalars(select(User.id))) == {made["new"], made["known"]}
