"""The Things Stack (LoRaWAN): `v3/APP@TENANT/devices/DEVICE/up` with what the payload formatter has made of an uplink.

Fields that are 0, empty or false are left out of the answer's own part, never of `decoded_payload`. `received_at` is when the
network heard it, not when it was measured, yet the same for a message that is sent again.
"""

from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Value, leaves, object_of, within


def read(message: Message) -> Heard:
    """The numbers of the decoded payload."""
    if not message.topic.endswith("/up"):
        return []
    content = object_of(message)
    uplink = content.get("uplink_message")
    if not isinstance(uplink, dict):
        return []
    at_us = _received(uplink.get("received_at")) or _received(content.get("received_at"))
    return [Value(within(message.topic, path), value, None, at_us) for path, value in leaves(uplink.get("decoded_payload"))]


def _received(given: object) -> int | None:
    """The network writes nanoseconds, of which Python reads six digits."""
    if not isinstance(given, str):
        return None
    head, point, rest = given.partition(".")
    digits = rest.rstrip("Z")
    return moments.stated(f"{head}{point}{digits[:6].ljust(6, '0')}Z" if point else given)
