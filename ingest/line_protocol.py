r"""InfluxDB's line protocol, read exactly: `measurement[,tag=value…] field=value[,…] [time]`.

The grammar is that of InfluxDB 1.12 (`models/points.go`): escaped are `\,` and `\ ` in a measurement, `\=` as well in keys and
tag values, `\"` and `\\` in strings; anywhere else a backslash is itself. A line that begins with `#` is a comment. A newline
within quotes belongs to the string. Unlike InfluxDB, a `\r` before the newline is part of the line's end, and a line whose
quotes would run on over the next ones, and which is wrong even so, ends where it seems to: it costs no other line.

Nothing is guessed: `NaN`, `+1`, `1_000`, an empty tag and a second time are what they are, wrong.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

from config.language import N_

BLANK: Final = " \t\0"
LONGEST_KEY: Final = 65_535  # bytes of measurement and tags, as InfluxDB has it
JOINED: Final = 64  # lines with a quote in them that one string may run over

# Why a line is refused: InfluxDB's words first, for whoever searches for them.
NO_MEASUREMENT = N_("missing measurement: a line begins with its name")
NO_FIELDS = N_("missing fields: write measurement,tag=value field=1.5 time")
NO_TAG_KEY = N_("missing tag key: after a comma comes tag=value")
NO_TAG_VALUE = N_("missing tag value: leave a tag without one out")
BAD_TAG = N_("invalid tag format: write an = within a tag as \\=")
TWICE = N_("duplicate tags: write each once")
TOO_LONG = N_("max key length exceeded: shorten the measurement or its tags")
NO_FIELD_KEY = N_("missing field key: write field=value")
NO_FIELD_VALUE = N_("missing field value: write field=value, or leave the field out")
BAD_FIELD = N_("invalid field format: write field=value, and only commas between fields")
UNBALANCED = N_('unbalanced quotes: end a text with one, and write one within it as \\"')
BAD_VALUE = N_('invalid number, boolean or text: write 1.5, 1i, true or "text"')
OUT_OF_RANGE = N_("value out of range: it is larger than any number that can be kept")
BAD_TIME = N_("bad timestamp: write a whole number, and nothing after it")
NOT_UTF8 = N_("invalid UTF-8: write texts as UTF-8")

NUMBER = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"(-?[0-9]{1,20})i|([0-9]{1,20})u")
_STAMP = re.compile(r"-?[0-9]{1,19}")
BOOLEANS = ("t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE")
_INT64, _UINT64 = 2**63, 2**64

_HEAD = re.compile(r"[^,](?:[^ ]|(?<=\\) )*", re.DOTALL)
_COMMA = re.compile(r"(?<!\\),")
_EQUALS = re.compile(r"(?<!\\)=")
_FIELD_KEY = re.compile(r"(?:[^\\=, ]|\\.)*", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_OTHER = re.compile(r"[^, ]*")
_IN_MEASUREMENT = re.compile(r"\\([, ])")
_IN_KEY = re.compile(r"\\([,= ])")
_TO_ESCAPE = re.compile(r"[,= ]")
ESTIMATED: Final = ",quality=estimated"  # a tag, as it is written
_SAYS_ESTIMATED = re.compile(r'(?<!\\)[, \t\0]quality="estimated"')


class Malformed(ValueError):
    """A line breaks the grammar; the message is one of the words above."""


class Point(NamedTuple):
    """A line: what stands before its fields, as it was written and in one spelling, its fields, and its time.

    Of a field: its key as written and in one spelling, and its number; none for a text or a boolean. A field
    `quality="estimated"` stands among the tags: it tells of the others, as a tag does.
    """

    written: str
    head: str
    fields: list[tuple[str, str, float | None]]
    stamp: int | None


def read(lines: Sequence[str], at: int) -> tuple[Point | None, int]:
    """The line at a place, none for a comment or a blank one; and how many lines it takes, by ends of lines within quotes.

    Raises:
        Malformed: it is wrong, and takes one line.
    """
    line = _trimmed(lines[at])
    if not line or line[0] == "#":
        return None, 1
    try:
        return point(line), 1
    except Malformed as why:
        if why.args[0] != UNBALANCED:
            raise
        if (found := _run_on(lines, at)) is None:
            raise
        return found


def _run_on(lines: Sequence[str], at: int) -> tuple[Point, int] | None:
    """The point of a line whose string runs on over the next ones, and how many lines it takes; none when it is wrong even so."""
    parts, tries = [lines[at]], 0
    for after in range(at + 1, len(lines)):
        parts.append(lines[after])
        if '"' not in lines[after]:
            continue
        tries += 1
        try:
            return point(_trimmed("\n".join(parts))), len(parts)
        except Malformed as why:
            if why.args[0] != UNBALANCED or tries == JOINED:
                return None
    return None


def point(line: str) -> Point:
    """A line without its end, blanks before it, and a comment's sign.

    Raises:
        Malformed: it breaks the grammar.
    """
    if not line.isascii() and any("\ud800" <= each <= "\udfff" for each in line):
        raise Malformed(NOT_UTF8)
    found = _HEAD.match(line)
    if found is None:
        raise Malformed(NO_MEASUREMENT)
    written, place = found[0], found.end()
    measurement, tags = _tags(written)
    if place == len(line):
        raise Malformed(NO_FIELDS)
    first = _skipped(line, place)
    fields, place = _fields(line, first)
    if "quality" not in tags and _SAYS_ESTIMATED.search(line, first - 1, place):
        tags["quality"] = "estimated"
        written += ESTIMATED
    head = ",".join([_escaped(measurement), *(f"{_escaped(key)}={_escaped(tags[key])}" for key in sorted(tags))])
    return Point(written, head, fields, _stamp(line[_skipped(line, place) :].rstrip(BLANK)))


def number(text: str) -> float | None:
    """The value of a field as a number; none for a boolean.

    Raises:
        Malformed: it is neither, or larger than any number that can be kept.
    """
    if NUMBER.fullmatch(text):
        value = float(text)
    elif found := _WHOLE.fullmatch(text):
        whole = int(found[1] or found[2])
        if not (-_INT64 <= whole < _INT64 if found[1] else whole < _UINT64):
            raise Malformed(OUT_OF_RANGE)
        value = float(whole)
    elif text in BOOLEANS:
        return None
    else:
        raise Malformed(BAD_VALUE)
    if not math.isfinite(value):
        raise Malformed(OUT_OF_RANGE)
    return value


def _tags(written: str) -> tuple[str, dict[str, str]]:
    """Measurement and tags, by their keys."""
    if len(written) > LONGEST_KEY or len(written.encode()) > LONGEST_KEY:
        raise Malformed(TOO_LONG)
    measurement, *tags = _COMMA.split(written)
    pairs = {}
    for tag in tags:
        key, *values = _EQUALS.split(tag)
        if not key:
            raise Malformed(NO_TAG_KEY)
        if not values or not values[0]:
            raise Malformed(NO_TAG_VALUE)
        if len(values) > 1:
            raise Malformed(BAD_TAG)
        key = _IN_KEY.sub(r"\1", key)
        if key in pairs:
            raise Malformed(TWICE)
        pairs[key] = _IN_KEY.sub(r"\1", values[0])
    return _IN_MEASUREMENT.sub(r"\1", measurement), pairs


def _escaped(text: str) -> str:
    return _TO_ESCAPE.sub(r"\\\g<0>", unicodedata.normalize("NFC", text))


def _fields(line: str, place: int) -> tuple[list[tuple[str, str, float | None]], int]:
    """The fields that begin at a place, and where they end. Of a key that stands there twice the last one counts."""
    fields: dict[str, tuple[str, str, float | None]] = {}
    if place == len(line):
        raise Malformed(NO_FIELDS)
    while True:
        found = _FIELD_KEY.match(line, place)
        assert found is not None  # noqa: S101  # it matches nothing too
        key, place = found[0], found.end()
        if place == len(line) or line[place] != "=":
            raise Malformed(BAD_FIELD)
        if not key:
            raise Malformed(NO_FIELD_KEY)
        value, place = _value(line, place + 1)
        said = _escaped(_IN_KEY.sub(r"\1", key))
        fields[said] = key, said, value
        if place == len(line) or line[place] == " ":
            return list(fields.values()), place
        place += 1


def _value(line: str, place: int) -> tuple[float | None, int]:
    """The value that begins at a place, and where it ends: at a comma, a blank, or the line's end."""
    if line[place : place + 1] == '"':
        found = _STRING.match(line, place)
        if found is None:
            raise Malformed(UNBALANCED)
        end = found.end()
        if end < len(line) and line[end] not in ", ":
            raise Malformed(BAD_FIELD)
        return None, end
    found = _OTHER.match(line, place)
    assert found is not None  # noqa: S101  # it matches nothing too
    if not found[0]:
        raise Malformed(NO_FIELD_VALUE)
    return number(found[0]), found.end()


def _stamp(text: str) -> int | None:
    if not text:
        return None
    if not _STAMP.fullmatch(text) or not -_INT64 <= int(text) < _INT64:
        raise Malformed(BAD_TIME)
    return int(text)


def _skipped(line: str, place: int) -> int:
    while place < len(line) and line[place] in BLANK:
        place += 1
    return place


def _trimmed(line: str) -> str:
    return (line[:-1] if line.endswith("\r") else line).lstrip(BLANK)
