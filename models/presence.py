"""Whether something that reports is heard: one definition, for devices' own status answers and for every page."""

from datetime import datetime

LATE_AFTER = 2  # reporting intervals in silence
OFFLINE_AFTER = 10
GRACE_S = 10.0  # what the network and the clocks may take, whatever the interval


def presence(last: datetime | None, interval_s: float, now: datetime, gone: datetime | None = None) -> str:
    """`live`, `late`, `offline`, or `never` heard, for what was heard last at `last` and reports every `interval_s`.

    What said good-bye at `gone`, and nothing since, is offline at once.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 5, 1, 12, tzinfo=UTC)
    >>> [presence(noon - timedelta(seconds=silent), 60, noon) for silent in (30, 300, 3600)]
    ['live', 'late', 'offline']
    >>> presence(noon - timedelta(seconds=30), 60, noon, gone=noon - timedelta(seconds=20))
    'offline'
    """
    if last is None:
        return "never"
    if gone is not None and gone >= last:
        return "offline"
    silent_s = (now - last).total_seconds()
    if silent_s <= LATE_AFTER * interval_s + GRACE_S:
        return "live"
    return "late" if silent_s <= OFFLINE_AFTER * interval_s + GRACE_S else "offline"
