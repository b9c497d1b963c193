"""What of a request was refused, reading by reading, as it was said: what a person can put right afterwards.

A request is taken apart here a second time, away from whoever waits for an answer, and only where something was refused.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import msgspec

from config import clock
from config.quantities import QUANTITIES, Kind
from ingest import bodies, line_protocol
from ingest.judge import Judge, Reading
from ingest.line_protocol import Malformed, Point
from ingest.logbook import clean
from ingest.problem import Problem, Refusal, Unreal
from ingest.quarantine import Came
from ingest.roads.hardware import ABOUT, MEASURED
from ingest.roads.lines.batch import ROAD as LINES
from ingest.roads.lines.batch import said_quality
from ingest.roads.lines.write import FIRST_PRECISIONS
from ingest.rows import Rows
from ingest.times import FACTORS, Window, floor
from models.refused_reading import NOTHING_SAID, Said
from store.records.plant.directory import ChannelEntry
from store.records.plant.refused import LONGEST, LONGEST_BODY, Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_MAPPED = frozenset(("waiting_full", "bad_channel"))


def refused(window: Window, came: Came, most: int) -> Iterator[Refused]:
    """The readings of a request that were refused, at most so many, as the window accepts times.

    Raises:
        Refusal: 503 it is not known now what time it is.
    """
    match came.road:
        case "hardware":
            found = _hardware(came)
        case "readings":
            found = _readings(came)
        case _:
            found = _lines(came, window)
    for _number, each in zip(range(most), found, strict=False):
        yield each


def whole(came: Came, text: str, problem: Problem) -> Refused:
    """What no reading can be made of, as it was sent."""
    return _kept(came, problem, body=text)


def _kept(came: Came, problem: Problem, name: str = "", said: Said = NOTHING_SAID, body: str = "") -> Refused:
    return Refused(
        came.caller.site_id,
        came.caller.source,
        came.road,
        clock.moment(came.at_us),
        problem.code,
        problem.words(),
        clean(name),
        Said(*(clean(each) for each in said)),
        clean(body),
    )


def _text(came: Came) -> str:
    return came.body[: LONGEST_BODY * 4].decode("utf-8", "replace")[:LONGEST_BODY]


def _content(came: Came) -> Any:
    try:
        return bodies.parse(came.body)
    except Refusal:
        return None


def _readings(came: Came) -> Iterator[Refused]:
    content = _content(came)
    given = content.get("readings") if isinstance(content, dict) else None
    precision = _precision(came)
    of_all = {"quality": content["quality"]} if isinstance(content, dict) and "quality" in content else {}
    for problem in came.problems:
        if problem.index is None or not isinstance(given, list) or problem.index >= len(given):
            yield whole(came, _text(came), problem)
            continue
        reading = given[problem.index]
        if not isinstance(reading, dict):
            yield _kept(came, problem, body=as_json(reading)[:LONGEST_BODY])
            continue
        yield _kept(came, problem, said=_said(of_all | reading, precision))


def _said(reading: dict[str, Any], precision: str) -> Said:
    """What a reading says, each word as it was said."""
    words = {name: _word(reading.get(name), precision if name == "ts" else "") for name in Said._fields}
    if reading.get("value") is not None:
        words["value"] = as_json(reading["value"])
    return Said(**words)


def _word(value: Any, precision: str) -> str:
    """What was said, a text without its quotes; an integer as a time, if what it counts is declared."""
    if value is None or isinstance(value, str):
        return value or ""
    return stamp(value, precision) if precision and type(value) is int else as_json(value)


def _hardware(came: Came) -> Iterator[Refused]:
    content = _content(came)
    device = came.caller.device
    if not isinstance(content, dict) or device is None:
        yield whole(came, _text(came), came.problems[0])
        return
    own = {problem.field: problem for problem in came.problems}
    # Where one of the fields that every post has is wrong nothing is stored: the others are refused for its sake.
    of_all = None if came.accepted else came.problems[0]
    ts = _word(content["timestamp"], _precision(came)) if "timestamp" in content else ""
    ts = ts or _iso(floor(came.at_us, device.reporting_interval_s))
    quality = _word(content.get("quality"), "")
    for name, value in content.items():
        problem = own.get(name) or (of_all if name in MEASURED else None)
        if problem is None or name in ABOUT:
            continue
        meter, quantity = device.fields.get(name, ("", ""))
        of_interval = quantity in QUANTITIES and QUANTITIES[quantity].kind is Kind.ENERGY
        interval_s = str(device.reporting_interval_s) if of_interval else ""
        yield _kept(came, problem, name, Said(meter, quantity, ts, as_json(value), "", interval_s, quality))


def _lines(came: Came, window: Window) -> Iterator[Refused]:
    lines = came.body.decode("utf-8", "surrogateescape").replace("\r\n", "\n").removesuffix("\n").split("\n")
    precision = FIRST_PRECISIONS.get(_precision(came), "ns")
    for problem in came.problems:
        if problem.index is None:
            yield whole(came, _text(came), problem)
            continue
        try:
            point, _taken = line_protocol.read(lines, problem.index)
        except Malformed:
            point = None
        if point is None:
            line = lines[problem.index] if problem.index < len(lines) else ""
            yield _kept(came, problem, body=line.encode("utf-8", "replace").decode()[:LONGEST_BODY])
        else:
            yield from _of_line(came, window, problem, point, precision)


def _of_line(came: Came, window: Window, problem: Problem, point: Point, precision: str) -> Iterator[Refused]:
    """The values of a line that were refused: of a line whose time is wrong all, else those that are wrong themselves."""
    ts = stamp(point.stamp, precision) if point.stamp is not None else _iso(came.at_us)
    moment = came.at_us if point.stamp is None else window.moment(point.stamp, precision, came.at_us, "time")
    for _key, said, number in point.fields:
        name = f"{point.head} {said}"
        entry = came.caller.channels.get((LINES, name))
        if number is None or (entry is not None and entry.meter_id is None):
            continue
        if entry is None:
            if isinstance(moment, Problem) or problem.code in NOT_MAPPED:
                yield _kept(came, problem, name, Said(ts=ts, value=repr(number)))
            continue
        wrong = _wrong(came, window, entry, moment, number)
        if wrong is not None:
            interval_s = "" if entry.interval_s is None else str(entry.interval_s)
            quality = said_quality(name) or ""
            said_so = Said(entry.meter_id or "", entry.quantity, ts, repr(number), entry.unit or "", interval_s, quality)
            yield _kept(came, wrong, name, said_so)


def _wrong(came: Came, window: Window, entry: ChannelEntry, moment: int | Problem, number: float) -> Problem | None:
    """What is wrong with a value of a channel that is mapped."""
    if isinstance(moment, Problem):
        return moment
    judge = Judge(came.caller, window, Rows(dry_run=True))
    judge.judge([Reading(entry.meter_id or "", entry.quantity, moment, number, entry.unit, entry.interval_s)], "us")
    return judge.problems[0] if judge.problems else None


def stamp(at: int, precision: str) -> str:
    """An integer as a time, if what it counts was declared and a calendar reaches there; else the integer."""
    if precision not in FACTORS and precision != "ns":
        return str(at)
    try:
        return _iso(at // 1000 if precision == "ns" else at * FACTORS[precision])
    except OverflowError:
        return str(at)


def _iso(at_us: int) -> str:
    return (_EPOCH + timedelta(microseconds=at_us)).isoformat()


def _precision(came: Came) -> str:
    default = "n" if came.road == "lines" else ""
    return (parse_qs(came.query).get("precision") or [default])[-1]


def as_json(value: Any) -> str:
    """A value as JSON writes it, cut short; a number that is none as it was written."""
    if isinstance(value, Unreal):
        return value.text[:LONGEST]
    if isinstance(value, dict | list):
        return msgspec.json.encode(value, enc_hook=lambda each: each.text).decode()[:LONGEST_BODY]
    return json.dumps(value, ensure_ascii=False)[: LONGEST + 1]
