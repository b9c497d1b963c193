"""What a home uses, by the meters in it: those at its edge, and what is made and kept behind them."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from models.graph import Node


class Part(NamedTuple):
    """A meter of a home and the two nodes of its edge."""

    meter_id: str
    source: Node
    target: Node

    @property
    def is_source(self) -> bool:
        """Whether it measures what the home makes itself."""
        return self.source.kind == "source" and self.source.technology != "grid"

    @property
    def is_storage(self) -> bool:
        """Whether it measures what goes into or out of a storage."""
        return "storage" in (self.source.kind, self.target.kind)


class Home(NamedTuple):
    """Ids of meters: where energy enters, what makes it, what of that is behind the entry, and storages (sign of discharge)."""

    entries: tuple[str, ...]
    made: tuple[str, ...]
    behind: tuple[str, ...]
    storages: Mapping[str, int]

    @property
    def counted(self) -> tuple[str, ...]:
        """Those that what is used follows from."""
        return tuple(dict.fromkeys((*self.entries, *self.behind, *self.storages)))

    @property
    def meter_ids(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys((*self.entries, *self.made, *self.storages)))


class HomeEnergy(NamedTuple):
    """Energy of a period, kWh; `used` is None where nothing measures what enters, `kept` (0..1) the share of what was made."""

    bought: float
    fed_in: float
    made: float
    used: float | None
    kept: float | None


def home_of(parts: Sequence[Part]) -> Home:
    """Which of the meters say what: one behind another, such as a car's, is counted by that one already."""
    plain = [part for part in parts if not part.is_source and not part.is_storage]
    inner = {part.target.id for part in plain}
    entries = [part for part in plain if part.source.id not in inner]
    inside = {part.target.id for part in entries} | inner
    sources = [part for part in parts if part.is_source]
    storages = {
        part.meter_id: 1 if part.source.kind == "storage" else -1
        for part in parts
        if part.is_storage and {part.source.id, part.target.id} & inside
    }
    return Home(
        tuple(part.meter_id for part in entries),
        tuple(part.meter_id for part in sources),
        tuple(part.meter_id for part in sources if part.target.id in inside),
        storages,
    )


def energy_of(home: Home, forward: Mapping[str, float], export: Mapping[str, float]) -> HomeEnergy:
    """The home's energy of a period, of each meter's in its direction (`forward`) and against it (`export`), kWh.

    Linear but for `kept`, so periods add up. What is made somewhere else than behind the meter where energy enters does not
    count as used: which of it the home took is then not known.
    """
    bought, fed_in = (sum(of[meter] for meter in home.entries) for of in (forward, export))
    made = sum(forward[meter] for meter in home.made)
    behind = sum(forward[meter] - export[meter] for meter in home.behind)
    discharged = sum(sign * (forward[meter] - export[meter]) for meter, sign in home.storages.items())
    used = bought - fed_in + behind + discharged if home.entries else None
    is_known = bool(home.entries) and home.behind == home.made and made > 0
    return HomeEnergy(bought, fed_in, made, used, min(1.0, max(0.0, 1 - fed_in / made)) if is_known else None)
