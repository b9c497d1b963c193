"""Each disk that a database writes to is looked at where it can be seen, and told of before it is full."""

from pathlib import Path

import pytest

from config.settings import Settings
from store import disks

POSTGRESQL = "postgresql+psycopg://loadstar@db.example.org/loadstar"


def of(settings: Settings) -> tuple[list[str], list[str]]:
    return [disk.of for disk in disks.seen(settings)], list(disks.unseen(settings))


def test_on_one_machine_all_is_on_the_disk_of_the_state_folder(tmp_path: Path) -> None:
    assert of(Settings(home=tmp_path)) == (["state"], [])
    (tmp_path / "records").mkdir()
    assert of(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path}/records/here.sqlite3")) == (["state"], [])


def test_a_servers_disk_is_seen_where_it_is_mounted_and_else_said_not_to_be(tmp_path: Path) -> None:
    servers = Settings(home=tmp_path, database_url=POSTGRESQL, questdb_external=True)
    assert of(servers) == (["state"], ["records", "series"])
    mounted = servers.model_copy(update={"records_volume": tmp_path, "questdb_volume": tmp_path / "gone"})
    assert of(mounted) == (["state", "records"], ["series"])


def test_a_disk_that_gets_full_is_named_with_what_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path, database_url=POSTGRESQL, records_volume=tmp_path, least_free_mb=16)
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 0.0)
    assert [disk.nearly_full for disk in disks.seen(settings)] == [None, None]
    monkeypatch.setattr(disks, "LEAST_FREE_SHARE", 2.0)
    state, records = (str(disk.nearly_full) for disk in disks.seen(settings))
    assert state.startswith("the disk of the state folder is nearly full: ")
    assert records.startswith("the disk of the records is nearly full: ")
    assert records.endswith(" GiB are free")


def test_an_address_of_records_that_is_none_is_left_to_who_connects_to_it(tmp_path: Path) -> None:
    assert of(Settings(home=tmp_path, database_url="nonsense")) == (["state"], ["records"])
