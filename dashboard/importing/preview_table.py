"""Readings of a file as they would be stored: when they begin by the site's clocks and in UTC, of what, and the verdict."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from config.language import N_, _, ngettext
from config.quantities import QUANTITIES
from dashboard.figures import wording as numbers
from dashboard.importing import wording
from dashboard.parts.aria import data
from dashboard.parts.reading import reader
from dashboard.parts.short_table import short_table
from ingest.files.preview import Line, Preview
from ingest.times import SECOND
from store.records.plant import meters
from store.scope import Scope

HELD = N_("held: its meter cannot have made it; it is kept, and counts once others or a person confirm it")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DIGITS = 9


def table(scope: Scope, site_id: str, seen: Preview, zone: ZoneInfo) -> list[Any]:
    """The readings, and rows that cannot be read."""
    names = {each.id: each.name for each in meters.outlines(scope, site_id)}
    heads = (
        _("Row"),
        _("Meter"),
        _("What"),
        _("Begins, local"),
        _("Begins, UTC"),
        _("Lasts"),
        _("In the file"),
        _("As stored"),
        _("Verdict"),
    )
    rows = [_row(line, names, zone) for line in seen.lines]
    return [
        html.P([_about(seen), " ", _("Local is %(zone)s, the site's clock.", zone=zone.key)], className="muted"),
        short_table(_("Readings of the file"), heads, rows, {0: "num", 3: "when", 4: "when", 5: "when", 6: "num", 7: "num"}),
        *_problems(seen),
    ]


def _problems(seen: Preview) -> list[Any]:
    if not seen.problems:
        return []
    label = _("Rows and cells that cannot be read")
    rows = [(str(problem.row or "–"), _verdict(problem.message)) for problem in seen.problems]
    return [html.H3(label, className="h6 mt-3"), short_table(label, (_("Row"), _("Why")), rows)]


def _about(seen: Preview) -> str:
    count = reader().count(seen.readings)
    if seen.whole:
        first = _("The file holds %(count)s readings.", count=count)
    else:
        first = _("The first %(count)s readings were looked at; the import reads all.", count=count)
    if not seen.refused:
        return first
    bad = ngettext("%(num)s row or cell cannot be read.", "%(num)s rows or cells cannot be read.", seen.refused)
    return f"{first} {bad}"


def _row(line: Line, names: dict[str, str], zone: ZoneInfo) -> tuple[Any, ...]:
    at = EPOCH + timedelta(microseconds=line.start_us)
    local = at.astimezone(zone)
    label = QUANTITIES[line.quantity].label if line.quantity in QUANTITIES else ""
    unit = line.unit.removesuffix("*h")
    return (
        str(line.row),
        names.get(line.meter_id or "", line.meter or "–"),
        wording.measured(line.quantity),
        f"{local:%Y-%m-%d %H:%M %Z}",
        f"{at:%Y-%m-%d %H:%M}",
        wording.lasting((line.end_us - line.start_us) // SECOND),
        f"{reader().number(numbers.exact(line.value, DIGITS))} {unit or label}",
        "–" if line.kept is None else f"{reader().number(numbers.exact(line.kept, DIGITS))} {label}",
        _verdict(_("no meter yet") if line.meter_id is None else line.problem or (_(HELD) if line.held else "")),
    )


def _verdict(problem: str) -> html.Span:
    if problem:
        return html.Span(problem, className="state wraps", **data(state="late"))
    return html.Span(_("will be stored"), className="state", **data(state="live"))
