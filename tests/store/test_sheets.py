"""Files for spreadsheets: nothing in them runs, and what was written is read again."""

import re
from datetime import UTC, datetime

import pytest

from store import sheets
from store.errors import Refused

COLUMNS = ("name", "size", "note")


@pytest.mark.parametrize("evil", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "=cmd|' /C calc'!A0", "＝1"])
def test_a_text_that_a_spreadsheet_would_run_is_made_safe_and_read_as_it_was(evil: str) -> None:
    assert sheets.cell(evil).startswith("'")
    assert sheets.cell(f" {evil}").startswith("'")
    [(_, row)] = sheets.read("".join(sheets.written(COLUMNS, [[evil, None, "x"]])), COLUMNS, ("name",), 10)
    assert row == {"name": evil, "size": "", "note": "x"}


@pytest.mark.parametrize("separator", [",", ";", "|", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("formula", ["=1+1", " =1+1", "@SUM(A1)", "＝1", "'=1", "-2"])
def test_no_cell_is_a_formula_whatever_separates_cells_where_it_is_opened(formula: str, separator: str) -> None:
    name = f"Eve{separator}{formula}"
    text = "".join(sheets.written(COLUMNS, [[name, None, f"'{formula.strip()}"]]))
    assert not re.search(r"[,;|\t\r\n]\"?\s*[=+@＝-]", text.partition("\n")[2])
    assert text.startswith('\ufeff"name","size","note"\r\n"Eve')
    [(_, row)] = sheets.read(text, COLUMNS, ("name",), 10)
    assert (row["name"], row["note"]) == (name, f"'{formula.strip()}")


def test_numbers_moments_and_answers_stay_what_they_are() -> None:
    assert sheets.cell(-2.5) == "-2.5"
    assert sheets.cell(True) == "yes"
    assert sheets.cell(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00Z"


def test_a_file_may_be_separated_as_spreadsheets_do_and_its_columns_stand_in_any_order() -> None:
    for separator in ",;\t":
        text = f'\ufeffNote{separator}Name\r\n\r\n{separator}\r\n"a{separator}b"{separator}O\'Brien\r\n'
        assert sheets.read(text, COLUMNS, ("name",), 10) == [(4, {"note": f"a{separator}b", "name": "O'Brien"})]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing"),
        ("size\n1", "'name' is missing"),
        ("name,colour\na,b", "no column 'colour'"),
        ("name,name\na,b", "twice"),
        ("name\na,b", "line 2 has 2 cells"),
        ('name\n"a', "line 2"),
        ("name\na\nb\nc", "2 lines"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        sheets.read(text, COLUMNS, ("name",), 2)


def test_a_long_file_comes_in_pieces() -> None:
    pieces = list(sheets.written(COLUMNS, ([f"name {n}", n, None] for n in range(20_000))))
    assert len(pieces) > 3
    assert "".join(pieces).count("\n") == 20_001
