"""Tariffs of a site: what a kWh costs and earns, from when until when, at which hours."""

from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, State, callback, html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, moments, tables
from dashboard.parts.aria import data
from dashboard.parts.notices import around, notice
from dashboard.plant import tariff_forms, tariffs_table
from dashboard.web.access import administers_site, current_scope, guard
from store.records.plant import regions, sites, tariffs
from store.records.schema import Site
from store.records.schema.dated import gaps
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/tariffs",
    name=N_("Tariffs"),
    nav={"section": navigation.SETUP, "icon": "cash-coin"},
)

FORMS = (tariff_forms.ADD, tariff_forms.IMPORT)
for form in FORMS:
    forms.declare(form)
tables.declare(tariffs_table.TABLE)


def _silence(scope: Scope, site: Site) -> Any:
    """From when until when there is no tariff."""
    zone = ZoneInfo(site.time_zone)
    found = gaps(tariffs.tariffs(scope, site.id))
    lines = [
        _("No tariff from %(start)s to %(end)s.", start=moments.clock(start, zone), end=moments.clock(end, zone))
        if end
        else _("No tariff from %(start)s on.", start=moments.clock(start, zone))
        for start, end in found
    ]
    return notice(" ".join(lines), bad=True) if lines else None


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    site = sites.site(scope, site_id)
    region = next((each for each in regions.regions(scope) if each.id == site.region_id), None)
    about: list[Any] = [_("Prices in %(currency)s, by the clocks of %(zone)s.", currency=site.currency, zone=site.time_zone), " "]
    if region is None:
        about.append(_("It is in no region, which could have prices of its own."))
    elif regions.may_price(scope, region.id):
        link = html.A(region.name, href=f"/admin/regions/{region.id}", **data(soft=""))
        about += around(N_("Its region is %(region)s."), region=link)
    else:
        about.append(_("Its region is %(region)s; a platform administrator writes its prices.", region=region.name))
    return html.Div(
        [
            html.Header([html.H1(_("Tariffs")), html.P(about)], className="page-head"),
            html.Div(_silence(scope, site), id="tariffs-gaps"),
            forms.view(tariff_forms.ADD, site_id),
            forms.view(tariff_forms.IMPORT, site_id, tariff_forms.from_file()),
            tables.view(tariffs_table.TABLE, site_id),
        ]
    )


@callback(
    Output("tariffs-gaps", "children"),
    Input("tariffs-body", "children"),
    State("tariffs-context", "data"),
    prevent_initial_call=True,
)
@guard(administers_site())
def say_gaps(_body: Any, site_id: str) -> Any:
    """Say anew where there is no tariff, whenever the table is drawn anew."""
    scope = current_scope()
    return _silence(scope, sites.site(scope, site_id))
