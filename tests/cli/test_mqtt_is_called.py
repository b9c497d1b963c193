"""The process that listens to brokers is started by the first broker, and costs next to nothing until then."""

from pathlib import Path
from typing import Any

import psutil

from config import settings as configuration
from config.settings import Settings
from store.records.people import organisations
from store.records.plant import brokers, sites
from store.records.plant.brokers import Description, Subscription
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.running import Terminal


def test_a_broker_that_is_described_has_its_process_started_without_a_restart(tmp_path: Path, questdb_jar: Any) -> None:
    terminal = Terminal(tmp_path, questdb_jar)
    try:
        terminal.start()
        pid = terminal.pid("mqtt")
        assert pid is not None
        assert psutil.Process(pid).memory_info().rss < 30 * 2**20
        made = Settings(
            home=terminal.home, database_url=f"sqlite:///{terminal.home}/records.sqlite3", secret_key="a key of its own"
        )
        configuration.use(made)
        engine.configure(made.records_url)
        owner = organisations.create_organisation(SYSTEM, name="Owner", kind="distributor").id
        place: dict[str, Any] = {"time_zone": "Europe/Berlin", "currency": "EUR", "latitude": 52.5, "longitude": 13.4}
        site = sites.create_site(SYSTEM, name="Works", kind="campus", organisation_id=owner, public_number=101, **place).id
        topics = [Subscription("plant/#", "plain")]
        brokers.create_broker(SYSTEM, site, Description("yard", "127.0.0.1", topics, 9))
        log = terminal.home / "logs" / "mqtt.log"
        eventually(lambda: "cannot be reached" in log.read_text(), 120)
        assert terminal.pid("mqtt") == pid
    finally:
        terminal.tidy()
        eventually(terminal.all_ended, 30)
