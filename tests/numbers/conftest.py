"""Small true worlds whose every number is computed a second time, by `second_path`."""

from collections.abc import Callable

import pytest

from config.settings import Settings
from tests.records import fresh
from tests.store.series.conftest import Site, sender

__all__ = ["sender"]
pytest.register_assert_rewrite("tests.numbers.site_on_screen", "tests.numbers.served")

MakeSite = Callable[[str], Site]


@pytest.fixture
def site_in(questdb_tables: Settings, sender: object) -> MakeSite:
    """Makes a site in a time zone."""
    fresh(questdb_tables.records_url)
    return lambda zone: Site(questdb_tables, sender, zone)
