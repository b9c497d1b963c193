"""What a person says of a file is what is read, is checked before anything is read by it, and the end of a file has its say."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.files.content import UnreadableFile
from ingest.files.detect import detect
from ingest.files.profile import UnfitProfile
from ingest.files.said import applied
from tests.ingest.files.reading import close, entry, read, sure, table, utc, written

QUARTERS = table(
    [["Time", "Hall (kW)", "Yard", "Note"]] + [[f"10/11/2025 {at // 4:02}:{at % 4 * 15:02}", 4, 8, "x"] for at in range(96)],
    ";",
)


def _said(tmp_path: Path, said: Mapping[str, str], text: str = QUARTERS) -> list[tuple[str, str, str, str, float]]:
    path = written(tmp_path, text)
    found = read(path, detect(path, "UTC", said).profile)
    first: dict[tuple[str, str], tuple[str, str, str, str, float]] = {}
    for meter, quantity, unit, end, _lasts, value, _class, _row in found.readings:
        first.setdefault((meter, quantity), (meter, quantity, unit, f"{end:%Y-%m-%dT%H:%M}", value))
    return list(first.values())


@pytest.mark.parametrize(
    "said, expected",
    [
        ({"format": "%d/%m/%Y %H:%M", "at": "end"}, [("", "power_kw", "kW", "2025-11-10T00:00", 4.0)]),
        ({"format": "%m/%d/%Y %H:%M", "at": "end"}, [("", "power_kw", "kW", "2025-10-11T00:00", 4.0)]),
        ({"format": "%m/%d/%Y %H:%M", "at": "start"}, [("", "power_kw", "kW", "2025-10-11T00:15", 4.0)]),
        ({"format": "%d/%m/%Y %H:%M", "at": "end", "zone": "+10:00"}, [("", "power_kw", "kW", "2025-11-09T14:00", 4.0)]),
        # The mean of a power over a quarter of an hour is an energy.
        (
            {"format": "%d/%m/%Y %H:%M", "at": "end", "quantity": "energy_kwh"},
            [("", "energy_kwh", "kW*h", "2025-11-10T00:00", 1.0)],
        ),
        # A column that names no unit is added, the one that was found left out.
        (
            {"format": "%d/%m/%Y %H:%M", "at": "end", "quantity.1": "", "quantity.2": "energy_kwh", "unit.2": "Wh"},
            [("", "energy_kwh", "Wh", "2025-11-10T00:00", 8.0)],
        ),
        # Two columns of one quantity are two meters.
        (
            {"format": "%d/%m/%Y %H:%M", "at": "end", "quantity.2": "power_kw", "unit.2": "kW"},
            [("Hall (kW)", "power_kw", "kW", "2025-11-10T00:00", 4.0), ("Yard", "power_kw", "kW", "2025-11-10T00:00", 8.0)],
        ),
    ],
)
def test_what_is_said_is_what_is_read(
    tmp_path: Path, said: Mapping[str, str], expected: list[tuple[str, str, str, str, float]]
) -> None:
    assert _said(tmp_path, said) == expected


@pytest.mark.parametrize(
    "said, words",
    [
        ({"zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"format": "yesterday"}, "yesterday"),
        ({"at": "middle"}, "middle"),
        ({"decimal": ";"}, "profile cannot be so"),
        ({"encoding": "klingon"}, "klingon"),
        ({"delimiter": "ab"}, "'ab'"),
        ({"delimiter": "1"}, "'1'"),
        ({"meter": "Cellar"}, "Cellar"),
        ({"meter_pattern": "("}, "name cannot be read"),
        ({"unit": "furlong"}, "furlong"),
        ({"quantity": "happiness"}, "happiness"),
        ({"quantity.9": "energy_kwh"}, "quantity.9"),
        ({"zone.1": "UTC"}, "zone.1"),
        ({"colour": "red"}, "colour"),
        ({"interval_s": "an hour"}, "an hour"),
        ({"interval_s": "-5"}, "-5"),
        ({"interval_s": "999999999999999999999"}, "999999999999999999999"),
    ],
)
def test_what_cannot_be_is_refused_in_words(tmp_path: Path, said: Mapping[str, str], words: str) -> None:
    with pytest.raises(UnfitProfile, match=words.replace(".", r"\.")):
        detect(written(tmp_path, QUARTERS), "UTC", said)


def test_what_was_said_is_asked_no_more_and_everything_found_has_a_reason(tmp_path: Path) -> None:
    path = written(tmp_path, QUARTERS)
    before = detect(path, "UTC")
    assert {each.name for each in before.asked()} >= {"format", "zone", "meter"}
    assert all(each.why for each in before.entries)
    after = detect(path, "UTC", {"format": "%d/%m/%Y %H:%M", "zone": "UTC", "meter": ""})
    assert not {"format", "zone", "meter"} & {each.name for each in after.asked()}
    assert entry(after, "format").value == "%d/%m/%Y %H:%M"


def test_saying_nothing_leaves_a_kept_profile_as_it_is(tmp_path: Path) -> None:
    made = detect(written(tmp_path, QUARTERS), "UTC", {"quantity": "energy_kwh"}).profile
    assert made.columns[0].mean_power and applied(made, {}) == made


@pytest.mark.parametrize(
    "pattern, names", [("", ["Building 012", "Building 13"]), (r"\b0*(\d+)", ["12", "13"]), (r"\d+", ["012", "13"])]
)
def test_the_buildings_number_is_taken_from_the_group_by_a_pattern(tmp_path: Path, pattern: str, names: list[str]) -> None:
    times = [f"01/{day:02}/2025 {hour:02}:00" for day in range(1, 15) for hour in range(24)]
    rows: list[list[object]] = [
        ["Group", "Use", *times],
        ["Building 012", "lab", *[1] * len(times)],
        ["Building 13", "hall", *[2] * len(times)],
    ]
    path = written(tmp_path, table(rows))
    made = detect(path, "UTC", {"meter": "Group", "meter_pattern": pattern}).profile
    assert list(dict.fromkeys(each[0] for each in read(path, made).readings)) == names


def test_the_end_of_a_long_file_tells_what_its_beginning_does_not(tmp_path: Path) -> None:
    """Twelve days of minutes say nothing of which number is the month; the last of them does, thousands of rows behind."""
    rows = [["Time", "kWh"]] + [
        [f"{1 + at // 1440:02}/02/2025 {at // 60 % 24:02}:{at % 60:02}", "1,234"] for at in range(12 * 1440)
    ]
    asked = detect(written(tmp_path, table(rows, ";")), "UTC")
    assert not sure(asked, "format") and not sure(asked, "decimal")
    rows += [[f"13/02/2025 00:{at:02}", "1,5"] for at in range(30)] + [["Total", "21318"]]
    path = written(tmp_path, table(rows, ";"))
    told = detect(path, "UTC")
    assert sure(told, "format") and told.profile.stamp.format == "%d/%m/%Y %H:%M"
    assert sure(told, "decimal") and told.profile.decimal == ","
    found = read(path, told.profile)
    assert close(found.total(), 12 * 1440 * 1.234 + 45) and found.skipped == 1
    assert found.readings[-1][3].date() == utc(2025, 2, 13).date()


def test_a_file_of_the_wrong_delimiter_holds_no_table(tmp_path: Path) -> None:
    with pytest.raises((UnreadableFile, UnfitProfile)):
        detect(written(tmp_path, QUARTERS), "UTC", {"delimiter": "|"})
