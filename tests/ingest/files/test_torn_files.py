"""What is wrong in one place of a file costs that place alone, and no sign is read as another number than it says."""

import gzip
import json
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from config.settings import Settings
from ingest.files import profile, stamps
from ingest.files.content import UnreadableFile
from ingest.files.numbers import Sign, numbers
from ingest.files.profile import Profile, UnfitProfile
from ingest.files.said import applied
from tests.ingest.files.reading import changed, entry, imported, proposed, read, sure, utc, written
from tests.ingest.files.test_formats import P1
from tests.ingest.world import Stored, World

TABLE = b"time,kWh\n" + b"".join(b"2025-01-01 %02d:00,1\n" % hour for hour in range(1, 24))
DAY = ",".join(["0.5"] * 48)
ESPI = """<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">
<entry><link rel="self" href="https://x/UsagePoint/7"/><content><e:UsagePoint/></content></entry>
<entry><link rel="self" href="https://x/ReadingType/4"/><content><e:ReadingType><e:powerOfTenMultiplier>{power}</e:powerOfTenMultiplier>
<e:uom>72</e:uom></e:ReadingType></content></entry>
<entry><link rel="self" href="https://x/UsagePoint/7/MeterReading/1/IntervalBlock/1"/><content><e:IntervalBlock>{readings}
</e:IntervalBlock></content></entry></feed>"""
READING = (
    "<e:IntervalReading><e:timePeriod><e:duration>{lasts}</e:duration><e:start>{start}</e:start></e:timePeriod>"
    "<e:value>{value}</e:value></e:IntervalReading>"
)


def _espi(*readings: tuple[object, object, object], power: object = 0) -> str:
    told = "".join(READING.format(start=start, lasts=lasts, value=value) for start, lasts, value in readings)
    return ESPI.format(power=power, readings=told)


@pytest.mark.parametrize("sign, cell", [(".", "0,123"), (",", "0.123"), (".", "00,250"), (",", "-0.750"), (".", "0 123")])
def test_what_begins_with_a_zero_is_no_group_of_thousands(sign: Sign, cell: str) -> None:
    _value, bad = numbers(["1", cell], sign)
    assert bad.tolist() == [False, True]


def test_an_infinite_number_of_a_typed_column_is_refused_once() -> None:
    value, bad = numbers(pa.array([1.0, float("inf"), None]), ".")
    assert bad.tolist() == [False, True, False] and np.isnan(value).tolist() == [False, True, True]


@pytest.mark.parametrize("una", ["UNA:+.? '", "UNA:+,? '", "", "\ufeffUNA:+,? '"])
@pytest.mark.parametrize("said", ["12.345", "12,345"])
def test_edifact_has_decimals_behind_either_sign_and_never_groups(tmp_path: Path, una: str, said: str) -> None:
    at = "DTM+163:201512010000?+01:303'DTM+164:201512010015?+01:303'"
    found = read(written(tmp_path, f"{una}UNB+UNOC:3'LOC+172+DE1'PIA+5+1-1?:1.29.0:SRW'QTY+220:{said}'{at}UNZ+1+x'"))
    assert [each[5] for each in found.readings] == [12.345]


@pytest.mark.parametrize("obis", ["1-1?:1.6.1", "1-1?:2.4.0", "1-1?:1.25.0", "1-1?:3.29.0"])
def test_a_demand_or_a_reactive_energy_of_the_market_is_no_energy(tmp_path: Path, obis: str) -> None:
    at = "DTM+163:201512010000?+01:303'DTM+164:201512010015?+01:303'"
    found = read(written(tmp_path, f"UNB+UNOC:3'LOC+172+DE1'PIA+5+{obis}:SRW'QTY+220:5'{at}UNZ+1+x'"))
    assert not found.readings and [each.code for each in found.problems] == ["unknown_quantity"]


def test_a_segment_that_never_ends_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="segment 2 does not end"):
        read(written(tmp_path, "UNB+UNOC:3'" + "x" * 300_000))


def test_a_value_of_a_nem12_day_that_is_a_word_costs_itself(tmp_path: Path) -> None:
    day = DAY.replace("0.5", "oops", 1)
    found = read(written(tmp_path, f"100,NEM12,200405011135,A,B\n200,NMI1,E1,1,E1,N1,1,kWh,30,\n300,20240201,{day},A,,,\n900\n"))
    assert len(found.readings) == 47 and [each.code for each in found.problems] == ["not_a_number"]
    assert "oops" in found.problems[0].message and found.problems[0].said.ts == "2024-01-31T14:30:00Z"


def test_days_before_a_nem12_channel_are_told_not_passed_over(tmp_path: Path) -> None:
    days = f"300,20240201,{DAY},A,,,\n200,NMI1,E1,1,E1,N1,1,kWh,30,\n300,20240202,{DAY},A,,,\n900\n"
    found = read(written(tmp_path, "100,NEM12,200405011135,A,B\n" + days))
    assert len(found.readings) == 48 and [(each.row, each.code) for each in found.problems] == [(2, "no_meter")]


def test_a_nem12_file_with_a_mark_of_its_encoding_is_read(tmp_path: Path) -> None:
    found = read(written(tmp_path, f"\ufeff200,NMI1,E1,1,E1,N1,1,kWh,30,\n300,20240202,{DAY},A,,,\n900\n"))
    assert found.total("NMI1 E1") == 24


@pytest.mark.parametrize("line", ["1-0:1.7.0(00.244*kW)", "1-0:2.7.0(00.000*kW)"])
def test_a_power_of_which_one_direction_cannot_be_read_is_none(tmp_path: Path, line: str) -> None:
    found = read(written(tmp_path, P1.replace(line, line[:10] + "?.???*kW)")))
    assert {each[1] for each in found.readings} == {"energy_total_kwh", "energy_export_total_kwh"}


def test_a_register_in_a_unit_that_is_not_known_is_refused(tmp_path: Path) -> None:
    found = read(written(tmp_path, P1.replace("000002.444*kWh", "000002.444*kvarh")))
    assert {each[1] for each in found.readings} == {"energy_total_kwh", "power_kw"}


@pytest.mark.parametrize("power", [400, -400, 10**15, "9" * 5000])
def test_a_power_of_ten_that_no_unit_has_is_refused(tmp_path: Path, power: object) -> None:
    found = read(written(tmp_path, _espi((1299387600, 900, 1790), power=power)))
    read_as_none = len(str(power)) > 19
    assert [each.code for each in found.problems] == ([] if read_as_none else ["unknown_unit"])


@pytest.mark.parametrize(
    "start, value", [(10**17, 5), ("9" * 5000, 5), (-5, 5), (1299387600, "9" * 5000), (1299387600, "²"), ("", 5)]
)
def test_a_green_button_reading_that_no_number_holds_costs_itself(tmp_path: Path, start: object, value: object) -> None:
    found = read(written(tmp_path, _espi((1299386700, 900, 1000), (start, 900, value), (1299388500, 900, 2000))))
    assert [each[5] for each in found.readings] == [1.0, 2.0]
    assert [(each.row, each.code) for each in found.problems] == [(2, "bad_row")]


def test_an_integer_that_is_no_time_costs_its_row(tmp_path: Path) -> None:
    rows = [f"{1735689600 + 900 * nth},1" for nth in range(6)]
    rows[3] = "9" * 40 + ",1"
    found = read(written(tmp_path, "time,kWh\n" + "\n".join(rows) + "\n"))
    assert found.total() == 5 and [(each.row, each.code) for each in found.problems] == [(5, "bad_time")]
    assert stamps.local(pa.array([1.7356896e18, 1.7356896e30, None]), "epoch_ns").tolist() == [
        1735689600_000_000, stamps.NEVER, stamps.NEVER
    ]  # fmt: skip
    assert stamps.local(pa.array([1735689600, 2**64 - 1], pa.uint64()), "epoch_s").tolist() == [1735689600_000_000, stamps.NEVER]


@pytest.mark.parametrize("shape", ["list", "lines", "document"])
@pytest.mark.parametrize("odd", ["NaN", "-Infinity", "9" * 5000, "1e400"])
def test_a_number_that_json_cannot_hold_costs_its_own_record(tmp_path: Path, shape: str, odd: str) -> None:
    records = [{"time": 1735689600 + 900 * nth, "kWh": nth} for nth in range(5)]
    told = [json.dumps(each).replace('"kWh": 2', f'"kWh": {odd}') for each in records]
    text = {"lines": "\n".join(told), "list": f"[{','.join(told)}]", "document": f'{{"rows": [{",".join(told)}]}}'}[shape]
    found = read(written(tmp_path, text))
    assert [value for _at, value in found.of()] == [0, 1, 3, 4]
    assert found.gaps + len(found.problems) == 1


def test_a_line_of_json_that_breaks_off_costs_itself_and_is_named(tmp_path: Path) -> None:
    told = [json.dumps({"time": 1735689600 + 900 * nth, "kWh": nth}) for nth in range(6)]
    told[3] = told[3][:20]
    found = read(written(tmp_path, "\n".join(told)))
    assert [value for _at, value in found.of()] == [0, 1, 2, 4, 5]
    assert [(each.row, each.code) for each in found.problems] == [(4, "bad_time")] and told[3] in found.problems[0].message


@pytest.mark.parametrize("rows", [12, 5_000])
def test_a_quotation_mark_that_nobody_closes_costs_no_other_row(tmp_path: Path, rows: int) -> None:
    lines = [f"2025-01-{1 + nth // 96 % 28:02} {nth // 4 % 24:02}:{15 * (nth % 4):02},{nth % 7}.5" for nth in range(1, rows)]
    lines[4] = lines[4].replace(",", ',"')
    if rows > 100:
        lines[9] += '"'
    found = read(written(tmp_path, "time,kWh\n" + "\n".join(lines) + "\n"))
    assert len(found.readings) == rows - 1 and not found.problems


def test_a_remark_of_several_lines_stays_one_cell(tmp_path: Path) -> None:
    rows = [f'2025-01-01 {hour:02}:00,{hour},"all\nwell"' for hour in range(1, 9)]
    found = read(written(tmp_path, "time,kWh,remark\n" + "\n".join(rows) + "\n"))
    assert [value for _at, value in found.of()] == list(range(1, 9)) and not found.problems


HOURS = [f"2026-01-01 {hour:02}:00" for hour in range(24)]


def _table(times: Sequence[str], values: Sequence[object] = (), head: str = "time,kWh") -> str:
    return head + "\n" + "".join(f"{at},{value}\n" for at, value in zip(times, values or range(1, len(times) + 1), strict=True))


@pytest.mark.parametrize("shape", ["csv", "json"])
def test_a_file_of_which_nothing_can_be_read_says_so_row_by_row(tmp_path: Path, shape: str) -> None:
    records = [{"time": at, "kWh": f"{nth},5"} for nth, at in enumerate(HOURS)]
    text = (
        json.dumps(records) if shape == "json" else "time;kWh\n" + "".join(f"{each['time']};{each['kWh']}\n" for each in records)
    )
    path = written(tmp_path, text)
    found = read(path, changed(proposed(path).profile, decimal="."))
    assert not found.readings and [each.code for each in found.problems] == ["not_a_number"] * 24


def test_readings_at_the_end_whose_times_are_written_another_way_are_refused_and_totals_passed_over(tmp_path: Path) -> None:
    days = [f"{day:02}/01/2026 00:00" for day in range(13, 20)] + [f"01/{day:02}/2026 00:00" for day in range(20, 26)] + ["Total"]
    found = read(written(tmp_path, _table(days)))
    assert len(found.readings) == 7 and [each.code for each in found.problems] == ["bad_time"] * 6 and found.skipped == 1


@pytest.mark.parametrize("first", [0, 1])
def test_hours_are_numbered_from_nought_or_from_one(tmp_path: Path, first: int) -> None:
    rows = "".join(f"2026-01-01,{hour},{hour}\n" for hour in range(first, first + 24))
    found = read(written(tmp_path, f"date,hour,kWh\n2026-01-01,99,1\n{rows}"))
    assert found.of()[0] == (utc(2026, 1, 1, 0), first) and len(found.readings) == 24
    assert [each.code for each in found.problems] == ["bad_time"] and "'2026-01-01 99'" in found.problems[0].message


def test_columns_whose_heads_are_single_letters_are_all_proposed_and_their_unit_is_asked(tmp_path: Path) -> None:
    path = written(tmp_path, "time,A,B,C\n" + "".join(f"{at},1,2,3\n" for at in HOURS))
    made = proposed(path)
    assert [(each.quantity, each.meter) for each in made.profile.columns] == [("energy_kwh", name) for name in "ABC"]
    assert not sure(made, "unit") and read(path).total("B") == 48


def test_rows_without_anything_in_them_are_nothing(tmp_path: Path) -> None:
    found = read(written(tmp_path, _table(HOURS).replace("\n", "\n,\n")))
    assert len(found.readings) == 24 and not found.problems and not found.skipped


@pytest.mark.parametrize(
    "write, asked",
    [
        (lambda hour: f"20260101T{hour:02}0000Z", False),
        (lambda hour: f"2026-01-01 {hour:02}:00 UTC", False),
        (lambda hour: f"2026-01-01 {hour:02}:00 (UTC)", False),
        (lambda hour: f"{1767225600 + 3600 * hour}.0", False),
        (lambda hour: f"20260101T{hour:02}0000", True),
        (lambda hour: f"01.01.2026 {hour:02}:00 GMT", True),
        (lambda hour: f"1 Jan 2026 {hour}:00", True),
    ],
)
def test_times_of_more_writers_are_moments_where_they_say_so_and_asked_about_where_not(
    tmp_path: Path, write: Callable[[int], str], asked: bool
) -> None:
    path = written(tmp_path, _table([write(hour) for hour in range(24)]))
    made = proposed(path, "UTC")
    assert sure(made, "zone") != asked and sure(made, "format")
    assert read(path, changed(made.profile, stamp_at="start")).of()[0] == (utc(2026, 1, 1, 1), 1)


def test_years_of_two_digits_in_front_are_asked_about_and_no_years_apart(tmp_path: Path) -> None:
    path = written(tmp_path, _table([f"26-01-{day:02}" for day in range(1, 29)]))
    assert entry(proposed(path), "format").value == "%y-%m-%d" and not sure(proposed(path), "format")
    assert {each[4] for each in read(path).readings} == {86_400}


@pytest.mark.parametrize(
    "content, words",
    [
        (json.dumps([{"time": at, "kWh": 1} for at in HOURS]) + '[{"time": 1}]', "goes on"),
        (b"%PDF-1.7 \xff", "PDF"),
        (gzip.compress(b"f.csv".ljust(257, b"\0") + b"ustar" + b"\0" * 250 + TABLE), "tar"),
        (_table(HOURS[:4], ["1 kWh", "2kWh", "3 kWh", "4kWh"]), "numbers alone"),
    ],
)
def test_what_is_no_table_of_readings_is_said_to_be_what_it_is(tmp_path: Path, content: str | bytes, words: str) -> None:
    with pytest.raises(UnreadableFile, match=words):
        read(written(tmp_path, content))


def test_nuls_of_loggers_and_true_minus_signs_cost_nothing(tmp_path: Path) -> None:
    found = read(
        written(tmp_path, _table(HOURS, [*range(22), "\u22125", "\0" + "7"]).replace("2026-01-01 03", "2026-01-01\0 03"))
    )
    assert found.total() == sum(range(22)) - 5 + 7 and not found.problems


def _archive(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__MACOSX_", "__MACOSX/"), content)
    return path


def test_what_a_mac_puts_beside_a_file_in_an_archive_is_not_asked_about(tmp_path: Path) -> None:
    assert read(_archive(tmp_path / "file", a=TABLE, __MACOSX_a=b"\0\5\x16\7")).total() == 23


def test_what_is_packed_twice_has_to_be_unpacked(tmp_path: Path) -> None:
    inner = _archive(tmp_path / "inner", a=TABLE).read_bytes()
    for content in (_archive(tmp_path / "outer", b=inner).read_bytes(), gzip.compress(inner), gzip.compress(gzip.compress(TABLE)),
                    gzip.compress(b"PAR1" + b"x" * 50)):  # fmt: skip
        with pytest.raises(UnreadableFile, match="unpack it first"):
            proposed(written(tmp_path, content))


def test_an_archive_that_a_password_locks_or_of_an_unknown_packing_is_refused_in_words(tmp_path: Path) -> None:
    plain = bytearray(_archive(tmp_path / "file", a=TABLE).read_bytes())
    central = plain.rindex(b"PK\x01\x02")
    locked, strange = bytearray(plain), bytearray(plain)
    locked[6], locked[central + 8] = 1, 1
    strange[8], strange[central + 10] = 97, 97
    for content, words in ((locked, "password"), (strange, "not read")):
        with pytest.raises(UnreadableFile, match=words):
            proposed(written(tmp_path, bytes(content)))


@pytest.mark.parametrize("name", ["undefined", "rot13", "idna", "no such", "utf-8\0"])
def test_an_encoding_that_is_none_of_texts_is_refused_in_words(name: str) -> None:
    with pytest.raises(UnfitProfile, match="no encoding"):
        applied(Profile(), {"encoding": name})


@pytest.mark.parametrize(
    "entries",
    [
        {"columns": [{"place": -1, "quantity": "energy_kwh"}]},
        {"columns": [{"place": 1, "quantity": "energy_kwh", "interval_s": 10**30}]},
        {"columns": [{"place": 1, "quantity": "energy_kwh", "interval_s": 0}], "shape": "day_rows"},
        {"columns": [{"place": 1, "quantity": "energy_kwh", "interval_s": 700}], "shape": "day_rows"},
        {"columns": [{"place": 1, "quantity": "no such"}]},
        {"stamp": {"columns": []}},
        {"stamp": {"columns": [0], "hours": True}},
        {"stamp": {"columns": []}, "container": "parquet", "shape": "wide"},
        *(
            {"stamp": {"columns": [0], "format": form}}
            for form in ("%H:%M", "%Q", "%Y-%m-%d %d", "%d %b %B %Y", "%d.%m.%Y %p", "x")
        ),
        *({"delimiter": sign} for sign in ("", "ab", '"', " ", "a")),
        *({"encoding": name} for name in ("", "rot13", "no such")),
        {"stamp": {"columns": [0], "zone": "Mars/Base"}},
        {"meter_pattern": "("},
        {"decimal": ";"},
    ],
)
def test_a_profile_that_reads_no_file_is_refused_in_words(entries: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"columns": [{"place": 1, "quantity": "energy_kwh"}], "stamp": {"columns": [0]}}
    applied(profile.read(json.dumps(whole).encode()), {})
    with pytest.raises(UnfitProfile):
        applied(profile.read(json.dumps(whole | entries).encode()), {})


def test_what_a_file_says_twice_of_a_time_is_told_and_stored_once(
    device_settings: Settings, world: World, stored: Stored, tmp_path: Path
) -> None:
    said = [(f"2025-03-01T{hour:02}:00:00Z", hour) for hour in range(1, 9)]
    said += [("2025-03-01T02:00:00Z", 2), ("2025-03-01T03:00:00Z", 33)]
    file = written(tmp_path, "meter,time,kWh\n" + "".join(f"load,{at},{value}\n" for at, value in said))
    made = changed(proposed(file, "UTC").profile, stamp_at="end")
    outcome = imported(device_settings, world.site_id, file, made)
    assert outcome.count == 8 and outcome.refused == {"repeated": 1, "told_twice": 1}
    assert [(each.row, each.code) for each in outcome.examples] == [(3, "repeated"), (4, "told_twice")]
    assert "row 11" in outcome.examples[1].message and "33" in outcome.examples[1].message
    rows = stored("SELECT count(), sum(value) FROM intervals WHERE source = %s", outcome.source)
    assert rows == [(8, 1 + 2 + 33 + 4 + 5 + 6 + 7 + 8)]
