"""What a kWh costs and emits on a site over time: its tariffs, and the series of its region, each price in its own interval."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import INTERVAL_S
from models import bills, local_time
from models import tariffs as models
from models.tariff_components import Component, Demand
from models.tariffs import Prices, Version
from store.records.plant import calendars, sites, tariffs
from store.records.plant.meters import require_series
from store.scope import Scope
from store.series import checkpoint, samples
from store.series.connection import frame
from store.series.grid import micros, moment

QUANTITIES = ("price_per_kwh", "export_price_per_kwh", "co2_g_per_kwh")  # of a region, in the order of `Prices`
LONGEST = timedelta(days=1)  # of a row of a region
GRAINS_S = (INTERVAL_S, 300, 60)  # of stretches: all are equally long, so that energy is read in one question

Micros = NDArray[np.int64]
Rows = Callable[[Scope, str | None, datetime, datetime], pd.DataFrame]


class Priced(NamedTuple):
    """Successive stretches within which no price changes: `edges` (one more), and the prices between them.

    `by_region` tells of which kWh bought the price is the region's. `versions` are the tariffs that said them, by the clocks
    of `zone` and with the local dates `holidays`.
    """

    edges: pd.DatetimeIndex
    prices: Prices
    by_region: NDArray[np.bool_]
    versions: Sequence[Version]
    zone: ZoneInfo
    holidays: Collection[date]

    @property
    def edges_s(self) -> NDArray[np.float64]:
        """The edges in seconds since 1970."""
        return micros(self.edges) / 1e6

    def longer(self, moments: Sequence[datetime]) -> "Priced":
        """The same by local days, or else hours, where no price changes within one; `moments` are edges still.

        Energies of whole days and hours are kept. A demand charge is of quarters, and so are its stretches.
        """
        if self.has(Demand):
            return self
        edges, told = micros(self.edges), np.array([*self.prices, self.by_region])
        before, after = told[:, :-1], told[:, 1:]
        changed = ((before != after) & ~(np.isnan(before) & np.isnan(after))).any(axis=0)
        begun = [each for version in self.versions for each in version[:2] if each is not None]
        needed = np.concatenate([edges[1:-1][changed], micros([*moments, *begun])])
        needed = needed[(needed > edges[0]) & (needed < edges[-1])]
        for step in ("day", "hour"):
            kept = np.isin(edges, 1_000_000 * local_time.edges_s(moment(edges[0]), moment(edges[-1]), step, self.zone))
            if np.isin(needed, edges[kept]).all():
                kept[[0, -1]] = True
                prices = Prices(*(each[kept[:-1]] for each in self.prices))
                return self._replace(edges=self.edges[kept], prices=prices, by_region=self.by_region[kept[:-1]])
        return self

    def has(self, *kinds: type[Component]) -> bool:
        """Whether any of the tariffs has a component of these kinds."""
        return any(isinstance(each, kinds) for version in self.versions for each in version.components)


def prices(
    scope: Scope,
    site_id: str,
    start: datetime,
    end: datetime,
    *,
    reaching: bool = False,
    versions: Sequence[Version] | None = None,
    rows: Rows | None = None,
) -> Priced:
    """The prices of a site in [start, end), by quarters of an hour and finer where they are.

    `reaching`: also of the time that the cost of [start, end) depends on besides (`models.bills.reach`); then too both are edges.
    `versions`: tariffs in the place of those that the site has. `rows`: in the place of `region_rows`, where sites share one.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    site = sites.site(scope, site_id)
    versions, zone = tariffs.versions(scope, site_id) if versions is None else versions, ZoneInfo(site.time_zone)
    asked = [round(moment.timestamp() * 1e6) for moment in (start, end)]
    if reaching:
        start, end = bills.reach(versions, start, end, zone)
    found = (rows or region_rows)(scope, site.region_id, start, end)
    first, last = (round(moment.timestamp() * 1e6) for moment in (start, end))
    dates = [round(each.timestamp() * 1e6) for version in versions for each in version[:2] if each is not None]
    changes = np.concatenate([found["start"], found["start"] + found["lasting"], np.array(dates, np.int64)])
    changes = changes[(changes > first) & (changes < last)] // 1_000_000
    grain = 1_000_000 * next((each for each in GRAINS_S if not (changes % each).any()), GRAINS_S[-1])
    inner = np.arange(first // grain * grain + grain, last, grain)
    edges = np.unique(np.concatenate([[first], inner, [last], asked]))
    days = [each.astimezone(zone).date() for each in (start, end)]
    kept = any(version.keeps_holidays for version in versions)
    holidays = calendars.holidays(scope, site_id, *days).keys() if kept else ()
    region = Prices(*(_held(edges, found[found["quantity"] == quantity]) for quantity in QUANTITIES))
    moments = pd.DatetimeIndex(edges.astype("datetime64[us]")).tz_localize("UTC")
    own = models.prices(versions, moments[:-1], zone, region, holidays)
    return Priced(moments, own, np.asarray(own.importing == region.importing), versions, zone, holidays)


def _held(edges: Micros, rows: pd.DataFrame) -> NDArray[np.float64]:
    return models.held(edges, rows["start"], rows["lasting"], rows["value"])


def region_rows(scope: Scope, region_id: str | None, start: datetime, end: datetime) -> pd.DataFrame:
    """The rows of a region, if any, that hold within [start, end): quantity, value, and start and length in µs.

    Raises:
        NotFound: the region does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    columns = ["quantity", "value", "start", "lasting"]
    if region_id is None:
        return pd.DataFrame({"quantity": [], "value": [], "start": np.array([], np.int64), "lasting": np.array([], np.int64)})
    require_series(scope, [region_id])
    wanted = ", ".join(f"'{quantity}'" for quantity in QUANTITIES)
    kept = frame(
        "SELECT ts, quantity, interval_s, value FROM intervals WHERE ts > %s AND ts < %s AND meter = %s "
        f"AND quantity IN ({wanted}) AND value != null",
        [start - LONGEST, end, region_id],
    )
    # What is posted every some minutes is of the quarter in which it is posted, as the rollup makes quarters of it.
    closed = max(checkpoint.recent().rolled_to, start)
    open_ = samples.aggregates([region_id], QUANTITIES, closed, end, INTERVAL_S, ["mean"])
    found = pd.concat([kept, open_.rename(columns={"mean": "value"}).assign(interval_s=INTERVAL_S)], ignore_index=True)
    starts = pd.DatetimeIndex(found["ts"]).as_unit("us").asi8
    lasting = found["interval_s"].to_numpy(np.int64) * 1_000_000
    return found.assign(start=starts, lasting=lasting, value=found["value"].astype(float))[columns]
