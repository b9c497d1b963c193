"""The energy that flowed through a site over a period, as the Sankey of that period."""

from datetime import UTC, datetime, timedelta

import orjson

from dashboard.figures import sankey, wording
from dashboard.live import site_view
from dashboard.live.once import once
from dashboard.live.periods import Impossible, Period, period
from models import flows
from models.sankey_links import links
from store.scope import Scope
from store.series import energy

SHORT_LASTS_S = 5.0
LONG_LASTS_S = 60.0
SHORT = timedelta(days=2)


def energy_flow(scope: Scope, site_id: str, name: str, first: str | None = None, last: str | None = None) -> str:
    """The Sankey of the period of that name as JSON: figure, sentence, and what to know about it.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the database cannot be reached.
    """
    view = site_view.site_view(scope, site_id)
    try:
        chosen = period(name, view.zone, datetime.now(UTC), first, last)
    except Impossible as problem:
        return orjson.dumps({"period": name, "figure": None, "says": "", "note": str(problem)}).decode()
    lasts = SHORT_LASTS_S if chosen.length <= SHORT else LONG_LASTS_S
    key = ("energy flow", scope.key, site_id, name, first, last)
    return once.get(key, lasts, lambda: _text(scope, site_id, name, chosen))


def _text(scope: Scope, site_id: str, name: str, chosen: Period) -> str:
    # The graph of the period's end: a past period shows how the site was wired then.
    view = site_view.site_view(scope, site_id) if chosen.live else site_view.read(scope, site_id, chosen.end)
    measured = view.flow_meters
    frame = energy.energy(scope, measured, chosen.start, chosen.end)
    readings = {
        str(meter_id): (float(row["forward_kwh"]), float(row["export_kwh"]))
        for meter_id, row in frame.iterrows()
        if row["coverage"] > 0
    }
    nodes, bands = links(flows.solve(view.graph, readings), both_ways=True)
    covered = frame["coverage"].reindex(measured).fillna(0.0)
    note = [f"{wording.percent(float(covered.mean()))} % of the expected readings"] if len(covered) else []
    if len(frame) and bool(frame["provisional"].any()):
        note.append("provisional")
    hourly = [meter.hourly_until for meter in view.meters.values() if meter.hourly_until]
    if hourly and chosen.start < max(hourly):
        note.append(f"hourly before {wording.clock(max(hourly), view.zone, chosen.end)}")
    answer = {
        "period": name,
        "figure": sankey.figure(nodes, bands, "kWh", {node.id: at for at, node in enumerate(view.graph.nodes)}),
        "says": sankey.summary(nodes, bands, "kWh"),
        "note": " · ".join(note),
    }
    return orjson.dumps(answer).decode()
