"""The worker's jobs run at their times whatever the machine's clock says, and wait for a store that is away or full."""

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from config.settings import PROJECT, Settings
from store.errors import StoreAway
from tests.conftest import PATIENT_S, eventually
from worker import main
from worker.schedule import Duty, Lane


def test_a_store_that_is_away_is_said_once_and_its_return_once(caplog: pytest.LogCaptureFixture) -> None:
    away = [True, True, True, False, False]

    def work() -> None:
        if away.pop(0):
            raise StoreAway("no answer")

    job = Duty("the rollup", 20, work)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            job()
    assert [record.message for record in caplog.records] == [
        "the rollup waits for the store: no answer",
        "the rollup goes on: the store takes it again",
    ]


def test_a_job_that_fails_is_told_whole_and_does_not_end_the_clock(caplog: pytest.LogCaptureFixture) -> None:
    def work() -> None:
        raise ZeroDivisionError("a mistake")

    Duty("the rollup", 20, work)()
    assert "a mistake" in caplog.text
    assert "tried again" in caplog.text


@pytest.fixture
def started() -> Iterator[list[Lane]]:
    """Lanes that were started; ended with the test."""
    made: list[Lane] = []
    yield made
    for lane in made:
        lane.end()
        lane.join()


def start(started: list[Lane], *jobs: Duty) -> Lane:
    lane = Lane("a lane", jobs)
    started.append(lane)
    lane.start()
    return lane


def test_a_clock_that_is_set_neither_delays_a_job_nor_runs_it_twice(started: list[Lane], monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    start(started, Duty("often", 0.05, lambda: ran.append(time.monotonic())), Duty("seldom", 3600, lambda: ran.append(0.0)))
    eventually(lambda: len(ran) > 3)
    now = time.time()
    for days in (-100, 100):
        monkeypatch.setattr(time, "time", lambda days=days: now + days * 86_400)
        before = len(ran)
        eventually(lambda before=before: len(ran) > before + 3)
    assert ran.count(0.0) == 1
    turns = [moment for moment in ran if moment]
    assert min(later - earlier for earlier, later in pairwise(turns)) > 0.04


def test_jobs_of_a_lane_never_run_at_once_and_a_slow_one_does_not_starve_the_others(started: list[Lane]) -> None:
    running, ran = threading.Lock(), set()

    def work(name: str, lasts_s: float) -> None:
        assert running.acquire(blocking=False)
        threading.Event().wait(lasts_s)
        ran.add(name)
        running.release()

    slow = Duty("slow", 0.01, lambda: work("slow", 0.05))
    start(started, slow, *(Duty(name, 0.1, partial(work, name, 0.0)) for name in ("one", "two", "three")))
    eventually(lambda: ran == {"slow", "one", "two", "three"})


def test_an_end_lets_the_job_that_is_under_way_finish(started: list[Lane]) -> None:
    began, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        began.set()
        go_on.wait(PATIENT_S)
        finished.set()

    lane = start(started, Duty("long", 60, work))
    assert began.wait(PATIENT_S)
    lane.end()
    go_on.set()
    lane.join()
    assert finished.is_set()


def test_nothing_of_ours_is_written_while_the_store_takes_nothing(
    questdb_tables: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    wrote = []
    full = questdb_tables.model_copy(update={"least_free_mb": 2**40})
    job = Duty("the rollup", 20, lambda: main.with_room(full, lambda: wrote.append(1)))
    job()
    job()
    assert not wrote
    assert [record.message for record in caplog.records if "nearly full" in record.message] == [caplog.records[0].message]
    main.with_room(questdb_tables, lambda: wrote.append(1))
    assert wrote


def test_a_job_that_never_ends_is_known_to_hang_and_ends_the_worker_with_where_it_stood(tmp_path: Path) -> None:
    program = """
import threading
from config import settings as configuration
from worker import main, schedule
schedule.LONGEST_S = 1
main.lanes = lambda *_: [schedule.Lane("a lane", [schedule.Duty("the mail", 5, threading.Event().wait)])]
main.main()
"""
    env = os.environ | {"LOADSTAR_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    ended = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, env=env, stderr=subprocess.PIPE, text=True, timeout=300)
    assert ended.returncode == 1
    assert "the mail has not ended" in ended.stderr
    assert "threading.py" in ended.stderr, "where it stands"
