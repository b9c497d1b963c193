"""Home Assistant's discovery: retained descriptions of entities, from which channels are proposed; never a reading.

Keys may be abbreviated (home-assistant/core, `components/mqtt/abbreviations.py`). Templates are foreign programs: only
`value_json.a.b`, `value_json['a']` and `| float` or `| round` behind them are read, the rest is left to a person.
"""

import re
from typing import Any

from ingest.mqtt.heard import Heard, Message, Proposal, object_of, within

_LONG = {
    "stat_t": "state_topic",
    "unit_of_meas": "unit_of_measurement",
    "dev_cla": "device_class",
    "stat_cla": "state_class",
    "val_tpl": "value_template",
    "dev": "device",
    "cmps": "components",
    "uniq_id": "unique_id",
    "p": "platform",
}
_TEMPLATE = re.compile(
    r"\{\{\s*value_json((?:\.\w+|\[\s*(?:'[^'\]]+'|\"[^\"\]]+\"|\d+)\s*\])+)\s*(?:\|\s*(?:float|int|round)(?:\([\w.,\s]*\))?\s*)*\}\}"
)
_WHOLE = re.compile(r"\{\{\s*value(?:\s*\|\s*(?:float|int|round)(?:\([\w.,\s]*\))?)*\s*\}\}")
_STEP = re.compile(r"\.(\w+)|\[\s*(?:'([^']+)'|\"([^\"]+)\"|(\d+))\s*\]")


def read(message: Message) -> Heard:
    """One proposal for each sensor of the description."""
    if not message.topic.endswith("/config") or not message.payload.strip():
        return []  # emptied: the entity is gone
    content = _long(object_of(message))
    parts = message.topic.split("/")
    components = content.get("components")
    if isinstance(components, dict):
        given = [_long(each) | {"~": content.get("~", "")} for each in components.values() if isinstance(each, dict)]
        entities = [{"state_topic": content.get("state_topic")} | each for each in given if each.get("platform") == "sensor"]
    else:
        entities = [content] if "sensor" in parts else []
    return [proposal for each in entities if (proposal := _proposal(each, _name(content.get("device")))) is not None]


def _proposal(entity: dict[str, Any], device: str) -> Proposal | None:
    topic = entity.get("state_topic")
    path = _path(entity.get("value_template"))
    if not isinstance(topic, str) or path is None:
        return None
    root = entity.get("~")
    if isinstance(root, str) and topic.startswith("~"):
        topic = root + topic[1:]
    elif isinstance(root, str) and topic.endswith("~"):
        topic = topic[:-1] + root
    unit = entity.get("unit_of_measurement")
    kind = " ".join(each for each in (entity.get("device_class"), entity.get("state_class")) if isinstance(each, str))
    name = " ".join(each for each in (device, entity.get("name")) if isinstance(each, str) and each)
    return Proposal(within(topic, path), name, unit if isinstance(unit, str) else None, kind)


def _path(template: Any) -> str | None:
    """Where the value is in the payload; empty for all of it, none for a template that is not read."""
    if template is None:
        return ""
    if not isinstance(template, str):
        return None
    if _WHOLE.fullmatch(template.strip()):
        return ""
    found = _TEMPLATE.fullmatch(template.strip())
    return ".".join(next(filter(None, step)) for step in _STEP.findall(found[1])) if found else None


def _long(given: dict[str, Any]) -> dict[str, Any]:
    return {_LONG.get(name, name): each for name, each in given.items()}


def _name(device: Any) -> str:
    return device["name"] if isinstance(device, dict) and isinstance(device.get("name"), str) else ""
