"""What a browser shows before any script has run: the overview's numbers as HTML, in the place where they will live."""

from dash.html import H2, Div, Header, Section

from config import clock
from config.language import _
from dashboard.live import panels
from dashboard.live.markup import markup
from dashboard.live.tick import budget_or_none, tick_of, today_or_none
from dashboard.live.tiles import tiles
from dashboard.parts.aria import aria, data
from insight.course import trends
from insight.now import now_of
from store.scope import Scope


def html(scope: Scope, site_id: str) -> str:
    """The overview of the site as HTML: tiles with their numbers, and the outlines of what follows.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    now = now_of(scope, site_id)
    if not now.view.meters:
        return markup(Div(panels.nothing_metered(scope, site_id), className="overview"))
    shown = tiles(now, today_or_none(scope, now.view), budget_or_none(scope, now.view))
    row = panels.tile_row(shown, clock.now(), trends(scope, site_id), "first-tiles")
    chart = Div(id="first-sankey", className="chart", **data(first_chart="overview-sankey"))
    outlines = [_outline(name, *([chart] if name == "flow" else [])) for name in panels.TITLES]
    painted = markup(Div([row, *outlines], className="overview", **aria(busy="true")))
    # in a script element nothing is markup but its own end
    tick = tick_of(scope, site_id).replace("<", "\\u003c")
    return f'{painted}<script id="first-tick" type="application/json">{tick}</script>'


def _outline(name: str, *content: Div) -> Section:
    return Section([Header(H2(_(panels.TITLES[name]))), *content], className=f"panel {name} skeleton-panel")
