"""What a browser is given with the overview, so that it need not ask again; and what it asks by, empty at first."""

from typing import Any

import orjson
from dash import dcc

from dashboard.figures import plan
from dashboard.live import chart, energy_flow, map_of_sites, panels
from dashboard.live.chosen import Chosen
from dashboard.live.tick import about, tick_of
from insight.now import Now
from store.scope import Scope

STALE_S = 60.0  # what the document's chart may lack at its right end: the next step draws it anew
EMPTY = ("due", "asked", "details-figure", "ahead", "happened")


def stores(scope: Scope, now: Now, show: Chosen) -> list[dcc.Store]:
    """The overview's data, as the address says what of them to show.

    Raises:
        StoreAway: the database cannot be reached.
    """
    site_id, lines = now.view.id, panels.shown_first(now.view)
    flow = None
    if show.flow != "live":
        flow = energy_flow.energy_flow(scope, site_id, show.flow, show.flow_first, show.flow_last)
    given: dict[str, Any] = {
        "site": site_id,
        "tick": tick_of(scope, site_id),
        "listed": False,
        "about": _json(about(now.view)),
        "course": chart.chart(scope, site_id, show.range, show.step, show.first, show.last, lines, stale_s=STALE_S),
        "energy": flow,
        "plan-figure": _json(plan.figure(now.view.graph)),
        "map-figure": map_of_sites.figure_text(scope, site_id),
    }
    return [dcc.Store(id=f"overview-{name}", data=value) for name, value in (given | dict.fromkeys(EMPTY)).items()]


def _json(figure: Any) -> str:
    return orjson.dumps(figure).decode()
