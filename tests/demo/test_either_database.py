"""The demo's records fit both databases that Loadstar keeps records in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.campus import campus
from demo.homes import homes
from demo.sites import record
from demo.state import State
from store.records.plant import sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.records import fresh


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[None]:
    cluster = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    fresh(cluster.url(cluster.new_database()) if cluster else f"sqlite:///{tmp_path / 'records.sqlite3'}")
    yield
    engine.configure()


def test_all_of_the_demo_is_recorded(records: None) -> None:
    plants = (campus(), homes())
    known = State(start=0, switch=86_400)
    kept: list[int] = []
    record(plants, known, keep=lambda: kept.append(len(known.sites)))
    assert kept == [2], "keys are kept before they are committed, for they cannot be read back"
    assert {site.id for site in sites.visible_sites(SYSTEM)} == set(known.sites.values())
    for plant in plants:
        assert set(known.series[plant.key]) == {"region", *(meter.key for meter in plant.meters)}
        assert set(known.keys[plant.key]) == {device.key for device in plant.devices}
