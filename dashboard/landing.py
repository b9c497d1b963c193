"""Where a person lands: the last used site, else the first one; whoever sees single meters or may claim one, at their meters."""

from flask_login import current_user

from dashboard.access import has_own_meters
from store.records import sites
from store.scope import Scope

MY_METERS = "/my-meters"


def elsewhere(scope: Scope, path: str) -> str | None:
    """The path that `path` stands for, when it is not a page itself: `/` and `/site/<site_id>`."""
    parts = [part for part in path.split("/") if part]
    if not parts:
        if has_own_meters(scope) and not scope.site_ids:
            return MY_METERS
        seen = sites.visible_sites(scope)
        if not seen:
            return None
        last = current_user.last_site_id
        ids = [site.id for site in sorted(seen, key=lambda site: site.name)]
        return overview(last if last in ids else ids[0])
    if len(parts) == 2 and parts[0] == "site" and scope.sees_site(parts[1]):
        return overview(parts[1])
    return None


def overview(site_id: str) -> str:
    """The path of a site's first page."""
    return f"/site/{site_id}/overview"
