"""What a site emits by local periods: of what it bought, by the grid and by the market, of what it made, what its sales avoid.

Nothing is added up here: what is bought is counted twice, in two ways; what is made on the site is another scope; and what is
sold avoids something elsewhere (`models.emissions`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from insight.courses import courses, stretches_of
from insight.shared import shared
from insight.site_view import SiteView, site_view
from insight.subject_cost import subject_cost
from insight.subjects import subject
from models import emissions, local_time
from models.emissions import Factor
from models.topology import makers
from store.records.plant import emission_factors, sites
from store.scope import Scope

LASTS_S, STALE_S = 30.0, 300.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Emissions:
    """Successive local periods of a site, between `edges`. Energies in kWh, CO2 in kg; NaN where not known.

    `location_kg` and `market_kg` are of what was bought, the second one where the site has certificates or a residual mix.
    `made_kg` is of the share `made_told` (0..1) of what the site made, of which a factor is known. `avoided_kg` is what the grid
    emits for as much as was sold. `coverage` (0..1) is the mean over the meters behind it; `provisional`: it may still change.
    """

    edges: Sequence[datetime]
    bought_kwh: Floats
    location_kg: Floats
    market_kg: Floats
    made_kwh: Floats
    made_kg: Floats
    made_told: Floats
    sold_kwh: Floats
    avoided_kg: Floats
    coverage: Floats
    provisional: NDArray[np.bool_]


def site_emissions(scope: Scope, site_id: str, start: datetime, end: datetime, step: str) -> Emissions:
    """A site by local periods (one of `local_time.STEPS`), from the one that holds `start` to the one before `end`.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: QuestDB cannot be reached.
    """
    key = ("emissions", scope.key, site_id, sites.version(scope, site_id), start, end, step)
    return shared.get(key, LASTS_S, lambda: _emissions(scope, site_id, start, end, step), STALE_S)


def _emissions(scope: Scope, site_id: str, start: datetime, end: datetime, step: str) -> Emissions:
    view, factors = site_view(scope, site_id), emission_factors.factors(scope, site_id)
    edges = local_time.edges(start, end, step, view.zone)
    told = courses(scope, view, [view.id], edges)[view.id]  # first: what is final then is what the energies are
    paid = subject_cost(scope, view, subject(view, ""), edges)
    made_kwh, made_kg, made_told = made(scope, view, factors, edges)
    return Emissions(
        edges=edges,
        bought_kwh=paid.bill.bought_kwh[0],
        location_kg=paid.co2_kg,
        market_kg=paid.market_co2_kg,
        made_kwh=made_kwh,
        made_kg=made_kg,
        made_told=made_told,
        sold_kwh=paid.bill.sold_kwh[0],
        avoided_kg=paid.avoided_co2_kg,
        coverage=told.coverage,
        provisional=told.provisional,
    )


def made(scope: Scope, view: SiteView, factors: Sequence[Factor], edges: Sequence[datetime]) -> tuple[Floats, Floats, Floats]:
    """What the site made itself, what that emitted, and the share of it of which that is known; also where a factor changes."""
    wired = view.drawings.between(edges[0], edges[-1])
    technologies = {each: drawn.node(each).technology for _, drawn in wired for each in makers(drawn)}
    own = {node: [each for each in factors if each.node_id == node] for node in technologies}
    changes = {moment for those in own.values() for each in those for moment in each.moments(view.zone) if moment}
    moments = sorted({*edges, *(each for each in changes if edges[0] < each < edges[-1])})
    moments_s = np.array([each.timestamp() for each in moments])
    places = np.searchsorted(moments_s, [each.timestamp() for each in edges])
    every, known, emitted = (np.zeros(len(edges) - 1) for _ in range(3))
    told = stretches_of(scope, view, [*technologies], moments)
    for node, technology in technologies.items():
        kwh = np.nan_to_num(told[node].kwh["given"])
        grams = emissions.of_production(technology, own[node], moments_s[:-1], view.zone)
        every += emissions.summed(kwh, places)
        known += emissions.summed(np.where(np.isfinite(grams), kwh, 0.0), places)
        emitted += np.nan_to_num(emissions.kilograms(kwh, grams, places))
    told_of = np.where(every > 0, known / np.where(every > 0, every, 1), 1.0)
    return every, np.where((known > 0) | (every == 0), emitted, np.nan), told_of
