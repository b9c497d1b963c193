"""Series of a region, written by people: prices and CO2 intensity, each value with its own interval.

A file or a program's post is judged as a whole, line by line, before any of it is written: money depends on it.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from config import clock
from config.language import _
from config.quantities import INTERVAL_S, QUANTITIES, written
from config.settings import settings
from store import sheets
from store.errors import Refused
from store.records.access import audit
from store.records.access.policy import Action, require
from store.records.plant import sites
from store.records.plant.regions import require_pricing
from store.records.transaction import bulk as lines
from store.records.transaction.bulk import Line
from store.scope import SYSTEM, Scope
from store.series import bulk, prices, rollup
from store.series.connection import query
from store.series.grid import us

INTERVALS_S = (300, 900, 1800, 3600)
COLUMNS = ("start", *prices.QUANTITIES)
MOST = 40_000  # values at once: a year of quarters of an hour
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=2 * 366)  # contracts are known that long before
SHOWN_S = 5.0  # how long a writer waits for what they wrote to be seen


class Value(NamedTuple):
    """One value of a region and where it stood: in which line of a file, or at which place of a post."""

    number: int
    quantity: str
    start: datetime
    value: float


class Span(NamedTuple):
    """What there is of a quantity in one length of interval (s)."""

    quantity: str
    interval_s: int
    values: int
    first: datetime
    last: datetime


def known(scope: Scope, region_id: str) -> list[Span]:
    """What was written of the region, by quantity and interval.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: the holder may not write its series.
        StoreAway: QuestDB cannot be reached.
    """
    require_pricing(scope, region_id)
    wanted = ", ".join(f"'{quantity}'" for quantity in prices.QUANTITIES)
    found = query(
        f"SELECT quantity, interval_s, count(), min(ts), max(ts) FROM intervals WHERE meter = %s AND quantity IN ({wanted}) "
        "AND value != null",
        [region_id],
    )
    return sorted(Span(*row) for row in found)


def try_file(scope: Scope, region_id: str, text: str, interval_s: int) -> list[Line]:
    """What writing the file would do, line by line; nothing is written. Raises as `import_file`."""
    require_pricing(scope, region_id)
    values, problems = _read(text)
    return _judged(region_id, interval_s, values, problems)


def import_file(scope: Scope, region_id: str, text: str, interval_s: int) -> list[Line]:
    """Write the values of a CSV file: `start` (a moment with its offset) and a column a quantity; empty cells say nothing.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: the holder may not write its series, the file cannot be read, or a line cannot be: then nothing was written.
        StoreAway: QuestDB cannot be reached.
    """
    require_pricing(scope, region_id)
    values, problems = _read(text)
    lines = _judged(region_id, interval_s, values, problems)
    if bad := next((line for line in lines if line.problem), None):
        raise Refused(_("nothing was imported: line %(number)s: %(problem)s", number=bad.number, problem=bad.problem))
    _write(scope, region_id, interval_s, values)
    return lines


def write_values(scope: Scope, region_id: str, interval_s: int, values: Sequence[Value]) -> list[Line]:
    """Write values, all of them or, when one cannot be, none: then its line says why. Raises as `import_file`."""
    require_pricing(scope, region_id)
    if len(values) > MOST:
        raise Refused(
            _("%(count)s values at once are too many: send %(most)s at the most", count=f"{len(values):,}", most=f"{MOST:,}")
        )
    lines = _judged(region_id, interval_s, values, [])
    if not any(line.problem for line in lines):
        _write(scope, region_id, interval_s, values)
    return lines


class Change(NamedTuple):
    """What a region would say: `rows` as `store.series.prices.region_rows` gives them, another than now in [start, end)."""

    start: datetime
    end: datetime
    rows: prices.Rows


def with_file(scope: Scope, region_id: str, text: str, interval_s: int) -> Change | None:
    """What the region would say with the values of a file that can be imported; none for a file without any. Nothing is written.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: the holder may not write its series, or the file cannot be read.
    """
    require_pricing(scope, region_id)
    values, _problems = _read(text)
    if not values:
        return None
    lasting = interval_s * 1_000_000
    said = pd.DataFrame(
        {
            "quantity": [each.quantity for each in values],
            "value": [each.value for each in values],
            "start": np.array([round(each.start.timestamp() * 1e6) for each in values], np.int64),
            "lasting": lasting,
        }
    )

    def rows(scope: Scope, region_id: str | None, start: datetime, end: datetime) -> pd.DataFrame:
        first, last = us(start), us(end)
        holding = said[(said["start"] + lasting > first) & (said["start"] < last)]
        both = [each for each in (prices.region_rows(scope, region_id, start, end), holding) if len(each)]
        found = pd.concat(both, ignore_index=True) if both else holding
        return found.drop_duplicates(["quantity", "start", "lasting"], keep="last", ignore_index=True)

    starts = [each.start for each in values]
    return Change(min(starts), max(starts) + timedelta(seconds=interval_s), rows)


def without(scope: Scope, region_id: str, quantity: str, start: datetime, end: datetime) -> Change:
    """What the region would say without the values that `withdraw` takes back. Nothing is written.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: the holder may not write its series.
    """
    require_pricing(scope, region_id)

    def rows(scope: Scope, region_id: str | None, since: datetime, until: datetime) -> pd.DataFrame:
        found = prices.region_rows(scope, region_id, since, until)
        gone = (found["quantity"] == quantity) & (found["start"] >= us(start)) & (found["start"] < us(end))
        return found[~gone].reset_index(drop=True)

    return Change(start, end + prices.LONGEST, rows)


class Taken(NamedTuple):
    """What became of values that were pulled: how many were written, how many were there already, and why others cannot be."""

    written: int
    same: int
    refused: list[str]


def take_pulled(scope: Scope, region_id: str, source_id: str, interval_s: int, values: Sequence[Value]) -> Taken:
    """Write what a source says of a region; what is there already is not written again, and a bad value costs no other.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    try:
        judged = {line.number: line for line in _judged(region_id, interval_s, values, [])}
    except Refused as why:  # no such interval
        return Taken(0, 0, [str(why)] * len(values))
    new = [each for each in values if judged[each.number].does in ("new", "changed")]
    refused = [line.problem for line in judged.values() if line.problem]
    if new:
        _put(source_id, region_id, interval_s, [(each.start, each.quantity, each.value) for each in new])
    return Taken(len(new), len(values) - len(new) - len(refused), refused)


def withdraw(scope: Scope, region_id: str, quantity: str, start: datetime, end: datetime) -> int:
    """Take back the values of a quantity whose intervals start in [start, end), of whatever length; returns how many.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: the holder may not write its series, or there is none that could be taken back.
        StoreAway: QuestDB cannot be reached.
    """
    require_pricing(scope, region_id)
    if quantity not in prices.QUANTITIES:
        raise Refused(
            _(
                "a region has no %(quantity)s: choose one of %(quantities)s",
                quantity=f"{quantity!r}",
                quantities=", ".join(prices.QUANTITIES),
            )
        )
    rows = query(
        "SELECT ts, interval_s FROM intervals WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s AND value != null",
        [start, end, region_id, quantity],
    )
    if not rows:
        raise Refused(_("there is no such value between these times: look above for what there is"))
    told = {"withdrawn": len(rows), "quantity": quantity, "from": f"{start}", "to": f"{end}"}
    audit.note("series", subject_kind="regions", subject_id=region_id, told=told)
    for interval_s in {lasting for _ts, lasting in rows}:
        # The newest row of a key counts: one without a value is nothing.
        _put(
            scope.user_id or "loadstar",
            region_id,
            interval_s,
            [(ts, quantity, math.nan) for ts, lasting in rows if lasting == interval_s],
        )
    return len(rows)


def _read(text: str) -> tuple[list[Value], list[Line]]:
    values: list[Value] = []
    problems = []
    for number, cells in sheets.read(text, COLUMNS, ("start",), MOST):
        try:
            values += _of_line(number, cells)
        except Refused as problem:
            problems.append(Line(number, cells.get("start", ""), "", problem=str(problem)))
    return values, problems


def _of_line(number: int, cells: Mapping[str, str]) -> list[Value]:
    start = lines.moment("start", cells.get("start", ""))
    if start is None:
        raise Refused(_("start is empty: every line needs the time at which its interval starts"))
    said = {quantity: lines.number(quantity, cells.get(quantity, "")) for quantity in prices.QUANTITIES}
    return [Value(number, quantity, start, value) for quantity, value in said.items() if value is not None]


def _judged(region_id: str, interval_s: int, values: Sequence[Value], problems: list[Line]) -> list[Line]:
    """Each value as a line: whether it is new, another than before, the same, or cannot be."""
    if interval_s not in INTERVALS_S:
        raise Refused(
            _(
                "values of %(interval_s)s s cannot be written: choose one of %(lengths)s s",
                interval_s=interval_s,
                lengths=", ".join(map(str, INTERVALS_S)),
            )
        )
    there = _there(region_id, interval_s, values)
    taken: dict[tuple[str, float], int] = {}
    lines = list(problems)
    for each in values:
        name = f"{each.start.isoformat()}, {each.quantity}"
        if problem := _impossible(each, interval_s) or _overlap(each, interval_s, taken):
            lines.append(Line(each.number, name, "", problem=problem))
            continue
        before = there.get((each.quantity, each.start.astimezone(UTC)))
        does = "new" if before is None else "same" if before == each.value else "changed"
        words = f"{each.value:.10g}" if before is None else f"{before:.10g} → {each.value:.10g}"
        lines.append(Line(each.number, name, does, words))
    return sorted(lines)


def _impossible(each: Value, interval_s: int) -> str:
    quantity = QUANTITIES.get(each.quantity)
    if quantity is None or each.quantity not in prices.QUANTITIES:
        return _(
            "a region has no %(quantity)s: choose one of %(quantities)s",
            quantity=repr(each.quantity),
            quantities=", ".join(prices.QUANTITIES),
        )
    if not math.isfinite(each.value) or not quantity.least <= each.value <= quantity.greatest:
        return _(
            "%(value)s cannot be: %(quantity)s is %(least)s to %(greatest)s",
            value=written(each.value),
            quantity=each.quantity,
            least=written(quantity.least),
            greatest=written(quantity.greatest),
        )
    if each.start.tzinfo is None:
        return _("start has no offset from UTC: write it like 2026-01-31T00:00:00Z")
    if not EARLIEST <= each.start <= clock.now() + AHEAD:
        return _(
            "%(start)s is not of our time: from %(year)s to two years ahead", start=each.start.isoformat(), year=EARLIEST.year
        )
    if each.start.timestamp() % min(interval_s, INTERVAL_S):
        step = min(interval_s, INTERVAL_S) // 60
        return _(
            "a value of %(interval)s s starts on a multiple of %(step)s minutes: correct %(start)s",
            interval=interval_s,
            step=step,
            start=f"{each.start:%H:%M:%S}",
        )
    return ""


def _overlap(each: Value, interval_s: int, taken: dict[tuple[str, float], int]) -> str:
    """Whether a value holds at a time that another of the same file holds at; notes that this one does."""
    step = min(interval_s, INTERVAL_S)
    first = each.start.timestamp()
    times = [(each.quantity, first + nth * step) for nth in range(interval_s // step)]
    other = next((taken[time] for time in times if time in taken), None)
    taken.update(dict.fromkeys(times, each.number))
    return "" if other is None else _("it overlaps the value of line %(line)s: one holds at a time", line=other)


def _there(region_id: str, interval_s: int, values: Sequence[Value]) -> dict[tuple[str, datetime], float]:
    starts = [each.start for each in values if each.start.tzinfo is not None]
    if not starts:
        return {}
    rows = query(
        "SELECT quantity, ts, value FROM intervals "
        "WHERE ts >= %s AND ts <= %s AND meter = %s AND interval_s = %s AND value != null",
        [min(starts), max(starts), region_id, interval_s],
    )
    return {(quantity, ts): value for quantity, ts, value in rows}


def _write(scope: Scope, region_id: str, interval_s: int, values: Sequence[Value]) -> None:
    if not values:
        raise Refused(_("there is no value to write: send one at least"))
    starts = [each.start for each in values]
    # First, in the log: whoever only looks on behalf of somebody may not write, and is refused there.
    told = {"values": len(values), "interval_s": interval_s, "from": f"{min(starts)}", "to": f"{max(starts)}"}
    audit.note("series", subject_kind="regions", subject_id=region_id, told=told)
    _put(scope.user_id or "loadstar", region_id, interval_s, [(each.start, each.quantity, each.value) for each in values])


def _put(source: str, region_id: str, interval_s: int, rows: Sequence[tuple[datetime, str, float]]) -> None:
    starts, quantities, values = zip(*rows, strict=True)
    moments = np.array([round(start.timestamp() * 1e6) for start in starts], np.int64)
    texts = (np.full(len(rows), region_id, object), np.array(quantities, object))
    frame = bulk.intervals(moments, *texts, np.array(values, float), source, interval_s=interval_s)
    with bulk.writer(settings()) as sender:
        bulk.write(SYSTEM, sender, "intervals", frame)
    rollup.await_applied(["intervals"], SHOWN_S)
    sites.restated(SYSTEM)
