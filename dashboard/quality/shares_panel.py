"""What the last month's energy of a meter is made of: how much was read, estimated, spread by us, or said by people."""

from datetime import timedelta

import numpy as np
from dash import html

from config import clock
from config.language import N_, _
from dashboard.figures import wording
from dashboard.frame.faults import sentence
from dashboard.parts.reading import reader
from store.errors import StoreAway
from store.records.schema import Meter
from store.scope import Scope
from store.series import energy, shares

WITHIN = timedelta(days=31)
CLASSES = {
    "A": N_("Read (A)"),
    "S": N_("Estimated by its sender (S)"),
    "E": N_("Spread over silences and long intervals by Loadstar (E)"),
    "M": N_("Said by people (M)"),
}


def panel(scope: Scope, meter: Meter) -> html.Section | None:
    """The panel; none of a meter of conditions, which has no energy."""
    if meter.role == "condition":
        return None
    now = clock.now()
    try:
        told = energy.energy(scope, [meter.id], now - WITHIN, now)
        of = shares.shares(scope, [meter.id], now - WITHIN, now)
    except StoreAway as away:
        return html.Section(html.P(sentence(away), className="muted mb-0"), className="panel mb-3")
    said = {
        _("Energy"): reader().number(" ".join(wording.scaled(told["forward_kwh"].item(), "kWh"))),
        _("Coverage"): _percent(told["coverage"].item()),
        **{_(words): _percent(of[name].item()) for name, words in CLASSES.items()},
    }
    facts = html.Dl([html.Div([html.Dt(name), html.Dd(value)]) for name, value in said.items()], className="facts")
    return html.Section([html.H2(_("Energy of the last 31 days")), facts], className="panel mb-3")


def _percent(share: float) -> str:
    return f"{reader().number(f'{100 * share:.1f}')} %" if np.isfinite(share) else "–"
