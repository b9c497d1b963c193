"""Virtual meters, which are sums of others: made for an edge that nothing measures, their terms edited, ended.

Terms are lines that people read and write, a sign and a meter each: `+ Main meter`, `- Workshop`.
"""

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, callback, html

from config.language import N_, _
from dashboard.parts import forms
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words, around
from dashboard.plant import meter_form
from dashboard.web.access import administers_meter, current_scope, guard, plant_admin
from store.errors import Refused
from store.records.plant import field_maps, meters
from store.records.plant.meters import Terms
from store.records.schema import Meter
from store.scope import Scope

SIGNS = {"+": 1, "-": -1, "−": -1, "–": -1}
WITHOUT_SITE = N_("Choose the site first")
TERMS = Text(
    "terms",
    N_("Adds up"),
    longest=20_000,
    lines=4,
    required=True,
    like=N_("+ Main meter\n- Workshop"),
    help=N_("One a line: + adds a meter, - takes one away. A name that several meters share is no name: give the id."),
)
FIELDS = (
    Text("name", N_("Name"), longest=120, required=True),
    Choice("site", N_("Site"), required=True, hint=N_("Choose a site")),
    Choice("edge", N_("Edge"), required=True, of="edge_id", hint=WITHOUT_SITE, help=N_("Those that nothing measures.")),
    TERMS,
)


def written(scope: Scope, meter: Meter) -> str:
    """The terms of a virtual meter as lines."""
    terms = meters.virtual_terms(scope, [meter.id]).get(meter.id, ())  # whoever asks for them of another meter gets none
    names = meters.names_of(scope, meter.site_id, [term for term, _ in terms])
    return "\n".join(f"{'+' if sign > 0 else '-'} {names[term]}" for term, sign in sorted(terms, key=lambda term: -term[1]))


def read(scope: Scope, site_id: str, text: str) -> Terms:
    """The terms that the lines say.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: a line has no sign, or names no meter of the site.
    """
    said = []
    for line in filter(None, (each.strip() for each in text.splitlines())):
        sign, name = SIGNS.get(line[0]), line[1:].strip()
        if sign is None or not name:
            raise Refused(_("the line %(line)s has no sign or no meter: write it like + Main meter", line=repr(line)))
        said.append((name, sign))
    found = meters.meters_named(scope, site_id, {name for name, _ in said})
    return [(field_maps.the_one(found[name], name), sign) for name, sign in said]


def _edges(scope: Scope, site_id: str) -> tuple[meter_form.Options, str]:
    """The edges of the site that nothing measures, and what to do with them."""
    options, _measured = meter_form.unmeasured(scope, site_id)
    return options, _("Choose an edge") if options else _("All its edges are measured")


def _now(scope: Scope, _of: str, said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    sites = meter_form.site_choices(scope)
    found: dict[str, dict[str, Any]] = {"site": {"options": sites}}
    if said.get("site") in dict(sites):
        options, hint = _edges(scope, said["site"])
        found["edge"] = {"options": options, "hint": hint}
    return found


@callback(
    Output("virtual-edge", "options"),
    Output("virtual-edge", "placeholder"),
    Input("virtual-site", "value"),
    prevent_initial_call=True,
)
@guard(plant_admin)
def edges(site_id: str | None) -> Any:
    """The edges of the site that nothing measures."""
    if not site_id:
        return [], _(WITHOUT_SITE)
    options, hint = _edges(current_scope(), site_id)
    return [{"label": way, "value": edge_id} for edge_id, way in options], hint


def _create(scope: Scope, given: Given, _of: str) -> Words:
    name, site_id, edge_id = given.text("name"), given.text("site"), given.text("edge")
    terms = given.read("terms", lambda text: read(scope, site_id, text) if site_id else [])
    given.check()
    made = meters.create_meter(scope, site_id, name=name, role="virtual", edge_id=edge_id, terms=terms or [])
    link = html.A(made.name, href=f"/admin/meters/{made.id}", **data(soft=""))
    return around(N_("%(name)s created. It shows what its terms add up to, for all of their past."), name=link)


def _terms_now(scope: Scope, meter_id: str, _said: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {"terms": {"value": written(scope, meters.require_meters(scope, [meter_id])[meter_id])}}


def _save_terms(scope: Scope, given: Given, meter_id: str) -> Words:
    meter = meters.require_meters(scope, [meter_id])[meter_id]
    terms = given.read("terms", lambda text: read(scope, meter.site_id, text))
    given.check()
    meters.set_terms(scope, meter_id, terms or [])
    return _("Saved.")


FORM = Form(
    "virtual",
    N_("Create a virtual meter"),
    plant_admin,
    FIELDS,
    do=_create,
    act="make",
    button=N_("Create"),
    now=_now,
    changes=("meters",),
)
TERMS_FORM = Form(
    "meter-terms",
    N_("What it adds up"),
    administers_meter("of"),
    (TERMS,),
    do=_save_terms,
    act="save",
    button=N_("Save the terms"),
    icon="",
    now=_terms_now,
)
forms.declare(FORM)
forms.declare(TERMS_FORM)


def panel(scope: Scope, meter: Meter) -> html.Section:
    """The terms of a virtual meter, to be read and edited, on its own page."""
    if meter.retired_at is not None:
        ended = html.P(_("It has ended: nothing is added up any more."), className="muted")
        return html.Section([html.H2(_("What it adds up")), ended, html.Pre(written(scope, meter))], className="panel mb-3")
    about = _(
        "Other terms hold for all of the past too, for a sum keeps no readings of its own. "
        "To keep its history as it is, end it and make another."
    )
    return html.Section(
        [html.H2(_("What it adds up")), html.P(about, className="muted wide"), forms.view(TERMS_FORM, meter.id)],
        className="panel mb-3",
    )
