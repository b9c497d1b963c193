"""Tariffs of a site: what a kWh costs and earns, from when until when, at which hours."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, State, callback, html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, moments, tables
from dashboard.parts.aria import data
from dashboard.parts.fields import Field, Moment, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around, notice
from dashboard.plant import restating, tariffs_table, wiring
from dashboard.web.access import administers_site, current_scope, guard
from models import urdb
from store.errors import Refused
from store.records.plant import regions, sites, tariffs
from store.records.plant.tariffs import Terms
from store.records.schema import Site, Tariff
from store.records.schema.columns import now
from store.records.schema.dated import gaps
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/tariffs",
    name=N_("Tariffs"),
    nav={"section": navigation.SETUP, "icon": "cash-coin"},
)

NAME, *REST = tariffs_table.TERMS
FIELDS: tuple[Field, ...] = (
    NAME,
    Moment(
        "from",
        N_("From"),
        required=True,
        of="valid_from",
        help=N_("By the site's clocks; also in the past. The tariff before it ends then."),
    ),
    Moment("to", N_("Through"), of="valid_to", help=N_("Its last day. Leave empty: until further notice.")),
    *REST,
)


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    currency = sites.site(scope, site_id).currency
    return {
        "import": {"words": _("Import price (%(currency)s per kWh)", currency=currency)},
        "export": {"words": _("Export price (%(currency)s per kWh)", currency=currency)},
    }


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    zone = wiring.zone(scope, site_id)
    start, end = given.moment("from", zone), given.moment("to", zone, end_of_day=True)
    return _create(scope, site_id, given, tariffs_table.terms(given), start or now(), end)


def _create(scope: Scope, site_id: str, given: Given, terms: Terms, start: datetime, end: datetime | None = None) -> Words:
    """Add a tariff, once a person knows what it restates."""
    restating.agreed(scope, site_id, given, tariffs.versions_with(scope, site_id, terms, start, end), start)
    made = tariffs.create_tariff(scope, site_id, **terms._asdict(), valid_from=start, valid_to=end)
    return _applies(made, wiring.zone(scope, site_id))


def _applies(tariff: Tariff, zone: ZoneInfo) -> Words:
    since = moments.clock(tariff.valid_from, zone)
    if tariff.valid_to:
        until = moments.clock(tariff.valid_to, zone)
        return _("%(name)s applies from %(since)s until %(until)s.", name=tariff.name, since=since, until=until)
    return _("%(name)s applies from %(since)s on.", name=tariff.name, since=since)


def _import(scope: Scope, given: Given, site_id: str) -> Words:
    zone = wiring.zone(scope, site_id)
    start, found = given.moment("from", zone), given.read("json", _urdb)
    given.check()
    said = found._asdict() if found else {}
    terms = Terms(**said, region_first=False, note=_("Imported from the Utility Rate Database."))
    return _create(scope, site_id, given, terms, start or now())


def _urdb(text: str) -> urdb.Found:
    try:
        return urdb.read(json.loads(text))
    except json.JSONDecodeError as problem:
        raise Refused(_("it is no JSON: %(problem)s", problem=str(problem))) from problem
    except urdb.DoesNotFit as problem:
        raise Refused(str(problem)) from problem


IMPORT = Form(
    "urdb",
    N_("Import a tariff"),
    administers_site("of"),
    (
        FIELDS[1],
        Text(
            "json",
            N_("Tariff as JSON"),
            longest=200_000,
            lines=6,
            required=True,
            help=N_(
                "As the Utility Rate Database (OpenEI) has it. Its prices are taken in the site's currency. What a tariff here "
                "cannot charge is named, and nothing is imported then."
            ),
        ),
        restating.SURE,
    ),
    do=_import,
    button=N_("Import"),
    changes=("tariffs",),
    icon="arrow-up",
    rare=True,
)
FORM = Form("tariffs", N_("Add a tariff"), administers_site("of"), FIELDS, do=_add, now=_now, changes=("tariffs",))
forms.declare(FORM)
forms.declare(IMPORT)
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
            forms.view(FORM, site_id),
            forms.view(IMPORT, site_id),
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
