"""Road 2, `POST /api/v1/readings`: batches of readings, each naming its meter, quantity and time.

A batch is decoded and checked in one pass. Only when something in it has the wrong shape is it taken apart value by
value, so that the readings beside it are stored all the same.
"""

import asyncio
from collections.abc import Sequence
from operator import attrgetter
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from config.language import _
from ingest import bodies, keys, uncounted
from ingest.answers import Answer, judged
from ingest.directory import Caller
from ingest.door import Asked, Door, Routes, asked
from ingest.judge import QUALITY, Judge, Quality, Reading, number
from ingest.judge import quality as known_quality
from ingest.problem import Problem, Refusal, Unreal, echo, json_type
from ingest.request import Request
from ingest.rows import Rows
from ingest.told import Told

READINGS_LIMIT = 10_000  # of one post; more gain nothing: a flush of 500 costs little more than one of 10
AT_ONCE = 500  # judged before others have their turn


class Batch(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The body of a post."""

    readings: Annotated[list[Reading], Meta(extra_json_schema={"maxItems": READINGS_LIMIT})]
    quality: Annotated[Quality | None, Meta(description=f"{QUALITY}: of all readings that say nothing themselves")] = None


_decode = msgspec.json.Decoder(Batch).decode
_FIELDS = tuple(Reading.__struct_fields__)
_REQUIRED = ("meter", "quantity", "ts", "value")
_OPTIONAL = tuple(map(attrgetter, ("unit", "interval_s", "quality")))
_QUOTE = ord('"')
_SHAPE = '{"readings": [{"meter", "quantity", "ts", "value"}, …]}'


async def post(request: Request, door: Door) -> Answer:
    """Store a batch; the verdict names each reading that is refused."""
    caller = await keys.require(request, door, write=True)
    wanted = asked(request.query)
    door.committer.admit(0, caller.key_id)
    body = await bodies.read(request, door.settings.body_limit_bytes)
    async with door.turns.in_hand(caller.key_id, len(body)):
        async with door.turns.judging(caller.key_id, len(body)):
            readings = _read(body)
            judge = await _judge(readings, caller, door, wanted)
            if judge.problems and await door.directory.learned(caller, judge.problems):
                caller = await keys.require(request, door, write=True)
                judge = await _judge(readings, caller, door, wanted)
        rows, rejected = judge.rows, judge.problems
        replaced = 0 if wanted.counts_replaced else None
        if rows.rows:
            outcome = await door.commit(rows, caller.key_id)
            replaced = outcome.replaced if wanted.counts_replaced else None
            if outcome.refused:
                _add_refused(rejected, outcome.refused, len(readings))
    accepted = len(readings) - len(rejected)
    notes = uncounted.notes(caller, rows)
    request.told = Told(accepted, rejected, rows.held, notes, dry_run=wanted.dry_run)
    if not wanted.dry_run:
        _book(caller, judge, accepted, door)
        door.metrics.judged(accepted, replaced, rejected, len(rows.held))
    return judged(accepted, replaced, rejected, notes, wanted.dry_run, rows.held)


async def _judge(readings: Sequence[Reading | Problem], caller: Caller, door: Door, wanted: Asked) -> Judge:
    """Judge a batch; others have their turn meanwhile. Raises as `Judge.judge`."""
    judge = Judge(caller, door.window, Rows(counts_replaced=wanted.counts_replaced, dry_run=wanted.dry_run))
    for first in range(0, len(readings), AT_ONCE):
        if first:
            await asyncio.sleep(0)
        judge.judge(readings[first : first + AT_ONCE], wanted.precision, first)
    return judge


def _read(body: bytes) -> Sequence[Reading | Problem]:
    """The readings of a body: decoded, or in one that is wrong somewhere taken apart one by one.

    Raises:
        Refusal: 413 too many, which is seen before they are decoded; 400 the body is of another shape.
    """
    # No reading has more commas within it than fields, so that many do not have to be counted one by one.
    many = body.count(b",") > READINGS_LIMIT * (len(_FIELDS) + 1)
    readings: Sequence[Reading | Problem] = ()
    if not many:
        try:
            batch = _decode(body)
            readings = batch.readings
            if _says_twice(body, batch):
                readings = [as_reading(each) for each in _taken_apart(body)]
            elif batch.quality is not None:
                for reading in batch.readings:
                    reading.quality = reading.quality or batch.quality
        except (msgspec.MsgspecError, ValueError, RecursionError):
            given = _taken_apart(body)
            many, readings = len(given) > READINGS_LIMIT, [as_reading(each) for each in given[:READINGS_LIMIT]]
    if many or len(readings) > READINGS_LIMIT:
        raise Refusal(
            413,
            Problem(
                "too_many_readings",
                _("more than %(most)s readings in one post: send them in several", most=f"{READINGS_LIMIT:,}"),
                "readings",
                allowed=_("at most %(most)s a post", most=f"{READINGS_LIMIT:,}"),
            ),
        )
    return readings


def _says_twice(body: bytes, batch: Batch) -> bool:
    """Whether a name may stand twice in an object, of which the decoder takes the last without a word: counted by its quotes."""
    readings, count = batch.readings, len(batch.readings)
    numbered = count if readings and type(readings[0].ts) is int else 0
    more = int(np.count_nonzero(np.frombuffer(body, np.uint8) == _QUOTE)) - (2 + 14 * count - 2 * numbered)
    if not more:  # nothing is said beside what each reading has to say
        return False
    unit, interval, quality = (count - list(map(get, readings)).count(None) for get in _OPTIONAL)
    return more != 4 * unit + 2 * interval + 4 * quality + 4 * (batch.quality is not None)


def _taken_apart(body: bytes) -> list[Any]:
    """What stands in the place of readings in a body that is wrong somewhere."""
    content = bodies.parse(body)
    if not isinstance(content, dict):
        raise Refusal(
            400,
            Problem(
                "wrong_shape",
                _("the body is %(kind)s, not an object: send one with readings", kind=json_type(content)),
                None,
                echo(content),
                _SHAPE,
            ),
        )
    if unknown := [name for name in content if name not in Batch.__struct_fields__]:
        raise Refusal(
            400,
            Problem(
                "unknown_field",
                _("there is no field %(field)s beside readings: leave it out", field=repr(echo(unknown[0]))),
                echo(unknown[0]),
                None,
                _SHAPE,
            ),
        )
    quality = known_quality(content.get("quality"))
    if isinstance(quality, Problem):
        raise Refusal(400, quality)
    if "readings" not in content:
        raise Refusal(
            400, Problem("missing_field", _("readings is missing: send a list of them, also of one"), "readings", None, _SHAPE)
        )
    readings = content["readings"]
    if not isinstance(readings, list):
        raise Refusal(
            400,
            Problem(
                "wrong_shape",
                _("readings is %(kind)s, not an array: send a list of them, also of one", kind=json_type(readings)),
                "readings",
                echo(readings),
                _SHAPE,
            ),
        )
    if quality is not None:
        return [{"quality": quality} | each if isinstance(each, dict) else each for each in readings]
    return readings


def as_reading(given: Any) -> Reading | Problem:
    """A reading of the right shape, or what is wrong with what stands in the place of one."""
    if not isinstance(given, dict):
        return Problem(
            "wrong_shape",
            _("the reading is %(kind)s, not an object: send one with these fields", kind=json_type(given)),
            None,
            echo(given),
            ", ".join(_FIELDS),
        )
    for name in given:
        if name not in _FIELDS:
            return Problem(
                "unknown_field",
                _("there is no field %(field)s: leave it out, or use one of those that are allowed", field=repr(echo(name))),
                echo(name),
                echo(given[name]),
                ", ".join(_FIELDS),
            )
    for name in _REQUIRED:
        if name not in given:
            return Problem(
                "missing_field",
                _("%(field)s is missing: send it with every reading", field=name),
                name,
                None,
                ", ".join(_REQUIRED),
            )
    for name in ("meter", "quantity", "unit"):
        if not isinstance(given.get(name), str) and (name in _REQUIRED or given.get(name) is not None):
            return Problem(
                "wrong_type",
                _("%(field)s is %(kind)s, not a string: write it in quotes", field=name, kind=json_type(given[name])),
                name,
                echo(given[name]),
                _("a string"),
            )
    value = number(given["value"], "value")
    if isinstance(value, Problem):
        return value
    ts = given["ts"]
    if isinstance(ts, bool) or not isinstance(ts, str | int):
        return Problem(
            "bad_time",
            _("%(field)s is %(kind)s, not a time: send a text such as 2026-05-01T12:00:00Z", field="ts", kind=json_type(ts)),
            "ts",
            echo(ts),
            _("RFC 3339 with an offset, or an integer"),
        )
    interval_s = given.get("interval_s")
    if isinstance(interval_s, float) and interval_s.is_integer():
        interval_s = int(interval_s)
    if interval_s is not None and (isinstance(interval_s, bool | Unreal) or not isinstance(interval_s, int)):
        return Problem(
            "wrong_type",
            _(
                "interval_s is %(given)s, not a whole number of seconds: send 900 for a quarter of an hour",
                given=echo(interval_s),
            ),
            "interval_s",
            echo(interval_s),
            _("an integer"),
        )
    quality = known_quality(given.get("quality"))
    if isinstance(quality, Problem):
        return quality
    return Reading(given["meter"], given["quantity"], ts, value, given.get("unit"), interval_s, quality)


def _add_refused(rejected: list[Problem], refused: dict[int, str], sent: int) -> None:
    """Name the readings that passed every check here and were refused by the store all the same."""
    gone = {problem.index for problem in rejected}
    kept = [index for index in range(sent) if index not in gone]
    rejected += [
        Problem("refused_by_store", _("the store refuses the reading: %(why)s", why=why[:200]), index=kept[position])
        for position, why in refused.items()
    ]
    rejected.sort(key=lambda problem: problem.index or 0)


def _book(caller: Caller, judge: Judge, accepted: int, door: Door) -> None:
    if caller.device is not None:
        door.activity.note(caller.device.id, accepted, len(judge.problems), judge.now_us)
        return
    if caller.devices:  # a site's key: what counts is whose meter it is
        for device_id, count in judge.rows.by_device(caller.devices).items():
            door.activity.note(device_id, count, 0, judge.now_us)


ROUTES: Routes = {("POST", "/api/v1/readings"): post}
