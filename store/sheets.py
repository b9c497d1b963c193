"""Tables as CSV files, read from spreadsheets and written for them.

A spreadsheet runs what begins like a formula, whoever wrote it, and a cell begins wherever its reader's separator stands:
what looks like a formula gets an apostrophe in front at a text's start and after each separator or line break within it,
and loses it again when it is read (https://owasp.org/www-community/attacks/CSV_Injection). Every cell is quoted.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from config.language import _
from store.errors import Refused

# Where a cell may begin, for one who separates by something else; and what a formula begins with.
_START, _WITHIN = r"(?=[ \u00a0]*'*[=+\-@＝＋－＠\t\r\n])", r"(?=[ \u00a0]*'*[=+\-@＝＋－＠])"
_RISKY = re.compile(rf"(^){_START}|([,;|\t\r\n]){_WITHIN}")
_SAFE = re.compile(rf"(^)'{_START}|([,;|\t\r\n])'{_WITHIN}")
Cell = str | int | float | bool | datetime | None


def cell(value: Cell) -> str:
    """A value as it stands in a file: texts made safe, moments in UTC, nothing for none.

    >>> cell("=SUM(A1)"), cell("Eve;=1+1"), cell(-2.5), cell(None)
    ("'=SUM(A1)", "Eve;'=1+1", '-2.5', '')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, int | float):
        return repr(value)
    return _RISKY.sub(r"\1\2'", value)


def plain(text: str) -> str:
    """What a text was before `cell` made it safe, composed (NFC), without spaces around it.

    >>> plain("'=SUM(A1)"), plain("'s-Hertogenbosch")
    ('=SUM(A1)', "'s-Hertogenbosch")
    """
    return _SAFE.sub(r"\1\2", unicodedata.normalize("NFC", text).strip())


def written(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """The file, in pieces of some lines: a head and the rows, with a mark by which spreadsheets know that it is UTF-8."""
    page = io.StringIO()
    page.write("\ufeff")
    writer = csv.writer(page, quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(value) for value in row])
        if page.tell() > 2**16:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def read(text: str, columns: Sequence[str], needed: Sequence[str], most: int) -> list[tuple[int, Mapping[str, str]]]:
    """The lines of a file, each with its number as an editor counts them, and its cells by column; empty lines left out.

    Commas, semicolons and tabs separate cells. Columns may stand in any order, and only the needed ones must be there.

    Raises:
        Refused: a column is missing, unknown or there twice, a line has too many cells, or there are too many lines.
    """
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = [name.strip().casefold() for name in next(reader, [])]
        _check_head(names, columns, needed)
        rows: list[tuple[int, Mapping[str, str]]] = []
        for cells in reader:
            if not any(each.strip() for each in cells):
                continue
            if len(cells) > len(names):
                raise Refused(
                    _(
                        "line %(line)s has %(cells)s cells, and the head %(columns)s: quote texts that hold a separator",
                        line=reader.line_num,
                        cells=len(cells),
                        columns=len(names),
                    )
                )
            if len(rows) == most:
                raise Refused(_("a file may have %(most)s lines: make two of it", most=f"{most:,}"))
            rows.append((reader.line_num, {name: plain(each) for name, each in zip(names, cells, strict=False)}))
    except csv.Error as problem:
        raise Refused(
            _(
                "line %(line)s cannot be read (%(problem)s): save the file as CSV, UTF-8",
                line=reader.line_num,
                problem=problem,
            )
        ) from problem
    return rows


def _check_head(names: Sequence[str], columns: Sequence[str], needed: Sequence[str]) -> None:
    unknown = [name for name in names if name not in columns]
    if unknown:
        raise Refused(
            _(
                "no column %(unknown)s: the first line names columns, each one of %(columns)s",
                unknown=f"{unknown[0]!r}",
                columns=", ".join(columns),
            )
        )
    if len(set(names)) < len(names):
        raise Refused(_("a column stands in the file twice: leave one out"))
    missing = [name for name in needed if name not in names]
    if missing:
        raise Refused(_("the column %(missing)s is missing: the first line names the columns", missing=f"{missing[0]!r}"))
