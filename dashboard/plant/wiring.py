"""A site's wiring and its clocks, read once a request: two tables and two forms of one page are made of them.

What a request changes it changes before it draws, so nothing that is kept here is older than the change.
"""

from zoneinfo import ZoneInfo

from flask import g

from store.records.plant import graph, sites
from store.records.plant.graph import Wiring
from store.scope import Scope


def wiring(scope: Scope, site_id: str) -> Wiring:
    """All that the site's graph ever was and is to be; raises as `graph.wiring`."""
    kept: dict[str, Wiring] = g.setdefault("wiring", {})
    if site_id not in kept:
        kept[site_id] = graph.wiring(scope, site_id)
    return kept[site_id]


def zone(scope: Scope, site_id: str) -> ZoneInfo:
    """The site's time zone; raises `NotFound` for a site outside the scope."""
    kept: dict[str, ZoneInfo] = g.setdefault("zones", {})
    if site_id not in kept:
        kept[site_id] = ZoneInfo(sites.site(scope, site_id).time_zone)
    return kept[site_id]
