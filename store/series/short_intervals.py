"""Energies of intervals shorter than a quarter of an hour, which are kept as samples at their starts.

How long they are is what their meter declares. One that begins off the grid reaches into the next quarter.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from config.quantities import INTERVAL_S
from store.series import amendments, samples
from store.series.connection import frame, listed, query
from store.series.grid import Grid

REGISTERS = ("energy_kwh", "energy_export_kwh")


def energies(meter_ids: Collection[str], start: datetime, end: datetime, cell_s: int, lasting_s: int) -> pd.DataFrame:
    """Effective energies that touch [start, end): those within one cell of the grid added up, each other one whole.

    Columns: `samples.KEY`, where `ts` is the stretch's start in UTC, `lasting_s`, `total` (kWh), `covered_s`, `until_s` (when
    the last of them ends, seconds since 1970). The caller checks the scope.
    """
    grid, since = Grid.of(start, end, cell_s), start - timedelta(seconds=lasting_s)
    changed = amendments.newest(meter_ids, REGISTERS, since, end, intervals=False) if meter_ids else pd.DataFrame()
    amended = {*changed["meter"]} if len(changed) else set()
    found = _added(set(meter_ids) - amended, since, end, grid, lasting_s)
    if amended:
        rows = samples.effective(amended, REGISTERS, since, end).assign(interval_s=lasting_s)
        rows = rows.assign(began=pd.DatetimeIndex(rows["ts"]).as_unit("us").asi8, ts=grid.stretches(rows))
        again = rows.groupby(samples.KEY, as_index=False).agg(total=("value", "sum"), n=("value", "size"), began=("began", "max"))
        found = pd.concat([each for each in (found, again) if len(each)] or [found], ignore_index=True)
    lasting = grid.lasting_s(found.assign(interval_s=lasting_s))
    covered = np.minimum(found["n"].to_numpy(float) * lasting_s, lasting)
    until = found["began"].to_numpy(float) / 1e6 + lasting_s
    return found[[*samples.KEY, "total"]].assign(lasting_s=lasting, covered_s=covered, until_s=until)


def _added(meter_ids: Collection[str], since: datetime, end: datetime, grid: Grid, lasting_s: int) -> pd.DataFrame:
    if not meter_ids:
        return pd.DataFrame(
            {"ts": pd.DatetimeIndex([], tz="UTC"), **{name: [] for name in ("meter", "quantity", "total", "n", "began")}}
        )
    return frame(
        "SELECT stretch::TIMESTAMP ts, meter, quantity, sum(value) total, count() n, max(began) began FROM "
        f"(SELECT {grid.stretch(str(lasting_s))} stretch, ts::LONG began, meter, quantity, value FROM telemetry WHERE "
        f"ts >= %s AND ts < %s AND value != null AND meter IN ({listed(meter_ids)}) AND quantity IN ({listed(REGISTERS)}))",
        [since, end],
    )


def across_quarters(meter_ids: Collection[str], start: datetime, end: datetime, lasting_s: int) -> set[tuple[str, str]]:
    """The meters and registers with an energy that reaches into [start, end) or begins there, across a quarter's edge."""
    if not meter_ids:
        return set()
    quarter, lasting = INTERVAL_S * 1_000_000, lasting_s * 1_000_000
    rows = query(
        f"SELECT DISTINCT meter, quantity FROM telemetry WHERE ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)}) "
        f"AND quantity IN ({listed(REGISTERS)}) AND ts::LONG %% {quarter}L > {quarter - lasting}L",
        [start - timedelta(seconds=lasting_s), end],
    )
    return {(meter, quantity) for meter, quantity in rows}
