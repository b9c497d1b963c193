"""The bench tells its own work from that of others on the machine."""

import subprocess
import sys

import psutil
import pytest

from bench import machine
from bench.machine import Machine, own_s
from bench.product import Product
from tests.conftest import eventually

WORK_S = 0.5
WORK = f"import time\nwhile time.process_time() < {WORK_S}: pass"


def test_what_the_bench_started_is_its_own_once_it_has_ended_and_no_sooner() -> None:
    before = own_s()
    with subprocess.Popen([sys.executable, "-c", f"{WORK}\nprint(flush=True)\ninput()"], stdin=-1, stdout=-1) as worker:
        assert worker.stdout
        worker.stdout.readline()
        assert own_s() - before < WORK_S
        worker.communicate(b"\n")
    assert own_s() - before >= WORK_S


def test_others_are_what_the_processors_did_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = {"now": 0.0, "busy": 100.0, "own": 10.0}
    monkeypatch.setattr(machine.time, "monotonic", lambda: clock["now"])
    monkeypatch.setattr(machine, "_busy_s", lambda: clock["busy"])
    monkeypatch.setattr(machine, "own_s", lambda: clock["own"])
    monkeypatch.setattr(machine.psutil, "cpu_count", lambda: 2)
    watched = Machine()
    clock |= {"now": 10.0, "busy": 115.0, "own": 20.0}
    assert watched.others() == 0.25  # 5 of 20 seconds of two processors


def test_of_a_loadstar_a_process_that_has_ended_and_was_not_waited_for_serves_nobody() -> None:
    ends = "import subprocess, sys; kept = subprocess.Popen(['true']); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", ends], stdin=subprocess.PIPE) as parent:
        eventually(lambda: [each.status() for each in psutil.Process(parent.pid).children()] == [psutil.STATUS_ZOMBIE])
        product = Product.__new__(Product)
        product._process = parent
        assert product.serving_devices() == []
