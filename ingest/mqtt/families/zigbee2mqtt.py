"""zigbee2mqtt: `zigbee2mqtt/NAME` with the state of a device, whose name may hold `/` and blanks.

`last_seen` is off until it is configured: an ISO text, or milliseconds since 1970. Whether a device is there stands in
`NAME/availability`, whether the bridge is, in `bridge/state`; both as a word or as `{"state": …}`.
"""

from typing import Any

from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Presence, Value, is_number, object_of, structure, text, unreadable, within

_UNITS = {
    "power": "W",
    "energy": "kWh",
    "produced_energy": "kWh",
    "voltage": "V",
    "current": "A",
    "ac_frequency": "Hz",
    "power_factor": "1",
    "temperature": "°C",
    "humidity": "%",
}
_COMMANDS = ("/set", "/get")
_OF_THE_RADIO = frozenset({"linkquality", "update", "last_seen"})


def read(message: Message) -> Heard:
    """The numbers of a device's state."""
    root, _slash, last = message.topic.rpartition("/")
    if last == "availability" or message.topic.endswith("bridge/state"):
        return [Presence(root.removesuffix("/bridge"), _is_online(message))]
    if "/bridge/" in message.topic or message.topic.endswith(_COMMANDS) or not message.payload.strip():
        return []
    content = object_of(message)
    seen: Any = content.get("last_seen")
    at_us = moments.epoch(seen, 1e3) if is_number(seen) else moments.stated(seen)
    return [
        Value(within(message.topic, name), float(given), _UNITS.get(name), at_us)
        for name, given in content.items()
        if is_number(given) and name not in _OF_THE_RADIO
    ]


def _is_online(message: Message) -> bool:
    said: Any = text(message)
    if said.startswith("{"):
        content = structure(message)
        said = content.get("state") if isinstance(content, dict) else None
    if said not in ("online", "offline"):
        raise unreadable(message, "online / offline")
    return bool(said == "online")
