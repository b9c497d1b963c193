"""The readings that are held because they cannot be true (`store.series.judging`): shown, and decided about by people."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

import pandas as pd

from config.language import _
from config.quantities import QUANTITIES
from models.plausible import BEYOND, CODES, JUMP
from models.quality import Beyond
from store.errors import NotFound
from store.records.access.policy import Action, require
from store.records.plant.meters import require_meters, require_series
from store.scope import ALWAYS, SYSTEM, Scope, Times, holds, within
from store.series import amendments
from store.series.connection import frame, listed, query
from store.series.counters import COUNTERS
from store.series.interval_sums import ROLLUP

BY = "loadstar"
POWER = "power_kw"
ENERGIES = ("energy_kwh", "energy_export_kwh")
FLOWS = (POWER, *ENERGIES)
MOMENT = timedelta(microseconds=1)
AT_ONCE = 500  # moments of one question
KEY = ["ts", "meter", "quantity", "interval_s"]
COLUMNS = ["ts", "meter", "quantity", "interval_s", "value", "code", "held", "by", "recorded_at"]


def suspects(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The readings of meters that are or were held in [start, end), in the times that are the holder's, the newest first.

    Returns:
        `ts` (an interval's start), `meter`, `quantity`, `interval_s` (0: a sample), `value` as the device said it, `code` (one
        of `models.plausible.CODES`), `held` (whether it is left out of sums now), `by` (who said so last: Loadstar, or the id
        of a person) and `recorded_at`.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    times = require_series(scope, meter_ids)
    together: dict[Times, list[str]] = {}
    for meter in meter_ids:
        together.setdefault(within(times.get(meter, ALWAYS), start, end), []).append(meter)
    found = [rows for windows, ids in together.items() for window in windows if len(rows := _listed(ids, *window))]
    if not found:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(found, ignore_index=True).sort_values("ts", ascending=False, kind="stable").reset_index(drop=True)


def held_by_meter(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, int]:
    """How many readings of each meter are held in [start, end), in the times that are the holder's; none: absent.

    Raises as `suspects`.
    """
    times = require_series(scope, meter_ids)
    rows = amendments.newest(meter_ids, list(QUANTITIES), start, end, intervals=None)
    if rows.empty:
        return {}
    held = rows[rows["void"].astype(bool) & (rows["by"] == BY) & rows["reason"].isin(CODES)]
    mine = [holds(times.get(meter, ALWAYS), ts) for meter, ts in zip(held["meter"], held["ts"], strict=True)]
    return dict(Counter(held.loc[mine, "meter"]))


def beyond(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, Beyond]:
    """Of meters of which readings in [start, end) are held as beyond what they can do: what part, and of what mean power.

    Of a register it is the mean power of its rise. What is held for good reason among many others is a small part.

    Raises:
        Refused: not one of Loadstar's own processes.
        StoreAway: QuestDB cannot be reached.
    """
    require(scope, Action.RUN)
    if not meter_ids:
        return {}
    rows = amendments.newest(meter_ids, [*FLOWS, *COUNTERS], start, end, intervals=None)
    if rows.empty:
        return {}
    held = rows[rows["void"].astype(bool) & (rows["by"] == BY) & rows["reason"].isin((BEYOND, JUMP))]
    found: dict[str, Beyond] = {}
    counts = Counter(zip(held["meter"], held["quantity"], held["interval_s"].astype(int), strict=True))
    for (meter, quantity, interval_s), number in counts.items():
        table, only = (
            ("intervals", f"AND interval_s = {int(interval_s)} AND source != '{ROLLUP}'") if interval_s else ("telemetry", "")
        )
        [(count, least, most, mean, first, last)] = query(
            f"SELECT count(), min(value), max(value), avg(abs(value)), min(ts), max(ts) FROM {table} WHERE ts >= %s AND ts < %s "
            f"AND meter = %s AND quantity = %s AND value != null {only}",
            [start, end, meter, quantity],
        )
        lasts_s = (last - first).total_seconds() if count > 1 else 0.0
        if quantity in COUNTERS:
            kw = (most - least) * 3600 / lasts_s if lasts_s else 0.0
        elif quantity == POWER:
            kw = mean
        else:
            kw = mean * 3600 / interval_s if interval_s else mean * count * 3600 / lasts_s if lasts_s else 0.0
        one = Beyond(number / count if count else 0.0, float(kw))
        found[str(meter)] = max(found.get(str(meter), one), one)
    return found


def _listed(meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    rows = frame(
        "SELECT ts, meter, quantity, interval_s, void, reason, by, recorded_at FROM amendments "
        f"WHERE ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)})",
        [start, end],
    )
    rows = rows.sort_values("recorded_at", kind="stable")
    codes = rows[(rows["by"] == BY) & rows["reason"].isin(CODES)].drop_duplicates(KEY, keep="last")[[*KEY, "reason"]]
    newest = rows.drop_duplicates(KEY, keep="last").drop(columns="reason").merge(codes, on=KEY)
    if newest.empty:
        return newest
    found = newest.merge(_told_at(newest), on=KEY, how="left")
    return found.assign(code=found["reason"], held=found["void"].astype(bool))[COLUMNS]


def _told_at(rows: pd.DataFrame) -> pd.DataFrame:
    """What devices and files said there: by its moments, for between two of them lie many others."""
    which = f"meter IN ({listed({*rows['meter']})}) AND quantity IN ({listed({*rows['quantity']})})"
    parts = []
    for table, lasts, only in (("telemetry", "0", ""), ("intervals", "interval_s", f"AND source != '{ROLLUP}'")):
        moments = sorted({*rows.loc[(rows["interval_s"] > 0) == (table == "intervals"), "ts"]})
        for first in range(0, len(moments), AT_ONCE):
            part = [each.to_pydatetime() for each in moments[first : first + AT_ONCE]]
            parts.append(
                frame(
                    f"SELECT ts, meter, quantity, {lasts} interval_s, value FROM {table} "
                    f"WHERE ts IN ({', '.join(['%s'] * len(part))}) AND {which} {only}",
                    part,
                )
            )
    return pd.concat(parts, ignore_index=True)


def accept(scope: Scope, meter_id: str, quantity: str, ts: datetime, *, reason: str, interval_s: int = 0) -> None:
    """Say that a reading is true although it was held: it counts, and Loadstar never holds it again. Raises as `void`."""
    amendments.restore(scope, meter_id, quantity, ts, reason=reason, interval_s=interval_s)


def void(scope: Scope, meter_id: str, quantity: str, ts: datetime, *, reason: str, interval_s: int = 0) -> None:
    """Say that a reading is wrong: it does not count, whatever follows.

    Raises:
        NotFound: the meter does not exist for the scope.
        Refused: not an operator of its site, no reason, or a time that is not the holder's.
        StoreAway: QuestDB did not take it.
    """
    amendments.void(scope, meter_id, quantity, ts, reason=reason, interval_s=interval_s)


def decide_alike(
    scope: Scope,
    meter_id: str,
    quantity: str,
    interval_s: int,
    code: str,
    start: datetime,
    end: datetime,
    *,
    true: bool,
    reason: str,
) -> int:
    """Say of all that is held for the same cause in [start, end) that it is true, or wrong; how many. Raises as `void`."""
    found = suspects(scope, [meter_id], start, end)
    if found.empty:
        return 0
    alike = (found["quantity"] == quantity) & (found["interval_s"] == interval_s) & (found["code"] == code)
    moments = [ts.to_pydatetime() for ts in found.loc[alike & found["held"].astype(bool), "ts"]]
    if moments:
        say = amendments.restore_all if true else amendments.void_all
        say(scope, meter_id, quantity, moments, reason=reason, interval_s=interval_s)
    return len(moments)


def undo(scope: Scope, meter_id: str, quantity: str, ts: datetime, *, interval_s: int = 0) -> None:
    """Take back what a person has said of a reading that was held: it is held again, as Loadstar judged it.

    Raises as `void`, and `NotFound` for a reading that Loadstar never held.
    """
    meter = require_meters(scope, [meter_id])[meter_id]
    require(scope, Action.OPERATE, site_id=meter.site_id, meter_id=meter_id)
    if not holds(scope.times(meter_id, meter.site_id), ts):
        raise NotFound(_("nothing of %(meter)s was held at that time", meter=meter.name))
    found = _listed([meter_id], ts, ts + MOMENT)
    own = found[(found["quantity"] == quantity) & (found["interval_s"] == interval_s)]
    if own.empty:
        raise NotFound(_("nothing of %(meter)s was held at that time", meter=meter.name))
    # By Loadstar's hand again, so that what follows may still confirm it.
    amendments.void(SYSTEM, meter_id, quantity, ts, reason=str(own["code"].iloc[0]), interval_s=interval_s)
