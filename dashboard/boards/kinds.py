"""What there is to put on a dashboard, how large it is at first, and what a site of each kind begins with."""

from collections.abc import Mapping
from typing import NamedTuple

from config import clock
from config.language import N_, _
from dashboard.boards.places import settled
from dashboard.energy.subject_choice import GROUPS
from insight import subjects
from insight.key_figures import key_figures
from insight.now import now_of
from insight.periods import ENERGY_PERIODS, RANGES
from insight.site_view import SiteView, site_view
from reporting import facts
from store.records.people.dashboards import Widget
from store.records.plant import budgets
from store.scope import Scope

Options = list[tuple[str, str]]
TILES = {
    "production": N_("Production"),
    "demand": N_("Demand"),
    "grid": N_("Grid"),
    "battery": N_("Battery"),
    "sufficiency": N_("Self-sufficiency"),
    "energy": N_("Energy today"),
    "cost": N_("Cost today"),
    "co2": N_("CO₂ today"),
    "budget": N_("Budget"),
}
DAYS = {"7": N_("7 days"), "31": N_("31 days")}
FLOWS = {name: words for name, words in ENERGY_PERIODS.items() if name in ("today", "24h", "7d", "30d")}
REPORTED = {
    "last_month": N_("Last month"),
    "month": N_("This month"),
    "last_week": N_("Last week"),
    "week": N_("This week"),
    "last_year": N_("Last year"),
    "year": N_("This year"),
}
EVERY = "all"  # figure of a report
LINES = {name: words for name, (words, *_more) in RANGES.items() if name in ("24h", "48h", "7d", "30d")}


class Kind(NamedTuple):
    """A kind of widget: its size at first, and whether it is of a subject of the site.

    `meters`: which may be one of its meters; `periods` and `figures` are by their names.
    """

    words: str
    w: int
    h: int
    subject: bool = False
    periods: Mapping[str, str] = {}
    figures: Mapping[str, str] = {}
    meters: bool = True


KINDS: Mapping[str, Kind] = {
    "tile": Kind(N_("Tile"), 3, 2),
    "line": Kind(N_("Line"), 6, 5, subject=True, periods=LINES),
    "sankey": Kind(N_("Energy flow"), 6, 5, periods=FLOWS),
    "map": Kind(N_("Map"), 6, 5),
    "calendar": Kind(N_("Calendar"), 6, 10, subject=True),
    "heat": Kind(N_("Heat map"), 12, 9, subject=True, periods=DAYS),
    "figure": Kind(N_("Figures"), 4, 5, subject=True, periods=DAYS),
    "report": Kind(N_("Report"), 3, 3, subject=True, periods=REPORTED, figures=facts.NAMES | {EVERY: N_("All of them")}),
    "budgets": Kind(N_("Budgets"), 4, 5, subject=True, meters=False),
    "alerts": Kind(N_("Attention"), 6, 4),
    "note": Kind(N_("Note"), 4, 2),
}


def tiles_of(scope: Scope, site_id: str) -> Options:
    """The tiles that a site has something to say in; raises `NotFound` and `StoreAway`."""
    now = now_of(scope, site_id)
    told, month = key_figures(now), clock.now().astimezone(now.view.zone).date().replace(day=1)
    has_budget = site_id in budgets.budgeted(scope, {site_id: month})
    lacking = {"production": told.production is None, "battery": told.stored is None, "budget": not has_budget}
    return [(key, _(words)) for key, words in TILES.items() if not lacking.get(key)]


def subjects_of(scope: Scope, site_id: str, kind: str) -> Options:
    """What of a site a widget of that kind can be of: itself first, under no id; raises `NotFound`."""
    seen = site_view(scope, site_id)
    return [
        ("site", each.name) if each.kind == "site" else (each.id, f"{_(GROUPS[each.kind])} · {each.name}")
        for each in subjects.subjects(seen)
        if each.kind != "meter" or KINDS[kind].meters
    ]


def starting(seen: SiteView) -> list[Widget]:
    """What a dashboard of a site begins with, by the site's kind: what is asked first of such a site."""
    has = {node.technology for node in seen.graph.nodes if node.kind == "source"} - {"grid"}
    first = ["demand", "energy", "cost", "co2"]
    if seen.kind == "pv_battery":
        first = ["production", "battery", "sufficiency", "cost"]
    elif has:
        first = ["production", "demand", "energy", "cost"]
    widgets = [Widget(f"w{at}", "tile", seen.id, key, x=3 * at, w=3, h=2) for at, key in enumerate(first)]
    large: list[tuple[str, str]] = {
        "plant": [("line", "48h"), ("alerts", ""), ("heat", "7")],
        "campus": [("line", "48h"), ("sankey", "today"), ("calendar", ""), ("alerts", "")],
        "pv_battery": [("line", "48h"), ("sankey", "today"), ("calendar", ""), ("figure", "31")],
    }[seen.kind]
    at, y, left = len(widgets), 2, 0
    for kind, period in large:
        of = KINDS[kind]
        width = of.w if of.w > 6 else 6
        if left + width > 12:
            y, left = y + 10, 0
        widgets.append(Widget(f"w{at}", kind, seen.id, period=period, x=left, y=y, w=width, h=of.h))
        at, left = at + 1, left + width
    return settled(widgets)
