"""The rows of a table, whatever it is kept in: texts of cells, and the number of the row as people count it.

One row at a time: what a file holds never stands in memory whole, but for a spreadsheet's sheet and a JSON document.
"""

import codecs
import csv
import io
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from config.language import _
from ingest.files.content import UnreadableFile, opened
from ingest.files.profile import Profile
from ingest.files.wording import ECHO

Row = tuple[int, list[str]]

LONGEST_CELL = 2**20
LONGEST_INTEGER = 400  # digits: no double has more before its point
LONGEST_LINE = 2**26  # letters: far more than a row of a year of minutes has
DOCUMENT = 128 * 2**20  # bytes of a JSON document that is one object
DEEPEST = 20


def rows(path: Path, profile: Profile) -> Iterator[Row]:
    """The rows below the heads.

    Raises:
        UnreadableFile: the file is damaged, or not of the encoding or the kind that the profile says.
    """
    match profile.container:
        case "text":
            return _below(text(path, profile.encoding, profile.delimiter), profile)
        case "sheet":
            return _below(sheet(path, profile.sheet), profile)
        case "json" | "json_lines":
            keys = profile.names
            return (
                (at, [said(record.get(key)) for key in keys]) for at, record in enumerate(records(path, profile.container), 1)
            )
    raise UnreadableFile(_("a file of the kind %(kind)s has no rows: choose another profile, or none", kind=profile.container))


def _below(found: Iterator[Row], profile: Profile) -> Iterator[Row]:
    from ingest.files import day_blocks

    rest = _after(found, profile.header)
    return day_blocks.joined(rest) if profile.shape == "day_blocks" else rest


def _after(found: Iterator[Row], header: int) -> Iterator[Row]:
    return (row for row in found if row[0] > header)


def text(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """All rows of a text."""
    with letters(path, encoding) as found:
        yield from parted(lines(found), delimiter)


@contextmanager
def letters(path: Path, encoding: str) -> Iterator[io.TextIOWrapper]:
    """The letters of a text, its lines ended alike.

    Raises:
        UnreadableFile: they are not of this encoding.
    """
    with opened(path) as file:
        try:
            yield io.TextIOWrapper(file, encoding=encoding)
        except UnicodeError as wrong:
            raise UnreadableFile(
                _("the file is not written in %(encoding)s throughout (%(why)s): save it as UTF-8", encoding=encoding, why=wrong)
            ) from None


def lines(found: io.TextIOWrapper, before: str = "") -> Iterator[str]:
    """The lines of a text from where it stands, with what was read before.

    Raises:
        UnreadableFile: one that nobody could hold.
    """
    cut = ""
    for line in io.StringIO(before):
        cut = line
        if line.endswith("\n"):
            yield line
            cut = ""
    while line := found.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE:
            raise endless()
        yield cut + line
        cut = ""
    if cut:
        yield cut


def endless() -> UnreadableFile:
    """What is wrong with a text of a line without an end."""
    return UnreadableFile(_("a line of the file does not end, so it is no table of text: save it as CSV"))


def parted(lines: Iterable[str], delimiter: str, before: int = 0) -> Iterator[Row]:
    """The rows of lines, of which the first is behind so many others; a NUL, which some loggers leave, is no letter.

    Raises:
        UnreadableFile: a line is no row of a table.
    """
    csv.field_size_limit(LONGEST_CELL)
    taken: list[str] = []  # the lines of the row that is being read

    def given() -> Iterator[str]:
        for line in lines:
            taken.append(line.replace("\0", "") if "\0" in line else line)
            yield taken[-1]

    reader = csv.reader(given(), delimiter=delimiter, skipinitialspace=True)
    number = before
    try:
        for cells in reader:
            for row in (cells,) if len(taken) == 1 else _apart(cells, taken, delimiter):
                number += 1
                if row:
                    yield number, row
            taken.clear()
    except csv.Error as wrong:
        line = before + reader.line_num - len(taken) + 1
        raise UnreadableFile(
            _("line %(line)s is no row of a table (%(why)s): correct it, or save the file as CSV anew", line=line, why=wrong)
        ) from None


def _apart(cells: list[str], lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """A row of several lines; where each of them has all fields of one, a quotation mark that nobody closed took them for one."""
    fields = {line.count(delimiter) for line in lines}
    if len(fields) > 1 or not min(fields):
        return [cells]
    return [[cell.strip(' "') for cell in line.rstrip("\n").split(delimiter)] for line in lines]


def sheets(path: Path) -> list[str]:
    """The names of a spreadsheet's sheets. Raises `UnreadableFile`."""
    from python_calamine import CalamineError, CalamineWorkbook

    with opened(path):  # its size, before it is read
        pass
    try:
        return CalamineWorkbook.from_path(str(path)).sheet_names
    except (CalamineError, OSError) as wrong:
        raise UnreadableFile(_("the spreadsheet cannot be read (%(why)s): save it as XLSX anew, or as CSV", why=wrong)) from None


def sheet(path: Path, name: str) -> Iterator[Row]:
    """All rows of a spreadsheet's sheet, the first one unless named; its dates as ISO texts."""
    from python_calamine import CalamineError, CalamineWorkbook

    names = sheets(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        if not names or (name and name not in names):
            raise UnreadableFile(_("there is no sheet %(name)s: there are %(names)s", name=name, names=", ".join(names)))
        found = book.get_sheet_by_name(name or names[0])
        for number, cells in enumerate(found.iter_rows(), (found.start or (0, 0))[0] + 1):
            yield number, [_unmistakable(cell) if isinstance(cell, float) else said(cell) for cell in cells]
    except (CalamineError, OSError) as wrong:
        raise UnreadableFile(_("the spreadsheet cannot be read (%(why)s): save it as XLSX anew, or as CSV", why=wrong)) from None


def _unmistakable(cell: float) -> str:
    """A number of a sheet, whose point nobody takes for one between thousands in a column of texts with decimal commas."""
    text = said(cell)
    return f"{text}0" if len(text.partition(".")[2]) == 3 else text


def records(path: Path, container: str) -> Iterator[dict[str, Any]]:
    """The records of a JSON file: a line each, an item of the list each, or each of the innermost lists of a document.

    A record of an inner list bears what its list's owners say of themselves; lists of equal length are columns.
    """
    try:
        with opened(path) as file:
            if container == "json_lines":
                yield from _of_lines(file)
                return
            if (first := _first(file)) == b"[":
                yield from _items(file)
                return
            document = first + file.read(DOCUMENT)
            if len(document) > DOCUMENT:
                raise UnreadableFile(_("one JSON object of this size is not read: give a list of records, or a record a line"))
            yield from _flat(_decoded(document, 1), {}, 0)
    except UnicodeDecodeError as wrong:
        raise UnreadableFile(_("JSON is written in UTF-8, and this file is not (%(why)s): save it as that", why=wrong)) from None
    except RecursionError:
        raise _too_deep() from None


def _first(file: Any) -> bytes:
    while (letter := file.read(1)) in (b" ", b"\t", b"\r", b"\n", b"\xef", b"\xbb", b"\xbf"):
        pass
    return bytes(letter)


def _of_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The records of lines; of one that is no JSON each entry is the beginning of the line, so that it costs itself alone."""
    entries: dict[str, Any] = {}
    for number in itertools.count(1):
        line = file.readline(LONGEST_LINE)
        if len(line) == LONGEST_LINE:
            raise endless()
        if not line:
            return
        if not line.strip():
            continue
        try:
            item = _decoded(line, number)
        except UnreadableFile:
            if not entries:
                raise
            item = dict.fromkeys(entries, line.decode("utf-8", "replace").strip()[:ECHO])
        for record in _flat(item, {}, 0):
            entries = record
            yield record


def _decoded(piece: bytes, row: int) -> Any:
    bare = piece.removeprefix(codecs.BOM_UTF8)
    try:
        return msgspec.json.decode(bare)
    except msgspec.DecodeError as wrong:
        with suppress(json.JSONDecodeError):
            return _LENIENT.decode(bare.decode())
        raise UnreadableFile(_("record %(row)s is no JSON (%(why)s): correct it", row=row, why=wrong)) from None


def _integer(text: str) -> int | str:
    return int(text) if len(text) < LONGEST_INTEGER else text


# NaN and Infinity, which are no JSON, and integers that nothing can hold are told of the reading that they are in.
_LENIENT = json.JSONDecoder(parse_constant=str, parse_int=_integer)


def _items(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The items of a list, of which the bracket is read already, as they come."""
    letters, buffer = codecs.getincrementaldecoder("utf-8")(), ""
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]"):
            if (buffer[1:].encode() + file.read(2**16)).strip():
                raise UnreadableFile(_("the JSON goes on behind the end of its list: save all of it as one list"))
            return
        try:
            item, end = _LENIENT.raw_decode(buffer)
        except json.JSONDecodeError as wrong:
            piece = file.read(2**16)
            if not piece or len(buffer) > DOCUMENT:
                raise UnreadableFile(
                    _("the JSON breaks off or is damaged (%(why)s): save or download it again", why=wrong)
                ) from None
            buffer += letters.decode(piece)
            continue
        yield from _flat(item, {}, 0)
        buffer = buffer[end:]


def _flat(item: Any, owner: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(item, list):
        for each in item:
            yield from _flat(each, owner, depth + 1)
        return
    if not isinstance(item, dict):
        return
    own = owner | {key: value for key, value in item.items() if not isinstance(value, dict | list)}
    lists = {key: value for key, value in item.items() if isinstance(value, list) and value}
    columns = {key: value for key, value in lists.items() if not isinstance(value[0], dict | list)}
    if len(columns) > 1 and len({len(value) for value in columns.values()}) == 1:
        for cells in zip(*columns.values(), strict=True):
            yield own | dict(zip(columns, cells, strict=True))
        return
    inner = [value for value in lists.values() if isinstance(value[0], dict)]
    dicts = {key: value for key, value in item.items() if isinstance(value, dict)}
    if inner:
        for each in inner:
            yield from _flat(each, own, depth + 1)
    elif any(_holds_list(value, depth) for value in dicts.values()):
        for each in dicts.values():
            if _holds_list(each, depth):
                yield from _flat(each, own, depth + 1)
    else:
        for key, value in dicts.items():  # {"ts": …, "values": {"power": …}}
            own |= {f"{key}.{name}": each for name, each in value.items() if not isinstance(each, dict | list)}
        yield own


def _holds_list(item: Any, depth: int) -> bool:
    if depth > DEEPEST:
        raise _too_deep()
    if isinstance(item, dict):
        return any(_holds_list(each, depth + 1) for each in item.values())
    return isinstance(item, list) and bool(item)


def _too_deep() -> UnreadableFile:
    return UnreadableFile(_("the JSON is nested deeper than %(most)s levels: give a list of records", most=DEEPEST))


def said(cell: Any) -> str:
    """A cell as text; a spreadsheet's own dates as ISO texts to the second."""
    match cell:
        case None:
            return ""
        case str():
            return cell
        case bool():
            return "true" if cell else "false"
        case float():
            return repr(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
        case datetime():
            return (cell + timedelta(microseconds=500_000)).replace(microsecond=0).isoformat(" ")
        case date():
            return f"{cell.isoformat()} 00:00:00"
        case time():
            return cell.isoformat("seconds")
    return str(cell)
