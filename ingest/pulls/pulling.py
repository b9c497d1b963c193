"""Asking a source: what is missing since its last value, in questions of bounded length, judged and stored as all that comes in.

The last two days are asked for again each time: services put values right, and a hole that was left is filled. What was stored
stays when a later question fails; the next turn begins where that one ended.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import groupby
from urllib.parse import urlencode

from config import allowed, clock
from config.allowed import Allowed
from config.language import N_, Told, _
from config.pull_services import PAST_WEATHER, SERVICES, WEATHER, Service
from config.settings import Settings
from ingest.directory import caller_of
from ingest.judge import Judge, Reading, number
from ingest.ledger import LateLedger
from ingest.problem import Problem, Refusal, echo
from ingest.pulls import fetch, http_json
from ingest.pulls.backoff import wait
from ingest.pulls.fetch import Failed, Marks, Request
from ingest.pulls.pulled import Asked, Said, Unreadable, Value, once
from ingest.pulls.readers import READERS
from ingest.rows import Rows
from ingest.times import FACTORS, Window
from store.errors import StoreError
from store.records.plant import directory, pull_turns
from store.records.plant.channels import Source
from store.records.plant.pull_sources import Own
from store.records.plant.pull_turns import Order
from store.scope import Scope
from store.series import outlooks, region_series
from store.series.outlooks import Outlook

FIRST = timedelta(days=31)  # what is asked for of a source that has given nothing yet
FURTHEST = timedelta(days=92)  # back, however long a source was away
AGAIN = timedelta(days=2)
QUESTIONS = 8  # of one turn
TOLD = 3  # kinds of values left out that are told in words
DAY = timedelta(days=1)


class Turn:
    """What came of a turn so far; `known` is what the answers of the last one bore."""

    def __init__(self, known: Mapping[str, Sequence[str]]) -> None:
        self._known = known
        self.marks: dict[str, list[str]] = {}
        self.written = self.same = self.refused = 0
        self.value_at: datetime | None = None
        self.told: list[Told] = []

    def ask(self, request: Request, may: Allowed) -> bytes | None:
        """What is answered; none when it is what it was, and is stored. Raises as `fetch.get`."""
        of = sha256(request.address.encode()).hexdigest()[:32]  # an address may hold a key
        answer = fetch.get(request, may, Marks(*self._known.get(of, ())))
        if any(answer.marks):
            self.marks[of] = list(answer.marks)
        return answer.body

    def reached(self, starts: Sequence[datetime]) -> None:
        """Values with these starts are stored."""
        self.value_at = max([*starts, *([self.value_at] if self.value_at else [])], default=None)

    def refuse(self, count: int, why: str) -> None:
        """That many values cannot be taken."""
        self.refused += count
        if count and len(self.told) < TOLD:
            words = N_("%(count)s values were left out, the first because: %(why)s")
            self.told.append(Told(words, {"count": count, "why": why[:200]}))


def pull(scope: Scope, settings: Settings, source_id: str, *, chance: float | None = None) -> dict[str, int]:
    """Ask a source that is to be asked, now; how many values were `written`, `same` as before and `refused`.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreError: the store does not take it now; nothing is lost, for it is asked for again.
    """
    order = pull_turns.order(scope, source_id)
    if order is None:
        return {}
    chance = random.random() if chance is None else chance  # noqa: S311 - a jitter
    now = clock.now()
    pull_turns.begin(scope, order.id, now, now + wait(order.failures + 1, order.every_s, 0, chance))
    turn = Turn(order.marks)
    try:
        _ask(scope, settings, order, now, turn)
    except (Failed, Unreadable) as failed:
        failures, asked_for_s = order.failures + 1, getattr(failed, "wait_s", 0.0)
        next_at = clock.now() + wait(failures, order.every_s, asked_for_s, chance)
        _end(scope, order, next_at, turn, failures=failures, problem=[failed.why])
    except StoreError as away:
        next_at = clock.now() + wait(1, order.every_s, 0, chance)
        told = Told(N_("what came could not be stored: %(why)s"), {"why": str(away)[:200]})
        _end(scope, order, next_at, turn, failures=order.failures, problem=[told])
        raise
    else:
        answered_at = clock.now()
        next_at = answered_at + wait(0, order.every_s, 0, chance)
        _end(scope, order, next_at, turn, failures=0, problem=turn.told, answered_at=answered_at)
    return {"written": turn.written, "same": turn.same, "refused": turn.refused}


def _end(
    scope: Scope,
    order: Order,
    next_at: datetime,
    turn: Turn,
    *,
    failures: int,
    problem: Sequence[Told],
    answered_at: datetime | None = None,
) -> None:
    # Of what was refused or failed the whole answer is wanted again.
    marks = turn.marks if answered_at is not None and not turn.refused else {}
    reached = max((each for each in (turn.value_at, order.value_at) if each is not None), default=None)
    pull_turns.end(
        scope,
        order.id,
        next_at,
        failures=failures,
        problem=problem,
        answered_at=answered_at,
        value_at=reached,
        marks=marks,
    )


def stretches(order: Order, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is asked for, the earliest first: from the last value that was stored on, and somewhat before; bounded in all."""
    service = SERVICES.get(order.service)
    last = min(order.value_at, now) - AGAIN if order.value_at else now - FIRST
    start = max(last, now - FURTHEST).replace(minute=0, second=0, microsecond=0)
    end = now + (service.ahead if service else timedelta())
    if service and service.gives == WEATHER:  # what was not asked for in time nobody forecasts any more
        start = now.replace(minute=0, second=0, microsecond=0)
    most = service.most if service else FURTHEST + DAY
    for _question in range(QUESTIONS):
        if start >= end:
            return
        until = min(start + most, end)
        yield start, until
        start = until


def _ask(scope: Scope, settings: Settings, order: Order, now: datetime, turn: Turn) -> None:
    may = fetch.allowed_by(settings)
    for start, end in stretches(order, now):
        asked = Asked(order.service, order.area, start, end, now, order.key)
        if order.own is not None:
            _take_readings(settings, order, order.own, asked, may, turn)
        else:
            _take_shared(scope, order, asked, may, turn)


def _take_shared(scope: Scope, order: Order, asked: Asked, may: Allowed, turn: Turn) -> None:
    service = SERVICES.get(order.service)
    if service is None:
        raise Failed(Told(N_("this Loadstar knows no service %(name)s"), {"name": order.service}))
    if service.currency and (other := sorted(order.currencies - {service.currency})):
        words = N_(
            "its prices are in %(currency)s, sites of the region account in %(other)s, and nothing is converted: "
            "choose a service in %(other)s"
        )
        raise Failed(Told(words, {"currency": service.currency, "other": ", ".join(other)}))
    said = _said(service, order, asked, may, turn)
    if said is None:
        return
    turn.told += said.left_out[:TOLD]
    weather = service.gives in (WEATHER, PAST_WEATHER)
    facts = [each for each in said.values if not (each.foreseen or weather)]
    views = [Outlook(*each[:4]) for each in said.values if each.foreseen or weather]
    if order.region_id is not None:
        _write_facts(scope, order.region_id, order.id, facts, turn)
    place = order.region_id or order.site_id or ""
    if views:
        kept, wrong = outlooks.take_pulled(scope, place, order.id, asked.now, views)
        turn.written, turn.same = turn.written + kept, turn.same + len(views) - kept - wrong
        turn.refuse(wrong, str(Told(N_("they cannot be true: out of the range of their quantity, or of a time that cannot be"))))
        if weather:
            turn.reached([each.start for each in views])


def _said(service: Service, order: Order, asked: Asked, may: Allowed, turn: Turn) -> Said | None:
    reader = READERS[service.reader]
    question = reader.question(asked)
    base = (order.address or service.origin).rstrip("/")
    # A service's own address is no person's: it needs no list, and leads to public networks alone.
    allowed_here = may if order.address else replace(may, origins=frozenset({allowed.origin(base)}), networks=())
    address = base + question.path + (f"?{urlencode(question.query)}" if question.query else "")
    body = turn.ask(Request(address, question.headers), allowed_here)
    if body is None:
        return None
    said = reader.read(body, asked)
    joined = once(said.values)
    return Said(joined.values, (*said.left_out, *joined.left_out))


def _write_facts(scope: Scope, region_id: str, source_id: str, values: Sequence[Value], turn: Turn) -> None:
    by_length = sorted(values, key=lambda each: each.interval_s)
    for interval_s, group in groupby(by_length, key=lambda each: each.interval_s):
        rows = [region_series.Value(at, each.quantity, each.start, each.value) for at, each in enumerate(group)]
        taken = region_series.take_pulled(scope, region_id, source_id, interval_s, rows)
        turn.written, turn.same = turn.written + taken.written, turn.same + taken.same
        if taken.refused:
            turn.refuse(len(taken.refused), taken.refused[0])
        if taken.written or taken.same:
            turn.reached([each.start for each in rows])


def _take_readings(settings: Settings, order: Order, own: Own, asked: Asked, may: Allowed, turn: Turn) -> None:
    """Values of a meter: judged as those of a device, and stored where they are not stored already."""
    request = http_json.request(order.address or "", own, asked)
    # A value without a time of its own is one of each moment of asking, whether it has changed or not.
    body = fetch.get(request, may).body if own.precision == "asked" else turn.ask(request, may)
    if body is None:
        return
    found = http_json.read(body, own)
    readings: list[Reading | Problem] = [_reading(own, each, asked) for each in found]
    caller = replace(caller_of(directory.load_directory(), Source(order.site_id or "")), key_id=order.id)
    judge = Judge(caller, Window(settings.accepted_back_days, settings.accept_ahead_s), Rows(late=True))
    try:
        judge.judge(readings, "us")
    except Refusal as unsure:
        raise Failed(Told(N_("it is not known what time it is: %(why)s"), {"why": str(unsure)[:200]})) from unsure
    if judge.problems:
        turn.refuse(len(judge.problems), judge.problems[0].words())
    if not judge.rows.rows:
        return
    ledger = LateLedger(settings)
    try:
        [outcome] = ledger.commit([judge.rows], clock.now_us())
    finally:
        ledger.close()
    turn.written += outcome.written
    turn.same += len(judge.rows) - outcome.written - len(outcome.refused)
    if outcome.refused:
        turn.refuse(len(outcome.refused), next(iter(outcome.refused.values())))
    turn.reached([datetime.fromtimestamp(at / 1e6, UTC) for _series, at, _value in judge.rows.rows])


def _reading(own: Own, found: http_json.Found, asked: Asked) -> Reading | Problem:
    value = number(found.value, "value")
    if isinstance(value, Problem):
        return value
    ts = found.ts
    if own.precision == "asked":  # of the moment at which it was asked for, at whole seconds
        ts = int(asked.now.timestamp()) * FACTORS["s"]
    elif own.precision != "iso" and isinstance(ts, int | float) and not isinstance(ts, bool):
        ts = round(ts * FACTORS[own.precision])
    elif not isinstance(ts, str):
        words = _("%(time)s is no time in the form that was described", time=echo(str(ts)))
        return Problem("bad_time", words, "time")
    return Reading(own.meter_id, own.quantity, ts, value, own.unit or None, own.interval_s)
