"""A report's document as a PDF: typeset by Typst, with the product's font and colours, tagged for screen readers."""

import functools
from pathlib import Path
from typing import Any

import orjson
import typst

from config import language
from config.language import _
from reporting import picture
from reporting.document import MONEY, NUMERIC, Cell, Document, Table
from reporting.palette import mark, palette
from reporting.reader import Reader

HERE = Path(__file__).parent


def pdf(document: Document, reader: Reader, link: str = "") -> bytes:
    """The file; `link` is where the report is kept."""
    made = _compiled(document, reader, link, "pdf")
    assert isinstance(made, bytes)  # noqa: S101 - one file, however many pages
    return made


def pages(document: Document, reader: Reader, link: str = "") -> list[bytes]:
    """Its pages as PNG, to be looked at."""
    made = _compiled(document, reader, link, "png")
    return made if isinstance(made, list) else [made]


def _compiled(document: Document, reader: Reader, link: str, kind: Any) -> bytes | list[bytes]:
    told = orjson.dumps(_told(document, reader, link)).decode()
    made = typst.compile(
        HERE / "report.typ",
        root=HERE,
        font_paths=_fonts(),
        format=kind,
        sys_inputs={"document": told},
    )
    assert made is not None  # noqa: S101 - no file was named
    return made


@functools.cache
def _fonts() -> typst.Fonts:
    """Inter, and what the machine has for the letters that it lacks."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=False, font_paths=[HERE / "fonts"])


def _told(document: Document, reader: Reader, link: str) -> dict[str, Any]:
    """All that the template shows, as JSON."""
    return {
        "colours": palette(),
        "language": language.spoken(),
        "mark": mark(),
        "title": document.title,
        "subject": document.subject,
        "period": document.period,
        "answer": document.answer,
        "facts": document.facts,
        "made": document.made,
        "link": link,
        "link-says": _("The report as it was made:"),
        "sections": [
            {
                "title": each.title,
                "says": each.says,
                "remark": each.remark,
                "chart": {"says": each.chart.says, "svg": picture.days(each.chart, reader)} if each.chart else None,
                "table": table(each.table, reader) if each.table else None,
            }
            for each in document.sections
        ],
    }


def table(of: Table, reader: Reader) -> dict[str, Any]:
    """A table as the template takes it: what is said in each cell, and how long its bar is (0..1)."""
    columns = [
        {
            "words": each.words if each.kind == MONEY else each.headed,  # money says its currency in each cell
            "numeric": each.kind in NUMERIC,
            "drawn": each.bar,
        }
        for each in of.columns
    ]
    most = [_most(of, at) if each.bar else 0.0 for at, each in enumerate(of.columns)]
    marks = of.marks or [""] * len(of.rows)
    rows = [
        {
            "mark": mark,
            "cells": [
                {"said": reader.cell(cell, column), "bar": _share(cell, greatest)}
                for cell, column, greatest in zip(row, of.columns, most, strict=True)
            ],
        }
        for row, mark in zip(of.rows, marks, strict=True)
    ]
    return {"columns": columns, "rows": rows, "summed": of.summed}


def _most(table: Table, at: int) -> float:
    """The greatest number of a column; the last row of a sum is none of them."""
    rows = table.rows[:-1] if table.summed else table.rows
    numbers = [abs(cell) for row in rows if isinstance(cell := row[at], int | float)]
    return max(numbers, default=0.0)


def _share(cell: Cell, most: float) -> float | None:
    return max(0.0, min(cell / most, 1.0)) if most > 0 and isinstance(cell, int | float) else None
