"""What is wrong with something a device sent, in words its integrator can act on."""

from typing import Annotated, Any, final

import msgspec
from msgspec import Meta

from config.language import _

ECHO = 120  # characters of a wrong value that are sent back


@final
class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was refused: which field, what it was, and what is allowed instead."""

    code: str
    message: Annotated[str, Meta(description="for the person who can put it right")]
    field: str | None = None
    value: Annotated[Any, Meta(description="what was sent, cut short")] = None
    allowed: Annotated[str | None, Meta(description="what would have been taken")] = None
    index: Annotated[int | None, Meta(description="of the reading in its batch, from 0")] = None

    def at(self, index: int) -> "Problem":
        """The same problem, of the reading at `index` of its post (counted from 0)."""
        return msgspec.structs.replace(self, index=index)

    def words(self) -> str:
        """What is wrong, and what would have been taken, for where a text is all that is shown."""
        return f"{_(self.message)} ({self.allowed})" if self.allowed else _(self.message)


class Refusal(Exception):
    """A whole request is refused: its status, its problem, and when to come back (seconds), if ever."""

    def __init__(
        self, status: int, problem: Problem, retry_after_s: int | None = None, headers: tuple[tuple[str, str], ...] = ()
    ):
        super().__init__(problem.message)
        self.status = status
        self.problem = problem
        self.retry_after_s = retry_after_s
        self.headers = headers


class Unreal:
    """A number that is none, as it was written: `NaN`, `Infinity`, `1e400`, an integer of a thousand digits."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text


class Twice(Unreal):
    """What stands in an object under a name that comes more than once in it, with other values."""

    __slots__ = ()


def echo(value: Any) -> Any:
    """A wrong value as it is sent back: short, and always JSON."""
    if isinstance(value, Unreal):
        return _cut(value.text)
    if isinstance(value, str):
        return _cut(value.encode("utf-8", "replace").decode())
    if isinstance(value, bool | float) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else _cut(str(value))
    return _cut(_named(value))


def json_type(value: Any) -> str:
    """What JSON calls the value's type."""
    match value:
        case Twice():
            return _("several values")
        case Unreal():
            return _("not a finite number")
        case None:
            return "null"
        case bool():
            return _("a boolean")
        case int() | float():
            return _("a number")
        case str():
            return _("a string")
        case list():
            return _("an array")
    return _("an object")


def _named(value: Any) -> str:
    return _("%(kind)s of %(count)s", kind=json_type(value), count=len(value)) if isinstance(value, list | dict) else repr(value)


def _cut(text: str) -> str:
    return text if len(text) <= ECHO else f"{text[:ECHO]}…"
