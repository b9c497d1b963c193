"""ESPHome: `NODE/sensor/ID/state` with a number, retained unless configured otherwise, and `NODE/status` for its will."""

from ingest.mqtt.heard import Heard, Message, Presence, Value, number, text, unreadable


def read(message: Message) -> Heard:
    """The state of a sensor (`nan` while it has none), or whether the node is there."""
    parts = message.topic.split("/")
    if parts[-1] == "status":
        said = text(message).lower()
        if said not in ("online", "offline"):
            raise unreadable(message, "online / offline")
        return [Presence(message.topic.rpartition("/")[0], said == "online")]
    if parts[-1] != "state" or parts[-3:-2] != ["sensor"]:
        return []
    value = number(message)
    return [] if value is None else [Value(message.topic, value)]
