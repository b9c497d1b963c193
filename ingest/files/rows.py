"""The rows of a table, whatever it is kept in: texts of cells, and the number of the row as people count it.

One row at a time: what a file holds never stands in memory whole, but for a spreadsheet's sheet and a JSON document.
"""

import codecs
import csv
import io
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from config.language import _
from ingest.files.content import UnreadableFile, opened
from ingest.files.profile import Profile

Row = tuple[int, list[str]]

LONGEST_CELL = 2**20
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
    reader = csv.reader(
        (line.replace("\0", "") if "\0" in line else line for line in lines), delimiter=delimiter, skipinitialspace=True
    )
    try:
        for number, cells in enumerate(reader, before + 1):
            if cells:
                yield number, cells
    except csv.Error as wrong:
        line = before + reader.line_num
        raise UnreadableFile(
            _("line %(line)s is no row of a table (%(why)s): correct it, or save the file as CSV anew", line=line, why=wrong)
        ) from None


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
            yield number, [said(cell) for cell in cells]
    except (CalamineError, OSError) as wrong:
        raise UnreadableFile(_("the spreadsheet cannot be read (%(why)s): save it as XLSX anew, or as CSV", why=wrong)) from None


def records(path: Path, container: str) -> Iterator[dict[str, Any]]:
    """The records of a JSON file: a line each, an item of the list each, or each of the innermost lists of a document.

    A record of an inner list bears what its list's owners say of themselves; lists of equal length are columns.
    """
    try:
        with opened(path) as file:
            if container == "json_lines":
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield from _flat(_decoded(line, number), {}, 0)
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


def _decoded(piece: bytes, row: int) -> Any:
    try:
        return msgspec.json.decode(piece.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as wrong:
        raise UnreadableFile(_("record %(row)s is no JSON (%(why)s): correct it", row=row, why=wrong)) from None


def _items(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """The items of a list, of which the bracket is read already, as they come."""

    def refuse(constant: str) -> None:
        raise UnreadableFile(_("%(constant)s is no JSON: write null where nothing was measured", constant=constant))

    decoder, letters, buffer = json.JSONDecoder(parse_constant=refuse), codecs.getincrementaldecoder("utf-8")(), ""
    while True:
        buffer = buffer.lstrip(" \t\r\n,")
        if buffer.startswith("]"):
            return
        try:
            item, end = decoder.raw_decode(buffer)
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
