"""A message as its family reads it."""

import json

from ingest.mqtt.families import heard
from ingest.mqtt.heard import Message


def hear(family, topic, payload, **more):
    body = (
        payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    )
    return heard(family, Message(topic, body, **more))
