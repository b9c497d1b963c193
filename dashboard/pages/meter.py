"""One meter: what it is, whose it is, its claim code, its counter, and its end."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from dash import Input, Output, State, callback, html, no_update, register_page

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.parts import forms, moments, tables
from dashboard.parts.aria import data
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, notice
from dashboard.parts.rows import Asked, Table
from dashboard.plant import assignments, claim_code, counter, declared_energy, meter_changes, meters_table, virtual_meters, wiring
from dashboard.plant.meter_changes import meter_of
from dashboard.quality import heat_map, shares_panel
from dashboard.web.access import administers_meter, current_scope, guard
from store.errors import NotFound, Refused
from store.records.plant import holders, meter_life, sites
from store.records.plant.holders import Holder
from store.records.schema import Meter
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

register_page(__name__, path_template="/admin/meters/<meter_id>", name=N_("Meter"))


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Holder]:
    found = list(reversed(holders.holders(scope, [context], ended=True)[context]))
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _end(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {holder.grant.id for holder in holders.holders(scope, [asked.context])[asked.context]}:
        raise NotFound("no such assignment of this meter")
    return assignments.end(scope, asked, wiring.zone(scope, meter_of(scope, asked.context).site_id))


def _assign(scope: Scope, given: Given, meter_id: str) -> Words:
    zone = wiring.zone(scope, meter_of(scope, meter_id).site_id)
    return assignments.assign(given, zone, partial(holders.assign_meter, scope, meter_id))


ENDING = N_(
    "From that moment on %(name)s sees nothing of this meter any more, not even its past. "
    "An assignment that has not begun is removed."
)
TABLE = Table(
    "holders",
    N_("Assignments"),
    administers_meter("context"),
    assignments.METER_COLUMNS,
    load=_load,
    row=assignments.row(ENDING, assignments.METER_COLUMNS),
    do=_end,
    empty=N_("Nobody but its distributor has this meter. Assign it below, or hand out its claim code."),
)
ASSIGN = Form(
    "holders",
    N_("Assign this meter"),
    administers_meter("of"),
    assignments.FIELDS,
    do=_assign,
    act="assign",
    button=N_("Assign"),
    icon="",
    changes=("holders",),
)
tables.declare(TABLE)
for form in (ASSIGN, meter_changes.DESCRIBE, meter_changes.EXCHANGE):
    forms.declare(form)


def _facts(scope: Scope, meter: Meter) -> html.Dl:
    retired = moments.clock(meter.retired_at, wiring.zone(scope, meter.site_id))
    said = {
        _("Site"): sites.site(scope, meter.site_id).name,
        _("Role"): _(meters_table.ROLES[meter.role]),
        _("ID"): meter.id,
        _("State"): _("retired %(when)s", when=retired) if meter.retired_at else _("in use"),
    }
    return html.Dl([part for name, value in said.items() for part in (html.Dt(name), html.Dd(value))], className="definitions")


def _panel(title: str, *parts: Any) -> html.Section:
    return html.Section([html.H2(title), *parts], className="panel mb-3")


@guard(administers_meter())
def layout(meter_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    meter = meter_of(scope, meter_id)
    back = html.A(_("All meters"), href="/admin/meters", **data(soft=""))
    readings = html.A(_("Readings and corrections"), href=heat_map.readings_of(meter.site_id, meter_id), **data(soft=""))
    read = counter.last_readings(scope, meter_id, wiring.zone(scope, meter.site_id))
    exchange = forms.view(meter_changes.EXCHANGE, meter_id, html.P(meter_changes.ABOUT_EXCHANGE, className="muted wide"))
    return html.Div(
        [
            html.Header([html.H1(meter.name), html.P([back, " · ", readings])], className="page-head"),
            _panel(_("What it is"), html.Div(_facts(scope, meter), id="meter-facts")),
            shares_panel.panel(scope, meter),
            virtual_meters.panel(scope, meter) if meter.role == "virtual" else None,
            declared_energy.panel(scope, meter) if meter.role in ("main", "check") else None,
            _panel(_("Last readings of its counter"), read) if read else None,
            _panel(_("Assigned to"), tables.view(TABLE, meter_id), html.Div(forms.view(ASSIGN, meter_id), className="mt-3")),
            claim_code.panel(),
            _panel(_("Name, device, counter and place"), forms.view(meter_changes.DESCRIBE, meter_id)),
            html.Div(id="meter-notice", role="status"),
            html.Div(
                [exchange if meter.role != "virtual" else None, meter_changes.retirement(meter.role)], className="side-by-side"
            ),
        ]
    )


@callback(
    Output("meter-facts", "children"),
    Input("meter-said", "children"),
    Input("meter-notice", "children"),
    State("meter-of", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def say_facts(_said: Any, _notice: Any, meter_id: str) -> html.Dl:
    """Say anew what it is, after every change."""
    scope = current_scope()
    return _facts(scope, meter_of(scope, meter_id))


@callback(
    Output("meter-notice", "children"), Input("meter-retire", "n_clicks"), State("meter-of", "data"), prevent_initial_call=True
)
@guard(administers_meter())
def retire(clicks: int | None, meter_id: str) -> Any:
    """Take the meter out of use."""
    if not clicks:
        return no_update
    try:
        retired = meter_life.retire_meter(current_scope(), meter_id)
    except Refused as refused:
        return notice(sentence(refused), bad=True)
    return notice(_("Ended.") if retired.role == "virtual" else _("Retired."))
