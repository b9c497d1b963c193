"""The world of `tests.ingest.world`, running: one device API a session, on the session's QuestDB."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli.ports import free_ports
from config.settings import Settings
from tests.ingest.world import Api, Device, Stored, World, build_world, use_records


@pytest.fixture(scope="session")
def device_settings(questdb_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The session's QuestDB with its tables, and records of these tests' own."""
    from store.series import tables

    home = tmp_path_factory.mktemp("devices")
    with free_ports(1) as (port,):
        own = {"home": home, "database_url": f"sqlite:///{home}/records.sqlite3", "device_port": port}
    made: Settings = questdb_server.settings.model_copy(update=own)
    tables.create_tables(made)
    return made


@pytest.fixture(scope="session")
def world(device_settings: Settings) -> World:
    return build_world(device_settings)


@pytest.fixture(scope="session")
def api(device_settings: Settings, world: World) -> Iterator[Api]:
    running = Api(device_settings).start()
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def _records_of_these_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    if "world" in request.fixturenames:
        use_records(request.getfixturevalue("device_settings"))
    yield


@pytest.fixture
def as_holder(api: Api) -> Iterator[Callable[[str | None], Device]]:
    """Make devices that hold a key."""
    made: list[Device] = []

    def hold(key: str | None) -> Device:
        made.append(Device(api, key))
        return made[-1]

    yield hold
    for device in made:
        device.client.close()


@pytest.fixture
def gateway(as_holder: Callable[[str], Device], world: World) -> Device:
    return as_holder(world.device_key)


@pytest.fixture
def site(as_holder: Callable[[str], Device], world: World) -> Device:
    """The holder of the site's key."""
    return as_holder(world.site_key)


@pytest.fixture
def stored(device_settings: Settings) -> Iterator[Stored]:
    asking = Stored(device_settings)
    yield asking
    asking.connection.close()


_BEGAN = datetime.now(UTC).replace(microsecond=0)
_moment = iter(range(1, 100_000))


@pytest.fixture
def moment() -> datetime:
    """A moment of the last hours that no other test uses, on a full second."""
    return _BEGAN - timedelta(hours=2, seconds=61 * next(_moment))
