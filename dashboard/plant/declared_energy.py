"""Where a meter's energy comes from, declared and put right on its page, and which of its readings are not counted, and why."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
from dash import Input, Output, State, callback, html, no_update

from config import clock
from config.quantities import DAY_S
from dashboard.frame.faults import sentence
from dashboard.parts import tables
from dashboard.parts.aria import aria, data
from dashboard.parts.reading import reader
from dashboard.parts.tables import Act, Asked, Choice, Column, Question, Row, Table, Text, Words
from dashboard.plant import inputs
from dashboard.web.access import administers_meter, current_scope, guard
from store.errors import NotFound, Refused, StoreAway
from store.records.plant import meters, sites
from store.records.schema import EnergySource, Meter
from store.records.schema.listing import Page, Wanted
from store.scope import Scope
from store.series import uncounted
from store.series.uncounted import Uncounted

SOURCES = {"counter": "its counter", "interval": "its intervals", "power": "its power"}
METHODS = {method: f"{words} ({uncounted.QUANTITIES[method][0]})" for method, words in SOURCES.items()}
NOT_COUNTED = "Stored, but not counted, because:"
EVERY = "900 for quarters of an hour, 3600 for hours, 86400 for local days, however long those are."
ROLLOVER = "Of a counter, up to eight decimals: 838860.8. Empty: it never does."
COLUMNS = (
    Column("since", "From", sortable=False, moment=True),
    Column("until", "Until", sortable=False, moment=True),
    Column("method", "Energy comes from", sortable=False),
    Column("every", "A reading every", sortable=False),
    Column("rollover", "Starts again at", sortable=False, number=True),
    Column("note", "Note", sortable=False),
)


def zone_of(scope: Scope, meter: Meter) -> ZoneInfo:
    """The clocks of the meter's site."""
    return ZoneInfo(sites.site(scope, meter.site_id).time_zone)


def _meter(scope: Scope, meter_id: str) -> Meter:
    return meters.require_meters(scope, [meter_id])[meter_id]


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], context: str) -> Page[EnergySource]:
    found = meters.energy_declarations(scope, [context])[context][::-1]
    return Page(found[wanted.first : wanted.first + wanted.count], len(found))


def _row(scope: Scope, record: EnergySource) -> Row:
    zone = zone_of(scope, _meter(scope, record.meter_id))
    cells = (
        inputs.clock(record.valid_to, zone, "further notice"),
        SOURCES[record.method],
        every(record.interval_s),
        "–" if record.rollover_kwh is None else f"{kwh(record.rollover_kwh)} kWh",
        record.note or "–",
    )
    acts = (Act("edit", "Edit", asks=lambda: _edit(record, zone), sure="Save"), WITHDRAW)
    return Row(record.id, since(record, zone), cells, acts)


def since(declared: EnergySource, zone: ZoneInfo) -> str:
    """From when on it holds, in words."""
    return "the beginning" if declared.valid_from == meters.BEGINNING else inputs.clock(declared.valid_from, zone)


def every(interval_s: int) -> str:
    """How often a reading comes, in words."""
    return "local day" if interval_s == DAY_S else f"{reader().count(interval_s)} s"


def kwh(value: float) -> str:
    """An energy with all of its decimals, as it was written."""
    return f"{value:.8f}".rstrip("0").rstrip(".")


def _edit(record: EnergySource, zone: ZoneInfo) -> Question:
    return Question(
        "The correction holds for all of its time, and that energy is recomputed from the readings.",
        (
            Choice("method", "Energy comes from", sorted(METHODS.items(), key=lambda each: each[0] != record.method)),
            Text("every", f"A reading every (s). {EVERY}", str(record.interval_s), 9, 1),
            Text("rollover", f"Starts again from zero at (kWh). {ROLLOVER}", _rollover(record), 24, 1),
            Text(
                "since",
                f"From (like {inputs.DAY} or {inputs.MOMENT}; empty: the beginning)",
                _since(record, zone),
                inputs.LONGEST,
                1,
            ),
        ),
    )


def _rollover(record: EnergySource) -> str:
    return "" if record.rollover_kwh is None else kwh(record.rollover_kwh)


def _since(record: EnergySource, zone: ZoneInfo) -> str:
    return "" if record.valid_from == meters.BEGINNING else inputs.written(record.valid_from, zone)


WITHDRAW = Act(
    "withdraw",
    "Withdraw",
    asks=lambda: Question("The one before it goes on in its place; without one its readings are not counted any more."),
    danger=True,
    sure="Withdraw it",
)


def _do(scope: Scope, asked: Asked) -> Words:
    declared = meters.energy_declarations(scope, [asked.context])[asked.context]
    if asked.key not in {each.id for each in declared}:
        raise NotFound("no such declaration of this meter")
    if asked.act == "withdraw":
        meters.withdraw_declaration(scope, asked.key)
        return "Withdrawn."
    zone = zone_of(scope, _meter(scope, asked.context))
    meters.correct_declaration(scope, asked.key, **_read(asked.given, zone, meters.BEGINNING))
    return "Saved. The energy is being recomputed; until then it is provisional."


def _read(given: Mapping[str, Any], zone: ZoneInfo, otherwise: datetime) -> Any:
    """What was written as a declaration.

    Raises:
        Refused: something cannot be read.
    """
    return {
        "method": str(given.get("method") or ""),
        "interval_s": inputs.whole("how often a reading comes", given.get("every")),
        "rollover_kwh": inputs.number("where it starts again", given.get("rollover")),
        "valid_from": inputs.moment("the start", given.get("since"), zone) or otherwise,
    }


TABLE = Table(
    "declared",
    "Where its energy comes from",
    administers_meter("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    empty="Nothing is declared yet: its readings are stored, and its energy is not counted. Declare it below.",
)
tables.declare(TABLE)


def panel(scope: Scope, meter: Meter) -> html.Section:
    """The declarations, what declares another, and what is not counted."""
    options = [{"label": words, "value": method} for method, words in METHODS.items()]
    fields = [
        inputs.field("Energy comes from", dbc.Select(id="declared-method", options=options, value="counter")),
        inputs.field("A reading every (s)", inputs.line("declared-every", "900", longest=9), EVERY),
        inputs.field("Starts again from zero at (kWh)", inputs.line("declared-rollover", longest=24), ROLLOVER),
        inputs.field(
            "From",
            inputs.when("declared-since", inputs.MOMENT),
            "What it measured before is not counted. Empty: the beginning, or now if there is one already.",
        ),
    ]
    return html.Section(
        [
            html.H2("Where its energy comes from"),
            html.P(f"By the clocks of {zone_of(scope, meter).key}.", className="muted"),
            html.Div(not_counted(scope, meter), id="declared-uncounted"),
            tables.view(TABLE, meter.id),
            html.Div(
                inputs.folded("declared-form", "Declare its energy", "plus-lg", fields, inputs.submit("declared-add", "Declare")),
                className="mt-3",
            ),
        ],
        className="panel mb-3",
    )


@callback(
    Output("meter-notice", "children", allow_duplicate=True),
    Output("declared-changed", "data"),
    Input("declared-add", "n_clicks"),
    *[State(f"declared-{name}", "value") for name in ("method", "every", "rollover", "since")],
    State("meter-id", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def declare(
    clicks: int | None, method: str | None, interval: str | None, rollover: str | None, start: str | None, meter_id: str
) -> Any:
    """Declare where the meter's energy comes from."""
    if not clicks:
        return no_update, no_update
    scope = current_scope()
    try:
        zone = zone_of(scope, _meter(scope, meter_id))
        first = not meters.energy_declarations(scope, [meter_id])[meter_id]
        given = {"method": method, "every": interval, "rollover": rollover, "since": start}
        said = _read(given, zone, meters.BEGINNING if first else clock.now().replace(microsecond=0))
        made = meters.declare_energy(scope, meter_id, **said)
    except (Refused, NotFound) as refused:
        return tables.notice(sentence(refused), bad=True), no_update
    return tables.notice(f"Declared from {since(made, zone)} on. What is stored already will be counted in a moment."), made.id


@callback(
    Output("declared-uncounted", "children"),
    Input("declared-body", "children"),
    State("meter-id", "data"),
    prevent_initial_call=True,
)
@guard(administers_meter())
def say_uncounted(_body: Any, meter_id: str) -> Any:
    """Say anew what is not counted, whenever the declarations are drawn anew."""
    scope = current_scope()
    return not_counted(scope, _meter(scope, meter_id))


def not_counted(scope: Scope, meter: Meter) -> Any:
    """What the meter posted in the last month that is no energy, with the reason; nothing where all of it is."""
    zone = zone_of(scope, meter)
    try:
        found = uncounted.uncounted(scope, meter.id, clock.now())
    except StoreAway as away:
        return html.P(f"Whether all of its readings are counted cannot be said now: {away}.", className="muted")
    if not found:
        return None
    lines = [html.Li(reason(each, zone)) for each in found]
    return html.Div(
        html.Div(
            [
                html.P(f"In the last 31 days: {NOT_COUNTED[0].lower()}{NOT_COUNTED[1:]}", className="mb-1"),
                html.Ul(lines, className="mb-0 ps-3"),
            ]
        ),
        className="notice",
        role="note",
        **aria(label="Readings that are not counted"),
    )


def marks(scope: Scope, meter_ids: Collection[str], zones: Mapping[str, ZoneInfo]) -> dict[str, list[str]]:
    """Of each meter that posted such a thing in the last day the reasons, for lists; none where that cannot be said now."""
    try:
        found = uncounted.lately(scope, meter_ids, clock.now())
    except StoreAway:
        return {}
    return {meter: [reason(each, zones[meter]) for each in those] for meter, those in found.items()}


def mark(reasons: Sequence[str]) -> Any:
    """One compact mark beside a meter's or a device's state, with the reasons; nothing where there is none."""
    if not reasons:
        return None
    words = f"{NOT_COUNTED} " + " ".join(reasons)
    return html.Span("not counted", className="state ms-2", title=words, role="img", **data(state="late"), **aria(label=words))


def reason(each: Uncounted, zone: ZoneInfo) -> str:
    """How many readings of what are not counted, and what would count them."""
    length = f" of {every(each.interval_s)}" if each.interval_s else ""
    when = f"{inputs.clock(each.first, zone)} to {inputs.clock(each.last, zone)}"
    what = f"{reader().count(each.number)} × {each.quantity}{length}, {when}: "
    declared = each.declared
    if declared is None:
        if each.why == uncounted.NO_METHOD:
            return what + "nothing declares where its energy comes from. Declare it."
        return what + "no declaration holds then. Let one begin earlier."
    if each.why == uncounted.OTHER_QUANTITY:
        return what + f"its energy comes from {METHODS[declared.method]}; two sources are never added."
    return what + f"its energy is declared of {every(declared.interval_s)}. Put that right, or let the device post that."
