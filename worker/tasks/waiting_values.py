"""Stores what waits of channels that were mapped meanwhile; drops what waits of those that are ignored.

It may end at any point and be begun again: a value is stored first, under the key that it would have had at once, and only then
marked as stored. What was stored under that key by somebody else since is newer, and stays. What the judge refuses goes on
waiting with the reason, until its channel is mapped anew.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from config import clock
from config.settings import settings
from ingest.afterwards import Afterwards
from ingest.directory import Caller, caller_of
from ingest.judge import ESTIMATED, Reading
from store.records.jobs.kinds import WAITING_VALUES, Nothing
from store.records.plant import channels, directory
from store.records.plant.channels import Source
from store.records.schema import Channel
from store.scope import Scope
from store.series import waiting
from store.series.waiting import Value
from store.series.write import Writer, lines
from worker.task import Progress, Task

EVERY = timedelta(seconds=30)  # for what came while its channel was being mapped
PART = 10_000  # values that are judged and stored at a time
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def settle(scope: Scope, _told: Nothing, progress: Progress) -> dict[str, int]:
    """Judge what waits; how many values became what: `stored`, `refused`, `dropped`."""
    done = {"stored": 0, "refused": 0, "dropped": 0}
    decided = unsettled(scope)
    if not decided:
        return done
    afterwards, writer = Afterwards(settings()), Writer(settings())
    try:
        seen: set[tuple[str, datetime | None]] = set()
        while decided:  # people may decide of others meanwhile
            loaded = directory.load_directory()
            for number, channel in enumerate(decided):
                source = Source(channel.site_id, channel.device_id, channel.broker_id)
                caller = caller_of(loaded, source)
                for part in _parts(scope, channel):
                    states = ["dropped"] * len(part) if channel.ignored else _judged(part, channel, caller, afterwards)
                    _mark(part, states, channel, source, writer)
                    for state in states:
                        done[state if state in done else "refused"] += 1
                    progress(number / len(decided), dict(done))
            seen.update((each.id, each.mapped_at) for each in decided)
            decided = [each for each in unsettled(scope) if (each.id, each.mapped_at) not in seen]
    finally:
        afterwards.close()
        writer.close()
    return done


def unsettled(scope: Scope) -> list[Channel]:
    """The channels that are mapped or ignored, and of which something waits that was not judged by that."""
    waits = waiting.channels(scope)
    return [
        each
        for each in channels.decided(scope, waits)
        if waits[each.id].unjudged or (each.mapped_at is not None and waits[each.id].since < each.mapped_at)
    ]


def _parts(scope: Scope, channel: Channel) -> Iterator[Sequence[Value]]:
    assert channel.mapped_at is not None  # noqa: S101  # it is decided
    after = None
    while part := waiting.values(scope, channel.id, after, channel.mapped_at, PART):
        yield part
        after = EPOCH + timedelta(microseconds=part[-1].at)


def _judged(part: Sequence[Value], channel: Channel, caller: Caller, afterwards: Afterwards) -> list[str]:
    """What became of each value: `stored`, or the code of what is wrong with it."""
    assert channel.meter_id is not None and channel.quantity is not None  # noqa: S101  # it is mapped
    of = channel.meter_id, channel.quantity
    quality = ESTIMATED if channel.estimated else None
    readings = [Reading(*of, each.at, each.value, channel.unit, channel.interval_s, quality) for each in part]
    return [each.problem.code if each.problem else waiting.STORED for each in afterwards.store(readings, caller)]


def _mark(part: Sequence[Value], states: Sequence[str], channel: Channel, source: Source, writer: Writer) -> None:
    series = {state: waiting.series(source, channel.road, channel.full_name, state) for state in set(states)}
    rows = [(series[state], each.at, each.value) for each, state in zip(part, states, strict=True)]
    writer.write(lines(rows), clock.now_us())


TASK = Task(WAITING_VALUES, settle, most_s=1800, most_mb=1024, every=EVERY, only_if=lambda scope: bool(unsettled(scope)))
