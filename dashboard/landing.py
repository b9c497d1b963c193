"""Where a person lands: the last used site, else the first one."""

from flask_login import current_user

from store.records import sites
from store.scope import Scope


def elsewhere(scope: Scope, path: str) -> str | None:
    """The path that `path` stands for, when it is not a page itself: `/` and `/site/<site_id>`."""
    parts = [part for part in path.split("/") if part]
    if not parts:
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
