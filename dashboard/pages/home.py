"""The first page of somebody who sees no site yet; everybody else is sent on to one."""

from typing import Any

from dash import dcc, html, register_page

from config.language import N_, _
from dashboard.frame.landing import SITES
from dashboard.parts.aria import icon
from dashboard.parts.notices import around
from dashboard.web.access import current_scope, guard, signed_in

register_page(__name__, path="/", name=N_("Start"))

DEMO = "./loadstar down\nLOADSTAR_DEMO=true ./loadstar up"


@guard(signed_in)
def layout(**_query: Any) -> html.Div:
    """What would be here, and how to get it."""
    if current_scope().platform_admin:
        words = [
            html.P(_("A site is a place with a grid connection, devices and meters. Its live overview would be here.")),
            html.P(
                around(
                    N_("Loadstar has none. %(link)s, or start with two demo sites, on real data:"),
                    link=dcc.Link(_("Create the first one"), href=SITES),
                )
            ),
            html.Pre(DEMO),
        ]
    else:
        words = [
            html.P(_("A site's live overview would be here, once you may see one.")),
            html.P(_("Ask the administrator of your organisation, or your energy supplier, to grant you a site or a meter.")),
        ]
    return html.Div([icon("buildings"), html.H1(_("No site yet")), *words], className="empty")
