"""Moments as senders of MQTT write them: epochs of a declared unit, RFC 3339, and local times of a known zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
# A clock that was never set stands at 1970, 2000 or where its firmware was built: no reading is of before this.
FIRST_YEAR = 2010
LAST_YEAR = 9998


def epoch(given: Any, unit_us: float) -> int | None:
    """Microseconds since 1970 of a number of units of so many microseconds; none of a clock that was never set."""
    if isinstance(given, bool) or not isinstance(given, int | float) or not abs(given) < 1e18:
        return None
    at = int(given * unit_us)
    return at if _believable(at) else None


def stated(given: Any) -> int | None:
    """The moment of a text with an offset from UTC; none without one, whose zone is not known."""
    moment = _parsed(given)
    return _us(moment) if moment is not None and moment.tzinfo is not None else None


def local(given: Any, zone: str) -> int | None:
    """The moment of a text, of a clock in this zone where it names no offset.

    None of a time that the zone has twice or never: the arrival is nearer to the truth than a wrong hour.
    """
    moment = _parsed(given)
    if moment is None:
        return None
    if moment.tzinfo is not None:
        return _us(moment)
    first, second = (moment.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    return _us(first) if first.utcoffset() == second.utcoffset() else None


def _parsed(given: Any) -> datetime | None:
    if not isinstance(given, str) or len(given) > 40:
        return None
    try:
        return datetime.fromisoformat(given.strip())
    except ValueError:
        return None


def _us(moment: datetime) -> int | None:
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        return None
    return (moment - EPOCH) // _US


def _believable(at_us: int) -> bool:
    try:
        return FIRST_YEAR <= (EPOCH + timedelta(microseconds=at_us)).year <= LAST_YEAR
    except OverflowError:
        return False
