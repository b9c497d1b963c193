"""A site whose values come through a broker of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from store.ids import channel_id
from store.records.plant import brokers, channels, devices, meters
from store.records.plant.brokers import Description, Subscription
from store.scope import SYSTEM
from tests.ingest.mqtt.broker import Broker, Listener, Publisher


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    running = Broker(tmp_path / "broker").start()
    yield running
    running.stop()


@pytest.fixture
def publisher(broker: Broker) -> Iterator[Publisher]:
    made = Publisher(broker.port)
    yield made
    made.end()


@pytest.fixture
def listener(device_settings: Any, world: Any) -> Iterator[Listener]:
    running = Listener(device_settings)
    running._log.unlink(missing_ok=True)
    yield running
    running.stop()
    for each in brokers.brokers_of(SYSTEM, world.site_id):
        brokers.delete_broker(SYSTEM, each.id)


_numbers = iter(range(10_000))


class Mapped:
    """A broker in the records, and meters that its channels are mapped to."""

    def __init__(self, site_id: str, port: int, family: str = "plain", topic: str = "plant/#", template: str = "", **more: Any):
        self.site_id = site_id
        described = Description("yard", "127.0.0.1", [Subscription(topic, family, template)], port, **more)
        self.id = brokers.create_broker(SYSTEM, site_id, described).id

    def channel(self, name: str, quantity: str = "power_kw", unit: str = "W", interval_s: int = 1) -> str:
        """A meter of a device of its own that the channel writes."""
        number = next(_numbers)
        self.device = devices.create_device(SYSTEM, self.site_id, name=f"by mqtt {number}", reporting_interval_s=interval_s).id
        made = meters.create_meter(SYSTEM, self.site_id, name=f"by mqtt {number}", role="condition", device_id=self.device)
        meter = made.id
        source = channels.Source(self.site_id, broker_id=self.id)
        channels.known(SYSTEM, source, "mqtt", [name])
        channels.map_channel(SYSTEM, channel_id(self.id, "mqtt", name), meter_id=meter, quantity=quantity, unit=unit)
        return str(meter)
