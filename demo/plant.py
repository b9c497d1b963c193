"""What a demo site consists of, and what its meters show at any moment: a deterministic function of time."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from demo import electrics, replay
from demo.replay import Floats

INTERVAL = "interval"
COUNTER = "counter"
POWER = "power"

SOURCE = "replay"  # of rows that Loadstar writes for the demo itself
REGION_EVERY_S = 300  # how often a region's conditions are written

# What a meter posts for its energy, by its method: its own register and the one for the other direction.
REGISTERS = {
    INTERVAL: ("energy_kwh", "energy_export_kwh"),
    COUNTER: ("energy_total_kwh", "energy_export_total_kwh"),
    POWER: ("power_kw", None),
}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the site's graph; `x`, `y` place it on the plan (0..1 from the left, from the top).

    `building` is the number that the recording gives a building; area, people and use it does not tell.
    """

    key: str
    name: str
    kind: str
    technology: str = ""
    simulated: bool = False
    capacity_kw: float | None = None
    capacity_kwh: float | None = None
    x: float | None = None
    y: float | None = None
    building: str = ""


@dataclass(frozen=True, slots=True)
class Meter:
    """The main meter of an edge. `method` is where its energy comes from once it is live; `levels` are posted beside it.

    `rating_kw` is what `load_pct` is a share of, `power_factor` its simulated usual one.
    """

    key: str
    name: str
    device: str
    method: str
    rating_kw: float
    levels: tuple[str, ...] = ()
    simulated: bool = False
    note: str = ""
    power_factor: float = 0.98


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between two nodes (keys), measured by `meter` or by none."""

    source: str
    target: str
    meter: Meter | None
    two_way: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """Hardware that posts; `fields` is what its Road-1 fields mean: (meter key, quantity). Without fields it uses Road 2."""

    key: str
    name: str
    energy_mode: str = INTERVAL
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True, slots=True)
class Batteries:
    """The batteries of a site: their limits, the columns of their meters and what is stored at each hour's start."""

    limits: replay.Battery
    columns: list[int]
    stored: Floats


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the site's region shares: `lines` are known at each hour's start, `steps` hold for an hour, `means` are its mean."""

    lines: dict[str, Floats]
    steps: dict[str, Floats]
    means: dict[str, replay.Flows]


@dataclass(frozen=True)
class Plant:
    """A demo site. Column i of `registers` belongs to the i-th of `meters`."""

    key: str
    first: int
    name: str
    kind: str
    time_zone: str
    currency: str
    latitude: float
    longitude: float
    nominal_voltage_v: float
    nominal_frequency_hz: float
    phases: int
    source_note: str
    region: str
    region_note: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    devices: tuple[Device, ...]
    registers: replay.Registers
    batteries: Batteries
    conditions: Conditions
    dip: str = ""  # the meter whose voltage sags for some minutes each day
    outage: str = ""  # the device that is silent for some minutes each day

    @property
    def meters(self) -> list[Meter]:
        """The meters, in the order of the columns."""
        return [edge.meter for edge in self.edges if edge.meter]

    @property
    def two_way(self) -> list[bool]:
        """Whether each meter has a register for the other direction."""
        return [edge.two_way for edge in self.edges if edge.meter]

    @property
    def region_quantities(self) -> list[str]:
        """The quantities of the region's series."""
        return [*self.conditions.lines, *self.conditions.steps, *self.conditions.means]


Series = dict[tuple[str, str], Floats]  # (meter key, quantity) → values, one a step


def samples(plant: Plant, edges: ArrayLike) -> Series:
    """What the meters post for the steps between neighbouring moments (seconds): registers and levels at each step's end.

    Energies are of the step; powers are the step's mean.
    """
    moments = np.asarray(edges, dtype=np.float64)
    places = replay.place(plant.first, moments)
    forward, back = replay.energies(plant.registers, places)
    forward_total, back_total = replay.counters(plant.registers, places)
    hours = np.diff(moments)[:, None] / replay.HOUR_S
    shown: dict[str, tuple[Floats, Floats]] = {
        INTERVAL: (forward, back),
        COUNTER: (forward_total[1:], back_total[1:]),
        POWER: ((forward - back) / hours, back),
    }
    series: Series = {}
    for column, (meter, two_way) in enumerate(zip(plant.meters, plant.two_way, strict=True)):
        own, reverse = REGISTERS[meter.method]
        series[meter.key, own] = shown[meter.method][0][:, column]
        if two_way and reverse:
            series[meter.key, reverse] = shown[meter.method][1][:, column]
    return series | levels(plant, moments[1:])


def intervals(plant: Plant, edges: ArrayLike) -> Series:
    """The energies (kWh) of the steps between neighbouring moments, whatever the meters' live methods."""
    forward, back = replay.energies(plant.registers, replay.place(plant.first, edges))
    series: Series = {}
    for column, (meter, two_way) in enumerate(zip(plant.meters, plant.two_way, strict=True)):
        series[meter.key, "energy_kwh"] = forward[:, column]
        if two_way:
            series[meter.key, "energy_export_kwh"] = back[:, column]
    return series


def is_energy(quantity: str) -> bool:
    """Whether a sample of the quantity is of a stretch of time, and so stored at its start."""
    return quantity in REGISTERS[INTERVAL]


def holds_on(quantity: str) -> bool:
    """Whether a sample tells of the time after it: how far a register had come, or the power until the next one."""
    return quantity in REGISTERS[COUNTER] or quantity in REGISTERS[POWER]


def levels(plant: Plant, moments: ArrayLike) -> Series:
    """The conditions that the meters show at the moments: state of charge by the replay, the others simulated."""
    seconds = np.asarray(moments, dtype=np.float64)
    places = replay.place(plant.first, seconds)
    meters = plant.meters
    power = replay.power(plant.registers.of, places)
    at = electrics.Supply(plant.nominal_voltage_v, plant.nominal_frequency_hz, plant.phases)
    rating = np.array([meter.rating_kw for meter in meters])
    dips = np.array([meter.key == plant.dip for meter in meters])
    shown = electrics.levels(at, seconds, power, rating, np.array([meter.power_factor for meter in meters]), dips)
    stored = replay.charge(plant.batteries.limits, plant.registers.of[plant.batteries.columns], plant.batteries.stored, places)
    series: Series = {}
    for column, meter in enumerate(meters):
        for quantity in meter.levels:
            if quantity == "soc_pct":
                series[meter.key, quantity] = stored[:, plant.batteries.columns.index(column)] * 100
            else:
                series[meter.key, quantity] = shown[quantity][:, column]
    return series


def conditions(plant: Plant, moments: ArrayLike) -> dict[str, Floats]:
    """The region's quantities at the moments."""
    places = replay.place(plant.first, moments)
    known = plant.conditions
    return {
        **{name: replay.line(hourly, places)[:, 0] for name, hourly in known.lines.items()},
        **{name: hourly[places.hour, 0] for name, hourly in known.steps.items()},
        **{name: replay.power(flows, places)[:, 0] for name, flows in known.means.items()},
    }


def silent(plant: Plant, device: str, moments: ArrayLike) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether the device is in its daily outage at the moments."""
    seconds = np.asarray(moments, dtype=np.float64)
    if device != plant.outage:
        return np.zeros(seconds.shape, dtype=bool)
    return electrics.in_daily(seconds, electrics.OUTAGE)


# The Road-1 field of each condition.
FIELD_OF = {
    "load_pct": "current_load",
    "voltage_v": "voltage",
    "current_a": "current",
    "current_l1_a": "current1",
    "current_l2_a": "current2",
    "current_l3_a": "current3",
    "frequency_hz": "frequency",
    "power_factor": "power_factor",
}


def fields(consumed: Meter | None, produced: Meter | None = None, *, two_way: bool = False) -> dict[str, tuple[str, str]]:
    """The Road-1 fields of a device: what it consumed and produced, and the conditions that its meters show.

    A two-way meter is `consumed`; what it gave back is its other register.
    """
    names: dict[str, tuple[str, str]] = {}
    for meter, name in ((consumed, "energy_consumed"), (produced, "energy_produced")):
        if meter:
            names[name] = (meter.key, str(REGISTERS[meter.method][0]))
    if consumed and two_way:
        names["energy_produced"] = (consumed.key, str(REGISTERS[consumed.method][1]))
    for meter in filter(None, (consumed, produced)):
        for quantity in meter.levels:
            if quantity in FIELD_OF:
                names.setdefault(FIELD_OF[quantity], (meter.key, quantity))
    return names


def assemble(edges: tuple[Edge, ...], flows_of: dict[str, replay.Flows]) -> replay.Registers:
    """The registers of the metered edges, in their order; `flows_of` by meter key."""
    return replay.registers(replay.beside(*(flows_of[edge.meter.key] for edge in edges if edge.meter)))
