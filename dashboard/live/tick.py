"""What a live page gets every few seconds: one small text, made once for everybody who sees the same."""

from typing import Any
from zlib import crc32

import numpy as np
import orjson

from config import clock
from dashboard.figures import plan, sankey
from dashboard.live import attention, standing, tiles
from insight.budget import MonthBudget, month_budgets
from insight.now import Now, now_of
from insight.shared import shared
from insight.site_view import SiteView
from insight.today import Today, today_of
from models.sankey_links import links, one_by_one
from store.errors import StoreAway
from store.scope import Scope

LASTS_S = 0.5


def tick_of(scope: Scope, site_id: str, listed: bool = False) -> str:
    """The tick of the site as JSON, at most half a second old; raises `NotFound` and `StoreAway`.

    `listed`: with every flow by itself, for those who read the energy flow as a table.
    """
    scope.require_site(site_id)
    return shared.get(("tick", scope.key, site_id, listed), LASTS_S, lambda: _text(scope, site_id, listed))


def today_or_none(scope: Scope, view: SiteView) -> Today | None:
    """The day so far, or nothing while its store is away: the rest of the page still stands."""
    try:
        return today_of(scope, view)
    except StoreAway:
        return None


def budget_or_none(scope: Scope, view: SiteView) -> MonthBudget | None:
    """The budget of the site's month that fares worst; none without any, or while its store is away."""
    try:
        found = month_budgets(scope, view, clock.now().astimezone(view.zone).date(), view.id)
    except StoreAway:
        return None
    return found[0] if found else None


def _text(scope: Scope, site_id: str, listed: bool) -> str:
    now = now_of(scope, site_id)
    return orjson.dumps(packed(scope, now, today_or_none(scope, now.view), listed)).decode()


def about(view: SiteView) -> dict[str, Any]:
    """The names behind a tick's rows: what a page is given once."""
    return {
        "version": about_version(view),
        "nodes": [node.id for node in view.graph.nodes],
        "devices": [[device.id, device.name] for device in view.devices],
    }


def about_version(view: SiteView) -> int:
    """Differs when the site has other nodes or devices than before: the page has to be loaded again."""
    return crc32(
        "|".join([*(node.id for node in view.graph.nodes), *(f"{each.id}{each.name}" for each in view.devices)]).encode()
    )


def packed(scope: Scope, now: Now, today: Today | None, listed: bool) -> dict[str, Any]:
    """The tick: tiles, the live Sankey's trace and its sentence, the plan's marks, devices, attention, power now."""
    nodes, bands = links(now.flows, both_ways=False)
    each = one_by_one(now.flows, both_ways=False) if listed else None
    urgent, more = attention.attention(scope, now)
    totals = now.flows.totals
    places = {node.id: at for at, node in enumerate(now.view.graph.nodes)}
    return {
        "site": now.view.id,
        "at": round(now.at.timestamp() * 1000),
        "state": {"partial": "late"}.get(now.state, now.state),
        "tiles": [tiles.packed(tile) for tile in tiles.tiles(now, today, budget_or_none(scope, now.view))],
        "about": about_version(now.view),
        "sankey": sankey.figure(nodes, bands, "kW", places, each)["data"],
        "says": sankey.summary(nodes, bands, "kW"),
        "plan": plan.changes(now.view.graph, standing.standing(now)),
        "lines": standing.lines(now),
        "devices": [
            [
                each.state,
                int(each.last_seen.timestamp()) if each.last_seen else None,
                None if each.load_pct is None else round(each.load_pct),
            ]
            for each in now.devices
        ],
        "attention": attention.packed(urgent),
        "more": more,
        "power": [_rounded(totals.production[0]), _rounded(totals.demand[0])],
    }


def _rounded(value: float) -> float | None:
    return float(f"{value:.4g}") if np.isfinite(value) else None
