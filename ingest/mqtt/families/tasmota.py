"""Tasmota: `tele/NAME/SENSOR` every few minutes, `stat/NAME/STATUS8` or `STATUS10` when asked, `tele/NAME/LWT` for its will.

`Time` is local and without an offset, and of 1970 before the clock was set. Where a device has several channels, phases or
tariffs, a value is an array, of which each place is a channel of its own: they are never added up. The order of a topic's
parts is configured on the device.
"""

from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Presence, Value, leaves, object_of, text, unreadable, within

_TELEGRAMS = frozenset({"SENSOR", "STATUS8", "STATUS10"})
_UNITS = {
    "Total": "kWh",
    "Yesterday": "kWh",
    "Today": "kWh",
    "ExportActive": "kWh",
    "ImportActive": "kWh",
    "Period": "Wh",
    "Power": "W",
    "ApparentPower": "VA",
    "ReactivePower": "var",
    "Factor": "1",
    "Voltage": "V",
    "Current": "A",
    "Frequency": "Hz",
}


def read(message: Message) -> Heard:
    """The numbers of `ENERGY` and of sensors beside it."""
    source, _slash, last = message.topic.rpartition("/")
    if last == "LWT":
        said = text(message).lower()
        if said not in ("online", "offline"):
            raise unreadable(message, "Online / Offline")
        return [Presence(source, said == "online")]
    if last not in _TELEGRAMS:
        return []
    content = object_of(message)
    wrapped = content.get("StatusSNS")
    if isinstance(wrapped, dict):
        content = wrapped
    at_us = moments.local(content.get("Time"), message.zone)
    return [
        Value(within(message.topic, path), value, _unit(path), at_us)
        for path, value in leaves({name: each for name, each in content.items() if name != "Time"})
    ]


def _unit(path: str) -> str | None:
    block, *names = path.split(".")
    return _UNITS.get(names[0]) if block == "ENERGY" and names else None
