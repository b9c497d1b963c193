"""The forms that add a tariff: by what is typed, or as JSON of the Utility Rate Database."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, State, callback, dcc, html, no_update

from config.language import N_, _
from dashboard.frame.faults import sentence
from dashboard.parts import moments
from dashboard.parts.aria import icon
from dashboard.parts.fields import Field, Moment, Text
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.plant import restating, tariffs_table, wiring
from dashboard.plant.imports import LARGEST, text_of
from dashboard.web.access import administers_site, guard
from insight import restated
from models import urdb
from store.errors import Refused
from store.records.plant import sites, tariffs
from store.records.plant.tariffs import Terms
from store.records.schema import Tariff
from store.records.schema.columns import now
from store.scope import Scope

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
    after = tariffs.versions_with(scope, site_id, terms, start, end)
    restating.agreed(given, lambda: restated.by_tariffs(scope, site_id, after, start))
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
        told = _("%(problem)s. Change that in the JSON, or add the tariff by hand", problem=str(problem))
        raise Refused(told) from problem


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
                "As the Utility Rate Database (OpenEI) has it, from a file or pasted. Its prices are taken in the site's "
                "currency. What a tariff here cannot charge is named, and nothing is imported then."
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
ADD = Form("tariffs", N_("Add a tariff"), administers_site("of"), FIELDS, do=_add, now=_now, changes=("tariffs",))


def from_file() -> html.Div:
    """Where a file is chosen whose text is imported as if it were pasted."""
    upload = dcc.Upload(
        html.Span([icon("arrow-up"), _("Choose a JSON file")], className="btn btn-quiet"),
        id="urdb-file",
        accept=".json,application/json",
        max_size=LARGEST,
        className="upload",
    )
    return html.Div(
        [html.Label(upload), html.Span(id="urdb-file-said", role="status", className="remark")], className="choices mb-2"
    )


@callback(
    Output("urdb-json", "value"),
    Output("urdb-file-said", "children"),
    Input("urdb-file", "contents"),
    State("urdb-file", "filename"),
    State("urdb-of", "data"),
    prevent_initial_call=True,
)
@guard(administers_site("of"))
def read_file(contents: str | None, filename: str | None, of: str | None) -> Any:  # noqa: ARG001 - `of` is the rule's
    """Put the text of a file where it would be pasted; nothing is imported."""
    if not contents:
        return no_update, no_update
    try:
        text = text_of(contents)
    except Refused as refused:
        return no_update, f"{filename}: {sentence(refused)}"
    return text, _("%(file)s is read. Import it below.", file=str(filename or _("The file")))
