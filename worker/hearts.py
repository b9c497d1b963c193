"""Who looks on whether workers live: jobs of those whose hearts stand still are given to others."""

import time
from typing import NamedTuple

from config import identity
from store.records.jobs import working
from store.records.jobs.working import Heart
from store.scope import SYSTEM

STILL_S = 30.0  # without a beat: four times what the slowest write to the records may take


class Seen(NamedTuple):
    """A heart, and since when it has stood so, by the steady clock of whoever looks."""

    heart: Heart
    since: float


class Hearts:
    """What was seen of each attempt. One who was stopped meanwhile, as all may have been, begins to look anew."""

    def __init__(self) -> None:
        self._seen: dict[str, Seen] = {}
        self._looked = time.monotonic()

    def look(self) -> int:
        """Give back what stopped workers had; how many jobs it were.

        Raises:
            StoreAway: the records cannot be reached.
        """
        now, before = time.monotonic(), self._looked
        self._looked = now
        known = self._seen if now - before < STILL_S / 2 else {}
        found = working.hearts(SYSTEM)
        self._seen = {
            claim: known[claim] if claim in known and known[claim].heart == heart else Seen(heart, now)
            for claim, heart in found.items()
        }
        stopped = {
            claim: seen.heart
            for claim, seen in self._seen.items()
            if now - seen.since > STILL_S or identity.has_ended(seen.heart.worker)
        }
        return working.give_back(SYSTEM, stopped) if stopped else 0
