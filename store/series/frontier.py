"""How far each series reaches: a sample behind the newest one is certainly new, and QuestDB need not be asked for it.

Asking costs QuestDB as much as writing, because it opens the table anew after each write; what devices post is nearly
always the newest. What this process and its neighbours wrote is seen here. What others wrote (a history that is loaded)
is learnt by asking from time to time, so this holds only while all device processes share a machine.
"""

import time
from collections.abc import Iterable

from store.series.write import Key

TRUSTED_S = 60.0  # then every series is asked for again
SERIES = 500_000  # more than that are forgotten


class Frontier:
    """The newest known moment (µs) of each series, and for which series it was asked for."""

    def __init__(self) -> None:
        self._newest: dict[int, int] = {}
        self._asked: set[int] = set()
        self._since = time.monotonic()

    def saw(self, rows: Iterable[Key]) -> None:
        """Rows were written, or may have been."""
        newest = self._newest
        for series, at in rows:
            if at > newest.get(series, 0):
                newest[series] = at
        if len(newest) > SERIES:
            newest.clear()
            self.distrust()

    def learn(self, series: Iterable[int], newest: dict[int, int], since_us: int) -> None:
        """QuestDB was asked for the newest moments of these series from `since_us` on."""
        for one in series:
            self._asked.add(one)
            self._newest[one] = max(self._newest.get(one, 0), newest.get(one, since_us - 1))

    def distrust(self) -> None:
        """Ask for every series again: something may have been missed."""
        self._asked.clear()
        self._since = time.monotonic()

    def unknown(self, rows: Iterable[Key]) -> set[int]:
        """The series of these rows that have to be asked for."""
        if time.monotonic() - self._since > TRUSTED_S:
            self.distrust()
        return {series for series, _ in rows} - self._asked

    def within(self, rows: Iterable[Key]) -> list[Key]:
        """The rows that may be stored already: not beyond what is known of their series."""
        asked, newest = self._asked, self._newest
        return [row for row in rows if row[0] not in asked or row[1] <= newest[row[0]]]
