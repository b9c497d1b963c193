"""The data quality of a site: how much of each meter's days is there, what is doubted, and which nodes do not add up."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import html, register_page

from config import clock
from config.language import N_, _
from dashboard.frame import navigation
from dashboard.frame.faults import sentence
from dashboard.parts import days, tables
from dashboard.parts.days import Days
from dashboard.parts.notices import notice
from dashboard.quality import flags_table, heat_map, summary, suspects_table
from dashboard.web.access import current_scope, guard, operates_site
from insight import data_quality
from store.errors import StoreAway
from store.records.plant import sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/quality",
    name=N_("Data quality"),
    nav={"section": navigation.SITE, "icon": "table"},
)
tables.declare(suspects_table.TABLE)
tables.declare(flags_table.TABLE)


@guard(operates_site())
def layout(site_id: str, until: str = "", **query: Any) -> html.Div:
    """The page, of the days that its address names."""
    scope = current_scope()
    zone = ZoneInfo(sites.site(scope, site_id).time_zone)
    today = clock.now().astimezone(zone).date()
    shown = days.of_address(str(query.get("days", "")), until, today)
    about = _("How much of the readings is there, what is doubted of them, and whether they add up.")
    return html.Div(
        [
            html.Header([html.H1(_("Data quality")), html.P(about)], className="page-head"),
            days.choice(f"/site/{site_id}/quality", shown, today),
            *_told(scope, site_id, shown),
            html.Section(
                [
                    html.H2(_("Held readings"), id="suspects"),
                    html.P(_(suspects_table.ABOUT), className="muted wide"),
                    tables.view(suspects_table.TABLE, site_id),
                ],
                className="mt-4",
            ),
            html.Section(
                [
                    html.H2(_("Flags"), id="flags"),
                    html.P(_(flags_table.ABOUT), className="muted wide"),
                    tables.view(flags_table.TABLE, site_id),
                ],
                className="mt-4",
            ),
        ]
    )


def _told(scope: Scope, site_id: str, shown: Days) -> list[Any]:
    try:
        told = data_quality.site_quality(scope, site_id, shown.count, None if shown.newest else shown.last)
    except StoreAway as away:
        return [notice(_("The readings cannot be asked for now: %(why)s Nothing is lost.", why=sentence(away)), bad=True)]
    if not told.meters:
        empty = _("No meter yet. Once this site has meters, each of their days is here.")
        return [html.Div(html.P(empty, role="status"), className="panel table-empty")]
    return [
        html.Section([html.H2(_("Overall")), summary.facts(told)], className="panel mb-3"),
        html.Section([html.H2(_("Coverage by day"), className="mb-1"), heat_map.heat_map(site_id, told)], className="mb-3"),
        html.Section([html.H2(_("By meter"), className="mb-2"), summary.by_meter(site_id, told)], className="mb-3"),
        html.Section([html.H2(_("Nodes that do not add up")), summary.imbalances(told.imbalances)], className="panel mb-3"),
    ]
