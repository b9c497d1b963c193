"""Victron's GX devices (dbus-flashmq): `N/PORTAL/SERVICE/INSTANCE/PATH` with `{"value": 936}`.

`{"value": null}` says that there is none now, an empty payload that the device is gone. The values are in the units of the
D-Bus, of which the paths tell. A GX device is silent unless somebody asks every minute for more (`R/PORTAL/keepalive`).
"""

from typing import Any

from ingest.mqtt.heard import Heard, Message, Presence, Value, is_number, object_of

_UNITS = {
    "Power": "W",
    "Voltage": "V",
    "Current": "A",
    "Frequency": "Hz",
    "Soc": "%",
    "Temperature": "°C",
    "P": "W",
    "V": "V",
    "I": "A",
    "F": "Hz",
}
_ENERGY = "/Energy/"


def read(message: Message) -> Heard:
    """The number of a path, or that a device has gone."""
    parts = message.topic.split("/")
    if parts[0] != "N" or len(parts) < 5:
        return []
    if not message.payload.strip():
        return [Presence("/".join(parts[:4]), False)]
    value: Any = object_of(message).get("value")
    if not is_number(value):
        return []
    unit = "kWh" if _ENERGY in message.topic else _UNITS.get(parts[-1])
    return [Value(message.topic, float(value), unit)]


def keepalive(topics: list[str]) -> list[str]:
    """The topics to publish to every half minute, of subscriptions that name a portal: `N/PORTAL/#`."""
    portals = {parts[1] for topic in topics if len(parts := topic.split("/")) > 1 and parts[0] == "N" and parts[1] not in "+#"}
    return [f"R/{portal}/keepalive" for portal in sorted(portals)]
