"""All sites of a scope as the map shows them."""

import orjson

from config.language import _
from dashboard.figures import map as figure
from dashboard.figures.wording import STATES
from insight import site_state
from insight.shared import shared
from store.records.plant import sites
from store.scope import Scope

LASTS_S = 5.0
STALE_S = 30.0


def figure_text(scope: Scope, here: str | None) -> str:
    """The map's figure as JSON, the site looked at now with a ring."""
    key = ("map", scope.key, sites.version_of_all(), here)
    return shared.get(key, LASTS_S, lambda: orjson.dumps(_figure(scope, here)).decode(), STALE_S)


def drawn(scope: Scope) -> str:
    """The map as a page draws it that looks at no site: figure and sentence, as JSON."""
    key = ("drawn map", scope.key, sites.version_of_all())
    return shared.get(
        key, LASTS_S, lambda: orjson.dumps({"figure": _figure(scope, None), "says": _says(scope)}).decode(), STALE_S
    )


def _says(scope: Scope) -> str:
    states = site_state.states(scope, [site.id for site in sites.visible_sites(scope)])
    counted = {state: list(states.values()).count(state) for state in STATES}
    return ", ".join(f"{_(STATES[state])}: {count}" for state, count in counted.items() if count) + "."


def _figure(scope: Scope, here: str | None) -> dict[str, object]:
    seen = sites.visible_sites(scope)
    states = site_state.states(scope, [site.id for site in seen])
    places = [
        figure.Place(site.id, site.name, site.latitude, site.longitude, states[site.id], _(STATES[states[site.id]]))
        for site in seen
    ]
    return figure.figure(places, here)
