"""Parts of the bench that need a QuestDB but no running product."""

import pytest

from cli.bench import series
from cli.bench.product import Product
from cli.bench.run import Run, Sizes
from config.settings import Settings
from store.records import engine


class Stood(Product):
    """The product of these settings, running already."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.demo = False

    @property
    def running(self) -> bool:
        return True

    def settings(self) -> Settings:
        return self._settings


@pytest.fixture
def run(questdb_tables: Settings) -> Run:
    engine.configure(questdb_tables.records_url)
    engine.upgrade()
    return Run(Stood(questdb_tables), Sizes(rows=5_000, fill_s=30, repeats=2), lambda _: None)


def test_the_meters_of_the_latest_section_all_have_a_latest_value(run: Run) -> None:
    told = {figure.name: figure.measured for figure in series.latest(run)}
    assert told["rows of `telemetry` behind the latest values"] == 5_000 + 480
    assert told["latest value of 500 meters, 20 silent for a year"] > 0
