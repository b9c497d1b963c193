"""Files that people send in pieces: whose each is, how long it is to be, and until when it may be gone on with."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from config.language import _
from store.errors import NotFound, Refused
from store.records.access.policy import Action, holder, require
from store.records.jobs import asking
from store.records.jobs.kinds import FILE_CHECK
from store.records.schema import Job, Upload
from store.records.schema.columns import now
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import required
from store.scope import Scope

LASTS = timedelta(hours=24)  # since it was begun
MOST_EACH = 10
LONGEST_NAME = 200


def create_upload(scope: Scope, file_name: str, size: int) -> Upload:
    """Begin an upload of so many bytes.

    Raises:
        NotFound: nobody is signed in.
        Refused: as many uploads of theirs are under way as may be.
    """
    owner = holder(scope)
    with session() as records:
        theirs = select(func.count()).select_from(Upload).where(Upload.user_id == owner, Upload.expires_at > now())
        if (records.scalar(theirs) or 0) >= MOST_EACH:
            raise Refused(_("%(most)s uploads of yours are under way: finish or end one of them first", most=MOST_EACH))
        made = Upload(user_id=owner, file_name=file_name[:LONGEST_NAME], size=size, expires_at=now() + LASTS)
        records.add(made)
    return made


def upload(scope: Scope, upload_id: str) -> Upload:
    """An upload of the holder's.

    Raises:
        NotFound: there is none, it is somebody else's, or its time is over.
    """
    owner = holder(scope)
    with reading() as records:
        found = records.get(Upload, upload_id or "")
    if found is None or found.user_id != owner or found.expires_at <= now():
        raise NotFound(_("this upload is gone: its file was imported or discarded, or waited too long; look under Imports"))
    return found


def theirs(scope: Scope) -> list[Upload]:
    """The uploads of the holder that may still be gone on with, the newest first.

    Raises:
        NotFound: nobody is signed in.
    """
    owner = holder(scope)
    with reading() as records:
        mine = select(Upload).where(Upload.user_id == owner, Upload.expires_at > now())
        return list(records.scalars(mine.order_by(Upload.created_at.desc(), Upload.id)))


def forget_upload(scope: Scope, upload_id: str) -> None:
    """Forget an upload of the holder's: it was ended, or its file has become an import's. Raises as `upload`."""
    with session() as records:
        cancel_check(scope, upload_id)
        records.delete(required(records, Upload, upload_id))


def check_of(scope: Scope, upload_id: str) -> Job | None:
    """The newest job that checks an upload of the holder's, done or not, while it is known. Raises as `upload`."""
    upload(scope, upload_id)
    theirs = (each for each in asking.own_jobs(scope) if each.kind == FILE_CHECK.name)
    return next((each for each in theirs if each.arguments["upload_id"] == upload_id), None)


def cancel_check(scope: Scope, upload_id: str) -> bool:
    """Call off what checks an upload of the holder's; whether there was anything. Raises as `upload`."""
    job = check_of(scope, upload_id)
    return job is not None and asking.cancel(scope, job.id)


def known(scope: Scope, at: datetime) -> set[str]:
    """The uploads that may still be gone on with at that moment; all others are forgotten.

    Raises:
        Refused: not one of Loadstar's own processes.
    """
    require(scope, Action.RUN)
    with session() as records:
        for each in records.scalars(select(Upload).where(Upload.expires_at <= at)):
            records.delete(each)
        records.flush()
        return set(records.scalars(select(Upload.id)))
