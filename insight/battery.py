"""What the batteries of a site did over some days: how full they were, what went through them, and what that was worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config import clock
from config.limits import Limit
from config.quantities import INTERVAL_S
from insight.courses import Stretches, courses, stretches_of
from insight.periods import MOST_POINTS
from insight.shared import shared
from insight.site_energy import site_energy
from insight.site_view import SiteView, site_view
from models import battery, local_time, statistics
from models.battery import Capacity, RoundTrip
from models.graph import Node
from models.topology import ends
from store.errors import NotFound
from store.records.plant import sites
from store.scope import Scope
from store.series import levels, power
from store.series.prices import prices

Floats = NDArray[np.float64]

CHARGE = "soc_pct"
HOUR_S = 3600
READ_AT_ONCE = 20_000  # quarters of all batteries; of more than that hours are read
LASTS_S, STALE_S = 60.0, 600.0
COVERED = 0.99  # of a step or a stretch, for its energy to be known


@dataclass(frozen=True, slots=True)
class AtLimits:
    """How long (h) a battery was at the lowest and the highest state of charge (%) that it may have, of all known `hours`.

    `declared`: the site says what these are; else they are the lowest and the highest of the period.
    """

    low_pct: float
    high_pct: float
    low_h: float
    high_h: float
    hours: float
    declared: bool


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery over a period, or all of a site together (without an id), which have none of the last three.

    Energies at its terminals in kWh, money in the site's currency; NaN where not known. `soc_pct` are the means of the steps, of
    all together weighed by what each holds.
    """

    id: str
    name: str
    simulated: bool
    capacity_kwh: float
    soc_pct: Floats
    charged_kwh: float
    discharged_kwh: float
    round_trip: RoundTrip
    earned: float
    priced: float
    bought_kwh: float
    sold_kwh: float
    coverage: float
    provisional: bool
    held: Capacity | None = None
    depths: Floats | None = None
    limits: AtLimits | None = None

    @property
    def cycles(self) -> float:
        """Equivalent full cycles of what its node is said to hold."""
        return statistics.full_cycles(self.charged_kwh, self.discharged_kwh, self.capacity_kwh)

    @property
    def health(self) -> float:
        """What it holds as a share of what its node is said to hold (1 is as new); NaN where that cannot be told."""
        held = self.held.kwh if self.held else np.nan
        return held / self.capacity_kwh if self.capacity_kwh > 0 else np.nan


@dataclass(frozen=True, slots=True)
class Batteries:
    """The batteries of a site between successive `edges`; `days` is how long that is."""

    edges: pd.DatetimeIndex
    days: float
    currency: str
    every: Sequence[Battery]

    def battery(self, node_id: str) -> Battery:
        """The one of that id; without an id all together, or the only one. Raises `NotFound`."""
        if not node_id:
            return self.every[0] if len(self.every) == 1 else _together(self.every)
        found = next((each for each in self.every if each.id == node_id), None)
        if found is None:
            raise NotFound(f"no battery {node_id}")
        return found


def storages(view: SiteView) -> list[Node]:
    """The batteries of a site as it is now: storages that take or give electricity."""
    at_node = ends(view.graph)
    return [
        node
        for node in view.graph.nodes
        if node.kind == "storage" and any(edge.carrier == "electricity" for edge, _ in at_node.get(node.id, ()))
    ]


def batteries(scope: Scope, site_id: str, first: date, last: date) -> Batteries:
    """The batteries of a site from the local day `first` to the end of `last`, or to the last step that is over.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("batteries", scope.key, site_id, sites.version(scope, site_id), first, last)
    return shared.get(key, LASTS_S, lambda: _batteries(scope, site_view(scope, site_id), first, last), STALE_S)


def _batteries(scope: Scope, view: SiteView, first: date, last: date) -> Batteries:
    nodes, (start, end) = storages(view), local_time.days(first, last, view.zone)
    end = max(min(end, local_time.begin(clock.now(), "quarter", view.zone)), start + timedelta(hours=1))
    quarters = ((last - first).days + 1) * 96
    step_s = INTERVAL_S if quarters <= MOST_POINTS and quarters * len(nodes) <= READ_AT_ONCE else HOUR_S
    edges, ids = power.steps(start, end, step_s), [node.id for node in nodes]
    if not nodes:
        return Batteries(edges, (end - start) / timedelta(days=1), view.currency, [])
    sure = courses(scope, view, ids, [start, end])
    priced = prices(scope, view.id, start, end)
    told = stretches_of(scope, view, ids, list(priced.edges.to_pydatetime()))
    crossing = site_energy(scope, view, priced.edges)
    charged, discharged = (np.array([told[each].kwh[name] for each in ids]) for name in ("taken", "given"))
    known = crossing.covered_s >= COVERED * _lasting_s(priced.edges)  # else nobody knows whose the charge was
    of = (np.where(known, each, np.nan) for each in (priced.prices.importing, priced.prices.exporting))
    worth = battery.worth(charged, discharged, crossing.imported, crossing.exported, *of)
    found = []
    for row, (node, soc_pct) in enumerate(zip(nodes, _charges(scope, view, nodes, edges, step_s), strict=True)):
        whole, energies = sure[node.id], _in_steps(told[node.id], priced.edges, edges)
        found.append(
            Battery(
                id=node.id,
                name=node.name,
                simulated=node.simulated,
                capacity_kwh=node.capacity_kwh or np.nan,
                soc_pct=soc_pct,
                charged_kwh=float(whole.kwh["taken"][0]),
                discharged_kwh=float(whole.kwh["given"][0]),
                round_trip=battery.round_trip(soc_pct, *energies, HOUR_S // step_s),
                earned=float(worth.earned[row]),
                priced=float(worth.priced[row]),
                bought_kwh=float(worth.bought_kwh[row]),
                sold_kwh=float(worth.sold_kwh[row]),
                coverage=float(whole.coverage[0]),
                provisional=bool(whole.provisional[0]),
                held=battery.capacity(soc_pct, *energies, HOUR_S // step_s),
                depths=battery.cycles_by_depth(soc_pct),
                limits=_at_limits(soc_pct, step_s / 3600, view.limits.get(CHARGE)),
            )
        )
    return Batteries(edges, (end - start) / timedelta(days=1), view.currency, found)


def _charges(scope: Scope, view: SiteView, nodes: Sequence[Node], edges: pd.DatetimeIndex, step_s: int) -> list[Floats]:
    """The states of charge of the batteries: of the meters beside each, or of its edges, the first that tells at a step."""
    at_node = ends(view.graph)
    beside = [[meter.id for meter in view.meters.values() if meter.node_id == node.id] for node in nodes]
    on_edges = [[edge.meter_id for edge, _ in at_node.get(node.id, ()) if edge.meter_id in view.meters] for node in nodes]
    telling = [[each for each in (*one, *other) if each is not None] for one, other in zip(beside, on_edges, strict=True)]
    asked = [*dict.fromkeys(meter for meters in telling for meter in meters)]
    nothing = np.full(len(edges) - 1, np.nan)
    if not asked:
        return [nothing for _ in nodes]
    frame = levels.levels(scope, asked, CHARGE, edges[0], edges[-1], step_s, known=view.metering)
    found = []
    for meters in telling:
        charge = nothing
        for meter in meters:
            charge = np.where(np.isfinite(charge), charge, frame[meter].to_numpy(float))
        found.append(charge)
    return found


def _in_steps(told: Stretches, stretches: pd.DatetimeIndex, edges: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """What was charged and discharged in steps (kWh); NaN where a part of one is not covered."""
    places = stretches[:-1].searchsorted(edges[:-1])
    missing = np.add.reduceat(told.covered_s < COVERED * _lasting_s(stretches), places) > 0
    charged, discharged = (np.add.reduceat(np.nan_to_num(told.kwh[name]), places) for name in ("taken", "given"))
    return np.where(missing, np.nan, charged), np.where(missing, np.nan, discharged)


def _lasting_s(edges: pd.DatetimeIndex) -> Floats:
    return np.asarray(np.diff(edges.as_unit("us").asi8) / 1e6, np.float64)


def _at_limits(soc_pct: Floats, step_h: float, limit: Limit | None) -> AtLimits | None:
    """None where no state of charge is known."""
    known = np.isfinite(soc_pct)
    if not known.any():
        return None
    said = [None, None] if limit is None else [limit.low, limit.high]
    low, high = (of if of is not None else float(found) for of, found in zip(said, _extremes(soc_pct[known]), strict=True))
    hours = np.full(len(soc_pct), step_h)
    return AtLimits(low, high, *battery.hours_at(soc_pct, hours, low, high), float(known.sum() * step_h), said != [None, None])


def _extremes(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _together(every: Sequence[Battery]) -> Battery:
    """All batteries of a site as one; raises `NotFound` where there is none."""
    if not every:
        raise NotFound("no battery")
    sizes = np.array([each.capacity_kwh for each in every])
    sizes = sizes if np.isfinite(sizes).all() else np.ones(len(every))
    socs = np.array([each.soc_pct for each in every])
    weights = sizes[:, None] * np.isfinite(socs)
    with np.errstate(invalid="ignore"):
        soc_pct = np.where(weights.any(axis=0), (np.nan_to_num(socs) * weights).sum(axis=0) / weights.sum(axis=0), np.nan)
    charged, discharged = (sum(getattr(each.round_trip, name) for each in every) for name in ("charged_kwh", "discharged_kwh"))
    spans = [span for each in every for span in each.round_trip.spans]
    moved = np.array([np.nan_to_num(each.charged_kwh + each.discharged_kwh) for each in every])
    return Battery(
        id="",
        name="",
        simulated=all(each.simulated for each in every),
        capacity_kwh=sum(each.capacity_kwh for each in every),
        soc_pct=soc_pct,
        charged_kwh=_sum([each.charged_kwh for each in every]),
        discharged_kwh=_sum([each.discharged_kwh for each in every]),
        round_trip=RoundTrip(statistics.round_trip_efficiency(charged, discharged), charged, discharged, spans),
        earned=_sum([each.earned for each in every]),
        priced=float(np.average(np.nan_to_num([each.priced for each in every]), weights=moved)) if moved.any() else np.nan,
        bought_kwh=_sum([each.bought_kwh for each in every]),
        sold_kwh=_sum([each.sold_kwh for each in every]),
        coverage=statistics.mean([each.coverage for each in every]),
        provisional=any(each.provisional for each in every),
    )


def _sum(values: Sequence[float]) -> float:
    known = [each for each in values if np.isfinite(each)]
    return sum(known) if known else np.nan
