"""A played service, and records in which it may be asked."""

from collections.abc import Iterator

import pytest

from config.settings import Settings
from store.records.plant import regions
from store.scope import SYSTEM
from tests.ingest.pulls.pulled import change
from tests.ingest.pulls.services import Played, playing
from tests.ingest.world import World, build_world, use_records


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    with playing() as server:
        yield server


@pytest.fixture
def asking(played: Played, questdb_tables: Settings) -> Iterator[Settings]:
    """Empty tables, and records of this test's own, in which the played service may be asked."""
    made = played.allowed_by(questdb_tables)
    use_records(made)
    played.seen.clear()
    yield made


@pytest.fixture
def works(asking: Settings) -> World:
    return build_world(asking)


@pytest.fixture
def region(works: World) -> str:
    made = regions.create_region(SYSTEM, name="Market").id
    change(works.site_id, region_id=made)
    return made
