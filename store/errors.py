"""What can go wrong in the store, in the words of whoever can do something about it."""

import math

from config.language import _


class StoreError(Exception):
    """Anything the store refuses or cannot do."""


class StoreAway(StoreError):
    """The database cannot be reached now; trying again later may work."""


class StoreFull(StoreError):
    """The disk is nearly full, so nothing more is accepted before it is."""


class NotFound(StoreError):
    """No such record, or none the scope may see: the two are never told apart."""


class Refused(StoreError):
    """The record would break a rule; the message says which and what to do, `about` the argument that broke it, if one did."""

    def __init__(self, message: str | None = "", about: str = "") -> None:
        super().__init__(message)
        self.about = about


class NotStorable(Refused):
    """A number or a text that no database takes; whoever asks with it is told so as well."""

    def __init__(self) -> None:
        super().__init__(_("a number is too large, or a text holds a character that no text has: type it again"))


class TooSoon(Refused):
    """Too many tries of something that could be guessed: `retry_s` is when the next one may be."""

    def __init__(self, wait_s: float) -> None:
        self.retry_s = math.ceil(wait_s)
        super().__init__(_("too many tries: try again in %(seconds)s s", seconds=self.retry_s))
