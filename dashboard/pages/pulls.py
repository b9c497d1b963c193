"""What is pulled for a site: its weather, and the values of meters from addresses that answer with JSON."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.sources import pulled_forms, pulled_table
from dashboard.web.access import administers_site, guard

register_page(
    __name__,
    path_template="/site/<site_id>/pulled",
    name=N_("Pulled sources"),
    title=N_("Pulled sources · Loadstar"),
    nav={"section": navigation.SETUP, "icon": "arrow-down", "place": 9},
)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("What Loadstar asks for by itself. Prices and CO₂ are its region's; weather and readings are the site's own.")
    return html.Div(
        [
            html.Header([html.H1(_("Pulled sources")), html.P(about)], className="page-head"),
            html.Div([forms.view(form, site_id) for form in (pulled_forms.ADD_OWN, pulled_forms.ADD_WEATHER)]),
            tables.view(pulled_table.OF_SITE, site_id),
        ]
    )
