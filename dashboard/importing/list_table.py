"""The imports of a site: what was read, by whom, and what became of it."""

from collections.abc import Mapping

from dash import html

from config.language import N_, _
from dashboard.importing import wording
from dashboard.importing.uploading import mb
from dashboard.parts.aria import data
from dashboard.parts.notices import Words
from dashboard.parts.reading import reader
from dashboard.parts.rows import Act, Asked, Column, Question, Row, Table
from dashboard.plant import wiring
from dashboard.web.access import operates_site
from store.errors import NotFound
from store.records.plant import imports
from store.records.plant.imports import AT_WORK, Seen
from store.records.schema.listing import Page, Wanted
from store.scope import Scope

COLUMNS = (
    Column("file_name", N_("File")),
    Column("created_at", N_("Started")),
    Column("who", N_("By"), sortable=False),
    Column("size", N_("MB"), number=True),
    Column("state", N_("State")),
    Column("readings", N_("Stored"), number=True),
    Column("refused", N_("Refused"), sortable=False, number=True),
)


def path(site_id: str, import_id: str) -> str:
    """Where an import is shown."""
    return f"/site/{site_id}/imports/{import_id}"


def load(scope: Scope, wanted: Wanted, _chosen: Mapping[str, str], site_id: str) -> Page[Seen]:
    """The imports of a page."""
    return imports.imports_page(scope, site_id, wanted)


def at_work(scope: Scope, site_id: str) -> bool:
    """Whether one of the latest imports of the site waits or runs."""
    latest = imports.imports_page(scope, site_id, Wanted(sort="created_at", descending=True))
    return any(each.state in AT_WORK for each in latest.rows)


def row(scope: Scope, seen: Seen) -> Row:
    """An import, and what may be done with it."""
    record = seen.record
    cells = (
        reader().stamp(record.created_at, wiring.zone(scope, record.site_id).key),
        seen.who or "–",
        mb(record.size),
        state(seen),
        reader().count(record.readings),
        reader().count(sum(record.refused.values())),
    )
    return Row(record.id, record.file_name, cells, acts(seen), href=path(record.site_id, record.id))


def state(seen: Seen) -> html.Span:
    """The state in words, with how far it is."""
    words, look = wording.STATES[seen.state]
    told = _(words)
    if seen.state == "running" and seen.progress:
        told = _("%(state)s, %(percent)s %%", state=told, percent=int(seen.progress * 100))
    return html.Span(told, className="state", **data(state=look))


def acts(seen: Seen) -> list[Act]:
    """What may be done with an import as it stands."""
    found = []
    if seen.can_cancel:
        found.append(
            Act(
                "cancel",
                N_("Cancel the import"),
                lambda: Question(_("What it has stored so far is taken back.")),
                sure=N_("Cancel the import"),
            )
        )
    if seen.can_undo:
        words = _("All that it stored is taken back; what was there before shows again. It can be imported again afterwards.")
        found.append(Act("undo", N_("Undo"), lambda: Question(words), danger=True, sure=N_("Undo the import")))
    if seen.can_restart:
        found.append(Act("again", N_("Import again")))
    return found


def do(scope: Scope, asked: Asked) -> Words:
    """Call an import off, undo it, or begin it again."""
    seen = imports.seen(scope, asked.key)
    if seen.record.site_id != asked.context:
        raise NotFound("no import")
    name = seen.record.file_name
    match asked.act:
        case "cancel":
            imports.cancel(scope, asked.key)
            return _("%(name)s is cancelled; what it stored is taken back.", name=name)
        case "undo":
            imports.undo(scope, asked.key)
            return _("%(name)s is being undone.", name=name)
        case "again":
            imports.restart(scope, asked.key)
            return _("%(name)s is imported again.", name=name)
    raise NotFound(f"no act {asked.act}")


TABLE = Table(
    "imports",
    N_("Imports"),
    operates_site("context"),
    COLUMNS,
    load=load,
    row=row,
    do=do,
    search=N_("file, id"),
    empty=N_("No file has been imported yet. Choose one above: history comes in by files, also what a meter's portal exports."),
    sort="created_at",
    descending=True,
)
