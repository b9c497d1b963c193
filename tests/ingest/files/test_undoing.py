"""An import that is undone leaves no trace in any sum, and what stood there before shows again."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from config import clock
from config.settings import Settings
from ingest.files import block, importing, lines, shelf, undoing
from store.errors import Refused
from store.records.plant import imports, last_values, meters
from store.scope import SYSTEM
from store.series import latest, latest_kept, rollup
from tests.ingest.files.reading import asked, changed, close, imported, proposed, table, written
from tests.ingest.world import Stored, World

DAYS = 20
YEARS = iter(range(1991, 2020))


@pytest.fixture
def start() -> datetime:
    """The start of a year that no other test uses."""
    return datetime(next(YEARS), 3, 1, tzinfo=UTC)


def _file(tmp_path: Path, start: datetime, values: np.ndarray, name: str = "file", meter: str = "pv") -> Path:
    ends = [start + timedelta(minutes=15 * (nth + 1)) for nth in range(len(values))]
    rows = [[meter, f"{end:%Y-%m-%dT%H:%M:%SZ}", value] for end, value in zip(ends, values, strict=True)]
    return written(tmp_path, table([["meter", "time", "kWh"], *rows]), name)


def _values(seed: int, count: int = DAYS * 96) -> np.ndarray:
    return np.round(np.random.default_rng(seed).random(count), 3)


def _rows(stored: Stored, meter: str, start: datetime, days: int = DAYS) -> pd.DataFrame:
    """All that anything could add up of the meter, whoever stored it."""
    found = stored(
        'SELECT ts, quantity, interval_s, value, "min", "max", "count", source FROM intervals '
        "WHERE ts >= %s AND ts < %s AND meter = %s AND value != null ORDER BY ts, quantity",
        start.replace(tzinfo=None),
        (start + timedelta(days=days)).replace(tzinfo=None),
        meter,
    )
    return pd.DataFrame(found, columns=["ts", "quantity", "interval_s", "value", "min", "max", "count", "source"])


def _undone(settings: Settings, import_id: str) -> None:
    imports.undo(SYSTEM, import_id)
    undoing.undo(SYSTEM, settings, import_id)


def test_what_was_there_before_shows_again_to_the_last_digit(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    first = imported(device_settings, world.site_id, _file(tmp_path, start, _values(1)))
    before_it = _rows(stored, world.pv, start)
    assert close(before_it["value"].sum(), _values(1).sum())
    # The second begins in the middle of the first, and reaches beyond it.
    later = start + timedelta(days=DAYS / 2)
    second = imported(device_settings, world.site_id, _file(tmp_path, later, _values(2), "second"))
    both = _rows(stored, world.pv, start, 2 * DAYS)
    half = DAYS * 96 // 2
    assert close(both["value"].sum(), _values(1)[:half].sum() + _values(2).sum())
    _undone(device_settings, second.source)
    pd.testing.assert_frame_equal(_rows(stored, world.pv, start, 2 * DAYS), before_it)
    _undone(device_settings, first.source)
    assert _rows(stored, world.pv, start).empty
    assert imports.seen(SYSTEM, first.source).state == "undone" and not imports.seen(SYSTEM, first.source).record.totals


def test_an_import_below_another_is_undone_for_good(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    oldest = imported(device_settings, world.site_id, _file(tmp_path, start, _values(3, 96), "oldest"))
    alone = _rows(stored, world.pv, start)
    below = imported(device_settings, world.site_id, _file(tmp_path, start, _values(4), "below"))
    above = imported(device_settings, world.site_id, _file(tmp_path, start, _values(5, 500), "above"))
    _undone(device_settings, below.source)
    shown = _rows(stored, world.pv, start)
    assert close(shown["value"].sum(), _values(5, 500).sum()) and set(shown["source"]) == {above.source}
    _undone(device_settings, above.source)
    pd.testing.assert_frame_equal(_rows(stored, world.pv, start), alone)  # nothing of the one below comes back
    _undone(device_settings, oldest.source)


def test_what_was_undone_can_be_imported_again(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    path = _file(tmp_path, start, _values(6))
    made = imported(device_settings, world.site_id, path)
    once = _rows(stored, world.pv, start)
    _undone(device_settings, made.source)
    again = imported(device_settings, world.site_id, path)
    assert again.source == made.source
    pd.testing.assert_frame_equal(_rows(stored, world.pv, start), once)
    _undone(device_settings, made.source)


def test_what_a_device_said_since_stays(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    made = imported(device_settings, world.site_id, _file(tmp_path, start, _values(7, 96)))
    said = imported(device_settings, world.site_id, _file(tmp_path, start, _values(8, 4), "said since"))
    _undone(device_settings, made.source)
    assert _rows(stored, world.pv, start)["value"].tolist() == _values(8, 4).tolist()
    _undone(device_settings, said.source)


def test_quarters_that_its_samples_made_are_made_anew_without_them(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    meter = meters.create_meter(SYSTEM, world.site_id, name="undone", role="condition").id
    hour = clock.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
    times = [f"{hour + timedelta(minutes=nth):%Y-%m-%dT%H:%M:%SZ}" for nth in range(30)]
    rows = [["meter", "time", "Power (kW)"], *[["undone", each, 2] for each in times]]
    here = 'SELECT "count", value FROM intervals WHERE meter = %s AND quantity = %s AND ts >= %s AND ts < %s AND value != null'
    where = (meter, "power_kw", hour.replace(tzinfo=None), (hour + timedelta(minutes=30)).replace(tzinfo=None))
    path = written(tmp_path, table(rows))
    made = imported(device_settings, world.site_id, path, changed(proposed(path).profile, stamp_at="start"))
    stored.settle()
    rollup.roll_up(SYSTEM, hour, hour + timedelta(hours=1), [meter], clock.now())
    assert [count for count, _kw in stored(here, *where)] == [15, 15]
    latest_kept.keep(SYSTEM, {meter: hour})  # as the worker does with what came late
    assert latest.latest(SYSTEM, [meter]).get((meter, "power_kw")) is not None
    _undone(device_settings, made.source)
    stored.settle()
    rollup.roll_up(SYSTEM, hour, hour + timedelta(hours=1), [meter], clock.now())
    assert stored(here, *where) == []
    assert latest.latest(SYSTEM, [meter]).get((meter, "power_kw")) is None
    assert last_values.last_values(SYSTEM, [meter], ["power_kw"]) == {}
    assert stored("SELECT count() FROM late WHERE meter = %s AND ts <= %s", meter, where[2])[0][0] >= 2


class _Killed(BaseException):
    """In the place of a kill, which nothing can catch."""


@pytest.fixture(params=["before its block is written", "after it"])
def killed_at(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Callable[[], None]]:
    """Ends the third block of the next import, of 500 rows, before or after QuestDB has it; what it returns mends that."""
    write = importing._write

    def begin() -> Callable[[], None]:
        blocks = iter(range(100))

        def breaks(*given: Any) -> None:
            if next(blocks) == 2:
                if request.param == "after it":
                    write(*given)
                raise _Killed
            write(*given)

        monkeypatch.setattr(block, "ROWS", 500)
        monkeypatch.setattr(lines, "PIECE", 15_000)
        monkeypatch.setattr(importing, "_write", breaks)
        return lambda: monkeypatch.setattr(importing, "_write", write)

    return begin


def test_one_that_was_killed_goes_on_where_it_stood_and_can_be_undone_as_ever(
    device_settings: Settings,
    world: World,
    stored: Stored,
    tmp_path: Path,
    start: datetime,
    killed_at: Callable[[], Callable[[], None]],
) -> None:
    day_12 = start + timedelta(days=12)
    there = imported(device_settings, world.site_id, _file(tmp_path, day_12, _values(10, 8), "there"))
    alone = _rows(stored, world.pv, start)
    record = asked(device_settings, world.site_id, _file(tmp_path, start, _values(11)))
    mends = killed_at()
    with pytest.raises(_Killed):
        importing.store(SYSTEM, device_settings, record.id)
    half = imports.seen(SYSTEM, record.id).record
    assert (half.state, half.parts) == ("running", 2)
    mends()
    outcome = importing.store(SYSTEM, device_settings, record.id)
    assert outcome is not None and outcome.count == DAYS * 96
    whole = _rows(stored, world.pv, start)
    assert whole["value"].tolist() == _values(11).tolist() and set(whole["source"]) == {record.id}
    _undone(device_settings, record.id)
    pd.testing.assert_frame_equal(_rows(stored, world.pv, start), alone)
    _undone(device_settings, there.source)


def test_what_its_profile_does_not_fit_fails_in_words_and_stores_nothing_unnoticed(
    device_settings: Settings, world: World, tmp_path: Path, start: datetime
) -> None:
    record = asked(device_settings, world.site_id, _file(tmp_path, start, _values(9, 96)))
    shelf.file_of(device_settings, record.id).write_bytes(b"PAR1 is what it is not")
    assert importing.store(SYSTEM, device_settings, record.id) is None
    seen = imports.seen(SYSTEM, record.id)
    assert seen.state == "failed" and seen.why and seen.can_undo
    with pytest.raises(Refused, match="neither waits nor runs"):
        imports.cancel(SYSTEM, record.id)


def test_one_of_which_nobody_knows_what_stood_before_stays_and_says_so(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path, start: datetime
) -> None:
    made = imported(device_settings, world.site_id, _file(tmp_path, start, _values(12, 96)))
    kept = shelf.folder(device_settings, made.source) / shelf.BEFORE
    kept.rename(kept.with_name("elsewhere"))  # as on another machine, where only rows were restored
    imports.undo(SYSTEM, made.source)
    assert undoing.undo(SYSTEM, device_settings, made.source) == 0
    seen = imports.seen(SYSTEM, made.source)
    assert seen.state == "failed" and "came with a backup" in seen.why
    assert len(_rows(stored, world.pv, start)) == 96
    kept.with_name("elsewhere").rename(kept)
    _undone(device_settings, made.source)
    assert _rows(stored, world.pv, start).empty and not kept.exists()
