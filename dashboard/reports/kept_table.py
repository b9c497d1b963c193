"""The reports of a site that were made for whoever asks, the newest first."""

from collections.abc import Mapping

from config.language import N_, _
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import wiring
from dashboard.web.access import site_in
from models.report_periods import Span
from reporting import naming
from store.errors import NotFound
from store.records.plant import reports
from store.records.schema import Report
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("name", N_("Report of")),
    Column("first_day", N_("Period")),
    Column("made_at", N_("Made"), moment=True),
    Column("how", N_("How"), sortable=False),
)


def path(site_id: str, report_id: str) -> str:
    """Where a report is shown."""
    return f"/site/{site_id}/report/{report_id}"


def _load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Report]:
    return reports.own_reports(scope, site_id, wanted)


def _row(scope: Scope, kept: Report) -> Row:
    made = reader().stamp(kept.made_at, wiring.zone(scope, kept.site_id).key)
    how = _("by the clock") if kept.schedule_id else _("when asked for")
    cells = (naming.period(kept.kind, Span(kept.first_day, kept.last_day)), made, how)
    return Row(kept.id, kept.name, cells, (DELETE,), href=path(kept.site_id, kept.id))


DELETE = Act("delete", N_("Delete"), lambda: Question(_("Its link leads nowhere then, for others too.")), danger=True)


def _do(scope: Scope, asked: Asked) -> Words:
    if asked.act != "delete":
        raise NotFound("no such act")
    reports.delete_report(scope, asked.key)
    return _("Deleted.")


TABLE = Table(
    "reports",
    N_("Reports made for you"),
    site_in("context"),
    COLUMNS,
    load=_load,
    row=_row,
    do=_do,
    search=N_("what it is of"),
    empty=N_("No report yet. Create one above, or have one made each week or month."),
    sort="made_at",
    descending=True,
)
