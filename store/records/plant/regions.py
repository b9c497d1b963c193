"""Regions: what several sites share (price, CO2 intensity, weather). A region's id is the symbol of its series."""

from typing import NamedTuple

from sqlalchemy import func, select

from config.language import N_, _, ngettext
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.schema import Region, Site
from store.records.schema.listing import Page, Wanted, page
from store.records.schema.natural import Natural
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import Scope

_NAMELESS = N_("a region has a name: give one")


def create_region(scope: Scope, *, name: str, note: str = "") -> Region:
    """Make a region.

    Raises:
        Refused: not a platform administrator, or no name.
    """
    require(scope, Action.RUN)
    if not name.strip():
        raise Refused(_(_NAMELESS))
    with session() as records:
        region = Region(name=name.strip(), note=note)
        records.add(region)
    return region


def describe_region(scope: Scope, region_id: str, *, name: str, note: str = "") -> Region:
    """Set what people know a region by, on all of its sites.

    Raises:
        NotFound: there is no such region.
        Refused: not a platform administrator, or no name.
    """
    require(scope, Action.RUN)
    if not name.strip():
        raise Refused(_(_NAMELESS))
    with session() as records:
        region = required(records, Region, region_id)
        region.name, region.note = name.strip(), note.strip()
    return region


def delete_region(scope: Scope, region_id: str) -> None:
    """Remove a region that no site is in. Its series stay where they are, and nobody finds them any more.

    Raises:
        NotFound: there is no such region.
        Refused: not a platform administrator, or sites are in it.
    """
    require(scope, Action.RUN)
    with session() as records:
        region = required(records, Region, region_id)
        if count := records.scalar(select(func.count()).where(Site.region_id == region_id)):
            raise Refused(
                ngettext(
                    "%(region)s still has %(num)s site: give it another region first",
                    "%(region)s still has %(num)s sites: give them another region first",
                    count,
                    region=region.name,
                )
            )
        records.delete(region)


class RegionRow(NamedTuple):
    """A region, and how many sites are in it."""

    region: Region
    sites: int


def regions_page(scope: Scope, wanted: Wanted) -> Page[RegionRow]:
    """A page of the regions, sorted by `name` or `sites`.

    Raises:
        Refused: not a platform administrator, or there is no such column to sort by.
    """
    require(scope, Action.RUN)
    count = select(func.count()).where(Site.region_id == Region.id).correlate(Region).scalar_subquery()
    with reading() as records:
        rows, total = page(
            records,
            select(Region, count),
            wanted,
            searched=(Region.name, Region.note),
            sorts={"name": Natural(Region.name), "sites": count},
            key=Region.id,
        )
    return Page([RegionRow(*row) for row in rows], total)


def region(scope: Scope, region_id: str) -> Region:
    """The region of that id; raises `NotFound` when it does not exist for the scope."""
    found = next((each for each in regions(scope) if each.id == region_id), None)
    if found is None:
        raise missing(Region, region_id)
    return found


def may_price(scope: Scope, region_id: str) -> bool:
    """Whether the holder may write the region's series: platform administrators, and whoever administers all of its sites.

    A region's price is money on every site in it, so nobody sets it for a site that is not theirs.
    """
    if scope.everything:
        return True
    with reading() as records:
        within = set(records.scalars(select(Site.id).where(Site.region_id == region_id)))
    return bool(within) and within <= scope.admin_of


def require_pricing(scope: Scope, region_id: str) -> Region:
    """The region, when the holder may write its series.

    Raises:
        NotFound: the region does not exist for the scope.
        Refused: sites in it are not the holder's to administer.
    """
    found = region(scope, region_id)
    if not may_price(scope, region_id):
        raise Refused(
            _("%(region)s has sites that you do not administer: a platform administrator writes its prices", region=found.name)
        )
    return found


def regions(scope: Scope) -> list[Region]:
    """The regions of the sites that the scope may see, by name; all of them for whoever sees everything."""
    query = select(Region).order_by(Natural(Region.name), Region.id)
    if not scope.everything:
        theirs = select(Site.region_id).where(Site.id.in_(scope.site_ids | scope.part_site_ids))
        query = query.where(Region.id.in_(theirs))
    with reading() as records:
        return list(records.scalars(query))
