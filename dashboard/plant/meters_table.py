"""All meters of the sites that somebody administers, as a table."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dash import html

from config.language import N_, _
from dashboard.parts.aria import data
from dashboard.parts.fields import Choice
from dashboard.parts.reading import reader
from dashboard.parts.rows import Column, Row, Table
from dashboard.plant import uncounted_readings, wiring
from dashboard.web.access import plant_admin
from store.records.plant import holders, meter_life
from store.records.plant.holders import Holder
from store.records.plant.meter_life import MeterRow
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Name")),
    Column("site", N_("Site")),
    Column("role", N_("Role")),
    Column("serial_number", N_("Serial number")),
    Column("held", N_("Assigned to"), sortable=False),
    Column("state", N_("State"), sortable=False),
    Column("created_at", N_("Created")),
)


class Shown(NamedTuple):
    """A meter as its row needs it."""

    row: MeterRow
    held: Sequence[Holder]
    uncounted: Sequence[str]


ROLES = {"main": N_("main"), "check": N_("check"), "virtual": N_("virtual"), "condition": N_("condition")}


def _load(scope: Scope, wanted: Wanted, chosen: Mapping[str, str], _context: str) -> Page[Shown]:
    found = meter_life.meters_page(scope, wanted, retired=bool(chosen.get("retired")))
    mine = [row.meter.id for row in found.rows if scope.everything or row.meter.site_id in scope.admin_of]
    held = holders.holders(scope, mine)
    zones = {row.meter.id: wiring.zone(scope, row.meter.site_id) for row in found.rows}
    marks = uncounted_readings.marks(scope, mine, zones)
    rows = [Shown(row, held.get(row.meter.id, ()), marks.get(row.meter.id, ())) for row in found.rows]
    return Page(rows, found.total)


def _row(scope: Scope, record: Shown) -> Row:
    meter = record.row.meter
    state = (_("retired %(when)s", when=reader().day(meter.retired_at)), "offline") if meter.retired_at else (_("in use"), "live")
    cells = (
        record.row.site,
        _(ROLES[meter.role]),
        meter.serial_number or "–",
        ", ".join(holder.name for holder in record.held) or "–",
        html.Span([html.Span(state[0], className="state", **data(state=state[1])), uncounted_readings.mark(record.uncounted)]),
        reader().date(meter.created_at),
    )
    mine = scope.everything or meter.site_id in scope.admin_of
    return Row(meter.id, meter.name, cells, href=f"/admin/meters/{meter.id}" if mine else "")


TABLE = Table(
    "meters",
    N_("Meters"),
    plant_admin,
    COLUMNS,
    load=_load,
    row=_row,
    filters=(Choice("retired", N_("Show"), (("", N_("In use")), ("all", N_("Include retired")))),),
    search=N_("name, site, serial number, id"),
    empty=N_("No meter yet. Draw a site's graph first, then add its meters here, one by one or from a file."),
)
