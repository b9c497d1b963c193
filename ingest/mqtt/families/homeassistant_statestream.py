"""Home Assistant's statestream: `BASE/sensor/ENTITY/state`, its attributes beside it in topics of their own.

home-assistant/core, `components/mqtt_statestream`. The time of a state is in another topic, so that none has its own.
"""

from ingest.mqtt.heard import Heard, Message, Proposal, Value, number, text

_MEASURING = frozenset({"sensor", "number", "input_number"})


def read(message: Message) -> Heard:
    """The state of an entity that measures, or the unit it is in."""
    parts = message.topic.split("/")
    if len(parts) < 3 or parts[-3] not in _MEASURING:
        return []
    entity, last = message.topic.rpartition("/")[0], parts[-1]
    channel = f"{entity}/state"
    if last == "state":
        value = number(message)
        return [] if value is None else [Value(channel, value)]
    if last == "unit_of_measurement" and (unit := text(message).strip('"')):
        return [Proposal(channel, parts[-2], unit)]
    return []
