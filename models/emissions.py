"""CO2 of what a site buys, makes and sells: told side by side, never added up and never taken off each other.

What is bought is counted in the two ways of the GHG Protocol's Scope 2 Guidance (World Resources Institute, 2015, chapter 6).
*Location-based*: by the factor of the grid at each moment. *Market-based*: the share for which a site has certificates by the
factor of these, and the rest by the residual mix; where no residual mix is stated, by the factor of the grid.
What the site makes itself emits where it is made (Scope 1). For what it sells, the grid emits that much less elsewhere.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models import local_time

Floats = NDArray[np.float64]

CERTIFICATE, RESIDUAL, PRODUCTION = "certificate", "residual", "production"
KINDS = (CERTIFICATE, RESIDUAL, PRODUCTION)
WITHOUT_FUEL = frozenset({"pv", "solar", "wind", "hydro", "tidal", "wave"})  # technologies: nothing is burnt where they produce
LEAST_SHARE = 1e-9  # of what is bought, beyond the certificates


class Factor(NamedTuple):
    """A factor (g/kWh) of a site, from the local day `first` through `last`; None: until further notice.

    Of a certificate it is of the `share` (0..1) of what is bought, of own production of what the node `node_id` makes, and of the
    residual mix of everything bought without a certificate.
    """

    kind: str
    name: str
    first: date
    last: date | None
    co2_g_per_kwh: float
    share: float | None = None
    node_id: str | None = None
    note: str = ""

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """Its first moment, and the first one that it is not any more (UTC)."""
        start, end = local_time.days(self.first, self.last or self.first, zone)
        return start, end if self.last else None

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a local day."""
        return self.first <= day and (self.last is None or day <= self.last)


def shares(factors: Iterable[Factor], day: date) -> float:
    """The share of what is bought for which there are certificates on a local day; at most 1 where they can be."""
    return sum(each.share or 0.0 for each in factors if each.kind == CERTIFICATE and each.holds_on(day))


def market(location: ArrayLike, factors: Sequence[Factor], starts_s: Floats, zone: ZoneInfo) -> Floats:
    """The market-based factor (g/kWh) of what is bought in successive stretches.

    Args:
        location: the factor of the grid in each, g/kWh, NaN where none is known; shape (n,).
        factors: of the site.
        starts_s: where the stretches begin, seconds since 1970, shape (n,); each is within one local day.
        zone: the site's.

    Returns:
        Shape (n,). NaN where not all of it is known, and everywhere where no certificate or residual mix holds at any time.
    """
    grid = np.asarray(location, float)
    held = [each for each in factors if each.kind in (CERTIFICATE, RESIDUAL) and _holds(each, starts_s, zone).any()]
    certificates, residual = ([each for each in held if each.kind == kind] for kind in (CERTIFICATE, RESIDUAL))
    if not certificates and not residual:
        return np.full(grid.shape, np.nan)
    covered, grams = np.zeros(grid.shape), np.zeros(grid.shape)
    for each in certificates:
        part = np.where(_holds(each, starts_s, zone), each.share or 0.0, 0.0)
        covered += part
        grams += part * each.co2_g_per_kwh
    mix = _stated(residual, starts_s, zone)
    rest = np.maximum(1 - covered, 0)
    return grams + np.where(rest > LEAST_SHARE, rest * np.where(np.isfinite(mix), mix, grid), 0.0)


def of_production(technology: str, factors: Iterable[Factor], starts_s: Floats, zone: ZoneInfo) -> Floats:
    """What a kWh emits where a node makes it, g/kWh in successive stretches.

    Args:
        technology: of the node, as its graph has it: what burns nothing emits nothing unless a factor says otherwise.
        factors: of own production of this node.
        starts_s: where the stretches begin, seconds since 1970, shape (n,).
        zone: the site's.

    Returns:
        Shape (n,), NaN where nothing says it.
    """
    own = _stated((each for each in factors if each.kind == PRODUCTION), starts_s, zone)
    return np.where(np.isfinite(own), own, 0.0 if technology.strip().casefold() in WITHOUT_FUEL else np.nan)


def kilograms(kwh: ArrayLike, co2_g_per_kwh: ArrayLike, places: ArrayLike) -> Floats:
    """What energies emit, in kg, added up.

    Args:
        kwh: of successive stretches, shape (n,); NaN is none.
        co2_g_per_kwh: of each, NaN where not known: that energy is left out.
        places: shape (m + 1,), rising: where each sum begins, and where the last one ends.

    Returns:
        Shape (m,), NaN where no factor is known of a whole sum.
    """
    grams, at = np.asarray(co2_g_per_kwh, float), np.asarray(places)
    known = np.isfinite(grams)
    emitted = np.nan_to_num(np.asarray(kwh, float)) * np.where(known, grams, 0.0) / 1000
    return np.where(summed(known, at) > 0, summed(emitted, at), np.nan)


def summed(values: ArrayLike, places: ArrayLike) -> Floats:
    """Sums of successive values, shape (m,), between `places`, shape (m + 1,), rising."""
    first, *_rest, last = at = np.asarray(places)
    sums: Floats = np.add.reduceat(np.asarray(values, float)[first:last], at[:-1] - first)
    return sums


def _stated(factors: Iterable[Factor], starts_s: Floats, zone: ZoneInfo) -> Floats:
    """The factor in each stretch, NaN where none holds; of several the one that began last."""
    found = np.full(len(starts_s), np.nan)
    for each in sorted(factors, key=lambda factor: factor.first):
        found[_holds(each, starts_s, zone)] = each.co2_g_per_kwh
    return found


def _holds(factor: Factor, starts_s: Floats, zone: ZoneInfo) -> NDArray[np.bool_]:
    start, end = factor.moments(zone)
    since: NDArray[np.bool_] = starts_s >= start.timestamp()
    return since if end is None else since & (starts_s < end.timestamp())
