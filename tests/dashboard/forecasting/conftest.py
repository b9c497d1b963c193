"""The site of the forecasts' tests."""

from pathlib import Path

import pytest

from config import settings as configuration
from config.settings import Settings
from tests.dashboard.forecasting.homes import Homes
from tests.records import fresh


@pytest.fixture
def homes(questdb_tables: Settings, tmp_path: Path) -> Homes:
    made = questdb_tables.model_copy(update={"home": tmp_path / "home", "forecast_budget_s": 0.2})
    configuration.use(made)
    fresh(made.records_url)
    return Homes(made)
