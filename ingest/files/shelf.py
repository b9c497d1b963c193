"""Where files stand that are imported: those that people are sending, and those of imports, each in a folder of its own.

A file is taken only while the disk has room for it and for all that Loadstar needs beside it.
"""

import datetime
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from config import clock
from config.language import _
from config.settings import Settings
from store import disks
from store.errors import Refused, StoreFull
from store.records.plant import imports, uploads
from store.records.plant.imports import File
from store.records.schema import Upload
from store.scope import SYSTEM, Scope

PIECE = 2**20
REFUSED = "refused.jsonl"  # what of an import was refused, a problem a line
KEPT_PROBLEMS = 100_000  # of them
BEFORE = "before"  # the folder of what stood where an import's readings went


class WrongOffset(Exception):
    """The next byte that is missing is another one: `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def folder(settings: Settings, import_id: str) -> Path:
    """The folder of an import."""
    return settings.home / "imports" / import_id


def file_of(settings: Settings, import_id: str) -> Path:
    """The file of an import."""
    return folder(settings, import_id) / "file"


def require_room(settings: Settings, size: int) -> None:
    """Raise `StoreFull` unless the disk of the state folder has room for so many bytes more."""
    free = shutil.disk_usage(settings.home).free
    if free - size < disks.least_free(settings):
        raise StoreFull(
            _(
                "the disk has no room for this file: it has %(size)s MB, and %(free)s MB are free",
                size=-(-size // 2**20),
                free=free // 2**20,
            )
        )


def require_size(settings: Settings, size: int) -> None:
    """Raise `Refused` for a file that is larger than any may be, or empty."""
    if size <= 0:
        raise Refused(_("the file is empty: look whether it is the right one"), "file")
    if size > settings.import_limit_mb * 2**20:
        words = _(
            "the file has %(size)s MB: up to %(most)s MB may be imported", size=-(-size // 2**20), most=settings.import_limit_mb
        )
        raise Refused(words, "file")


def begin_upload(scope: Scope, settings: Settings, file_name: str, size: int) -> Upload:
    """Begin to take a file of so many bytes, which is sent in pieces.

    Raises:
        NotFound: nobody is signed in.
        Refused: it is too large or empty, or too many are under way.
        StoreFull: the disk has no room for it.
    """
    require_size(settings, size)
    require_room(settings, size)
    made = uploads.create_upload(scope, file_name, size)
    path = _of_upload(settings, made.id)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return made


def offset(scope: Scope, settings: Settings, upload_id: str) -> tuple[int, Upload]:
    """How many bytes of an upload have come, and the upload. Raises `NotFound` as `uploads.upload`."""
    found = uploads.upload(scope, upload_id)
    path = _of_upload(settings, upload_id)
    return path.stat().st_size if path.exists() else 0, found


def add_piece(scope: Scope, settings: Settings, upload_id: str, at: int, pieces: Iterator[bytes]) -> int:
    """Add bytes to an upload, from the one `at` on; how many have come now. What came before the sender broke off stays.

    Raises:
        NotFound: as `uploads.upload`.
        WrongOffset: it goes on elsewhere.
        Refused: more comes than was said, or somebody else sends the same just now.
        StoreFull: the disk has no room any more.
    """
    found = uploads.upload(scope, upload_id)
    with _of_upload(settings, upload_id).open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(_("another piece of this upload is just being taken: send this one after it")) from None
        come = file.seek(0, os.SEEK_END)
        if come != at:
            raise WrongOffset(come)
        require_room(settings, 0)
        for piece in pieces:
            if come + len(piece) > found.size:
                raise Refused(
                    _("more was sent than the %(size)s bytes that were announced: upload the file anew", size=found.size)
                )
            file.write(piece)
            come += len(piece)
    return come


def finished(scope: Scope, settings: Settings, upload_id: str) -> tuple[Path, Upload]:
    """The file of an upload that has come whole.

    Raises:
        NotFound: as `uploads.upload`.
        Refused: some of it is still missing.
    """
    come, found = offset(scope, settings, upload_id)
    if come < found.size:
        raise Refused(_("%(come)s of %(size)s bytes of this upload have come: send the rest first", come=come, size=found.size))
    return _of_upload(settings, upload_id), found


def end_upload(scope: Scope, settings: Settings, upload_id: str) -> None:
    """Take an upload no further, and forget what has come of it. Raises `NotFound` as `uploads.upload`."""
    uploads.forget_upload(scope, upload_id)
    own = _of_upload(settings, upload_id)
    for path in (own, *own.parent.glob(f"{upload_id}.*")):
        path.unlink(missing_ok=True)


def beside_upload(settings: Settings, upload_id: str, name: str) -> Path:
    """A file of this name that is kept beside an upload for as long as that is."""
    own = _of_upload(settings, upload_id)
    return own.with_name(f"{upload_id}.{name}")


def _of_upload(settings: Settings, upload_id: str) -> Path:
    return settings.home / "uploads" / upload_id


def described(path: Path, name: str) -> File:
    """What is kept of a file in the record of its import."""
    digest, size, lines = hashlib.sha256(), 0, 0
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            size += len(piece)
            lines += piece.count(b"\n")
    return File(name, size, digest.hexdigest(), lines)


def put(settings: Settings, import_id: str, path: Path, *, moves: bool) -> None:
    """Keep a file as that of an import: moved there, or copied.

    Raises:
        StoreFull: the disk has no room for it.
    """
    goal = file_of(settings, import_id)
    if goal.exists():
        if moves:
            path.unlink()
        return
    goal.parent.mkdir(parents=True, exist_ok=True)
    if moves:
        path.replace(goal)
        return
    require_room(settings, path.stat().st_size)
    draft = goal.with_suffix(".draft")
    shutil.copyfile(path, draft)
    draft.replace(goal)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """A file to be written whole: it stands at `path` once it is, also on the disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_name(path.name + ".draft")
    try:
        yield made
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(path)
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)


@contextmanager
def spare(settings: Settings) -> Iterator[IO[bytes]]:
    """An empty file on the disk of the state folder, which is gone with whoever uses it, also when that is killed."""
    place = settings.home / "imports"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=place) as file:
        yield file


def forget_old(settings: Settings) -> int:
    """Remove uploads whose time is over, and the files of imports that ended long ago; how many were removed."""
    now = clock.now()
    going_on, gone = uploads.known(SYSTEM, now), 0
    there = settings.home / "uploads"
    for path in there.iterdir() if there.exists() else ():
        if path.name.partition(".")[0] not in going_on:
            path.unlink(missing_ok=True)
            gone += 1
    for import_id in imports.with_files(SYSTEM, now - datetime.timedelta(days=settings.import_file_days)):
        file_of(settings, import_id).unlink(missing_ok=True)
        imports.file_gone(SYSTEM, import_id)
        gone += 1
    return gone
