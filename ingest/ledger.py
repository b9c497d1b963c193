"""A group of posts becomes rows of QuestDB: what is new, the same again, or another value for the same key."""

import math
import time
from itertools import chain
from pathlib import Path

from config.settings import Settings
from ingest.rows import Outcome, Rows
from store.errors import StoreError
from store.series.unapplied import DOUBT, Flush, Unapplied
from store.series.write import INTERVALS, TELEMETRY, Key, Series, Writer, late_lines, now_us

RECENT_US = 60_000_000  # QuestDB finds the newest samples of a minute in no time, those of a month not
FORGET_S = 0.5  # between questions what QuestDB shows by now


class Ledger:
    """Commits groups. Used by one thread."""

    def __init__(self, settings: Settings, folder: Path | None):
        self._writer = Writer(settings)
        self._unapplied = Unapplied(folder)
        self._forgot = 0.0
        # Of processes on another machine it is not known at once how far they wrote.
        self._alone = folder is not None and not settings.questdb_external

    def commit(self, posts: list[Rows], now_us: int) -> list[Outcome]:
        """Write the posts' rows, and only those that change something; returns when they are committed.

        Raises:
            StoreAway: nothing of it may be acknowledged.
        """
        known: dict[int, Series] = {}
        for post in posts:
            known.update(post.series)
        keys = list(chain.from_iterable(post.keys for post in posts))
        rows = dict(zip(keys, chain.from_iterable(post.values for post in posts), strict=True))
        stored, certain = self._stored(rows, posts, known)
        self._forget()
        dropped: set[tuple[int, int]] = set()
        if not stored and len(rows) == len(keys):
            outcomes = [Outcome() for _ in posts]
        else:
            outcomes, dropped = _compare(posts, stored, certain)
        began = time.monotonic_ns()
        try:
            refused = self._write(posts, dropped, now_us)
        except StoreError:
            self._unapplied.note(Flush(began, time.monotonic_ns(), dict.fromkeys(keys, DOUBT)))
            raise
        for number, position, why in refused:
            outcomes[number].refused[position] = why
        gone = dropped | {(number, position) for number, position, _ in refused}
        self._unapplied.note(Flush(began, time.monotonic_ns(), _without(posts, gone) if gone else rows))
        return outcomes

    def tick(self) -> None:
        """Hear the neighbours and forget what QuestDB shows by now."""
        self._unapplied.hear()
        if len(self._unapplied):
            self._forget()

    def is_up(self) -> bool:
        """Whether QuestDB takes lines and answers questions."""
        return self._writer.is_up()

    def close(self) -> None:
        """Let go of the connections and of the ring."""
        self._writer.close()
        self._unapplied.close()

    def _stored(self, rows: dict[Key, float], posts: list[Rows], known: dict[int, Series]) -> tuple[dict[Key, float], bool]:
        """Values already stored under these keys, and whether all of them are proven to be the last ones.

        What QuestDB shows may have been overtaken by what it has not applied yet. So before anything is left unwritten for
        it, it is asked again while no transaction waits.
        """
        self._unapplied.hear()
        remembered = {key: value for key, value in self._unapplied.find(rows).items() if not math.isnan(value)}
        missing = [key for key in rows if key not in remembered] if remembered else list(rows)
        if self._alone:
            missing = self._within(missing, known)
        stored = self._writer.existing(missing, known) if missing else {}
        certain = True
        same = (
            [key for post in posts for key, value in zip(post.keys, post.values, strict=True) if stored.get(key) == value]
            if stored
            else []
        )
        if same:
            certain = all(shown >= committed for shown, committed in self._writer.applied().values())
            if certain:
                stored |= self._writer.existing(same, known)
        return stored | remembered, certain

    def _within(self, rows: list[Key], known: dict[int, Series]) -> list[Key]:
        """The rows that may be stored already; the others lie beyond the newest sample of their series."""
        frontier = self._unapplied.frontier
        if unknown := {key for key in frontier.unknown(rows) if known[key].table == TELEMETRY}:
            since = min(at for key, at in rows if key in unknown)
            if since > now_us() - RECENT_US:
                frontier.learn(unknown, self._writer.newest([known[key] for key in unknown], since), since)
        return frontier.within(rows)

    def _forget(self) -> None:
        now = time.monotonic()
        if now - self._forgot >= FORGET_S:
            self._forgot = now
            self._unapplied.forget(self._writer.applied())

    def _write(self, posts: list[Rows], dropped: set[tuple[int, int]], now_us: int) -> list[tuple[int, int, str]]:
        """Flush table by table, then the markers of quarters already over; rows refused by QuestDB as (post, position, why)."""
        refused = []
        for table in (TELEMETRY, INTERVALS):
            lines, places = _lines(posts, table, dropped)
            if lines:
                for at, why in self._writer.write(lines, now_us).items():
                    post, position = places[at] if places is not None else _place(posts, at)
                    refused.append((post, position, why))
        late = set().union(*(post.late for post in posts))
        if late:
            self._writer.write(late_lines(sorted(late), now_us), now_us)
        return refused


def _lines(posts: list[Rows], table: str, dropped: set[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]] | None]:
    """The lines of one table, and where each comes from (None: all lines of all posts, in order)."""
    if not dropped and not any(post.intervals for post in posts):
        return ([], None) if table == INTERVALS else (list(chain.from_iterable(post.lines for post in posts)), None)
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    for number, post in enumerate(posts):
        for position, ((key, _), line) in enumerate(zip(post.keys, post.lines, strict=True)):
            if post.series[key].table == table and (number, position) not in dropped:
                lines.append(line)
                places.append((number, position))
    return lines, places


def _without(posts: list[Rows], gone: set[tuple[int, int]]) -> dict[Key, float]:
    """The rows that were written, the last value of each key."""
    return {
        key: value
        for number, post in enumerate(posts)
        for position, (key, value) in enumerate(zip(post.keys, post.values, strict=True))
        if (number, position) not in gone
    }


def _place(posts: list[Rows], at: int) -> tuple[int, int]:
    for number, post in enumerate(posts):
        if at < len(post):
            return number, at
        at -= len(post)
    raise IndexError(at)


def _compare(posts: list[Rows], stored: dict[Key, float], certain: bool) -> tuple[list[Outcome], set[tuple[int, int]]]:
    """Each post's outcome in the order of arrival, and the rows that need not be written: proven to be stored already."""
    outcomes = [Outcome() for _ in posts]
    now = dict(stored)
    written: set[Key] = set()
    dropped: set[tuple[int, int]] = set()
    for number, post in enumerate(posts):
        for position, (key, value) in enumerate(zip(post.keys, post.values, strict=True)):
            before = now.get(key)
            if before == value:
                if certain and key not in written:
                    dropped.add((number, position))
                continue
            if before is not None:
                outcomes[number].replaced += 1
            now[key] = value
            written.add(key)
    return outcomes, dropped
