"""The outbox: what is to be told to people by mail."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, now


class Mail(Record):
    """A mail to one person, perhaps with a PDF. Without `next_at` it is tried no more: it is sent, or was given up."""

    __tablename__ = "mails"

    id: Mapped[str] = identity("mai")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    recipient: Mapped[str] = mapped_column(index=True)  # an address
    kind: Mapped[str]
    subject: Mapped[str]
    text: Mapped[str]  # emptied when it is sent, as its file is: links in it are keys
    made_at: Mapped[datetime] = mapped_column(default=now, index=True)
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None]
    asked_by: Mapped[str | None]  # a keyed hash of the network from which somebody asked for it who only named the address
    file_name: Mapped[str | None]
    file: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
