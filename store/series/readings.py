"""A meter's readings one by one, as devices and files told them, each with what has been said of it since."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import pandas as pd

from store.records.plant.meters import require_series
from store.scope import ALWAYS, Scope, within
from store.series.connection import frame, query
from store.series.interval_sums import ROLLUP

KEY = ["ts", "quantity", "interval_s"]


class Told(NamedTuple):
    """A reading: `interval_s` is 0 for a sample, `ts` an interval's start.

    `said`, `void`, `reason` and `by` are of the newest amendment: None, False and empty where none is in force.
    """

    ts: datetime
    quantity: str
    interval_s: int
    value: float
    received_at: datetime
    said: float | None
    void: bool
    reason: str
    by: str


def readings(
    scope: Scope, meter_id: str, start: datetime, end: datetime, quantity: str | None = None, first: int = 0, count: int = 50
) -> tuple[list[Told], int]:
    """So many of the readings of [start, end) from the first on, the newest first, and how many there are.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    windows = within(seen, start, end)
    if not windows:
        return [], 0
    which = f"({' OR '.join(['(ts >= %s AND ts < %s)'] * len(windows))}) AND meter = %s AND value != null"
    params: list[object] = [*(moment for window in windows for moment in window), meter_id]
    if quantity is not None:
        which += " AND quantity = %s"
        params.append(quantity)
    parts, total = [], 0
    for table, lasts, only in (("telemetry", "0", ""), ("intervals", "interval_s", f"AND source != '{ROLLUP}'")):
        [(there,)] = query(f"SELECT count() FROM {table} WHERE {which} {only}", params)
        total += int(there)
        if there:
            columns = f"ts, quantity, {lasts} interval_s, value, received_at"
            sql = f"SELECT {columns} FROM {table} WHERE {which} {only} ORDER BY ts DESC, quantity LIMIT {first + count}"
            parts.append(frame(sql, params))
    if not parts:
        return [], 0
    rows = (
        pd.concat(parts, ignore_index=True)
        .sort_values(KEY, ascending=[False, True, True], kind="stable")
        .iloc[first : first + count]
    )
    return _with_what_was_said(meter_id, rows), total


def _with_what_was_said(meter_id: str, rows: pd.DataFrame) -> list[Told]:
    if rows.empty:
        return []
    said = _said(meter_id, sorted({*rows["ts"]}))
    found = rows.merge(said, on=KEY, how="left", suffixes=("", "_said"))
    told = []
    for each in found.to_dict("records"):
        in_force = each["void"] is True or pd.notna(each["value_said"])
        void = each["void"] is True
        told.append(
            Told(
                each["ts"].to_pydatetime(),
                each["quantity"],
                int(each["interval_s"]),
                float(each["value"]),
                each["received_at"].to_pydatetime(),
                float(each["value_said"]) if in_force and not void else None,
                void,
                each["reason"] if in_force else "",
                each["by"] if in_force else "",
            )
        )
    return told


def _said(meter_id: str, moments: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """The newest amendment of each value of these moments."""
    rows = frame(
        "SELECT ts, quantity, interval_s, value, void, reason, by, recorded_at FROM amendments "
        f"WHERE ts IN ({', '.join(['%s'] * len(moments))}) AND meter = %s",
        [*(each.to_pydatetime() for each in moments), meter_id],
    )
    return rows.sort_values("recorded_at", kind="stable").drop_duplicates(KEY, keep="last").drop(columns="recorded_at")
