"""The backup script of the guide, run while devices post: it ends well, holds nothing back, and what it copied is whole."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import settings as configuration
from config.settings import PROJECT
from faults.posting import Poster
from store.records.transaction import engine
from store.series import connection
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.running import Terminal

pytestmark = pytest.mark.timeout(900)
PATIENT_S = 120.0
SCRIPT = PROJECT / "docs/hot-backup.sh"


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, questdb_jar)
    yield made
    connection.close()
    made.tidy()


def _held() -> bool:
    return bool(connection.query("SELECT in_progress FROM checkpoint_status()")[0][0])


def test_a_backup_under_load_is_whole_and_restores_with_nothing_but_up(
    terminal: Terminal, tmp_path: Path, questdb_jar: Path
) -> None:
    terminal.start()
    product = Product(terminal)
    poster = Poster([product.devices], product.key(), product.meter("Home"))
    try:
        eventually(lambda: len(poster.acknowledged) > 500, within_s=PATIENT_S)
        before = dict(poster.acknowledged)
        made = subprocess.run(
            [SCRIPT, terminal.home, tmp_path / "copy"], capture_output=True, text=True, check=False, timeout=300
        )
        assert (made.returncode, made.stderr) == (0, "")
        assert not _held()

        # Ended in the middle, and with a folder that is not there: released all the same.
        ended = subprocess.Popen([SCRIPT, terminal.home, tmp_path / "ended"], stderr=subprocess.DEVNULL)
        eventually(_held, within_s=PATIENT_S)
        ended.send_signal(signal.SIGTERM)
        assert ended.wait(120) != 0
        assert not _held()
        assert subprocess.run([SCRIPT, terminal.home, tmp_path / "copy"], capture_output=True, check=False).returncode != 0
        assert not _held()
    finally:
        poster.end()
    assert set(poster.answers) == {200}, "nobody noticed"
    assert terminal.type("down").returncode == 0
    assert terminal.up
    assert terminal.up.wait(10) == 0
    connection.close()

    (place := tmp_path / "elsewhere").mkdir()
    restored = Terminal(place, questdb_jar)
    shutil.copytree(tmp_path / "copy", restored.home)
    try:
        restored.start()
        made_of_it = configuration.load(home=restored.home, demo=False)
        configuration.use(made_of_it)
        engine.configure(made_of_it.records_url)
        kept = dict(connection.query("SELECT ts, value FROM telemetry"))
        assert {at: kept.get(at) for at in before} == before
        assert not (restored.home / "questdb/_restore").exists()
        assert restored.type("user", "create", "root@example.org").returncode != 0, "the people are there too"
    finally:
        connection.close()
        restored.tidy()
