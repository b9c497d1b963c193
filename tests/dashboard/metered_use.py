"""The live site with one use more, whose meter tells hours that are computed by hand: two days, of which the second lacks one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from config.settings import Settings
from store.records.plant import declarations, graph, meters
from store.scope import SYSTEM
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.live_world import LONG_AGO, LiveWorld

FIRST = datetime(2025, 3, 29, tzinfo=UTC)


class Plant:
    """The live site, and a meter of hours of energy and of a voltage."""

    def __init__(self, live: LiveWorld, sender: Any) -> None:
        self.live, self.sender = live, sender
        use = graph.create_node(SYSTEM, live.site, name="Use", kind="sink", valid_from=LONG_AGO).id
        edge = graph.create_edge(SYSTEM, live.site, from_node_id=live.nodes["bus"], to_node_id=use, valid_from=LONG_AGO)
        self.meter = str(meters.create_meter(SYSTEM, live.site, name="Use", edge_id=edge.id).id)
        declarations.declare_energy(SYSTEM, self.meter, method="interval", interval_s=3600, valid_from=LONG_AGO)

    def write(self, quantity: str, first: datetime, step_s: int, values: list[float]) -> None:
        at = int(first.timestamp()) * 1_000_000 + step_s * 1_000_000 * np.arange(len(values))
        whose, what = (np.full(len(at), name, dtype=object) for name in (self.meter, quantity))
        bulk.write(SYSTEM, self.sender, "intervals", bulk.intervals(at, whose, what, np.array(values), "test", interval_s=step_s))
        assert rollup.await_applied(["intervals"], PATIENT_S)


@pytest.fixture
def works(questdb_tables: Settings, sender: Any) -> Plant:
    made = Plant(LiveWorld(questdb_tables), sender)
    rollup.catch_up(SYSTEM, datetime(2025, 12, 20, tzinfo=UTC), late_s=120)
    checkpoint.forget()
    # London's clocks go forward at 01:00 of the 30th: 24 hours of 1 kWh, and 23 of 2 kWh of which the first is missing.
    made.write("energy_kwh", FIRST, 3600, [1.0] * 24)
    made.write("energy_kwh", FIRST + timedelta(hours=25), 3600, [2.0] * 22)
    return made
