"""A clock that is set is noticed, waited out, and believed only when it lasts."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from config.clock import SECOND, STEP_US, WAIT_US, Clock
from config.settings import PROJECT

DAY = 86_400 * SECOND
START = 1_750_000_000 * SECOND


class Machine:
    """A machine whose clock can be set; its steady clock goes on."""

    def __init__(self, file: Path) -> None:
        self.file, self.boot, self.steady, self.ahead = file, "one", 1000 * SECOND, 0

    def clock(self) -> Clock:
        return Clock(self.file, self.boot, lambda: self.steady, lambda: START + self.steady + self.ahead)

    def true_us(self) -> int:
        return START + self.steady

    def pass_(self, us: int) -> None:
        self.steady += us


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "clock.json")


@pytest.mark.parametrize("by", [DAY, -DAY, 100 * DAY, -20_000 * DAY, STEP_US + SECOND, -STEP_US - SECOND])
def test_time_goes_on_as_before_while_the_clock_is_set_for_a_while(machine: Machine, by: int) -> None:
    clock = machine.clock()
    clock.now_us()
    machine.ahead = by
    for _ in range(9):
        machine.pass_(50 * SECOND)
        assert clock.now_us() == machine.true_us()
        step = clock.step()
        assert step
        assert step.by == timedelta(microseconds=by)
        assert machine.clock().now_us() == machine.true_us(), "a process that starts meanwhile knows it too"
    machine.ahead = 0
    assert clock.now_us() == machine.true_us()
    assert clock.step() is None


@pytest.mark.parametrize("by", [DAY, -DAY, -20_000 * DAY])
def test_what_lasts_is_believed_by_all_processes_at_once(machine: Machine, by: int) -> None:
    clock, other = machine.clock(), machine.clock()
    assert clock.now_us() == other.now_us()
    machine.ahead = by
    assert clock.now_us() == machine.true_us()
    machine.pass_(WAIT_US // 2)
    assert other.now_us() == machine.true_us(), "it notices later"
    machine.pass_(WAIT_US // 2)
    assert clock.now_us() == machine.true_us() + by
    machine.pass_(SECOND)
    assert other.now_us() == machine.true_us() + by
    assert clock.step() is other.step() is machine.clock().step() is None


def test_a_clock_that_goes_on_being_set_is_not_believed(machine: Machine) -> None:
    clock = machine.clock()
    clock.now_us()
    for day in range(1, 40):
        machine.ahead = day * DAY
        machine.pass_(WAIT_US // 2)
        assert clock.now_us() == machine.true_us()


@pytest.mark.parametrize("by", [STEP_US - SECOND, -STEP_US + SECOND, 1, -1])
def test_a_clock_that_is_put_right_a_little_is_followed(machine: Machine, by: int) -> None:
    clock = machine.clock()
    clock.now_us()
    machine.ahead = by
    assert clock.now_us() == machine.true_us() + by
    assert clock.step() is None


def test_after_the_machine_was_off_its_clock_is_believed_unless_it_lies_before_what_was_known(machine: Machine) -> None:
    machine.clock().now_us()
    machine.boot, machine.steady, machine.ahead = "two", 5 * SECOND, 14 * DAY
    assert machine.clock().now_us() == machine.true_us() + 14 * DAY
    known = machine.true_us() + 14 * DAY
    machine.boot, machine.steady, machine.ahead = "three", 2 * SECOND, -400 * DAY
    clock = machine.clock()
    assert clock.now_us() == known
    assert clock.step()
    machine.pass_(WAIT_US)
    assert clock.now_us() == machine.true_us() - 400 * DAY


def test_a_container_whose_uptime_begins_anew_on_the_same_host_is_another_start(machine: Machine) -> None:
    machine.clock().now_us()
    machine.steady, machine.ahead = 3 * SECOND, 9 * DAY
    clock = machine.clock()
    assert clock.now_us() == machine.true_us() + 9 * DAY
    assert clock.step() is None


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "7", "[" * 100_000, "{}", '{"boot": "one"}'),
        json.dumps({"boot": "one", "steady_us": "1", "now_us": 1, "claimed_us": 0, "since_us": 0}),
        json.dumps({"boot": "one", "steady_us": 1, "now_us": 10**30, "claimed_us": 0, "since_us": 0}),
        json.dumps({"boot": 1, "steady_us": 1, "now_us": 1, "claimed_us": 0, "since_us": 0}),
    ],
)
def test_a_note_that_cannot_be_understood_is_none(machine: Machine, text: str) -> None:
    machine.file.write_text(text)
    assert machine.clock().now_us() == machine.true_us()


def test_without_a_folder_to_note_it_in_the_time_is_known_all_the_same(tmp_path: Path) -> None:
    machine = Machine(tmp_path / "nowhere/clock.json")
    clock = machine.clock()
    clock.now_us()
    machine.ahead = DAY
    assert clock.now_us() == machine.true_us()


@pytest.mark.faketime
def test_a_process_that_is_started_under_a_wrong_clock_knows_what_the_last_one_knew(tmp_path: Path) -> None:
    """As `faketime` shifts it, which shifts the monotonic clocks too."""
    say = [sys.executable, "-c", "from config import clock; print(clock.now_us(), clock.unsure())"]
    env = os.environ | {"LOADSTAR_HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}

    def said(*before: str) -> tuple[int, str]:
        run = subprocess.run([*before, *say], cwd=PROJECT, env=env, capture_output=True, text=True, check=True, timeout=60)
        now, _, unsure = run.stdout.strip().partition(" ")
        return int(now), unsure

    first, unsure = said()
    assert unsure == "None"
    second, unsure = said("faketime", "+100 days")
    assert first < second < first + 60 * SECOND
    assert unsure.startswith("the machine's clock was set 100 days ahead")
    third, unsure = said()
    assert second < third < first + 120 * SECOND
    assert unsure == "None"
