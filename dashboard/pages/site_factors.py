"""Factors and certificates of a site: what a kWh of it emits, and what that comes to."""

from typing import Any

from dash import Input, Output, State, callback, html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.plant import emission_factors_table, emitted, imports
from dashboard.web.access import administers_site, current_scope, guard

register_page(
    __name__,
    path_template="/site/<site_id>/factors",
    name=N_("Factors and certificates"),
    nav={"section": navigation.SETUP, "icon": "leaf"},
)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _(
        "What a kWh from the grid emits is said by the tariff, or by the region hour by hour. State here what else is known: "
        "certificates for what is bought, the residual mix, and what own production emits. Days are those of the site's clocks."
    )
    return html.Div(
        [
            html.Header([html.H1(_("Factors and certificates")), html.P(about)], className="page-head"),
            forms.view(emission_factors_table.FORM, site_id),
            imports.view(emission_factors_table.FILES, site_id),
            tables.view(emission_factors_table.TABLE, site_id),
            html.Section(
                [html.H2(_("What it comes to")), html.Div(id="factors-emitted")],
                className="panel mt-4",
            ),
        ]
    )


@callback(Output("factors-emitted", "children"), Input("factors-body", "children"), State("factors-context", "data"))
@guard(administers_site())
def say_emitted(_body: Any, site_id: str) -> Any:
    """Say what the last months emitted, whenever the table is drawn."""
    return emitted.months(current_scope(), site_id)
