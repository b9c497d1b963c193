"""P1 telegrams of Dutch and Belgian meters (DSMR 5, e-MUCS): `/XXX5…` to `!`, OBIS codes in between.

A line that cannot be read costs itself. The check sum is not asked: a saved telegram has lost its line ends.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from config.language import _
from ingest.files import stamps, wording
from ingest.files.block import Block, Gathering
from ingest.files.content import opened
from ingest.files.stamps import NEVER

_LINE = re.compile(r"\d-(\d):([\d.]+)((?:\([^)]*\))+)")
_STAMP = re.compile(r"(\d{12})([SW]?)")
_OFFSETS = {"W": "+01:00", "S": "+02:00"}  # both countries' winter and summer time
_REGISTERS = {"1.8.0": "energy_total_kwh", "2.8.0": "energy_export_total_kwh"}
_TARIFFS = {"1.8.1": "1.8.0", "1.8.2": "1.8.0", "2.8.1": "2.8.0", "2.8.2": "2.8.0"}
_LONGEST_LINE, _MOST_LINES = 2**16, 1_000  # of a telegram
_POWERS = ("1.7.0", "2.7.0")  # used, and given back
_IN_KILO = {"Wh": 1000, "kWh": 1, "W": 1000, "kW": 1}
_VALUE = re.compile(r"([0-9]+(?:\.[0-9]*)?)\*([A-Za-z]+)")
_LINES = {
    "32.7.0": "voltage_v", "31.7.0": "current_l1_a", "51.7.0": "current_l2_a", "71.7.0": "current_l3_a", "14.7.0": "frequency_hz",
}  # fmt: skip


def blocks(path: Path, zone: str) -> Iterator[Block]:
    """The registers and the power of each telegram; the meter is its equipment's number, or what stands behind `/`."""
    found = Gathering()
    lines: list[tuple[int, str]] = []
    with opened(path) as file:
        for row, line in enumerate(iter(partial(file.readline, _LONGEST_LINE), b""), 1):
            text = line.decode("latin-1").strip()
            if text.startswith("/"):
                lines = []
            if text.startswith("!"):
                _telegram(found, lines, zone)
                lines = []
                yield from found.full()
            elif text and len(lines) < _MOST_LINES:
                lines.append((row, text))
    if lines:
        found.refuse(
            lines[0][0],
            "cut",
            _("the telegram breaks off before its last line (!…) and was left out: keep the whole of it"),
            body="\n".join(text for _row, text in lines),
        )
    yield found.rest()


def _telegram(found: Gathering, lines: list[tuple[int, str]], zone: str) -> None:
    if not lines:
        return
    meter = lines[0][1].lstrip("/") if lines[0][1].startswith("/") else ""
    at: int | None = None
    sums: dict[str, float] = {}
    whole: set[str] = set()
    readings: list[tuple[str, str, float, int]] = []
    power: dict[str, float] = {}
    for row, text in lines:
        line = _LINE.match(text)
        if line is None:
            continue
        channel, code, cells = line[1], line[2], re.findall(r"\(([^)]*)\)", line[3])
        if code == "1.0.0" and channel == "0":
            at = _moment(cells[0], zone)
        elif code in ("96.1.1", "96.1.4") and channel == "0" and cells[0]:
            meter = _name(cells[0]) if code == "96.1.1" else meter
        elif code == "24.2.1" and (len(cells) < 2 or _moment(cells[0], zone) is None):
            words = _(
                "the meter of channel %(channel)s tells no time (%(cell)s): its reading was left out",
                channel=channel,
                cell=cells[0][:40],
            )
            found.refuse(row, "bad_time", words, body=text)
        elif channel == "0" and (code in _REGISTERS or code in _TARIFFS or code in _POWERS or code in _LINES):
            value = _VALUE.fullmatch(cells[-1])
            unit = value[2] if value else ""
            if value is None or (code not in _LINES and unit not in _IN_KILO):
                found.refuse(row, "not_a_number", wording.no_number(cells[-1][:40]), body=text)
                half = _TARIFFS.get(code, code if code in _POWERS else "")
                whole.add(half)  # half a sum is no register, and half a balance no power
                sums.pop(half, None)
                continue
            number = float(value[1])
            if code in _LINES:
                readings.append((_LINES[code], unit, number, row))
            elif code in _POWERS:
                power[code] = number / _IN_KILO[unit]
            else:
                scaled = number / _IN_KILO[unit]
                register = _TARIFFS.get(code, code)
                if code in _REGISTERS:  # the sum of both tariffs, where the meter says it itself
                    whole.add(code)
                    sums[code] = scaled
                elif register not in whole:
                    sums[register] = sums.get(register, 0.0) + scaled
    if at is None:
        found.refuse(
            lines[0][0],
            "bad_time",
            _("the telegram tells no time (0-0:1.0.0) that can be read, and was left out"),
            body="\n".join(text for _row, text in lines),
        )
        return
    readings += [(_REGISTERS[code], "kWh", round(value, 7), lines[0][0]) for code, value in sums.items()]
    if power and not whole & set(_POWERS):
        readings.append(("power_kw", "kW", power.get("1.7.0", 0.0) - power.get("2.7.0", 0.0), lines[0][0]))
    for quantity, unit, number, row in readings:
        found.add(meter, quantity, unit, at, 0, number, "A", row)


def _moment(said: str, zone: str) -> int | None:
    found = _STAMP.fullmatch(said)
    if found is None or not (found[2] or zone):
        return None
    wall = stamps.local([f"20{found[1]}"], "%Y%m%d%H%M%S")
    at = int(stamps.Wall(_OFFSETS.get(found[2], zone)).utc(wall, "")[0][0])
    return None if at == NEVER else at


def _name(said: str) -> str:
    """An equipment's number, which is written as the hexadecimal codes of its letters."""
    try:
        plain = bytes.fromhex(said).decode("ascii")
    except ValueError:
        return said
    return plain if plain.isprintable() and plain else said
