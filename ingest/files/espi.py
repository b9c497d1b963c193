"""Green Button files (NAESB REQ.21 ESPI): an Atom feed in which resources name each other by links, or by their addresses.

A value times ten to the power of `powerOfTenMultiplier`, in the unit `uom`, of an interval that begins at seconds since 1970 in
UTC; the offsets in the file are for display. Nothing is fetched, no entity is expanded, and a document type is refused.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.language import _
from ingest.files.block import Block, Gathering
from ingest.files.content import UnreadableFile, opened
from ingest.files.stamps import LAST, SECOND

# uom → factor to kWh, and quantity. 169 therms, of 29.3071 kWh each; 31 joules.
_UNITS = {
    72: (1e-3, "energy_kwh"), 38: (1e-3, "power_kw"),
    31: (1 / 3.6e6, "energy_kwh"), 169: (29.3071, "energy_kwh"), 132: (0.000293071, "energy_kwh"),
    29: (1.0, "voltage_v"), 5: (1.0, "current_a"), 33: (1.0, "frequency_hz"), 23: (1.0, "temperature_c"),
}  # fmt: skip
_ESTIMATED = {7, 8, 9, 10}
_RECEIVED = 19  # flowDirection: from the customer
_LONGEST_S = 10 * 366 * 86_400  # an interval that no meter has
_SUM = 3  # accumulationBehaviour: cumulative
_MOST_ENTRIES = 2_000_000
_POWERS_OF_TEN = range(-12, 13)  # as ESPI lists them, pico to tera
_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)


def blocks(path: Path) -> Iterator[Block]:
    """The readings; the meter is the last part of the address of its usage point, by its title where it has one."""
    kinds, points = _described(path)
    found = Gathering()
    row = 0
    for entry in _entries(path):
        own = _links(entry)
        for block in _all(entry, "IntervalBlock"):
            reading = _owner(own)
            kind = kinds.get(reading)
            if kind is None and len(kinds) == 1:
                kind = next(iter(kinds.values()))
            meter = points.get(_point(reading or own.get("self", "")), "")
            if not meter and len(points) == 1:
                meter = next(iter(points.values()))
            yield from _block(found, block, kind, meter, row)
            row += len(_all(block, "IntervalReading"))
    yield found.rest()


def _block(found: Gathering, block: Any, kind: dict[str, int] | None, meter: str, row: int) -> Iterator[Block]:
    if kind is None or kind.get("uom") not in _UNITS:
        uom = "–" if kind is None else kind.get("uom", "–")
        found.refuse(
            row + 1,
            "unknown_unit",
            _("these readings are in the unit number %(uom)s, which is none that is read (72 is Wh, 38 is W): left out", uom=uom),
        )
        return
    power = kind.get("powerOfTenMultiplier", 0)
    if power not in _POWERS_OF_TEN:
        words = _("these readings are multiplied by 10 to the power of %(power)s, which no unit has: left out", power=power)
        found.refuse(row + 1, "unknown_unit", words)
        return
    factor, quantity = _UNITS[kind["uom"]]
    factor *= 10.0**power
    if quantity == "energy_kwh":
        quantity = "energy_kwh" if kind.get("flowDirection") != _RECEIVED else "energy_export_kwh"
        if kind.get("accumulationBehaviour") == _SUM:
            quantity = quantity.replace("_kwh", "_total_kwh")
    for nth, reading in enumerate(_all(block, "IntervalReading"), row + 1):
        start, lasts, value = (_whole(reading, name) for name in ("start", "duration", "value"))
        if start is None or value is None or not 0 <= start < LAST // SECOND:
            body = " ".join(f"{part.tag.rpartition('}')[2]} {(part.text or '').strip()}" for part in reading.iter())
            found.refuse(
                nth,
                "bad_row",
                _("the reading has no start, in seconds since 1970, or no value, as whole numbers: ask for the file again"),
                body=f"{meter} {body}",
            )
            continue
        lasts = min(max(lasts or kind.get("intervalLength", 0), 0), _LONGEST_S)  # longer ones are refused like this one
        counter = "total" in quantity
        quality = "S" if _whole(reading, "quality") in _ESTIMATED else "A"
        found.add(meter, quantity, "", (start + lasts) * SECOND, 0 if counter else lasts, value * factor, quality, nth)
    yield from found.full()


def _described(path: Path) -> tuple[dict[str, dict[str, int]], dict[str, str]]:
    """The reading types by the address of their meter reading, and the names of usage points by theirs."""
    types: dict[str, dict[str, int]] = {}
    readings: dict[str, list[str]] = {}
    points: dict[str, str] = {}
    for entry in _entries(path):
        own = _links(entry)
        for each in _all(entry, "ReadingType"):
            said = {child.tag.rpartition("}")[2]: child.text for child in each}
            types[own.get("self", "")] = {name: whole for name, text in said.items() if (whole := _integer(text)) is not None}
        if _all(entry, "MeterReading"):
            readings[own.get("self", "")] = own.get("related", "").split("\n")
        if _all(entry, "UsagePoint"):
            address = own.get("self", "")
            points[_point(address) or address] = address.rstrip("/").rpartition("/")[2]
    found = {}
    for address, related in readings.items():
        kind = next((types[each] for each in related if each in types), None)
        if kind is None and len(types) == 1:
            kind = next(iter(types.values()))
        if kind is not None:
            found[address] = kind
    return found or ({"": next(iter(types.values()))} if len(types) == 1 else {}), points


def _entries(path: Path) -> Iterator[Any]:
    from lxml import etree

    with opened(path) as file:
        try:
            walk = etree.iterparse(
                file, events=("end",), tag="{*}entry", resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
            )
            for count, (_event, entry) in enumerate(walk):
                if entry.getroottree().docinfo.internalDTD is not None:
                    raise UnreadableFile(_("the file declares a document type, which no Green Button file has: it is not read"))
                if count > _MOST_ENTRIES:
                    raise UnreadableFile(_("the feed holds more entries than are read: ask for less time at once"))
                yield entry
                entry.clear()
                while entry.getprevious() is not None:
                    del entry.getparent()[0]
        except etree.XMLSyntaxError as wrong:
            raise UnreadableFile(_("the XML is damaged (%(why)s): download the file again", why=wrong)) from None


def _links(entry: Any) -> dict[str, str]:
    said: dict[str, str] = {}
    for link in entry.iterfind("{*}link"):
        relation, address = link.get("rel", ""), link.get("href", "").rstrip("/")
        said[relation] = f"{said[relation]}\n{address}" if relation in said else address
    return said


def _owner(own: dict[str, str]) -> str:
    """The address of the meter reading that a block is of."""
    for address in (*own.get("up", "").split("\n"), *own.get("self", "").split("\n")):
        before, found, _after = address.partition("/IntervalBlock")
        if found:
            return before
    return ""


def _point(address: str) -> str:
    before, found, after = address.partition("/UsagePoint/")
    return f"{before}{found}{after.partition('/')[0]}" if found else ""


def _all(element: Any, name: str) -> list[Any]:
    return list(element.iter(f"{{*}}{name}"))


def _whole(element: Any, name: str) -> int | None:
    found = next(element.iter(f"{{*}}{name}"), None)
    return None if found is None else _integer(found.text)


def _integer(text: str | None) -> int | None:
    tidy = (text or "").strip()
    return int(tidy) if _INTEGER.fullmatch(tidy) else None
