"""Shelly, second generation and later: `PREFIX/events/rpc` with what has changed, `PREFIX/status/COMPONENT`, `PREFIX/online`.

A notification is a part: what is not in it has not changed. `ts` is UTC in seconds. Energies are Wh.
"""

from typing import Any

from ingest.mqtt import moments
from ingest.mqtt.heard import Heard, Message, Presence, Value, leaves, object_of, text, unreadable, within

_NOTIFIES = frozenset({"NotifyStatus", "NotifyFullStatus"})
_MEASURING = ("em", "em1", "emdata", "em1data", "switch", "pm1", "cover", "light", "temperature", "voltmeter")
_COUNTING = ("emdata", "em1data")
_ENDS = (  # of a value's name → its unit
    ("aprt_power", "VA"),
    ("act_power", "W"),
    ("apower", "W"),
    ("act_energy", "Wh"),
    ("act_ret_energy", "Wh"),
    ("voltage", "V"),
    ("current", "A"),
    ("pf", "1"),
    ("freq", "Hz"),
    ("tC", "°C"),
    ("act", "Wh"),
    ("act_ret", "Wh"),
)
_MEANINGLESS = frozenset({"id", "by_minute", "minute_ts", "timer_started_at", "timer_duration"})


def read(message: Message) -> Heard:
    """The numbers of the components that measure, and whether the device is there."""
    prefix, _slash, last = message.topic.rpartition("/")
    if last == "online":
        said = text(message).lower()
        if said not in ("true", "false"):
            raise unreadable(message, "true / false")
        return [Presence(prefix, said == "true")]
    if message.topic.endswith("/events/rpc"):
        content = object_of(message)
        params = content.get("params")
        if content.get("method") not in _NOTIFIES or not isinstance(params, dict):
            return []
        prefix = message.topic.removesuffix("/events/rpc")
        at_us = moments.epoch(params.get("ts"), 1e6)
        return [value for name, given in params.items() for value in _component(prefix, name, given, at_us)]
    before, _slash, component = message.topic.partition("/status/")
    if component and "/" not in component:
        return [*_component(before, component, object_of(message), None)]
    return []


def _component(prefix: str, name: str, given: Any, at_us: int | None) -> Heard:
    """One channel for a value, by whichever of the two ways it comes."""
    kind = name.partition(":")[0]
    if kind not in _MEASURING or not isinstance(given, dict):
        return []
    channel = f"{prefix}/status/{name}"
    return [
        Value(within(channel, path), value, _unit(kind, path), at_us)
        for path, value in leaves(given)
        if not _MEANINGLESS & set(path.split("."))
    ]


def _unit(kind: str, path: str) -> str | None:
    if path.endswith("energy.total"):
        return "Wh"
    last = path.rpartition(".")[2]
    if kind in _COUNTING:
        return "Wh"
    return next((unit for end, unit in _ENDS if last == end or last.endswith(f"_{end}")), None)
