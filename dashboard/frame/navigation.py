"""Which pages a person finds on the left: those that exist, fit the site's kind, and that their scope may open.

A page puts itself there when it registers:
`register_page(__name__, path_template="/site/<site_id>/history", name="History",
nav={"section": "Site", "icon": "graph-up", "kinds": ("plant", "campus", "pv_battery")})`;
without `kinds` it fits every site, without `<site_id>` in its path it needs none; with `fits` it is asked of each site whether it
has what the page is about. Sections stand in `SECTIONS`' order, the pages of one by their `place`, those without one last.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dash

from config.language import N_, _
from dashboard.web.access import rule_of
from store.errors import NotFound
from store.scope import Scope

SITE = N_("Site")
MINE = N_("My energy")
SETUP = N_("Site setup")
BOARDS = N_("Dashboards")
PLANT = N_("All sites")
PEOPLE = N_("People and organisations")
PLATFORM = N_("Platform")
LAST = 99
SECTIONS = (SITE, BOARDS, MINE, SETUP, PLANT, PEOPLE, PLATFORM)


@dataclass(frozen=True, slots=True)
class Item:
    """One link; `screen` names it in screenshots, `count` is how much waits there, on pages that count."""

    name: str
    href: str
    icon: str
    screen: str
    current: bool
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its links."""

    name: str
    items: tuple[Item, ...]


def sections(scope: Scope, site_id: str | None, kind: str | None, path: str) -> list[Section]:
    """The navigation of whoever asks, on that site (or on none), while `path` is shown."""
    items_of: dict[str, list[Item]] = {name: [] for name in SECTIONS}
    for page in sorted(dash.page_registry.values(), key=lambda page: (page.get("nav") or {}).get("place", LAST)):
        nav: Mapping[str, Any] | None = page.get("nav")
        if nav is None or (kind is not None and kind not in nav.get("kinds", (kind,))):
            continue
        template = page["path_template"]
        if template and site_id is None:
            continue
        if not _may_open(scope, page, {"site_id": site_id}) or not nav.get("fits", _fits)(scope, site_id):
            continue
        href = template.replace("<site_id>", site_id) if template else page["path"]
        place = href.replace(f"/site/{site_id}", kind or "").strip("/")
        waits = nav.get("count")
        count = waits(scope) if waits else None
        item = Item(_(page["name"]), href, nav["icon"], place.replace("/", "-"), current=href == path, count=count)
        items_of.setdefault(nav["section"], []).append(item)
    return [Section(_(name), tuple(items)) for name, items in items_of.items() if items]


def _fits(_scope: Scope, _site_id: str | None) -> bool:
    return True


def _may_open(scope: Scope, page: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    rule = rule_of(page["layout"])
    if rule is None:
        return False
    try:
        rule(scope, given)
    except NotFound:
        return False
    return True
