"""The newest reading of each series that counts: a voided one is not it, and of an amended one what a person said."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pandas as pd

from config.quantities import QUANTITIES
from store.series import amendments
from store.series.connection import Row, frame, listed, query

TABLES = {"telemetry": "0", "intervals": "interval_s"}  # how long a row of each lasts (s)
MOMENT = timedelta(microseconds=1)


def newest(
    meter_ids: Collection[str],
    table: str,
    after: datetime,
    until: datetime,
    quantities: Collection[str] | None = None,
    only: str = "",
    changed: pd.DataFrame | None = None,
) -> Sequence[Row]:
    """Meter, quantity, time, value and length (s; 0 of a sample) of each series' newest reading in (after, until].

    `only` is a condition of ours on the rows of the table, `changed` the amendments in force, if they were read already. The
    caller checks who may see the meters.
    """
    lasts = TABLES[table]
    which = f"ts > %s AND ts <= %s AND value != null AND meter IN ({listed(meter_ids)}) {only}"
    if quantities is not None:
        which += f" AND quantity IN ({listed(quantities)})"
    columns = f"meter, quantity, ts, value, {lasts} lasts"
    rows = query(f"SELECT {columns} FROM {table} WHERE {which} LATEST ON ts PARTITION BY meter, quantity", [after, until])
    if changed is None:
        changed = amendments.newest(meter_ids, quantities or list(QUANTITIES), after + MOMENT, until + MOMENT, intervals=None)
    if len(changed):
        ours = (changed["interval_s"] > 0) == (table == "intervals")
        changed = changed[ours & (changed["ts"] > after) & (changed["ts"] <= until)]
    if changed.empty:
        return rows
    meters, names = sorted({*changed["meter"]}), sorted({*changed["quantity"]})
    raw = frame(
        f"SELECT ts, meter, quantity, {lasts} interval_s, value FROM {table} WHERE {which} "
        f"AND meter IN ({listed(meters)}) AND quantity IN ({listed(names)})",
        [after, until],
    )
    key = ["ts", "meter", "quantity", "interval_s"]
    count = amendments.apply(raw, changed, key).sort_values("ts", kind="stable")
    count = count.drop_duplicates(["meter", "quantity"], keep="last")
    said = {*zip(changed["meter"], changed["quantity"], strict=True)}
    again = [
        (meter, quantity, ts.to_pydatetime(), float(value), int(lasting))
        for ts, meter, quantity, lasting, value in count[[*key, "value"]].itertuples(index=False)
        if (meter, quantity) in said
    ]
    return [*(row for row in rows if (row[0], row[1]) not in said), *again]
