"""A site with a meter of each kind of energy source, and a way to put true rows into QuestDB."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pandas as pd
import pytest
from questdb import Sender

from config.settings import Settings
from store.records.people import organisations
from store.records.plant import declarations, graph, meters, sites
from store.scope import SYSTEM
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S, QuestDBServer
from tests.records import fresh

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
QUARTER_US = 900_000_000


class Site:
    """A distributor's site: a grid connection, a bus, and a load behind each meter that is made."""

    def __init__(self, settings: Settings, sender: Sender, time_zone: str = "Europe/London") -> None:
        self.settings, self.zone = settings, time_zone
        self._sender = sender
        self._numbers = count(1)
        self._gathered: dict[str, list[pd.DataFrame]] | None = None  # by table
        owner = organisations.create_organisation(SYSTEM, name="Utility", kind="distributor")
        self.id = sites.create_site(
            SYSTEM,
            name="Works",
            kind="plant",
            organisation_id=owner.id,
            time_zone=time_zone,
            currency="GBP",
            latitude=52.2,
            longitude=0.1,
        ).id
        self.bus = graph.create_node(SYSTEM, self.id, name="Bus", kind="bus", valid_from=LONG_AGO).id

    def meter(
        self, method: str | None, interval_s: int = 60, *, since: datetime = LONG_AGO, rollover_kwh: float | None = None
    ) -> str:
        load = graph.create_node(SYSTEM, self.id, name=f"Load {next(self._numbers)}", kind="sink", valid_from=LONG_AGO)
        edge = graph.create_edge(SYSTEM, self.id, from_node_id=self.bus, to_node_id=load.id, two_way=True, valid_from=LONG_AGO)
        made = meters.create_meter(SYSTEM, self.id, name="Meter", edge_id=edge.id)
        if method:
            self.declare(made.id, method, interval_s, since=since, rollover_kwh=rollover_kwh)
        return str(made.id)

    def declare(self, meter: str, method: str, interval_s: int, *, since: datetime, rollover_kwh: float | None = None) -> None:
        declarations.declare_energy(
            SYSTEM, meter, method=method, interval_s=interval_s, valid_from=since, rollover_kwh=rollover_kwh
        )

    def samples(
        self,
        meter: str,
        quantity: str,
        times: Iterable[datetime],
        values: Iterable[float],
        source: str = "test",
        *,
        lasts_s: int = 0,
    ) -> None:
        moments, numbers = _us(times), np.array(list(values), float)
        frame = bulk.telemetry(moments, _all(meter, moments), _all(quantity, moments), numbers, source, lasts_s=lasts_s)
        self._write("telemetry", frame)

    def intervals(self, meter: str, quantity: str, interval_s: int, times: Iterable[datetime], values: Iterable[float]) -> None:
        moments, numbers = _us(times), np.array(list(values), float)
        frame = bulk.intervals(moments, _all(meter, moments), _all(quantity, moments), numbers, "test", interval_s=interval_s)
        self._write("intervals", frame)

    def late(self, meter: str, quantity: str, times: Iterable[datetime], received_at: datetime | None = None) -> None:
        quarters = sorted({at - at % QUARTER_US for at in _us(times).tolist()})
        frame = bulk.late([(meter, at, at + QUARTER_US) for at in quarters])
        if received_at:
            frame["received_at"] = np.datetime64(received_at.replace(tzinfo=None), "us") + np.arange(len(frame))
        self._write("late", frame)

    def roll_up(self, now: datetime) -> None:
        rollup.catch_up(SYSTEM, now, late_s=120)
        assert rollup.await_applied(["intervals", "rollups"], PATIENT_S)
        checkpoint.forget()

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write all rows of this block together: each writing is waited for until it can be read."""
        self._gathered = {}
        yield
        gathered, self._gathered = self._gathered, None
        for table, frames in gathered.items():
            every = pd.concat(frames, ignore_index=True)
            self._write(table, every.assign(lasts_s=every["lasts_s"].fillna(0).astype(int)) if "lasts_s" in every else every)

    def _write(self, table: str, frame: pd.DataFrame) -> None:
        if self._gathered is not None:
            self._gathered.setdefault(table, []).append(frame)
            return
        bulk.write(SYSTEM, self._sender, table, frame)
        assert rollup.await_applied([table], PATIENT_S)


def every(start: datetime, seconds: int, count: int) -> list[datetime]:
    return [start + timedelta(seconds=seconds * n) for n in range(count)]


def _us(times: Iterable[datetime]) -> np.ndarray:
    return np.array([round(each.timestamp() * 1e6) for each in times], np.int64)


def _all(text: str, like: np.ndarray) -> np.ndarray:
    return np.full(len(like), text, object)


@pytest.fixture
def site(questdb_tables: Settings, sender: Sender) -> Site:
    fresh(questdb_tables.records_url)
    return Site(questdb_tables, sender)


@pytest.fixture(scope="session")
def sender(questdb_server: QuestDBServer) -> Iterator[Sender]:
    with bulk.writer(questdb_server.settings) as made:
        yield made


@pytest.fixture
def quarter() -> datetime:
    """The start of a quarter of an hour some hours ago, within what is kept as samples."""
    now = datetime.now(UTC) - timedelta(hours=6)
    return now.replace(minute=0, second=0, microsecond=0)
