"""What a site is: its kind, place, clocks, currency, region, nominal values and limits; and what it can make, keep and use."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.aria import data
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.parts.reading import reader
from dashboard.plant import capacity, limits_table, regions_table, site_form
from dashboard.web.access import administers_site, current_scope, guard
from store.errors import NotFound
from store.records.people import organisations
from store.records.plant import dated_graph, devices, sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/facility",
    name=N_("Facility"),
    nav={"section": navigation.SETUP, "icon": "building", "place": 1},
)


def _limits(site_id: str) -> html.Section:
    about = _("What the quantities of this site may be. A standard's limit holds until this site has one of its own.")
    return html.Section(
        [
            html.H2(_("Limits")),
            html.P(about, className="muted"),
            html.Div(forms.view(limits_table.FORM, site_id), className="mb-3"),
            tables.view(limits_table.TABLE, site_id),
        ],
        className="panel mb-3",
    )


MOST_NAMED = 6  # intervals of devices


def _regions() -> html.Section:
    return html.Section(
        [
            html.H2(_("Regions")),
            html.P(_("Shared by all sites; visible to platform administrators only."), className="muted"),
            html.Div(forms.view(regions_table.FORM), className="mb-3"),
            tables.view(regions_table.TABLE),
        ],
        className="panel mt-3",
    )


def _intervals(counted: dict[int, int]) -> str:
    """How often the devices post, in words."""
    if not counted:
        return _("This site has no device yet.")
    read = reader()
    parts = [
        _("%(devices)s every %(seconds)s s", devices=read.count(count), seconds=read.count(every))
        for every, count in counted.items()
    ]
    if len(parts) > MOST_NAMED:
        return _("Devices that post now: %(devices)s and others.", devices=", ".join(parts[:MOST_NAMED]))
    return _("Devices that post now: %(devices)s.", devices=", ".join(parts))


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return site_form.now(scope, sites.site(scope, site_id))


def _save(scope: Scope, given: Given, site_id: str) -> Words:
    sites.describe_site(scope, site_id, **site_form.read(given))
    return _("Saved. A new time zone or kind shows when a page is reloaded.")


FORM = Form(
    "facility",
    N_("Details"),
    administers_site("of"),
    site_form.FIELDS,
    do=_save,
    act="save",
    button=N_("Save"),
    icon="",
    now=_now,
)
forms.declare(FORM)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    scope = current_scope()
    site = sites.site(scope, site_id)
    try:
        owner = organisations.organisation(scope, site.organisation_id).name
    except NotFound:  # an administrator by a grant, of another organisation
        owner = _("another organisation")
    where = html.A(_("node graph"), href=f"/site/{site_id}/graph", **data(soft=""))
    return html.Div(
        [
            html.Header(
                [
                    html.H1(_("Facility")),
                    html.P(
                        _(
                            "Number %(public_number)s, the facility_id of its devices. Owner: %(owner)s.",
                            public_number=site.public_number,
                            owner=owner,
                        )
                    ),
                ],
                className="page-head",
            ),
            html.Section(
                [
                    html.H2(_("Details")),
                    html.P(_intervals(devices.reporting_intervals(scope, site_id)), className="muted small"),
                    forms.view(FORM, site_id),
                ],
                className="panel mb-3",
            ),
            html.Section(
                [
                    html.H2(_("Capacity")),
                    html.P(
                        around(N_("Each part's own is shown in the %(graph)s; here is the sum."), graph=where), className="muted"
                    ),
                    capacity.capacity(dated_graph.site_graph(scope, site_id).nodes),
                ],
                className="panel mb-3",
            ),
            _limits(site_id),
            _regions() if scope.platform_admin else None,
        ]
    )
