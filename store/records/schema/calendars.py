"""What days are on a site: the holidays of its country, days and periods of its own, and the hours it is open."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from store.records.schema.columns import Record, identity, one_of


class SiteCalendar(Record):
    """Whose official holidays a site keeps (ISO 3166-1 and -2; empty: nobody's), and when it is open.

    `opening` has seven lists, Monday first, each of `[start_min, end_min]` in minutes since local midnight.
    """

    __tablename__ = "site_calendars"

    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), primary_key=True)
    country: Mapped[str] = mapped_column(default="")
    subdivision: Mapped[str] = mapped_column(default="")
    opening: Mapped[list[Any]] = mapped_column(JSON, default=list)


class CalendarPeriod(Record):
    """A day of a site's own, or several, the last one included."""

    __tablename__ = "calendar_periods"
    __table_args__ = (
        one_of("kind", "holiday", "working", "school", "shutdown"),
        CheckConstraint("last_day >= first_day", name="days"),
    )

    id: Mapped[str] = identity("cal")
    site_id: Mapped[str] = mapped_column(ForeignKey("sites.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    first_day: Mapped[date]
    last_day: Mapped[date]
