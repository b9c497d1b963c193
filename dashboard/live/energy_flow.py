"""The energy that flowed through a site over a period, as the Sankey of that period."""

from datetime import timedelta

import orjson

from config import clock
from config.language import _
from dashboard.figures import sankey, wording
from dashboard.live.wording import hourly_words, share_words
from insight import site_view
from insight.periods import Impossible, Period, period
from insight.shared import shared
from insight.site_energy import site_energy
from models.sankey_links import links, one_by_one
from store.scope import Scope
from store.series import shares

SHORT_LASTS_S = 5.0
LONG_LASTS_S = 60.0
SHORT = timedelta(days=2)
LOOKED_AT = timedelta(days=32)  # of what is longer the API tells the classes of its energy: that takes its time


def energy_flow(scope: Scope, site_id: str, name: str, first: str | None = None, last: str | None = None) -> str:
    """The Sankey of the period of that name as JSON: figure, sentence, and what to know about it.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view.site_view(scope, site_id)
    try:
        chosen = period(name, view.zone, clock.now(), first, last)
    except Impossible as problem:
        return orjson.dumps({"period": name, "figure": None, "says": str(problem), "note": "", "problem": str(problem)}).decode()
    lasts = SHORT_LASTS_S if chosen.length <= SHORT else LONG_LASTS_S
    key = ("energy flow", scope.key, site_id, view.version, name, first, last)
    return shared.get(key, lasts, lambda: _text(scope, site_id, name, chosen))


def _text(scope: Scope, site_id: str, name: str, chosen: Period) -> str:
    view = site_view.site_view(scope, site_id)
    found = site_energy(scope, view, [chosen.start, chosen.end])
    nodes, bands = links(found.flows, both_ways=True)
    note = [_("%(share)s %% of the expected readings", share=wording.percent(found.coverage))] if view.flow_meters else []
    if found.provisional:
        note.append(_("provisional"))
    if chosen.length <= LOOKED_AT:
        note += share_words(shares.together(scope, view.flow_meters, chosen.start, chosen.end))
    if hourly := hourly_words(view, chosen.start, chosen.end, chosen.end):
        note.append(hourly)
    places = {node.id: at for at, node in enumerate(view.graph.nodes)}
    answer = {
        "period": name,
        "figure": sankey.figure(nodes, bands, "kWh", places, one_by_one(found.flows, both_ways=True)),
        "says": sankey.summary(nodes, bands, "kWh"),
        "note": " · ".join(note),
    }
    return orjson.dumps(answer).decode()
