"""What is bought is counted by the grid and by the market; what is made and sold is told apart."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from models import emissions
from models.emissions import CERTIFICATE, PRODUCTION, RESIDUAL, Factor

ZONE = ZoneInfo("Europe/Berlin")
NEW_YEAR = datetime(2025, 12, 31, 23, tzinfo=UTC)  # by the clocks of Berlin
STARTS_S = NEW_YEAR.timestamp() + 3600.0 * np.array([-1, 0, 23, 24])
GRID = np.array([400.0, 300.0, 200.0, np.nan])
FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)


def certificate(share: float, grams: float, first: date = FIRST, last: date | None = FIRST) -> Factor:
    return Factor(CERTIFICATE, "Wind power", first, last, grams, share=share)


def test_a_site_without_certificates_and_residual_mix_has_no_market_based_factor() -> None:
    made = Factor(PRODUCTION, "Engine", FIRST, None, 500.0, node_id="nod_1")
    assert np.isnan(emissions.market(GRID, [made], STARTS_S, ZONE)).all()


def test_a_share_with_certificates_counts_by_these_on_its_own_local_days_and_the_rest_by_the_grid() -> None:
    found = emissions.market(GRID, [certificate(0.6, 10.0), certificate(0.2, 50.0)], STARTS_S, ZONE)
    of_certificates = 0.6 * 10 + 0.2 * 50
    assert found == pytest.approx([400, of_certificates + 0.2 * 300, of_certificates + 0.2 * 200, np.nan], nan_ok=True)


def test_the_rest_counts_by_the_residual_mix_where_one_is_stated() -> None:
    mix = Factor(RESIDUAL, "Mix", FIRST, None, 700.0)
    newer = Factor(RESIDUAL, "Mix", SECOND, None, 650.0)
    found = emissions.market(GRID, [newer, certificate(0.75, 0.0), mix], STARTS_S, ZONE)
    assert found == pytest.approx([400, 0.25 * 700, 0.25 * 700, 650])


def test_certificates_of_all_that_is_bought_need_no_factor_of_the_grid() -> None:
    every = [certificate(share, 0.0, last=None) for share in (0.5, 0.3, 0.2)]
    assert emissions.market(GRID, every, STARTS_S, ZONE) == pytest.approx([400, 0, 0, 0])
    assert [emissions.shares(every, day) for day in (date(2025, 12, 31), FIRST)] == pytest.approx([0, 1])


def test_what_burns_nothing_emits_nothing_where_it_produces_and_of_the_rest_nothing_is_known_until_it_is_stated() -> None:
    engine = Factor(PRODUCTION, "Engine", SECOND, None, 560.0, node_id="nod_1")
    assert emissions.of_production("PV", [], STARTS_S, ZONE).tolist() == [0.0] * 4
    assert emissions.of_production("chp", [engine], STARTS_S, ZONE) == pytest.approx([np.nan, np.nan, np.nan, 560], nan_ok=True)
    assert emissions.of_production("wind", [engine], STARTS_S, ZONE).tolist() == [0, 0, 0, 560]


def test_kilograms_are_of_the_energy_with_a_factor_and_unknown_where_no_factor_is() -> None:
    kwh = [9.0, 1.0, 2.0, np.nan, 4.0, 9.0]
    grams = [1.0, 500.0, np.nan, 100.0, np.nan, 1.0]
    assert emissions.kilograms(kwh, grams, [1, 4, 5]) == pytest.approx([0.5, np.nan], nan_ok=True)


def test_a_day_of_25_hours_has_its_certificates_to_its_end() -> None:
    day = date(2026, 10, 25)
    start, end = certificate(1.0, 0.0, day, day).moments(ZONE)
    assert end is not None
    assert end - start == timedelta(hours=25)
    starts_s = end.timestamp() + np.array([-900.0, 0.0])
    assert emissions.market([300, 300], [certificate(1.0, 0.0, day, day)], starts_s, ZONE).tolist() == [0, 300]
