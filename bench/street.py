"""A street of homes with PV and batteries, a supply that is read every ten seconds, and small sites beside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench import plant
from bench.run import Run
from config import clock
from config.settings import Settings

ZONE = "Europe/Berlin"
QUARTER_S, READ_S, DAY_S = 900, 10, 86_400
LATELY = timedelta(days=8)  # what is written of small sites
FLUSH_ROWS = 400_000

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Values = Callable[[Numbers, Numbers], Floats]  # of seconds since 1970, and of the number of a home


@dataclass(frozen=True, slots=True)
class Street:
    """The street with the meter of the use of a home, the first days of the weeks in which its supply was read, and small sites.

    `end` is until when all of it was measured.
    """

    site: str
    use: str
    weeks: list[date]
    beside: list[str]
    end: datetime


def street(run: Run, settings: Settings) -> Street:
    """Make it and fill it."""
    from store.records.plant import last_values, meters
    from store.records.transaction import engine
    from store.scope import SYSTEM

    end = clock.now().replace(minute=0, second=0, microsecond=0)
    since = end - timedelta(days=run.sizes.seen_days)
    today = end.astimezone(ZoneInfo(ZONE)).date()
    weeks = [today - timedelta(days=today.weekday() + 7 * (week + 1)) for week in range(run.sizes.seen_weeks)]
    run.say(f"making a street of {run.sizes.seen_homes} homes, and {run.sizes.seen_beside} sites beside it")
    with engine.session():  # one transaction for all of them
        site = plant.site("Street", ZONE, "pv_battery")
        homes = _homes(site, run.sizes.seen_homes, since)
        supply = meters.create_meter(SYSTEM, site, name="Supply", role="condition").id
        _priced(site, since)
        beside = dict(_small(f"Beside {number}", since) for number in range(run.sizes.seen_beside))
    _write(run, settings, "intervals", _quarters(homes, since, end))
    _write(run, settings, "intervals", _quarters({"use": [*beside.values()]}, end - LATELY, end))
    _write(run, settings, "telemetry", _readings(supply, datetime.combine(weeks[-1], datetime.min.time(), ZoneInfo(ZONE)), end))
    last_values.keep(SYSTEM, [last_values.Last(supply, quantity, end, usual) for quantity, usual in SUPPLY.items()])
    return Street(site, homes["use"][0], weeks, [*beside], end)


def _homes(site: str, count: int, since: datetime) -> dict[str, list[str]]:
    """Homes on one feeder; their meters by what they measure."""
    from store.records.plant import graph
    from store.scope import SYSTEM

    def node(name: str, kind: str, technology: str = "", kwh: float | None = None) -> str:
        made = graph.create_node(SYSTEM, site, name=name, kind=kind, technology=technology, capacity_kwh=kwh, valid_from=since)
        return made.id

    grid, feeder = node("Grid", "source", "grid"), node("Feeder", "bus")
    meters: dict[str, list[str]] = {kind: [] for kind in TOLD}
    meters["feeder"] = [_meter(site, "Feeder", (grid, feeder), since, two_way=True)]
    for number in range(count):
        home, array = node(f"Home {number}", "bus", "home"), node(f"PV {number}", "source", "pv")
        battery, use = node(f"Battery {number}", "storage", "battery", 6.4), node(f"Use {number}", "sink")
        ends = {"grid": (feeder, home), "PV": (array, home), "battery": (home, battery), "use": (home, use)}
        for kind, between in ends.items():
            meters[kind].append(_meter(site, f"{kind} {number}", between, since, two_way=kind in ("grid", "battery")))
    return meters


def _priced(site: str, since: datetime) -> None:
    from models.tariff_components import MONTH, Demand, Fixed
    from models.tariffs import Hours
    from store.records.plant import tariffs
    from store.scope import SYSTEM

    prices: dict[str, Any] = {"import_price_per_kwh": 0.20, "export_price_per_kwh": 0.05, "valid_from": since}
    by_day, charges = Hours("weekday", 7 * 60, 22 * 60, 0.30, 0.05), (Demand(8.0), Fixed(10.0, MONTH))
    tariffs.create_tariff(SYSTEM, site, name="Hours and peaks", hours=[by_day], components=charges, **prices)


def _small(name: str, since: datetime) -> tuple[str, str]:
    """A site with one use, and the meter of it."""
    from store.records.plant import graph
    from store.scope import SYSTEM

    site = plant.site(name, ZONE)
    ends = [
        graph.create_node(SYSTEM, site, name=each, kind=kind, technology=technology, valid_from=since).id
        for each, kind, technology in (("Grid", "source", "grid"), ("Works", "sink", ""))
    ]
    return site, _meter(site, "Works", (ends[0], ends[1]), since)


def _meter(site: str, name: str, ends: tuple[str, str], since: datetime, *, two_way: bool = False) -> str:
    """The meter of a new edge, which tells the energy of each quarter."""
    from store.records.plant import declarations, graph, meters
    from store.scope import SYSTEM

    source, target = ends
    edge = graph.create_edge(SYSTEM, site, from_node_id=source, to_node_id=target, two_way=two_way, valid_from=since)
    meter = meters.create_meter(SYSTEM, site, name=name, edge_id=edge.id).id
    declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=QUARTER_S, valid_from=since)
    return meter


def _sun(at: Numbers, _home: Numbers) -> Floats:
    return np.maximum(0.0, np.sin((at % DAY_S / DAY_S - 0.25) * 2 * np.pi))


def _used(at: Numbers, home: Numbers) -> Floats:
    return 0.15 + 0.1 * np.sin(at / 13_750.0 + home)


def _charged(at: Numbers, home: Numbers) -> Floats:
    return 0.5 * _sun(at, home)


def _discharged(at: Numbers, home: Numbers) -> Floats:
    return 0.5 * _sun(at + DAY_S // 2, home)


def _from_grid(at: Numbers, home: Numbers) -> Floats:
    return _used(at, home) + _charged(at, home) - _sun(at, home) - _discharged(at, home)


def _both_ways(taken: Values) -> Mapping[str, Values]:
    return {
        "energy_kwh": lambda at, home: np.maximum(taken(at, home), 0.0),
        "energy_export_kwh": lambda at, home: np.maximum(-taken(at, home), 0.0),
    }


TOLD: Mapping[str, Mapping[str, Values]] = {  # what the meters of a home tell of a quarter
    "grid": _both_ways(_from_grid),
    "PV": {"energy_kwh": _sun},
    "battery": {
        "energy_kwh": _charged,
        "energy_export_kwh": _discharged,
        "soc_pct": lambda at, home: 50.0 + 40.0 * np.sin(at / DAY_S * 2 * np.pi + home),
    },
    "use": {"energy_kwh": _used},
}
SUPPLY = {"voltage_l1_v": 231.0, "voltage_l2_v": 230.0, "voltage_l3_v": 229.0, "frequency_hz": 50.0}  # as it is usually


def _quarters(meters: Mapping[str, Sequence[str]], start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
    """What meters tell in [start, end), the earliest first."""
    from store.series import bulk

    starts = np.arange(int(start.timestamp()), int(end.timestamp()), QUARTER_S)
    most = max(len(ids) for ids in meters.values())
    of_all = _both_ways(lambda at, _home: np.sum([_from_grid(at, np.full(1, home)) for home in range(most)], axis=0))
    for part in np.array_split(starts, max(1, len(starts) * most // FLUSH_ROWS)):
        for kind, ids in meters.items():
            home, at = np.tile(np.arange(len(ids)), len(part)), np.repeat(part, len(ids))
            for quantity, values in (of_all if kind == "feeder" else TOLD[kind]).items():
                of = bulk.symbols(np.zeros(len(at), np.int8), [quantity])
                whose = bulk.symbols(home, ids)
                frame = bulk.intervals(at * 1_000_000, whose, of, values(at, home), "bench", interval_s=QUARTER_S)
                yield frame.assign(received_at=frame["ts"] + timedelta(seconds=QUARTER_S))  # when it was over, not now


def _readings(meter: str, start: datetime, end: datetime) -> Iterator[pd.DataFrame]:
    """What the meter of the supply read in [start, end), the earliest first."""
    from store.series import bulk

    moments = np.arange(int(start.timestamp()), int(end.timestamp()), READ_S)
    usual = np.array([*SUPPLY.values()])
    for part in np.array_split(moments, max(1, len(moments) * len(SUPPLY) // FLUSH_ROWS)):
        which, at = np.tile(np.arange(len(SUPPLY)), len(part)), np.repeat(part, len(SUPPLY))
        values = usual[which] * (1 + 0.0005 * np.sin(at / 3_000.0))
        whose = bulk.symbols(np.zeros(len(at), np.int8), [meter])
        yield bulk.telemetry(at * 1_000_000, whose, bulk.symbols(which, [*SUPPLY]), values, "bench")


def _write(run: Run, settings: Settings, table: str, frames: Iterator[pd.DataFrame]) -> None:
    from store.scope import SYSTEM
    from store.series import bulk, rollup

    written = 0
    with bulk.writer(settings) as sender:
        for frame in frames:
            written += bulk.write(SYSTEM, sender, table, frame)
            run.say(f"writing {table} of the street: {written / 1e6:.1f} million")
    if not rollup.await_applied([table], run.sizes.fill_s):
        raise RuntimeError("QuestDB has not applied the rows in time")
