"""What can go wrong in the store, in the words of whoever can do something about it."""


class StoreError(Exception):
    """Anything the store refuses or cannot do."""


class StoreAway(StoreError):
    """The database cannot be reached now; trying again later may work."""


class StoreFull(StoreError):
    """The disk is nearly full, so nothing more is accepted before it is."""


class NotFound(StoreError):
    """No such record, or none the scope may see: the two are never told apart."""


class Refused(StoreError):
    """The record would break a rule; the message says which and what to do."""
