"""What a service is asked and what it has said: the protocol of the files beside this one.

Each has `question(asked) -> Question` and `read(body, asked) -> Said`, both pure. Values stand at their start and are of their
own interval, in the canonical unit; nothing is carried forward, and what a service left open stays open.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from config.language import N_, Told

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CUT = 200  # characters of a foreign text


class Asked(NamedTuple):
    """What is wanted: an area's values of [start, end), of a service, now."""

    service: str
    area: str
    start: datetime
    end: datetime
    now: datetime
    key: str | None = None


class Question(NamedTuple):
    """What is sent: a path of the service, what follows the question mark, and headers beside the usual ones."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str] = {}


class Value(NamedTuple):
    """A value of a quantity, that holds from its start on for its interval (s; 0 for a moment).

    What is `foreseen` may be said otherwise later, so that it is kept with the moment at which it was said.
    """

    quantity: str
    start: datetime
    interval_s: int
    value: float
    foreseen: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer holds, and what of it could not be taken."""

    values: Sequence[Value]
    left_out: Sequence[Told] = field(default_factory=tuple)


class Unreadable(Exception):
    """An answer is not what the service promises; `why` in words for whoever looks after it."""

    def __init__(self, why: Told) -> None:
        self.why = why
        super().__init__(str(why))


def from_json(body: bytes) -> Any:
    """What a JSON answer holds.

    Raises:
        Unreadable: it is none.
    """
    start = body[:512].lstrip()
    if start.startswith(b"<"):
        raise Unreadable(Told(N_("a web page or XML came instead of JSON: look whether the address is that of the interface")))
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreadable(Told(N_("the answer is no JSON, or was cut off"))) from None


def shaped(body: bytes, kind: type[Any]) -> Any:
    """A JSON answer of that shape.

    Raises:
        Unreadable: it is none, or of another shape.
    """
    whole = from_json(body)
    try:
        return msgspec.convert(whole, kind)
    except msgspec.ValidationError as wrong:
        said = Told(N_("the answer has another shape than expected: %(why)s"), {"why": str(wrong)[:CUT]})
        raise Unreadable(said) from None


def moment(seconds: float) -> datetime:
    """A moment in UTC, of seconds since 1970.

    Raises:
        Unreadable: no such moment.
    """
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise Unreadable(Told(N_("%(time)s is no time"), {"time": f"{seconds!r}"[:CUT]})) from None


def read_moment(text: str) -> datetime:
    """A moment with its offset, as ISO 8601 writes it.

    Raises:
        Unreadable: no such moment, or one without an offset.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable(Told(N_("%(time)s is no time"), {"time": text[:CUT]})) from None
    if found.tzinfo is None:
        raise Unreadable(Told(N_("%(time)s has no offset from UTC, so that it could be of any zone"), {"time": text[:CUT]}))
    return found.astimezone(UTC)


def once(values: Iterable[Value]) -> Said:
    """Each value once, in order of time; those that an answer gives twice, and not alike, are left out."""
    found: dict[tuple[str, datetime, int, bool], Value] = {}
    contradicted = set()
    for each in values:
        of = each.quantity, each.start, each.interval_s, each.foreseen
        if (before := found.setdefault(of, each)).value != each.value:
            contradicted.add((before.quantity, before.start, before.interval_s, before.foreseen))
    kept = sorted(each for of, each in found.items() if of not in contradicted)
    if not contradicted:
        return Said(kept)
    first = min(start for _quantity, start, _interval_s, _foreseen in contradicted)
    words = N_("%(count)s times have two values that contradict each other, the first of them %(first)s: left out")
    return Said(kept, (Told(words, {"count": len(contradicted), "first": f"{first:%Y-%m-%dT%H:%M}Z"}),))
