"""Flags beside the readings: what was found odd about a meter's days (`models.quality`), and how far that has been looked at.

A flag is a row under its meter, rule and beginning. A day that is judged again writes its flags over themselves, and withdraws
those that late readings or corrections have taken the ground from; nothing is deleted.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from config import clock
from config.quantities import QUANTITIES, Kind
from models.quality import RULES, Flag
from store.records.access.policy import Action, require
from store.records.plant.meters import require_series
from store.scope import ALWAYS, Scope, holds
from store.series import amendments, samples
from store.series.checkpoint import NEVER
from store.series.connection import execute, frame, listed, query
from store.series.interval_sums import ROLLUP
from store.series.pieces import seconds

COLUMNS = ["ts", "meter", "rule", "quantity", "ts_end", "value", "expected", "withdrawn", "judged_at"]
KEY = ["ts", "meter", "quantity", "interval_s"]
REGISTER = "energy_total_kwh"
CONDITIONS = [name for name, each in QUANTITIES.items() if each.kind is Kind.LEVEL]
MOMENT = timedelta(microseconds=1)
AT_ONCE = 200
TOLD_WITHIN = timedelta(days=62)  # of intervals that come later than that no flags are made again
SLACK = timedelta(minutes=10)  # between receiving a row and showing it


class Flagged(NamedTuple):
    """A flag of a meter, its times in UTC; `value` and `expected` in the unit of its rule."""

    meter: str
    rule: str
    start: datetime
    end: datetime
    value: float
    expected: float
    quantity: str = ""  # of a condition


def flagged(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime, rule: str | None = None) -> list[Flagged]:
    """The flags that begin in [start, end), in the times that are the holder's, the newest first.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    times = require_series(scope, meter_ids)
    if not meter_ids:
        return []
    only = f"AND rule IN ({listed([rule])})" if rule in RULES else ""
    rows = query(
        "SELECT meter, rule, ts, ts_end, value, expected, quantity FROM flags "
        f"WHERE ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)}) AND NOT withdrawn {only} "
        "ORDER BY ts DESC, meter, rule, quantity",
        [start, end],
    )
    return [
        Flagged(meter, rule, ts, ts_end, _number(value), _number(expected), quantity or "")
        for meter, rule, ts, ts_end, value, expected, quantity in rows
        if holds(times.get(meter, ALWAYS), ts)
    ]


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def write(
    scope: Scope,
    found: Mapping[str, Sequence[Flag]],
    start: datetime,
    end: datetime,
    staying: Collection[tuple[str, str]] = (),
) -> int:
    """Keep the flags of these meters' time [start, end), and withdraw all others of it; returns how many are new or withdrawn.

    `staying`: by meter and rule what is not judged now, and stays as it was.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB did not take it.
    """
    require(scope, Action.RUN)
    if not found:
        return 0
    now = clock.now()
    there = frame(
        f"SELECT ts, meter, rule, quantity FROM flags WHERE ts >= %s AND ts < %s AND meter IN ({listed(found)}) "
        "AND NOT withdrawn",
        [start, end],
    )
    told = there["quantity"].astype(object).where(there["quantity"].notna(), None)
    before = {
        (meter, rule, quantity or None, ts.to_pydatetime())
        for meter, rule, quantity, ts in zip(there["meter"], there["rule"], told, there["ts"], strict=True)
        if (meter, rule) not in staying
    }
    rows = {
        (meter, each.rule, each.quantity or None, _moment(each.start_s)): (
            _moment(each.end_s),
            _told(each.value),
            _told(each.expected),
            False,
        )
        for meter, every in found.items()
        for each in every
    }
    changed = len(rows.keys() ^ before)
    for meter, rule, quantity, ts in before - rows.keys():
        rows[meter, rule, quantity, ts] = (ts, None, None, True)
    _append([(ts, meter, rule, quantity, *told, now) for (meter, rule, quantity, ts), told in rows.items()])
    return changed


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _told(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _append(rows: Sequence[Sequence[object]]) -> None:
    one = f"({', '.join(['%s'] * len(COLUMNS))})"
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        params = [value for row in part for value in row]
        execute(f"INSERT INTO flags ({', '.join(COLUMNS)}) VALUES {', '.join([one] * len(part))}", params=params)


def judged_to(scope: Scope) -> datetime:
    """Until when what came has been judged; `NEVER` before the first time. Raises as `write`."""
    require(scope, Action.RUN)
    rows = query("SELECT judged_to FROM flagging WHERE done_at <= now() ORDER BY done_at DESC LIMIT 1")
    return rows[0][0] if rows else NEVER


def judged(scope: Scope, until: datetime) -> None:
    """Note until when it has been. Raises as `write`."""
    require(scope, Action.RUN)
    execute("INSERT INTO flagging (done_at, judged_to) VALUES (%s, %s)", params=[clock.now(), until])


def changed(scope: Scope, since: datetime) -> dict[str, tuple[datetime, datetime]]:
    """What came late, was corrected or was told of intervals since then: of each meter the first and the last moment of it.

    Raises as `write`.
    """
    require(scope, Action.RUN)
    since -= SLACK
    found: dict[str, tuple[datetime, datetime]] = {}
    for sql, params in (
        ("SELECT meter, min(ts), max(coalesce(ts_end, ts)) FROM late WHERE received_at > %s", [since]),
        ("SELECT meter, min(ts), max(ts) FROM amendments WHERE recorded_at > %s", [since]),
        (
            f"SELECT meter, min(ts), max(ts) FROM intervals WHERE received_at > %s AND ts > %s AND source != '{ROLLUP}'",
            [since, clock.now() - TOLD_WITHIN],
        ),
    ):
        for meter, first, last in query(sql, params):
            before = found.get(meter, (first, last))
            found[meter] = min(before[0], first), max(before[1], last)
    return found


def first_heard(scope: Scope, meter_ids: Collection[str], since: datetime) -> dict[str, datetime]:
    """When each of the meters was heard first since then; none: absent. Raises as `write`."""
    require(scope, Action.RUN)
    if not meter_ids:
        return {}
    which = f"ts >= %s AND value != null AND meter IN ({listed(meter_ids)})"
    return dict(query(f"SELECT meter, min(ts) FROM intervals WHERE {which}", [since]))


def told_twice(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, tuple[float, float]]:
    """Of meters that told [start, end) by intervals and by a register: the energies (kWh) that each way tells of the same time.

    Raises as `write`.
    """
    require(scope, Action.RUN)
    if not meter_ids:
        return {}
    registers = _registers(meter_ids, start, end)
    if not registers:
        return {}
    raw = frame(
        "SELECT ts, meter, quantity, interval_s, value FROM intervals WHERE ts >= %s AND ts < %s "
        f"AND meter IN ({listed(registers)}) AND quantity = 'energy_kwh' AND source != '{ROLLUP}' AND value != null",
        [start, end],
    )
    said = amendments.newest(registers, ["energy_kwh"], start, end, intervals=True)
    sums = amendments.apply(raw, said, KEY) if len(said) else raw
    found = {}
    for meter, rows in sums.groupby("meter"):
        first, last, since, until = registers[str(meter)]
        starts_s, lasts_s = seconds(rows["ts"]), rows["interval_s"].to_numpy(float)
        within = np.minimum(starts_s + lasts_s, until.timestamp()) - np.maximum(starts_s, since.timestamp())
        share = np.clip(within / lasts_s, 0, 1)
        told_s = float((share * lasts_s).sum())
        length_s = (until - since).total_seconds()
        if last >= first and length_s > 0 and abs(told_s - length_s) <= 0.01 * length_s:
            found[str(meter)] = float((share * rows["value"].to_numpy(float)).sum()), float(last - first)
    return found


def standing_conditions(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The quarters and intervals of [start, end) in which a condition of these meters never changed, in the order of time.

    Columns: `ts`, `meter`, `quantity`, `interval_s`, `value`. Raises as `write`.
    """
    require(scope, Action.RUN)
    if not meter_ids:
        return pd.DataFrame(columns=["ts", "meter", "quantity", "interval_s", "value"])
    return frame(
        "SELECT ts, meter, quantity, interval_s, value FROM intervals WHERE ts >= %s AND ts < %s AND value != null "
        f'AND "min" = "max" AND meter IN ({listed(meter_ids)}) AND quantity IN ({listed(CONDITIONS)}) ORDER BY ts',
        [start, end],
    )


def _registers(meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, tuple[float, float, datetime, datetime]]:
    """The first and the last reading of each meter's register in [start, end], and when they were read, as people say."""
    found = {
        meter: (first, last, since, until)
        for meter, first, last, since, until in query(
            "SELECT meter, first(value), last(value), min(ts), max(ts) FROM telemetry "
            f"WHERE ts >= %s AND ts <= %s AND meter IN ({listed(meter_ids)}) AND quantity = '{REGISTER}' AND value != null",
            [start, end],
        )
    }
    said = amendments.newest(meter_ids, [REGISTER], start, end + MOMENT, intervals=False)
    if said.empty:
        return found
    for meter, rows in samples.effective(sorted({*said["meter"]}), [REGISTER], start, end + MOMENT).groupby("meter"):
        at, kwh = rows["ts"], rows["value"].astype(float)
        found[str(meter)] = float(kwh.iloc[0]), float(kwh.iloc[-1]), at.iloc[0].to_pydatetime(), at.iloc[-1].to_pydatetime()
    return found
