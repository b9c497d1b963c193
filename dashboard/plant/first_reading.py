"""Whether anything of a site was measured yet: the newest reading, or why there is none, as the set-up page shows it."""

from typing import Any

from dash import html

from config import clock
from config.language import _
from config.quantities import QUANTITIES
from dashboard.figures import wording
from dashboard.parts import moments
from dashboard.parts.aria import data, icon
from dashboard.parts.reading import reader
from store.errors import StoreAway
from store.records.plant import activity, devices, meters
from store.scope import Scope
from store.series.latest import latest


def arrived(scope: Scope, site_id: str) -> html.Div | None:
    """The newest reading of the site's meters with its value and age; nothing before there is one.

    Raises:
        NotFound: the site does not exist for the scope.
        StoreAway: the readings cannot be reached.
    """
    names = {meter.id: meter.name for meter in meters.meters_of(scope, site_id) if meter.role != "virtual"}
    found = latest(scope, list(names))
    if not found:
        return None
    (meter_id, quantity), newest = max(found.items(), key=lambda each: (each[1].ts, each[0][1].startswith("energy")))
    value = reader().number(wording.number(newest.value))
    return html.Div(
        [
            html.P(
                [
                    icon("check-lg"),
                    html.B(_("First reading arrived. ")),
                    f"{names[meter_id]}: {value} {QUANTITIES[quantity].label}, {moments.ago(newest.ts, clock.now())}.",
                ],
                className="mb-2",
            ),
            html.A(_("Open the live overview"), href=f"/site/{site_id}/overview", className="btn btn-primary"),
        ],
        **data(arrived="yes"),
    )


def waiting(scope: Scope, site_id: str) -> Any:
    """That nothing arrived yet; and that posts come but are refused, where that is so."""
    refused = sum(activity.activity_24h(scope, device.id).rejected for device in devices.devices_of(scope, site_id))
    words = _("Waiting for the first reading. This page looks every two seconds.")
    if refused:
        words = _(
            "Posts arrive, but %(refused)s readings were refused: the answer to each post says why.",
            refused=reader().count(refused),
        )
    return html.P(words, className="muted mb-0")


def state(scope: Scope, site_id: str) -> tuple[Any, bool]:
    """What the page says, and whether a reading has arrived."""
    try:
        found = arrived(scope, site_id)
    except StoreAway:
        return html.P(_("The readings cannot be reached now. This page tries again by itself."), className="muted mb-0"), False
    return (found, True) if found else (waiting(scope, site_id), False)
