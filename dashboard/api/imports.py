"""Imports of files, for people's programs: begun, looked at, taken back; `/api/v1/imports`."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from flask import Blueprint, Response, request
from flask_login import current_user

from config.language import N_, _
from config.quantities import QUANTITIES
from config.settings import settings
from dashboard.api import answers, refused_rows
from dashboard.api.answers import said
from dashboard.api.asked import BadParameter, answer_bad_parameters, iso, refused
from dashboard.api.uploads import PIECE_BYTES
from dashboard.frame.faults import sentence
from dashboard.web.access import current_scope, guard, plant_operator
from dashboard.web.addresses import API
from dashboard.web.gate import costly
from dashboard.web.jobs import said as in_words
from ingest.files import checking, importing, profile, shelf
from ingest.files.checking import Checked
from ingest.files.content import UnreadableFile
from ingest.files.outcome import Outcome
from ingest.files.profile import Profile, UnfitProfile
from ingest.files.said import applied
from store.errors import NotFound, Refused
from store.records.access.policy import Action, require
from store.records.jobs.kinds import Problem
from store.records.plant import import_profiles, imports, uploads
from store.records.plant.imports import Seen, Total
from store.records.schema.listing import MOST, Wanted

READ_ONLY = N_("This token only reads: make one on the account page that may write.")
TRIED_MB = 20  # of a file that is tried within a request
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIELDS = ("site_id", "upload", "profile", "dry_run")

bp = Blueprint("api_imports", __name__, url_prefix=f"{API}imports")
answer_bad_parameters(bp)


@bp.get("")
@guard(plant_operator)
def every() -> Response:
    """The imports of a site, or of all sites that are operated, the newest first: `?site_id=…&first=0&count=50`."""
    first, count = (_whole(name, otherwise, most) for name, otherwise, most in (("first", 0, 10**9), ("count", 50, MOST)))
    wanted = Wanted(search=request.args.get("search", ""), sort="created_at", descending=True, first=first, count=count)
    page = imports.imports_page(current_scope(), request.args.get("site_id"), wanted)
    return said(answers.Imports([_told(each) for each in page.rows], page.total))


@bp.post("")
@guard(plant_operator)
@costly
def begin() -> Response:
    """Import the part `file` of a form, or an `upload` that has come whole; `profile` is the name of a saved one, or one."""
    if not current_user.can_write:
        return refused(403, "read_only", _(READ_ONLY))
    given = _given()
    if isinstance(given, Response):
        return given
    scope, site_id = current_scope(), given["site_id"]
    require(scope, Action.OPERATE, site_id=site_id)
    sent: str | None = None  # what came with this request, which nobody else knows of
    try:
        made, name = _profile(site_id, given.get("profile"))
        upload_id = given.get("upload") or (sent := _taken())
        if upload_id is None:
            return refused(400, "no_file", _("Send the file as the part file of a form, or say with upload which one it is."))
        path, found = shelf.finished(scope, settings(), upload_id)
        if _is_dry(given):
            if found.size > TRIED_MB * 2**20:
                checking.ask(scope, settings(), site_id, upload_id, made, {})
                return said(_check(upload_id))
            return said(_tried(importing.try_out(scope, settings(), site_id, path, made)))
        record = importing.start_upload(scope, settings(), site_id, upload_id, made, profile_name=name)
        sent = None
    except (UnfitProfile, UnreadableFile) as why:
        return refused(422, "bad_file", sentence(why))
    except Refused as why:
        return refused(422, "refused", sentence(why))
    finally:
        if sent is not None:
            shelf.end_upload(scope, settings(), sent)
    return said(_told(imports.seen(scope, record.id)))


@bp.get("/checks/<upload_id>")
@guard(plant_operator)
def check(upload_id: str) -> Response:
    """How far the dry run of a file is that was sent, and what importing it would do."""
    return said(_check(upload_id))


@bp.delete("/checks/<upload_id>")
@guard(plant_operator)
def end_check(upload_id: str) -> Response:
    """Call the dry run of a file off."""
    if not current_user.can_write:
        return refused(403, "read_only", _(READ_ONLY))
    uploads.cancel_check(current_scope(), upload_id)
    return said(_check(upload_id))


@bp.get("/checks/<upload_id>/refused")
@guard(plant_operator)
@costly
def refused_of_check(upload_id: str) -> Response:
    """The rows that importing it would refuse, and why, as a CSV file."""
    return refused_rows.answer_of_check(current_scope(), settings(), upload_id)


@bp.errorhandler(413)
def too_large(_error: Exception) -> Response:
    """More than goes with a request."""
    words = _(
        "A file of up to %(most)s MB goes with the request: send a larger one in pieces first, to %(address)s.",
        most=PIECE_BYTES // 2**20,
        address=f"{API}uploads",
    )
    return refused(413, "too_large", words)


@bp.get("/<import_id>")
@guard(plant_operator)
def one(import_id: str) -> Response:
    """How far an import is, and what came of it."""
    return said(_told(imports.seen(current_scope(), import_id)))


@bp.delete("/<import_id>")
@guard(plant_operator)
def take_back(import_id: str) -> Response:
    """Call an import off, or take back what it has stored."""
    if not current_user.can_write:
        return refused(403, "read_only", _(READ_ONLY))
    scope = current_scope()
    seen = imports.seen(scope, import_id)
    try:
        imports.cancel(scope, import_id) if seen.can_cancel else imports.undo(scope, import_id)
    except Refused as why:
        return refused(422, "refused", sentence(why))
    return said(_told(imports.seen(scope, import_id)))


@bp.get("/<import_id>/refused")
@guard(plant_operator)
@costly
def refused_of(import_id: str) -> Response:
    """The rows that were refused, and why, as a CSV file."""
    return refused_rows.answer(current_scope(), settings(), import_id)


def _given() -> dict[str, Any] | Response:
    """What was said beside the file."""
    if request.mimetype == "multipart/form-data":
        given: Any = request.form.to_dict()
    else:
        given = request.get_json(silent=True)
    if not isinstance(given, dict) or not isinstance(given.get("site_id"), str):
        return refused(400, "malformed", _("Send a form or a JSON object with site_id, profile, and the file or its upload."))
    if strange := sorted(set(given) - {*FIELDS}):
        return refused(
            400,
            "malformed",
            _("%(field)s is no field of an import: there are %(fields)s.", field=strange[0][:80], fields=", ".join(FIELDS)),
        )
    if not isinstance(given.get("upload", ""), str):
        return refused(400, "malformed", _("upload is the id of an upload: the last part of its address."))
    return given


def _profile(site_id: str, given: object) -> tuple[Profile, str | None]:
    """How the file is read, and the name of a saved profile; raises `UnfitProfile`."""
    if isinstance(given, dict):
        return applied(profile.read(msgspec.json.encode(given)), {}), None
    if isinstance(given, str) and given.lstrip().startswith("{"):
        return applied(profile.read(given.encode()), {}), None
    if not isinstance(given, str) or not given:
        raise UnfitProfile(_("profile says how the file is read: the name of a saved one, or a profile as JSON"))
    try:
        saved = import_profiles.profile_named(current_scope(), site_id, given)
    except NotFound:
        raise UnfitProfile(_("the site has no saved profile of the name %(name)s", name=given[:80])) from None
    return msgspec.convert(saved.profile, Profile), saved.name


def _taken() -> str | None:
    """The upload that the part `file` of a form has become."""
    part = request.files.get("file")
    if part is None:
        return None
    size = part.stream.seek(0, 2)
    part.stream.seek(0)
    made = shelf.begin_upload(current_scope(), settings(), part.filename or "upload", size)
    try:
        shelf.add_piece(current_scope(), settings(), made.id, 0, iter(lambda: part.stream.read(shelf.PIECE), b""))
    except Exception:
        shelf.end_upload(current_scope(), settings(), made.id)
        raise
    return made.id


def _is_dry(given: dict[str, Any]) -> bool:
    return given.get("dry_run", request.args.get("dry_run")) in (True, "1", "true")


def _tried(of: Outcome | Checked) -> answers.Tried:
    compared = isinstance(of, Checked) or of.compared
    readings, problems = (of.readings, of.problems) if isinstance(of, Checked) else (of.count, of.examples)
    return answers.Tried(
        readings=readings,
        changed=of.changed if compared else None,
        unchanged=of.unchanged if compared else None,
        refused=dict(of.refused),
        held=dict(of.held),
        unknown=dict(of.unknown),
        totals=_totals(of.totals),
        problems=[answers.RefusedRow(each.row, each.code, each.message) for each in problems],
    )


def _check(upload_id: str) -> answers.Check:
    last = checking.last(current_scope(), upload_id)
    if last is None:
        raise NotFound("no check")
    job, found = last
    why = found.why if found is not None else in_words(job.problem) if job.state == "failed" else ""
    return answers.Check(
        upload=upload_id,
        state=job.state,
        progress=1.0 if found is not None else round(job.progress, 4),
        why=why or None,
        found=_tried(found) if found is not None and not found.why else None,
    )


def _told(seen: Seen) -> answers.Import:
    record = seen.record
    return answers.Import(
        id=record.id,
        site=record.site_id,
        file_name=record.file_name,
        size=record.size,
        sha256=record.digest,
        profile_name=record.profile_name,
        state=seen.state,
        progress=round(seen.progress, 4),
        why=in_words(seen.why) if seen.why in list(Problem) else seen.why or None,
        by=seen.who,
        created_at=iso(record.created_at),
        ended_at=iso(record.ended_at) if record.ended_at else None,
        readings=record.readings,
        refused=record.refused,
        held=record.held,
        unknown=record.unknown,
        totals=_totals(seen.totals),
    )


def _totals(of: list[Total]) -> list[answers.ImportTotal]:
    return [
        answers.ImportTotal(
            meter=each.meter,
            quantity=each.quantity,
            unit=QUANTITIES[each.quantity].label,
            readings=each.count,
            sum=each.total,
            first=iso(EPOCH + timedelta(microseconds=each.first_us)),
            last=iso(EPOCH + timedelta(microseconds=each.last_us)),
        )
        for each in of
    ]


def _whole(name: str, otherwise: int, most: int) -> int:
    """A whole number of the address; raises `BadParameter`."""
    given = request.args.get(name, str(otherwise))
    if not (given.isascii() and given.isdecimal() and len(given) <= 10 and int(given) <= most):
        raise BadParameter(
            _("%(name)s is %(given)s: it is a number up to %(most)s", name=name, given=f"{given[:40]!r}", most=most)
        )
    return int(given)
