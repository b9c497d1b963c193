"""The rows that are looked at, how their fields are parted, and where the heads stand."""

import csv
import os
import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from config.language import _
from ingest.files import content, heads, rows, stamps
from ingest.files.content import UnreadableFile

SAMPLE = 5_000  # rows
SAMPLE_CELLS = 400_000  # of wide rows, of which a few tell as much
DELIMITERS = ";,\t|"
LEAST_TIMES = 4  # heads that are times, in a wide table
TAIL, TAIL_ROWS = 256 * 1024, 1_000  # of a file's end: bytes, and rows
UNKNOWN = 0  # the number of a row that was not counted to
FEW = 3  # rows, of a table that only says what the file is
_PREAMBLE = 60  # rows before the heads, at the most
MOST_SHEETS = 20  # that are looked at


def of_text(path: Path, encoding: str, delimiter: str) -> list[rows.Row]:
    """The first rows of a text and, of one that is not packed, its last ones, which are of no known number."""
    taken, is_all = _beginning(rows.text(path, encoding, delimiter))
    if is_all or content.is_packed(path) or encoding.startswith("utf-16"):
        return taken
    with path.open("rb") as file:
        file.seek(-min(TAIL, path.stat().st_size), os.SEEK_END)
        lines = file.read().decode(encoding, "replace").replace("\0", "").splitlines()[1:]  # the first one may be cut
    try:
        last = [cells for cells in csv.reader(lines[-TAIL_ROWS:], delimiter=delimiter, skipinitialspace=True) if cells]
    except csv.Error:
        last = []
    return taken + [(UNKNOWN, cells) for cells in last]


def of_sheet(path: Path, name: str) -> list[rows.Row]:
    """The first rows of a sheet and its last ones."""
    found = rows.sheet(path, name)
    taken, _is_all = _beginning(found)
    return taken + list(deque(found, TAIL_ROWS))


def sheets_of_tables(path: Path, names: Sequence[str]) -> list[str]:
    """The sheets in which a table with times stands."""
    found = []
    for name in names[:MOST_SHEETS]:
        try:
            head_of(_beginning(rows.sheet(path, name))[0])
        except UnreadableFile:
            continue
        found.append(name)
    return found


def _beginning(found: Iterator[rows.Row]) -> tuple[list[rows.Row], bool]:
    """The first rows, and whether these are all."""
    taken: list[rows.Row] = []
    cells = 0
    for row in found:
        if not any(cell.strip() for cell in row[1]):
            continue
        taken.append(row)
        cells += len(row[1])
        if len(taken) >= SAMPLE or (cells >= SAMPLE_CELLS and len(taken) > 2):
            return taken, False
    return taken, True


def delimiter_of(text: str) -> tuple[str, float]:
    """What parts the fields, and how sure that is. Raises `UnreadableFile`: there is no line."""
    lines = [line for line in text.splitlines()[:200] if line.strip()]
    if not lines:
        raise UnreadableFile(_("the file is empty: look whether it is the right one"))
    declared = re.fullmatch(r'"?sep=(.)"?', lines[0].strip())
    if declared:
        return declared[1], 1.0
    lines = lines[:-1] or lines  # the last one may be cut
    best, sure = ",", 0.0
    for each in DELIMITERS:
        counts = Counter(_bare_of_quotes(line).count(each) for line in lines)
        often, times = max(counts.items(), key=lambda item: (item[0] > 0, item[1]))
        share = times / len(lines)
        if often and share * (1 + 0.001 * often) > sure * 1.0001:
            best, sure = each, share
    return best, (1.0 if sure > 0.6 else 0.7)


def _bare_of_quotes(line: str) -> str:
    return re.sub(r'"[^"]*"', "", line)


def head_of(sample: Sequence[rows.Row]) -> int:
    """The place of the heads; of a table before the real one, of a row or two about the file, it is not them.

    Raises:
        UnreadableFile: there are no rows with times.
    """
    first = _first_head(sample)
    run = next((nth for nth, (_n, cells) in enumerate(sample[first + 1 :]) if not any(map(is_time, cells[:400]))), FEW)
    if run >= FEW or len(sample) < first + run + 2 * FEW:
        return first
    try:
        return first + run + 1 + _first_head(sample[first + run + 1 :])
    except UnreadableFile:
        return first


def _first_head(sample: Sequence[rows.Row]) -> int:
    """The place of heads that are times, or of the last row that is filled before the first of the rows with a time."""
    filled = [sum(bool(cell.strip()) for cell in cells) for _number, cells in sample]
    usual = Counter(filled).most_common(1)[0][0] if filled else 0
    last = 0
    for at, (_number, cells) in enumerate(sample[:_PREAMBLE]):
        timed = sum(map(is_time, islice(cells, 400)))
        if timed >= LEAST_TIMES:
            return at
        if filled[at] < max(2, usual // 2):
            continue
        if timed and (at + 1 >= len(sample) or last or any(map(is_time, sample[at + 1][1]))):
            return last or at
        last = at or last
        if at == 0 and not timed:
            first_is_head = sample[1:2] and any(map(is_time, sample[1][1]))
            if first_is_head:
                return 0
    raise UnreadableFile(
        _(
            "no table was found in the file: it needs a row of headings, and times in a column or in the headings (in a "
            "spreadsheet, cells that are formatted as dates)"
        )
    )


def is_time(cell: str) -> bool:
    """Whether a cell is a time, by how it is written, or begins with one and ends with another."""
    both = stamps.BOTH.fullmatch(cell)
    text = (both["since"] if both else cell).strip().strip("'")
    if not any(letter.isdigit() for letter in text) or len(text) < 6 or len(text) > 40:
        return False
    if re.fullmatch(r"[\d.,+-]+", text) and not re.fullmatch(
        r"\d{1,4}[.-]\d{1,2}[.-]\d{2,4}|20\d{6}|1\d{9}(\.\d{1,6})?|1\d{12}|1\d{15}|1\d{18}", text
    ):
        return False
    return bool(stamps.formats([text]))


def most_of(names: Sequence[str], places: Sequence[int], below: Sequence[rows.Row]) -> int | None:
    """Of columns that may name the meter, the one with the most different names; of equals, one that names nothing else."""

    def fits(at: int) -> tuple[int, bool, int]:
        return len({cells[at] for _n, cells in below if at < len(cells)}), not heads.is_vague(names[at]), at

    return max(places, key=fits, default=None)
