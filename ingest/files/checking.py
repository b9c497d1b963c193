"""A whole file that was sent, judged before anybody has it imported: what would be stored, what refused and why.

Nothing is stored: it is what `importing.try_out` says of it. How the file is read then is kept beside it under a name of its own,
so that whoever changes that sees that what was found is of another reading.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from config.settings import Settings
from ingest.files import importing, shelf
from ingest.files.content import UnreadableFile
from ingest.files.importing import Progress
from ingest.files.profile import Profile, UnfitProfile, plain
from store.errors import StoreAway
from store.records.access.policy import Action, require
from store.records.jobs import asking
from store.records.jobs.kinds import FILE_CHECK, OfUpload
from store.records.plant import uploads
from store.records.plant.imports import Total
from store.records.schema import Job
from store.scope import Scope

EXAMPLES = 5  # of a code
TOTALS = 1_000
NAMES = 1_000  # of meters that the site does not have
DIGITS = 16


class Problem(msgspec.Struct):
    """A row that would be refused."""

    row: int
    code: str
    message: str


class Checked(msgspec.Struct):
    """What importing a file would give.

    Of the `readings` that would be stored, `changed` would replace another value, `unchanged` are stored so already, and some are
    `held`. All others are counted by code or by the name of their meter. `why`: it cannot be read at all.
    """

    as_read: str
    readings: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: dict[str, int] = {}
    held: dict[str, int] = {}
    unknown: dict[str, int] = {}
    totals: list[Total] = []
    problems: list[Problem] = []
    gaps: int = 0
    skipped: int = 0
    why: str = ""


class Check(NamedTuple):
    """A check as it stands: its job, and what came of it."""

    job: Job
    found: Checked | None


def as_read(profile: Profile, meters: Mapping[str, str | None]) -> str:
    """A name for how a file is read, into which meters of the site."""
    return hashlib.sha256(plain(profile) + msgspec.json.encode(meters, order="deterministic")).hexdigest()[:DIGITS]


def ask(
    scope: Scope, settings: Settings, site_id: str, upload_id: str, profile: Profile, meters: Mapping[str, str | None]
) -> Job:
    """Have a file that was sent checked as a whole by a worker, instead of any other check of it.

    Raises:
        NotFound: as `uploads.upload`, or the site does not exist for the scope.
        Refused: not an operator of the site, or some of the file is still missing.
        TooMany: as much of it waits as may.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    shelf.finished(scope, settings, upload_id)
    uploads.cancel_check(scope, upload_id)
    name = as_read(profile, meters)
    with shelf.draft(_profile(settings, upload_id, name)) as made:
        made.write_bytes(plain(profile))
    return asking.ask(scope, FILE_CHECK, OfUpload(site_id, upload_id, profile.container, name))


def check(scope: Scope, settings: Settings, told: OfUpload, progress: Progress) -> Checked:
    """Read and judge all of it; what would be refused is kept beside the file, row by row.

    Raises:
        NotFound, Refused, StoreAway: as `importing.try_out`; or the upload is over.
    """
    path, _upload = shelf.finished(scope, settings, told.upload_id)
    profile = msgspec.json.decode(_profile(settings, told.upload_id, told.as_read).read_bytes(), type=Profile)
    try:
        with shelf.draft(_refused(settings, told.upload_id, told.as_read)) as draft, draft.open("wb") as kept:
            found = importing.try_out(scope, settings, told.site_id, path, profile, progress, kept)
    except (UnreadableFile, UnfitProfile) as wrong:
        return Checked(told.as_read, why=str(wrong))
    if not found.compared:
        raise StoreAway("QuestDB cannot say what is stored already")
    return Checked(
        told.as_read,
        found.count,
        found.changed,
        found.unchanged,
        dict(found.refused),
        dict(found.held),
        dict(found.unknown.most_common(NAMES)),
        found.totals[:TOTALS],
        [Problem(*each[:3]) for each in found.some(EXAMPLES)],
        found.gaps,
        found.skipped,
    )


def last(scope: Scope, upload_id: str) -> Check | None:
    """The newest check of a file, done or not, while it is known. Raises as `uploads.check_of`."""
    job = uploads.check_of(scope, upload_id)
    return Check(job, msgspec.convert(job.result, Checked) if job.state == "done" else None) if job is not None else None


def refused_of(scope: Scope, settings: Settings, upload_id: str) -> tuple[Path, int]:
    """Where the rows stand that the newest check would refuse, and how many readings it would; raises as `last`."""
    check = last(scope, upload_id)
    found = check.found if check is not None else None
    name = found.as_read if found is not None else ""
    return _refused(settings, upload_id, name), sum(found.refused.values()) if found is not None else 0


def _profile(settings: Settings, upload_id: str, name: str) -> Path:
    return shelf.beside_upload(settings, upload_id, f"{name}.json")


def _refused(settings: Settings, upload_id: str, name: str) -> Path:
    return shelf.beside_upload(settings, upload_id, f"{name}.jsonl")
