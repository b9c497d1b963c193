"""Whatever sends plain numbers, or plain JSON: how its topics are made is said by a template (`models.topic_template`)."""

from typing import Any

from config.language import _
from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Value, leaves, number, structure, unreadable, within
from models import topic_template

_UNITS_US = {"s": 1e6, "ms": 1e3, "us": 1.0, "ns": 1e-3}


def read(message: Message) -> Heard:
    """The number, or the numbers of the JSON."""
    made = topic_template.read(message.template)
    channel = message.topic
    if made.topic is not None:
        found = made.topic.fullmatch(message.topic)
        if found is None:
            raise unreadable(message, _("a topic like %(template)s", template=message.template), "other_topic")
        channel = "/".join(found.groups())
    if message.payload.lstrip()[:1] not in (b"{", b"["):
        value = number(message)
        return [] if value is None else [Value(channel, value)]
    content = structure(message)
    at_us = None if made.time is None else _moment(message, content, made)
    return [Value(within(channel, path), value, None, at_us) for path, value in leaves(content) if path != made.time]


def _moment(message: Message, content: Any, made: topic_template.Template) -> int:
    given = content
    for step in (made.time or "").split("."):
        given = given.get(step) if isinstance(given, dict) else None
    at_us = moments.epoch(given, _UNITS_US[made.precision]) if made.precision else moments.stated(given)
    if at_us is None:
        raise unreadable(message, _("a time at %(path)s", path=made.time), "bad_time")
    return at_us
