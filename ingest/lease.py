"""One at a time: of several processes, one holds the lease, and does what is to be done once: keeps the clock, hears a broker.

It turns the lease every few seconds. Another takes it only when it has seen nobody turn it for longer than a holder that
cannot turn it goes on believing that it is theirs; or at once, when it knows that the holder has ended.
"""

import logging
import time

from config import identity
from store.records.jobs import lease
from store.records.jobs.lease import Held
from store.scope import SYSTEM

log = logging.getLogger("loadstar.lease")

TURN_S = 2.0
BELIEVED_S = 20.0  # since the last turn that was written
FREE_S = 30.0  # since somebody else's last turn that was seen


class Lease:
    """A lease of this name, as this process sees it."""

    def __init__(self, name: str = lease.CLOCK, holder: str | None = None) -> None:
        self._name, self._holder = name, holder or identity.own()
        self._turned: float | None = None
        self._seen: tuple[Held | None, float] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it is held here, and surely by nobody else."""
        return self._turned is not None and time.monotonic() - self._turned < BELIEVED_S

    def turn(self) -> None:
        """Go on holding it, or take it when it is free.

        Raises:
            StoreAway: the records cannot be reached.
        """
        before = time.monotonic()
        if lease.turn(SYSTEM, self._name, self._holder):
            self._turned = before
            return
        if self._turned is not None:
            log.warning("%s: another process does it now", self._name)
        self._turned = None
        held = lease.held(SYSTEM, self._name)
        since = self._seen[1] if self._seen and self._seen[0] == held else before
        self._seen = held, since
        free = held is None or before - since > FREE_S or identity.has_ended(held.holder)
        if free and lease.take(SYSTEM, self._name, self._holder, held):
            log.info("%s: this process does it", self._name)
            self._turned = before

    def let_go(self) -> None:
        """Leave it to another at once.

        Raises:
            StoreAway: the records cannot be reached.
        """
        self._turned = None
        lease.let_go(SYSTEM, self._name, self._holder)
