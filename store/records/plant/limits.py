"""The limits of a site: what the standards say for its nominal values, or what its administrators say in their place."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.language import _
from config.limits import Limit
from config.limits import limits as of_standards
from config.quantities import QUANTITIES
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.plant import sites
from store.records.schema import Site, SiteLimit
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import required
from store.scope import Scope


def site_limits(scope: Scope, site_id: str) -> dict[str, Limit]:
    """The limits that hold on a site, by quantity; raises `NotFound` for a site outside the scope."""
    return limits_of(scope, sites.site(scope, site_id))


def limits_of(scope: Scope, site: Site) -> dict[str, Limit]:
    """The same of a site that was read already."""
    scope.require_site(site.id)
    with reading() as records:
        own = own_limits(records, site.id).get(site.id, {})
    return of_standards(site.nominal_voltage_v, site.nominal_frequency_hz) | own


def limits_of_its_own(scope: Scope, site_id: str) -> frozenset[str]:
    """The quantities whose limits the site has of its own; raises `NotFound` for a site outside the scope."""
    scope.require_site(site_id)
    with reading() as records:
        return frozenset(records.scalars(select(SiteLimit.quantity).where(SiteLimit.site_id == site_id)))


def own_limits(records: Session, site_id: str | None = None) -> dict[str, dict[str, Limit]]:
    """The limits that sites, or one of them, have of their own: site → quantity → limit; within a transaction."""
    limits: dict[str, dict[str, Limit]] = {}
    query = select(SiteLimit) if site_id is None else select(SiteLimit).where(SiteLimit.site_id == site_id)
    for row in records.scalars(query):
        limits.setdefault(row.site_id, {})[row.quantity] = Limit(
            row.quantity, row.low, row.high, row.critical_low, row.critical_high, row.standard
        )
    return limits


def set_limit(scope: Scope, site_id: str, limit: Limit) -> None:
    """Say what a quantity may be on a site, and by which standard; what was said before holds no longer.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site, no such quantity, no standard, or bounds that cannot be.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    if limit.quantity not in QUANTITIES:
        raise Refused(
            _(
                "no quantity %(quantity)s: choose one of %(quantities)s",
                quantity=f"{limit.quantity!r}",
                quantities=", ".join(QUANTITIES),
            )
        )
    if not limit.source.strip():
        raise Refused(_("a limit comes from somewhere: name the standard, the contract or who decided it"))
    with session() as records:
        required(records, Site, site_id)
        records.merge(
            SiteLimit(
                site_id=site_id,
                quantity=limit.quantity,
                low=limit.low,
                high=limit.high,
                critical_low=limit.critical_low,
                critical_high=limit.critical_high,
                standard=limit.source.strip(),
            )
        )


def reset_limit(scope: Scope, site_id: str, quantity: str) -> None:
    """Let the standard's limit hold again, or none where there is no standard's; nothing happens if it does already.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an administrator of the site.
    """
    require(scope, Action.ADMINISTER, site_id=site_id)
    with session() as records:
        if (kept := records.get(SiteLimit, (site_id, quantity))) is not None:
            records.delete(kept)
