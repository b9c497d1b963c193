"""Budgets of a site: what it and its buildings may use, cost or emit in a month."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.plant import budgets_table, imports
from dashboard.web.access import administers_site, guard

register_page(
    __name__,
    path_template="/site/<site_id>/budgets",
    name=N_("Budgets"),
    nav={"section": navigation.SETUP, "icon": "stop-circle"},
)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("What the site and its buildings may use, cost or emit in a month, by months of the site's clocks.")
    return html.Div(
        [
            html.Header([html.H1(_("Budgets")), html.P(about)], className="page-head"),
            forms.view(budgets_table.FORM, site_id),
            imports.view(budgets_table.FILES, site_id),
            tables.view(budgets_table.TABLE, site_id),
        ]
    )
