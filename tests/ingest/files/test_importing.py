"""A file ends as readings in the store, once, under its own source."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config import clock
from config.settings import Settings
from ingest.files import importing, shelf
from ingest.files.detect import detect
from store.errors import NotFound
from store.records.plant import last_values, meters
from store.scope import NOBODY, SYSTEM
from store.series import latest
from tests.ingest.files.reading import close, imported, table, written
from tests.ingest.world import Stored, World


def _file(tmp_path: Path, names: list[str], days: int, *, start: str = "2001-01-01") -> tuple[Path, Any]:
    times = np.arange(
        np.datetime64(start, "m"), np.datetime64(start, "m") + np.timedelta64(1440 * days, "m"), np.timedelta64(15, "m")
    )
    values = np.round(np.random.default_rng(5).random((len(names), len(times))), 3)
    heads = ["Group", *[f"{each.astype(object):%m/%d/%Y %H:%M}" for each in times]]
    return written(tmp_path, table([heads, *[[name, *values[nth].tolist()] for nth, name in enumerate(names)]])), values


def test_a_dry_run_says_everything_and_stores_nothing(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    path, values = _file(tmp_path, ["pv", "strange"], 20)
    profile = detect(path, "UTC").profile
    outcome = importing.try_out(SYSTEM, device_settings, world.site_id, path, profile)
    assert outcome.count == 1920 and outcome.unknown == {"strange": 1920}
    assert close(outcome.taken[world.pv, "energy_kwh"].total, float(values[0].sum()))
    source = importing.source_of(world.site_id, shelf.described(path, "").digest, profile)
    assert stored("SELECT count() FROM intervals WHERE source = %s", source) == [(0,)]


def test_a_dry_run_says_what_is_new_what_would_replace_another_value_and_what_is_stored_so_already(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    path, values = _file(tmp_path, ["pv", "load"], 10, start="1994-06-01")
    path = path.rename(tmp_path / "first")
    made = imported(device_settings, world.site_id, path)
    later, more = _file(tmp_path, ["pv", "load"], 12, start="1994-06-01")
    more[:, : values.shape[1]] = values
    more[0, 5:25] += 1
    heads, *rows = later.read_text().splitlines()
    later.write_text(
        "\n".join([heads, *(",".join([row.split(",")[0], *map(str, more[nth])]) for nth, row in enumerate(rows))]) + "\n"
    )
    before = stored("SELECT count(), sum(value), max(received_at) FROM intervals WHERE source = %s", made.source)
    outcome = importing.try_out(SYSTEM, device_settings, world.site_id, later, detect(later, "UTC").profile)
    assert (outcome.count, outcome.changed, outcome.unchanged) == (2 * 12 * 96, 20, 2 * 10 * 96 - 20)
    assert outcome.compared
    assert stored("SELECT count(), sum(value), max(received_at) FROM intervals WHERE source = %s", made.source) == before
    same = importing.try_out(SYSTEM, device_settings, world.site_id, path, detect(path, "UTC").profile)
    assert (same.changed, same.unchanged) == (0, same.count)


def test_a_file_run_twice_is_stored_once_and_equal(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    path, values = _file(tmp_path, ["PV", "load"], 30)
    for _time in range(2):
        outcome = imported(device_settings, world.site_id, path)
    for nth, meter in enumerate((world.pv, world.load)):
        ((count, total, first),) = stored(
            "SELECT count(), sum(value), min(ts) FROM intervals WHERE source = %s AND meter = %s AND interval_s = 900",
            outcome.source,
            meter,
        )
        assert (count, str(first)) == (2880, "2001-01-01 00:00:00") and close(total, float(values[nth].sum()))


def test_another_reading_of_the_same_file_is_another_import(device_settings: Settings, world: World, tmp_path: Path) -> None:
    path, _values = _file(tmp_path, ["pv"], 20)
    digest = shelf.described(path, "").digest
    profiles = [detect(path, zone).profile for zone in ("UTC", "Europe/Berlin")]
    sources = {importing.source_of(site, digest, each) for each in profiles for site in (world.site_id, "another")}
    assert len(sources) == 4


def test_samples_older_than_samples_are_kept_are_refused_in_words(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    old, new = now - timedelta(days=1000), now - timedelta(hours=2)
    rows = [
        ["meter", "time", "Power (kW)"],
        *[["pv", f"{at + timedelta(minutes=nth):%Y-%m-%dT%H:%M:%SZ}", 1] for at in (old, new) for nth in range(3)],
    ]
    path = written(tmp_path, table(rows))
    outcome = importing.try_out(SYSTEM, device_settings, world.site_id, path, detect(path, "UTC").profile)
    assert outcome.refused == {"not_kept": 3} and outcome.count == 3


def test_a_site_that_is_not_the_scopes_is_not_found(device_settings: Settings, world: World, tmp_path: Path) -> None:
    path, _values = _file(tmp_path, ["pv"], 20)
    with pytest.raises(NotFound):
        importing.try_out(NOBODY, device_settings, world.site_id, path, detect(path, "UTC").profile)


def test_the_newest_of_a_file_is_a_meters_latest_value_as_soon_as_it_is_imported(
    device_settings: Settings, world: World, tmp_path: Path
) -> None:
    hall = meters.create_meter(SYSTEM, world.site_id, name="hall of long ago", role="condition").id
    last_values.keep(SYSTEM, [last_values.Last(world.load, "power_kw", clock.now() - timedelta(minutes=1), 1.0)])
    path, values = _file(tmp_path, ["hall of long ago"], 3, start="2002-01-01")
    imported(device_settings, world.site_id, path)
    told = latest.latest(SYSTEM, [hall])[hall, "energy_kwh"]
    assert (f"{told.ts:%Y-%m-%d %H:%M}", told.value) == ("2002-01-04 00:00", values[0, -1])
