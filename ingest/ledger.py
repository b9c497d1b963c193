"""A group of posts becomes rows of QuestDB.

`Ledger` writes and asks nothing: what devices measure now takes this way. `LateLedger` compares with what is stored: a late
reading that is sent again unchanged is not written, so that it changes no time of receipt and nothing is rolled up again.
Decision 180 says why there are two.
"""

import time
from collections import ChainMap
from collections.abc import Iterable, MutableMapping, Sized
from itertools import chain

from config.quantities import INTERVAL_S
from config.settings import Settings
from ingest.rows import Outcome, Rows
from store.errors import StoreAway, StoreError
from store.series.block import NONE, Block
from store.series.stored import Key, Standing, Stored, key, standing
from store.series.write import INTERVALS, MARKER_HOLDS_S, PROMPT_S, TELEMETRY, Marker, Row, Writer, lines, marker_lines

QUARTER_US = INTERVAL_S * 1_000_000
GAP_US = 86_400_000_000  # markers of one meter that lie closer together are one
REUSED_S = MARKER_HOLDS_S / 2  # a flush that begins within this of its marker ends before the marker holds no longer
METERS = 10_000  # whose markers are remembered


class Ledger:
    """Commits groups of posts. Used by one thread."""

    def __init__(self, settings: Settings):
        self._writer = Writer(settings)

    def commit(self, posts: list[Rows], now_us: int) -> list[Outcome]:
        """Write the posts' rows; returns when they are committed.

        Raises:
            StoreAway: nothing of it may be acknowledged.
        """
        outcomes = [Outcome(written=len(post)) for post in posts]
        for at, why in self._write(list(chain.from_iterable(post.rows for post in posts)), now_us).items():
            number, position = _place([post.rows for post in posts], at)
            outcomes[number].refuse(position, why)
        if all(post.block is None for post in posts):
            return outcomes
        blocks = [NONE if post.block is None else post.block for post in posts]
        for at, why in self._write_block(Block.joined(blocks), now_us).items():
            number, position = _place(blocks, at)
            outcomes[number].refuse(position, why)
        return outcomes

    def is_up(self) -> bool:
        """Whether QuestDB takes lines."""
        return self._writer.is_up()

    def close(self) -> None:
        """Let go of the connections."""
        self._writer.close()

    def _write(self, rows: list[Row], now_us: int) -> dict[int, str]:
        """Flush rows table by table; the places of those that QuestDB refuses, each with its reason."""
        if len({of.table for of, _, _ in rows}) <= 1:
            return self._writer.write(lines(rows), now_us) if rows else {}
        refused: dict[int, str] = {}
        for table in (TELEMETRY, INTERVALS):
            places = [place for place, (of, _, _) in enumerate(rows) if of.table == table]
            for at, why in self._writer.write(lines([rows[place] for place in places]), now_us).items():
                refused[places[at]] = why
        return refused

    def _write_block(self, block: Block, now_us: int) -> dict[int, str]:
        """Flush rows in columns; the places of those that QuestDB refuses, each with its reason."""
        tables = block.tables()
        if len(tables) <= 1:
            return self._writer.write(block, now_us) if len(block) else {}
        return {
            int(places[at]): why for places in tables.values() for at, why in self._writer.write(block[places], now_us).items()
        }


class LateLedger(Ledger):
    """Commits readings of the past, and those whose sender asks what they replace."""

    def __init__(self, settings: Settings):
        super().__init__(settings)
        self._stored = Stored(settings)
        self._held: dict[str, list[tuple[int, int, float]]] = {}  # by meter: a marker's start and end, until when it is good
        self._doubtful: set[Marker] = set()  # of flushes that failed, and may yet be carried out

    def commit(self, posts: list[Rows], now_us: int) -> list[Outcome]:
        """Write the posts' rows that are not stored already, after the markers by which their quarters are rolled up again.

        Raises:
            StoreAway: nothing of it may be acknowledged.
        """
        self._repeat_doubtful(now_us)
        posts = [post.listed() for post in posts]
        outcomes, places = _compare(posts, *self._compared(posts))
        rows = [posts[number].rows[position] for number, position in places]
        markers = _markers(rows, now_us - PROMPT_S * 1_000_000)
        try:
            self._announce(markers, now_us)
            refused = self._write(rows, now_us)
        except StoreError:
            self._doubtful.update(markers)
            self._held.clear()
            raise
        self._stored.written(rows)
        for at, why in refused.items():
            number, position = places[at]
            outcomes[number].refuse(position, why)
        return outcomes

    def is_up(self) -> bool:
        """Whether QuestDB takes lines and answers questions."""
        return super().is_up() and self._stored.is_up()

    def close(self) -> None:
        """Let go of the connections."""
        super().close()
        self._stored.close()

    def _compared(self, posts: list[Rows]) -> tuple[dict[Key, Standing], bool]:
        """What is stored under the posts' keys, and whether they are proven to be the last ones.

        What QuestDB shows may have been overtaken by what it has not applied yet. So it is asked, or asked again, when all
        that was committed before has been applied: a value seen then was the last when these posts had already arrived.
        """
        rows = list(chain.from_iterable(post.rows for post in posts))
        tables = {of.table for of, _, _ in rows}
        if any(post.counts_replaced or post.told_once for post in posts):
            settled = self._stored.settle(tables)
            if not settled and any(post.counts_replaced for post in posts):
                raise StoreAway("QuestDB is too far behind to say what is replaced")
            return self._stored.values(rows), settled
        stored = self._stored.values(self._stored.not_new(rows))
        same = [row for row in rows if stored.get(key(row)) == standing(row)] if stored else []
        if not same:
            return stored, True
        proven = self._stored.settle(tables)
        return (stored | self._stored.values(same) if proven else stored), proven

    def _announce(self, markers: Iterable[Marker], now_us: int) -> None:
        """Write those markers that do not lie within one that still holds."""
        now = time.monotonic()
        new = [
            (meter, start, end)
            for meter, start, end in markers
            if not any(first <= start and end <= last and now < until for first, last, until in self._held.get(meter, ()))
        ]
        if not new:
            return
        if refused := self._writer.write(marker_lines(new, now_us), now_us):
            raise StoreAway(f"QuestDB refuses the markers of late readings: {next(iter(refused.values()))}")
        if len(self._held) > METERS:
            self._held.clear()
        for meter, start, end in new:
            held = [each for each in self._held.get(meter, ()) if now < each[2]]
            self._held[meter] = [*held, (start, end, now + REUSED_S)]

    def _repeat_doubtful(self, now_us: int) -> None:
        """QuestDB may carry out late what it did not answer in time, when the markers before it hold no longer."""
        if self._doubtful:
            self._writer.write(marker_lines(sorted(self._doubtful), now_us), now_us)
            self._doubtful.clear()


def _place(posts: Iterable[Sized], at: int) -> tuple[int, int]:
    """Which post, and which of its rows, stands at this place when all are in one list."""
    for number, rows in enumerate(posts):
        if at < len(rows):
            return number, at
        at -= len(rows)
    raise IndexError(at)


def _compare(posts: list[Rows], stored: dict[Key, Standing], proven: bool) -> tuple[list[Outcome], list[tuple[int, int]]]:
    """Each post's outcome in the order of arrival, and the places of the rows to write: not those proven to be stored already.

    What a dry run would change, no other post sees.
    """
    outcomes = [Outcome() for _ in posts]
    now: MutableMapping[Key, Standing] = dict(stored)
    written: set[Key] = set()
    places: list[tuple[int, int]] = []
    for number, post in enumerate(posts):
        seen = ChainMap({}, now) if post.dry_run else now
        for position, row in enumerate(post.rows):
            of, said = key(row), standing(row)
            before = seen.get(of)
            if before == said and proven and of not in written:
                continue
            if before is not None and before.value != said.value:
                outcomes[number].replaced += 1
                if position in post.told_once:
                    outcomes[number].before[position] = before.value
            seen[of] = said
            if not post.dry_run:
                written.add(of)
                outcomes[number].written += 1
                places.append((number, position))
    return outcomes, places


def _markers(rows: Iterable[Row], closed_us: int) -> list[Marker]:
    """One for each meter and stretch of quarters of an hour that samples come into although they are over."""
    closed = closed_us - closed_us % QUARTER_US
    quarters: dict[str, set[int]] = {}
    for of, at, _ in rows:
        if of.table == TELEMETRY and at < closed:
            quarters.setdefault(of.meter, set()).add(at - at % QUARTER_US)
    markers: list[Marker] = []
    for meter, starts in quarters.items():
        first = last = min(starts)
        for start in sorted(starts):
            if start - last > GAP_US:
                markers.append((meter, first, last + QUARTER_US))
                first = start
            last = start
        markers.append((meter, first, last + QUARTER_US))
    return markers
