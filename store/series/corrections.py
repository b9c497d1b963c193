"""Corrections of a meter as people make them: one act may say something of many values, and is undone as one.

Each is rows of `amendments` that were recorded at one moment by one hand. What a device said, and what was said before, stays.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pandas as pd

from config.language import _
from models import plausible
from models.plausible import BEYOND, CODES, JUMP
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters, require_series
from store.records.plant.ratings import ratings
from store.scope import ALWAYS, SYSTEM, Scope, within
from store.series import amendments
from store.series.amendments import Said
from store.series.capacities import capacities
from store.series.connection import frame
from store.series.counters import COUNTERS
from store.series.interval_sums import ROLLUP
from store.series.pieces import seconds
from store.series.suspects import POWER

MOST = 50_000  # values of one correction
BY_LOADSTAR = "loadstar"
UNDONE = "undone"  # the reason of what takes a correction back
KEY = ["ts", "quantity", "interval_s"]
MOMENT = timedelta(microseconds=1)
SHORTEST_S = 60.0  # that an energy is taken for whose interval is shorter than a quarter of an hour


class Correction(NamedTuple):
    """What somebody said of the values of a quantity from the first to the last of them.

    `kind` is `void`, `value` or `restored`; `in_force` is of how many of the `number` values nothing was said since.
    """

    recorded_at: datetime
    by: str
    reason: str
    quantity: str
    kind: str
    first: datetime
    last: datetime
    number: int
    in_force: int


def corrections(scope: Scope, meter_id: str, start: datetime, end: datetime) -> list[Correction]:
    """What people said of a meter's values in [start, end), in the times that are the holder's, the newest first.

    Raises:
        NotFound: the meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    seen = require_series(scope, [meter_id]).get(meter_id, ALWAYS)
    parts = [rows for window in within(seen, start, end) if len(rows := _rows(meter_id, *window))]
    if not parts:
        return []
    rows = pd.concat(parts, ignore_index=True)
    rows["newest"] = ~rows.duplicated(KEY, keep="last")
    theirs = rows[~_own(rows) & (rows["reason"] != UNDONE)]
    found = []
    for _key, those in theirs.groupby(["recorded_at", "by", "quantity", "kind"]):
        told = those.iloc[0]
        found.append(
            Correction(
                recorded_at=told["recorded_at"].to_pydatetime(),
                by=told["by"],
                reason=told["reason"],
                quantity=told["quantity"],
                kind=told["kind"],
                first=those["ts"].min().to_pydatetime(),
                last=those["ts"].max().to_pydatetime(),
                number=len(those),
                in_force=int(those["newest"].sum()),
            )
        )
    return sorted(found, key=lambda each: each.recorded_at, reverse=True)


def _rows(meter_id: str, start: datetime, end: datetime) -> pd.DataFrame:
    """All that was ever said of the meter's values in [start, end), in the order in which it was said."""
    rows = frame(
        "SELECT ts, quantity, interval_s, value, void, reason, by, recorded_at FROM amendments "
        "WHERE ts >= %s AND ts < %s AND meter = %s",
        [start, end, meter_id],
    )
    kind = rows["value"].notna().map({True: "value", False: "restored"}).mask(rows["void"].astype(bool), "void")
    return rows.assign(kind=kind).sort_values("recorded_at", kind="stable")


def undo(scope: Scope, meter_id: str, quantity: str, recorded_at: datetime, start: datetime, end: datetime) -> int:
    """Take a correction back: of each of its values that which held before it holds again; returns of how many.

    Values of which something was said since keep that. `start` and `end` are around its values.

    Raises:
        NotFound: the meter does not exist for the scope, or has no such correction.
        Refused: not an operator of its site.
        StoreAway: QuestDB did not take it.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    seen = scope.times(meter_id, meter.site_id)
    parts = [rows for window in within(seen, start, end) if len(rows := _rows(meter_id, *window))]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*KEY, "recorded_at", "by", "reason"])
    rows = rows[rows["quantity"] == quantity]
    newest = rows.drop_duplicates(KEY, keep="last")
    mine = newest[(newest["recorded_at"] == recorded_at) & ~_own(newest)]
    if mine.empty:
        raise NotFound(_("nothing of that correction is in force any more: there is nothing to undo"))
    before = rows[rows["recorded_at"] < recorded_at].drop_duplicates(KEY, keep="last")
    earlier = mine[KEY].merge(before, on=KEY, how="left")
    earlier["kind"] = earlier["kind"].fillna("restored")
    held = _own(earlier) & (earlier["kind"] == "void")
    for code, those in earlier[held].groupby("reason"):
        for lasts, alike in those.groupby("interval_s"):  # by Loadstar's hand again, so that what follows may confirm them
            amendments.void_all(SYSTEM, meter_id, quantity, _moments(alike), reason=str(code), interval_s=int(str(lasts)))
    for kind, those in earlier[~held].groupby("kind"):
        values: list[Said] = [
            (ts.to_pydatetime(), int(lasts), float(value) if kind == "value" else None)
            for ts, lasts, value in zip(those["ts"], those["interval_s"], those["value"], strict=True)
        ]
        amendments.say_all(scope, meter_id, quantity, values, void=kind == "void", reason=UNDONE)
    return len(mine)


def _own(rows: pd.DataFrame) -> "pd.Series[bool]":
    """What Loadstar itself held or gave back (`store.series.judging`)."""
    return (rows["by"] == BY_LOADSTAR) & rows["reason"].isin(CODES)


def _moments(rows: pd.DataFrame) -> list[datetime]:
    return [ts.to_pydatetime() for ts in rows["ts"]]


def scale(scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime, factor: float, *, reason: str) -> int:
    """Multiply what counts of a quantity in [start, end) by a factor, as one correction; returns how many values.

    What Loadstar holds there as beyond what the meter can do counts too, if the meter can do it once it is multiplied.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an operator of its site, no reason, nothing there, too much at once, or a value that cannot be true.
        StoreAway: QuestDB did not take it.
    """
    values: list[Said] = [
        (ts, lasts, value * factor) for ts, lasts, value in _counting(scope, meter_id, quantity, start, end, factor)
    ]
    amendments.amend_all(scope, meter_id, quantity, values, reason=reason)
    return len(values)


def _possible(rows: pd.DataFrame, held: pd.DataFrame, meter_id: str, quantity: str, factor: float) -> pd.DataFrame:
    """The rows without those held ones that the meter cannot have made when they are multiplied either."""
    rows = rows.sort_values("ts", kind="stable").merge(held.assign(doubted=True), on=KEY, how="left")
    doubted, value = rows["doubted"].notna().to_numpy(bool), rows["value"].to_numpy(float) * factor
    first, last = (rows["ts"].iloc[place].to_pydatetime() for place in (0, -1))
    can = capacities(SYSTEM, [meter_id], ratings(SYSTEM, first, last + MOMENT)).at(meter_id, first)
    if quantity in COUNTERS:
        wrong = plausible.registers(seconds(rows["ts"]), value, can) != ""
    else:
        lasts_s = rows["interval_s"].to_numpy(float) if quantity != POWER else np.full(len(rows), 3600.0)
        wrong = np.abs(value) * 3600 / np.where(lasts_s > 0, lasts_s, SHORTEST_S) > can.kw
    possible: pd.DataFrame = rows[~(doubted & wrong)]
    return possible.drop(columns="doubted")


def _counting(
    scope: Scope, meter_id: str, quantity: str, start: datetime, end: datetime, factor: float
) -> Sequence[tuple[datetime, int, float]]:
    """Time, length and value of what counts, or would if it were multiplied, which is something and not too much."""
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    found: list[tuple[datetime, int, float]] = []
    for first, last in within(scope.times(meter_id, meter.site_id), start, end):
        for table, lasts, only in (("telemetry", "0", ""), ("intervals", "interval_s", f"AND source != '{ROLLUP}'")):
            raw = frame(
                f"SELECT ts, quantity, {lasts} interval_s, value FROM {table} WHERE ts >= %s AND ts < %s AND meter = %s "
                f"AND quantity = %s AND value != null {only} LIMIT {MOST + 1}",
                [first, last, meter_id, quantity],
            )
            changed = amendments.newest([meter_id], [quantity], first, last, intervals=table == "intervals")
            held = _own(changed) & changed["reason"].isin((BEYOND, JUMP)) if len(changed) else None
            rows = amendments.apply(raw, changed.loc[~held, [*KEY, "value", "void"]], KEY) if held is not None else raw
            if held is not None and held.any():
                rows = _possible(rows, changed.loc[held, KEY], meter_id, quantity, factor)
            columns = rows["ts"], rows["interval_s"], rows["value"]
            found += [(ts.to_pydatetime(), int(lasts), float(value)) for ts, lasts, value in zip(*columns, strict=True)]
    if not found:
        raise Refused(_("nothing of %(quantity)s counts in that time: there is nothing to correct", quantity=quantity))
    if len(found) > MOST:
        raise Refused(_("more than %(most)s values at once: choose a shorter time", most=MOST))
    return found
