"""A report's document for spreadsheets: an Excel workbook with a sheet a table, and one CSV with all of them below each other."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import xlsxwriter

from reporting.document import CHANGE, DAY, MONEY, MONTH, NUMBER, NUMERIC, SHARE, Cell, Column, Document, Table
from store import sheets

WIDEST = 48  # letters of a column
FORMATS = {
    SHARE: "0%",
    CHANGE: '+0.0%;−0.0%;"±0%"',
    MONTH: "mmm yyyy",
    DAY: "ddd d mmm yyyy",
    MONEY: "#,##0.00",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def xlsx(document: Document) -> bytes:
    """The workbook: first what is said, then each table with numbers as numbers. No cell is a formula, whoever wrote it."""
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": f"{document.title}: {document.subject}, {document.period}", "company": "Loadstar"})
        look = _Look(book)
        _summary(book, document, look)
        for each in document.sections:
            if each.table is not None:
                _sheet(book, each.title, each.table, look)
    return file.getvalue()


def csv(document: Document) -> Iterator[str]:
    """The tables one below the other, in pieces: a line that names each, its head with units, its rows, an empty line.

    Shares and changes are parts of 1; moments are in UTC.
    """
    width = max([3, *(len(table.columns) for table in document.tables)])
    rows: list[list[sheets.Cell]] = [[document.subject, document.period]]
    rows += [[fact.name, fact.value, fact.remark] for fact in document.facts]
    for each in document.sections:
        if each.table is None:
            continue
        rows += [[], [each.title], [column.headed for column in each.table.columns]]
        rows += [[_plain(cell) for cell in row] for row in each.table.rows]
    filled = ([*row, *[""] * (width - len(row))] for row in rows)
    return sheets.written([document.title, *[""] * (width - 1)], filled)


class _Look:
    """How cells look, each way made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[str, Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.head_right = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "align": "right"})
        self.text = book.add_format({"text_wrap": True, "valign": "top"})

    def of(self, column: Column) -> Any:
        """Of the cells of a column."""
        number = "#,##0" + ("." + "0" * column.decimals if column.decimals else "")
        written = FORMATS.get(column.kind, number if column.kind == NUMBER else "@")
        if written not in self._made:
            self._made[written] = self._book.add_format({"num_format": written, "valign": "top"})
        return self._made[written]


def _summary(book: xlsxwriter.Workbook, document: Document, look: _Look) -> None:
    sheet = book.add_worksheet(_name(book, document.title))
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 2, 36)
    sheet.write_string(0, 0, document.subject, look.title)
    sheet.write_string(1, 0, document.period)
    row = 3
    for said in [*document.answer, *(says for each in document.sections for says in each.says)]:
        sheet.merge_range(row, 0, row, 2, said, look.text)
        row += 1
    row += 1
    for fact in document.facts:
        for at, said in enumerate((fact.name, fact.value, fact.remark)):
            sheet.write_string(row, at, said, look.text)
        row += 1
    sheet.write_string(row + 1, 0, document.made)


def _sheet(book: xlsxwriter.Workbook, title: str, table: Table, look: _Look) -> None:
    sheet = book.add_worksheet(_name(book, title))
    for at, column in enumerate(table.columns):
        sheet.write_string(0, at, column.headed, look.head_right if column.kind in NUMERIC else look.head)
        texts = [cell for row in table.rows if isinstance(cell := row[at], str)]
        sheet.set_column(at, at, min(WIDEST, max(16, *(len(each) + 2 for each in texts)) if texts else 16))
        for nth, row in enumerate(table.rows, 1):
            _write(sheet, nth, at, row[at], look.of(column))
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write(sheet: Any, row: int, at: int, cell: Cell, look: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, datetime):
        sheet.write_string(row, at, f"{cell:%Y-%m-%dT%H:%M:%SZ}")  # a workbook knows no zones
    elif isinstance(cell, date):
        sheet.write_datetime(row, at, datetime(cell.year, cell.month, cell.day), look)  # noqa: DTZ001 - a day, in no zone
    elif isinstance(cell, str):
        sheet.write_string(row, at, cell, look)
    else:
        sheet.write_number(row, at, cell, look)


def _name(book: xlsxwriter.Workbook, title: str) -> str:
    """The title as a sheet may be called: 31 letters, without what stands in addresses of cells, once in the workbook."""
    name = "".join(" " if letter in r"[]:*?/\'" else letter for letter in title).strip()[:31] or "–"
    taken = {each.get_name().casefold() for each in book.worksheets()}
    count = 2
    while name.casefold() in taken:
        name = f"{name[:28]} {count}"
        count += 1
    return name


def _plain(cell: Cell) -> sheets.Cell:
    return cell.isoformat() if isinstance(cell, date) and not isinstance(cell, datetime) else cell
