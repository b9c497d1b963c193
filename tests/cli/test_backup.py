"""A backup taken while devices post has all that they were acknowledged, and is restored by one command."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cli.backup.archive import Reader
from config.settings import PROJECT
from faults.posting import Poster
from store.series import connection
from tests.conftest import eventually
from tests.dashboard.journeys import Product
from tests.running import Terminal

pytestmark = pytest.mark.timeout(900)
PATIENT_S = 300.0
WORDS = "correct horse battery staple"


@pytest.fixture
def terminal(tmp_path: Path, questdb_jar: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path, questdb_jar)
    yield made
    connection.close()
    made.tidy()


def samples(backup: Path) -> dict[object, float]:
    """What it has of `telemetry`, read by somebody else's library."""
    found: dict[object, float] = {}
    with backup.open("rb") as file:
        for name, part in Reader(file, WORDS).parts():
            if name.startswith("series/telemetry/"):
                rows = pq.read_table(part).to_pydict()
                found |= dict(zip(rows["ts"], rows["value"], strict=True))
    return found


def test_a_backup_taken_while_devices_post_has_all_that_was_acknowledged_and_is_restored_where_nothing_is(
    terminal: Terminal, tmp_path: Path, questdb_jar: Path
) -> None:
    terminal.start()
    product = Product(terminal)
    home = product.meter("Home")
    poster = Poster([product.devices], product.key(), home, pause_s=0.1)  # a key is looked for at once, a meter each second
    made, passphrase = tmp_path / "loadstar.backup", tmp_path / "passphrase"
    passphrase.write_text(f"{WORDS}\n")
    try:
        eventually(lambda: len(poster.acknowledged) > 500, within_s=PATIENT_S)
        before = dict(poster.acknowledged)
        ran = terminal.type("backup", str(made), "--passphrase-file", str(passphrase))
        assert ran.returncode == 0, ran.stderr
        argv = [sys.executable, "-m", "cli", "backup", tmp_path / "ended"]
        ended = subprocess.Popen(argv, cwd=PROJECT, env=terminal.env, stderr=subprocess.PIPE, text=True)
        eventually(lambda: (tmp_path / ".ended.unfinished").exists() or ended.poll() is not None, within_s=PATIENT_S)
        ended.send_signal(signal.SIGTERM)
        assert ended.communicate(timeout=300)[1].splitlines()[-1:] == ["Error: Stopped before the end."]
        assert not list(tmp_path.glob("*ended*")), "nothing is left of it"
    finally:
        poster.end()
    assert set(poster.answers) == {200}, "nobody noticed"
    assert made.stat().st_mode & 0o077 == 0
    kept = samples(made)
    assert {at: kept.get(at) for at in before} == before
    assert terminal.type("down").returncode == 0

    (place := tmp_path / "elsewhere").mkdir()
    restored = Terminal(place, questdb_jar)
    restored.home.mkdir()
    (restored.home / "restoring").touch()  # as one that was killed leaves it
    assert "was begun and not finished" in restored.type("up").stderr
    ran = restored.type("restore", str(made), "--passphrase-file", str(passphrase))
    assert (ran.returncode, ran.stderr.startswith("Restored: ")) == (0, True), ran.stderr
    assert restored.all_ended()
    assert not (restored.home / "restoring").exists()
    assert (restored.home / "generated.toml").read_bytes()[:20] == (terminal.home / "generated.toml").read_bytes()[:20]
    with sqlite3.connect(restored.home / "records.sqlite3") as records:
        assert records.execute("SELECT email FROM users ORDER BY email").fetchall() == [
            ("admin@example.org",),
            ("root@example.org",),
        ]
    again = restored.type("restore", str(made), "--passphrase-file", str(passphrase))
    assert "there is something already" in again.stderr
