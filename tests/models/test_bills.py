"""Bills of many meters at once are those of each alone, and any pieces of a month add up to it."""

import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from models import bills, tariffs
from models.tariff_components import Demand, Fixed, Minimum, Rounding, Tax, Tiers
from models.tariff_demand import Load

ZONE = ZoneInfo("America/St_Johns")
CHARGES = (
    Tiers("day", (20.0,), (0.0, 0.1)), Fixed(9.0, "month"), Demand(3.0, 30, highest_days=2, ratchet_percent=90, ratchet_months=1),
    Tax(10.0, ("energy", "demand", "taxes"), 0.01), Minimum(60.0), Rounding(1),
)  # fmt: skip


@pytest.fixture
def load() -> Load:
    edges = pd.date_range("2026-10-01T02:30Z", "2026-12-01T03:30Z", freq="15min")  # two local months
    kwh = np.random.default_rng(3).uniform(0, 2, (3, len(edges) - 1)) * np.array([[0.01], [0.5], [1.0]])
    return Load(edges.as_unit("us").asi8 / 1e6, kwh, np.full(kwh.shape, 900.0), np.zeros(kwh.shape))


def billed(load: Load, periods: list[int]) -> bills.Bill:
    version = tariffs.Version(datetime(2020, 1, 1, tzinfo=UTC), None, 0.2, 0.05, math.nan, region_first=False, components=CHARGES)
    flat = tariffs.Prices(*np.full((3, len(load.edges_s) - 1), [[0.2], [0.05], [0.0]]))
    return bills.bill([version], load, load.bought_kwh / 3, flat, periods, ZONE)


def test_many_meters_are_billed_as_each_alone(load: Load) -> None:
    count = len(load.edges_s) - 1
    together = billed(load, [0, count // 3, count])
    for row in range(3):
        alone = load._replace(**{name: getattr(load, name)[row : row + 1] for name in ("bought_kwh", "covered_s", "estimated_s")})
        found = billed(alone, [0, count // 3, count])
        assert found.cost[0].tolist() == pytest.approx(together.cost[row].tolist())
        for name in bills.PARTS:
            assert found.parts[name][0].tolist() == pytest.approx(together.parts[name][row].tolist()), name


def test_any_pieces_add_up_to_the_months_and_parts_to_the_cost(load: Load) -> None:
    months = [0, (31 * 24 * 4), len(load.edges_s) - 1]
    whole, random = billed(load, months), np.random.default_rng(4)
    pieces = np.unique([*months, *random.integers(0, months[-1], 200)])
    found = billed(load, pieces.tolist())
    at = np.searchsorted(pieces, months[:-1])
    for values, sums in [(found.cost, whole.cost), *((found.parts[name], whole.parts[name]) for name in bills.PARTS)]:
        assert np.add.reduceat(values, at, axis=1) == pytest.approx(sums, abs=1e-9)
    assert sum(found.parts.values()) == pytest.approx(found.cost)
    assert (whole.cost * 10) == pytest.approx(np.round(whole.cost * 10), abs=1e-6)
    assert whole.cost[0].tolist() == pytest.approx([60.0, 60.0])  # the smallest user pays the minimum
    assert whole.parts["minimum"][2].tolist() == [0, 0]


@pytest.mark.parametrize(
    ("amount", "decimals", "found"), [(2.675, 2, 2.68), (-2.675, 2, -2.68), (0.5, 0, 1.0), (1.234, -1, 1.234)]
)
def test_halves_are_rounded_away_from_zero(amount: float, decimals: int, found: float) -> None:
    assert bills.rounded(np.array([amount]), decimals).tolist() == pytest.approx([found])
