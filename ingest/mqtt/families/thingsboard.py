"""ThingsBoard's telemetry: `v1/devices/me/telemetry` of a device, `v1/gateway/telemetry` of those behind a gateway.

`{"k": 1}`, `[{"k": 1}, …]`, `{"ts": ms, "values": {…}}` and arrays of it; `ts` is in milliseconds. Texts, also of digits, are
no numbers here as there.
"""

from typing import Any

from config.language import _
from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Presence, Value, leaves, object_of, structure, unreadable, within


def read(message: Message) -> Heard:
    """The numbers of the telemetry; or, of a gateway, whether a device has connected."""
    if message.topic.endswith("gateway/telemetry"):
        content = object_of(message)
        return [value for device, given in content.items() for value in _telemetry(message, given, f"{message.topic}/{device}")]
    if message.topic.endswith(("gateway/connect", "gateway/disconnect")):
        device = object_of(message).get("device")
        if not isinstance(device, str):
            return []
        gateway, _slash, what = message.topic.rpartition("/")
        return [Presence(f"{gateway}/telemetry/{device}", what == "connect")]
    if message.topic.endswith("/telemetry"):
        return _telemetry(message, structure(message), message.topic)
    return []


def _telemetry(message: Message, given: Any, channel: str) -> Heard:
    if isinstance(given, list):
        return [value for each in given for value in _telemetry(message, each, channel)]
    if not isinstance(given, dict):
        raise unreadable(message, _("a JSON object"))
    at_us, values = None, given
    if isinstance(given.get("values"), dict) and "ts" in given:
        values, at_us = given["values"], moments.epoch(given["ts"], 1e3)
        if at_us is None:
            raise unreadable(message, _("a time in milliseconds since 1970"), "bad_time")
    return [Value(within(channel, path), value, None, at_us) for path, value in leaves(values)]
