"""What happens to a Loadstar beside kills: one module an incident, called by its name.

Each is told what share of it is wanted (1 in full), and says what it counted.
"""

from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from faults.house import House
from faults.incidents import days
from faults.verdict import Verdict


class Incident(NamedTuple):
    """An incident: its module, what happens, and the meters that are for it alone, one of its name if they are not named."""

    module: str
    about: str
    meters: tuple[str, ...] = ()

    def happen(self, where: House | Path, share: float) -> list[Verdict]:
        """Let it happen; what was counted."""
        found: list[Verdict] = import_module(f"faults.incidents.{self.module}").happen(where, share)
        return found


# To a Loadstar of their own, as `up` starts it, in a folder.
ALONE = {
    each.module: each
    for each in (
        Incident("disk", "the disk is full for half a minute"),
        Incident("clock", "the clock is set a day ahead and a day back"),
    )
}
# To the house that is killed part by part.
TOGETHER = {
    each.module: each
    for each in (
        Incident("stop", "QuestDB stands still for half a minute"),
        Incident("order", "everything is started in the wrong order"),
        Incident("resets", "connections are reset before and after the answer"),
        Incident("copies", "a thousand copies of one post come at once"),
        Incident("slow", "slow clients take hours over a post"),
        Incident("broker", "the broker is gone for a minute"),
        Incident("backfill", "thirty days come late while devices post"),
        Incident("days", "the days on which the clocks are changed come late, by every road", days.METERS),
        Incident("records", "the volume of the records is full for a minute"),
        Incident("file", "the import of a file is killed half-way"),
        Incident("backup", "a backup is taken"),
    )
}
# Meters that nobody posts for but an incident.
ODD = [name for each in TOGETHER.values() for name in each.meters or (each.module,)]
