"""All meters of the sites that one administers: found, added, read from a file, and written to one."""

from typing import Any

from dash import html, register_page

from config.language import N_, _
from dashboard.frame import navigation
from dashboard.parts import forms, tables
from dashboard.plant import imports, meter_form, meters_table, virtual_meters
from dashboard.plant.imports import Files
from dashboard.web.access import guard, plant_admin
from store.records.plant import meter_files

register_page(
    __name__,
    path="/admin/meters",
    name=N_("Meters"),
    nav={"section": navigation.PLANT, "icon": "lightning-charge"},
)

FILES = Files(
    "meters",
    plant_admin,
    N_(
        "Export writes the meters that the search finds. Import reads such a file: a row with an id updates that meter, "
        "a row without one adds a meter. You see what would happen first; then all of it happens, or nothing."
    ),
    meter_files.COLUMNS,
    N_(
        "Only name, or the id of a meter that exists, is needed. `site` is the site's "
        "number, `from` and `to` are the names of the two nodes of the edge that the meter measures, `carrier` what it "
        "carries if several edges join them, `node` that of a condition meter; `method` is counter, interval or power, "
        "`interval_s` how often a reading comes (empty: as often as its device posts), `rollover_kwh` where a counter "
        "starts again from zero, `rated_kw` what may flow through it, `since` from when on; all five also for a meter that "
        "exists. To assign meters in bulk, `id` and `assigned_to` are enough: a person's email address or an organisation's "
        "name, several with semicolons between them; nobody loses a meter by it."
    ),
    try_file=lambda scope, _of, text, _: meter_files.try_file(scope, text),
    import_file=lambda scope, _of, text, _: meter_files.import_file(scope, text),
    address="/admin/meters.csv",
)
tables.declare(meters_table.TABLE)
imports.declare(FILES)


@guard(plant_admin)
def layout(site: str = "", **_query: Any) -> html.Div:
    """The page; with a site's id in the query, its form is of that site."""
    both = [forms.view(meter_form.FORM, site), forms.view(virtual_meters.FORM)]
    return html.Div(
        [
            html.Header([html.H1(_("Meters")), html.P(_("On all the sites that you see."))], className="page-head"),
            html.Div(both, className="side-by-side mb-3"),
            imports.view(FILES),
            tables.view(meters_table.TABLE),
        ]
    )
