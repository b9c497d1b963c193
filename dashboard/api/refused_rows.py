"""What of an import was refused and why, as a CSV file: a row a problem, safe to be opened in a spreadsheet."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from flask import Blueprint, Flask, Response

from config.language import _
from config.settings import Settings, settings
from dashboard.web.access import current_scope, guard, plant_operator
from dashboard.web.gate import costly
from ingest.files import checking, shelf
from store import sheets
from store.records.plant import imports
from store.scope import Scope

COLUMNS = ("row", "code", "why")

bp = Blueprint("refused_rows", __name__)


@bp.get("/imports/<import_id>/refused.csv")
@guard(plant_operator)
@costly
def download(import_id: str) -> Response:
    """The file, for whoever is signed in."""
    return answer(current_scope(), settings(), import_id)


@bp.get("/imports/checked/<upload_id>/refused.csv")
@guard(plant_operator)
@costly
def download_of_check(upload_id: str) -> Response:
    """The same of what the newest check of a file that was sent would refuse."""
    return answer_of_check(current_scope(), settings(), upload_id)


def answer(scope: Scope, made: Settings, import_id: str) -> Response:
    """The file, of the problems that are kept in full.

    Raises:
        NotFound, Refused: as `imports.seen`.
    """
    record = imports.seen(scope, import_id).record
    return _answer(shelf.folder(made, import_id) / shelf.REFUSED, sum(record.refused.values()), import_id)


def answer_of_check(scope: Scope, made: Settings, upload_id: str) -> Response:
    """The same of what the newest check of an upload would refuse.

    Raises:
        NotFound: as `uploads.check_of`.
    """
    return _answer(*checking.refused_of(scope, made, upload_id), upload_id)


def _answer(path: Path, count: int, name: str) -> Response:
    response = Response(sheets.written(COLUMNS, _rows(path, count)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}-refused.csv"'
    return response


def _rows(path: Path, count: int) -> Iterator[list[sheets.Cell]]:
    told = 0
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                row, code, why = msgspec.json.decode(line)
                yield [row or None, code, why]
                told += 1
    if told == shelf.KEPT_PROBLEMS and count > told:
        yield [None, "", _("and %(more)s more", more=count - told)]


def install(server: Flask) -> None:
    """Give the server the route."""
    server.register_blueprint(bp)
