"""What counters counted, found a second way: reading by reading, in plain Python. Nothing of Loadstar is imported here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from tests.numbers.second_path import Row


class Reading(NamedTuple):
    """A register (kWh) at a moment."""

    ts: datetime
    kwh: float


def counted(readings: Iterable[Reading], exchanges: Sequence[datetime] = (), rollover_kwh: float | None = None) -> list[Row]:
    """What was counted from each reading to the next: nothing across an exchange, from zero after a fall to less than 0.9."""
    rows = []
    for (start, before), (end, after) in pairwise(sorted(readings)):
        if any(start < moment <= end for moment in exchanges):
            continue
        kwh = after - before
        if after < 0.9 * before:
            full = rollover_kwh is not None and before >= 0.9 * rollover_kwh
            kwh = after + (rollover_kwh - before if full and rollover_kwh is not None else 0.0)
        rows.append(Row(start, end, kwh))  # a Timestamp is a datetime
    return rows
