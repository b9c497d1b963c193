"""AhoyDTU: `inverter/NAME/chN/VALUE`, totals of all inverters under `inverter/total/`, which are left out as OpenDTU's sums.

`YieldTotal` is kWh and `YieldDay` Wh (lumapu/ahoy, user manual). `available` is 0 when an inverter cannot be reached.
"""

from ingest.mqtt.heard import Heard, Message, Presence, Value, number, text, unreadable

_UNITS = {
    "P_AC": "W",
    "P_DC": "W",
    "Q_AC": "var",
    "U_AC": "V",
    "U_DC": "V",
    "I_AC": "A",
    "I_DC": "A",
    "F_AC": "Hz",
    "PF_AC": "1",
    "Temp": "°C",
    "YieldTotal": "kWh",
    "YieldDay": "Wh",
    "Efficiency": "%",
}


def read(message: Message) -> Heard:
    """A number of one inverter, or whether it can be reached."""
    parts = message.topic.split("/")
    if parts[-1] == "available":
        said = text(message)
        if not said.isdigit():
            raise unreadable(message, "0…4")
        return [Presence(message.topic.rpartition("/")[0], said != "0")]
    if parts[-1] == "mqtt":
        return [Presence(message.topic.rpartition("/")[0], text(message) == "connected")]
    unit = _UNITS.get(parts[-1])
    if unit is None or len(parts) < 3 or not parts[-2].startswith("ch"):
        return []
    value = number(message)
    return [] if value is None else [Value(message.topic, value, unit)]
