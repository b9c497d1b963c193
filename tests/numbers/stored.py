"""A site as it is stored: its records by plain SQL, and of each of its meters every row as it came.

Nothing of Loadstar is imported here. Rows that Loadstar made itself (the rollup's) are left out.
"""

import json
import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import psycopg
from numpy.typing import NDArray

from tests.numbers.registers import Reading, counted

Floats = NDArray[np.float64]
LEVELS = ("soc_pct", "load_pct")
NEVER_S = 1e11
HOLDS = 2.5  # intervals: so long a sample of power holds when no other comes
FORWARD, BACK = "energy_kwh", "energy_export_kwh"
REGISTERS = {"energy_total_kwh": FORWARD, "energy_export_total_kwh": BACK}


class Declared(NamedTuple):
    """Where the energy of a meter comes from, since and until when (s since 1970)."""

    method: str
    interval_s: int
    rollover_kwh: float | None
    since_s: float
    until_s: float


class Register:
    """What went through a meter in one direction: stretches of time that do not overlap, and the energy of each."""

    def __init__(self, stretches: Sequence[tuple[float, float, float]]) -> None:
        told = np.array(sorted(stretches), float).reshape(-1, 3)
        self.moments = told[:, :2].ravel()
        self.stood = np.repeat(np.concatenate([[0.0], np.cumsum(told[:, 2])]), 2)[1:-1]
        self.lasted = np.repeat(np.concatenate([[0.0], np.cumsum(told[:, 1] - told[:, 0])]), 2)[1:-1]

    def kwh(self, edges_s: Sequence[float] | Floats) -> Floats:
        """The energy between successive edges; a stretch that an edge cuts is divided by time."""
        return self._between(edges_s, self.stood)

    def known_s(self, edges_s: Sequence[float] | Floats) -> Floats:
        """For how many seconds of each it is known."""
        return self._between(edges_s, self.lasted)

    def _between(self, edges_s: Sequence[float] | Floats, values: Floats) -> Floats:
        return np.diff(np.interp(edges_s, self.moments, values)) if len(self.moments) else np.zeros(len(edges_s) - 1)


@dataclass
class Meter:
    """A meter of an edge, or of none."""

    id: str
    name: str
    edge: str | None
    declared: list[Declared]
    terms: list[tuple[str, int]]
    forward: Register = field(default_factory=lambda: Register([]))
    back: Register = field(default_factory=lambda: Register([]))
    heard: Register = field(default_factory=lambda: Register([]))  # only its times: between readings that came as they should
    now: tuple[float, float] = (math.nan, math.nan)  # kW forward and back, as last told
    heard_s: float = math.nan

    @property
    def now_kw(self) -> float:
        """Forward less back."""
        return self.now[0] - self.now[1]


class Edge(NamedTuple):
    """A way for energy; `meter` is the id of what measures it."""

    source: str
    target: str
    two_way: bool
    carrier: str
    meter: str | None


class Node(NamedTuple):
    name: str
    kind: str
    technology: str
    capacity_kwh: float | None
    capacity_kw: float | None


class Stored:
    """A site at a moment."""

    def __init__(self, records: Path, questdb: str, name: str, now: datetime) -> None:
        self.now_s = now.timestamp()
        with sqlite3.connect(records) as sql:
            (self.id, self.zone, self.currency, self.region), *_ = sql.execute(
                "SELECT id, time_zone, currency, region_id FROM sites WHERE name = ?", [name]
            )
            holds = "site_id = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to > ?)"
            given = [self.id, f"{now:%Y-%m-%d %H:%M:%S.%f}", f"{now:%Y-%m-%d %H:%M:%S.%f}"]
            self.nodes = {
                row[0]: Node(*row[1:])
                for row in sql.execute(
                    f"SELECT id, name, kind, technology, capacity_kwh, capacity_kw FROM nodes WHERE {holds}", given
                )
            }
            self.meters = {
                row[0]: Meter(*row, [], [])
                for row in sql.execute("SELECT id, name, edge_id FROM meters WHERE site_id = ?", [self.id])
            }
            for meter, *declared in sql.execute(
                "SELECT meter_id, method, interval_s, rollover_kwh, valid_from, valid_to FROM energy_sources"
            ):
                if meter in self.meters:
                    self.meters[meter].declared.append(Declared(*declared[:3], _seconds(declared[3]), _seconds(declared[4])))
            for meter, term, sign in sql.execute("SELECT meter_id, term_meter_id, sign FROM virtual_terms"):
                if meter in self.meters:
                    self.meters[meter].terms.append((term, sign))
            self.devices: dict[str, list[str]] = {}  # the meters of each, by its name
            for device, meter in sql.execute(
                "SELECT devices.name, meters.id FROM devices JOIN meters ON device_id = devices.id WHERE devices.site_id = ?",
                [self.id],
            ):
                self.devices.setdefault(device, []).append(meter)
            on = {meter.edge: meter.id for meter in self.meters.values() if meter.edge}
            self.edges = [
                Edge(source, target, bool(two_way), carrier, on.get(edge))
                for edge, source, target, two_way, carrier in sql.execute(
                    f"SELECT id, from_node_id, to_node_id, two_way, carrier FROM edges WHERE {holds}", given
                )
            ]
            self.tariffs = [
                (_seconds(since), _seconds(until), *prices, json.loads(hours), json.loads(components))
                for since, until, *prices, hours, components in sql.execute(
                    "SELECT valid_from, valid_to, import_price_per_kwh, export_price_per_kwh, co2_g_per_kwh, region_first, "
                    "hours, components FROM tariffs WHERE site_id = ?",
                    [self.id],
                )
            ]
        self.rows = self._rows(questdb)
        for meter in self.meters.values():
            if meter.declared:
                self._tell(meter)

    def named(self, name: str) -> Meter:
        """The meter of that name."""
        [found] = [meter for meter in self.meters.values() if meter.name == name]
        return found

    def readings(self, series: str, quantity: str, seconds: int) -> tuple[Floats, Floats]:
        """When (s since 1970) and what; of intervals of that length, or of samples (0)."""
        return self.rows.get((series, quantity, seconds), (np.zeros(0), np.zeros(0)))

    def newest(self, series: str, quantity: str) -> float:
        """The newest value of a condition."""
        found = [told for (of, what, _), told in self.rows.items() if (of, what) == (series, quantity) and len(told[0])]
        _, values = max(found, key=lambda told: told[0][-1])
        return float(values[-1])

    def _rows(self, questdb: str) -> dict[tuple[str, str, int], tuple[Floats, Floats]]:
        wanted = ", ".join(f"'{each}'" for each in [*self.meters, *([self.region] if self.region else [])])
        what = (
            FORWARD,
            BACK,
            *REGISTERS,
            "power_kw",
            "soc_pct",
            "load_pct",
            "price_per_kwh",
            "export_price_per_kwh",
            "co2_g_per_kwh",
        )
        where = f"meter IN ({wanted}) AND quantity IN ({', '.join(repr(each) for each in what)}) AND value != null"
        found: dict[tuple[str, str, int], tuple[Floats, Floats]] = {}
        until = f"AND ts <= {round(self.now_s * 1e6)}"
        with psycopg.connect(questdb) as sql:
            for table, length, only in (("intervals", "interval_s", "AND source != 'rollup'"), ("telemetry", "0", "")):
                rows = sql.execute(
                    f"SELECT meter, quantity, {length}, ts::long, value FROM {table} WHERE {where} {only} {until}"
                ).fetchall()
                frame = pd.DataFrame(rows, columns=["meter", "quantity", "length", "us", "value"])
                for key, part in frame.groupby(["meter", "quantity", "length"]):
                    ordered = part.sort_values("us")
                    found[str(key[0]), str(key[1]), int(key[2])] = (
                        ordered["us"].to_numpy(float) / 1e6,
                        ordered["value"].to_numpy(float),
                    )
        return found

    def _tell(self, meter: Meter) -> None:
        stretches: dict[str, list[tuple[float, float, float]]] = {FORWARD: [], BACK: []}
        heard: set[tuple[float, float, float]] = set()
        for each in meter.declared:
            for register, start, end, kwh in getattr(self, f"_by_{each.method}")(meter.id, each):
                first, last = max(start, each.since_s), min(end, each.until_s, self.now_s)
                if last > first:
                    stretches[register].append((first, last, kwh * (last - first) / (end - start)))
                    if register == FORWARD and end - start <= HOLDS * each.interval_s:
                        heard.add((first, last, 0.0))
        meter.forward, meter.back, meter.heard = Register(stretches[FORWARD]), Register(stretches[BACK]), Register([*heard])
        current = max(meter.declared, key=lambda each: each.since_s)
        meter.now, meter.heard_s = getattr(self, f"_now_by_{current.method}")(meter.id, current)

    def _by_interval(self, meter: str, of: Declared) -> list[tuple[str, float, float, float]]:
        length = of.interval_s if of.interval_s >= 900 else 0
        return [
            (register, start, start + of.interval_s, kwh)
            for register in (FORWARD, BACK)
            for start, kwh in zip(*self.readings(meter, register, length), strict=True)
        ]

    def _by_counter(self, meter: str, of: Declared) -> list[tuple[str, float, float, float]]:
        found = []
        for counter, register in REGISTERS.items():
            read = [
                Reading(datetime.fromtimestamp(at, UTC), kwh)
                for at, kwh in zip(*self.readings(meter, counter, 0), strict=True)
                if of.since_s <= at < of.until_s
            ]
            found += [
                (register, row.start.timestamp(), row.end.timestamp(), row.kwh) for row in counted(read, (), of.rollover_kwh)
            ]
        return found

    def _by_power(self, meter: str, of: Declared) -> list[tuple[str, float, float, float]]:
        moments, kw = self.readings(meter, "power_kw", 0)
        own = (moments >= of.since_s) & (moments < of.until_s)
        moments, kw = moments[own], kw[own]
        holds = HOLDS * of.interval_s
        until = np.minimum(np.append(moments[1:], np.inf), moments + holds)
        until = np.minimum(until, self.now_s)
        return [
            (register, start, end, max(sign * power, 0.0) * (end - start) / 3600)
            for register, sign in ((FORWARD, 1), (BACK, -1))
            for start, end, power in zip(moments, until, kw, strict=True)
            if end > start
        ]

    def _now_by_interval(self, meter: str, of: Declared) -> tuple[tuple[float, float], float]:
        length = of.interval_s if of.interval_s >= 900 else 0
        told = [self.readings(meter, register, length) for register in (FORWARD, BACK)]
        start = max((moments[-1] for moments, _ in told if len(moments)), default=math.nan)
        there, back = (
            float(kwh[-1]) * 3600 / of.interval_s if len(moments) and moments[-1] == start else 0.0 for moments, kwh in told
        )
        return (there, back), start + of.interval_s

    def _now_by_power(self, meter: str, _of: Declared) -> tuple[tuple[float, float], float]:
        moments, kw = self.readings(meter, "power_kw", 0)
        return (max(float(kw[-1]), 0.0), max(-float(kw[-1]), 0.0)), float(moments[-1])

    def _now_by_counter(self, meter: str, _of: Declared) -> tuple[tuple[float, float], float]:
        told = [self.readings(meter, counter, 0) for counter in REGISTERS]
        there, back = (
            float(kwh[-1] - kwh[-2]) * 3600 / (moments[-1] - moments[-2]) if len(kwh) > 1 else 0.0 for moments, kwh in told
        )
        return (there, back), max(float(moments[-1]) for moments, _ in told if len(moments))


def _seconds(text: str | None) -> float:
    return pd.Timestamp(text, tz="UTC").timestamp() if text else NEVER_S
