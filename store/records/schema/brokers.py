"""Brokers of MQTT that are listened to, and what they say of who is there."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import SECRET, Record, identity, now


class Broker(Record):
    """A broker of a site: where it is, who Loadstar is there, and which topics it is asked for."""

    __tablename__ = "brokers"
    __table_args__ = (CheckConstraint("port BETWEEN 1 AND 65535", name="port"),)

    id: Mapped[str] = identity("brk")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    host: Mapped[str]
    port: Mapped[int]
    tls: Mapped[bool] = mapped_column(default=False, server_default=false())
    ca: Mapped[str | None]  # certificates (PEM) that its own must come from; none: those that the machine trusts
    username: Mapped[str | None]
    password: Mapped[str | None] = mapped_column(info=SECRET)  # sealed with the secret key
    client_id: Mapped[str]  # fixed: under it the broker keeps what comes while nobody listens
    subscriptions: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # topic, family, template
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[datetime] = mapped_column(default=now)


class BrokerState(Record):
    """How it goes with a broker, as the process that listens to it said last."""

    __tablename__ = "broker_states"

    broker_id: Mapped[str] = mapped_column(ForeignKey("brokers.id", ondelete="CASCADE"), primary_key=True)
    noted_at: Mapped[datetime]
    connected_since: Mapped[datetime | None]
    trouble: Mapped[str | None]  # why nothing is heard, if nothing is
    last_message_at: Mapped[datetime | None]
    messages_a_minute: Mapped[float] = mapped_column(default=0.0)
    messages: Mapped[int] = mapped_column(BigInteger, default=0)
    refused: Mapped[int] = mapped_column(BigInteger, default=0)  # values and messages, with their reasons in quarantine
    acknowledged: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    waiting: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # messages that came and are not settled yet


class BrokerSource(Record):
    """Whether a sender on a broker is there, as its birth or its will said last."""

    __tablename__ = "broker_sources"

    broker_id: Mapped[str] = mapped_column(ForeignKey("brokers.id", ondelete="CASCADE"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    online: Mapped[bool]
    since: Mapped[datetime]
