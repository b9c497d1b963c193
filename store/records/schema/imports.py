"""Imports of files: what was read how, by whom, and what became of it; how the files of a source are read; and uploads."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import QUIET, Record, identity, now, one_of

STATES = ("waiting", "running", "done", "failed", "cancelling", "cancelled", "undoing", "undone")


class FileImport(Record):
    """A file of history that is or was taken into a site's meters.

    The id is the source of what it stores; it follows from the site, the file and the profile, which is kept as it was then.
    `parts` are blocks that are stored. `totals` are of a meter and quantity each: count, sum, first and last end (µs).
    """

    __tablename__ = "imports"
    __table_args__ = (one_of("state", *STATES),)

    id: Mapped[str] = mapped_column(primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), index=True)
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    digest: Mapped[str]  # SHA-256
    lines: Mapped[int] = mapped_column(BigInteger)
    profile: Mapped[dict[str, Any]]
    profile_name: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="waiting")
    job_id: Mapped[str | None]  # the one at work now, or last
    why: Mapped[str | None]  # it failed
    created_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    file_kept: Mapped[bool] = mapped_column(default=True, server_default=true(), info=QUIET)
    parts: Mapped[int] = mapped_column(default=0, info=QUIET)
    readings: Mapped[int] = mapped_column(BigInteger, default=0, info=QUIET)
    refused: Mapped[dict[str, Any]] = mapped_column(default=dict, info=QUIET)  # how many, by code
    held: Mapped[dict[str, Any]] = mapped_column(default=dict, info=QUIET)
    unknown: Mapped[dict[str, Any]] = mapped_column(default=dict, info=QUIET)  # how many, by a meter's name in the file
    totals: Mapped[list[Any]] = mapped_column(JSON, default=list, info=QUIET)
    gaps: Mapped[int] = mapped_column(BigInteger, default=0, info=QUIET)
    skipped: Mapped[int] = mapped_column(BigInteger, default=0, info=QUIET)


class ImportProfile(Record):
    """How the files of one source are read, by the name that people gave it, so that the next one comes without questions."""

    __tablename__ = "import_profiles"
    __table_args__ = (UniqueConstraint("site_id", "name"),)

    id: Mapped[str] = identity("ipr")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    name: Mapped[str]
    profile: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Upload(Record):
    """A file that its person sends in pieces; how much of it has come is the length of the file on the disk."""

    __tablename__ = "uploads"

    id: Mapped[str] = identity("upl")
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    file_name: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)  # bytes
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class ImportDraft(Record):
    """What was said of a file that was sent and is not imported yet.

    `told` are entries of its profile, `meters` the ids of meters by their names in the file (empty: left out).
    """

    __tablename__ = "import_drafts"

    upload_id: Mapped[str] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"))
    told: Mapped[dict[str, Any]]
    meters: Mapped[dict[str, Any]]
    profile_name: Mapped[str | None]
