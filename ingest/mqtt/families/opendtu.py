"""OpenDTU: one number a topic under `BASE/SERIAL/INPUT/`, sums of all inverters under `BASE/ac/` and `BASE/dc/`.

`yieldday` is Wh, `yieldtotal` kWh. The sums are of the inverters that can be reached: they fall at dusk and are no registers,
so that they are left out. All that an inverter says was measured at `status/last_update`, which comes in another topic.
"""

from ingest.mqtt.heard import Heard, Message, Presence, Value, number, text

_UNITS = {
    "power": "W",
    "powerdc": "W",
    "yieldday": "Wh",
    "yieldtotal": "kWh",
    "voltage": "V",
    "current": "A",
    "frequency": "Hz",
    "powerfactor": "%",
    "efficiency": "%",
    "temperature": "°C",
    "reactivepower": "var",
}


def read(message: Message) -> Heard:
    """A number of one inverter, or whether it can be reached."""
    parts = message.topic.split("/")
    if message.topic.endswith("/status/reachable"):
        return [Presence(message.topic.removesuffix("/status/reachable"), text(message) == "1")]
    if message.topic.endswith("/dtu/status"):
        return [Presence(message.topic.removesuffix("/dtu/status"), text(message) == "online")]
    unit = _UNITS.get(parts[-1])
    if unit is None or len(parts) < 3 or not parts[-2].isdigit() or not _is_serial(parts[-3]):
        return []
    value = number(message)
    return [] if value is None else [Value(message.topic, value, unit)]


def _is_serial(part: str) -> bool:
    return len(part) >= 8 and part.isalnum()
