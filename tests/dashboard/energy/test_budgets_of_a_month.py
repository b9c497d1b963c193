"""The calendar's month says how its budgets fare and which peaks its demand charge is billed by."""

from datetime import date

import pytest

from dashboard.live import budgets as live
from dashboard.parts.reading import Reader
from insight.budget import MonthBudget
from insight.shared import shared
from models.budgets import NOTHING, Projection
from models.tariff_components import Demand
from store.records.plant import budgets, tariffs
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.quality.conftest import Measured
from tests.store.series.conftest import LONG_AGO

NAN = float("nan")
OPEN = Projection(412_000, 960_000, 930_000, 990_000, 14)


def faring(projection: Projection, amount: float = 900_000, unit: str = "kWh", **more: object) -> MonthBudget:
    given = {"passed": 0.5, "coverage": 1.0, "provisional": True} | more
    return MonthBudget("sit_a", "Works", "energy", unit, date(2026, 3, 1), amount, projection, **given)


@pytest.mark.parametrize(
    ("each", "says"),
    [
        (faring(OPEN), "412 MWh of 900 MWh so far, 960 MWh expected (930 MWh to 990 MWh): 7 % above the budget."),
        (faring(OPEN, 1_920_000), "412 MWh of 1.92 GWh so far, 960 MWh expected (930 MWh to 990 MWh): 50 % below the budget."),
        (
            faring(Projection(5, 10, NAN, NAN, 3), 10, "EUR", coverage=0.8),
            "€5.00 of €10.00 so far, €10.00 expected: as much as the budget. 80 % of the expected readings are there.",
        ),
        (faring(NOTHING, 10), "0 kWh of 10.0 kWh so far; what the month will come to cannot be told yet."),
        (
            faring(Projection(80, 80, 80, 80, 0), 100, passed=1.0),
            "80.0 kWh of 100 kWh: 20 % below the budget. Some of it may still change: readings can come late.",
        ),
    ],
)
def test_how_a_budget_fares_is_said_in_a_sentence(each: MonthBudget, says: str) -> None:
    assert live.says(each, Reader()) == says


def test_what_is_left_may_be_less_than_nothing() -> None:
    assert live.left(faring(OPEN), Reader()) == "488 MWh"
    assert live.left(faring(OPEN, 400_000), Reader()) == "12.0 MWh over"


def test_a_month_begins_with_its_budgets_and_ends_with_its_charged_peaks(measured: Measured) -> None:
    site, day = measured.world.site, measured.day.date()
    first, browser = day.replace(day=1), measured.world.client("operator")
    address = f"/site/{site}/calendar?of={measured.meter}&day={day}"
    before = shown(browser, address)
    assert "Energy budget" not in before
    assert "demand charge" not in before
    budgets.set_budget(SYSTEM, site, None, "energy", first, first, 1e6)
    prices = {"import_price_per_kwh": 0.2, "export_price_per_kwh": 0.0}
    tariffs.create_tariff(SYSTEM, site, name="Works", valid_from=LONG_AGO, components=[Demand(4.0)], **prices)
    shared.clear()
    page = shown(browser, f"/site/{site}/calendar?day={day}")
    assert "Energy budget" in page
    assert "of 1.00 GWh" in page
    assert "Energy budget" not in shown(browser, f"/site/{site}/calendar?day={day}&view=year")
    peaks = shown(browser, address)
    for words in ("Peaks that the demand charge is billed by", "for each kW", f"calendar?of={measured.meter}&day={day}"):
        assert words in peaks
    assert "Energy budget" not in peaks, "it is of the site, not of the meter"
