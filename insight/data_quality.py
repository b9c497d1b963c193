"""How good a site's readings are over some days: how much of each day is there, what is missing, late, or doubted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from config import clock
from insight.shared import shared
from insight.site_energy import site_energy
from insight.site_view import Meter, SiteView, site_view
from models import balance, local_time
from models.natural_order import natural
from models.presence import presence
from store.records.access.policy import Action, require
from store.records.plant.metering import Metering
from store.scope import Scope
from store.series import arrivals, energy, heard, latest, shares, suspects
from store.series.arrivals import Arrived

Floats = NDArray[np.float64]

KEPT_S = 30.0
WHOLE = 0.995  # of a day: what is missing rounds away
LATE_WITHIN = timedelta(days=7)  # at the end of the days, of which what came late is counted


@dataclass(frozen=True, slots=True)
class MeterQuality:
    """A meter's days. `coverage` is of each day, 0..1; NaN where nothing was due yet or any more.

    `covered` is of all days together, `missing_days` how many are not whole, `last` when it was last heard, `held` how many
    readings are held now.
    """

    meter: Meter
    coverage: Floats
    covered: float
    missing_days: int
    state: str
    last: datetime | None
    arrived: Arrived
    held: int


@dataclass(frozen=True, slots=True)
class SiteQuality:
    """A site's days, from `edges[0]` to `edges[-1]` (UTC, local midnights), its meters in the order of their names.

    `shares` are those of all of its meters' energy together (`store.series.shares.CLASSES`).
    """

    edges: Sequence[datetime]
    zone: ZoneInfo
    meters: Sequence[MeterQuality]
    imbalances: Sequence[balance.Finding]
    shares: Mapping[str, float]

    @property
    def covered(self) -> float:
        """The mean of its meters' coverage; NaN without any."""
        told = [each.covered for each in self.meters if np.isfinite(each.covered)]
        return float(np.mean(told)) if told else float("nan")


def site_quality(scope: Scope, site_id: str, days: int, last: date | None = None) -> SiteQuality:
    """The quality of so many local days of a site, up to and with `last`, today if none is said.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of it.
        StoreAway: the database cannot be reached.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    view = site_view(scope, site_id)
    key = ("data quality", scope.key, site_id, view.version, days, last)
    return shared.get(key, KEPT_S, lambda: _site_quality(scope, view, days, last))


def _site_quality(scope: Scope, view: SiteView, days: int, last: date | None) -> SiteQuality:
    now = clock.now()
    today = now.astimezone(view.zone).date()
    last = min(last or today, today)
    start, end = local_time.days(last - timedelta(days=days - 1), last, view.zone)
    edges = local_time.edges(start, end, "day", view.zone)
    known = view.metering
    own = [meter for meter in view.meters if meter not in known.terms]
    metered = [meter for meter in own if known.declared[meter]]
    others = [meter for meter in own if not known.declared[meter]]
    covered, due = _by_day(scope, metered, others, edges, known)
    until = min(end, now)
    came = arrivals.arrived(scope, own, max(start, until - LATE_WITHIN), until)
    seen: dict[str, datetime] = {}
    for (meter, _), value in latest.latest(scope, own, known=known).items():
        seen[meter] = max(seen.get(meter, value.ts), value.ts)
    doubted = suspects.held_by_meter(scope, own, start, until)
    found = []
    for meter in sorted(own, key=lambda each: natural(view.meters[each].name)):
        began = _began(covered[meter])
        due_of = np.where(np.arange(len(due[meter])) < began, 0.0, due[meter])
        by_day = np.divide(covered[meter], due_of, out=np.full(len(due_of), np.nan), where=due_of > 0)
        by_day = np.minimum(by_day, 1.0)
        total = due_of.sum()
        found.append(
            MeterQuality(
                meter=view.meters[meter],
                coverage=by_day,
                covered=float(min(covered[meter].sum() / total, 1.0)) if total > 0 else float("nan"),
                missing_days=int(np.sum(by_day < WHOLE)),
                state=presence(seen.get(meter), view.meters[meter].expected_s, now),
                last=seen.get(meter),
                arrived=came[meter],
                held=doubted.get(meter, 0),
            )
        )
    of = shares.together(scope, metered, start, until)
    return SiteQuality(edges, view.zone, found, _imbalances(scope, view, start, until), of)


def _by_day(
    scope: Scope, metered: Sequence[str], others: Sequence[str], edges: list[datetime], known: Metering
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Seconds covered and seconds due of each day, by meter: of energy where that is declared, else of what is read."""
    flows = energy.flows(scope, metered, edges, known)
    covered = {meter: np.minimum(flow.covered_s, flow.due_s) for meter, flow in flows.items()}
    due = {meter: flow.due_s for meter, flow in flows.items()}
    read, could = heard.heard(scope, others, edges, known)
    return covered | dict(zip(others, read, strict=True)), due | dict(zip(others, could, strict=True))


def _began(covered: Floats) -> int:
    """The first of the days of which there is anything: before it a meter is not missing but new. All of them of one unheard."""
    some = np.flatnonzero(covered > 0)
    return int(some[0]) if len(some) else 0


def _imbalances(scope: Scope, view: SiteView, start: datetime, end: datetime) -> list[balance.Finding]:
    """Nodes whose meters do not add up over the days as a whole."""
    if start >= end or not view.graph.edges:
        return []
    found = balance.residuals(site_energy(scope, view, [start, end]).flows, unit="kWh")
    return [each for each in found if not each.balances]
