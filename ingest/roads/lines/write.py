"""`POST /write` and `POST /api/v2/write`: each value is stored, waits until its channel is mapped, or is refused by its line."""

import asyncio
from urllib.parse import parse_qs

from config.language import _
from ingest import bodies, uncounted
from ingest.answers import Answer
from ingest.directory import Caller
from ingest.door import Door, Routes, arrival_us
from ingest.judge import Judge, Several
from ingest.problem import Problem, Refusal
from ingest.request import Request
from ingest.roads.lines import credentials
from ingest.roads.lines.answers import DONE, Tell, first, partial, refused, second
from ingest.roads.lines.batch import ROAD, Batch, Channel, Reader
from ingest.rows import Rows
from ingest.told import Told
from store.series.block import Block

# As they are called in the address, and here.
FIRST_PRECISIONS = {"n": "ns", "ns": "ns", "u": "us", "us": "us", "µ": "us", "ms": "ms", "s": "s", "m": "m", "h": "h"}
SECOND_PRECISIONS = {each: each for each in ("ns", "us", "ms", "s")}
PART = 10_000  # rows that are committed at a time; a body may hold more than may wait


async def write_first(request: Request, door: Door) -> Answer:
    """Line protocol as InfluxDB 1 takes it."""
    return await _write(request, door, FIRST_PRECISIONS, first)


async def write_second(request: Request, door: Door) -> Answer:
    """Line protocol as InfluxDB 2 takes it."""
    return await _write(request, door, SECOND_PRECISIONS, second)


async def _write(request: Request, door: Door, precisions: dict[str, str], tell: Tell) -> Answer:
    try:
        caller = await credentials.require(request, door)
        precision = _precision(request.query, precisions)
        door.committer.admit(0, caller.key_id)
        body = await bodies.received(request, door.settings.lines_limit_bytes)
        async with door.turns.in_hand(caller.key_id, len(body)):
            async with door.turns.judging(caller.key_id, len(body)):
                reader = Reader(body, caller, door.window, precision, arrival_us())
                for _step in reader.read():
                    await asyncio.sleep(0)
                batch = reader.batch
                await _wait(batch, caller, door)
                rows = await _judge(batch, caller, door)
            accepted = await _commit(rows, batch, caller, door)
    except Refusal as refusal:
        request.told = Told(rejected=(refusal.problem,))
        return refused(refusal, tell)
    for channel in batch.heard:
        door.channels.heard(caller.channel_source, ROAD, channel.name, channel.heard)
    wrong = [problem.at(line) for line, problem in sorted(batch.wrong.items())]
    request.told = Told(accepted, wrong, rows.held, uncounted.notes(caller, rows), len(batch.waiting))
    _book(caller, rows, accepted, batch, door)
    return partial(batch.said(), tell) if batch.wrong else DONE


def _precision(query: str, known: dict[str, str]) -> str:
    given = (parse_qs(query).get("precision") or ["ns"])[-1]
    if given not in known:
        raise Refusal(
            400,
            Problem(
                "bad_precision", _("invalid precision %(given)s: use %(known)s", given=repr(given[:20]), known=", ".join(known))
            ),
        )
    return known[given]


async def _wait(batch: Batch, caller: Caller, door: Door) -> None:
    """Commit what waits; what may not is refused by its line.

    Raises:
        Refusal: nothing of it may be acknowledged.
        StoreError: the same, for the records are away.
    """
    if not batch.waiting:
        return
    source = caller.channel_source
    known = await door.channels.known(source, ROAD, {channel.name for channel, _at, _value in batch.waiting})
    room = await door.channels.room(source)
    rows = Rows()
    for line, (channel, at, value) in zip(batch.waiting_of, batch.waiting, strict=True):
        assert channel.series is not None  # noqa: S101  # it is not mapped
        if channel.name not in known:
            batch.refuse(line, _unknown(channel))
        elif len(rows) >= room:
            batch.refuse(line, _full(channel, door))
            door.channels.turned_away(source, ROAD, channel.name)
        else:
            rows.rows.append((channel.series, at, value))
    for start in range(0, len(rows), PART):
        part = Rows(rows.rows[start : start + PART])
        await door.waiting.commit(part, caller.key_id)
        door.channels.waits(source, len(part))


def _unknown(channel: Channel) -> Problem:
    return Problem(
        "bad_channel",
        _(
            "%(channel)s cannot be kept as a channel: its name is too long or holds an invisible character, or there are too "
            "many of this source; leave tags out that hold a number that is always new",
            channel=channel.name[:100],
        ),
    )


def _full(channel: Channel, door: Door) -> Problem:
    return Problem(
        "waiting_full",
        _(
            "%(channel)s is not mapped, and %(most)s values of this source are waiting already: map its channels, or ignore them",
            channel=channel.name[:100],
            most=f"{door.settings.waiting_values:,}",
        ),
    )


async def _judge(batch: Batch, caller: Caller, door: Door) -> Rows:
    """The rows that may be stored; what may not is refused by its line."""
    rows = Rows()
    judge = Judge(caller, door.window, rows)
    blocks: list[Block] = []
    first = 0
    for readings in batch.readings:
        if isinstance(readings, Several):
            blocks.append(judge.judge_several(readings, first))
        else:
            blocks.append(judge.judge_readings(readings, first))
        first += len(readings)
        await asyncio.sleep(0)
    rows.block = Block.joined(blocks)
    for problem in judge.problems:
        assert problem.index is not None  # noqa: S101  # given by the judge
        batch.refuse(batch.of[problem.index], problem)
    return rows


async def _commit(rows: Rows, batch: Batch, caller: Caller, door: Door) -> int:
    """Commit what is mapped; how many values were taken."""
    accepted = 0
    assert rows.block is not None  # noqa: S101  # judged in columns
    for start in range(0, len(rows), PART):
        part = Rows(block=rows.block[start : start + PART], late=rows.late)
        outcome = await door.commit(part, caller.key_id)
        accepted += len(part) - len(outcome.refused)
        for why in outcome.refused.values():
            batch.refuse(0, Problem("refused_by_store", _("the store refuses the reading: %(why)s", why=why[:200])))
    return accepted


def _book(caller: Caller, rows: Rows, accepted: int, batch: Batch, door: Door) -> None:
    door.metrics.judged(accepted, None, list(batch.wrong.values()), len(rows.held))
    door.metrics.waiting(len(batch.waiting), batch.dropped, batch.no_reading)
    if caller.device is not None:
        door.activity.note(caller.device.id, accepted, len(batch.wrong))
        return
    for device_id, count in rows.by_device(caller.devices).items():
        door.activity.note(device_id, count, 0)


ROUTES: Routes = {("POST", "/write"): write_first, ("POST", "/api/v2/write"): write_second}
