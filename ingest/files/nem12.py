"""NEM12, the interval files of Australia's market: 200 opens a channel, 300 is its day, 400 qualities of parts of that day.

AEMO, Meter Data File Format Specification NEM12 & NEM13. Times are UTC+10 all year. Seen from the market, what E channels hold is
exported to the customer: their consumption; B channels hold what they feed in.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from config.language import _
from ingest.files import stamps, wording
from ingest.files.block import Block, Gathering, Series, as_said
from ingest.files.numbers import numbers
from ingest.files.rows import text
from ingest.files.stamps import NEVER, SECOND

EAST_US = 10 * 3600 * SECOND
_UNITS = {"kwh": "kWh", "wh": "Wh", "mwh": "MWh"}
_SUBSTITUTED = "SEF"  # substituted, estimated, final substituted
_DAY_S = 86_400


def blocks(path: Path) -> Iterator[Block]:
    """The readings; the meter is the NMI and the suffix of its channel, as in `VABD000163 E1`."""
    found = Gathering()
    channel: tuple[str, str, str, int] | None = None
    named = False
    day: tuple[int, list[str], int, int] | None = None  # start, values, row, place of its series
    marks: list[str] = []
    for row, cells in text(path, "utf-8-sig", ","):
        kind = cells[0].strip()
        if kind != "400" and day is not None:
            _add(found, channel, day, marks)
            day = None
            yield from found.full()
        if kind == "200":
            named, channel = True, _channel(found, row, cells)
        elif kind == "300" and not named:
            words = _("no row 200 before this day says whose it is: ask for the whole file")
            found.refuse(row, "no_meter", words, body=",".join(cells))
        elif kind == "300":
            opened = _day(found, row, cells, channel)
            if opened is not None:
                day, marks = opened
        elif kind == "400" and day is not None:
            _mark(found, row, cells, marks)
    if day is not None:
        _add(found, channel, day, marks)
    yield found.rest()


def _channel(found: Gathering, row: int, cells: list[str]) -> tuple[str, str, str, int] | None:
    try:
        nmi, suffix, unit, minutes = cells[1].strip(), cells[4].strip(), cells[7].strip(), int(cells[8])
    except (IndexError, ValueError):
        found.refuse(
            row,
            "bad_row",
            _("row 200 does not name its channel, its unit and its minutes, and its days are left out: ask for the file again"),
            body=",".join(cells),
        )
        return None
    known = _UNITS.get(unit.lower())
    if known is None:
        words = _("%(unit)s is none of Wh, kWh and MWh: the channel is left out", unit=unit or "–")
        found.refuse(row, "unknown_unit", words, body=",".join(cells))
        return None
    if minutes not in (5, 15, 30):
        words = _(
            "intervals of %(minutes)s minutes are none of NEM12, which has 5, 15 and 30: the channel is left out", minutes=minutes
        )
        found.refuse(row, "bad_interval", words, body=",".join(cells))
        return None
    return f"{nmi} {suffix}", "energy_export_kwh" if suffix[:1].upper() == "B" else "energy_kwh", known, minutes * 60


def _day(
    found: Gathering, row: int, cells: list[str], channel: tuple[str, str, str, int] | None
) -> tuple[tuple[int, list[str], int, int], list[str]] | None:
    if channel is None:
        return None
    start = int(stamps.local([cells[1].strip() if len(cells) > 1 else ""], "%Y%m%d")[0])
    if start == NEVER:
        words = wording.no_date("".join(cells[1:2]), "%Y%m%d")
        found.refuse(row, "bad_time", words, body=",".join(cells))
        return None
    count = _DAY_S // channel[3]
    due = 2 + count  # where the day's quality stands; a word before it may be a value that is none
    marks = (due, *range(2, len(cells)))
    last = next((at for at in marks if at < len(cells) and cells[at].strip()[:1].isalpha()), None)
    values = cells[2:last]
    if last is None or len(values) != count:
        has = len([each for each in values if each.strip()])
        found.refuse(
            row,
            "bad_row",
            _(
                "the day holds %(has)s values, and of %(minutes)s minutes it has %(count)s: left out; ask for the day again",
                has=has,
                minutes=channel[3] // 60,
                count=count,
            ),
            body=",".join(cells),
        )
        return None
    return (start, values, row, found.series(*channel[:3])), [cells[last].strip()] * count


def _mark(found: Gathering, row: int, cells: list[str], marks: list[str]) -> None:
    try:
        first, last = int(cells[1]), int(cells[2])
    except (IndexError, ValueError):
        first = last = 0
    if not 1 <= first <= last <= len(marks):
        found.refuse(
            row,
            "bad_row",
            _("row 400 names no part of its day, by its first and last interval: ask for the day again"),
            body=",".join(cells),
        )
        return
    marks[first - 1 : last] = [cells[3].strip()] * (last - first + 1)


def _add(
    found: Gathering, channel: tuple[str, str, str, int] | None, day: tuple[int, list[str], int, int], marks: list[str]
) -> None:
    if channel is None:
        return
    start, values, row, _place = day
    value, bad = numbers(values, ".")
    for at in np.flatnonzero(bad).tolist():
        cell, end_us = values[at][:60], start - EAST_US + (at + 1) * channel[3] * SECOND
        estimated = marks[at][:1].upper() in _SUBSTITUTED
        said = as_said(Series(*channel[:3]), end_us, channel[3], json.dumps(cell), estimated=estimated)
        found.refuse(row, "not_a_number", wording.no_number(cell), said)
    none = np.array([mark[:1].upper() == "N" for mark in marks])  # no value, whatever stands there
    here = np.flatnonzero(~np.isnan(value) & ~none)
    found.gaps += int(((np.isnan(value) & ~bad) | none).sum())
    end = start - EAST_US + (here + 1) * channel[3] * SECOND
    quality = np.array(["S" if mark[:1].upper() in _SUBSTITUTED else "A" for mark in marks], dtype="U1")
    found.extend(found.series(*channel[:3]), end, channel[3], value[here], quality[here], row)
