"""A text that is parted in columns holds the rows that it holds row by row, whatever stands in it."""

from pathlib import Path

import numpy as np
import pytest

from ingest.files import lines, rows
from ingest.files.content import UnreadableFile
from ingest.files.profile import Column, Profile, Stamp
from tests.ingest.files.reading import written

PLAIN = "".join(f"load,2025-01-01 {hour:02}:00,{hour}.5,kWh\n" for hour in range(24))
TEXTS = {
    "plain": PLAIN,
    "no end of the last line": PLAIN.removesuffix("\n"),
    "windows": PLAIN.replace("\n", "\r\n"),
    "old macintosh": PLAIN.replace("\n", "\r"),
    "mixed ends": PLAIN.replace("\n", "\r\n", 5).replace("5,kWh\n", "5,kWh\r"),
    "quoted": "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\n" for line in PLAIN.splitlines()),
    "a separator in quotation marks": PLAIN.replace("load", '"load, north"'),
    "a quotation mark within": PLAIN.replace("load", '5" pipe'),
    "two quotation marks within": PLAIN.replace("load", '"the ""old"" load"'),
    "a formula": PLAIN.replace("load", '="541448"'),
    "a line's end in quotation marks": PLAIN.replace("load", '"load\nnorth"', 3),
    "a quotation mark that is never closed": PLAIN + '"load,2025-01-02 00:00,1,kWh\n',
    "blanks behind separators": PLAIN.replace(",", ", "),
    "blanks before quotation marks": PLAIN.replace(",2025", ', "2025').replace(":00,", ':00",'),
    "blanks at the beginning": " " + PLAIN.replace("\n", "\n  "),
    "empty lines": PLAIN.replace("\n", "\n\n", 7) + "\n\n",
    "an empty first line": "\n" + PLAIN,
    "nothing but blanks": PLAIN + "   \n" + PLAIN,
    "a short row": PLAIN + "Total\n" + PLAIN,
    "a long row": PLAIN + "load,2025-01-02 00:00,1,kWh,,,\n",
    "separators behind each row": PLAIN.replace("\n", ",,\n"),
    "a nul": PLAIN.replace("load", "lo\0ad", 4) + "\0\0\n",
    "letters of all kinds": PLAIN.replace("load", "Bâtiment Nº 5 – 電力 \u2028 x"),
    "a preamble": "Exported by\nx,y\n\n" + PLAIN,
}


def _read(path: Path, profile: Profile) -> list[tuple[int, list[str]]]:
    wanted = [0, 1, 2, 3]
    found = []
    for part in lines.parts(path, profile):
        columns = [part.texts(place).to_pylist() for place in wanted]
        found += list(zip(part.row.tolist(), map(list, zip(*columns, strict=True)), strict=True))
    return found


@pytest.mark.parametrize("piece", [40, 300, 2**21])
@pytest.mark.parametrize("header", [0, 1, 4])
@pytest.mark.parametrize("name", TEXTS)
def test_in_columns_stand_the_rows_that_stand_there(
    tmp_path: Path, name: str, header: int, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "PIECE", piece)
    columns = (Column(2, "energy_kwh", "", 3600),)
    profile = Profile(header=header, stamp=Stamp((1,)), meter=(0,), unit=3, columns=columns)
    for encoding in ("utf-8", "utf-16-le"):
        path = written(tmp_path, TEXTS[name].encode(encoding))
        profile = Profile(encoding=encoding, header=header, stamp=Stamp((1,)), meter=(0,), unit=3, columns=columns)
        wanted = [(number, [*cells, "", "", "", ""][:4]) for number, cells in rows.rows(path, profile)]
        assert _read(path, profile) == wanted and len(wanted) >= 20


def test_a_text_of_another_encoding_is_refused_in_words(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN.encode() + b"\xff\xfe")
    with pytest.raises(UnreadableFile, match="save it as UTF-8"):
        _read(path, Profile(stamp=Stamp((1,)), columns=(Column(2, "energy_kwh"),)))


def test_a_line_that_never_ends_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "LONGEST_LINE", 1000)
    monkeypatch.setattr(lines, "PIECE", 500)
    profile = Profile(stamp=Stamp((1,)), columns=(Column(2, "energy_kwh"),))
    for text in (PLAIN + "x" * 5000, PLAIN + '"' + "x" * 5000, "x" * 5000):
        with pytest.raises(UnreadableFile, match="does not end"):
            _read(written(tmp_path, text), profile)


def test_row_numbers_are_whole(tmp_path: Path) -> None:
    parts = list(lines.parts(written(tmp_path, PLAIN), Profile(header=1, stamp=Stamp((1,)), columns=(Column(2, "energy_kwh"),))))
    assert np.concatenate([part.row for part in parts]).tolist() == list(range(2, 25))
