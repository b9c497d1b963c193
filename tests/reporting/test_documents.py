"""What a report says, and that its page, its PDF and its sheets say the same."""

import csv
import doctest
import io
import xml.etree.ElementTree as ET
from datetime import date

import msgspec
import pytest
from python_calamine import CalamineWorkbook

from insight.reports.numbers import Report
from models.report_asked import DAYS, PARTS, Asked
from reporting import compose, letter, pdf, picture, reader, sheets, telling
from reporting.document import HIGH, LOW
from reporting.reader import Reader
from tests.reporting.made_up import A_YEAR_BEFORE, BEFORE, LAST, PLAIN, day, report, total
from tests.reporting.pdf_text import text_of


def said(told: Report, of: Reader = PLAIN) -> str:
    return " ".join(telling.answer(told, of)).replace("\u00a0", " ").replace("\u202f", " ")


def test_the_examples_hold() -> None:
    for module in (reader, picture):
        ran = doctest.testmod(module)
        assert ran.attempted >= 1
        assert ran.failed == 0


def test_the_answer_says_how_much_against_what_at_what_cost_and_when_most() -> None:
    answer = said(report())
    assert answer.startswith("3 000 kWh was used in 31 days, 96.8 kWh a day.")
    assert "3.2 % less a day than in February 2026; 25 % less a day than in March 2025" in answer
    assert "It cost €900.00. It caused 600 kg of CO₂." in answer
    assert "Power was highest on Sun 29 Mar at 10:15: 41.3 kW." in answer  # by the site's clock, in summer time already
    assert "Unusually high: 9 Mar." in answer
    assert "Unusually low: 21 Mar." in answer


def test_market_based_co2_is_told_beside_that_of_the_grid_where_a_site_has_certificates() -> None:
    told = report()
    assert "market-based" not in said(told)
    assert not any("market-based" in each.words for table in compose.document(told, PLAIN).tables for each in table.columns)
    certified = msgspec.structs.replace(told.told, market_co2_kg=150.0)
    days = [msgspec.structs.replace(each, market_co2_kg=5.0) for each in told.days]
    told = msgspec.structs.replace(told, told=certified, days=days)
    assert "It caused 600 kg of CO₂. By certificates (market-based) it is 150 kg." in said(told)
    document = compose.document(told, PLAIN)
    assert "CO₂, market-based" in [each.name for each in document.facts]
    by_day = next(each for each in document.tables if each.name == "days")
    column = [each.words for each in by_day.columns].index("CO₂, market-based")
    assert {row[column] for row in by_day.rows} == {5.0}


def test_a_total_without_one_meter_says_of_how_many_it_is_and_is_compared_with_nothing() -> None:
    partly = total(30.0, meters=4, telling=3, whole=False)
    told = report(told=partly, year_before=total(40.0, *A_YEAR_BEFORE), before=total(40.0, *BEFORE))
    answer = said(told)
    assert answer.startswith("30.0 kWh of 3 of 4 meters was used in 31 days")
    assert "It is not compared with February 2026 and March 2025: too many readings are missing." in answer
    assert "25 %" not in answer
    comparison = compose.document(told, PLAIN).tables[0]
    change = [each.words for each in comparison.columns].index("Change a day")
    assert [row[change] for row in comparison.rows] == [None, None, None]


def test_a_year_is_compared_with_the_year_before_once() -> None:
    year = total(3000.0, date(2026, 1, 1), date(2026, 12, 31))
    last = total(3300.0, date(2025, 1, 1), date(2025, 12, 31))
    asked = Asked("sit_1", "year", year.first, year.last, (), PARTS)
    told = report(asked=asked, told=year, before=last, year_before=last)
    assert said(told).count("2025") == 1
    assert "9.1 % less a day than in 2025." in said(told)
    assert [row[0] for row in compose.document(told, PLAIN).tables[0].rows] == ["This report", "A year before"]


def test_what_is_earned_is_no_share_of_what_is_paid_and_a_sum_is_no_part_of_itself() -> None:
    told = compose.document(report(cost_parts={"energy": 1193.97, "export": -56.22}), PLAIN)
    cost = next(each for each in told.tables if each.name == "cost")
    assert [each.words for each in cost.columns] == ["Part", "Cost"]
    assert cost.summed
    assert cost.rows[-1] == ["Together", pytest.approx(1137.75)]
    shown = pdf.table(cost, PLAIN)
    assert [row["cells"][1]["bar"] for row in shown["rows"][:2]] == [1.0, 0.0]


def test_a_period_before_that_misses_a_meter_is_no_measure_either() -> None:
    told = report(year_before=total(3000.0, *A_YEAR_BEFORE, telling=3, whole=False))
    assert "less a day than in February 2026" in said(told)
    assert "It is not compared with March 2025" in said(told)


def test_of_nothing_a_report_says_that_there_is_nothing() -> None:
    told = report(told=total(None), days=[day(0, None)], months=[total(None)], parts=[], peak=None, cost_parts={})
    document = compose.document(told, PLAIN)
    assert document.answer == ["There is no data of these days."]
    assert (document.facts, document.tables) == ([], [])
    assert pdf.pdf(document, PLAIN).startswith(b"%PDF")


def test_notes_name_what_is_missing_estimated_unpriced_and_open() -> None:
    partly = msgspec.structs.replace(total(3000.0), priced=0.9, provisional=True, last=LAST.replace(day=20))
    notes = " ".join(telling.notes(report(told=partly), PLAIN)).replace("\u00a0", " ")
    for words in (
        "Nothing came of: Boiler.",
        "Readings are missing of: Lift (81 %).",
        "2 % of the energy is estimated by its sender.",
        "90 % of the energy has a price",
        "can come late",
        "up to 20 Mar 2026",
        "99 % of the expected readings",  # 100 only where nothing is missing
    ):
        assert words in notes


def test_only_the_parts_that_are_asked_for_are_there() -> None:
    every = [each.title for each in compose.document(report(), PLAIN).sections]
    fewer = [each.title for each in compose.document(report(), PLAIN, [each for each in PARTS if each != DAYS]).sections]
    assert [each for each in every if each not in fewer] == ["Each day"]
    assert [each.title for each in compose.document(report(), PLAIN, []).sections] == ["Day by day"]


def test_numbers_are_written_in_the_readers_way() -> None:
    german = Reader("de-DE", PLAIN.zone)
    assert said(report(), german).startswith("3.000 kWh was used in 31 days, 96,8 kWh a day.")
    assert "900,00 €" in said(report(), german)


def test_large_numbers_take_the_larger_unit_in_the_whole_column() -> None:
    document = compose.document(report(told=total(3_000_000.0), before=total(90.0)), PLAIN)
    energy = document.tables[0].columns[2]
    assert energy.unit == "MWh"
    assert [row[2] for row in document.tables[0].rows][:2] == [3000.0, 0.09]


def test_days_out_of_the_ordinary_are_marked_in_table_and_picture() -> None:
    document = compose.document(report(), PLAIN)
    days = document.tables[-1]
    assert [at for at, mark in enumerate(days.marks) if mark] == [8, 20]
    assert (days.marks[8], days.marks[20]) == (HIGH, LOW)
    chart = next(each.chart for each in document.sections if each.chart)
    drawn = ET.fromstring(picture.days(chart, PLAIN))
    tags = [each.tag.rpartition("}")[2] for each in drawn]
    assert tags.count("rect") == 30  # of 31 days one is not known
    assert tags.count("polygon") == 2
    assert tags.count("polyline") == 1
    heights = [float(each.attrib["height"]) for each in drawn if each.tag.endswith("rect")]
    assert heights[8] / heights[0] == pytest.approx(1.6, abs=0.01)


def test_the_pdf_is_whole_tagged_and_carries_the_products_font() -> None:
    document = compose.document(report(), PLAIN)
    file = pdf.pdf(document, PLAIN, "https://example.org/site/sit_1/report/rep_1")
    assert file.startswith(b"%PDF-1.7")
    assert file.rstrip().endswith(b"%%EOF")
    assert b"/StructTreeRoot" in file
    assert b"Inter" in file
    assert len(pdf.pages(document, PLAIN)) >= 2


def test_the_pdf_says_every_sentence_and_every_cell() -> None:
    document = compose.document(report(), PLAIN)
    said = text_of(pdf.pdf(document, PLAIN))
    told = [*document.answer, *(each.value for each in document.facts), *document.sections[-1].says]
    cells = [
        PLAIN.cell(cell, column)
        for each in document.tables
        for row in each.rows
        for cell, column in zip(row, each.columns, strict=True)
    ]
    assert len(cells) > 200
    missing = [each for each in [*told, *cells] if " ".join(each.replace("CO₂", "CO2").split()) not in said]
    assert missing == []


def test_what_people_typed_is_never_read_as_markup_or_as_a_formula() -> None:
    wild = '#panic("no") *x* $y$ \\ " <script> ▲ 北京'
    document = compose.document(report(site=wild, subjects=["=1+1", '@SUM(1)"']), PLAIN)
    assert pdf.pdf(document, PLAIN).startswith(b"%PDF")
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheets.xlsx(document)))
    assert book.get_sheet_by_index(0).to_python()[0][0].startswith(f"{wild} · =1+1")
    rows = list(csv.reader(io.StringIO("".join(sheets.csv(compose.document(report(), PLAIN))).lstrip("\ufeff"))))
    assert rows[1][0] == "'=Works; North"
    assert not [cell for row in rows for cell in row if cell[:1] in "=@" and cell]


def test_the_workbook_has_numbers_as_numbers_a_sheet_a_table() -> None:
    document = compose.document(report(), PLAIN)
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheets.xlsx(document)))
    assert book.sheet_names == [document.title, *(each.title for each in document.sections if each.table)]
    days = book.get_sheet_by_name("Each day").to_python()
    assert days[0][:3] == ["Day", "Energy, kWh", "Usual, kWh"]
    assert days[1][0].isoformat() == "2026-03-01"
    assert [row[1] for row in days[1:]] == [each.kwh if each.kwh is not None else "" for each in report().days]


def test_the_csv_has_every_table_with_its_numbers_whole() -> None:
    document = compose.document(report(), PLAIN)
    rows = list(csv.reader(io.StringIO("".join(sheets.csv(document)).lstrip("\ufeff"))))
    assert len({len(row) for row in rows}) == 1
    titles = [row[0] for row in rows]
    assert all(each.title in titles for each in document.sections if each.table)
    hall = rows[titles.index("Hall")]
    assert float(hall[1]) == 2000.0
    assert float(hall[2]) == pytest.approx(2 / 3)


def test_the_letter_says_it_in_short_and_leads_to_the_report_and_away_from_it() -> None:
    document = compose.document(report(), PLAIN)
    assert letter.subject(document) == "=Works; North: March 2026"
    text = letter.text(document, "https://example.org/r", "https://example.org/reports")
    assert "was used in 31 days" in text
    assert "https://example.org/r" in text
    assert letter.file_name(document) == "works-north-march-2026.pdf"


def test_a_report_is_read_back_as_it_was_kept() -> None:
    kept = msgspec.json.decode(msgspec.json.encode(report()))
    assert msgspec.convert(kept, Report) == report()
    assert len(msgspec.json.encode(report())) < 20_000
