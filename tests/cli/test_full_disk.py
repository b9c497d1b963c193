"""A disk that is suddenly full ends nothing, loses nothing, and heals by itself once somebody has made room."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli import leash
from cli.home import absolute_settings, make_folders
from faults.posting import AS_THEY_SHOULD, Kept, Poster
from store.series import connection, health
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.disk import Disk, small_disk
from tests.running import CHILDREN, Terminal
from worker.room import RESERVE_BYTES

pytestmark = [pytest.mark.timeout(900), pytest.mark.disk]
PATIENT_S = 300.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 700) as made:
        yield made


@pytest.fixture
def terminal(disk: Disk, questdb_jar: Path) -> Iterator[Terminal]:
    made = Terminal(disk.folder, questdb_jar, LOADSTAR_LEAST_FREE_MB="100")
    yield made
    connection.close()
    made.tidy()


def test_everything_goes_on_devices_are_told_507_and_all_heals_when_there_is_room(terminal: Terminal, disk: Disk) -> None:
    terminal.start()
    product = Product(terminal)
    poster = Poster([product.devices], product.key(), product.meter("Home"), malformed=0.3)
    try:
        eventually(lambda: len(poster.acknowledged) > 500, within_s=PATIENT_S)
        eventually(lambda: (terminal.home / "reserve").exists(), within_s=PATIENT_S)
        before = {name: terminal.pid(name) for name in ("up", "supervisord", *CHILDREN)}

        disk.fill()
        eventually(lambda: poster.answers[507] > 20, within_s=PATIENT_S)
        eventually(lambda: not (terminal.home / "reserve").exists(), within_s=PATIENT_S)
        assert before == {name: terminal.pid(name) for name in before}, "nothing has ended"
        said = terminal.type("doctor")
        assert said.returncode == 1
        assert "readings" in said.stdout
        assert "nearly full" in said.stdout

        # What is killed meanwhile comes back and goes on refusing.
        disk.fill()
        unreached = poster.unreached
        killed = terminal.pid("devices")
        assert killed
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: terminal.pid("devices") not in (None, killed), within_s=PATIENT_S)
        refused = poster.answers[507]
        eventually(lambda: poster.answers[507] > refused + 20, within_s=PATIENT_S)
        assert poster.unreached > unreached, "it was away for a moment"

        disk.free()
        taken = len(poster.acknowledged)
        eventually(lambda: len(poster.acknowledged) > taken + 500, within_s=PATIENT_S)
        eventually(lambda: not any(table.suspended for table in health.tables()), within_s=PATIENT_S)
        eventually(lambda: (terminal.home / "reserve").exists(), within_s=PATIENT_S)
        assert (terminal.home / "reserve").stat().st_size == RESERVE_BYTES
    finally:
        poster.end()
    assert set(poster.answers) <= AS_THEY_SHOULD
    eventually(lambda: poster.stored() == Kept(len(poster.acknowledged), 0, 0, 0), within_s=PATIENT_S)
    eventually(lambda: all(table.lag == 0 for table in health.tables()), within_s=PATIENT_S)
    assert {name: pid for name, pid in before.items() if name != "devices"} == {
        name: terminal.pid(name) for name in before if name != "devices"
    }
    assert leash.alive(terminal.run, "up")
    said = terminal.type("doctor")
    assert "takes readings" in said.stdout
    assert terminal.type("down").stdout == "Loadstar is down.\n"


def test_up_on_a_disk_that_is_full_says_so_in_a_line(terminal: Terminal, disk: Disk) -> None:
    make_folders(absolute_settings(home=terminal.home))
    disk.fill()
    said = terminal.type("up", "--no-demo")
    assert said.returncode == 1
    assert said.stderr == f"Error: the disk of the state folder {terminal.home} is full: make room, then start again\n"
    assert terminal.all_ended()
