"""Several sites beside each other: what each does now and has done today, and which needs somebody."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan

from config import clock
from insight import attention, site_state, today
from insight.budget import MonthBudget, known_budgets
from insight.key_figures import key_figures
from insight.now import Now, nows
from insight.shared import shared
from insight.site_view import site_view
from insight.today import Today
from store.errors import NotFound
from store.records.plant import budgets as kept_budgets
from store.records.plant import sites
from store.records.schema import Site
from store.scope import Scope

LASTS_S, STALE_S = 4.0, 60.0


@dataclass(frozen=True, slots=True)
class SiteGlance:
    """A site: `state` as the switcher shows it, powers in kW (NaN: not known), and how bad how many things are on it.

    `known` (0..1) is the share of the meters behind its demand that tell. `whole`: whether its viewer sees all of it. `today` is
    none where there is no meter. `budgets` are those of the month, none yet until they are found, and None where there are none
    that its viewer is told of.
    """

    site: Site
    state: str
    demand_kw: float
    produced_kw: float
    known: float
    worst: str | None
    matters: int
    today: Today | None
    whole: bool
    budgets: Sequence[MonthBudget] | None = None


def all_sites(scope: Scope) -> list[SiteGlance]:
    """The sites in use of the scope, that first which needs somebody first (`site_state.by_need`); raises `StoreAway`."""
    key = ("all sites", scope.key, sites.version_of_all())
    return shared.get(key, LASTS_S, lambda: _all_sites(scope), STALE_S)


def _all_sites(scope: Scope) -> list[SiteGlance]:
    by_id = {site.id: site for site in sites.visible_sites(scope)}
    ids = site_state.by_need(scope, [*by_id])
    states = site_state.states(scope, ids)
    views = []
    for site_id in ids:
        try:
            views.append(site_view(scope, site_id))
        except NotFound:
            continue  # it was taken away meanwhile
    metered = [view for view in views if view.meters]
    now_by = {each.view.id: each for each in nows(scope, metered)}
    days = today.todays(scope, metered, clock.now())
    today_by = {view.id: day for view, day in zip(metered, days, strict=True)}
    months = {view.id: clock.now().astimezone(view.zone).date().replace(day=1) for view in metered}
    budgeted = kept_budgets.budgeted(scope, months)
    glances = [_glance(scope, by_id[each.id], states[each.id], now_by.get(each.id), today_by.get(each.id)) for each in views]
    return [
        replace(each, budgets=known_budgets(scope, view)) if view.id in budgeted else each
        for each, view in zip(glances, views, strict=True)
    ]


def _glance(scope: Scope, site: Site, state: str, now: Now | None, day: Today | None) -> SiteGlance:
    whole = scope.sees_whole_site(site.id)
    if now is None:
        return SiteGlance(site, state, nan, nan, 0.0, None, 0, None, whole)
    told = key_figures(now)
    produced = told.production.value if told.production else nan
    worst, matters = attention.worst(now)
    return SiteGlance(site, state, told.demand.value, produced, told.demand.known, worst, matters, day, whole)
