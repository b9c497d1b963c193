"""Values of a meter from an address of one's own that answers with JSON: where each stands is said by whoever described it.

An answer is a value and its time, a list of such, or a list of times and one of values. `{from}` and `{to}` in the address are
the stretch that is wanted, `{key}` is the key, for those who do not take it in a header.
"""

from typing import Any, NamedTuple
from urllib.parse import quote

from config.language import N_, Told
from ingest.pulls.fetch import Request
from ingest.pulls.pulled import Asked, Unreadable, from_json
from models import json_place
from store.records.plant.pull_sources import Own

MOST = 50_000  # values of one answer


class Found(NamedTuple):
    """A value as it was answered, and its time likewise."""

    ts: Any
    value: Any


def request(address: str, own: Own, asked: Asked) -> Request:
    """What is sent."""
    moments = {"{from}": f"{asked.start:%Y-%m-%dT%H:%M:%SZ}", "{to}": f"{asked.end:%Y-%m-%dT%H:%M:%SZ}"}
    for name, text in (moments | {"{key}": asked.key or ""}).items():
        address = address.replace(name, quote(text, safe=""))
    return Request(address, {"Accept": "application/json"} | ({own.header: asked.key} if own.header and asked.key else {}))


def read(body: bytes, own: Own) -> list[Found]:
    """The values of an answer, in its order; those that are null are none.

    Raises:
        Unreadable: it is no JSON, or something does not stand where it should.
    """
    whole = _at(from_json(body), own.items, N_("items"))
    items = whole if isinstance(whole, list) else [whole]
    if len(items) > MOST:
        raise Unreadable(Told(N_("the answer has more than %(most)s values"), {"most": f"{MOST:,}"}))
    found: list[Found] = []
    for item in items:
        value = _at(item, own.value, N_("value"))
        ts = _at(item, own.time, N_("time")) if own.time else None
        if isinstance(value, list) and (isinstance(ts, list) and len(ts) == len(value)):
            found += map(Found, ts, value)
        elif isinstance(value, list | dict) or isinstance(ts, list | dict):
            raise Unreadable(Told(N_("where a value should be there is a list or an object: name a place within it")))
        else:
            found.append(Found(ts, value))
    if len(found) > MOST:
        raise Unreadable(Told(N_("the answer has more than %(most)s values"), {"most": f"{MOST:,}"}))
    return [each for each in found if each.value is not None]


def _at(whole: Any, place: str, what: str) -> Any:
    try:
        return json_place.find(whole, json_place.read(place))
    except KeyError as missing:
        words = N_("the answer has no %(part)s, where %(what)s should be (%(place)s)")
        raise Unreadable(Told(words, {"part": repr(missing.args[0])[:80], "what": Told(what), "place": place[:100]})) from None
