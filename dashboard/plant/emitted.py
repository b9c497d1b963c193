"""What a site emitted in its last months: bought by both ways of counting, made, and avoided by what was sold."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from dash import html

from config import clock
from config.language import N_, _
from dashboard.figures import wording
from dashboard.parts.reading import Reader, reader
from dashboard.parts.short_table import short_table
from dashboard.plant import wiring
from insight.emissions import Emissions, site_emissions
from models import local_time
from store.errors import StoreAway
from store.scope import Scope

MONTHS, WHOLE = 12, 0.995  # a share that rounds to all of it
HEADS = (
    N_("Month"),
    N_("Bought"),
    N_("Location-based"),
    N_("Market-based"),
    N_("Produced"),
    N_("Its CO₂"),
    N_("Sold"),
    N_("Avoided"),
    N_("Coverage"),
)
ABOUT = N_(
    "Location-based: what was bought, by the grid's factor at each moment. Market-based: the share with certificates by their "
    "factor, the rest by the residual mix, or by the grid's factor where no residual mix is stated (GHG Protocol, Scope 2 "
    "Guidance, 2015). Own production emits on the site (Scope 1): photovoltaics, wind and water power nothing, unless a factor "
    "is stated. What was sold avoids as much as the grid would have emitted for it; that is never subtracted."
)


def months(scope: Scope, site_id: str) -> list[Any]:
    """The local months up to now of which anything is known, the newest first, with what their numbers mean."""
    zone = wiring.zone(scope, site_id)
    try:
        found = site_emissions(scope, site_id, *_last_year(zone), "month")
    except StoreAway as away:
        return [html.P(_("What it comes to cannot be read now: %(away)s.", away=away), className="muted mb-0")]
    known = np.flatnonzero(found.coverage > 0)[::-1].tolist()
    if not known:
        return [html.P(_("Nothing was measured in the last year."), className="muted mb-0")]
    rows = [_row(found, at, local_time.label(found.edges[at], "month", zone), reader()) for at in known]
    looks = dict.fromkeys(range(1, len(HEADS)), "num")
    table = short_table(_("What it comes to"), [_(words) for words in HEADS], rows, looks)
    return [table, html.P(_(ABOUT), className="muted small mt-2 mb-0")]


def _last_year(zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The local month of this moment, and those before it."""
    now = clock.now()
    begin, *_rest, end = local_time.edges(now, now + timedelta(seconds=1), "month", zone)
    local = begin.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month - MONTHS, 12)
    first = date(year, month + 1, 1)
    return local_time.days(first, first, zone)[0], end


def _row(found: Emissions, at: int, month: str, read: Reader) -> list[str]:
    coverage = f"{wording.percent(float(found.coverage[at]))} %"
    made = _amount(found.made_kg[at], "kg", read)
    if found.made_told[at] < WHOLE:
        made = _("%(mass)s for %(share)s %% of it", mass=made, share=wording.percent(float(found.made_told[at])))
    return [
        month,
        _amount(found.bought_kwh[at], "kWh", read),
        _amount(found.location_kg[at], "kg", read),
        _amount(found.market_kg[at], "kg", read),
        _amount(found.made_kwh[at], "kWh", read),
        made,
        _amount(found.sold_kwh[at], "kWh", read),
        _amount(found.avoided_kg[at], "kg", read),
        _("%(share)s, provisional", share=coverage) if found.provisional[at] else coverage,
    ]


def _amount(value: float, unit: str, read: Reader) -> str:
    return read.number(" ".join(wording.scaled(float(value), unit))) if np.isfinite(value) else wording.NONE
