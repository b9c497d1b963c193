"""Where a person lands: the site that needs them most; whoever sees single meters or may claim one, at their meters.

Whoever founded a distributor begins where its first site is made.
"""

from flask_login import current_user

from dashboard.web.access import has_own_meters, owns_sites
from insight import site_state
from store.records.plant import sites
from store.scope import Scope

MY_METERS = "/my-meters"
SITES = "/admin/sites"
OVERVIEW = "overview"
FIRST = {"pv_battery": "solar"}


def elsewhere(scope: Scope, path: str) -> str | None:
    """The path that `path` stands for, when it is not a page itself: `/` and `/site/<site_id>`."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        if has_own_meters(scope) and not scope.site_ids:
            return MY_METERS
        first = first_site(scope, current_user.last_site_id)
        if first is None and owns_sites(scope) and not scope.platform_admin:
            return SITES
        return first_page(first, sites.site(scope, first).kind) if first else None
    if len(parts) == 2 and parts[0] == "site" and scope.sees_site(parts[1]):
        return first_page(parts[1], sites.site(scope, parts[1]).kind)
    return None


def first_site(scope: Scope, last_site_id: str | None) -> str | None:
    """The site to begin with: one that has fallen silent, else the last one used, else by need (`site_state.by_need`)."""
    seen = [site.id for site in sites.visible_sites(scope)]
    return next(iter(site_state.by_need(scope, seen, last_site_id)), None)


def first_page(site_id: str, kind: str) -> str:
    """The path of a site's first page, which is by its kind."""
    return f"/site/{site_id}/{FIRST.get(kind, OVERVIEW)}"
