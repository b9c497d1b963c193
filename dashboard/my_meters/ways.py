"""What a meter's energy is called, and its colours, by which way it goes."""

from collections.abc import Mapping
from typing import NamedTuple

from insight.own_meters import Direction


class Way(NamedTuple):
    """What is said of energy in a meter's direction, and of energy against it."""

    forward: str
    backward: str
    tokens: tuple[str, str]  # the colours of both


WAYS: Mapping[Direction, Way] = {
    "taken": Way("taken", "fed in", ("demand", "pv")),
    "made": Way("produced", "drawn", ("pv", "demand")),
    "charged": Way("charged", "discharged", ("storage", "grid")),
    "discharged": Way("discharged", "charged", ("storage", "grid")),
}
