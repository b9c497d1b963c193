"""Whether each site is live, by when its devices were last heard: what the switcher shows, without asking QuestDB."""

from collections.abc import Sequence
from datetime import timedelta

from config import clock
from insight.shared import shared
from store.records.plant import activity
from store.records.plant.activity import Heard
from store.scope import Scope

KEPT_S = 5.0
GIVEN_UP = timedelta(days=7)


def states(scope: Scope, site_ids: Sequence[str]) -> dict[str, str]:
    """`live`, `late`, `offline` or `never` by site: late when a device is not heard, offline when none is.

    Raises:
        NotFound: one of the sites does not exist for the scope.
    """
    return dict(shared.get(("site_state", scope.key, tuple(site_ids)), KEPT_S, lambda: _states(scope, site_ids)))


def _states(scope: Scope, site_ids: Sequence[str]) -> dict[str, str]:
    return {site_id: _state(heard) for site_id, heard in activity.heard_by_site(scope, site_ids).items()}


def by_need(scope: Scope, site_ids: Sequence[str], last_used: str | None = None) -> list[str]:
    """The sites in the order in which they need somebody: those that fell silent, the last used one, late ones, then larger ones.

    A site that nobody has heard of for a week, or ever, needs a plan rather than a look: it comes last.

    Raises:
        NotFound: one of the sites does not exist for the scope.
    """
    now = clock.now()
    heard_by = activity.heard_by_site(scope, site_ids)

    def need(site_id: str) -> tuple[int, int, int]:
        heard = heard_by[site_id]
        state = _state(heard)
        if state == "offline" and now - max(each.seen for each in heard if each.seen is not None) > GIVEN_UP:
            state = "never"
        silent = sum(each.presence(now) != "live" for each in heard)
        rank = 1 if site_id == last_used and state != "offline" else {"offline": 0, "late": 2, "live": 3, "never": 4}[state]
        return rank, -silent if state == "late" else 0, -len(heard)

    return sorted(site_ids, key=need)


def _state(heard: Sequence[Heard]) -> str:
    now = clock.now()
    found = [each.presence(now) for each in heard]
    if not found or all(each == "never" for each in found):
        return "never"
    if all(each in ("offline", "never") for each in found):
        return "offline"
    return "live" if all(each == "live" for each in found) else "late"
