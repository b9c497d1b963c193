"""The world's site with readings of its own: a spike that is held, and hours that are missing."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from questdb import Sender

from config import clock
from config import settings as configuration
from config.settings import Settings
from insight.shared import shared
from store.records.plant import declarations
from store.scope import SYSTEM
from store.series import checkpoint, energy, rollup
from tests.conftest import PATIENT_S, QuestDBServer
from tests.dashboard.plant.asking import plant
from tests.dashboard.world import World
from tests.store.series.conftest import LONG_AGO, Site, every, sender

__all__ = ["sender"]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Measured:
    """The world's site with a counter that is read every minute, of which a spike is held and some hours are missing."""

    def __init__(self, world: World, settings: Settings, sender: Sender) -> None:
        self.world = world
        self.site = object.__new__(Site)
        self.site.settings, self.site.zone, self.site._sender, self.site._gathered = settings, "Europe/London", sender, None
        self.meter = plant(world)["meter"]
        declarations.declare_energy(SYSTEM, self.meter, method="counter", interval_s=60, valid_from=LONG_AGO)
        self.day = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY
        self.spike = self.day + 6 * HOUR
        minutes = [at for at in every(self.day, 60, 1440) if not 12 <= at.hour < 18]
        values = [100.0 + (at - self.day) / HOUR for at in minutes]
        values[minutes.index(self.spike)] = 90_000.0
        self.site.late(self.meter, "energy_total_kwh", minutes)
        self.site.samples(self.meter, "energy_total_kwh", minutes, values)
        self.settle()

    def settle(self) -> None:
        """What was posted and said is in every sum."""
        for _ in range(2):
            assert rollup.await_applied(["telemetry", "late", "amendments"], PATIENT_S)
            self.site.roll_up(clock.now() - timedelta(seconds=75))
        shared.clear()

    @property
    def kwh(self) -> float:
        """Of the day."""
        return float(energy.energy(SYSTEM, [self.meter], self.day, self.day + DAY).loc[self.meter, "forward_kwh"])

    @property
    def key(self) -> str:
        """Of the held reading's row."""
        return f"{self.meter}|energy_total_kwh|0|{round(self.spike.timestamp() * 1e6)}"


@pytest.fixture
def measured(world: World, questdb_server: QuestDBServer, questdb_tables: Settings, sender: Sender) -> Iterator[Measured]:
    """QuestDB beside the world of the dashboard."""
    ours = world.settings.model_copy(
        update={name: getattr(questdb_server.settings, name) for name in Settings.model_fields if name.startswith("questdb")}
    )
    configuration.use(ours)
    checkpoint.forget()
    yield Measured(world, ours, sender)
    checkpoint.forget()
