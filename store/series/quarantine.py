"""What could not be taken, kept with its reason until it is 30 days old: nothing that was acknowledged is gone without a word.

Whoever writes here has been let in; who may read it is asked where it is read.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from config.settings import Settings
from store.errors import Refused
from store.scope import Scope
from store.series.write import Writer

log = logging.getLogger(__name__)

BODY = 4_096  # characters that are kept of what was sent


class Kept(NamedTuple):
    """One thing that was sent: by which source, on which road, what is wrong with it, and itself."""

    source: str
    road: str
    reason: str
    body: str


class Quarantine:
    """Writes to it. Used by one thread."""

    def __init__(self, settings: Settings):
        self._writer = Writer(settings)

    def keep(self, scope: Scope, kept: Sequence[Kept], now_us: int) -> None:
        """Keep what was sent; returns when it is committed.

        Raises:
            Refused: the scope is not that of Loadstar itself.
            StoreAway: it cannot be known whether it is kept.
        """
        if not scope.everything:
            raise Refused("only Loadstar itself writes to quarantine")
        if not kept:
            return
        lines = [
            f"quarantine,source={each.source},road={each.road} "
            f"reason={_quoted(each.reason)},body={_quoted(each.body)} {now_us + place}\n"
            for place, each in enumerate(kept)
        ]
        for place, why in self._writer.write(lines, now_us).items():
            log.error("%s cannot be kept in quarantine: %s: %s", kept[place].source, kept[place].reason, why)

    def close(self) -> None:
        """Let go of the connection."""
        self._writer.close()


def _quoted(text: str) -> str:
    """A string of line protocol. A line ends where it ends: what would end one within is written as what it is."""
    cut = text[:BODY].encode("utf-8", "replace").decode()
    plain = "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in cut)
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
