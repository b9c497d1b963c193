"""North Campus: fourteen real buildings of the University of Cambridge, with a simulated PV array and battery.

Measured: the buildings' hourly energy and the weather. Simulated: everything else, by the rules below.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np

from demo import recordings, replay
from demo.plant import COUNTER, INTERVAL, Batteries, Conditions, Device, Edge, Meter, Node, Plant, assemble, fields
from demo.replay import Floats
from demo.tables import Tables, kept

PV_KWP = 2400.0
# PVWatts (Dobos, NREL/TP-6A20-62641, 2014): 14 % system losses, −0.4 %/K above 25 °C cell temperature; the array lies flat,
# for global horizontal irradiance is what was measured. A cell is about 30 K warmer than the air at 1000 W/m².
PV_PERFORMANCE = 0.86
PV_PER_KELVIN = -0.004
CELL_KELVIN_PER_W_M2 = 0.03

BATTERY = replay.Battery(kwh=1500.0, kw=500.0, efficiency=0.9, reserve=0.1)
BATTERY_RULE = "charges 01-05 h at 75 kW and 09-15 h from PV, gives it back evenly 16-20 h (UTC)"
NIGHT_KWH = 75.0

TRANSFORMER_KVA = 2500.0
IDLE_KW = 3.0  # a transformer's loss without load
LOSS_SHARE = 0.011  # of what goes through

# The split over two transformers is simulated: the recording does not say how the buildings are connected.
SECOND_TRANSFORMER = frozenset({14, 33, 36, 40, 63, 97, 111})

PLAN = {
    0: (0.55, 0.10), 8: (0.66, 0.20), 9: (0.78, 0.09), 21: (0.88, 0.22), 28: (0.57, 0.33), 35: (0.74, 0.37), 57: (0.92, 0.41),
    14: (0.55, 0.62), 33: (0.68, 0.58), 36: (0.82, 0.63), 40: (0.60, 0.83), 63: (0.73, 0.77), 97: (0.93, 0.75), 111: (0.84, 0.90),
}  # fmt: skip
DIP_BUILDING = 36
OUTAGE_BUILDING = 14
LAZY_BUILDING = 28  # its power factor is poor when it runs low

REAL = (
    "Measured, University of Cambridge, 2019; hours split without changing their energy. "
    "Voltage, current and power factor simulated."
)


@lru_cache(maxsize=1)
def campus(folder: Path | None = None) -> Plant:
    """The site, its registers filled from the recording, by way of the tables kept in `folder`."""
    tables = kept(folder, "campus", _tables)
    numbers = tuple(int(number) for number in tables["numbers"])
    edges = _edges(numbers, tables["peaks"])
    meters = [edge.meter.key for edge in edges if edge.meter]
    return Plant(
        key="campus",
        first=recordings.CAMPUS_FIRST,
        name="North Campus",
        kind="campus",
        time_zone="Europe/London",
        currency="GBP",
        latitude=52.2105,
        longitude=0.0925,
        nominal_voltage_v=230.0,
        nominal_frequency_hz=50.0,
        phases=3,
        source_note=(
            "Replay of 2019. Buildings: University of Cambridge estate (MIT licence, doi 10.5281/zenodo.10955332). Weather at "
            "Bedford: Met Office MIDAS Open (Open Government Licence v3). Simulated: PV array, battery, transformers, voltages."
        ),
        region="Cambridge",
        region_note="Weather at Bedford, 2019, replayed: Met Office MIDAS Open, Open Government Licence v3.",
        nodes=_nodes(numbers, tables["peaks"]),
        edges=edges,
        devices=_devices(numbers, edges),
        registers=replay.Registers.of_tables(tables),
        batteries=Batteries(BATTERY, [meters.index("battery")], tables["stored"]),
        conditions=Conditions(
            lines={"temperature_c": tables["temperature"], "humidity_pct": tables["humidity"]},
            steps={},
            means={"irradiance_w_m2": replay.Flows(tables["irradiance"], tables["irradiance_start"])},
        ),
        dip=f"building_{DIP_BUILDING}",
        outage=f"building_{OUTAGE_BUILDING}",
    )


def _tables() -> Tables:
    numbers, hourly = recordings.campus_buildings()
    weather = recordings.campus_weather()
    buildings = replay.flows(hourly)
    pv = replay.flows(pv_energy(weather))
    terminal, stored = replay.operate(BATTERY, *_battery_rule(pv.energy))
    battery = replay.flows(terminal)
    sides = [[i for i, number in enumerate(numbers) if (number in SECOND_TRANSFORMER) is second] for second in (False, True)]
    low = [buildings[side].total() for side in sides]
    high = [(flow * (1 + LOSS_SHARE)).plus(IDLE_KW) for flow in low]
    of = {f"building_{number}": buildings[[i]] for i, number in enumerate(numbers)}
    of |= {"transformer_1_in": high[0], "transformer_2_in": high[1], "transformer_2_out": low[1], "pv": pv, "battery": battery}
    of["grid"] = high[0] + high[1] + battery - pv
    peaks = hourly.max(axis=0)
    irradiance = replay.flows(weather[:, 2:])
    return {
        **assemble(_edges(numbers, peaks), of).tables(),
        "stored": stored,
        "numbers": np.array(numbers, dtype=np.float64),
        "peaks": peaks,
        "temperature": weather[:, :1],
        "humidity": weather[:, 1:2],
        "irradiance": irradiance.energy,
        "irradiance_start": irradiance.start,
    }


def pv_energy(weather: Floats) -> Floats:
    """Energy (kWh) of each hour of the simulated array, (hours, 1), from °C, % and W/m² of the hours."""
    irradiance = weather[:, 2]
    cell = weather[:, 0] + CELL_KELVIN_PER_W_M2 * irradiance
    energy = PV_KWP * irradiance / 1000 * PV_PERFORMANCE * (1 + PV_PER_KELVIN * (cell - 25))
    return np.asarray(energy[:, None])


def _battery_rule(pv: Floats) -> tuple[Floats, replay.Flags, Floats]:
    clock = np.arange(replay.YEAR_H) % 24
    night = np.where((clock >= 1) & (clock < 5), NIGHT_KWH, 0.0)[:, None]
    sunny = np.where(((clock >= 9) & (clock < 15))[:, None], pv, 0.0)
    return night + sunny, (clock >= 16) & (clock < 20), np.zeros_like(pv)


def _rating(peak_kw: float) -> float:
    """The least usual rating above the peak: 1, 1.5, 2, … times a power of ten, kW."""
    decade = 10 ** np.floor(np.log10(peak_kw))
    return float(next(step * decade for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * decade >= peak_kw))


def _nodes(numbers: tuple[int, ...], peaks: Floats) -> tuple[Node, ...]:
    return (
        Node("grid", "Grid", "source", "grid", x=0.05, y=0.48, capacity_kw=5000.0),
        Node("hv", "Substation", "bus", "bus", x=0.18, y=0.48),
        Node("pv", "PV array", "source", "pv", simulated=True, capacity_kw=PV_KWP, x=0.17, y=0.82),
        Node("battery", "Battery", "storage", "battery", True, BATTERY.kw, BATTERY.kwh, x=0.17, y=0.16),
        Node("t1", "Transformer 1", "converter", "transformer", True, TRANSFORMER_KVA, x=0.31, y=0.27),
        Node("lv1", "Low-voltage board 1", "bus", "bus", True, x=0.43, y=0.27),
        Node("t2", "Transformer 2", "converter", "transformer", True, TRANSFORMER_KVA, x=0.31, y=0.70),
        Node("lv2", "Low-voltage board 2", "bus", "bus", True, x=0.43, y=0.70),
        *(
            Node(
                f"building_{number}",
                f"Building {number}",
                "sink",
                "load",
                False,
                _rating(peaks[i]),
                None,
                *PLAN[number],
                building=f"{number}",
            )
            for i, number in enumerate(numbers)
        ),
    )


def _edges(numbers: tuple[int, ...], peaks: Floats) -> tuple[Edge, ...]:
    grid = Meter(
        "grid", "Grid connection", "grid", COUNTER, 5000.0,
        ("load_pct", "voltage_v", "voltage_l1_v", "voltage_l2_v", "voltage_l3_v", "current_l1_a", "current_l2_a", "current_l3_a",
         "frequency_hz", "power_factor"),
        True, "Closes the balance of the substation at every instant. Simulated: on some days its second phase sags for 40 min.",
    )  # fmt: skip
    pv = Meter(
        "pv", "PV array", "pv", INTERVAL, PV_KWP, ("load_pct", "voltage_v", "current_a"), True,
        "Simulated from measured irradiance and temperature (PVWatts, flat array).", 0.995,
    )  # fmt: skip
    battery = Meter(
        "battery", "Battery", "battery", INTERVAL, BATTERY.kw, ("load_pct", "voltage_v", "soc_pct"), True,
        f"Simulated: {BATTERY_RULE}; 90 % there and back.", 0.995,
    )  # fmt: skip
    loss = f"Simulated: loses {IDLE_KW:g} kW and {LOSS_SHARE:.1%} of what goes through."
    into = [Meter(f"transformer_{n}_in", f"Transformer {n}, high side", f"transformer_{n}", COUNTER, TRANSFORMER_KVA,
                  ("load_pct",) if n == 2 else ("load_pct", "voltage_v"), True, loss) for n in (1, 2)]  # fmt: skip
    out = Meter(
        "transformer_2_out", "Transformer 2, low side", "transformer_2", COUNTER, TRANSFORMER_KVA, ("voltage_v",), True, loss
    )
    return (
        Edge("grid", "hv", grid, two_way=True),
        Edge("pv", "hv", pv),
        Edge("hv", "battery", battery, two_way=True),
        Edge("hv", "t1", into[0]),
        Edge("t1", "lv1", None),  # not metered: what the buildings take; the transformer's residual is its loss
        Edge("hv", "t2", into[1]),
        Edge("t2", "lv2", out),
        *(
            Edge("lv2" if number in SECOND_TRANSFORMER else "lv1", f"building_{number}", _building(number, i, float(peaks[i])))
            for i, number in enumerate(numbers)
        ),
    )


def _building(number: int, index: int, peak_kw: float) -> Meter:
    note = REAL
    if number == OUTAGE_BUILDING:
        note += " Simulated: its connection drops for 25 minutes each day; its register goes on."
    if number == DIP_BUILDING:
        note += " Simulated: its voltage sags for 12 minutes each day."
    return Meter(
        key=f"building_{number}",
        name=f"Building {number}",
        device=f"building_{number}",
        method=COUNTER if index % 2 or number == OUTAGE_BUILDING else INTERVAL,
        rating_kw=_rating(peak_kw),
        levels=("load_pct", "voltage_v", "current_a", "power_factor"),
        note=note,
        power_factor=0.956 if number == LAZY_BUILDING else 0.978 + index % 4 * 0.004,
    )


def _devices(numbers: tuple[int, ...], edges: tuple[Edge, ...]) -> tuple[Device, ...]:
    meters = {edge.meter.key: edge.meter for edge in edges if edge.meter}

    def device(name: str, key: str, position: tuple[float, float], mapped: dict[str, tuple[str, str]]) -> Device:
        mode = next(meter.method for meter in meters.values() if meter.device == key)
        return Device(key, name, mode, mapped, *position)

    return (
        device("Grid meter", "grid", (0.05, 0.48), fields(meters["grid"], two_way=True)),
        device("PV inverter", "pv", (0.17, 0.82), fields(None, meters["pv"])),
        device("Battery inverter", "battery", (0.17, 0.16), fields(meters["battery"], two_way=True)),
        device("Transformer 1", "transformer_1", (0.31, 0.27), fields(meters["transformer_1_in"])),
        device("Transformer 2", "transformer_2", (0.31, 0.70), fields(meters["transformer_2_in"], meters["transformer_2_out"])),
        *(
            device(f"Building {number} meter", f"building_{number}", PLAN[number], fields(meters[f"building_{number}"]))
            for number in numbers
        ),
    )
