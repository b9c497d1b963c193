"""Imports of files into a site's meters: asked for, called off, undone, and what became of each.

The row says what is wanted and what came of it; a job (`worker/tasks/file_import`, `worker/tasks/import_undo`) does it. One whose
job ended without a word has failed: what it had stored is said, and it can be begun again or undone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, update

from config.language import _
from store.errors import Refused
from store.records.access.policy import Action, require
from store.records.jobs import asking
from store.records.jobs.kinds import FILE_IMPORT, IMPORT_UNDO, OfImport
from store.records.plant import refused as quarantine
from store.records.schema import FileImport, Job, Site, User, listing
from store.records.schema.columns import now
from store.records.schema.listing import Page, Wanted
from store.records.transaction import versions
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing, required
from store.scope import SYSTEM, Scope

AT_WORK = ("waiting", "running", "cancelling", "undoing")
STORED_SOMETHING = ("done", "failed")  # and nobody is at it: these can be undone
LETS_GO = timedelta(seconds=5)  # a worker ends a job that was called off within a second or two
LONGEST_NAME = 200
_SORTS: dict[str, listing.Column] = {
    "created_at": FileImport.created_at,
    "file_name": FileImport.file_name,
    "state": FileImport.state,
    "size": FileImport.size,
    "readings": FileImport.readings,
}


class File(NamedTuple):
    """A file that is to be imported: its name, its bytes, their SHA-256, and how many lines it has."""

    name: str
    size: int
    digest: str
    lines: int


@dataclass(frozen=True, slots=True)
class Total:
    """What an import stored of one meter and quantity: how many readings, their sum, and when the first and last end (µs)."""

    meter: str
    quantity: str
    count: int
    total: float
    first_us: int
    last_us: int


@dataclass(frozen=True, slots=True)
class Seen:
    """An import as it stands now: `state` with what became of its job, `progress` from 0 to 1, who asked, and `why` it failed."""

    record: FileImport
    state: str
    progress: float
    who: str | None
    why: str

    @property
    def totals(self) -> list[Total]:
        """By meter and quantity."""
        return [Total(*each) for each in self.record.totals]

    @property
    def can_cancel(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("waiting", "running")

    @property
    def can_undo(self) -> bool:
        """Whether it stored something that can be taken back."""
        return self.state in STORED_SOMETHING

    @property
    def can_restart(self) -> bool:
        """Whether it can be begun (again)."""
        return self.state in ("failed", "cancelled", "undone") and self.record.file_kept


def begin(
    scope: Scope, site_id: str, import_id: str, file: File, profile: Mapping[str, Any], profile_name: str | None
) -> FileImport:
    """Have a file imported, whose copy is kept already; the same again is the same import, and one that is not done begins anew.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site; it is out of use; or the import is just being taken back.
        TooMany: as much of this waits as may.
    """
    require(scope, Action.OPERATE, site_id=site_id)
    with session() as records:
        if required(records, Site, site_id).archived_at is not None:
            raise Refused(_("the site is out of use: bring it back before anything is imported"))
        found = records.get(FileImport, import_id)
        if found is not None and found.site_id != site_id:
            raise missing(FileImport, import_id)
        if found is not None:
            state = _seen(found, records.get(Job, found.job_id or ""), None).state
            if state in ("waiting", "running", "done"):
                return found
            if state in ("cancelling", "undoing"):
                raise Refused(_("what it stored is just being taken back: import it again when that is done"))
        made = found or FileImport(id=import_id, site_id=site_id)
        made.file_name, made.size, made.digest, made.lines = file.name[:LONGEST_NAME], file.size, file.digest, file.lines
        made.profile, made.profile_name, made.user_id = dict(profile), profile_name, scope.user_id
        made.state, made.why, made.ended_at, made.created_at, made.file_kept = "waiting", None, None, now(), True
        if found is None or found.parts == 0:
            _forget_result(made)
        records.add(made)
        records.flush()
        made.job_id = asking.ask(scope, FILE_IMPORT, OfImport(import_id), once_key=f"import {import_id}").id
    return made


def _forget_result(made: FileImport) -> None:
    made.parts = made.readings = made.gaps = made.skipped = 0
    made.refused, made.held, made.unknown, made.totals = {}, {}, {}, []


def restart(scope: Scope, import_id: str) -> FileImport:
    """Begin one again that failed, was called off or undone: by blocks it goes on where it stood. Raises as `begin`."""
    before = seen(scope, import_id).record
    if not before.file_kept:
        raise Refused(_("its file is not kept any more: upload it again"))
    file = File(before.file_name, before.size, before.digest, before.lines)
    return begin(scope, before.site_id, import_id, file, before.profile, before.profile_name)


def seen(scope: Scope, import_id: str) -> Seen:
    """One import.

    Raises:
        NotFound: there is none, or it is of a site that does not exist for the scope.
        Refused: not an operator of its site.
    """
    with reading() as records:
        found = required(records, FileImport, import_id)
        if not scope.sees_site(found.site_id):
            raise missing(FileImport, import_id)
        require(scope, Action.OPERATE, site_id=found.site_id)
        who = records.get(User, found.user_id) if found.user_id else None
        return _seen(found, records.get(Job, found.job_id or ""), who.name if who else None)


def imports_page(scope: Scope, site_id: str | None, wanted: Wanted) -> Page[Seen]:
    """A page of the imports of a site, or of all that the holder operates, to be sorted by a key of `_SORTS`.

    Raises:
        NotFound: the site does not exist for the scope.
        Refused: not an operator of the site, or no such column to sort by.
    """
    query = (
        select(FileImport, Job, User.name)
        .outerjoin(Job, Job.id == FileImport.job_id)
        .outerjoin(User, User.id == FileImport.user_id)
    )
    if site_id is not None:
        require(scope, Action.OPERATE, site_id=site_id)
        query = query.where(FileImport.site_id == site_id)
    elif not scope.everything:
        query = query.where(FileImport.site_id.in_(scope.operator_of))
    searched = (FileImport.file_name, FileImport.id)
    with reading() as records:
        rows, total = listing.page(records, query, wanted, searched=searched, sorts=_SORTS, key=FileImport.id)
    return Page([_seen(*row) for row in rows], total)


def _seen(found: FileImport, job: Job | None, who: str | None) -> Seen:
    state, progress, why = found.state, 1.0 if found.state == "done" else 0.0, found.why or ""
    if state in AT_WORK:
        if job is None or job.state in ("failed", "cancelled", "done"):
            state, why = "failed", job.problem or job.state if job is not None else "ended"
        else:
            progress = job.progress
    return Seen(found, state, progress, who, why)


def cancel(scope: Scope, import_id: str) -> FileImport:
    """Call one off that waits or runs; what it has stored is taken back.

    Raises:
        NotFound: as `seen`.
        Refused: not an operator of its site, or nobody is at it.
    """
    if not seen(scope, import_id).can_cancel:
        raise Refused(_("this import neither waits nor runs: there is nothing to cancel"))
    with session() as records:
        found = required(records, FileImport, import_id)
        had_begun = found.state == "running" or found.parts > 0
        if found.job_id is not None:
            asking.cancel(SYSTEM, found.job_id)  # whoever of the site's operators asked for it
        found.state = "cancelling" if had_begun else "cancelled"
        found.ended_at = None if had_begun else now()
        if had_begun:
            found.parts = 0  # begun again it stores all of it anew
            found.job_id = _ask_undo(scope, import_id, now() + LETS_GO)
    return found


def undo(scope: Scope, import_id: str) -> FileImport:
    """Take back all that an import stored; what was there before shows again, and it can be imported again.

    Raises:
        NotFound: as `seen`.
        Refused: not an operator of its site, or there is nothing that could be undone.
    """
    state = seen(scope, import_id).state
    if state not in STORED_SOMETHING:
        raise Refused(_("only what is done or has failed can be undone: cancel it, or wait for its end"))
    with session() as records:
        found = required(records, FileImport, import_id)
        found.state, found.parts = "cancelling" if found.state == "cancelling" else "undoing", 0
        found.job_id = _ask_undo(scope, import_id, now())
    return found


def _ask_undo(scope: Scope, import_id: str, not_before: datetime) -> str:
    return asking.ask(scope, IMPORT_UNDO, OfImport(import_id), once_key=f"undo {import_id}", not_before=not_before).id


def run(scope: Scope, import_id: str) -> FileImport:
    """Say that an import's job is at work; the import as it is to be read.

    Raises:
        NotFound: there is none any more, or its site does not exist for the scope.
        Refused: not an operator of its site, or nobody wants it any more.
    """
    seen(scope, import_id)
    with session() as records:
        found = required(records, FileImport, import_id)
        if found.state not in ("waiting", "running"):
            raise Refused(_("this import is not wanted any more"))
        found.state = "running"
    return found


def note_part(scope: Scope, import_id: str, parts: int, readings: int) -> None:
    """Say how many blocks are stored, and of how many readings.

    Raises:
        Refused: not one of Loadstar's own processes, or the import was called off: nothing more may be stored.
    """
    require(scope, Action.RUN)
    going_on = update(FileImport).where(FileImport.id == import_id, FileImport.state == "running")
    with session() as records:
        done = records.execute(
            going_on.values(parts=parts, readings=readings).returning(FileImport.id),
            execution_options={"synchronize_session": False},
        )
        if done.first() is None:
            raise Refused(_("this import was cancelled"))


def finish(
    scope: Scope,
    import_id: str,
    totals: Sequence[Total],
    *,
    refused: Mapping[str, int],
    held: Mapping[str, int],
    unknown: Mapping[str, int],
    gaps: int,
    skipped: int,
    to_put_right: Sequence[quarantine.Refused] = (),
    beyond: int = 0,
) -> None:
    """Say what an import stored, what not, and why; what a person can put right goes to quarantine. Raises as `note_part`.

    Args:
        scope: of one of Loadstar's own processes.
        import_id: the import.
        totals: what is stored.
        refused: how many readings are not, by code.
        held: how many of those that are stored wait for others to confirm them, by code.
        unknown: how many readings are of meters that the site does not have, by the names of these.
        gaps: cells that say that there is no value.
        skipped: rows behind the last reading.
        to_put_right: the readings that were refused, as many as are kept of a source.
        beyond: how many more there were.
    """
    require(scope, Action.RUN)
    with session() as records:
        found = required(records, FileImport, import_id)
        if found.state != "running":
            raise Refused(_("this import was cancelled"))
        found.state, found.ended_at, found.why = "done", now(), None
        found.readings = sum(each.count for each in totals)
        found.totals, found.refused, found.held, found.unknown = (
            [[*astuple(each)] for each in totals],
            dict(refused),
            dict(held),
            dict(unknown),
        )
        found.gaps, found.skipped = gaps, skipped
        quarantine.keep_of(scope, found.site_id, import_id, to_put_right, beyond)
        versions.note(records, versions.PLANT)


def fail(scope: Scope, import_id: str, why: str) -> None:
    """Say why an import, or its undoing, could not be brought to its end.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        found = required(records, FileImport, import_id)
        if found.state in AT_WORK:
            found.state, found.ended_at, found.why = "failed", now(), why


def undone(scope: Scope, import_id: str) -> None:
    """Say that nothing of an import is stored any more.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        found = required(records, FileImport, import_id)
        found.state = "cancelled" if found.state == "cancelling" else "undone"
        found.ended_at = now()
        _forget_result(found)
        quarantine.forget_of(scope, import_id)
        versions.note(records, versions.PLANT)


def with_files(scope: Scope, before: datetime) -> list[str]:
    """The imports that ended before then, and whose files are still kept.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        old = select(FileImport.id).where(FileImport.ended_at < before, FileImport.file_kept)
        return list(records.scalars(old.where(FileImport.state.not_in(AT_WORK))))


def file_gone(scope: Scope, import_id: str) -> None:
    """Say that the file of an import is not kept any more.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        required(records, FileImport, import_id).file_kept = False


def others_of(scope: Scope, import_id: str) -> list[str]:
    """The other imports of the same site, the newest first.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with reading() as records:
        site_id = required(records, FileImport, import_id).site_id
        theirs = select(FileImport.id).where(FileImport.site_id == site_id, FileImport.id != import_id)
        return list(records.scalars(theirs.order_by(FileImport.created_at.desc())))


def names(scope: Scope, site_id: str) -> dict[str, str]:
    """What the files of the site's imports are called, by the ids of these; raises as `imports_page`."""
    require(scope, Action.OPERATE, site_id=site_id)
    with reading() as records:
        found = records.execute(select(FileImport.id, FileImport.file_name).where(FileImport.site_id == site_id))
        return {row.id: row.file_name for row in found}
