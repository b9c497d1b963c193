"""The readings of one meter, and what people correct of them."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.parts import forms, tables
from dashboard.parts.aria import data
from dashboard.quality import corrections_table, gaps_table, range_forms, readings_table, rules_table, shares_panel
from dashboard.web.access import current_scope, guard, operates_site
from store.errors import NotFound
from store.records.plant import meters

register_page(
    __name__,
    path_template="/site/<site_id>/quality/<meter_id>",
    name=N_("Readings"),
)
FORMS = (range_forms.VOID, range_forms.SCALE)
for form in FORMS:
    forms.declare(form)
for table in (readings_table.TABLE, gaps_table.TABLE, corrections_table.TABLE, rules_table.TABLE):
    tables.declare(table)


@guard(operates_site())
def layout(site_id: str, meter_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    if meter.site_id != site_id:
        raise NotFound("no such meter on this site")
    back = html.A(_("Data quality of the site"), href=f"/site/{site_id}/quality", **data(soft=""))
    about = _("Whatever is corrected here, what the device said is kept, with who corrected it, when and why.")
    return html.Div(
        [
            html.Header(
                [html.H1(_("Readings of %(meter)s", meter=meter.name)), html.P([about, " ", back])], className="page-head"
            ),
            shares_panel.panel(scope, meter),
            html.Div([forms.view(form, meter_id) for form in FORMS], className="side-by-side mb-3"),
            tables.view(readings_table.TABLE, meter_id),
            html.H2(_("Gaps"), className="mt-4"),
            tables.view(gaps_table.TABLE, meter_id),
            html.H2(_("Corrections"), className="mt-4"),
            tables.view(corrections_table.TABLE, meter_id),
            html.H2(_("Rules for flags"), className="mt-4"),
            html.P(_(rules_table.ABOUT), className="muted wide"),
            tables.view(rules_table.TABLE, meter_id),
        ]
    )
