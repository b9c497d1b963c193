"""Tariffs of a site, as a table: what a kWh costs and earns, from when until when, at which hours; changed, ended, deleted."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from config.language import N_, _
from dashboard.parts import moments
from dashboard.parts.fields import Choice, Field, Moment, Text, filled
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import plain
from dashboard.plant import dated, restating, tariff_charges, tariff_hours, wiring
from dashboard.web.access import administers_site
from insight import restated
from models.tariff_components import from_json
from models.tariffs import Hours
from store.errors import NotFound
from store.records.plant import tariffs
from store.records.plant.tariffs import Terms
from store.records.schema import Tariff
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Tariff"), sortable=False),
    Column("from", N_("From"), sortable=False, moment=True),
    Column("to", N_("Until"), sortable=False, moment=True),
    Column("import", N_("Import, per kWh"), sortable=False, number=True),
    Column("export", N_("Export, per kWh"), sortable=False, number=True),
    Column("hours", N_("Time of use and charges"), sortable=False),
    Column("co2", N_("CO₂, g/kWh"), sortable=False, number=True),
    Column("state", N_("State"), sortable=False),
)
OWN, BEHIND = "own", "region"
TERMS: tuple[Field, ...] = (
    Text("name", N_("Name"), longest=120, required=True),
    Text("import", N_("Import price per kWh"), longest=20, required=True, of="import_price_per_kwh", keys="decimal"),
    Text(
        "export",
        N_("Export price per kWh"),
        longest=20,
        required=True,
        of="export_price_per_kwh",
        keys="decimal",
        help=N_("0 if exports are not paid for."),
    ),
    Text(
        "co2",
        N_("CO₂ (g/kWh)"),
        longest=20,
        of="co2_g_per_kwh",
        keys="decimal",
        help=N_("Of imported energy. Leave empty if unknown."),
    ),
    Text("hours", N_("Time-of-use prices"), longest=4000, lines=4, like=tariff_hours.EXAMPLE, help=tariff_hours.ABOUT),
    Text(
        "components",
        N_("Further charges"),
        longest=4000,
        lines=4,
        like="\n".join(tariff_charges.EXAMPLES[2:4]),
        help=tariff_charges.ABOUT,
    ),
    Choice(
        "whose",
        N_("Region's prices"),
        ((OWN, N_("Not used: this tariff's prices apply")), (BEHIND, N_("Used first; this tariff's where there are none"))),
    ),
    Text("note", N_("Note"), longest=300, help=N_("For example the contract.")),
    restating.SURE,
)
END_FIELDS = (Moment("at", N_("Ends"), required=True, help=N_("By the site's clocks.")), restating.SURE)


def terms(given: Given) -> Terms:
    """What was written as a tariff's terms; raises `Wrong` where something cannot be read."""
    export = given.needed("export")
    found = Terms(
        given.text("name"),
        given.needed("import"),
        export,
        given.number("co2"),
        given.text("whose") == BEHIND,
        given.read("hours", lambda text: tariff_hours.read(text, export)) or (),
        given.text("note"),
        given.read("components", tariff_charges.read) or (),
    )
    given.check()
    return found


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[Tariff]:
    found = tariffs.tariffs(scope, context)[::-1]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, record: Tariff) -> Row:
    at, zone = now(), wiring.zone(scope, record.site_id)
    state = dated.state(record, at)
    cells = (
        moments.clock(record.valid_from, zone),
        moments.clock(record.valid_to, zone, _("until further notice")),
        plain(record.import_price_per_kwh),
        plain(record.export_price_per_kwh),
        _list(f"{_lines(record)}\n{tariff_charges.written(from_json(record.components))}".split("\n")),
        "–" if record.co2_g_per_kwh is None else plain(record.co2_g_per_kwh),
        [dated.mark(state), html.Div(_("after the region's prices"), className="muted small")]
        if record.region_first
        else dated.mark(state),
    )
    acts = [Act("edit", _("Edit"), asks=lambda: _edit(record), sure=_("Save"))]
    if state != dated.ENDED:
        acts.append(END)
    if state == dated.PLANNED:
        acts.append(DELETE)
    return Row(record.id, record.name, cells, acts)


def _list(lines: Sequence[str]) -> Any:
    said = [html.Li(line) for line in lines if line]
    return html.Ul(said, className="hours") if said else "–"


def _edit(record: Tariff) -> Question:
    values = {
        "name": record.name,
        "import": plain(record.import_price_per_kwh),
        "export": plain(record.export_price_per_kwh),
        "co2": "" if record.co2_g_per_kwh is None else plain(record.co2_g_per_kwh),
        "hours": _lines(record),
        "components": tariff_charges.written(from_json(record.components)),
        "whose": BEHIND if record.region_first else OWN,
        "note": record.note,
    }
    return Question(
        _(
            "Changes apply to all of its time: the cost of past days is recalculated. For a price that changes from a certain "
            "day on, add another tariff instead."
        ),
        filled(TERMS, values),
    )


def _lines(record: Tariff) -> str:
    return tariff_hours.written([Hours(*each) for each in record.hours])


def _ending() -> Question:
    return Question(
        _("From then on the site has no price until another tariff starts. A tariff that follows ends this one by itself."),
        END_FIELDS,
    )


END = Act("end", N_("End"), asks=_ending, danger=True, sure=N_("End it"))
DELETE = Act(
    "delete", N_("Delete"), asks=lambda: Question(_("It has not started yet. The tariff before it goes on instead.")), danger=True
)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.key not in {each.id for each in tariffs.tariffs(scope, asked.context)}:
        raise NotFound("no such tariff of this site")
    if asked.act == "delete":
        tariffs.delete_tariff(scope, asked.key)
        return _("Deleted.")
    if asked.act == "end":
        zone, given = wiring.zone(scope, asked.context), asked.read(END_FIELDS)
        at = given.moment("at", zone) or now()
        given.check()
        after = tariffs.versions_ended(scope, asked.key, at)
        restating.agreed(given, lambda: restated.by_tariffs(scope, asked.context, after, at))
        return _("It ends at %(zone)s.", zone=moments.clock(tariffs.end_tariff(scope, asked.key, at).valid_to, zone))
    given = asked.read(TERMS)
    said = terms(given)
    since, after = tariffs.versions_changed(scope, asked.key, said)
    restating.agreed(given, lambda: restated.by_tariffs(scope, asked.context, after, since))
    changed = tariffs.change_tariff(scope, asked.key, said)
    return _("%(name)s is saved.", name=changed.name)


TABLE = Table(
    "tariffs",
    N_("Tariffs"),
    administers_site("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_("No tariff yet: energy here has no price except its region's. Add a tariff above."),
)
