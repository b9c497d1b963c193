"""The last readings of a meter's counter, what it counted from one to the next, and what happened to it between them."""

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dash import html

from config import clock
from config.language import N_, _
from dashboard.figures.wording import THIN
from dashboard.parts.short_table import short_table
from store.errors import StoreAway
from store.records.plant.declarations import energy_declarations
from store.scope import Scope
from store.series.differences import differences

SHOWN = 12
WITHIN = timedelta(hours=24)
REGISTERS = {"energy_total_kwh": N_("Import register"), "energy_export_total_kwh": N_("Export register")}
EVENTS = {
    "reset": N_("began again from zero"),
    "rollover": N_("was full and began again"),
    "correction": N_("fell a little: taken back"),
    "glitch": N_("fell and came back: passed over"),
    "exchange": N_("another counter"),
}


def last_readings(scope: Scope, meter_id: str, zone: ZoneInfo) -> html.Div | None:
    """A table for each register that was read in the last day; nothing for a meter that declares no counter now."""
    declared = energy_declarations(scope, [meter_id])[meter_id]
    now = clock.now()
    if not any(each.method == "counter" and (each.valid_to is None or each.valid_to > now) for each in declared):
        return None
    try:
        tables = [
            table for register, name in REGISTERS.items() if (table := _table(scope, meter_id, register, _(name), now, zone))
        ]
    except StoreAway as away:
        return html.Div(html.P(_("The readings cannot be shown now: %(away)s.", away=away), className="muted mb-0"))
    return html.Div(tables or html.P(_("Its counter was not read in the last 24 hours."), className="muted mb-0"))


def _number(kwh: float) -> str:
    return f"{kwh:,.3f}".replace(",", THIN)


def _table(scope: Scope, meter_id: str, register: str, name: str, now: datetime, zone: ZoneInfo) -> html.Div | None:
    found = differences(scope, meter_id, now - WITHIN, now, register).tail(SHOWN).iloc[::-1]
    if found.empty:
        return None
    columns = (found["ts"].dt.tz_convert(zone), found["reading_kwh"], found["energy_kwh"], found["event"])
    rows = [
        (
            f"{ts:%Y-%m-%d %H:%M:%S}",
            _("%(reading_kwh)s kWh", reading_kwh=_number(reading_kwh)),
            "–" if math.isnan(kwh) else _("%(kwh)s kWh", kwh=_number(kwh)),
            _(EVENTS[event]) if event else "",
        )
        for ts, reading_kwh, kwh, event in zip(*columns, strict=True)
    ]
    heads = [_("Read at"), _("Register"), _("Counted since"), _("What happened")]
    return short_table(name, heads, rows, {1: "num", 2: "num"}, titled=True)
