"""Who uses what on a site, how much of it, and how that changed."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import html, register_page

from config import clock
from config.language import N_, _
from dashboard.energy import consumers_table
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import days
from dashboard.parts.days import Days
from dashboard.parts.notices import notice
from dashboard.parts.reading import reader
from dashboard.web.access import current_scope, guard, site_in
from insight import consumers
from store.errors import StoreAway
from store.records.plant import sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/consumers",
    name=N_("Consumers"),
    nav={"section": navigation.SITE, "icon": "plug", "place": 20},
)


@guard(site_in())
def layout(site_id: str, until: str = "", **query: Any) -> html.Div:
    """The page, of the days that its address names."""
    scope = current_scope()
    zone = ZoneInfo(sites.site(scope, site_id).time_zone)
    today = clock.now().astimezone(zone).date()
    shown = days.of_address(str(query.get("days", "")), until, today)
    about = _("Who uses what, how much of the whole is that, and how did it change?")
    return html.Div(
        [
            html.Header([html.H1(_("Consumers")), html.P(about)], className="page-head"),
            days.choice(f"/site/{site_id}/consumers", shown, today),
            *_told(scope, site_id, shown, zone),
        ]
    )


def _told(scope: Scope, site_id: str, shown: Days, zone: ZoneInfo) -> list[Any]:
    try:
        told = consumers.consumers(scope, site_id, shown.first, shown.last)
    except StoreAway as away:
        return [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    if not told.every:
        empty = _("Nothing that uses energy is drawn on this site. Once its graph has uses, each of them is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    read_by = reader()
    note = _(
        "Base load is what is drawn nearly always, the 2.5th percentile of the hours; the highest hour is a mean. "
        "The days before are as many, up to the same time."
    )
    return [
        html.P(consumers_table.says(told, read_by), className="answer", id="consumers-say"),
        consumers_table.table(site_id, told, zone, read_by),
        html.P(note, className="muted small mt-2"),
    ]
