"""Two homes with PV on one site and six weeks of hours behind them: a small true world for forecasts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from diskcache import Cache

from config.settings import Settings
from insight import cache
from insight.forecast.site_forecast import site_forecast
from store.records.people import organisations
from store.records.plant import declarations, graph, meters, sites
from store.scope import SYSTEM, Scope
from store.series import bulk, rollup
from tests.conftest import PATIENT_S

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
DAYS = 43


class Homes:
    """Two homes with PV on one site, six weeks of hours behind them, and the people who see one, the other, or both."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.cache: Cache = cache.forecasts(settings)
        self.told: list[tuple[float, Mapping[str, Any]]] = []
        self.now = datetime.now(UTC).replace(minute=20, second=0, microsecond=0)
        owner = organisations.create_organisation(SYSTEM, name="Utility", kind="distributor")
        self.owner = owner.id
        self.id = sites.create_site(
            SYSTEM,
            name="Homes",
            kind="pv_battery",
            organisation_id=owner.id,
            time_zone="Europe/London",
            currency="GBP",
            latitude=52.2,
            longitude=0.1,
        ).id
        self.bus = self._node("Street", "bus")
        grid = self._node("Grid", "source", "grid")
        self._meter("Grid meter", grid, self.bus)
        self.loads = [self._meter(f"Home {n}", self.bus, self._node(f"Home {n}", "sink")) for n in (1, 2)]
        self.pv = self._meter("PV", self._node("Roofs", "source", "pv", 10.0), self.bus)
        self.operator = Scope(user_id="usr_op", site_ids=frozenset({self.id}))
        self.neighbours = [
            Scope(user_id=f"usr_{n}", part_site_ids=frozenset({self.id}), meter_ids=frozenset({load}))
            for n, load in enumerate(self.loads)
        ]
        self.write_history()

    def _node(self, name: str, kind: str, technology: str = "", capacity_kw: float | None = None) -> str:
        made = graph.create_node(
            SYSTEM, self.id, name=name, kind=kind, technology=technology, capacity_kw=capacity_kw, valid_from=LONG_AGO
        )
        return str(made.id)

    def _meter(self, name: str, source: str, target: str) -> str:
        edge = graph.create_edge(SYSTEM, self.id, from_node_id=source, to_node_id=target, two_way=True, valid_from=LONG_AGO)
        made = meters.create_meter(SYSTEM, self.id, name=name, edge_id=edge.id)
        declarations.declare_energy(SYSTEM, made.id, method="interval", interval_s=3600, valid_from=LONG_AGO)
        return str(made.id)

    def write_history(self) -> None:
        end = self.now.replace(minute=0)
        index = pd.date_range(end - timedelta(days=DAYS), end, freq="h", inclusive="left")
        rng = np.random.default_rng(4)
        daily = 2 + np.sin((index.hour.to_numpy() - 6) / 24 * 2 * np.pi)
        mood = np.zeros(len(index))
        for step in range(1, len(index)):
            mood[step] = 0.97 * mood[step - 1] + rng.normal(scale=0.1)
        values = {self.loads[0]: daily + mood + 2, self.loads[1]: 10 * (daily + mood + 2)}
        values[self.pv] = np.clip(8 * np.sin((index.hour.to_numpy() - 6) / 12 * np.pi), 0, None)
        for meter, numbers in values.items():
            self.write(meter, index, np.maximum(numbers, 0))

    def write(self, meter: str, index: pd.DatetimeIndex, values: np.ndarray) -> None:
        moments = index.as_unit("us").asi8
        frame = bulk.intervals(
            moments,
            np.full(len(moments), meter, object),
            np.full(len(moments), "energy_kwh", object),
            values.astype(float),
            "test",
            interval_s=3600,
        )
        with bulk.writer(self.settings) as sender:
            bulk.write(SYSTEM, sender, "intervals", frame)
        assert rollup.await_applied(["intervals"], PATIENT_S)

    def forecast(self, scope: Scope) -> dict:
        return site_forecast(scope, self.id, self.settings, self.cache, lambda *news: self.told.append(news), self.now)
