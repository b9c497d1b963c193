"""Smart meters with a P1 port: DSMR-reader's topics (`dsmr/reading/…`), or a whole telegram as a message.

1 is the low tariff and 2 the high one in the Netherlands, the other way round in Belgium: they are two registers, never added
here, for they come in messages of their own. The time of a telegram is local with W (winter) or S (summer), an exact offset.
"""

import re
from datetime import datetime, timedelta, timezone

from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Value, as_number, number, text, within

_UNITS = {
    "electricity_delivered_1": "kWh",
    "electricity_delivered_2": "kWh",
    "electricity_returned_1": "kWh",
    "electricity_returned_2": "kWh",
    "electricity_currently_delivered": "kW",
    "electricity_currently_returned": "kW",
}
_BEGINNINGS = (
    ("phase_currently_", "kW"),
    ("phase_voltage_", "V"),
    ("phase_power_current_", "A"),
)
_OBIS = re.compile(r"(\d-\d:\d+\.\d+\.\d+)\(([\d.]+)\*(kWh|Wh|kW|W|V|A|kvar|var|Hz)\)")
_TIME = re.compile(r"0-0:1\.0\.0\((\d{12})([WS])\)")
_HOURS = {"W": 1, "S": 2}  # central European time; telegrams have no other


def read(message: Message) -> Heard:
    """The number of a topic, or all of a telegram."""
    if message.payload.lstrip()[:1] == b"/":
        return _telegram(message)
    last = message.topic.rpartition("/")[2]
    unit = _UNITS.get(last) or next((unit for beginning, unit in _BEGINNINGS if last.startswith(beginning)), None)
    if unit is None:
        return []
    value = number(message)
    return [] if value is None else [Value(message.topic, value, unit)]


def _telegram(message: Message) -> Heard:
    given = text(message)
    stamp = _TIME.search(given)
    at_us = _moment(*stamp.groups()) if stamp else None
    values: Heard = []
    for obis, digits, unit in _OBIS.findall(given):
        value = as_number(digits)
        if value is not None:
            values.append(Value(within(message.topic, obis), value, unit, at_us))
    return values


def _moment(digits: str, season: str) -> int | None:
    try:
        local = datetime.strptime(digits, "%y%m%d%H%M%S").replace(tzinfo=timezone(timedelta(hours=_HOURS[season])))
    except ValueError:
        return None
    return moments.stated(local.isoformat())
