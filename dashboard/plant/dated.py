"""Whether something with dates is active now, as tables of such things show it."""

from datetime import datetime
from typing import Protocol

from dash import html

from dashboard.parts.aria import data

ACTIVE, ENDED, PLANNED = "active", "ended", "planned"
MARKS = {ACTIVE: "live", ENDED: "never", PLANNED: "planned"}


class Dated(Protocol):
    """What is from one moment on until another, or until further notice."""

    @property
    def valid_from(self) -> datetime:
        """Its first moment."""

    @property
    def valid_to(self) -> datetime | None:
        """The first moment that it is not."""


def state(record: Dated, at: datetime) -> str:
    """Which of the three it is at a moment."""
    if record.valid_to is not None and record.valid_to <= at:
        return ENDED
    return ACTIVE if record.valid_from <= at else PLANNED


def mark(words: str) -> html.Span:
    """The same as a cell shows it."""
    return html.Span(words, className="state", **data(state=MARKS[words]))
