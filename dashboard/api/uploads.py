"""Files sent in pieces, which a broken connection does not begin again: tus 1.0 (https://tus.io/protocols/resumable-upload).

With a token at `/api/v1/uploads`; for whoever is signed in at `/uploads`, where each request carries the token of its page.
A piece is received whole before it is stored (`dashboard.web.reception`): one that breaks off is sent again, from the offset
that HEAD tells.
"""

import base64
import binascii
from collections.abc import Iterator
from email.utils import format_datetime

from flask import Blueprint, Flask, Response, request, url_for
from flask_login import current_user

from config.language import _
from config.settings import settings
from dashboard.api.asked import refused
from dashboard.frame.faults import sentence
from dashboard.web.access import current_scope, guard, plant_operator
from dashboard.web.addresses import API
from ingest.files import shelf
from store.errors import Refused
from store.records.schema import Upload

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
PIECE_BYTES = 8 * 2**20  # of one PATCH
READ_BYTES = 2**18
KIND = "application/offset+octet-stream"
SIZE_DIGITS = 15


@guard(plant_operator)
def create() -> Response:
    """Begin an upload: `Upload-Length`, and in `Upload-Metadata` its `filename`."""
    if (problem := _not_welcome()) is not None:
        return problem
    size = _number("Upload-Length")
    if size is None:
        return refused(400, "no_length", _("Say with Upload-Length how many bytes the file has."))
    if size > settings().import_limit_mb * 2**20:
        return refused(413, "too_large", _("A file of up to %(most)s MB may be uploaded.", most=settings().import_limit_mb))
    try:
        name = _file_name()
        made = shelf.begin_upload(current_scope(), settings(), name, size)
    except Refused as why:
        return refused(422, "refused", sentence(why))
    except ValueError:
        return refused(400, "bad_metadata", _("Upload-Metadata holds pairs of a name and its value in base64."))
    response = _answer(201, made)
    response.headers["Location"] = url_for(".piece", upload_id=made.id)
    return response


@guard(plant_operator)
def state(upload_id: str) -> Response:
    """How much of an upload has come."""
    come, found = shelf.offset(current_scope(), settings(), upload_id)
    response = _answer(200, found, come)
    response.headers["Upload-Length"] = str(found.size)
    response.headers["Cache-Control"] = "no-store"
    return response


@guard(plant_operator)
def piece(upload_id: str) -> Response:
    """Add a piece from `Upload-Offset` on."""
    if (problem := _not_welcome()) is not None:
        return problem
    come, found = shelf.offset(current_scope(), settings(), upload_id)
    if request.mimetype != KIND:
        return refused(415, "wrong_type", _("Send a piece as %(kind)s.", kind=KIND))
    at = _number("Upload-Offset")
    if at is None:
        return refused(400, "no_offset", _("Say with Upload-Offset where the piece begins."))
    if at != come:
        return _elsewhere(come)
    if request.content_length is None or request.content_length > PIECE_BYTES:
        return refused(413, "too_large", _("A piece has %(most)s MB at the most.", most=PIECE_BYTES // 2**20))
    try:
        come = shelf.add_piece(current_scope(), settings(), upload_id, at, _pieces())
    except shelf.WrongOffset as wrong:
        return _elsewhere(wrong.offset)
    except Refused as why:
        return refused(422, "refused", sentence(why))
    return _answer(204, found, come)


@guard(plant_operator)
def end(upload_id: str) -> Response:
    """Take an upload no further, and forget what has come of it."""
    if (problem := _not_welcome()) is not None:
        return problem
    shelf.end_upload(current_scope(), settings(), upload_id)
    return Response(status=204)


def _say_what_is_spoken(response: Response) -> Response:
    response.headers["Tus-Resumable"] = VERSION
    if request.method == "OPTIONS":
        response.headers["Tus-Version"] = VERSION
        response.headers["Tus-Extension"] = EXTENSIONS
        response.headers["Tus-Max-Size"] = str(settings().import_limit_mb * 2**20)
    return response


def _not_welcome() -> Response | None:
    """Why a request that would change something is not taken."""
    if not current_user.can_write:
        return refused(403, "read_only", _("This token only reads: make one on the account page that may write."))
    if request.headers.get("Tus-Resumable") != VERSION:
        answer = refused(412, "wrong_version", _("Send the header Tus-Resumable: %(version)s.", version=VERSION))
        answer.headers["Tus-Version"] = VERSION
        return answer
    return None


def _number(header: str) -> int | None:
    given = request.headers.get(header, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= SIZE_DIGITS else None


def _file_name() -> str:
    """What the file is called; raises `ValueError` for what is no base64."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _blank, value = pair.strip().partition(" ")
        if name in ("filename", "name"):
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as wrong:
                raise ValueError(name) from wrong
    return "upload"


def _pieces() -> Iterator[bytes]:
    left = request.content_length or 0  # not a byte more is asked for: a stream that has given all it may refuses that
    while left and (some := request.stream.read(min(READ_BYTES, left))):
        left -= len(some)
        yield some


def _elsewhere(come: int) -> Response:
    answer = refused(409, "wrong_offset", _("%(come)s bytes have come: go on from there.", come=come))
    answer.headers["Upload-Offset"] = str(come)
    return answer


def _answer(status: int, found: Upload, come: int = 0) -> Response:
    response = Response(status=status)
    response.headers["Upload-Offset"] = str(come)
    response.headers["Upload-Expires"] = format_datetime(found.expires_at, usegmt=True)
    return response


def _ways(name: str, prefix: str) -> Blueprint:
    """The routes at an address. Each has a blueprint of its own: by its name a form's token is asked for or not."""
    made = Blueprint(name, __name__, url_prefix=prefix)
    made.add_url_rule("", view_func=create, methods=["POST"])
    for view, method in ((state, "HEAD"), (piece, "PATCH"), (end, "DELETE")):
        made.add_url_rule("/<upload_id>", view_func=view, methods=[method])
    made.after_request(_say_what_is_spoken)
    return made


def install(server: Flask) -> None:
    """Give the server both addresses. Before forms are protected: the check reads the body, and this one may be larger."""
    server.register_blueprint(_ways("uploads", "/uploads"))
    server.register_blueprint(_ways("api_uploads", f"{API}uploads"))

    @server.before_request
    def allow_a_piece() -> None:
        if request.endpoint in ("uploads.piece", "api_uploads.piece"):
            request.max_content_length = PIECE_BYTES
        elif request.endpoint == "api_imports.begin":
            request.max_content_length = PIECE_BYTES + 2**20  # and what is said of the file
