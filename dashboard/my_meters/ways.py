"""What a meter's energy is called, and its colours, by which way it goes."""

from collections.abc import Mapping
from typing import NamedTuple

from config.language import N_
from insight.own_meters import Direction


class Way(NamedTuple):
    """What is said of energy in a meter's direction, and of energy against it."""

    forward: str
    backward: str
    tokens: tuple[str, str]  # the colours of both


WAYS: Mapping[Direction, Way] = {
    "taken": Way(N_("taken"), N_("fed in"), ("demand", "pv")),
    "made": Way(N_("produced"), N_("drawn"), ("pv", "demand")),
    "charged": Way(N_("charged"), N_("discharged"), ("storage", "grid")),
    "discharged": Way(N_("discharged"), N_("charged"), ("storage", "grid")),
}
