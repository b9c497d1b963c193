"""A reading that was refused, in its sender's own words, and what a person's correction makes of it. Text in, text out.

Nothing is judged here: what comes out goes to the one judge like any other reading.
"""

import contextlib
import json
import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from models import local_time

PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")


class Said(NamedTuple):
    """A reading as it was said; "" is what was not. `value` is as JSON writes it, so a text among numbers has its quotes."""

    meter: str = ""
    quantity: str = ""
    ts: str = ""
    value: str = ""
    unit: str = ""
    interval_s: str = ""
    quality: str = ""


NOTHING_SAID = Said()


class Edit(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a person says instead; "" changes nothing.

    `zone`: whose clocks wrote the times that have no offset. `precision`: the unit of times that are integers. `shift_s` is added
    to every time. `as_numbers`: values that are texts, or written as no number is in JSON, are read as the numbers they show.
    """

    meter: str = ""
    quantity: str = ""
    ts: str = ""
    value: str = ""
    unit: str = ""
    interval_s: str = ""
    quality: str = ""
    zone: str = ""
    precision: str = ""
    shift_s: int = 0
    as_numbers: bool = False


def edited(said: Said, edit: Edit) -> Said:
    """The reading by the correction. A time that cannot be read, or that the zone's clocks show twice or never, stays as it is.

    >>> edited(Said("m", "power_kw", "1767225600", '"2,5"'), Edit(unit="W", precision="s", as_numbers=True))
    Said(meter='m', quantity='power_kw', ts='2026-01-01T00:00:00+00:00', value='2.5', unit='W', interval_s='', quality='')
    """
    value = edit.value or said.value
    return Said(
        edit.meter or said.meter,
        edit.quantity or said.quantity,
        _time(edit.ts or said.ts, edit),
        _number(value) if edit.as_numbers else value,
        edit.unit or said.unit,
        edit.interval_s or said.interval_s,
        edit.quality or said.quality,
    )


def _time(ts: str, edit: Edit) -> str:
    moment = _moment(ts, edit)
    if moment is None:
        return ts
    with contextlib.suppress(OverflowError):
        moment += timedelta(seconds=edit.shift_s)
    return moment.isoformat()


def _moment(ts: str, edit: Edit) -> datetime | None:
    if _WHOLE.fullmatch(ts):
        if edit.precision not in PER_SECOND:
            return None
        with contextlib.suppress(OverflowError):
            return _EPOCH + timedelta(microseconds=int(ts) * 10**6 // PER_SECOND[edit.precision])
        return None
    try:
        found = datetime.fromisoformat(ts.strip())
        if found.tzinfo is None and edit.zone:
            found = local_time.moment(found, ZoneInfo(edit.zone))
    except (ValueError, OverflowError, local_time.Unclear):
        return None
    return found if found.tzinfo is not None else None


def _number(value: str) -> str:
    text = value
    with contextlib.suppress(ValueError):
        known = json.loads(value)
        text = known if isinstance(known, str) else value
    text = text.strip()
    return repr(float(text.replace(",", "."))) if _NUMBER.fullmatch(text) else value
