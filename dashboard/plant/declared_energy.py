"""Where a meter's energy comes from, declared and put right on its page."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dash import Input, Output, State, callback, html

from config import clock
from config.language import N_, _
from dashboard.figures.wording import exact
from dashboard.parts import forms, moments, tables
from dashboard.parts.fields import Choice, Moment, Text, filled
from dashboard.parts.forms import Form
from dashboard.parts.given import Given
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.parts.written import plain
from dashboard.plant import rated, restating, uncounted_readings, wiring
from dashboard.plant.uncounted_readings import METHODS, SOURCES
from dashboard.web.access import administers_meter, current_scope, guard
from insight import restated
from store.errors import NotFound
from store.records.plant import declarations, meters
from store.records.schema import EnergySource, Meter
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("since", N_("From"), sortable=False, moment=True),
    Column("until", N_("Until"), sortable=False, moment=True),
    Column("method", N_("Energy comes from"), sortable=False),
    Column("every", N_("A reading every"), sortable=False),
    Column("rollover", N_("Starts again at"), sortable=False, number=True),
    Column("rated", N_("Rated for"), sortable=False, number=True),
    Column("note", N_("Note"), sortable=False),
)
RATED = Text(
    "rated",
    N_("Rated for (kW)"),
    longest=20,
    of="rated_kw",
    keys="decimal",
    help=N_("What may flow through it. More is held as what cannot be true. Empty: as the nodes beside it."),
)
FIELDS = (
    Choice("method", N_("Energy comes from"), tuple(METHODS.items())),
    Text(
        "every",
        N_("A reading every (s)"),
        "900",
        9,
        required=True,
        of="interval_s",
        keys="numeric",
        help=N_(
            "900 for quarters of an hour, 3600 for hours, 86400 for local days, however long those are. Intervals of another"
            " length count too: shorter ones are added up, and of a longer one what the shorter do not tell is spread over the"
            " rest of its time, as an estimate."
        ),
    ),
    Text(
        "rollover",
        N_("Starts again from zero at (kWh)"),
        longest=24,
        of="rollover_kwh",
        keys="decimal",
        help=N_("Of a counter, up to eight decimals: 838860.8. Empty: it never does."),
    ),
    RATED,
    Moment(
        "since",
        N_("From"),
        of="valid_from",
        help=N_("What it measured before is not counted. Empty: the beginning, or now for another."),
    ),
    restating.SURE,
)


def _meter(scope: Scope, meter_id: str) -> Meter:
    return meters.require_meters(scope, [meter_id])[meter_id]


def zone_of(scope: Scope, meter_id: str) -> ZoneInfo:
    """The clocks of the meter's site."""
    return wiring.zone(scope, _meter(scope, meter_id).site_id)


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[EnergySource]:
    found = declarations.energy_declarations(scope, [context])[context][::-1]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, record: EnergySource) -> Row:
    zone = zone_of(scope, record.meter_id)
    cells = (
        moments.clock(record.valid_to, zone, _("until further notice")),
        _(SOURCES[record.method]),
        uncounted_readings.every(record.interval_s),
        "–" if record.rollover_kwh is None else f"{reader().number(exact(record.rollover_kwh, 15))} kWh",
        "–" if record.rated_kw is None else f"{reader().number(exact(record.rated_kw, 9))} kW",
        record.note or "–",
    )
    acts = (Act("edit", _("Edit"), asks=lambda: _edit(record, zone), sure=_("Save")), WITHDRAW)
    return Row(record.id, _since(record, zone), cells, acts)


def _since(declared: EnergySource, zone: ZoneInfo) -> str:
    return _("the beginning") if declared.valid_from == declarations.BEGINNING else moments.clock(declared.valid_from, zone)


def _edit(record: EnergySource, zone: ZoneInfo) -> Question:
    values = {
        "method": record.method,
        "every": str(record.interval_s),
        "rollover": "" if record.rollover_kwh is None else plain(record.rollover_kwh),
        "rated": "" if record.rated_kw is None else plain(record.rated_kw),
        "since": "" if record.valid_from == declarations.BEGINNING else moments.written(record.valid_from, zone),
    }
    about = _("The correction holds for all of its time, and that energy is recomputed from the readings.")
    return Question(about, filled(FIELDS, values))


WITHDRAW = Act(
    "withdraw",
    N_("Withdraw"),
    asks=lambda: Question(
        _("The one before it goes on in its place; without one its readings are not counted any more."), (restating.SURE,)
    ),
    danger=True,
    sure=N_("Withdraw it"),
)


def _do(scope: Scope, asked: Asked) -> Words:
    declared = declarations.energy_declarations(scope, [asked.context])[asked.context]
    if asked.key not in {each.id for each in declared}:
        raise NotFound("no such declaration of this meter")
    if asked.act == "withdraw":
        without = declarations.declared_without(scope, asked.key)
        restating.agreed(asked.read((restating.SURE,)), lambda: restated.by_declarations(scope, asked.context, without))
        declarations.withdraw_declaration(scope, asked.key)
        return _("Withdrawn.")
    given = asked.read(FIELDS)
    said = _read(scope, given, asked.context, declarations.BEGINNING)
    after = declarations.declared_corrected(scope, asked.key, **said)
    restating.agreed(given, lambda: restated.by_declarations(scope, asked.context, after))
    declarations.correct_declaration(scope, asked.key, **said)
    return _("Saved. The energy is being recomputed; until then it is provisional.")


def _read(scope: Scope, given: Given, meter_id: str, otherwise: datetime) -> dict[str, Any]:
    """What was written as a declaration; raises `Wrong` for what cannot be read."""
    said = {
        "method": given.text("method"),
        "interval_s": given.count("every"),
        "rollover_kwh": given.number("rollover"),
        "rated_kw": given.number("rated"),
        "valid_from": given.moment("since", zone_of(scope, meter_id)) or otherwise,
    }
    given.check()
    return said


def _declare(scope: Scope, given: Given, meter_id: str) -> Words:
    first = not declarations.energy_declarations(scope, [meter_id])[meter_id]
    since = declarations.BEGINNING if first else clock.now().replace(microsecond=0)
    said = _read(scope, given, meter_id, since)
    after = declarations.declared_with(scope, meter_id, **said)
    restating.agreed(given, lambda: restated.by_declarations(scope, meter_id, after))
    made = declarations.declare_energy(scope, meter_id, **said)
    return _(
        "Declared from %(meter_id)s on. What is stored already will be counted in a moment.",
        meter_id=_since(made, zone_of(scope, meter_id)),
    )


TABLE = Table(
    "declared",
    N_("Where its energy comes from"),
    administers_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty=N_("Nothing is declared yet: its readings are stored, and its energy is not counted. Declare it below."),
)
FORM = Form(
    "declared",
    N_("Declare its energy"),
    administers_meter("of"),
    FIELDS,
    do=_declare,
    button=N_("Declare"),
    changes=("declared",),
)
tables.declare(TABLE)
forms.declare(FORM)


def panel(scope: Scope, meter: Meter) -> html.Section:
    """The declarations, what declares another, and what is not counted."""
    zone = wiring.zone(scope, meter.site_id)
    return html.Section(
        [
            html.H2(_("Where its energy comes from")),
            html.P(_("By the clocks of %(key)s.", key=zone.key), className="muted"),
            html.Div(uncounted_readings.not_counted(scope, meter, zone), id="declared-uncounted"),
            html.P(rated.said(scope, meter), id="declared-rated", className="muted"),
            tables.view(TABLE, meter.id),
            html.Div(forms.view(FORM, meter.id), className="mt-3"),
        ],
        className="panel mb-3",
    )


@callback(
    Output("declared-uncounted", "children"),
    Output("declared-rated", "children"),
    Input("declared-body", "children"),
    State("declared-context", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def say_uncounted(_body: Any, meter_id: str) -> Any:
    """Say anew what is not counted, and what it is rated for, whenever the declarations are drawn anew."""
    scope = current_scope()
    meter = _meter(scope, meter_id)
    return uncounted_readings.not_counted(scope, meter, zone_of(scope, meter_id)), rated.said(scope, meter)
