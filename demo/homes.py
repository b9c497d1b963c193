"""Fontana Homes: seventeen real homes with PV, each with a simulated battery.

Measured (CityLearn 2022): the homes' loads, their PV, weather, price and CO2. Simulated by rule: the batteries; what each home
takes from and gives to the grid follows from its balance.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from demo import recordings, replay
from demo.plant import COUNTER, INTERVAL, POWER, Batteries, Conditions, Device, Edge, Meter, Node, Plant, assemble, fields
from demo.recordings import HOMES
from demo.replay import Floats
from demo.tables import Tables, kept

# From the data set's schema.
BATTERY = replay.Battery(kwh=6.4, kw=5.0, efficiency=0.9, reserve=0.1)
PV_KW = np.array([4.0, 4.0, 4.0, 5.0, 4.0, 4.0, 4.0, 4.0, 4.0, *[5.0] * 8])

SERVICE_KW = 24.0  # 100 A at 240 V
FEEDER_KW = 150.0
PEAK_HOURS = (15, 20)  # dear hours of the price series, Pacific standard time
BATTERY_RULE = "takes PV that the home does not use, covers the home in the dear hours 15-20 h (PST) and is empty after them"

UPPER_ROW = 9  # homes of the upper side of the street; the others are below


@lru_cache(maxsize=1)
def homes(folder: Path | None = None) -> Plant:
    """The site, its registers filled from the recording, by way of the tables kept in `folder`."""
    tables = kept(folder, "homes", _tables)
    edges = _edges()
    meters = [edge.meter.key for edge in edges if edge.meter]
    return Plant(
        key="homes",
        first=recordings.HOMES_FIRST,
        name="Fontana Homes",
        kind="pv_battery",
        time_zone="America/Los_Angeles",
        currency="USD",
        latitude=34.0922,
        longitude=-117.4350,
        nominal_voltage_v=240.0,
        nominal_frequency_hz=60.0,
        phases=1,
        source_note=(
            "Replay of August 2016 to July 2017. Loads, PV, price, CO2 and weather: CityLearn challenge 2022 (MIT licence). "
            "Simulated: batteries, hence grid exchange; voltages and frequency."
        ),
        region="Fontana, California",
        region_note="Price, CO2 and weather, August 2016 to July 2017, replayed: CityLearn challenge 2022, MIT licence.",
        nodes=_nodes(),
        edges=edges,
        devices=_devices(edges),
        registers=replay.Registers.of_tables(tables),
        batteries=Batteries(BATTERY, [meters.index(f"home_{i + 1}_battery") for i in range(HOMES)], tables["stored"]),
        conditions=_conditions(tables["region"]),
    )


def _tables() -> Tables:
    load_kwh, pv_w_per_kw = recordings.homes()
    load, pv = replay.flows(load_kwh), replay.flows(pv_w_per_kw * PV_KW / 1000)
    surplus = pv.energy - load.energy
    clock = np.arange(replay.YEAR_H) % 24
    terminal, stored = replay.operate(BATTERY, surplus, (clock >= PEAK_HOURS[0]) & (clock < PEAK_HOURS[1]), -surplus)
    battery = replay.flows(terminal)
    grid = load + battery - pv
    of = {"feeder": grid.total()}
    for i in range(HOMES):
        parts = {"grid": grid, "pv": pv, "battery": battery, "load": load}
        of |= {f"home_{i + 1}_{part}": flow[[i]] for part, flow in parts.items()}
    return {**assemble(_edges(), of).tables(), "stored": stored, "region": recordings.homes_region()}


def _conditions(region: Floats) -> Conditions:
    return Conditions(
        lines={"temperature_c": region[:, 2:3], "humidity_pct": region[:, 3:4]},
        steps={"price_per_kwh": region[:, :1], "co2_g_per_kwh": region[:, 1:2]},
        means={},
    )


def _position(home: int) -> tuple[float, float]:
    """Where a home (0 …) stands on the plan: on either side of a street that the feeder follows."""
    if home < UPPER_ROW:
        return 0.20 + 0.75 * home / (UPPER_ROW - 1), 0.26
    return 0.25 + 0.65 * (home - UPPER_ROW) / (HOMES - UPPER_ROW - 1), 0.74


def _nodes() -> tuple[Node, ...]:
    nodes = [
        Node("grid", "Grid", "source", "grid", capacity_kw=FEEDER_KW, x=0.04, y=0.5),
        Node("feeder", "Feeder", "bus", "bus", x=0.13, y=0.5),
    ]
    for i in range(HOMES):
        x, y = _position(i)
        key, name = f"home_{i + 1}", f"Home {i + 1}"
        nodes += [
            Node(key, name, "bus", "home", x=x, y=y),
            Node(f"{key}_pv", f"{name} PV", "source", "pv", capacity_kw=float(PV_KW[i])),
            Node(f"{key}_battery", f"{name} battery", "storage", "battery", True, BATTERY.kw, BATTERY.kwh),
            Node(f"{key}_load", f"{name} load", "sink", "load"),
        ]
    return tuple(nodes)


def _edges() -> tuple[Edge, ...]:
    measured = "Measured, CityLearn challenge 2022; hours split without changing their energy."
    balance = "Follows from the home's balance at every instant, its simulated battery included."
    feeder = Meter(
        "feeder", "Feeder", "feeder", INTERVAL, FEEDER_KW, ("load_pct", "voltage_v", "frequency_hz"), True,
        "The sum of the homes' connections at every instant.",
    )  # fmt: skip
    edges = [Edge("grid", "feeder", feeder, two_way=True)]
    for i in range(HOMES):
        key, name = f"home_{i + 1}", f"Home {i + 1}"
        grid = Meter(f"{key}_grid", f"{name} grid", key, COUNTER, SERVICE_KW, ("load_pct", "voltage_v"), True, balance)
        pv = Meter(f"{key}_pv", f"{name} PV", key, POWER, float(PV_KW[i]), (), False, measured)
        battery = Meter(
            f"{key}_battery", f"{name} battery", key, INTERVAL, BATTERY.kw, ("soc_pct",), True,
            f"Simulated: {BATTERY_RULE}; 90 % there and back.",
        )  # fmt: skip
        load = Meter(f"{key}_load", f"{name} load", key, COUNTER, SERVICE_KW, (), False, measured)
        edges += [
            Edge("feeder", key, grid, two_way=True),
            Edge(f"{key}_pv", key, pv),
            Edge(key, f"{key}_battery", battery, two_way=True),
            Edge(key, f"{key}_load", load),
        ]
    return tuple(edges)


def _devices(edges: tuple[Edge, ...]) -> tuple[Device, ...]:
    feeder = next(edge.meter for edge in edges if edge.meter)
    return (
        Device("feeder", "Feeder meter", INTERVAL, fields(feeder, two_way=True), 0.13, 0.5),
        *(Device(f"home_{i + 1}", f"Home {i + 1} gateway", COUNTER, {}, *_position(i)) for i in range(HOMES)),
    )
