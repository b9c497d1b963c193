"""A body of line protocol becomes readings of what its channels are mapped to, and values that wait.

Most lines say of a measurement and tags that were seen before some numbers: their text before the fields leads straight to what
each field means. Where all of some hundred lines are such, they are read at once, in columns. Everything else (a head or a field
that is new, texts, backslashes, whatever is wrong) is read exactly, line by line.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from config import clock
from config.language import _
from ingest import line_protocol
from ingest.directory import Caller
from ingest.judge import ESTIMATED, Meant, Quality, Reading, Several
from ingest.line_protocol import NUMBER, Malformed, Point
from ingest.problem import Problem
from ingest.roads.lines.plain import Plain, plain
from ingest.times import FACTORS, Window
from models import arrow, channel_meaning
from store.records.plant.directory import ChannelEntry
from store.series import waiting
from store.series.write import Series

ROAD = "lines"
HEADS = 20_000  # remembered of a caller
FIELDS = 1_000  # of a head
PIECE = 262_144  # characters of a body, some 4,500 lines or a millisecond, that are read before others have their turn
FEW = 500  # lines of a body that are not all numbers alone
ECHO = 120  # characters of a wrong line that are sent back
_MOST = sys.float_info.max
_LAST = np.iinfo(np.int64).max


@dataclass(slots=True, eq=False)
class Channel:
    """What a field of a head means: a meter's quantity, nothing that is wanted, or nothing yet."""

    name: str
    entry: ChannelEntry | None
    series: Series | None  # where its values wait
    quality: Quality | None = None
    heard: float = 0.0

    @property
    def meant(self) -> Meant | None:
        """What a meter's values are; None of what is not wanted, or waits."""
        entry = self.entry
        if entry is None or entry.meter_id is None:
            return None
        return Meant(entry.meter_id, entry.quantity, entry.unit, entry.interval_s, self.quality)


@dataclass
class Batch:
    """What a body says. Whatever is told of a line is told by its place among the body's physical lines."""

    text: str
    readings: list[list[Reading] | Several] = field(default_factory=list)  # of so many lines at a time
    of: list[int] = field(default_factory=list)  # the line of each reading
    waiting: list[tuple[Channel, int, float]] = field(default_factory=list)
    waiting_of: list[int] = field(default_factory=list)
    wrong: dict[int, Problem] = field(default_factory=dict)
    heard: set[Channel] = field(default_factory=set)
    dropped: int = 0  # values of channels that are ignored
    no_reading: int = 0  # fields that are a text or a boolean

    @cached_property
    def lines(self) -> list[str]:
        """The physical lines."""
        return self.text.split("\n")

    def refuse(self, line: int, problem: Problem) -> None:
        """The first thing that is wrong with a line is told."""
        self.wrong.setdefault(line, problem)

    def said(self) -> list[tuple[str, Problem]]:
        """Lines that are wrong, cut short, in their order."""
        return [(_cut(self.lines[line].strip()), self.wrong[line]) for line in sorted(self.wrong)]


class Reader:
    """Reads one body, a piece at a time."""

    def __init__(self, body: bytes, caller: Caller, window: Window, precision: str, arrival_us: int):
        try:
            text = body.decode()
        except UnicodeDecodeError:  # only the lines that it is in are wrong
            text = body.decode("utf-8", "surrogateescape")
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        self.batch = Batch(text.removeprefix("\ufeff").removesuffix("\n"))
        self._caller, self._window, self._precision, self._arrival_us = caller, window, precision, arrival_us
        self._now_us = clock.now_us()

    def read(self) -> Iterator[None]:
        """Read on; each step takes a bounded time.

        Raises:
            Refusal: 503 a time is ahead of the one that is known, and the machine's clock, which was set, says that it is not.
        """
        at = 0
        for piece in self._pieces():
            count = piece.count("\n") + 1
            if not self._plainly(piece, at, count):
                break
            at += count
            yield
        else:
            return
        lines = self.batch.lines
        while at < len(lines):
            stop = min(at + FEW, len(lines))
            if self._plainly("\n".join(lines[at:stop]), at, stop - at):
                at = stop
            else:
                self.batch.readings.append([])
                while at < stop:
                    at += 1 if self._known(lines[at], at) else self._exactly(at)
            yield

    def _pieces(self) -> Iterator[str]:
        """The body in pieces of whole lines."""
        text, place = self.batch.text, 0
        while place < len(text):
            end = len(text) if len(text) - place <= PIECE else text.rfind("\n", place, place + PIECE)
            if end < 0:  # one line is longer than that
                end = len(text) if (end := text.find("\n", place)) < 0 else end
            yield text[place:end]
            place = end + 1

    def _plainly(self, text: str, first: int, count: int) -> bool:
        """Take so many lines if each is one that `_known` takes, in time, of channels that are mapped; False: not all are."""
        found = plain(text, count)
        moment = self._moments(found) if found else None
        if found is None or moment is None:
            return False
        try:
            of_heads = [self._caller.heads[head] for head in found.heads]
            head_of = found.head_of if found.counts is None else np.repeat(found.head_of, found.counts)
            of, pairs = _alike(head_of * len(found.keys) + found.key_of)
            channels = [of_heads[pair // len(found.keys)][found.keys[pair % len(found.keys)]] for pair in pairs]
        except KeyError:
            return False
        meant = [channel.meant for channel in channels if channel.meant is not None]
        if len(meant) < len(channels):
            return False
        line = np.arange(first, first + count)
        if found.counts is not None:
            line, moment = np.repeat(line, found.counts), np.repeat(moment, found.counts)
        self.batch.readings.append(Several(meant, of, moment, found.value))
        self.batch.of += line.tolist()
        self.batch.heard.update(channels)
        last = np.empty(len(channels))
        last[of] = found.value  # of several with one place the last one stays
        for channel, number in zip(channels, last.tolist(), strict=True):
            channel.heard = number
        return True

    def _moments(self, found: Plain) -> NDArray[np.int64] | None:
        """When lines are of (µs since 1970), if all are of a time that is accepted."""
        if found.stamps is None:
            return np.full(len(found.head_of), self._arrival_us)
        if self._precision == "ns":
            moment = found.stamps // 1000
        else:
            factor = FACTORS[self._precision]
            if found.stamps.max() > _LAST // factor:
                return None
            moment = found.stamps * factor
        return moment if self._window.accepts(moment, self._now_us) else None

    def _known(self, line: str, at: int) -> bool:
        """Take a line whose head and fields were seen before, and which is nothing but numbers; False: it is something else."""
        head, _blank, rest = line.partition(" ")
        channels = self._caller.heads.get(head)
        if channels is None:
            return False
        fields, _blank, stamp = rest.partition(" ")
        if stamp and not (stamp.isdigit() and stamp.isascii() and len(stamp) < 20):
            return False
        found = []
        for each in fields.split(","):
            key, _equals, value = each.partition("=")
            channel = channels.get(key)
            if channel is None or not NUMBER.fullmatch(value):
                if channel is None or value[-1:] != "i":
                    return False
                try:
                    found.append((channel, line_protocol.number(value) or 0.0))
                except Malformed:
                    return False
                continue
            number = float(value)
            if not -_MOST <= number <= _MOST:
                return False
            found.append((channel, number))
        moment = self._moment(int(stamp), at) if stamp else self._arrival_us
        if moment is not None:
            for channel, number in found:
                self._add(channel, moment, number, at)
        return True

    def _exactly(self, at: int) -> int:
        """Take a line whatever it is; how many it takes."""
        try:
            point, taken = line_protocol.read(self.batch.lines, at)
        except Malformed as why:
            self.batch.refuse(at, Problem("malformed_line", _(why.args[0])))
            return 1
        if point is None:
            return taken
        moment = self._arrival_us if point.stamp is None else self._moment(point.stamp, at)
        if moment is None:
            return taken
        channels = self._channels(point)
        for key, _said, number in point.fields:
            if number is None:
                self.batch.no_reading += 1
            else:
                self._add(channels[key], moment, number, at)
        return taken

    def _channels(self, point: Point) -> dict[str, Channel]:
        heads = self._caller.heads
        channels: dict[str, Channel] | None = heads.get(point.written)
        if channels is None:
            channels = {}
            # An escaped blank or comma would end it elsewhere for whoever reads it quickly.
            if "\\" not in point.written:
                if len(heads) >= HEADS:
                    heads.clear()
                heads[point.written] = channels
        for key, said, number in point.fields:
            if key not in channels and number is not None:
                if len(channels) >= FIELDS:
                    channels.clear()
                channels[key] = self._channel(f"{point.head} {said}")
        return channels

    def _channel(self, name: str) -> Channel:
        entry = self._caller.channels.get((ROAD, name))
        waits = None if entry else waiting.series(self._caller.channel_source, ROAD, name)
        return Channel(name, entry, waits, said_quality(name))

    def _add(self, channel: Channel, moment: int, number: float, at: int) -> None:
        batch, entry = self.batch, channel.entry
        channel.heard = number
        batch.heard.add(channel)
        if entry is None:
            batch.waiting.append((channel, moment, number))
            batch.waiting_of.append(at)
        elif entry.meter_id is None:
            batch.dropped += 1
        else:
            readings = batch.readings[-1]
            assert isinstance(readings, list)  # noqa: S101  # begun before lines are read one by one
            meant = entry.meter_id, entry.quantity, moment, number, entry.unit, entry.interval_s
            readings.append(Reading(*meant, channel.quality))
            batch.of.append(at)

    def _moment(self, stamp: int, at: int) -> int | None:
        """A line's time in microseconds; None: it is refused."""
        found = self._window.moment(stamp, self._precision, self._now_us, "time")
        if isinstance(found, Problem):
            self.batch.refuse(at, found)
            return None
        return found


def _alike(of: NDArray[np.int64]) -> tuple[NDArray[np.intp], list[int]]:
    """Of each number its place among those that there are, and these."""
    found = arrow.numbers(of).dictionary_encode()
    return arrow.values(found.indices).astype(np.intp), found.dictionary.to_pylist()


def said_quality(name: str) -> Quality | None:
    """What a channel's name says of how its values are come by."""
    return ESTIMATED if channel_meaning.estimated(ROAD, name) else None


def _cut(line: str) -> str:
    line = line.encode("utf-8", "replace").decode()
    return line if len(line) <= ECHO else f"{line[:ECHO]}…"
