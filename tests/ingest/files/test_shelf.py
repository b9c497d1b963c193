"""Files that are sent and imported stand in the state folder while they are needed, and only while the disk has room."""

from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from config import clock
from config.settings import Settings
from ingest.files import shelf
from store.errors import NotFound, Refused, StoreFull
from store.records.access.policy import scope_of
from store.records.people import users
from store.records.plant import imports, uploads
from store.records.schema.listing import Wanted
from store.scope import NOBODY, SYSTEM, Scope
from tests.ingest.files.reading import asked, table, written
from tests.ingest.world import World


@pytest.fixture
def ann(device_settings: Settings, world: World) -> Scope:
    made = users.create_user(
        SYSTEM, email=f"ann{clock.now_us()}@example.org", name="Ann", password="a long first password 7", platform_admin=True
    )
    return scope_of(made.id)


class _Disk(NamedTuple):
    total: int
    used: int
    free: int


def test_what_is_over_is_removed_and_what_goes_on_stays(
    device_settings: Settings, world: World, ann: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going_on, over = (shelf.begin_upload(ann, device_settings, name, 5) for name in ("a.csv", "b.csv"))
    shelf.add_piece(ann, device_settings, going_on.id, 0, iter([b"abc"]))
    ends = ["2001-01-01T00:15:00Z", "2001-01-01T00:30:00Z"]
    record = asked(
        device_settings, world.site_id, written(tmp_path, table([["meter", "time", "kWh"], *[["pv", each, 1] for each in ends]]))
    )
    assert imports.cancel(SYSTEM, record.id).state == "cancelled" and imports.seen(SYSTEM, record.id).can_restart
    uploads.forget_upload(ann, over.id)
    assert shelf.forget_old(device_settings) == 1
    assert shelf.offset(ann, device_settings, going_on.id)[0] == 3
    assert shelf.file_of(device_settings, record.id).exists()
    later = clock.now() + timedelta(days=device_settings.import_file_days, minutes=1)
    monkeypatch.setattr(shelf.clock, "now", lambda: later)
    assert shelf.forget_old(device_settings) >= 2
    monkeypatch.undo()
    assert not shelf.file_of(device_settings, record.id).exists()
    with pytest.raises(NotFound):
        shelf.offset(ann, device_settings, going_on.id)
    with pytest.raises(Refused, match="upload it again"):
        imports.restart(SYSTEM, record.id)


def test_only_so_many_uploads_of_a_person_are_under_way_and_none_of_nobody(device_settings: Settings, ann: Scope) -> None:
    for _ in range(uploads.MOST_EACH):
        shelf.begin_upload(ann, device_settings, "a.csv", 5)
    with pytest.raises(Refused, match="under way"):
        shelf.begin_upload(ann, device_settings, "a.csv", 5)
    with pytest.raises(NotFound):
        shelf.begin_upload(NOBODY, device_settings, "a.csv", 5)


@pytest.mark.parametrize(("size", "why"), [(0, "is empty"), (-1, "is empty"), (2**40, "1048576 MB: up to 1024 MB may be")])
def test_a_file_that_is_empty_or_too_large_is_refused(device_settings: Settings, ann: Scope, size: int, why: str) -> None:
    with pytest.raises(Refused, match=why):
        shelf.begin_upload(ann, device_settings, "a.csv", size)


def test_a_file_is_taken_only_while_the_disk_has_room_for_it(
    device_settings: Settings, world: World, ann: Scope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = shelf.begin_upload(ann, device_settings, "a.csv", 5)
    path = written(
        tmp_path, table([["meter", "time", "kWh"], ["pv", "2001-02-01T00:15:00Z", 1], ["pv", "2001-02-01T00:30:00Z", 1]])
    )
    before = imports.imports_page(SYSTEM, world.site_id, Wanted()).total

    def nearly_full(_path: Any) -> _Disk:
        return _Disk(2**40, 2**40 - 2**20, 2**20)

    monkeypatch.setattr(shelf.shutil, "disk_usage", nearly_full)
    with pytest.raises(StoreFull, match="no room"):
        shelf.begin_upload(ann, device_settings, "b.csv", 5)
    with pytest.raises(StoreFull, match="no room"):
        shelf.add_piece(ann, device_settings, upload.id, 0, iter([b"abc"]))
    with pytest.raises(StoreFull, match="no room"):
        asked(device_settings, world.site_id, path)
    assert imports.imports_page(SYSTEM, world.site_id, Wanted()).total == before
