"""Parts of the bench that need a QuestDB but no running product."""

from bench import series
from bench.product import Product
from bench.run import Run, Sizes
from config.settings import Settings
from tests.records import fresh


def test_the_meters_of_the_latest_section_all_have_a_latest_value(questdb_tables: Settings) -> None:
    fresh(questdb_tables.records_url)
    run = Run(Product(questdb_tables.home, demo=False), Sizes(rows=5_000, fill_s=30, repeats=2), lambda _: None)
    told = {figure.name: figure.measured for figure in series.latest_of_many(run, questdb_tables)}
    assert told["rows of `telemetry` behind the latest values"] == 5_000 + 480
    assert told["latest value of 500 meters, 20 silent for a year"] > 0
