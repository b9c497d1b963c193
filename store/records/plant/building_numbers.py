"""The numbers that people know buildings by."""

from sqlalchemy import select

from store.records.schema.buildings import Building
from store.records.transaction.engine import reading
from store.scope import Scope


def numbers(scope: Scope, site_id: str) -> dict[str, str]:
    """The number of each building of a site that has one, by its node; which nodes may be seen is the graph's to say.

    Raises:
        NotFound: the site does not exist for the scope.
    """
    scope.require_site(site_id)
    query = select(Building.node_id, Building.number).where(Building.site_id == site_id, Building.number != "")
    with reading() as records:
        return {row.node_id: row.number for row in records.execute(query)}
