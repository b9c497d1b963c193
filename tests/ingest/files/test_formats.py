# ruff: noqa: E501 - documents as they are
"""Formats that say themselves what they hold, and tables that are no text."""

import gzip
import json
import math
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest

from ingest.files.content import UnreadableFile
from ingest.files.detect import detect
from ingest.files.profile import UnfitProfile
from tests.ingest.files.reading import changed, close, entry, proposed, read, sure, utc, written

NEM12 = """100,NEM12,200404201300,MDA1,Ret1
200,NMI1,E1B1,001,E1,N1,M1,kWh,30,
300,20040417,{values},V,,,20040418203500,
400,1,20,F14,76,
400,21,24,A,,
400,25,48,S14,1,
200,NMI1,E1B1,002,B1,N1,M1,kwh,30,
300,20041031,{values},A,,,20040418203500,
900
"""


def test_nem12_keeps_the_quality_of_each_part_and_never_saves_daylight(tmp_path: Path) -> None:
    found = read(written(tmp_path, NEM12.format(values=",".join(["0.5"] * 48))))
    assert len(found.readings) == 96 and found.total("NMI1 B1", "energy_export_kwh") == 24.0
    assert [each[6] for each in found.readings[:48]] == ["S"] * 20 + ["A"] * 4 + ["S"] * 24
    assert found.readings[0][3] == utc(2004, 4, 16, 14, 30) and found.readings[-1][3] == utc(2004, 10, 31, 14)


def test_nem12_of_the_wrong_number_of_values_is_refused_with_both_numbers(tmp_path: Path) -> None:
    found = read(written(tmp_path, NEM12.replace(",kWh,30", ",kWh,15").format(values=",".join(["0.5"] * 48))))
    assert [(each.row, each.code) for each in found.problems] == [(3, "bad_row")]
    assert "48" in found.problems[0].message and "96" in found.problems[0].message
    assert len(found.readings) == 48


def _mscons(una: str, values: list[tuple[str, str]]) -> str:
    parts = [f"{una}UNB+UNOC:3+1:500+2:500+191215:0430+x'UNH+1+MSCONS:D:04B:UN:2.2e'LOC+172+DE1'LIN+1'PIA+5+1-1?:1.29.0:SRW'"]
    for nth, (kind, value) in enumerate(values):
        start, end = (f"20151201{(15 * each) // 60:02}{15 * each % 60:02}?+01:303" for each in (nth, nth + 1))
        parts.append(f"QTY+{kind}:{value}'DTM+163:{start}'DTM+164:{end}'")
    return "".join(parts) + "UNT+3+1'UNZ+1+x'"


@pytest.mark.parametrize("una, value", [("UNA:+,? '", "12,345"), ("UNA:+.? '", "12.345"), ("", "12.345")])
def test_mscons_reads_the_decimal_sign_that_it_declares(tmp_path: Path, una: str, value: str) -> None:
    found = read(written(tmp_path, _mscons(una, [("220", "0"), ("67", value), ("220", "1")])))
    assert [each[5] for each in found.readings] == [0.0, 12.345, 1.0]
    assert [each[6] for each in found.readings] == ["A", "S", "A"]
    assert found.readings[0][3:5] == (utc(2015, 11, 30, 23, 15), 900)


P1 = """/ISk5\\2MT382-1000

1-3:0.2.8(50)
0-0:1.0.0(170102192002W)
0-0:96.1.1(4B384547303034303436333935353037)
1-0:1.8.1(000004.426*kWh)
1-0:1.8.2(000002.399*kWh)
1-0:2.8.1(000002.444*kWh)
1-0:2.8.2(000000.000*kWh)
1-0:1.7.0(00.244*kW)
1-0:2.7.0(00.000*kW)
1-0:32.7.0(broken*V)
0-1:24.2.1(632525252525S)(00000.000)
!6EEE
"""


def test_a_p1_telegram_survives_a_field_that_cannot_be_read(tmp_path: Path) -> None:
    found = read(written(tmp_path, P1))
    said = {each[1]: (each[5], each[3]) for each in found.readings}
    at = utc(2017, 1, 2, 18, 20, 2)
    assert said == {"energy_total_kwh": (6.825, at), "energy_export_total_kwh": (2.444, at), "power_kw": (0.244, at)}
    assert {each[0] for each in found.readings} == {"K8EG004046395507"}
    assert [(each.row, each.code) for each in found.problems] == [(12, "not_a_number"), (13, "bad_time")]


def test_half_a_register_of_two_tariffs_is_none(tmp_path: Path) -> None:
    for broken in ("000004.426*kWh", "000002.399*kWh"):
        found = read(written(tmp_path, P1.replace(broken, "0000x*kWh")))
        assert {each[1] for each in found.readings} == {"energy_export_total_kwh", "power_kw"}


def _espi(uom: int, power: int, value: int, *, before: str = "") -> str:
    link = "https://x/UsagePoint/7"
    return f"""{before}<feed xmlns="http://www.w3.org/2005/Atom" xmlns:e="http://naesb.org/espi">
<entry><link rel="self" href="{link}"/><content><e:UsagePoint/></content></entry>
<entry><link rel="self" href="{link}/MeterReading/1"/><link rel="related" href="{link}/MeterReading/1/IntervalBlock"/>
<link rel="related" href="https://x/ReadingType/4"/><content><e:MeterReading/></content></entry>
<entry><link rel="self" href="https://x/ReadingType/4"/><content><e:ReadingType><e:accumulationBehaviour>4</e:accumulationBehaviour>
<e:powerOfTenMultiplier>{power}</e:powerOfTenMultiplier><e:uom>{uom}</e:uom></e:ReadingType></content></entry>
<entry><link rel="self" href="{link}/MeterReading/1/IntervalBlock/1"/><content><e:IntervalBlock>
<e:IntervalReading><e:timePeriod><e:duration>900</e:duration><e:start>1299387600</e:start></e:timePeriod><e:value>{value}</e:value>
<e:ReadingQuality><e:quality>8</e:quality></e:ReadingQuality></e:IntervalReading></e:IntervalBlock></content></entry></feed>"""


@pytest.mark.parametrize("uom, power, kwh", [(72, 0, 1.790), (31, -3, 1.790 / 3.6e6), (169, -3, 1.790 * 29.3071)])
def test_green_button_units_and_powers_of_ten(tmp_path: Path, uom: int, power: int, kwh: float) -> None:
    found = read(written(tmp_path, _espi(uom, power, 1790)))
    ((meter, quantity, unit, end, seconds, value, quality, _row),) = found.readings
    assert (meter, quantity, unit, end, seconds, quality) == ("7", "energy_kwh", "", utc(2011, 3, 6, 5, 15), 900, "S")
    assert close(value, kwh)


def test_a_green_button_unit_of_something_else_is_refused_by_name(tmp_path: Path) -> None:
    found = read(written(tmp_path, _espi(119, 0, 1)))
    assert (
        not found.readings and [each.code for each in found.problems] == ["unknown_unit"] and "119" in found.problems[0].message
    )


def test_xml_that_declares_entities_is_not_read(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE feed [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
    with pytest.raises(UnreadableFile, match="document type"):
        read(written(tmp_path, _espi(72, 0, 1, before=bomb)))


def test_json_of_meters_within_a_document_bears_what_its_owners_say(tmp_path: Path) -> None:
    values = [{"date": f"2026-01-21 00:{15 * nth:02}:00", "value": nth} for nth in range(4)] + [{"date": "2026-01-21 01:00:00"}]
    document = {
        "energyDetails": {"unit": "Wh", "meters": [{"type": "FeedIn", "values": values}, {"type": "Purchased", "values": values}]}
    }
    found = read(written(tmp_path, json.dumps(document)))
    assert found.total("FeedIn") == 6 and found.readings[0][2] == "Wh" and found.gaps == 2


@pytest.mark.parametrize("shape", ["list", "lines", "columns"])
def test_json_lists_lines_and_columns_are_the_same_readings(tmp_path: Path, shape: str) -> None:
    records: list[dict[str, Any]] = [{"meter": "A", "time": 1735689600 + 900 * nth, "kWh": str(nth)} for nth in range(5)]
    text = {
        "list": json.dumps(records),
        "lines": "\n".join(map(json.dumps, records)),
        "columns": json.dumps({"time": [each["time"] for each in records], "kWh": [each["kWh"] for each in records]}),
    }[shape]
    found = read(written(tmp_path, text))
    assert found.total() == 10 and found.of()[0][0] in (utc(2025, 1, 1), utc(2025, 1, 1, 0, 15))


@pytest.mark.parametrize("text", ['[{"time": 1}, {"v": NaN}]', '{"a": [1, 2', "[" * 3000, '[{"time":1},'])
def test_json_that_is_damaged_or_too_deep_is_refused_in_words(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFile):
        read(written(tmp_path, text))


def _parquet(tmp_path: Path, **columns: Any) -> Path:
    pyarrow.parquet.write_table(pa.table(columns), tmp_path / "file")
    return tmp_path / "file"


def test_parquet_with_a_zone_holds_moments(tmp_path: Path) -> None:
    at = pa.array([1691254800_000_000, 1691258400_000_000], pa.timestamp("us", tz="America/Chicago"))
    path = _parquet(tmp_path, time=at, kWh=[1.0, 2.0])
    assert sure(proposed(path), "zone")
    assert read(path).of() == [(utc(2023, 8, 5, 17), 1.0), (utc(2023, 8, 5, 18), 2.0)]


def test_parquet_without_a_zone_is_a_wall_clock_and_asked_about(tmp_path: Path) -> None:
    at = pa.array([1691236800_000_000_000, 1691240400_000_000_000], pa.timestamp("ns"))
    path = _parquet(tmp_path, time=at, kWh=[1.0, None])
    made = proposed(path, "America/Chicago")
    assert not sure(made, "zone")
    found = read(path, made.profile)
    assert found.of() == [(utc(2023, 8, 5, 17), 1.0)] and found.gaps == 1


@pytest.mark.parametrize("factor, form", [(1, "epoch_s"), (1000, "epoch_ms"), (10**9, "epoch_ns")])
def test_integers_in_parquet_say_their_unit(tmp_path: Path, factor: int, form: str) -> None:
    path = _parquet(tmp_path, time=[1691254800 * factor, 1691258400 * factor], kWh=[1.0, 2.0])
    assert entry(proposed(path), "format").value == form
    assert read(path).of()[0][0] == utc(2023, 8, 5, 17)


def test_an_empty_and_a_cut_parquet_are_refused_in_words(tmp_path: Path) -> None:
    path = _parquet(tmp_path, time=pa.array([], pa.timestamp("us")), kWh=pa.array([], pa.float64()))
    with pytest.raises(UnreadableFile, match="no rows"):
        proposed(path)
    with pytest.raises(UnreadableFile, match="damaged"):
        proposed(written(tmp_path, path.read_bytes()[:40]))


def test_gzip_and_zip_of_one_file_are_unpacked_and_bombs_are_not(tmp_path: Path) -> None:
    text = b"time,kWh\n" + b"".join(b"2025-01-01 %02d:00,1\n" % hour for hour in range(1, 24))
    assert read(written(tmp_path, gzip.compress(text))).total() == 23
    with zipfile.ZipFile(tmp_path / "one", "w") as archive:
        archive.writestr("a.csv", text)
    assert read(tmp_path / "one").total() == 23
    with zipfile.ZipFile(tmp_path / "two", "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text)
    with pytest.raises(UnreadableFile, match=r"2 files \(a.csv, b.csv\)"):
        proposed(tmp_path / "two")
    bomb = written(tmp_path, gzip.compress(text + b" " * (300 * 2**20)), "bomb")
    with pytest.raises(UnreadableFile, match="far more"):
        read(bomb)
    with pytest.raises(UnreadableFile, match="damaged"):
        proposed(written(tmp_path, gzip.compress(text)[:60], "cut"))


def _sheet(path: Path, rows: str, **more: str) -> Path:
    sheets = {"Data": rows} | more
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            + "".join(f'<sheet name="{name}" sheetId="{nth}" r:id="r{nth}"/>' for nth, name in enumerate(sheets, 1))
            + "</sheets></workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="s" Type="{office}/styles" Target="styles.xml"/>'
            + "".join(
                f'<Relationship Id="r{nth}" Type="{office}/worksheet" Target="worksheets/sheet{nth}.xml"/>'
                for nth in range(1, len(sheets) + 1)
            )
            + "</Relationships>",
        )
        book.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>',
        )
        for nth, each in enumerate(sheets.values(), 1):
            book.writestr(f"xl/worksheets/sheet{nth}.xml", f'<worksheet xmlns="{main}"><sheetData>{each}</sheetData></worksheet>')
    return path


def _text(said: str) -> str:
    return f'<c t="inlineStr"><is><t>{said}</t></is></c>'


def _hours(values: Sequence[float]) -> str:
    rows = f"<row r='1'>{_text('Meter')}{_text('Time')}{_text('kWh')}</row>"
    for nth, value in enumerate(values):
        rows += f"<row r='{nth + 2}'>{_text('A')}<c s='1'><v>{45658 + (nth + 1) / 24}</v></c><c><v>{value}</v></c></row>"
    return rows


def test_which_sheet_holds_the_readings_is_found_or_asked(tmp_path: Path) -> None:
    remarks = f"<row r='1'>{_text('Exported for')}{_text('somebody')}</row>"
    one = proposed(_sheet(tmp_path / "file", remarks, Hours=_hours([1, 2, 3, 4])))
    assert one.profile.sheet == "Hours" and sure(one, "sheet") and read(tmp_path / "file", one.profile).total("A") == 10
    path = _sheet(tmp_path / "two", _hours([1, 2, 3, 4]), Remarks=remarks, Also=_hours([5, 6, 7, 8]))
    assert not sure(proposed(path), "sheet") and entry(proposed(path), "sheet").choices == ("Data", "Remarks", "Also")
    said = detect(path, "UTC", {"sheet": "Also"})
    assert sure(said, "sheet") and read(path, said.profile).total("A") == 26
    with pytest.raises(UnreadableFile, match="no sheet Nowhere: there are Data, Remarks, Also"):
        detect(path, "UTC", {"sheet": "Nowhere"})


def test_nem13_is_said_to_be_none_of_intervals(tmp_path: Path) -> None:
    path = written(
        tmp_path, "100,NEM13,200404201300,MDA1,Ret1\n250,1234567890,11,11,11,N1,METSER66,E,0,20040401,A,,,0,20040501,A\n900\n"
    )
    with pytest.raises(UnreadableFile, match="NEM12"):
        proposed(path)


def test_a_spreadsheet_of_serial_days_below_a_preamble(tmp_path: Path) -> None:
    rows = f"<row r='1'>{_text('Exported for')}</row><row r='3'>{_text('Meter')}{_text('Time')}{_text('kWh')}</row>"
    for nth in range(4):
        rows += f"<row r='{nth + 4}'>{_text('A')}<c s='1'><v>{45658 + (nth + 1) / 24}</v></c><c><v>{nth + 0.5}</v></c></row>"
    path = _sheet(tmp_path / "file", rows)
    made = proposed(path)
    assert made.profile.container == "sheet"
    found = read(path, changed(made.profile, stamp_zone="UTC", stamp_at="end"))
    assert found.total("A") == 8.0 and found.of()[0][0] == utc(2025, 1, 1, 1) and found.readings[0][7] == 4


def test_what_only_looks_like_a_spreadsheet_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile):
        proposed(written(tmp_path, b"PK\x03\x04 this is no archive"))
    with pytest.raises(UnreadableFile):
        proposed(written(tmp_path, b"\xd0\xcf\x11\xe0" + b"\x01" * 600))


@pytest.mark.parametrize("seed", range(60))
def test_damaged_files_of_every_kind_are_read_in_part_or_refused_in_words(tmp_path: Path, seed: int) -> None:
    luck = random.Random(seed)
    whole = luck.choice(
        [
            NEM12.format(values=",".join(["0.5"] * 48)),
            _mscons("UNA:+,? '", [("220", "1,5")] * 20),
            P1,
            _espi(72, 0, 1790),
            json.dumps([{"meter": "A", "time": 1735689600 + 900 * nth, "kWh": nth} for nth in range(9)]),
            "sep=;\nmeter;time;kWh\n" + "".join(f"A;2025-01-01 {hour:02}:00;{hour},5\n" for hour in range(24)),
        ]
    )
    damaged = bytearray(whole.encode())
    for _time in range(luck.randrange(1, 30)):
        at = luck.randrange(len(damaged))
        match luck.randrange(3):
            case 0:
                damaged[at] = luck.randrange(256)
            case 1:
                del damaged[at : at + luck.randrange(1, 50)]
            case _:
                damaged[at:at] = bytes(luck.choices(b",;\n\r\"'{}[]<>0123456789:-+?", k=luck.randrange(1, 9)))
        damaged = damaged or bytearray(b"x")
    try:
        found = read(written(tmp_path, bytes(damaged)))
    except (UnreadableFile, UnfitProfile) as refused:
        assert str(refused)
    else:
        assert all(math.isfinite(each[5]) for each in found.readings)
