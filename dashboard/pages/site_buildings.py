"""Buildings of a site: which nodes are buildings, and what is known of each."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.plant import buildings_table, imports
from dashboard.web.access import administers_site, guard

register_page(
    __name__,
    path_template="/site/<site_id>/buildings",
    name=N_("Buildings"),
    nav={"section": navigation.SETUP, "icon": "building", "kinds": ("plant", "campus")},
)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("Nodes that are buildings: their floor area, people and use, by which they are compared.")
    return html.Div(
        [
            html.Header([html.H1(_("Buildings")), html.P(about)], className="page-head"),
            forms.view(buildings_table.FORM, site_id),
            imports.view(buildings_table.FILES, site_id),
            tables.view(buildings_table.TABLE, site_id),
        ]
    )
