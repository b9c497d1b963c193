"""The supervisor outlives a disk that has no room for its logs, and writes them again when there is."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import PROJECT
from tests.conftest import eventually
from tests.disk import Disk, small_disk

pytestmark = pytest.mark.disk
CHATTY = "import itertools, time\nfor n in itertools.count(): print(n, 'x' * 1000, flush=True); time.sleep(0.002)"
LOG_BYTES = 200_000
PATIENT_S = 300.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 20) as made:
        yield made


@pytest.fixture
def supervisor(disk: Disk, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """One whose program talks without end, with everything that it writes on the small disk."""
    (tmp_path / "chatty.py").write_text(CHATTY)
    config = tmp_path / "supervisord.conf"
    config.write_text(
        f"[supervisord]\nnodaemon = true\nsilent = true\nlogfile = {disk.folder}/supervisord.log\n"
        f"logfile_maxbytes = {LOG_BYTES}\nlogfile_backups = 1\npidfile = {disk.folder}/pid\n"
        f"[program:chatty]\nprocess_name = chatty\ncommand = {sys.executable} {tmp_path}/chatty.py\nredirect_stderr = true\n"
        f"stdout_logfile = {disk.folder}/chatty.log\nstdout_logfile_maxbytes = {LOG_BYTES}\nstdout_logfile_backups = 2\n"
    )
    with (disk.folder / "supervisord.err").open("wb") as words:
        made = subprocess.Popen(
            [sys.executable, "-m", "cli.supervise", "-c", str(config)],
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT)},
            stderr=words,
        )
    yield made
    made.terminate()
    made.wait(PATIENT_S)


def test_it_goes_on_through_a_full_disk_and_logs_again_afterwards(disk: Disk, supervisor: subprocess.Popen[bytes]) -> None:
    log = disk.folder / "chatty.log"
    rotated = disk.folder / "chatty.log.2"
    eventually(rotated.exists, within_s=PATIENT_S)

    def last() -> int:
        lines = log.read_text(errors="replace").splitlines() if log.exists() else []
        numbers = [line.split(" ", 1)[0] for line in lines if len(line) > 1000]
        return int(numbers[-1]) if numbers and numbers[-1].isdecimal() else 0

    for _ in range(3):
        said = last()
        disk.fill()
        seen: list[int] = []
        # Long enough for each of its files to have come to its end, and been asked to begin anew.
        eventually(lambda seen=seen: seen.append(last()) or len(seen) > 300, within_s=PATIENT_S)
        assert supervisor.poll() is None
        disk.free()
        eventually(lambda said=said: last() > said + 200, within_s=PATIENT_S)
    assert supervisor.poll() is None
