"""The audit log as a CSV file, safe to be opened in a spreadsheet, sent bit by bit however long it is."""

import json
from collections.abc import Iterator

from flask import Blueprint, Flask, Response, request

from dashboard.audit import wording
from dashboard.web.access import current_scope, guard, people_admin
from dashboard.web.gate import costly
from store import sheets
from store.records.access import audit
from store.records.access.audit import Entry

COLUMNS = (
    "entry", "at", "actor", "actor_name", "seeing_as", "action", "subject_kind", "subject_id",
    "organisation_id", "site_id", "before", "after", "address", "hash",
)  # fmt: skip

bp = Blueprint("audit_export", __name__)


@bp.get("/admin/audit-log.csv")
@guard(people_admin)
@costly
def export() -> Response:
    """The entries that fit the page's filters; that they were exported is in the log."""
    scope = current_scope()
    found = audit.export(scope, wording.wanted(scope, request.args))
    response = Response(sheets.written(COLUMNS, _rows(found)), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="loadstar-audit-log.csv"'
    return response


def _rows(found: Iterator[Entry]) -> Iterator[list[sheets.Cell]]:
    for each in found:
        told = [None if part is None else json.dumps(part, ensure_ascii=False) for part in (each.before, each.after)]
        yield [
            each.sequence, each.at, each.actor, each.actor_name, each.behalf, each.action, each.subject_kind, each.subject_id,
            each.organisation_id, each.site_id, *told, each.address, each.hash,
        ]  # fmt: skip


def install(server: Flask) -> None:
    """Give the server the export's route."""
    server.register_blueprint(bp)
