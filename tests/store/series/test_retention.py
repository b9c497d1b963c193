"""What is old is dropped, and no clock that was set can make anything old."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from questdb import Sender

from config import clock
from config.clock import SECOND, WAIT_US
from config.settings import Settings
from store.errors import Refused
from store.scope import NOBODY, SYSTEM
from store.series import bulk, checkpoint, retention, rollup, tables
from store.series.checkpoint import Checkpoint
from store.series.connection import execute, query
from tests.conftest import PATIENT_S, eventually

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 5  # that samples are kept


class Machine:
    """One that has known the time for a while; its clock can be set, and it can be off."""

    def __init__(self) -> None:
        self.steady_s, self.ahead, self.off, self.boot = 1000.0, timedelta(0), timedelta(0), "one"
        self.began = NOON - timedelta(seconds=self.steady_s)
        self.start()

    def start(self) -> None:
        retention._last_run.clear()
        clock.use(clock.Clock(None, self.boot, lambda: round(self.steady_s * SECOND), lambda: _us(self.true() + self.ahead)))

    def true(self) -> datetime:
        return self.began + self.off + timedelta(seconds=self.steady_s)

    def runs(self, for_: timedelta) -> None:
        self.steady_s += for_.total_seconds()

    def is_off(self, for_: timedelta) -> None:
        self.off += for_
        self.boot += "+"
        self.start()


def _us(moment: datetime) -> int:
    return round(moment.timestamp() * 1e6)


def _samples(sender: Sender, moments: list[datetime]) -> None:
    ts = np.array([_us(moment) for moment in moments], np.int64)
    meter, quantity = (np.array([name] * len(moments), object) for name in ("m1", "power_kw"))
    bulk.write(SYSTEM, sender, "telemetry", bulk.telemetry(ts, meter, quantity, np.ones(len(moments)), "test"))
    assert rollup.await_applied(("telemetry",), PATIENT_S)


def _days() -> list[datetime]:
    assert rollup.await_applied(("telemetry", "retention"), PATIENT_S)
    return [moment for (moment,) in query("SELECT ts FROM telemetry ORDER BY ts")]


@pytest.fixture
def machine(questdb_tables: Settings) -> Iterator[Machine]:
    yield Machine()
    clock.use(None)
    retention._last_run.clear()


@pytest.fixture
def sender(questdb_tables: Settings) -> Iterator[Sender]:
    with bulk.writer(questdb_tables) as made:
        yield made


@pytest.fixture
def kept(questdb_tables: Settings, machine: Machine, sender: Sender) -> Settings:
    """Settings that keep five days, samples of each of the last twenty, all of them rolled up."""
    made = questdb_tables.model_copy(update={"telemetry_days": DAYS})
    _samples(sender, [NOON - day * DAY for day in range(20)])
    checkpoint.write(Checkpoint(NOON, NOON))
    assert rollup.await_applied(("rollups",), PATIENT_S)
    return made


def test_what_is_older_than_it_is_kept_is_dropped_by_the_day_and_once(kept: Settings) -> None:
    dropped = retention.drop_old(SYSTEM, kept)
    assert dropped == {"telemetry": (NOON - DAYS * DAY).replace(hour=0)}
    assert _days() == [NOON - day * DAY for day in reversed(range(DAYS + 1))]
    assert retention.drop_old(SYSTEM, kept) == {}


@pytest.mark.parametrize("back_after", [timedelta(seconds=50), timedelta(hours=30)])
def test_a_clock_that_is_100_days_ahead_drops_nothing_whether_for_a_minute_or_a_day(
    kept: Settings, machine: Machine, sender: Sender, back_after: timedelta
) -> None:
    retention.drop_old(SYSTEM, kept)
    before = _days()
    machine.ahead = 100 * DAY
    while back_after > timedelta(0):
        machine.runs(min(back_after, timedelta(hours=1)))
        back_after -= timedelta(hours=1)
        # A reading that was stamped by that clock, as one was that came in before it was noticed.
        _samples(sender, [machine.true() + machine.ahead])
        retention.drop_old(SYSTEM, kept)
    machine.ahead = timedelta(0)
    machine.runs(timedelta(hours=1))
    retention.drop_old(SYSTEM, kept)
    assert len([moment for moment in _days() if moment <= NOON]) >= len(before) - 3  # more than a day of it has lived a day more


def test_a_wrong_clock_that_is_believed_deletes_a_day_a_day_and_never_all(
    kept: Settings, machine: Machine, sender: Sender
) -> None:
    retention.drop_old(SYSTEM, kept)
    machine.ahead = 100 * DAY
    clock.now()
    machine.runs(timedelta(microseconds=WAIT_US))
    assert clock.now() == machine.true() + machine.ahead
    _samples(sender, [machine.true() + machine.ahead])
    retention.drop_old(SYSTEM, kept)
    assert len([moment for moment in _days() if moment <= NOON]) == DAYS + 1
    machine.runs(DAY)
    _samples(sender, [machine.true() + machine.ahead])
    retention.drop_old(SYSTEM, kept)
    assert len([moment for moment in _days() if moment <= NOON]) >= DAYS - 1


def test_a_worker_that_is_started_again_and_again_lives_no_faster(kept: Settings, machine: Machine) -> None:
    retention.drop_old(SYSTEM, kept)
    machine.ahead = 100 * DAY
    clock.now()
    machine.runs(timedelta(microseconds=WAIT_US))
    clock.now()
    for _ in range(30):
        retention._last_run.clear()
        retention.drop_old(SYSTEM, kept)
        assert rollup.await_applied(("retention",), PATIENT_S)
    assert len([moment for moment in _days() if moment <= NOON]) == DAYS + 1


def test_time_that_the_machine_was_off_is_made_up_for(kept: Settings, machine: Machine, sender: Sender) -> None:
    retention.drop_old(SYSTEM, kept)
    machine.is_off(3 * DAY)
    _samples(sender, [machine.true()])
    retention.drop_old(SYSTEM, kept)
    assert _days()[0] == NOON - (DAYS - 3) * DAY


def test_a_site_that_fell_silent_keeps_its_last_days(kept: Settings, machine: Machine) -> None:
    for _ in range(20):
        machine.runs(DAY)
        retention.drop_old(SYSTEM, kept)
        assert rollup.await_applied(("retention",), PATIENT_S)
    assert _days() == [NOON - day * DAY for day in reversed(range(DAYS + 1))]


def test_what_is_not_rolled_up_is_not_dropped(kept: Settings, machine: Machine) -> None:
    execute("TRUNCATE TABLE rollups")
    checkpoint.write(Checkpoint(NOON - 15 * DAY, NOON))
    assert rollup.await_applied(("rollups",), PATIENT_S)
    retention.drop_old(SYSTEM, kept)
    assert _days()[0] == NOON - 15 * DAY


def test_no_table_forgets_by_questdb_s_own_clock_and_one_that_did_no_longer_does(questdb_tables: Settings) -> None:
    asked = "SELECT table_name FROM tables() WHERE ttlValue > 0"
    assert query(asked) == []
    execute("ALTER TABLE telemetry SET TTL 7 DAYS")
    tables.create_tables(questdb_tables)
    eventually(lambda: query(asked) == [])  # what a table is like is told a moment after it was changed


def test_only_loadstar_itself_drops(questdb_tables: Settings) -> None:
    with pytest.raises(Refused):
        retention.drop_old(NOBODY, questdb_tables)
