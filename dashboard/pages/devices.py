"""The devices of a site: made, described, given a key, retired; one by one or from a file."""

from collections.abc import Mapping
from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.plant import devices_table, imports
from dashboard.plant.imports import Files
from dashboard.web.access import administers_site, guard
from store.records.plant import device_files, devices, posted_energy, sites
from store.scope import Scope

register_page(
    __name__,
    path_template="/site/<site_id>/devices",
    name=N_("Devices"),
    nav={"section": navigation.SETUP, "icon": "hdd-network", "place": 4},
)


def _now(scope: Scope, site_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {"every": {"value": str(sites.site(scope, site_id).reporting_interval_s)}}


def _add(scope: Scope, given: Given, site_id: str) -> Words:
    made = devices.create_device(scope, site_id, **devices_table.described(scope, given, site_id))
    posted_energy.declare(scope, made.id)
    return _("%(name)s added. It posts with a key: press New key in its row.", name=made.name)


FORM = Form("devices", N_("Add a device"), administers_site("of"), devices_table.FIELDS, do=_add, now=_now, changes=("devices",))
FILES = Files(
    "devices",
    administers_site("of"),
    N_(
        "Export writes the devices that the search finds. Import reads such a file: a row with an id updates that device, "
        "a row without one adds a device. You see what would happen first; then all of it happens, or nothing."
    ),
    device_files.COLUMNS,
    N_(
        "Only name, or the id of a device that exists, is needed. `energy_mode` is "
        "interval or counter; `fields` are written like `energy_consumed = Main meter, energy_kwh`, several with "
        "semicolons between them."
    ),
    try_file=lambda scope, site_id, text, _: device_files.try_file(scope, site_id, text),
    import_file=lambda scope, site_id, text, _: device_files.import_file(scope, site_id, text),
    address="/site/{of}/devices.csv",
    then=N_("New devices post with a key: press New key in their rows."),
)
forms.declare(FORM)
imports.declare(FILES)
tables.declare(devices_table.TABLE)


@guard(administers_site())
def layout(site_id: str, **_query: Any) -> html.Div:
    """The page."""
    about = _("Hardware that posts: how often, and what its fields mean.")
    return html.Div(
        [
            html.Header([html.H1(_("Devices")), html.P(about)], className="page-head"),
            forms.view(FORM, site_id),
            imports.view(FILES, site_id),
            tables.view(devices_table.TABLE, site_id),
        ]
    )
