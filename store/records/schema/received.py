"""The last requests of keys and brokers, while somebody watches."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, now, one_of


class ReceivedRequest(Record):
    """One request, or one message of a broker, as it came and as it was answered; `body` is its beginning.

    `verdict` holds what was said of its readings: `kind` (`refused`, `held`, `note`), `code`, `message`, `index` or `field`,
    `value`, `allowed`. `status` is none for a message: nobody waits for an answer.
    """

    __tablename__ = "received_requests"
    __table_args__ = (
        one_of("road", "hardware", "readings", "lines", "mqtt"),
        Index("ix_received_requests_source_id_at", "source_id", "at"),
    )

    id: Mapped[str] = identity("req")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    source_id: Mapped[str]  # a key or a broker
    at: Mapped[datetime] = mapped_column(default=now)
    road: Mapped[str]
    path: Mapped[str]  # of the address, or the topic
    dry_run: Mapped[bool] = mapped_column(default=False, server_default=false())
    size: Mapped[int]  # bytes, after decompression
    status: Mapped[int | None]
    accepted: Mapped[int]
    refused: Mapped[int]
    held: Mapped[int]
    waiting: Mapped[int]
    body: Mapped[str]
    verdict: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)


class WatchedSource(Record):
    """Somebody looks at what a key or a broker sends, until then unless they look again."""

    __tablename__ = "watched_sources"

    source_id: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
