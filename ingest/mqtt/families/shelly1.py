"""Shelly, first generation: one number a topic under `shellies/ID/`, and `online` for its will.

`energy` and `returned_energy` are watt-minutes and begin again when the device starts; `total` and `total_returned` are
registers in Wh.
"""

from ingest.mqtt.heard import Heard, Message, Presence, Value, number, text, unreadable

_UNITS = {
    "power": "W",
    "reactive_power": "var",
    "voltage": "V",
    "current": "A",
    "pf": "1",
    "total": "Wh",
    "total_returned": "Wh",
    "energy": "W*min",
    "returned_energy": "W*min",
    "temperature": "°C",
}
_BLOCKS = frozenset({"emeter", "relay", "meter", "light", "roller", "sensor"})


def read(message: Message) -> Heard:
    """A number with its unit, or whether the device is there."""
    parts = message.topic.split("/")
    if parts[-1] == "online":
        said = text(message).lower()
        if said not in ("true", "false"):
            raise unreadable(message, "true / false")
        return [Presence(message.topic.rpartition("/")[0], said == "true")]
    unit = _UNITS.get(parts[-1])
    if unit is None or not (_BLOCKS & set(parts[1:-1]) or parts[-1] == "temperature"):
        return []  # whether a relay is on, what a button was pressed for
    value = number(message)
    return [] if value is None else [Value(message.topic, value, unit)]
