"""Energy, power and conditions of meters, and the totals of a site, by local periods: in portions, however long they are."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.quantities import INTERVAL_S, QUANTITIES, Kind
from insight import closed_energy
from insight.courses import courses
from insight.site_view import site_view
from models import flows, local_time
from models.energy import Floats
from store.scope import Scope
from store.series import energy, finality
from store.series.as_known import as_known
from store.series.levels import levels

ENERGIES = {"energy_kwh": "forward", "energy_export_kwh": "export"}
POWER = "power_kw"
TOTALS = {f"{name}_kwh": name for name in flows.TOTALS}
LEVELS = tuple(name for name, quantity in QUANTITIES.items() if quantity.kind is Kind.LEVEL and name != POWER)
EXTREMES: dict[str, np.ufunc] = {"min": np.fmin, "max": np.fmax}
PORTION_STEPS = 3_000  # of a portion, about: a month of quarters


class Asked(NamedTuple):
    """What is asked for: `ids` of meters, or of one site of which `quantity` is a total.

    `aggregate` is how values become one of a period: `sum` of energies, `mean`, `min` or `max` of power (of its quarters of an
    hour) and of conditions. `known_at`: only what people had corrected by then is corrected; none: as it is known now.
    """

    ids: Sequence[str]
    quantity: str
    start: datetime
    end: datetime
    step: str
    aggregate: str
    zone: ZoneInfo
    known_at: datetime | None = None


def portions(scope: Scope, asked: Asked) -> Iterator[pd.DataFrame]:
    """The values by period, one portion of time after the other.

    Columns: `start` (UTC), `id`, `value` in the quantity's unit, NaN where nothing is known, `coverage` (0..1, of conditions the
    share of quarters with a reading), and `provisional`, whether it may still change.

    Raises:
        NotFound: a meter or the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    edges = local_time.edges(asked.start, asked.end, asked.step, asked.zone)
    months = {*local_time.edges(asked.start, asked.end, "month", asked.zone)} if len(edges) > PORTION_STEPS else set()
    cuts = [0, *(at for at, edge in enumerate(edges) if edge in months and 0 < at < len(edges) - 1), len(edges) - 1]
    for first, last in pairwise(cuts):
        with as_known(asked.known_at):
            table = _values(scope, asked, edges[first : last + 1])
        yield table


def _values(scope: Scope, asked: Asked, edges: list[datetime]) -> pd.DataFrame:
    if asked.quantity in TOTALS:
        [course] = courses(scope, site_view(scope, asked.ids[0]), asked.ids, edges).values()
        return _table(asked, edges, course.kwh[TOTALS[asked.quantity]][None], course.coverage[None], course.provisional[None])
    may_change = finality.provisional(scope, asked.ids, edges)  # before the values
    provisional = np.array([may_change[each] for each in asked.ids], bool)
    if asked.quantity in LEVELS:
        return _table(asked, edges, *_levels(scope, asked, edges), provisional)
    # What is kept is as it is known now.
    read = closed_energy.flows if asked.known_at is None else energy.flows
    told = read(scope, asked.ids, edges).of(asked.ids)
    if asked.quantity in ENERGIES:
        kwh = told.forward if ENERGIES[asked.quantity] == "forward" else told.export
        values = np.where(told.known_s > 0, kwh, np.nan)
    elif asked.aggregate == "mean":
        values = _mean_kw(told)
    else:
        quarters = local_time.edges(edges[0], edges[-1], "quarter", asked.zone)
        values = _extreme(asked, _mean_kw(energy.flows(scope, asked.ids, quarters).of(asked.ids)), quarters, edges)
    return _table(asked, edges, values, told.coverage, provisional)


def _levels(scope: Scope, asked: Asked, edges: list[datetime]) -> tuple[Floats, Floats]:
    """A condition by period, and the share of its quarters of an hour with a reading."""
    measure = {"mean": "mean", "min": "least", "max": "greatest"}[asked.aggregate]
    found = levels(scope, asked.ids, asked.quantity, edges[0], edges[-1], INTERVAL_S, measure)
    quarters = [*pd.DatetimeIndex(found.index).to_pydatetime(), edges[-1]]
    values = found[list(asked.ids)].to_numpy(float).T
    at = _places(quarters, edges)
    heard = np.add.reduceat(np.isfinite(values), at, axis=1, dtype=float)
    covered = heard / np.diff([*at, values.shape[1]])
    if asked.aggregate != "mean":
        return _extreme(asked, values, quarters, edges), covered
    sums = np.add.reduceat(np.nan_to_num(values), at, axis=1)
    return np.divide(sums, heard, out=np.full(sums.shape, np.nan), where=heard > 0), covered


def _mean_kw(told: energy.Flow) -> Floats:
    net = told.forward - told.export
    kilowatts: Floats = np.divide(net * 3600, told.known_s, out=np.full(net.shape, np.nan), where=told.covered_s > 0)
    return kilowatts


def _extreme(asked: Asked, values: Floats, quarters: Sequence[datetime], edges: Sequence[datetime]) -> Floats:
    found: Floats = EXTREMES[asked.aggregate].reduceat(values, _places(quarters, edges), axis=1)
    return found


def _places(quarters: Sequence[datetime], edges: Sequence[datetime]) -> list[int]:
    """Where in the quarters each period begins."""
    return [bisect_left(quarters, each) for each in edges[:-1]]


def _table(asked: Asked, edges: list[datetime], values: Floats, coverage: Floats, provisional: NDArray[np.bool_]) -> pd.DataFrame:
    """A row a period and id, all of a period together."""
    starts = pd.DatetimeIndex(edges[:-1]).as_unit("us")
    columns = {"value": values, "coverage": coverage, "provisional": provisional}
    rows = {"start": starts.repeat(len(asked.ids)), "id": np.tile(np.array(asked.ids, object), len(starts))}
    return pd.DataFrame(rows | {name: each.T.ravel() for name, each in columns.items()})
