"""People's corrections: appended beside what the device said, never over it; the newest record of a value counts."""

import math
from collections.abc import Collection, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import pandas as pd

from config import clock
from config.language import _
from config.quantities import INTERVAL_S, QUANTITIES, written
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters, require_series
from store.scope import ALWAYS, Scope, holds, within
from store.series import as_if
from store.series.connection import execute, frame, listed, query

COLUMNS = ["ts", "meter", "quantity", "interval_s", "value", "void", "reason", "by", "recorded_at"]
AT_ONCE = 500  # rows of one statement
QUARTER = timedelta(seconds=INTERVAL_S)
recorded_by: ContextVar[datetime | None] = ContextVar("recorded_by", default=None)  # none: all count (`store.series.as_known`)
Said = tuple[datetime, int, float | None]  # a value's time, its `interval_s` (0: a sample), and what it is said to be


def amend(scope: Scope, meter_id: str, quantity: str, ts: datetime, value: float, *, reason: str, interval_s: int = 0) -> None:
    """Say what a value really was. `interval_s` is 0 for a sample; `ts` is the row's own: an interval's start.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an operator of its site, no reason, a value that cannot be true, or of a time that is not the holder's.
        StoreAway: QuestDB did not take it.
    """
    amend_all(scope, meter_id, quantity, [(ts, interval_s, value)], reason=reason)


def amend_all(scope: Scope, meter_id: str, quantity: str, values: Sequence[Said], *, reason: str) -> None:
    """The same of several values, each with its own time, length and value, as one correction. Raises as `amend`."""
    known = QUANTITIES.get(quantity)
    for _ts, _interval_s, value in values:
        if known is None:
            raise Refused(_("there is no quantity %(quantity)s: choose the one that was measured", quantity=quantity))
        if value is not None and not known.least <= value <= known.greatest:
            raise Refused(
                _(
                    "%(value)s cannot be %(quantity)s: %(least)s to %(greatest)s",
                    value=value,
                    quantity=quantity,
                    least=written(known.least),
                    greatest=written(known.greatest),
                )
            )
    _record(scope, meter_id, quantity, values, False, reason)


def void(scope: Scope, meter_id: str, quantity: str, ts: datetime, *, reason: str, interval_s: int = 0) -> None:
    """Say that a value is wrong and what is right is not known. Raises as `amend`."""
    _record(scope, meter_id, quantity, [(ts, interval_s, None)], True, reason)


def void_all(
    scope: Scope, meter_id: str, quantity: str, moments: Sequence[datetime], *, reason: str, interval_s: int = 0
) -> None:
    """The same of several values. Raises as `amend`."""
    _record(scope, meter_id, quantity, [(ts, interval_s, None) for ts in moments], True, reason)


def restore_all(
    scope: Scope, meter_id: str, quantity: str, moments: Sequence[datetime], *, reason: str, interval_s: int = 0
) -> None:
    """Let what the device said count again, of several values. Raises as `amend`."""
    _record(scope, meter_id, quantity, [(ts, interval_s, None) for ts in moments], False, reason)


def void_range(
    scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime, *, reason: str, source: str | None = None
) -> int:
    """Void every value stored in [start, end), or only what came from one source (a key, an import); returns how many.

    Raises as `amend`.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    seen = scope.times(meter_id, meter.site_id)
    only, params = ("AND source = %s", [source]) if source is not None else ("AND source != 'rollup'", [])
    rows = [
        row
        for table, lasts in (("telemetry", "0"), ("intervals", "interval_s"))
        for row in query(
            f"SELECT ts, {lasts} lasts FROM {table} WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s {only}",
            [start, end, meter_id, quantity, *params],
        )
        if holds(seen, row[0])
    ]
    if rows:
        _record(scope, meter_id, quantity, [(ts, lasts, None) for ts, lasts in rows], True, reason)
    return len(rows)


def say_all(scope: Scope, meter_id: str, quantity: str, values: Sequence[Said], *, void: bool, reason: str) -> None:
    """Say the same kind of thing of several values, as one correction: void, or what each was (None: what the device said).

    Raises as `amend`.
    """
    _record(scope, meter_id, quantity, values, void, reason)


def restore(scope: Scope, meter_id: str, quantity: str, ts: datetime, *, reason: str, interval_s: int = 0) -> None:
    """Let what the device said count again. Raises as `amend`."""
    _record(scope, meter_id, quantity, [(ts, interval_s, None)], False, reason)


def _record(
    scope: Scope,
    meter_id: str,
    quantity: str,
    rows: Sequence[Said],
    is_void: bool,
    reason: str,
) -> None:
    """Append one amendment for each row, and markers for the quarters that hold samples of them."""
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    if not reason.strip():
        raise Refused(_("a correction has a reason: give one"))
    seen = scope.times(meter_id, meter.site_id)
    if not all(holds(seen, ts) for ts, _lasts, _value in rows):
        raise Refused(_("%(meter)s was not yours at that time: correct what was measured while it is", meter=meter.name))
    now, by = clock.now(), scope.user_id or "loadstar"
    said = is_void, reason.strip(), by, now
    values = [
        (ts, meter_id, quantity, interval_s, None if value is None else float(value), *said) for ts, interval_s, value in rows
    ]
    if (tried := as_if.trying()) is not None:
        tried += values
        return
    _append("amendments", COLUMNS, values)
    # The rollup computes the quarters again that hold samples of them.
    quarters = sorted({_quarter(ts) for ts, interval_s, _value in rows if interval_s == 0})
    _append("late", ["received_at", "meter", "ts", "ts_end"], [(now, meter_id, each, each + QUARTER) for each in quarters])


def _append(table: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    one = f"({', '.join(['%s'] * len(columns))})"
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        params = [value for row in part for value in row]
        execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join([one] * len(part))}", params=params)


def _quarter(moment: datetime) -> datetime:
    """The start of the quarter of an hour that holds the moment."""
    return datetime.fromtimestamp(moment.timestamp() // INTERVAL_S * INTERVAL_S, UTC)


def history(scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Every amendment of a meter's quantity in [start, end), in the times that are the holder's, with what the device said.

    Columns: `COLUMNS` and `device_value`, NaN where nothing is stored (any more). Raises `NotFound`.
    """
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    parts = [_history(meter_id, quantity, *window) for window in within(seen, start, end)]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "device_value"])


def _history(meter_id: str, quantity: str, start: datetime, end: datetime) -> pd.DataFrame:
    params = [start, end, meter_id, quantity]
    where = "WHERE ts >= %s AND ts < %s AND meter = %s AND quantity = %s"
    rows = frame(f"SELECT {', '.join(COLUMNS)} FROM amendments {where} ORDER BY recorded_at", params)
    said: dict[tuple[datetime, int], float] = {}
    if len(rows):
        near = [
            rows["ts"].min().to_pydatetime(),
            rows["ts"].max().to_pydatetime() + timedelta(microseconds=1),
            meter_id,
            quantity,
        ]
        for table, lasts in (("telemetry", "0"), ("intervals", "interval_s")):
            said |= {(ts, s): value for ts, s, value in query(f"SELECT ts, {lasts} lasts, value FROM {table} {where}", near)}
    keys = zip(rows["ts"], rows["interval_s"], strict=True)
    return rows.assign(device_value=[said.get((ts.to_pydatetime(), s), math.nan) for ts, s in keys])


def newest(
    series_ids: Collection[str], quantities: Collection[str], start: datetime, end: datetime, *, intervals: bool | None
) -> pd.DataFrame:
    """The amendments in force of samples, or of intervals, or (None) of both; columns `COLUMNS`.

    The caller checks who may see them.
    """
    which = {None: "", True: "AND interval_s > 0", False: "AND interval_s = 0"}[intervals]
    rows = frame(
        "SELECT ts, meter, quantity, interval_s, value, void, reason, by, recorded_at FROM amendments "
        f"WHERE ts >= %s AND ts < %s AND meter IN ({listed(series_ids)}) AND quantity IN ({listed(quantities)}) "
        f"{which}",
        [start, end],
    )
    if (by := recorded_by.get()) is not None:
        rows = rows[rows["recorded_at"] <= by]
    if supposed := as_if.supposed():
        rows = _with(rows, supposed, series_ids, quantities, start, end, intervals=intervals)
    if rows.empty:
        return rows
    last = rows.sort_values("recorded_at").drop_duplicates(["ts", "meter", "quantity", "interval_s"], keep="last")
    return last[last["void"].astype(bool) | last["value"].notna()]


def _with(
    rows: pd.DataFrame,
    supposed: Sequence[as_if.Amendment],
    series_ids: Collection[str],
    quantities: Collection[str],
    start: datetime,
    end: datetime,
    *,
    intervals: bool | None,
) -> pd.DataFrame:
    """These rows and those that are only supposed, as far as they are asked for."""
    more = [
        row
        for row in supposed
        if start <= row[0] < end and row[1] in series_ids and row[2] in quantities and intervals in (None, row[3] > 0)
    ]
    if not more:
        return rows
    said = pd.DataFrame(more, columns=COLUMNS).astype(dict.fromkeys(("ts", "recorded_at"), "datetime64[us, UTC]"))
    texts = {name: said[name].astype(object) for name in ("meter", "quantity", "reason", "by")}
    said = said.assign(**texts, value=said["value"].astype(float))
    return pd.concat([each for each in (rows, said) if len(each)], ignore_index=True)


def apply(raw: pd.DataFrame, changed: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Rows as they count: amended values in place (also where there was no row), voided ones and those without value gone.

    `key` are the columns that identify a row; the result has a column `amended` more than `raw`.
    """
    said = changed.assign(value=changed["value"].astype(float).mask(changed["void"].astype(bool)), amended=True)
    rows = raw.merge(said[[*key, "value", "amended"]], on=key, how="outer", suffixes=("", "_amended"))
    amended = rows["amended"].notna()
    value = rows["value_amended"].where(amended, rows["value"])
    return rows.assign(value=value.astype(float), amended=amended).drop(columns="value_amended").dropna(subset="value")


def without(found: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """`found` without what is in `rows`, by the columns of `rows`."""
    marked = found.merge(rows, on=list(rows.columns), how="left", indicator=True)
    return marked[marked["_merge"] == "left_only"].drop(columns="_merge")
