"""When readings came: how many came late, and by how much the clocks of those who sent them seem to be off.

A clock that is behind and a way that takes long look the same from here: both are a reading that is older than it should be.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

import pandas as pd

from config import clock
from store.ids import IMPORTED
from store.records.access.policy import Action, require
from store.records.plant.devices import require_devices
from store.records.plant.meters import require_series
from store.scope import ALWAYS, Scope, Times, within
from store.series.connection import frame, listed
from store.series.interval_sums import ROLLUP

PROMPT = timedelta(minutes=15)  # what comes so long after its own time, or that of its interval's end, came late
POSTS = 20  # the newest of a device, by which its clock is judged
LOOKED_AT = (timedelta(hours=1), timedelta(days=1), timedelta(days=31))  # as far back as it takes to find one
AHEAD = timedelta(hours=1)
FLOWS = "('energy_kwh', 'energy_export_kwh')"  # stand at the start of what they are of


class Arrived(NamedTuple):
    """How many readings of a meter came, and how many of them late."""

    readings: int
    late: int

    @property
    def late_share(self) -> float:
        """0..1; 0 where none came."""
        return self.late / self.readings if self.readings else 0.0


def arrived(scope: Scope, meter_ids: Collection[str], start: datetime, end: datetime) -> dict[str, Arrived]:
    """Of each meter's readings of [start, end), in the times that are the holder's, how many came later than `PROMPT`.

    What came by a file is history, neither late nor in time: it is left out.

    Raises:
        NotFound: a meter does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    times = require_series(scope, meter_ids)
    found = dict.fromkeys(meter_ids, Arrived(0, 0))
    together: dict[Times, list[str]] = {}
    for meter in meter_ids:
        together.setdefault(within(times.get(meter, ALWAYS), start, end), []).append(meter)
    for windows, ids in together.items():
        for first, last in windows:
            for meter, readings, late in _counted(ids, first, last).itertuples(index=False):
                before = found[meter]
                found[meter] = Arrived(before.readings + int(readings), before.late + int(late))
    return found


def _counted(meter_ids: list[str], start: datetime, end: datetime) -> pd.DataFrame:
    prompt_us = int(PROMPT.total_seconds() * 1e6)
    parts = [
        frame(
            f"SELECT meter, count() readings, sum(CASE WHEN received_at > ts + {prompt_us} + {lasts} * 1000000L "
            f"THEN 1 ELSE 0 END) late FROM {table} WHERE ts >= %s AND ts < %s AND meter IN ({listed(meter_ids)}) "
            f"AND value != null AND left(source, {len(IMPORTED)}) != '{IMPORTED}' {only}",
            [start, end],
        )
        for table, lasts, only in (("telemetry", "0L", ""), ("intervals", "interval_s", f"AND source != '{ROLLUP}'"))
    ]
    return pd.concat(parts, ignore_index=True)


def clocks(scope: Scope, device_ids: Collection[str], meters: Mapping[str, Collection[str]]) -> dict[str, timedelta]:
    """By how much each device's clock is behind ours, negative for one that is ahead: the median of its newest posts.

    `meters` are those that each posts for. Of a device whose posts carry no time of their own it is how long ago its interval
    began. One that has sent no samples is absent.

    Raises:
        NotFound: a device does not exist for the scope.
        Refused: not an operator of its site.
        StoreAway: QuestDB cannot be reached.
    """
    for each in require_devices(scope, device_ids).values():
        require(scope, Action.OPERATE, site_id=each.site_id)
    now = clock.now()
    whose = {meter: device for device in device_ids for meter in meters.get(device, ())}
    found: dict[str, timedelta] = {}
    for back in LOOKED_AT:
        wanted = [meter for meter, device in whose.items() if device not in found]
        if not wanted:
            break
        posts = _posts(wanted, now - back, now + AHEAD)
        posts = posts.assign(device=posts["meter"].map(whose)).groupby(["device", "received_at"])["newest"].max().reset_index()
        behind = (posts["received_at"] - posts["newest"]).dt.total_seconds()
        last = posts.assign(behind_s=behind).sort_values("received_at").groupby("device").tail(POSTS)
        medians = last.groupby("device")["behind_s"].median()
        found |= {str(device): timedelta(seconds=float(each)) for device, each in medians.items()}
    return found


def _posts(meter_ids: Collection[str], start: datetime, end: datetime) -> pd.DataFrame:
    """The newest reading of each flush by meter: what came together bears the moment at which it was written."""
    return frame(
        f"SELECT meter, received_at, max(ts) newest FROM telemetry WHERE ts > %s AND ts < %s AND meter IN ({listed(meter_ids)}) "
        f"AND quantity NOT IN {FLOWS}",
        [start, end],
    )
