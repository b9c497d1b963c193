"""Long tables: a row a time."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from ingest.files.content import UnreadableFile
from ingest.files.profile import UnfitProfile, plain
from ingest.files.profile import read as read_profile
from tests.ingest.files.reading import changed, close, entry, proposed, read, sure, table, utc, written


def test_a_row_says_its_meter_and_ends_when_it_says(tmp_path: Path) -> None:
    rows = [["Meter", "Time", "kWh"], *[["A", f"2025-01-01T0{hour}:00:00+01:00", hour] for hour in range(1, 4)]]
    found = read(written(tmp_path, table(rows)))
    assert found.readings[0] == ("A", "energy_kwh", "kWh", utc(2025, 1, 1, 0), 3600, 1.0, "A", 2)
    assert len(found.readings) == 3 and not found.problems


def test_one_bad_cell_costs_its_own_row_alone_and_is_named(tmp_path: Path) -> None:
    rows = [
        ["meter", "time", "kWh"],
        *[["A", f"2025-01-01 0{h}:00:00", v] for h, v in enumerate(["1.5", "x7", "-", "1e400", "2.5"], 1)],
    ]
    found = read(written(tmp_path, table(rows)))
    assert [value for _at, value in found.of()] == [1.5, 2.5]
    assert [(each.row, each.code) for each in found.problems] == [(3, "not_a_number"), (5, "not_a_number")]
    assert found.gaps == 1


@pytest.mark.parametrize("cells", [["9,99", "1.234,56"], ["9,99", "1 234,5"], ["0,5", "381,000"]])
def test_a_decimal_comma_never_becomes_a_power_of_ten(tmp_path: Path, cells: list[str]) -> None:
    rows = [["time", "kWh"], ["2025-01-01 01:00", cells[0]], ["2025-01-01 02:00", cells[1]]]
    found = read(written(tmp_path, table(rows, ";")))
    expected = {"9,99": 9.99, "1.234,56": 1234.56, "1 234,5": 1234.5, "0,5": 0.5, "381,000": 381.0}
    assert [value for _at, value in found.of()] == [expected[cell] for cell in cells]


def test_three_digits_behind_every_comma_are_asked_about(tmp_path: Path) -> None:
    made = proposed(
        written(tmp_path, table([["time", "kWh"], ["2025-01-01 01:00", "381,000"], ["2025-01-01 02:00", "382,500"]], ";"))
    )
    assert not sure(made, "decimal") and made.profile.decimal == ","


def test_a_point_in_a_column_of_decimal_commas_is_refused(tmp_path: Path) -> None:
    rows = [["time", "kWh"], ["2025-01-01 01:00", "9,99"], ["2025-01-01 02:00", "2.5"], ["2025-01-01 03:00", "1,5"]]
    path = written(tmp_path, table(rows, ";"))
    found = read(path, changed(proposed(path).profile, decimal=","))
    assert [value for _at, value in found.of()] == [9.99, 1.5]
    assert [each.row for each in found.problems] == [3]


def test_the_order_of_day_and_month_is_proven_or_asked(tmp_path: Path) -> None:
    unclear = proposed(written(tmp_path, table([["time", "kWh"], ["01/02/2025 01:00", 1], ["02/02/2025 01:00", 1]])))
    assert not sure(unclear, "format") and set(entry(unclear, "format").choices) >= {"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"}
    clear = proposed(written(tmp_path, table([["time", "kWh"], ["01/02/2025 01:00", 1], ["13/02/2025 01:00", 1]])))
    assert sure(clear, "format") and clear.profile.stamp.format == "%d/%m/%Y %H:%M"


def test_a_date_that_contradicts_the_profile_is_refused_not_read_another_way(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        table(
            [["time", "kWh"], ["01/02/2025 01:00", 1], ["31/02/2025 01:00", 2], ["02/13/2025 01:00", 2], ["03/02/2025 01:00", 3]]
        ),
    )
    found = read(path, changed(proposed(path).profile, stamp_format="%d/%m/%Y %H:%M", stamp_zone="UTC"))
    assert found.of() == [(utc(2025, 2, 1, 1), 1.0), (utc(2025, 2, 3, 1), 3.0)]
    assert [(each.row, each.code) for each in found.problems] == [(3, "bad_time"), (4, "bad_time")]


def test_hour_24_is_midnight_of_the_next_day(tmp_path: Path) -> None:
    rows = [["time", "kWh"], *[[f"2025-01-31 {hour:02}:00", 1] for hour in range(1, 25)]]
    assert read(written(tmp_path, table(rows)), zone="UTC").of()[-1][0] == utc(2025, 2, 1)


def test_rows_behind_the_last_reading_are_passed_over_and_counted(tmp_path: Path) -> None:
    rows = [["time", "kWh"], ["2025-01-01 01:00", 1], ["Remark", ""], ["2025-01-01 02:00", 2], ["Total", 3], ["* estimated", ""]]
    found = read(written(tmp_path, table(rows)))
    assert len(found.readings) == 2 and found.skipped == 2
    assert [(each.row, each.code) for each in found.problems] == [(3, "bad_time")]


def _repeated_hour(order: list[tuple[str, str]]) -> list[tuple[str, float]]:
    return [(f"29/10/2023 {time}", float(value)) for time, value in order]


def test_the_hour_that_comes_twice_is_told_apart_by_the_order_of_the_file(tmp_path: Path) -> None:
    whole = [f"{hour:02}:{minute:02}" for hour in (0, 1, 2, 2, 3) for minute in (0, 15, 30, 45)]
    rows = [["Meter", "Time", "kWh"], *[["A", f"29/10/2023 {each}", nth] for nth, each in enumerate(whole, 1)]]
    path = written(tmp_path, table(rows))
    found = read(path, changed(proposed(path).profile, stamp_at="start", stamp_zone="Europe/Brussels"))
    starts = [at - timedelta(minutes=15) for at, _value in found.of()]
    assert starts == [utc(2023, 10, 28, 22) + timedelta(minutes=15 * nth) for nth in range(20)]
    assert not found.problems


def test_two_registers_that_alternate_through_the_repeated_hour_keep_both(tmp_path: Path) -> None:
    order = [("02:00", "02:15", 0.276, 0.261), ("02:15", "02:30", 0.286, 0.268), ("02:30", "02:45", 0.269, 0.273)]
    rows: list[list[object]] = [["EAN", "Register", "From", "To", "kWh"]]
    for begins, ends, first, second in order:
        for register in ("Offtake", "Injection"):
            rows += [["541", register, f"29/10/2023 {begins}", f"29/10/2023 {ends}", value] for value in (first, second)]
    rows += [
        ["541", "Offtake", "29/10/2023 02:45", "29/10/2023 02:00", 0.295],
        ["541", "Offtake", "29/10/2023 02:45", "29/10/2023 03:00", 0.286],
    ]
    path = written(tmp_path, table(rows))
    found = read(path, changed(proposed(path).profile, meter=(1,), stamp_zone="Europe/Brussels"))
    offtake = sorted(found.of("Offtake"))
    assert [value for _at, value in offtake] == [0.276, 0.286, 0.269, 0.295, 0.261, 0.268, 0.273, 0.286]
    assert offtake[0][0] == utc(2023, 10, 29, 0, 15) and offtake[-1][0] == utc(2023, 10, 29, 2)
    assert {each[4] for each in found.readings} == {900}


def test_a_repeated_hour_that_is_there_once_is_taken_as_the_first_and_said(tmp_path: Path) -> None:
    rows = [["time", "kWh"], *[[f"29/10/2023 0{hour}:00", 1] for hour in range(1, 6)]]
    found = read(written(tmp_path, table(rows)))
    assert [at for at, _value in found.of()][:3] == [utc(2023, 10, 28, 23), utc(2023, 10, 29, 0), utc(2023, 10, 29, 2)]
    assert [each.code for each in found.problems] == ["ambiguous"]
    assert found.problems[0].message.startswith("on 2023-10-29 a time of the hour that comes twice is there once;")


def test_an_hour_that_never_was_is_refused(tmp_path: Path) -> None:
    rows = [["time", "kWh"], *[[f"2025-03-30 0{hour}:30", 1] for hour in range(1, 5)]]
    found = read(written(tmp_path, table(rows)))
    assert [(each.row, each.code) for each in found.problems] == [(3, "bad_time")]
    assert len(found.readings) == 3


def test_a_file_of_one_fixed_offset_all_year_has_no_hour_twice(tmp_path: Path) -> None:
    rows = [["time", "kWh"], *[[f"29/10/2023 0{hour}:00", 1] for hour in range(1, 6)]]
    path = written(tmp_path, table(rows))
    found = read(path, changed(proposed(path).profile, stamp_zone="+01:00"))
    assert [at.hour for at, _value in found.of()] == [0, 1, 2, 3, 4] and not found.problems


def test_newest_first_takes_the_winter_hour_first(tmp_path: Path) -> None:
    hours = ["04:00", "03:00", "02:00", "02:00", "01:00", "00:00"]
    rows = [["time", "kWh"], *[[f"29/10/2023 {each}", nth] for nth, each in enumerate(hours)]]
    path = written(tmp_path, table(rows))
    made = proposed(path)
    assert made.profile.stamp.descending
    assert [at for at, _value in read(path, changed(made.profile, stamp_at="end")).of()][2:4] == [
        utc(2023, 10, 29, 1),
        utc(2023, 10, 29, 0),
    ]


def test_hours_numbered_from_one_are_23_or_25_on_the_days_of_the_change(tmp_path: Path) -> None:
    rows: list[list[object]] = [["CUPS", "Fecha", "Hora", "AE_kWh", "REAL/ESTIMADO"]]
    for day, count in (("25/03/2026", 24), ("29/03/2026", 23), ("25/10/2026", 25)):
        rows += [["ES1", day, hour, "0,500", "E" if hour == 2 else "R"] for hour in range(1, count + 1)]
    path = written(tmp_path, table(rows, ";"))
    made = changed(proposed(path, "Europe/Madrid").profile, decimal=",")
    found = read(path, made)
    assert len(found.readings) == 72 and found.total() == 36.0
    ends = [at for at, _value in found.of()]
    assert ends[24:47] == [utc(2026, 3, 28, 23) + timedelta(hours=nth) for nth in range(1, 24)]
    assert ends[47:] == [utc(2026, 10, 24, 22) + timedelta(hours=nth) for nth in range(1, 26)]
    assert [each[6] for each in found.readings].count("S") == 3


@pytest.mark.parametrize("first, at", [("00:30", "end"), ("00:00", "start")])
def test_a_day_says_itself_whether_its_stamps_are_starts_or_ends(tmp_path: Path, first: str, at: str) -> None:
    begin = datetime.fromisoformat(f"2025-01-08 {first}")
    rows = [["time", "kWh"], *[[f"{begin + timedelta(minutes=30 * nth)}", 0.5] for nth in range(48)]]
    path = written(tmp_path, table(rows))
    made = proposed(path)
    assert made.profile.stamp.at == at and sure(made, "at")
    found = read(path, made.profile)
    assert (found.of()[0][0], found.of()[-1][0]) == (utc(2025, 1, 7, 23, 30), utc(2025, 1, 8, 23))


def test_a_mean_of_power_over_its_interval_is_energy_when_the_profile_says_so(tmp_path: Path) -> None:
    rows = [
        ["Horodate", "Valeur (W)"],
        *[[f"2021-09-23T0{nth // 2}:{30 * (nth % 2):02}:00+02:00", watts] for nth, watts in enumerate([32, 56, 154, 138, 86])],
    ]
    path = written(tmp_path, table(rows, ";"))
    made = proposed(path).profile
    column = made.columns[0]
    energy = type(column)(column.place, "energy_kwh", "W", column.interval_s, "", True)
    found = read(path, changed(made, columns=(energy,)))
    assert found.readings[0][2] == "W*h" and close(found.total() / 1000, 0.233)


def _climbing(count: int, first: float, step: float) -> list[list[str]]:
    begin = datetime.fromisoformat("2025-01-01")
    times = [f"{begin + timedelta(hours=nth):%Y-%m-%d %H:%M}" for nth in range(count)]
    return [["time", "kWh"], *[[time, f"{first + step * nth:.1f}"] for nth, time in enumerate(times)]]


def test_a_register_is_told_from_energy_and_asked_about(tmp_path: Path) -> None:
    made = proposed(written(tmp_path, table(_climbing(200, 1000, 0.1))))
    assert made.profile.columns[0].quantity == "energy_total_kwh" and not sure(made, "quantity")


def test_a_day_of_what_may_be_a_register_is_asked_about_and_energy_that_climbs_is_not(tmp_path: Path) -> None:
    may_be = proposed(written(tmp_path, table(_climbing(24, 1000, 0.1))))
    assert may_be.profile.columns[0].quantity == "energy_kwh" and not sure(may_be, "quantity")
    assert sure(proposed(written(tmp_path, table(_climbing(15, 0, 1)))), "quantity")
    assert sure(proposed(written(tmp_path, table(_climbing(5, 1000, 0.1)))), "quantity")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_ends_of_lines_of_all_machines_are_read(tmp_path: Path, encoding: str, end: str) -> None:
    rows = [["Gebäude", "time", "kWh"], ["Bü", "2025-01-01 01:00", "1,5"], ["Bü", "2025-01-01 02:00", "2,5"]]
    path = written(tmp_path, table(rows, ";", end).encode(encoding))
    found = read(path, changed(proposed(path).profile, meter=(0,)))
    assert found.total("Bü") == 4.0


def test_a_line_that_names_the_separator_is_no_head(tmp_path: Path) -> None:
    found = read(written(tmp_path, "sep=;\nmeter;time;kWh\nA;2025-01-01 01:00;1\nA;2025-01-01 02:00;1\n"))
    assert found.total("A") == 2 and found.readings[0][7] == 3


def test_a_preamble_of_addresses_is_passed_over(tmp_path: Path) -> None:
    head = "Name,Jo\nAddress,1 Main St\nAccount,123\n\nTYPE,DATE,START TIME,END TIME,USAGE (kWh),COST\n"
    body = "".join(f"Electric usage,2025-01-01,{hour:02}:00,{hour:02}:59,0.5,$0.10\n" for hour in range(4))
    found = read(written(tmp_path, head + body))
    assert found.total() == 2.0 and found.readings[0][1] == "energy_kwh"


def test_a_web_page_saved_as_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="web page"):
        proposed(written(tmp_path, "<!DOCTYPE html><html>sign in</html>"))


@pytest.mark.parametrize("content", [b"", b"\x00\x00", b"a\nb\n", b"\x7fELF\x01\x02\x00\x00\x00" * 40])
def test_what_holds_no_readings_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        proposed(written(tmp_path, content))


def test_a_profile_survives_being_kept_and_fits_only_its_own_kind(tmp_path: Path) -> None:
    path = written(tmp_path, table([["time", "kWh"], ["2025-01-01 01:00", 1], ["2025-01-01 02:00", 2]]))
    made = proposed(path).profile
    assert read_profile(plain(made)) == made
    other = written(tmp_path, table([["time", "kWh export"], ["2025-01-01 01:00", 1]]), "other")
    with pytest.raises(UnfitProfile, match="other heads"):
        read(other, made)
    with pytest.raises(UnfitProfile):
        read_profile(b'{"version": 99}')


def test_an_inverters_export_with_a_preamble_and_a_row_of_units_is_of_one_meter(tmp_path: Path) -> None:
    head = "sep=;\nVersion CSV1|Decimalpoint comma|Precision 3\n\n;SB 5000;SB 5000\n;Counter;Analog\ndd.MM.yyyy HH:mm;kWh;kW\n"
    body = "13.05.2025 10:00;41919,016;1,2\n13.05.2025 10:05;NaN;NaNStt\n13.05.2025 10:10;41919,116;NoneMsg\n"
    found = read(written(tmp_path, head + body), zone="UTC")
    assert [(each[1], each[5]) for each in found.readings if each[1] != "power_kw"] == [
        ("energy_kwh", 41919.016),
        ("energy_kwh", 41919.116),
    ]
    assert {each[0] for each in found.readings} == {""} and found.gaps == 3 and not found.problems


def test_a_column_of_shares_may_say_so_in_each_cell(tmp_path: Path) -> None:
    rows = "".join(f"2025-01-01 {hour:02}:00;{hour},5 %\n" for hour in range(24))
    path = written(tmp_path, "time;load (kWh)\n" + rows.replace("10,5 %", "10,5%"))
    assert read(path, zone="UTC").total() == sum(range(24)) + 12
