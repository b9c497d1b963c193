"""People's pictures. Whoever takes one in encodes it anew, so that nothing but the picture is kept."""

from datetime import datetime

from sqlalchemy import delete, select

from config.language import _
from store.errors import Refused
from store.records.access.policy import holder
from store.records.access.visibility import may_be_seen
from store.records.schema import Picture, User
from store.records.schema.columns import now
from store.records.schema.people import PICTURE_BYTES
from store.records.transaction.engine import reading, session
from store.records.transaction.lookup import missing
from store.scope import Scope

_STARTS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "image/webp": b"RIFF"}


def picture(scope: Scope, user_id: str) -> Picture | None:
    """The picture of somebody whom the scope may see, none when they have none; raises `NotFound` for anyone else."""
    with reading() as records:
        if not may_be_seen(records, scope, user_id):
            raise missing(User, user_id)
        return records.get(Picture, user_id)


def picture_moment(scope: Scope, user_id: str) -> datetime | None:
    """When somebody whom the scope may see chose their picture, none when they have none or are nobody for the scope."""
    with reading() as records:
        if not may_be_seen(records, scope, user_id):
            return None
        return records.scalar(select(Picture.updated_at).where(Picture.user_id == user_id))


def keep_picture(scope: Scope, content: bytes, content_type: str) -> None:
    """Keep the holder's picture in the place of the one before: a PNG, JPEG or WebP that was encoded anew.

    Raises:
        NotFound: nobody is signed in.
        Refused: it is too big, or not what it says it is.
    """
    if len(content) > PICTURE_BYTES:
        raise Refused(_("a picture has %(most)s KiB at the most: make it smaller", most=PICTURE_BYTES // 1024))
    if not content.startswith(_STARTS.get(content_type, b"\0 none")):
        raise Refused(_("a picture is a PNG, JPEG or WebP: save it as one of them"))
    with session() as records:
        records.merge(Picture(user_id=holder(scope), content=content, content_type=content_type, updated_at=now()))


def remove_picture(scope: Scope) -> None:
    """Remove the holder's picture, if they have one; raises `NotFound` for nobody."""
    with session() as records:
        records.execute(delete(Picture).where(Picture.user_id == holder(scope)))
