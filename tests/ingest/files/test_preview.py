"""What a file would give is said before anything is stored, and the import then stores just that."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from config.settings import Settings
from ingest.files import importing
from ingest.files.detect import detect
from ingest.files.preview import preview
from ingest.times import SECOND
from store.errors import NotFound
from store.scope import NOBODY, SYSTEM
from tests.ingest.files.reading import table, written
from tests.ingest.world import World

DAY = [f"13/01/2025 {at // 4:02}:{at % 4 * 15:02}" for at in range(96)]


def _campus(tmp_path: Path) -> Path:
    rows: list[list[object]] = [["Group", "Unit", *DAY], ["PV", "Wh", *[250] * 96], ["load", "Wh", -1, "x", "", *[500] * 93]]
    return written(tmp_path, table([*rows, ["Annex", "Wh", *[1] * 96]], ";"))


def test_a_preview_says_when_each_reading_begins_what_is_stored_and_what_is_wrong(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    path = _campus(tmp_path)
    profile = detect(path, "Europe/Berlin", {"at": "start"}).profile
    seen = preview(SYSTEM, device_settings, world.site_id, path, profile)
    assert seen.meters == {"PV": world.pv, "load": world.load, "Annex": None} and seen.whole
    pv, negative, annex = (next(each for each in seen.lines if each.meter == name) for name in ("PV", "load", "Annex"))
    midnight = int(np.datetime64("2025-01-12T23:00", "us").astype(np.int64))
    assert (pv.start_us, pv.end_us - pv.start_us) == (midnight, 900 * SECOND)
    assert (pv.value, pv.unit, pv.kept, pv.problem) == (250.0, "Wh", 0.25, "")
    assert negative.kept is None and negative.problem and annex.kept is None
    assert [(each.code, each.row) for each in seen.problems] == [("not_a_number", 3)]


def test_what_is_previewed_is_what_an_import_would_take(device_settings: Settings, world: World, tmp_path: Path) -> None:
    path = _campus(tmp_path)
    profile = detect(path, "Europe/Berlin", {"at": "start"}).profile
    seen = preview(SYSTEM, device_settings, world.site_id, path, profile)
    tried = importing.try_out(SYSTEM, device_settings, world.site_id, path, profile)
    assert seen.readings == tried.count + tried.refused["unknown_meter"] + tried.refused["out_of_range"] == 96 * 3 - 2
    assert tried.unknown == {"Annex": 96}


def test_a_meter_that_was_chosen_goes_before_one_of_that_name_and_a_name_may_be_left_out(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    path = _campus(tmp_path)
    chosen = {"PV": world.load, "load": "", "Annex": world.pv}
    profile = msgspec.structs.replace(detect(path, "UTC", {"at": "start"}).profile, meters=chosen)
    assert preview(SYSTEM, device_settings, world.site_id, path, profile).meters == {
        "PV": world.load,
        "load": None,
        "Annex": world.pv,
    }
    tried = importing.try_out(SYSTEM, device_settings, world.site_id, path, profile)
    assert {key[0]: each.count for key, each in tried.taken.items()} == {world.load: 96, world.pv: 96}
    assert set(tried.unknown) == {"load"}


def test_of_a_wide_file_all_meters_are_named_though_not_all_is_read(
    device_settings: Settings, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.files.preview.READINGS", 1)
    monkeypatch.setattr("ingest.files.block.ROWS", 1)
    path = _campus(tmp_path)
    seen = preview(SYSTEM, device_settings, world.site_id, path, detect(path, "UTC").profile)
    assert not seen.whole and list(seen.meters) == ["PV", "load", "Annex"]


def test_a_site_that_is_not_the_scopes_is_not_found(device_settings: Settings, world: World, tmp_path: Path) -> None:
    path = _campus(tmp_path)
    with pytest.raises(NotFound):
        preview(NOBODY, device_settings, world.site_id, path, detect(path, "UTC").profile)
