"""What is asked when refused readings are corrected: only what their reason leaves open, and whether it is tried or stored."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.parts.fields import Choice, Field, Text, Tick, worded
from dashboard.parts.given import Given
from dashboard.parts.notices import Still
from dashboard.parts.reading import reader
from models import local_time
from models.refused_reading import PER_SECOND, Edit, Said
from store.errors import Refused
from store.records.plant import meters, sites
from store.scope import Scope

UNCHANGED = ("", N_("as it was sent"))
METER = Choice("meter", N_("Meter"), (UNCHANGED,))
QUANTITY = Choice("quantity", N_("Quantity"), (UNCHANGED, *((each, each) for each in QUANTITIES)))
UNIT = Text("unit", N_("Unit"), longest=32, help=N_("That the values are in. Empty: as it was sent."))
INTERVAL = Text("interval_s", N_("Of an interval (s)"), longest=6, help=N_("Empty: as it was sent."))
VALUE = Text("value", N_("Value"), longest=64)
TIME = Text("ts", N_("Time"), longest=64, like="2026-05-01T12:00:00+02:00", help=N_("With its offset from UTC, or Z."))
NUMBERS = Tick("as_numbers", N_("Read texts as the numbers they show"))
ZONE = Text("zone", N_("Times are of the zone"), longest=64, help=N_("Those without an offset from UTC, such as Europe/Berlin."))
PRECISION = Choice(
    "precision",
    N_("Times count"),
    (
        UNCHANGED,
        ("s", N_("seconds since 1970")),
        ("ms", N_("milliseconds since 1970")),
        ("us", N_("microseconds since 1970")),
        ("ns", N_("nanoseconds since 1970")),
    ),
)
QUALITY = Choice("quality", N_("They were"), (UNCHANGED, ("actual", N_("read")), ("estimated", N_("estimated by the sender"))))
SHIFT = Text(
    "shift", N_("Add to every time"), longest=10, like="+01:00", help=N_("Hours and minutes, such as -01:00. Empty: nothing.")
)
TRY, STORE = "try", "store"
THEN = Choice("then", N_("Now"), ((TRY, N_("try it: nothing is stored")), (STORE, N_("store them"))), TRY)
OF_NUMBERS = frozenset(("not_a_number", "wrong_type"))
OF_COUNTS = frozenset(("precision_missing", "wrong_precision"))
SHIFTED = re.compile(r"([+-]?)(\d{1,5}):([0-5]\d)")


def fields(scope: Scope, site_id: str, code: str, said: Said, *, alone: bool) -> Sequence[Field]:
    """What is asked of readings that were refused for this reason; of one alone also its value and time."""
    named = [
        (each.id, each.name) for each in meters.meters_of(scope, site_id) if each.role != "virtual" and each.retired_at is None
    ]
    asked: list[Field] = [replace(METER, options=[*METER.options, *named]), QUANTITY, UNIT]
    if alone:
        asked += [replace(VALUE, value=said.value), replace(TIME, value=said.ts)]
    if code in OF_NUMBERS:
        asked.append(replace(NUMBERS, value="yes"))
    if code == "naive_time":
        asked.append(replace(ZONE, value=sites.site(scope, site_id).time_zone))
    if code in OF_COUNTS:
        asked.append(PRECISION)
    if code == "unknown_quality":
        asked.append(QUALITY)
    return [worded(each) for each in (*asked, INTERVAL, SHIFT, THEN)]


def edit_of(given: Given, said: Said) -> Edit:
    """The correction.

    Raises:
        Refused: something is none.
    """
    known = given.fields

    def text(key: str) -> str:
        return given.text(key) if key in known else ""

    value, ts = text("value"), text("ts")
    found = Edit(
        meter=text("meter"),
        quantity=text("quantity"),
        ts="" if ts == said.ts else ts,
        value="" if value == said.value else value,
        unit=text("unit"),
        interval_s=str(given.whole("interval_s") or ""),
        quality=text("quality"),
        zone=given.read("zone", _zone) or "" if "zone" in known else "",
        precision=precision if (precision := text("precision")) in PER_SECOND else "",
        shift_s=given.read("shift", _shift) or 0,
        as_numbers="as_numbers" in known and given.ticked("as_numbers"),
    )
    given.check()
    return found


def _zone(text: str) -> str:
    if text and text not in local_time.zones():
        raise Refused(_("there is no zone %(zone)s: write one such as Europe/Berlin", zone=repr(text)))
    return text


def _shift(text: str) -> int:
    if not text:
        return 0
    found = SHIFTED.fullmatch(text.replace("−", "-"))
    if found is None:
        raise Refused(_("%(text)s is no number of hours and minutes: write it like +01:00 or -00:30", text=repr(text)))
    seconds = int(found[2]) * 3600 + int(found[3]) * 60
    return -seconds if found[1] == "-" else seconds


def would(done: Mapping[str, Any]) -> Still:
    """What a correction would give."""
    stored = int(done["stored"])
    words = ngettext(
        "%(count)s reading would be stored", "%(count)s readings would be stored", stored, count=reader().count(stored)
    )
    return Still(_summed(words, done), bad=not stored)


def summed(done: Mapping[str, Any]) -> str:
    """What a correction gave."""
    stored = int(done["stored"])
    return _summed(
        ngettext(
            "%(count)s corrected reading is stored",
            "%(count)s corrected readings are stored",
            stored,
            count=reader().count(stored),
        ),
        done,
    )


def _summed(words: str, done: Mapping[str, Any]) -> str:
    held, why = int(done["held"]), done["why"]
    said = [f"{words}, {ngettext('%(num)s of them held', '%(num)s of them held', held)}." if held else f"{words}."]
    for code, count in sorted(done["refused"].items(), key=lambda each: (-each[1], each[0])):
        reason = str(why.get(code, code)).rstrip(".")
        said.append(_("Still refused: %(count)s, because %(why)s.", count=reader().count(count), why=reason))
    return " ".join(said)
