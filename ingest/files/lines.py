"""The rows of a text in columns: what is plain is parted by Arrow a piece at a time, all else as `ingest.files.rows` parts it.

Plain is a piece whose lines have equally many fields, and whose quotation marks, if any, stand around whole fields of a line.
"""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from ingest.files import cells, rows
from ingest.files.cells import Cells
from ingest.files.profile import Profile

PIECE = 2**21  # letters of a text that are parted at once
QUOTE, END = ord('"'), ord("\n")


def parts(path: Path, profile: Profile) -> Iterator[Cells]:
    """The rows below the heads.

    Raises:
        UnreadableFile: as `rows.text`.
    """
    before, left = 0, ""
    with rows.letters(path, profile.encoding) as text:
        while read := text.read(PIECE):
            whole, end, left = (left + read).rpartition("\n")
            whole += end
            if not whole and len(left) > rows.LONGEST_LINE:
                raise rows.endless()
            if not _closed(whole):
                yield from _others(rows.lines(text, whole + left), profile, before)
                return
            yield from _parted(whole, profile, before)
            before += whole.count("\n")
        if left:
            yield from _parted(left + "\n", profile, before)


def _parted(piece: str, profile: Profile, before: int) -> Iterator[Cells]:
    """The rows of a piece of whole lines, which begins with the row behind `before`."""
    while before < profile.header and piece:
        piece = piece.partition("\n")[2]
        before += 1
    if not piece:
        return
    found = _plain(piece.replace("\0", "") if "\0" in piece else piece, profile)
    if found is None:
        yield from _others(io.StringIO(piece), profile, before)
        return
    yield Cells(found, np.arange(before + 1, before + 1 + piece.count("\n")))


def _others(lines: Iterator[str], profile: Profile, before: int) -> Iterator[Cells]:
    found = rows.parted(lines, profile.delimiter, before)
    yield from cells.of_rows(row for row in found if row[0] > profile.header)


def _closed(piece: str) -> bool:
    """Whether no line ends within quotation marks."""
    if '"' not in piece:
        return True
    letters = np.frombuffer(piece.encode(), np.uint8)
    return not (np.cumsum(letters == QUOTE)[letters == END] % 2).any()


def _plain(piece: str, profile: Profile) -> dict[int, pa.Array] | None:
    """The columns that the profile asks for, by their places; nothing of a piece that is not plain."""
    delimiter = profile.delimiter
    if "\n\n" in piece or piece.startswith("\n"):
        return None
    quoted = '"' in piece
    blanks = f"{delimiter} " in piece or "\n " in piece or piece.startswith(" ")
    letters = piece.encode()
    if quoted and (blanks or not _around_fields(letters, ord(delimiter))):
        return None
    count = len(next(csv.reader([piece.partition("\n")[0]], delimiter=delimiter)))
    asked = [place for place in _asked(profile) if place < count]
    try:
        found = pyarrow.csv.read_csv(
            pa.BufferReader(letters),
            pyarrow.csv.ReadOptions(
                use_threads=False, block_size=len(letters) + 1, column_names=[str(place) for place in range(count)]
            ),
            pyarrow.csv.ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False, ignore_empty_lines=False),
            pyarrow.csv.ConvertOptions(
                check_utf8=False,
                column_types={str(place): pa.string() for place in asked},
                include_columns=[str(place) for place in asked],
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:  # another number of fields
        return None
    columns = {place: found.column(str(place)).combine_chunks() for place in asked}
    return {place: pc.utf8_ltrim(each, " ") for place, each in columns.items()} if blanks else columns


def _around_fields(letters: bytes, delimiter: int) -> bool:
    """Whether each quotation mark is the first or the last letter of a field."""
    every = np.frombuffer(letters, np.uint8)
    at = np.flatnonzero(every == QUOTE)
    before, behind = every[at[::2] - 1], every[at[1::2] + 1]  # before the first of all letters: the last, an end of a line
    return bool(np.isin(before, (delimiter, END)).all() and np.isin(behind, (delimiter, END)).all())


def _asked(profile: Profile) -> list[int]:
    """The places of the columns that are read."""
    stamp = profile.stamp
    single = (stamp.until, profile.unit, profile.quality, *(column.place for column in profile.columns))
    return sorted({*stamp.columns, *profile.meter, *(place for place in single if place is not None)})
