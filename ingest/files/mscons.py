"""MSCONS, the EDIFACT message of meter readings in the German-speaking markets (BDEW, UN D.04B, version 2.x).

LOC+172 is the metering point, PIA the OBIS register, QTY a quantity, DTM+163 and 164 its start and end; UNA says which signs
part and release. Decimals stand behind a point or a comma, whichever UNA names, and digits are never grouped (ISO 9735). Counts
of segments are not asked: senders get them wrong.
"""

import codecs
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.language import _
from ingest.files import wording
from ingest.files.block import Block, Gathering
from ingest.files.content import UnreadableFile, opened
from ingest.files.numbers import number

_ESTIMATED = frozenset({"67", "187", "Z18", "Z31"})  # substituted, forecast, provisional
_MEASURED = frozenset({"220", "79", "136"})
# Active energy, used (1) or given back (2): what is measured (IEC 62056-6-1, group D) is an integral over time, no demand.
_OBIS = re.compile(r"(?:\d+-\d+:)?([12])\.(?:8|9|10|17|18|19|20|29|30)\.\d+")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PIECE = 2**16  # also of a segment at the most: the longest hold some hundred letters


def blocks(path: Path) -> Iterator[Block]:
    """The readings; the meter is the metering point. Rows are counted in segments."""
    found = Gathering()
    place = obis = ""
    pending: tuple[int, str, str] | None = None
    times: dict[str, int] = {}
    for row, segment in _segments(path):
        tag = segment[0][0]
        if tag != "DTM" and pending is not None:
            _add(found, place, obis, pending, times)
            pending, times = None, {}
            yield from found.full()
        if tag == "LOC" and _at(segment, 1, 0) in ("172", "Z16", "Z17"):
            place = _at(segment, 2, 0)
        elif tag == "PIA":
            obis = ":".join(segment[2]) if len(segment) > 2 else ""
        elif tag == "QTY":
            pending = (row, _at(segment, 1, 0), _at(segment, 1, 1))
        elif tag == "DTM" and pending is not None:
            kind, said, form = (_at(segment, 1, at) for at in range(3))
            if kind in ("163", "164") and (moment := _moment(said, form)) is not None:
                times[kind] = moment
    if pending is not None:
        _add(found, place, obis, pending, times)
    yield found.rest()


def _at(segment: list[list[str]], element: int, component: int) -> str:
    return segment[element][component] if len(segment) > element and len(segment[element]) > component else ""


def _segments(path: Path) -> Iterator[tuple[int, list[list[str]]]]:
    """The segments, their elements and components released.

    Raises:
        UnreadableFile: one does not end.
    """
    component, element, release, end = ":", "+", "?", "'"
    with opened(path) as file:
        text = file.read(_PIECE).removeprefix(codecs.BOM_UTF8).decode("latin-1").lstrip("\r\n ")
        if text.startswith("UNA"):
            component, element, _decimal, release, _blank, end = list(text[3:9].ljust(6))
            text = text[9:]
        row, elements, parts, cell, released = 1, [], [], [], False
        while text:
            for letter in text:
                if released:
                    cell.append(letter)
                    released = False
                elif letter == release:
                    released = True
                elif letter in (component, element, end):
                    parts.append("".join(cell))
                    cell = []
                    if letter != component:
                        elements.append(parts)
                        parts = []
                    if letter == end:
                        elements[0][0] = elements[0][0].strip()
                        yield row, elements
                        row, elements = row + 1, []
                elif letter not in "\r\n":
                    cell.append(letter)
            if len(cell) > _PIECE:
                raise UnreadableFile(_("segment %(row)s does not end: look whether this is a whole MSCONS file", row=row))
            text = file.read(_PIECE).decode("latin-1")


def _moment(said: str, form: str) -> int | None:
    """Of the format 303: minutes, and the offset in hours behind it; without the offset it is not known."""
    found = re.fullmatch(r"(\d{12})(?:([+-])(\d{2}))?", said)
    if found is None or form != "303" or found[2] is None:
        return None
    digits = found[1]
    try:
        year, month, day, hour, minute = (int(digits[at:to]) for at, to in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12)))
        wall = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    ahead = timedelta(hours=int(found[3]) * (-1 if found[2] == "-" else 1))
    return (wall - ahead - _EPOCH) // timedelta(microseconds=1)


def _add(found: Gathering, place: str, obis: str, said: tuple[int, str, str], times: dict[str, int]) -> None:
    row, kind, text = said
    register = _OBIS.match(obis)
    value = number(text.replace(",", "."), ".")
    body = " ".join((place, obis, kind, text))
    if register is None:
        found.refuse(
            row,
            "unknown_quantity",
            _(
                "%(obis)s is no register of active energy, such as 1-1:1.… (used) and 1-1:2.… (given back): left out",
                obis=obis or "–",
            ),
            body=body,
        )
    elif value is None or value != value:
        found.refuse(row, "not_a_number", wording.no_number(text), body=body)
    elif kind not in _MEASURED and kind not in _ESTIMATED:
        words = _("its sender marks the value as missing or not to be used (%(kind)s): nothing is stored of that time", kind=kind)
        found.refuse(row, "no_value", words, body=body)
    elif "163" not in times or "164" not in times or times["164"] <= times["163"]:
        found.refuse(
            row,
            "bad_time",
            _("the value has no start and end with an offset (DTM 163 and 164, format 303): ask its sender for them"),
            body=body,
        )
    else:
        quantity = "energy_kwh" if register[1] == "1" else "energy_export_kwh"
        seconds = (times["164"] - times["163"]) // 1_000_000
        found.add(place, quantity, "kWh", times["164"], seconds, value, "S" if kind in _ESTIMATED else "A", row)
