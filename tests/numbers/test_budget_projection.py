"""What a month will come to is what plain Python finds on the raw rows: day by day, by the median of the last days like it."""

import statistics
from datetime import UTC, date, datetime, timedelta
from math import pi, sqrt

import numpy as np
import pandas as pd
import pytest

from insight import budget
from insight.budget import MonthBudget
from insight.shared import shared
from insight.site_view import site_view
from models.budgets import EXCEEDED, LIKELY, WITHIN
from models.tariff_components import Demand, Fixed, Minimum
from store.records.access import policy
from store.records.plant import budgets, buildings, tariffs
from store.records.plant.buildings import Facts
from store.scope import SYSTEM, Scope
from tests.conftest import PATIENT_S, eventually
from tests.held_clock import held
from tests.numbers.conftest import MakeSite
from tests.numbers.test_energy_days import Hall, hall
from tests.numbers.test_homes import Street
from tests.store.series.conftest import LONG_AGO

__all__ = ["hall"]
NOW = datetime(2026, 3, 18, 8, tzinfo=UTC)  # nine o'clock in Berlin, a Wednesday
TODAY, MARCH, FEBRUARY = date(2026, 3, 18), date(2026, 3, 1), date(2026, 2, 1)
LEFT = 15 / 24  # of today
HOURS = 31 * 24 - 1  # of a March in which the clocks are set forward
BUYING, CO2_KG = 0.3, 0.35  # per kWh


class ByHand:
    """The days of a hall up to now, and what the month comes to by them."""

    def __init__(self, of: Hall, missing: date | None = None) -> None:
        of_day = pd.Series(of.local.date)
        self.there = np.array([at < NOW for at in of.moments]) & (of_day != missing).to_numpy()
        sums = pd.Series(of.kwh[self.there]).groupby(of_day[self.there].to_numpy()).sum()
        self.so_far = float(sums[sums.index >= MARCH].sum())
        self.whole = {day: float(kwh) for day, kwh in sums.items() if day < TODAY}
        self.peak_kw = 4 * max(of.kwh[self.there & (of_day >= MARCH).to_numpy()])
        days = [MARCH + timedelta(days=n) for n in range(31)]
        self.open = {day: LEFT if day == TODAY else 1.0 for day in days if day not in self.whole}

    def alike(self, day: date) -> list[float]:
        """The last eight known days of the weekday, of the twelve weeks before."""
        since = day - timedelta(days=84)
        return [kwh for each, kwh in self.whole.items() if each.weekday() == day.weekday() and since <= each < day][-8:]

    def projected(self) -> float:
        return self.so_far + sum(share * statistics.median(self.alike(day)) for day, share in self.open.items())

    def spread(self) -> float:
        """Half the width of the band: days scatter each by itself, the medians of a weekday are off together."""
        alone, together = 0.0, dict.fromkeys(range(7), 0.0)
        for day, share in self.open.items():
            alike = self.alike(day)
            middle = statistics.median(alike)
            off = share * 1.4826 * statistics.median([abs(each - middle) for each in alike])
            alone += off**2
            together[day.weekday()] += off * sqrt(pi / 2 / len(alike))
        return 1.645 * sqrt(alone + sum(each**2 for each in together.values()))


def write(of: Hall, by: ByHand) -> None:
    moments = [at for at, is_there in zip(of.moments, by.there, strict=True) if is_there]
    with of.site.at_once():
        for meter in (of.grid, of.meter):
            of.site.intervals(meter, "energy_kwh", 900, moments, of.kwh[by.there])


def told(of: Hall, subject: str, month: date = MARCH) -> dict[str, MonthBudget]:
    with held(NOW):
        shared.clear()
        found = budget.month_budgets(SYSTEM, site_view(SYSTEM, of.site.id), month, subject)
    return {each.measure: each for each in found}


def charging(of: Hall, *components: object) -> None:
    prices = {"import_price_per_kwh": BUYING, "export_price_per_kwh": 0, "co2_g_per_kwh": 1000 * CO2_KG}
    tariffs.create_tariff(SYSTEM, of.site.id, name="T", valid_from=LONG_AGO, components=components, **prices)


@pytest.mark.parametrize("missing", [None, date(2026, 3, 10)])
def test_the_energy_of_a_month_is_what_was_measured_and_what_days_like_those_left_take(hall: Hall, missing: date | None) -> None:
    by = ByHand(hall, missing)
    write(hall, by)
    budgets.set_budget(SYSTEM, hall.site.id, None, "energy", MARCH, MARCH, 15_000)
    [found] = told(hall, hall.site.id).values()
    assert found.projection.so_far == pytest.approx(by.so_far)
    assert found.projection.projected == pytest.approx(by.projected())
    assert found.projection.high - found.projection.projected == pytest.approx(by.spread())
    assert found.projection.projected - found.projection.low == pytest.approx(by.spread())
    assert found.projection.expected_days == len(by.open) == (14 if missing is None else 15)
    assert found.passed == pytest.approx((17 * 24 + 9) / HOURS)
    assert found.provisional
    assert (found.coverage < 0.99) == (missing is not None)


def test_fixed_and_demand_charges_count_for_the_whole_month_and_energy_by_what_is_usual(hall: Hall) -> None:
    by = ByHand(hall)
    write(hall, by)
    charging(hall, Fixed(90.0, "month"), Demand(4.0))
    buildings.describe_building(SYSTEM, hall.site.id, hall.id, Facts("1"))
    for subject in (None, hall.id):
        for measure in ("cost", "co2"):
            budgets.set_budget(SYSTEM, hall.site.id, subject, measure, MARCH, MARCH, 1)
    by_month = 90 + 4 * by.peak_kw
    for subject in (hall.site.id, hall.id):
        found = {measure: each.projection for measure, each in told(hall, subject).items()}
        assert found["cost"].so_far == pytest.approx(BUYING * by.so_far + by_month * 18 * 24 / HOURS)
        assert found["cost"].projected == pytest.approx(BUYING * by.projected() + by_month)
        assert found["cost"].high - found["cost"].low == pytest.approx(2 * BUYING * by.spread())
        assert found["co2"].so_far == pytest.approx(CO2_KG * by.so_far)
        assert found["co2"].projected == pytest.approx(CO2_KG * by.projected())


def test_a_month_costs_at_least_its_minimum(hall: Hall) -> None:
    by = ByHand(hall)
    write(hall, by)
    charging(hall, Minimum(9000.0))
    budgets.set_budget(SYSTEM, hall.site.id, None, "cost", MARCH, MARCH, 9500)
    found = told(hall, hall.site.id)["cost"]
    assert BUYING * by.projected() < 9000
    assert found.projection[1:4] == pytest.approx((9000, 9000, 9000))
    assert found.state == WITHIN


def test_a_month_that_is_over_is_what_it_was(hall: Hall) -> None:
    write(hall, by := ByHand(hall))
    charging(hall, Fixed(90.0, "month"))
    for measure in ("energy", "cost"):
        budgets.set_budget(SYSTEM, hall.site.id, None, measure, FEBRUARY, FEBRUARY, 100)
    kwh = sum(kwh for day, kwh in by.whole.items() if FEBRUARY <= day < MARCH)
    found = told(hall, hall.site.id, FEBRUARY)
    assert found["energy"].projection == pytest.approx((kwh, kwh, kwh, kwh, 0))
    assert found["cost"].projection.projected == pytest.approx(BUYING * kwh + 90)
    assert found["cost"].projection.so_far == pytest.approx(BUYING * kwh + 90)
    assert found["cost"].passed == 1


def test_months_that_are_over_are_what_their_quarters_add_up_to(hall: Hall) -> None:
    hall.write()
    charging(hall, Fixed(90.0, "month"), Demand(4.0))
    buildings.describe_building(SYSTEM, hall.site.id, hall.id, Facts("1"))
    months = [date(2025, 12, 1), date(2026, 1, 1), FEBRUARY, MARCH]
    for subject in (None, hall.id):
        for measure in ("energy", "cost", "co2"):
            budgets.set_budget(SYSTEM, hall.site.id, subject, measure, date(2025, 11, 1), MARCH, 12_000)
    with held(datetime(2026, 4, 20, 8, tzinfo=UTC)):
        shared.clear()
        kept = budgets.budgets(SYSTEM, hall.site.id)
        found = budget.past_budgets(SYSTEM, site_view(SYSTEM, hall.site.id), kept)
    of_month = pd.Index(hall.local.date).map(lambda day: day.replace(day=1))
    for subject in (hall.site.id, hall.id):
        own = {(each.measure, each.month): each for each in found if each.subject_id == subject}
        for month in months:
            kwh = hall.kwh[of_month == month]
            amounts = {"energy": kwh.sum(), "cost": BUYING * kwh.sum() + 90 + 4 * 4 * kwh.max(), "co2": CO2_KG * kwh.sum()}
            if month == months[0]:
                del amounts["cost"]  # what is due of a month of which ten days are told is a matter of bills
            for measure, amount in amounts.items():
                each = own[measure, month]
                assert each.projection == pytest.approx((amount, amount, amount, amount, 0)), (measure, month)
                assert each.passed == 1
            assert (own["energy", month].coverage > 0.99) == (month in (date(2026, 1, 1), FEBRUARY))
        assert ("energy", date(2025, 11, 1)) not in own, "nothing is known of it"


def test_what_fares_worst_comes_first_and_what_nobody_waits_for_is_there_soon(hall: Hall) -> None:
    by = ByHand(hall)
    write(hall, by)
    buildings.describe_building(SYSTEM, hall.site.id, hall.id, Facts("1"))
    budgets.set_budget(SYSTEM, hall.site.id, None, "energy", MARCH, MARCH, by.projected() - 1)
    budgets.set_budget(SYSTEM, hall.site.id, hall.id, "energy", MARCH, MARCH, by.so_far - 1)
    with held(NOW):
        shared.clear()
        view = site_view(SYSTEM, hall.site.id)
        found = eventually(lambda: budget.known_budgets(SYSTEM, view), within_s=PATIENT_S)
        assert [(each.subject_id, each.state) for each in found] == [(hall.id, EXCEEDED), (hall.site.id, LIKELY)]
        assert budget.month_budgets(SYSTEM, view, date(2026, 4, 1)) == []
        part = Scope("usr_any", part_site_ids=frozenset({hall.site.id}), meter_ids=frozenset({hall.meter}))
        assert budget.month_budgets(part, site_view(part, hall.site.id), MARCH) == []
        assert budget.known_budgets(part, site_view(part, hall.site.id)) == []


def test_a_resident_is_told_of_their_own_days_alone(site_in: MakeSite) -> None:
    now = pd.Timestamp("2026-04-20 09:00", tz="Europe/Berlin").tz_convert("UTC")
    site = site_in("Europe/Berlin")
    street = Street(site, now, seed=3)
    tariffs.create_tariff(SYSTEM, site.id, name="Flat", import_price_per_kwh=0.25, export_price_per_kwh=0.1, valid_from=LONG_AGO)
    scope = policy.scope_of(street.resident(pd.Timestamp("2026-04-08 12:00", tz="Europe/Berlin").tz_convert("UTC")))
    for measure in ("energy", "cost"):
        budgets.set_own_budget(scope, measure, date(2026, 4, 1), date(2026, 4, 1), 100)
    with held(now.to_pydatetime()):
        shared.clear()
        found = {each.measure: each.projection for each in budget.own_budgets(scope)}
    local = street.rows.index.tz_convert("Europe/Berlin")
    today, amounts = date(2026, 4, 20), {"energy": street.used(), "cost": 0.25 * street.rows["taken"] - 0.1 * street.rows["fed"]}
    for measure, rows in amounts.items():
        by_day = rows.groupby(local.date).sum()
        own = by_day[by_day.index >= date(2026, 4, 9)]
        mean = own[own.index < today].mean()  # of no weekday are there four
        assert found[measure].so_far == pytest.approx(own.sum())
        assert found[measure].projected == pytest.approx(own.sum() + mean * (LEFT + 10))
        assert found[measure].expected_days == 11
