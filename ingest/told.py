"""What a sender was told of what it sent, in one form for all roads."""

from collections.abc import Sequence
from typing import NamedTuple

from ingest.doubt import Held
from ingest.problem import Problem


class Told(NamedTuple):
    """Readings that were taken (`held` are among them), that were not, and that wait for a mapping; and what was remarked."""

    accepted: int = 0
    rejected: Sequence[Problem] = ()
    held: Sequence[Held] = ()
    notes: Sequence[Problem] = ()
    waiting: int = 0
    dry_run: bool = False


NOTHING = Told()
