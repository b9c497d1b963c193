"""emonTx, emonPi and emonHub: `emon/NODE/INPUT` with a number. Counts of pulses begin again when the node starts."""

import re

from ingest.mqtt.heard import Heard, Message, Value, number

_UNITS = (
    (re.compile(r"power\d*|P\d+"), "W"),
    (re.compile(r"vrms|V\d*", re.IGNORECASE), "V"),
    (re.compile(r"E\d+|energy\d*"), "Wh"),
    (re.compile(r"(temp|t)\d+", re.IGNORECASE), "°C"),
)


def read(message: Message) -> Heard:
    """The number of an input, in its usual unit where it has one."""
    parts = message.topic.split("/")
    if len(parts) < 3:
        return []
    value = number(message)
    unit = next((unit for name, unit in _UNITS if name.fullmatch(parts[-1])), None)
    return [] if value is None else [Value(message.topic, value, unit)]
