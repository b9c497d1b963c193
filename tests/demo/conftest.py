"""A demo of a few days in a real store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.ports import free_ports
from config import settings as configuration
from config.settings import Settings
from demo import load, state
from demo.state import State
from store.records.access import policy
from store.records.people import users
from store.records.transaction import engine
from store.scope import SYSTEM, Scope
from tests.conftest import QuestDBServer
from tests.emptied import with_empty_tables
from tests.ingest.world import Api
from tests.records import fresh

DAYS = 3


@dataclass
class Demo:
    """A loaded demo: its settings, what it remembers, and the accounts it made."""

    settings: Settings
    known: State
    accounts: list[load.Account]

    def scope(self, email: str) -> Scope:
        return policy.scope_of(users.user(SYSTEM, email).id)


def begin(settings: Settings) -> Settings:
    """Records without anything in them, in force for this process."""
    configuration.use(settings)
    fresh(settings.records_url)
    return settings


def loaded(settings: Settings) -> Demo:
    accounts = load.ensure_demo(days=DAYS)
    known = state.read(settings)
    assert known is not None
    return Demo(settings, known, accounts)


@pytest.fixture
def empty(questdb_tables: Settings, tmp_path: Path) -> Iterator[Settings]:
    """A state folder and records of its own, with nothing in them yet."""
    yield begin(questdb_tables.model_copy(update={"home": tmp_path, "demo": True}))
    engine.configure()


@pytest.fixture
def fresh_demo(empty: Settings) -> Demo:
    """A demo for this test alone."""
    return loaded(empty)


@pytest.fixture(scope="module")
def standing_demo(questdb_server: QuestDBServer, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo that the tests of a module look at, or add samples to."""
    with free_ports(1) as (port,):
        own = {"home": tmp_path_factory.mktemp("demo"), "demo": True, "device_port": port}
    made = questdb_server.settings.model_copy(update=own)
    begin(made)
    with_empty_tables(made)
    return loaded(made)


@pytest.fixture
def demo(standing_demo: Demo) -> Iterator[Demo]:
    configuration.use(standing_demo.settings)
    engine.configure(standing_demo.settings.records_url)
    yield standing_demo
    engine.configure()


@pytest.fixture(scope="module")
def api(standing_demo: Demo) -> Iterator[Api]:
    """The device API of the standing demo."""
    running = Api(standing_demo.settings).start()
    yield running
    running.stop()
