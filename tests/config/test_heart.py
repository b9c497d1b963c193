"""Whoever gives no sign of life any more is ended; who does, and who may still be starting, is left alone."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import heart
from config.settings import PROJECT
from tests.conftest import PATIENT_S, eventually

PROGRAM = """
import sys, time
from pathlib import Path
from config.heart import Heart
Heart(Path(sys.argv[1])).keep()
time.sleep(600)
"""


@pytest.fixture
def living(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that gives signs of life."""
    made = subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)], env=os.environ | {"PYTHONPATH": str(PROJECT)})
    eventually((tmp_path / f"{made.pid}.beat").exists)
    yield made
    made.kill()
    made.wait()


def test_one_that_is_stopped_is_ended_and_one_that_lives_is_not(
    living: subprocess.Popen[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born = {living.pid: time.monotonic() - 600}
    began = time.monotonic()
    eventually(lambda: not heart.end_hung(tmp_path, born, time.monotonic()) and time.monotonic() > began + 2)
    living.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(heart, "HUNG_S", 3.0)
    eventually(lambda: heart.end_hung(tmp_path, born, time.monotonic()))
    assert not heart.end_hung(tmp_path, born, time.monotonic() + heart.BIRTH_S), "it is told of once, taken away or not"
    assert living.wait(PATIENT_S) == -signal.SIGKILL
    assert not list(tmp_path.iterdir())


def test_what_another_of_the_same_number_left_behind_is_no_sign(tmp_path: Path) -> None:
    (tmp_path / "1234.beat").touch()
    for left_ns in (0, 5 * 10**9, time.time_ns()):  # of before it was born, and of a file that was just made
        os.utime(tmp_path / "1234.beat", ns=(left_ns, left_ns))
        assert heart.silence_s(tmp_path, 1234, 10.0, 10.0 + heart.BIRTH_S - 1) < 0, "it may still be starting"
        assert heart.silence_s(tmp_path, 1234, 10.0, 10.0 + heart.BIRTH_S + heart.HUNG_S + 1) > heart.HUNG_S


def test_a_watcher_that_was_stopped_itself_judges_nobody_by_what_it_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([100.0, 101.0, 120.0, 121.0])
    monkeypatch.setattr(heart.time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(heart.time, "sleep", lambda _s: None)
    watcher = heart.Watcher()
    assert [watcher.looks() for _ in range(3)] == [101.0, None, 121.0]


def test_workers_that_give_no_sign_any_more_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert heart.worker_silence_s(tmp_path) == float("inf")
    sign = heart.Heart(tmp_path / heart.WORKERS)
    sign.beat()
    assert heart.worker_silence_s(tmp_path) < heart.HUNG_S
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    assert heart.worker_silence_s(tmp_path) > heart.HUNG_S
    monkeypatch.undo()
    sign.stop()
    assert heart.worker_silence_s(tmp_path) == float("inf")
