"""Regions: what several sites share (price, CO2 intensity, weather). A region's id is the symbol of its series."""

from sqlalchemy import select

from store.errors import Refused
from store.records.engine import reading, session
from store.records.policy import Action, require
from store.records.schema import Region, Site
from store.scope import Scope


def create_region(scope: Scope, *, name: str, note: str = "") -> Region:
    """Make a region.

    Raises:
        Refused: not a platform administrator, or no name.
    """
    require(scope, Action.RUN)
    if not name.strip():
        raise Refused("a region has a name: give one")
    with session() as records:
        made = Region(name=name.strip(), note=note)
        records.add(made)
    return made


def regions(scope: Scope) -> list[Region]:
    """The regions of the sites that the scope may see, by name; all of them for whoever sees everything."""
    wanted = select(Region).order_by(Region.name, Region.id)
    if not scope.everything:
        theirs = select(Site.region_id).where(Site.id.in_(scope.site_ids | scope.part_site_ids))
        wanted = wanted.where(Region.id.in_(theirs))
    with reading() as records:
        return list(records.scalars(wanted))
