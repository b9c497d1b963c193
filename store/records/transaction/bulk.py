"""What the lines of a file do: tried first, by doing it and taking it back; then all of it, or nothing."""

from collections.abc import Callable
from datetime import date, datetime
from typing import NamedTuple

from config.language import _
from models.local_time import FIRST_YEAR, LAST_YEAR
from store.errors import Refused
from store.records.transaction.engine import session

EXAMPLE = "2026-01-31T00:00:00Z"


class Line(NamedTuple):
    """What a line of a file does: `new`, `changed` or `same` with its words, or nothing, for a `problem`."""

    number: int
    name: str
    does: str
    words: str = ""
    problem: str = ""


class _TriedOnly(Exception):
    """No error: it takes back what was tried."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines


def tried(do: Callable[[], list[Line]]) -> list[Line]:
    """What `do` does with the lines, and takes back again: the rules are the real ones."""
    try:
        _try(do)
    except _TriedOnly as found:
        return found.lines
    return []


def _try(do: Callable[[], list[Line]]) -> None:
    with session():
        raise _TriedOnly(do())


def done(do: Callable[[], list[Line]]) -> list[Line]:
    """What `do` did with the lines.

    Raises:
        Refused: one of the lines cannot be done: then nothing was.
    """
    with session():
        found = do()
        bad = [line for line in found if line.problem]
        if bad:
            raise Refused(_("nothing was imported: line %(number)s: %(problem)s", number=bad[0].number, problem=bad[0].problem))
    return found


def said(value: str | float | None) -> str:
    """A value in the words of a line."""
    return "none" if value is None else str(value)


def number(column: str, text: str) -> float | None:
    """A cell as a number, none when it is empty.

    Raises:
        Refused: it is none.
    """
    try:
        return float(text) if text else None
    except ValueError:
        raise Refused(_("%(column)s %(text)s is not a number: write it like 51.5", column=column, text=f"{text!r}")) from None


def whole(column: str, text: str) -> int:
    """A cell as a whole number.

    Raises:
        Refused: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Refused(_("%(column)s %(text)s is not a whole number: write it like 900", column=column, text=f"{text!r}"))
    return int(text)


def day(column: str, text: str) -> date:
    """A cell as a day of the calendar.

    Raises:
        Refused: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(_("%(column)s %(text)s is not a day: write it like 2026-01-31", column=column, text=repr(text))) from None


def moment(column: str, text: str) -> datetime | None:
    """A cell as a moment with its zone, none when it is empty.

    Raises:
        Refused: it is none.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Refused(
            _(
                "%(column)s %(text)s is not a date and time with its offset from UTC: write it like %(example)s",
                column=column,
                text=f"{text!r}",
                example=EXAMPLE,
            )
        )
    if not FIRST_YEAR <= at.year < LAST_YEAR:
        raise Refused(
            _(
                "%(column)s %(text)s is not of our time: write it like %(example)s",
                column=column,
                text=f"{text!r}",
                example=EXAMPLE,
            )
        )
    return at
