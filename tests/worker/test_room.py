"""A reserve is given up when the disk is full and laid in again when it is not, on a disk that is really full."""

import logging
import os
from pathlib import Path

import pytest

from config.settings import Settings
from store import disks
from tests.disk import small_disk
from worker.room import RESERVE_BYTES, Watch, keep_reserve

MB = 2**20


@pytest.mark.disk
def test_the_reserve_is_room_when_there_is_none_and_is_laid_in_again(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 400) as disk:
        settings = Settings(home=disk.folder, least_free_mb=16)
        reserve = disk.folder / "reserve"
        keep_reserve(settings)
        assert reserve.stat().st_size == RESERVE_BYTES
        assert reserve.stat().st_blocks * 512 >= RESERVE_BYTES, "it really takes up room"
        keep_reserve(settings)
        assert reserve.exists()

        disk.fill()
        with pytest.raises(OSError, match="No space"), (disk.folder / "more").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, MB)
        keep_reserve(settings)
        assert not reserve.exists()
        (disk.folder / "more").write_bytes(b"x" * MB)

        keep_reserve(settings)
        assert not reserve.exists(), "there is no room for it yet"
        disk.free()
        keep_reserve(settings)
        assert reserve.exists()


def test_a_disk_that_gets_full_is_told_of_once_and_once_more_when_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = "postgresql+psycopg://db.example.org/loadstar"
    watch = Watch(Settings(home=tmp_path, least_free_mb=16, database_url=server, records_volume=tmp_path))
    caplog.set_level(logging.WARNING)
    for share in (0.0, 2.0, 2.0, 0.0, 0.0):
        monkeypatch.setattr(disks, "LEAST_FREE_SHARE", share)
        watch.look()
    told = [record.message for record in caplog.records]
    assert [words.partition(":")[0] for words in told] == [
        "the disk of the state folder is nearly full",
        "the disk of the records is nearly full",
        "the disk of the state folder has room again",
        "the disk of the records has room again",
    ]
