"""Bills as they went wrong in the field: market prices, windows, seasons, tariffs put right, counters that were reset."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dashboard.parts.given import Given, Wrong
from dashboard.parts.reading import Reader
from dashboard.plant import restating, tariff_hours
from insight import restated, site_view, today
from models.tariff_components import Demand, Fixed, Holidays, Market, Tax, Tiers
from models.tariffs import Hours, Prices, Version, prices
from store.records.plant import tariffs
from store.scope import SYSTEM
from store.series import checkpoint, rollup
from store.series.cost import billed, cost_by
from tests.numbers.test_bills import ByHand, Made, charging, midnight
from tests.numbers.test_cost import at, cost, counted, every, sender, works, yesterday

__all__ = ["sender", "works", "yesterday"]


def test_a_market_price_is_priced_in_its_own_quarter_and_missing_ones_are_said(works: Made) -> None:
    made, zone = works("Asia/Kolkata"), "Asia/Kolkata"
    start, end = (midnight(zone, each) for each in ("2026-06-01", "2026-06-02"))
    made.store("energy_kwh", every(start, end, 900, lambda n: 0.1 + n % 4))
    made.store("price_per_kwh", [row for n, row in enumerate(every(start, end, 900, lambda n: n % 5 / 10 - 0.1)) if n % 7])
    charging(made, "2020-01-01T00:00:00Z", Market("import", 5.0, 0.02), Tax(20, ("energy",)), buy=0.03)
    price = made.minutes("price_per_kwh", start, end, adds_up=False)
    hand = ByHand(made, start, end)
    found = cost(SYSTEM, made.meter, at(start), at(end))
    assert found["cost"] == pytest.approx((hand.bought * (price * 1.05 + 0.05)).sum() * 1.2)
    assert found["priced"] == pytest.approx(hand.bought[price.notna()].sum() / hand.bought.sum())


def test_minutes_of_a_spike_cost_what_they_cost(works: Made, yesterday: str) -> None:
    """A price of five minutes is not spread over the half hour that it lies in."""
    made, start, end = works("UTC"), f"{yesterday}T17:30Z", f"{yesterday}T18:00Z"
    read = {0: 100.0, 5: 100.1, 10: 100.2, 15: 100.3, 20: 100.8, 25: 101.4}
    counted(made, {f"{yesterday}T17:{30 + minute}Z": kwh for minute, kwh in read.items()} | {end: 102.0})
    made.store("price_per_kwh", every(start, end, 300, ([15.0] + [0.3] * 5).__getitem__))
    charging(made, "2020-01-01T00:00:00Z", Market("import", 0.0, 0.0), buy=0.0)
    rollup.catch_up(SYSTEM, datetime.now(UTC))
    checkpoint.forget()
    found = cost_by(SYSTEM, made.meter, at(start), at(end), "half_hour")["cost"]
    assert found.tolist() == pytest.approx([0.1 * 15 + 1.9 * 0.3])


def one_price(zone: str, hours: tuple[Hours, ...], *moments: str, holidays: tuple[date, ...] = ()) -> list[float]:
    version = Version(at("2020-01-01T00:00:00Z"), None, 0.30, 0.0, math.nan, False, hours, (Holidays(),))
    starts = pd.DatetimeIndex([at(each) for each in moments])
    nothing = Prices(*np.full((3, len(starts)), np.nan))
    return prices([version], starts, ZoneInfo(zone), nothing, holidays).importing.tolist()


def test_windows_over_midnight_and_a_weekend_cover_a_charge_on_a_day_of_another_length(works: Made) -> None:
    made = works("Europe/Madrid")
    start, end = "2023-03-26T14:08:57+00:00", "2023-03-27T05:03:22+00:00"  # from a Sunday of 23 hours to Monday 07:03
    first, last = at(start), at(end)
    quarters = [(ts, s, 0.25) for ts, s, _ in every("2023-03-26T14:15Z", "2023-03-27T05:00Z", 900, float)]
    share = 20.0 / (0.25 * len(quarters))
    made.store("energy_kwh", [(ts, s, kwh * share) for ts, s, kwh in quarters])
    lines = (
        "weekend 00:00-22:00 = 0.0925",
        "weekend 22:00-00:00 = 0.0925",
        "weekday 00:00-08:00 = 0.0925",
        "weekday 22:00-00:00 = 1",
    )
    cheap = tariff_hours.read("\n".join(lines), 0.0)
    charging(made, "2020-01-01T00:00:00Z", buy=0.25, hours=cheap)
    assert cost(SYSTEM, made.meter, first, last)["cost"] == pytest.approx(1.85)


def test_a_holiday_is_as_a_sunday_on_the_day_on_which_it_is_observed() -> None:
    peak = (Hours("weekday", 14 * 60, 20 * 60, 0.5, 0, 501, 1031),)
    friday, thursday = "2026-07-03T15:00-07:00", "2026-07-02T15:00-07:00"
    observed = (date(2026, 7, 3), date(2026, 7, 4))  # the 4th is a Saturday
    assert one_price("America/Phoenix", peak, friday, thursday, holidays=observed) == [0.3, 0.5]
    assert one_price("America/Phoenix", peak, friday, thursday) == [0.5, 0.5]
    own = (*peak, Hours("holiday", 0, 1440, 0.1, 0))
    assert one_price("America/Phoenix", own, friday, thursday, "2026-07-04T03:00-07:00", holidays=observed) == [0.1, 0.5, 0.1]


def test_a_season_may_reach_across_the_years_end() -> None:
    winter = (Hours("every", 0, 1440, 0.4, 0, 1101, 228),)
    days = ("2027-10-31", "2027-11-01", "2027-12-31", "2028-01-01", "2028-02-28", "2028-02-29")
    found = one_price("Europe/Berlin", winter, *(f"{each}T12:00+01:00" for each in days))
    assert found == [0.3, 0.4, 0.4, 0.4, 0.4, 0.3]


def test_the_tile_of_today_pays_what_the_day_is_billed(works: Made) -> None:
    made = works("Europe/Berlin")
    start, noon = midnight("Europe/Berlin", "2026-06-01"), "2026-06-20T12:00:00+02:00"
    made.store("energy_kwh", every(start, noon, 900, lambda n: 1 + n % 4))
    charging(
        made, "2020-01-01T00:00:00Z", Tiers("month", (500.0,), (0.0, 0.1)), Fixed(30, "month"), Demand(3.0), Tax(7, ("energy",))
    )
    told = today.read(SYSTEM, site_view.read(SYSTEM, made.site, at(noon)), at(noon))
    begin = at(midnight("Europe/Berlin", "2026-06-20"))
    assert told.cost == pytest.approx(cost(SYSTEM, made.meter, begin, at(noon))["cost"])
    hand = ByHand(made, start, noon)
    now = hand.index >= begin
    energy, month = 0.2 * hand.bought[now].sum(), (at(noon) - begin) / timedelta(days=30)
    tiers = hand.tiers([500], [0, 0.1], daily=False)[now].sum()
    assert told.cost == pytest.approx(1.07 * energy + tiers + month * (30 + 3 * hand.highest(15, 1)))


def test_a_price_that_is_put_right_says_what_it_restates_and_then_restates_it(
    works: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = works("Europe/Berlin")
    start, end = (midnight("Europe/Berlin", each) for each in ("2026-06-10", "2026-06-11"))
    made.store("energy_kwh", every(start, end, 3600, lambda n: 3.62 / 24))
    charging(made, "2026-06-01T00:00:00+02:00", buy=25.18)
    assert cost(SYSTEM, made.meter, at(start), at(end))["cost"] == pytest.approx(91.15, abs=0.005)
    [wrong] = tariffs.tariffs(SYSTEM, made.site)
    right = tariffs.Terms("right", 0.2518, 0.05, region_first=False)
    since, after = tariffs.versions_changed(SYSTEM, wrong.id, right)
    told = restated.by_tariffs(SYSTEM, made.site, after, since)
    [[june]] = [each.months for each in told.every]
    assert june == (at(midnight("Europe/Berlin", "2026-06-01")), pytest.approx(91.15, abs=0.005), pytest.approx(0.91, abs=0.005))
    monkeypatch.setattr(restating, "reader", Reader)
    with pytest.raises(Wrong, match=r"Cost of Works: this restates 1 month by −\$90\.24\.") as asked:
        restating.agreed(Given([restating.SURE], {}), lambda: told)
    table = repr(asked.value.problems["sure"].more)
    assert all(f"'{cell}'" in table for cell in ("2026-06", "$91.15", "$0.91", "−$90.24"))
    restating.agreed(Given([restating.SURE], {"sure": True}), lambda: told)
    assert tariffs.tariffs(SYSTEM, made.site)[0].import_price_per_kwh == 25.18  # nothing is saved before
    tariffs.change_tariff(SYSTEM, wrong.id, right)
    assert cost(SYSTEM, made.meter, at(start), at(end))["cost"] == pytest.approx(0.91, abs=0.005)


def test_a_tariff_that_is_added_restates_the_months_that_it_is_of(works: Made) -> None:
    made, zone = works("Europe/Berlin"), "Europe/Berlin"
    first, second, third = (midnight(zone, each) for each in ("2026-04-01", "2026-05-01", "2026-05-21"))
    made.store("energy_kwh", every(first, midnight(zone, "2026-06-01"), 3600, lambda n: 1.0))
    charging(made, first, buy=0.2)
    dearer = tariffs.Terms("dearer", 0.3, 0.05, region_first=False)
    after = tariffs.versions_with(SYSTEM, made.site, dearer, at(third))
    [cost_of_site] = restated.by_tariffs(SYSTEM, made.site, after, at(third)).every
    assert (cost_of_site.figure, cost_of_site.name, cost_of_site.unit) == ("cost", "Works", "USD")
    assert cost_of_site.months == [(at(second), pytest.approx(744 * 0.2), pytest.approx(480 * 0.2 + 264 * 0.3))]
    assert cost_of_site.by == pytest.approx(264 * 0.1)
    [only] = tariffs.tariffs(SYSTEM, made.site)
    [ended] = restated.by_tariffs(SYSTEM, made.site, tariffs.versions_ended(SYSTEM, only.id, at(third)), at(third)).every
    assert ended.months == [(at(second), pytest.approx(744 * 0.2), pytest.approx(480 * 0.2))]
    greener = dearer._replace(import_price_per_kwh=0.2, co2_g_per_kwh=50.0)
    [co2] = restated.by_tariffs(SYSTEM, made.site, tariffs.versions_with(SYSTEM, made.site, greener, at(third)), at(third)).every
    assert (co2.figure, co2.unit, co2.months) == ("co2", "kg", [(at(second), None, pytest.approx(264 * 0.05))])
    same = tariffs.versions_with(SYSTEM, made.site, dearer._replace(import_price_per_kwh=0.2), at(third))
    assert restated.by_tariffs(SYSTEM, made.site, same, at(third)) == restated.Foretold([])
    assert [each.valid_to for each in tariffs.tariffs(SYSTEM, made.site)] == [None]
    ahead = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    after = tariffs.versions_with(SYSTEM, made.site, dearer, ahead)
    assert restated.by_tariffs(SYSTEM, made.site, after, ahead) == restated.Foretold()


def test_a_counter_that_was_silent_and_was_reset_is_billed_for_what_it_counted(works: Made, yesterday: str) -> None:
    """20 kW on average while it was silent are no peak, for nobody saw one; the energy counts in the tiers all the same."""
    made = works("UTC")
    read = {
        "00:00": 100.0,
        "06:00": 106.0,
        "07:00": 116.0,
        "08:00": 117.0,
        "12:00": 197.0,
        "18:00": 203.0,
        "18:01": 0.5,
        "20:00": 2.5,
    }
    silent = (f"{yesterday}T08:00Z", f"{yesterday}T12:00Z")
    counted(made, {f"{yesterday}T{time}Z": kwh for time, kwh in read.items()}, gap=silent)
    charging(made, "2020-01-01T00:00:00Z", Tiers("month", (50.0,), (0.1, 0.3)), Demand(2.0), buy=0.0)
    rollup.catch_up(SYSTEM, datetime.now(UTC))
    checkpoint.forget()
    start, end = at(f"{yesterday}T00:00Z"), at(f"{yesterday}T20:00Z")
    found = billed(SYSTEM, made.meter, start, end, "day")
    [month], [day] = found.demands(), found.table().to_dict("records")
    assert day["bought_kwh"] == pytest.approx(103 + 0.5 + 2)
    assert day["tiers"] == pytest.approx(50 * 0.1 + 55.5 * 0.3)
    assert (month.kw, month.amount) == (pytest.approx(10), pytest.approx(20))
    [(peak, _kw, _estimated)] = month.peaks
    assert peak == at(f"{yesterday}T06:00Z")
