"""A site's wiring and its clocks, read once a request: two tables and two forms of one page are made of them.

What a request changes it changes before it draws, so nothing that is kept here is older than the change.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

from flask import g

from models.natural_order import natural
from store.records.plant import graph, sites
from store.records.plant.graph import Wiring
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

T = TypeVar("T")


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


def fits(text: str, search: str) -> bool:
    """Whether every word of the search stands in the text."""
    return all(word in text.casefold() for word in search.casefold().split())


def page(rows: Sequence[T], wanted: Wanted, key: Callable[[T], str]) -> Page[T]:
    """A page of rows that are all known, in the order of a text of theirs."""
    ordered = sorted(rows, key=lambda row: natural(key(row)), reverse=wanted.descending)
    return Page(ordered[wanted.first : wanted.first + wanted.count], len(ordered))
