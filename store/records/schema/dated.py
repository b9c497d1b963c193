"""Versions with dates: a new one closes the one before it and gives way to the one after it."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Protocol, TypeVar

from config.language import _
from store.errors import Refused


class Dated(Protocol):
    """Something that holds from `valid_from` until, not including, `valid_to`."""

    valid_from: datetime
    valid_to: datetime | None


D = TypeVar("D", bound=Dated)


def fit_in(new: D, others: Sequence[D]) -> None:
    """Set the dates of a new version and of the one before it, so that one of them holds at every moment.

    Raises:
        Refused: another version starts at the same moment.
    """
    if any(other.valid_from == new.valid_from for other in others):
        raise Refused(
            _("another one starts at %(since)s UTC already: choose another time", since=f"{new.valid_from:%Y-%m-%d %H:%M}")
        )
    before = [other for other in others if other.valid_from < new.valid_from]
    after = [other for other in others if other.valid_from > new.valid_from]
    if before:
        last = max(before, key=lambda other: other.valid_from)
        if last.valid_to is None or last.valid_to > new.valid_from:
            last.valid_to = new.valid_from
    if after:
        new.valid_to = min(other.valid_from for other in after)


def holds_at(version: Dated, at: datetime) -> bool:
    """Whether the version holds at that moment."""
    return version.valid_from <= at and (version.valid_to is None or at < version.valid_to)


def gaps(versions: Sequence[Dated]) -> list[tuple[datetime, datetime | None]]:
    """From when until when none of the versions, the earliest first, holds after the first one; None: from then on."""
    between = [(a.valid_to, b.valid_from) for a, b in pairwise(versions) if a.valid_to is not None and a.valid_to < b.valid_from]
    last = [(versions[-1].valid_to, None)] if versions and versions[-1].valid_to is not None else []
    return [*between, *last]
