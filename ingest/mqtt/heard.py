"""What a message of a broker says, before anybody asks whether it may be written."""

import re
from typing import Any, NamedTuple

import msgspec

from config.language import _
from ingest import bodies
from ingest.problem import Problem, Refusal, Unreal, echo

# Written in the place of a number by what has none to tell: no reading, and nothing wrong.
NOTHING = frozenset({"", "nan", "-nan", "none", "null", "unknown", "unavailable", "undefined", "n/a"})
DEEPEST = 8  # levels of an object that are looked into
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_decode = msgspec.json.Decoder().decode


class Message(NamedTuple):
    """One message, and what is known of whoever sends it: the zone that its clocks keep, and how its topics are made."""

    topic: str
    payload: bytes
    retained: bool = False
    zone: str = "UTC"
    template: str = ""


class Value(NamedTuple):
    """A number, under the name that the source has for it; `at_us` (µs since 1970) only where the message itself says when."""

    channel: str
    value: float
    unit: str | None = None
    at_us: int | None = None


class Presence(NamedTuple):
    """Whether the sender is there: `source` begins the names of its channels. It says nothing of what is measured."""

    source: str
    online: bool


class Proposal(NamedTuple):
    """What a source says a channel is: a person decides whether it is mapped so."""

    channel: str
    name: str = ""
    unit: str | None = None
    kind: str = ""  # in the source's own words, such as `energy total_increasing`


Heard = list[Value | Presence | Proposal]


class Unreadable(Exception):
    """The message is not what its family sends."""

    def __init__(self, problem: Problem):
        super().__init__(problem.message)
        self.problem = problem


def unreadable(message: Message, what: str, code: str = "unreadable_payload") -> Unreadable:
    """The message is refused: `what` its family sends."""
    given = message.payload[:200].decode("utf-8", "replace")
    return Unreadable(
        Problem(
            code,
            _("the message cannot be read as %(what)s: choose the family of what publishes it, or correct that", what=what),
            "payload",
            echo(given),
            what,
        )
    )


def text(message: Message) -> str:
    """The payload as text.

    Raises:
        Unreadable: it is none.
    """
    try:
        return message.payload.decode().strip()
    except UnicodeDecodeError:
        raise unreadable(message, _("text in UTF-8")) from None


def number(message: Message) -> float | None:
    """The payload as a number; none when the sender has none to tell.

    Raises:
        Unreadable: it is something else.
    """
    given = text(message)
    if given.lower() in NOTHING:
        return None
    found = as_number(given)
    if found is None:
        raise unreadable(message, _("a number"))
    return found


def as_number(given: str) -> float | None:
    """A number in decimal digits, as meters print it (`00.254`); none of what is anything else."""
    if not _NUMBER.fullmatch(given) or len(given) > 64:
        return None
    found = float(given)
    return found if abs(found) != float("inf") else None


def structure(message: Message) -> Any:
    """The payload as JSON.

    Raises:
        Unreadable: it is none, or was cut short.
    """
    try:
        return _decode(message.payload)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        try:
            return bodies.parse(message.payload)
        except Refusal as refusal:
            raise Unreadable(refusal.problem) from None


def object_of(message: Message) -> dict[str, Any]:
    """The payload as a JSON object; raises as `structure`."""
    content = structure(message)
    if not isinstance(content, dict):
        raise unreadable(message, _("a JSON object"))
    return content


def is_number(given: Any) -> bool:
    """Whether a JSON value is a number that can be kept."""
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e300


def leaves(given: Any, path: str = "", deep: int = 0) -> list[tuple[str, float]]:
    """The numbers within a JSON value, each with its path: `a.b`, and of an array `a.0`. What is no number is left out."""
    if is_number(given):
        return [(path, float(given))]
    if deep >= DEEPEST or isinstance(given, Unreal | str) or given is None:
        return []
    if isinstance(given, dict):
        inner = given.items()
    elif isinstance(given, list):
        inner = enumerate(given)  # type: ignore[assignment]  # numbers in the place of names
    else:
        return []
    found: list[tuple[str, float]] = []
    for name, each in inner:
        found += leaves(each, f"{path}.{name}" if path else str(name), deep + 1)
    return found


def within(topic: str, path: str) -> str:
    """The channel of a value within a message's payload. No topic holds a `#`, so the two cannot be mistaken."""
    return f"{topic}#{path}" if path else topic
