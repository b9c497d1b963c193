"""What programs ask with, read: moments and ranges of an address; and how a refusal is said."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from config.language import _

LONGEST = {
    "quarter": timedelta(days=92),
    "half_hour": timedelta(days=92),
    "hour": timedelta(days=92),
    "day": timedelta(days=3 * 366),
    "month": timedelta(days=30 * 366),
}  # at most asked for at once, by step
YEAR = timedelta(days=366)
EARLIEST, LATEST = 1970, 2260  # years that nanoseconds since 1970 can tell


class BadParameter(Exception):
    """A parameter of the address is not what it can be; the message says what can."""


def refused(status: int, error: str, message: str, **more: Any) -> Response:
    """An error as JSON: its short name, and the message for the person who can put it right."""
    response = jsonify(error=error, message=message, **more)
    response.status_code = status
    return response


def answer_bad_parameters(bp: Blueprint) -> None:
    """Let the blueprint answer `BadParameter` with 422 and its message."""
    bp.register_error_handler(BadParameter, lambda error: refused(422, "bad_parameter", f"{error}."))


def asked_range(steps: Collection[str] = tuple(LONGEST), most: timedelta = LONGEST["month"]) -> tuple[datetime, datetime, str]:
    """`from`, `to` and `step` (one of these) of the address, not further apart than `most` either; raises `BadParameter`."""
    step = one_of("step", steps, "day")
    start, end = moment("from"), moment("to")
    longest = min(LONGEST[step], most)
    if not timedelta(0) < end - start <= longest:
        raise BadParameter(
            _("from is to lie before to, and by %(step)s at most %(days)s days apart", step=step, days=longest.days)
        )
    return start, end, step


def one_of(name: str, values: Collection[str], otherwise: str) -> str:
    """The parameter of that name, which is one of these values; raises `BadParameter`."""
    given = request.args.get(name, otherwise)
    if given not in values:
        raise BadParameter(
            _("%(name)s is %(given)s: use one of %(values)s", name=name, given=f"{given!r}", values=", ".join(values))
        )
    return given


def moment(name: str) -> datetime:
    """The parameter of that name as a moment in UTC; raises `BadParameter`."""
    given = request.args.get(name, "")
    try:
        found = datetime.fromisoformat(given.replace(" ", "+"))  # a plus that was not escaped
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not EARLIEST <= found.year <= LATEST:
        raise BadParameter(
            _("%(name)s is %(given)s: write it as 2026-05-01T00:00:00Z, with its offset from UTC", name=name, given=f"{given!r}")
        )
    return found.astimezone(UTC)


def iso(at: datetime) -> str:
    """A moment in UTC as RFC 3339."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
