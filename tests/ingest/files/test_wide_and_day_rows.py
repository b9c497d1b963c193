"""Wide tables of a campus, and rows that hold a day."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from ingest.files.content import UnreadableFile
from tests.ingest.files.reading import changed, close, proposed, read, sure, table, utc, written


def _campus(days: int, meters: int = 3, *, start: str = "2025-01-01") -> tuple[list[list[object]], np.ndarray]:
    stamps = [datetime.fromisoformat(start) + timedelta(minutes=15 * nth) for nth in range(96 * days)]
    values = np.round(np.random.default_rng(7).random((meters, len(stamps))) * 50, 3)
    heads: list[object] = ["Group", "Building", "Unit", *[f"{each:%m/%d/%Y %H:%M}" for each in stamps]]
    rows = [[f"Campus / Building {nth + 101} (North)", f"Hall {nth}", "kWh", *values[nth].tolist()] for nth in range(meters)]
    return [heads, *rows], values


def test_a_row_a_building_and_a_column_a_quarter(tmp_path: Path) -> None:
    rows, values = _campus(20)
    path = written(tmp_path, table(rows))
    made = proposed(path, "America/New_York")
    assert made.profile.shape == "wide" and made.profile.stamp.format == "%m/%d/%Y %H:%M" and sure(made, "at")
    found = read(path, changed(made.profile, meter=(0,), meter_pattern=r"Building (\d+)"))
    for nth in range(3):
        assert close(found.total(str(nth + 101)), float(values[nth].sum()))
    assert found.readings[0][3:5] == (utc(2025, 1, 1, 5, 15), 900)


def test_a_year_of_quarters_through_both_changes_of_the_clock(tmp_path: Path) -> None:
    rows, _values = _campus(2, 1, start="2025-03-08")
    path = written(tmp_path, table(rows))
    found = read(path, zone="America/New_York")
    # 2:00 to 2:45 of 9 March never were.
    assert len(found.readings) == 192 - 4 and [each.code for each in found.problems] == ["bad_time"] * 4


def test_bad_and_blank_cells_of_a_wide_row_cost_only_themselves(tmp_path: Path) -> None:
    rows, _values = _campus(1, 2)
    rows[1][10], rows[1][11], rows[2][12] = "n/a", "broken", ""
    found = read(written(tmp_path, table(rows)), zone="UTC")
    assert len(found.readings) == 2 * 96 - 3 and found.gaps == 2
    assert [(each.row, each.code) for each in found.problems] == [(2, "not_a_number")]
    assert "01/01/2025 02:00" in found.problems[0].message


def test_a_short_row_keeps_what_it_has(tmp_path: Path) -> None:
    rows, _values = _campus(1, 2)
    del rows[1][50:]
    found = read(written(tmp_path, table(rows)), zone="UTC")
    assert len(found.readings) == 47 + 96 and [each.code for each in found.problems] == ["short_row"]


def test_cr_only_utf_16_and_a_total_behind_do_no_harm(tmp_path: Path) -> None:
    rows, values = _campus(1, 2)
    rows[0].append("Total")
    for nth in (0, 1):
        rows[nth + 1].append(values[nth].sum())
    found = read(written(tmp_path, table(rows, ",", "\r").encode("utf-16")), zone="UTC")
    assert close(found.total(), float(values.sum())) and not found.problems


def test_48_columns_named_by_their_start_or_their_end_are_the_same_day(tmp_path: Path) -> None:
    for heads in (
        [f"{n // 2:02}:{30 * (n % 2):02}" for n in range(48)],
        [f"[{(n + 1) // 2:02}:{30 * ((n + 1) % 2):02}]" for n in range(48)],
    ):
        rows = [["Meter", "Date", *heads], ["K1", "13/11/2017", *[0.5] * 48], ["K1", "14/11/2017", *[0.25] * 48]]
        path = written(tmp_path, table(rows))
        found = read(path, zone="Europe/London")
        assert found.of()[0] == (utc(2017, 11, 13, 0, 30), 0.5) and found.of()[-1][0] == utc(2017, 11, 15)
        assert found.total() == 36.0


def test_reactive_columns_behind_are_left_out_and_the_order_of_the_date_is_asked(tmp_path: Path) -> None:
    heads = ["siteRef", "MPAN", "ConsumptionDate", *[f"kWh_{n}" for n in range(1, 49)], *[f"kVArh_{n}" for n in range(1, 49)]]
    rows = [heads, ["S", "99", "10/12/2019", *[1] * 48, *[7] * 48]]
    made = proposed(written(tmp_path, table(rows)), "Europe/London")
    assert not sure(made, "format") and len(made.profile.columns) == 1
    found = read(tmp_path / "file", changed(made.profile, stamp_format="%d/%m/%Y"))
    assert found.total() == 48 and found.of()[0][0] == utc(2019, 12, 10, 0, 30)


def test_the_lost_hour_of_a_day_row_may_hold_zeros_but_no_energy(tmp_path: Path) -> None:
    heads = ["Meter", "Giorno", *[f"{n:02}:00-{n + 1:02}:00" for n in range(24)]]
    zero = [1] * 24
    zero[2] = 0
    rows = [heads, ["A", "2025-03-30", *zero], ["B", "2025-03-30", *[1] * 24]]
    found = read(written(tmp_path, table(rows)), zone="Europe/Rome")
    assert found.total("A") == 23 and found.total("B") == 23
    assert [(each.row, each.code) for each in found.problems if each.code == "bad_time"] == [(3, "bad_time")]


def test_what_is_read_does_not_depend_on_the_order_of_meters(tmp_path: Path) -> None:
    rows, values = _campus(1, 5)
    body = rows[1:]
    random.Random(3).shuffle(body)
    found = read(written(tmp_path, table([rows[0], *body])), zone="UTC")
    assert close(found.total(), float(values.sum()))


def test_of_a_wide_table_a_few_rows_are_looked_at_before_it_is_read(tmp_path: Path) -> None:
    rows, _values = _campus(20, 1)
    text = table([rows[0], *[rows[1]] * 300]).encode()
    damaged = text + b"\xff\xfe broken"  # what is wrong far below is found when it is read, and not before
    assert proposed(written(tmp_path, damaged)).profile.shape == "wide"
    with pytest.raises(UnreadableFile, match="save it as UTF-8"):
        read(tmp_path / "file")
