"""From a message to the store: its family reads it, channels say what it means, the one judge judges it, the committer keeps it.

A message is settled when its readings are committed, and what is wrong with it, or means nothing yet, is kept in quarantine
with its reason. While the store takes nothing it is tried again, and nothing more is read.
"""

import asyncio
import functools
import logging
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from paho.mqtt.client import topic_matches_sub

from config import clock
from config.language import _
from config.quantities import QUANTITIES
from ingest.directory import Caller
from ingest.door import Door, arrival_us
from ingest.doubt import Held
from ingest.judge import Judge, Reading
from ingest.logbook import clean
from ingest.mqtt.families import heard
from ingest.mqtt.heard import Message, Presence, Proposal, Unreadable, Value
from ingest.mqtt.subscriber import Arrival, Subscriber
from ingest.problem import Problem, Refusal
from ingest.rows import Rows
from ingest.times import floor
from ingest.told import Told
from ingest.units import convert
from models.channel_meaning import meaning
from models.refused_reading import NOTHING_SAID, Said
from store.errors import StoreError
from store.records.plant import broker_states, channels
from store.records.plant.broker_states import Noted
from store.records.plant.brokers import Connection, Subscription
from store.records.plant.directory import ChannelEntry
from store.records.plant.refused import LONGEST_BODY, Refused
from store.scope import SYSTEM
from store.series import waiting

log = logging.getLogger(__name__)

Given = TypeVar("Given")
ROAD = "mqtt"
NOTE_S = 10.0  # between two notes of how it goes
LOOK_S = 1.0
MINUTE_S = 60.0
RETRY_S = 1.0
_QUANTITIES = {"W": "power_kw", "Wh": "energy_total_kwh", "W*min": "energy_total_kwh", "var": "reactive_power_kvar"}


class Road:
    """The messages of one broker on their way."""

    def __init__(self, door: Door, connection: Connection, subscriber: Subscriber) -> None:
        self._door, self._connection, self._subscriber = door, connection, subscriber
        self._source = channels.Source(connection.site_id, broker_id=connection.id)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="quarantine")
        self._there: dict[str, bool] = {}
        self._described: dict[str, Proposal] = {}
        self._refused = 0
        self._noted = 0, 0, 0  # arrivals, what was refused and acknowledged, as they were written last
        self._paces = deque([(time.monotonic(), 0)])
        self._matching = functools.lru_cache(maxsize=10_000)(self._match)

    async def run(self) -> None:
        """Settle what arrives, for ever."""
        while True:
            arrivals = await self._subscriber.take()
            await self._settle(arrivals)
            self._subscriber.acknowledge(arrivals)

    async def note(self) -> None:
        """Write, for ever, how it goes and what was heard of senders: at once when it changes, else every few seconds."""
        shown: object = None
        written = 0.0
        while True:
            now = self._subscriber.trouble, self._subscriber.connected_since
            if now != shown or time.monotonic() - written >= NOTE_S:
                await self.write()
                shown, written = now, time.monotonic()
            await asyncio.sleep(LOOK_S)

    async def write(self) -> None:
        """Write it now; what cannot be written stays for the next time."""
        there, self._there = self._there, {}
        arrivals, refused, acknowledged = self._subscriber.arrivals, self._refused, self._subscriber.acknowledged
        noted = Noted(
            self._subscriber.connected_since,
            self._subscriber.trouble,
            self._subscriber.last_arrival,
            self._pace(arrivals),
            arrivals - self._noted[0],
            refused - self._noted[1],
            acknowledged - self._noted[2],
            self._subscriber.waiting,
        )
        try:
            await self._in_thread(_write, self._connection.id, noted, there)
            self._noted = arrivals, refused, acknowledged
        except StoreError as error:
            log.warning("how it goes with %s cannot be written yet: %s", self._connection.name, error)
            self._there = there | self._there

    def _pace(self, arrivals: int) -> float:
        """Messages a minute, of the last one."""
        now = time.monotonic()
        self._paces.append((now, arrivals))
        while len(self._paces) > 2 and now - self._paces[1][0] >= MINUTE_S:
            self._paces.popleft()
        at, before = self._paces[0]
        return (arrivals - before) * MINUTE_S / max(now - at, MINUTE_S)

    def close(self) -> None:
        """Let go of the connections."""
        self._thread.shutdown(wait=False)

    async def _settle(self, arrivals: Sequence[Arrival]) -> None:
        """Return when every message is stored, or kept with the reason why not."""
        values: list[tuple[Arrival, Value]] = []
        wrong: list[tuple[Arrival, Problem]] = []
        for arrival in arrivals:
            self._read(arrival, values, wrong)
        while True:
            try:
                told = await self._store(values, list(wrong))
            except Refusal as refusal:
                await asyncio.sleep(min(refusal.retry_after_s or RETRY_S, RETRY_S * 2))
            except StoreError:
                await asyncio.sleep(RETRY_S)
            else:
                break
        for arrival in arrivals:
            connection = self._connection
            self._door.logbook.note(
                connection.id, connection.site_id, ROAD, arrival.topic, arrival.payload, None, told.get(arrival)
            )

    def _read(self, arrival: Arrival, values: list[tuple[Arrival, Value]], wrong: list[tuple[Arrival, Problem]]) -> None:
        subscription = self._matching(arrival.topic)
        if subscription is None:  # of a subscription of before, which the broker still remembers
            return
        message = Message(arrival.topic, arrival.payload, arrival.retained, self._connection.zone, subscription.template)
        try:
            found = heard(subscription.family, message)
        except Unreadable as unreadable:
            wrong.append((arrival, unreadable.problem))
            return
        for each in found:
            match each:
                case Value():
                    values.append((arrival, _in_own_unit(each)))
                case Presence():
                    self._there[each.source] = each.online
                case Proposal() if self._is_heard(each):
                    self._described[each.channel] = each

    async def _store(self, values: Sequence[tuple[Arrival, Value]], wrong: list[tuple[Arrival, Problem]]) -> dict[Arrival, Told]:
        """Judge, commit, and keep the rest; all of it again when it is called again. What became of each message.

        Raises:
            Refusal: nothing can be taken now.
            StoreError: the records, or what is in quarantine, cannot be written now.
        """
        caller = self._door.directory.brokers.get(self._connection.id)
        if caller is None:
            raise Refusal(503, Problem("unknown_broker", _("the broker is not listened to any more")), 2)
        arrival_us()  # raises while it is not known what time it is
        names = {value.channel for _arrival, value in values}
        known = await self._door.channels.known(self._source, ROAD, names | set(self._described))
        self._tell(known)
        room = await self._door.channels.room(self._source) if values else 0
        readings: list[Reading] = []
        judge, waits = Judge(caller, self._door.window, Rows()), Rows()
        sent: list[Arrival] = []
        said: list[tuple[str, Said]] = []  # of each of them, in the sender's words
        kept = [self._kept(problem, body=_text(arrival)) for arrival, problem in wrong]  # what could not be read
        waiting_of: Counter[Arrival] = Counter()
        for arrival, value in values:
            entry = caller.channels.get((ROAD, value.channel))
            at_us = value.at_us if value.at_us is not None else _arrived(arrival, entry, caller)
            if value.channel in known:
                self._door.channels.heard(self._source, ROAD, value.channel, value.value)
                if value.unit:
                    self._door.channels.told(self._source, ROAD, value.channel, unit=value.unit)
            if entry is not None and entry.meter_id is not None:
                readings.append(Reading(entry.meter_id, entry.quantity, at_us, value.value, entry.unit, entry.interval_s))
                sent.append(arrival)
                said.append((value.channel, _said(value, at_us, entry)))
            elif entry is None and isinstance(moment := judge.moment(at_us, "us", "time"), Problem):
                wrong.append((arrival, moment))
                kept.append(self._kept(moment, value.channel, _said(value, at_us, None)))
            elif entry is None and value.channel in known and len(waits) < room:
                waits.rows.append((waiting.series(self._source, ROAD, value.channel), at_us, value.value))
                waiting_of[arrival] += 1
            elif entry is None:
                unmapped = _unmapped(value)
                wrong.append((arrival, unmapped))
                kept.append(self._kept(unmapped, value.channel, _said(value, at_us, None)))
                if value.channel in known:
                    self._door.channels.turned_away(self._source, ROAD, value.channel)
        judge.judge(readings, "us")
        refused: Counter[str] = Counter()
        for problem in judge.problems:
            place = problem.index or 0
            wrong.append((sent[place], problem))
            refused[readings[place].meter] += 1
            kept.append(self._kept(problem, *said[place]))
        if judge.rows.rows:
            outcome = await self._door.commit(judge.rows, caller.key_id)
            good = [place for place in range(len(readings)) if place not in {each.index for each in judge.problems}]
            for position, why in outcome.refused.items():
                problem = Problem("refused_by_store", _("the store refuses the reading: %(why)s", why=why[:200]))
                kept.append(self._kept(problem, *said[good[position]]))
        if waits.rows:
            await self._door.waiting.commit(waits, caller.key_id)
            self._door.channels.waits(self._source, len(waits))
        if kept:
            await self._in_thread(self._door.quarantine.keep, kept)
            self._refused += len(kept)
        self._book(caller, judge, refused)
        return _told(sent, judge, wrong, waiting_of)

    def _tell(self, known: Collection[str]) -> None:
        """Keep what the source says of its channels, of which people make their mappings."""
        described, self._described = self._described, {}
        for each in described.values():
            if each.channel in known:
                self._door.channels.told(self._source, ROAD, each.channel, unit=each.unit, name=each.name, kind=each.kind)

    def _is_heard(self, each: Proposal) -> bool:
        """Whether what is described is something that is measured here, and comes on a topic that is listened to."""
        topic = each.channel.partition("#")[0]
        return meaning(each.channel, each.unit, each.kind) is not None and self._matching(topic) is not None

    def _book(self, caller: Caller, judge: Judge, refused: Counter[str]) -> None:
        taken = judge.rows.by_meter()
        for meter in taken | refused:
            if (device_id := caller.devices.get(meter)) is not None:
                self._door.activity.note(device_id, taken[meter], refused[meter])
        self._door.metrics.judged(len(judge.rows), None, judge.problems, len(judge.rows.held))

    def _match(self, topic: str) -> Subscription | None:
        return next((each for each in self._connection.subscriptions if topic_matches_sub(each.topic, topic)), None)

    def _kept(self, problem: Problem, name: str = "", said: Said = NOTHING_SAID, *, body: str = "") -> Refused:
        own = self._connection
        return Refused(own.site_id, own.id, ROAD, clock.now(), problem.code, problem.words(), name, said, body)

    async def _in_thread(self, call: Callable[..., Given], *arguments: object) -> Given:
        return await asyncio.get_running_loop().run_in_executor(self._thread, functools.partial(call, *arguments))


def _told(
    sent: Sequence[Arrival], judge: Judge, wrong: Sequence[tuple[Arrival, Problem]], waiting_of: Counter[Arrival]
) -> dict[Arrival, Told]:
    """What became of each message of which something was read; the values that were `sent` to the judge stand in its order."""
    refused = {problem.index for problem in judge.problems}
    taken = Counter(arrival for place, arrival in enumerate(sent) if place not in refused)
    rejected: defaultdict[Arrival, list[Problem]] = defaultdict(list)
    held: defaultdict[Arrival, list[Held]] = defaultdict(list)
    for arrival, problem in wrong:
        rejected[arrival].append(problem)
    for each in judge.rows.held:
        held[sent[each.index or 0]].append(each)
    return {
        arrival: Told(taken[arrival], rejected.get(arrival, ()), held.get(arrival, ()), waiting=waiting_of[arrival])
        for arrival in {*taken, *rejected, *waiting_of}
    }


def _write(broker_id: str, noted: Noted, there: Mapping[str, bool]) -> None:
    broker_states.note_state(SYSTEM, broker_id, noted)
    broker_states.note_presence(SYSTEM, broker_id, there)


def _arrived(arrival: Arrival, entry: ChannelEntry | None, caller: Caller) -> int:
    """The moment of a value without its own: the arrival, at the beginning of the meter's interval, so that the last one wins."""
    interval_s = 1
    if entry is not None and entry.meter_id is not None:
        interval_s = entry.interval_s or caller.intervals_s.get(entry.meter_id, 1)
    return floor(arrival.arrived_us, interval_s)


def _in_own_unit(value: Value) -> Value:
    """A value whose family knows its unit, in the unit of the quantity that is measured in it: so it also waits."""
    quantity = _QUANTITIES.get(value.unit or "")
    converted = convert(value.value, value.unit, quantity) if quantity and value.unit else value.value
    if quantity is None or isinstance(converted, Problem):
        return value
    return value._replace(value=converted, unit=QUANTITIES[quantity].unit)


def _said(value: Value, at_us: int, entry: ChannelEntry | None) -> Said:
    """A value in its sender's words, of what its channel is mapped to."""
    ts = clock.moment(at_us).isoformat()
    if entry is None or entry.meter_id is None:
        return Said(ts=ts, value=repr(value.value), unit=value.unit or "")
    interval_s = str(entry.interval_s) if entry.interval_s is not None else ""
    return Said(entry.meter_id, entry.quantity, ts, repr(value.value), entry.unit or "", interval_s)


def _text(arrival: Arrival) -> str:
    return clean(f"{arrival.topic} {arrival.payload[:LONGEST_BODY].decode('utf-8', 'replace')}")


def _unmapped(value: Value) -> Problem:
    return Problem(
        "unmapped_channel",
        _(
            "the channel %(channel)s is not mapped yet: map it to a meter on the page of mappings, or ignore it",
            channel=value.channel[:200],
        ),
        None,
        value.value,
    )
