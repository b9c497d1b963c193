"""Bills with all that a tariff charges, computed a second time: minute by minute, with plain pandas, from the stored rows."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from questdb import Sender

from insight.site_cost import site_cost
from models.tariff_components import Demand, Fixed, Minimum, Rounding, Tax, Tiers, Window
from models.tariffs import Hours
from store.records.plant import tariffs
from store.scope import SYSTEM
from store.series import bulk, rollup
from store.series.cost import billed, cost_by
from tests.conftest import thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.test_cost import Works, at, cost, every, sender, works, yesterday

__all__ = ["sender", "works", "yesterday"]
Made = Callable[[str], Works]
Minutes = pd.Series

# The months of days of 23, 25, 23.5 and 24.5 hours, of zones at 30 and 45 minutes past, of a leap day, and of the year's end.
MONTHS = [
    ("Europe/Berlin", "2026-10-01", "2026-11-01"),
    ("Asia/Kathmandu", "2027-12-01", "2028-01-01"),
    *thorough(
        ("America/New_York", "2026-03-01", "2026-04-01"),
        ("Australia/Lord_Howe", "2026-04-01", "2026-05-01"),
        ("Australia/Lord_Howe", "2026-10-01", "2026-11-01"),
        ("Asia/Kolkata", "2028-02-01", "2028-03-01"),
        ("America/St_Johns", "2026-11-01", "2026-12-01"),
    ),
]


def midnight(zone: str, day: str) -> str:
    return datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)).isoformat()


def charging(made: Works, since: str, *components: object, buy: float = 0.2, sell: float = 0.05, hours=(), **more) -> None:
    tariffs.create_tariff(
        SYSTEM, made.site, name=f"since {since}", import_price_per_kwh=buy, export_price_per_kwh=sell,
        region_first=False, valid_from=at(since), hours=hours, components=components, **more,
    )  # fmt: skip


class ByHand:
    """A month's minutes: what was bought and sold, and each minute's local clock."""

    def __init__(self, made: Works, start: str, end: str) -> None:
        self.bought = made.minutes("energy_kwh", start, end, adds_up=True)
        self.sold = made.minutes("energy_export_kwh", start, end, adds_up=True)
        self.index = self.bought.index
        self.local = self.index.tz_convert(made.zone)
        self.day = pd.Series([f"{each:%Y-%m-%d}" for each in self.local], self.index)

    def tiers(self, bounds: list[float], prices: list[float], *, daily: bool) -> Minutes:
        """Minute by minute, each kWh at the price of the tier that it falls into."""
        found, total, before = [], 0.0, None
        for day, kwh in zip(self.day, self.bought, strict=True):
            total = 0.0 if daily and day != before else total
            before, left, paid, low = day, kwh, 0.0, total
            for bound, price in zip([*bounds, math.inf], prices, strict=True):
                part = min(max(bound - low, 0.0), left)
                paid, left, low = paid + part * price, left - part, low + part
            found.append(paid)
            total += kwh
        return pd.Series(found, self.index)

    def windows(self, minutes: int) -> pd.Series:
        """The mean power over each window of the local clock, by when it starts."""
        clock = pd.Series(
            [f"{each:%Y-%m-%d} {(each.hour * 60 + each.minute) // minutes} {each.utcoffset()}" for each in self.local], self.index
        )
        groups = self.bought.groupby(clock.to_numpy(), sort=False)
        return pd.Series((groups.sum() * 60 / groups.size()).to_numpy(), self.index[~clock.duplicated().to_numpy()])

    def highest(self, minutes: int, days: int) -> float:
        kw = self.windows(minutes)
        peaks = kw.groupby(self.day[kw.index].to_numpy()).max().sort_values(ascending=False)
        return float(peaks.iloc[:days].mean())


@pytest.mark.parametrize(("zone", "first", "next_"), MONTHS)
def test_a_month_is_billed_as_by_hand_and_its_days_add_up_to_it(works: Made, zone: str, first: str, next_: str) -> None:
    made, random = works(zone), np.random.default_rng(5)
    start, end = midnight(zone, first), midnight(zone, next_)
    last, begin = f"{pd.Timestamp(end).tz_convert('UTC').ceil('h')}", f"{pd.Timestamp(start).tz_convert('UTC').floor('h')}"
    count = round((at(last) - at(begin)).total_seconds() / 900)
    kwh = random.uniform(0, 3, count)
    made.store("energy_kwh", every(begin, last, 900, lambda n: float(kwh[n])))
    made.store("energy_export_kwh", every(begin, last, 3600, lambda n: n % 2))
    charging(
        made, "2020-01-01T00:00:00Z",
        Tiers("month", (1000.0, 2500.0), (0.0, 0.03, -0.02)), Fixed(12.5, "month"), Fixed(0.4, "day"),
        Demand(7.0, 30, highest_days=3), Tax(0, (), 0.01), Tax(19, ("energy", "tiers", "fixed", "demand", "taxes")), Rounding(2),
        hours=(Hours("weekday", 1320, 360, 0.1, 0.02),),
    )  # fmt: skip
    hand = ByHand(made, start, end)
    night = pd.Series([each.weekday() < 5 and (each.hour >= 22 or each.hour < 6) for each in hand.local], hand.index)
    energy = (hand.bought * np.where(night, 0.1, 0.2)).sum()
    export = (hand.sold * np.where(night, 0.02, 0.05)).sum()
    tiers, demand = hand.tiers([1000, 2500], [0, 0.03, -0.02], daily=False).sum(), 7 * hand.highest(30, 3)
    fixed, levy = 12.5 + 0.4 * hand.day.nunique(), 0.01 * hand.bought.sum()
    taxes = levy + 0.19 * (energy + tiers + fixed + demand + levy)
    expected = {"energy": energy, "export": -export, "tiers": tiers, "fixed": fixed, "demand": demand, "taxes": taxes}
    [month] = cost_by(SYSTEM, made.meter, at(start), at(end), "month").to_dict("records")
    assert {name: month[name] for name in expected} == pytest.approx(expected)
    assert month["cost"] == pytest.approx(round(sum(expected.values()), 2), abs=1e-9)
    assert abs(month["cost"] * 100 - round(month["cost"] * 100)) < 1e-6
    assert (month["priced"], month["peaked"], month["minimum"]) == (1, 1, 0)
    of_site = site_cost(SYSTEM, made.site, at(start), at(end), "month")
    assert of_site["cost"].tolist() == pytest.approx([month["cost"]])
    for step in ("day", "hour"):
        for by in (cost_by(SYSTEM, made.meter, at(start), at(end), step), site_cost(SYSTEM, made.site, at(start), at(end), step)):
            assert by["cost"].sum() == pytest.approx(month["cost"], abs=1e-7), step
            assert by[list(expected)].sum().to_dict() == pytest.approx(expected), step
    odd = at(start) + timedelta(days=9, hours=7, minutes=7)
    halves = [cost(SYSTEM, made.meter, *each)["cost"] for each in ((at(start), odd), (odd, at(end)))]
    assert sum(halves) == pytest.approx(month["cost"], abs=1e-7)


@pytest.mark.parametrize("period", ["month", "day"])
def test_a_tier_is_crossed_inside_an_hour(works: Made, period: str) -> None:
    made = works("Europe/Berlin")
    start, end = (midnight("Europe/Berlin", each) for each in ("2026-06-01", "2026-06-03"))
    made.store("energy_kwh", every(start, end, 3600, lambda n: 4.0))
    charging(made, "2020-01-01T00:00:00Z", Tiers(period, (10.0, 150.0), (0.1, 0.3, 1.0)), buy=0.0)
    hand = ByHand(made, start, end).tiers([10, 150], [0.1, 0.3, 1.0], daily=period == "day")
    by_hour = cost_by(SYSTEM, made.meter, at(start), at(end), "hour")["cost"]
    assert by_hour.tolist() == pytest.approx(hand.resample("1h").sum().tolist())
    assert by_hour.iloc[2] == pytest.approx(2 * 0.1 + 2 * 0.3)  # from 8 to 12 kWh
    later = cost(SYSTEM, made.meter, at(end) - timedelta(hours=5), at(end))["cost"]
    assert later == pytest.approx(hand.iloc[-300:].sum())


def test_a_peak_on_the_border_of_two_windows_is_shared_by_them(works: Made) -> None:
    """Half an hour at 40 kW from 12:15 on: the clock's half hours have 20 kW each, its quarters 40."""
    made = works("Asia/Kathmandu")
    start, end = (midnight("Asia/Kathmandu", each) for each in ("2026-06-01", "2026-07-01"))
    pulse = {at("2026-06-10T12:15+05:45"), at("2026-06-10T12:30+05:45")}
    rows = every(start, end, 900, lambda n: 0.5)
    made.store("energy_kwh", [(ts, seconds, 10.0 if ts in pulse else kwh) for ts, seconds, kwh in rows])
    for minutes, kw in ((15, 40.0), (30, 21.0)):
        charging(made, f"20{minutes // 15}0-01-01T00:00:00Z", Demand(1.0, minutes), buy=0.0)
        assert ByHand(made, start, end).highest(minutes, 1) == pytest.approx(kw)
        assert cost(SYSTEM, made.meter, at(start), at(end))["demand"] == pytest.approx(kw)


def test_one_peak_a_day_counts_and_the_mean_is_of_the_highest_days(works: Made) -> None:
    made = works("Europe/Oslo")
    start, end = (midnight("Europe/Oslo", each) for each in ("2026-01-01", "2026-02-01"))
    kw = {"12T07": 5.1, "12T08": 4.9, "13T07": 4.7, "14T07": 4.0}
    made.store("energy_kwh", [(ts, s, kw.get(f"{ts:%dT%H}", 1.0) / 4) for ts, s, _ in every(start, end, 900, lambda n: 0.0)])
    charging(made, "2020-01-01T00:00:00Z", Demand(1.0, 15, highest_days=3), buy=0.0)
    assert cost(SYSTEM, made.meter, at(start), at(end))["demand"] == pytest.approx((5.1 + 4.7 + 4.0) / 3)
    [month] = billed(SYSTEM, made.meter, at("2026-01-20T00:00Z"), at("2026-01-21T00:00Z"), "day").demands()
    assert (month.start, month.price_per_kw) == (at(start), 1.0)
    told = {f"{peak:%dT%H}": (pytest.approx(kw), estimated) for peak, kw, estimated in month.peaks}
    assert told == {"12T07": (5.1, False), "13T07": (4.7, False), "14T07": (4.0, False)}


def test_a_peak_that_its_sender_estimated_counts_and_is_marked(site_in: MakeSite, sender: Sender) -> None:
    site, start = site_in("Europe/Berlin"), datetime.fromisoformat("2026-02-01T00:00:00+01:00")
    meter, moments = site.meter("interval", 900), second_path.every(start, 900, 28 * 96)
    kwh = [9.0 if n in (40, 200) else 1.0 for n in range(len(moments))]
    micros, guessed = np.array([round(each.timestamp() * 1e6) for each in moments], np.int64), np.zeros(len(moments))
    guessed[40] = 900
    texts = [np.full(len(moments), text, object) for text in (meter, "energy_kwh")]
    rows = bulk.intervals(micros, *texts, np.array(kwh), "test", interval_s=900, estimated_s=guessed)
    bulk.write(SYSTEM, sender, "intervals", rows)
    assert rollup.await_applied(["intervals"], 20)
    tariffs.create_tariff(
        SYSTEM, site.id, name="Peaks", import_price_per_kwh=0.0, export_price_per_kwh=0.0, region_first=False,
        valid_from=datetime(2020, 1, 1, tzinfo=UTC), components=[Demand(1.0, highest_days=2)],
    )  # fmt: skip
    [month] = billed(SYSTEM, meter, start, start + timedelta(days=28), "month").demands()
    assert month.kw == pytest.approx(36)
    assert [(peak, estimated) for peak, _kw, estimated in month.peaks] == [(moments[40], True), (moments[200], False)]


def test_a_ratchet_and_the_peak_of_the_year_so_far(works: Made) -> None:
    made, zone = works("Europe/Berlin"), "Europe/Berlin"
    first, last = midnight(zone, "2025-11-01"), midnight(zone, "2026-04-01")
    kw = {11: 30.0, 12: 100.0, 1: 20.0, 2: 90.0, 3: 10.0}
    made.store(
        "energy_kwh", [(ts, s, kw[ts.astimezone(ZoneInfo(zone)).month] / 4) for ts, s, _ in every(first, last, 900, float)]
    )
    for since, demand, charged in (
        ("2019-01-01T00:00:00Z", Demand(2.0, ratchet_percent=80, ratchet_months=2), [30, 100, 80, 90, 72]),
        ("2020-01-01T00:00:00Z", Demand(2.0, span="year"), [30, 100, 20, 90, 90]),
    ):
        charging(made, since, demand, buy=0.0)
        by_month = cost_by(SYSTEM, made.meter, at(first), at(last), "month")
        assert by_month["demand"].tolist() == pytest.approx([2 * each for each in charged])
        march = cost_by(SYSTEM, made.meter, at(midnight(zone, "2026-03-01")), at(last), "month")
        assert march["demand"].tolist() == pytest.approx([2 * charged[-1]])


def test_demand_counts_in_its_windows_only_and_what_is_not_told_whole_is_no_peak(works: Made) -> None:
    made = works("Europe/Berlin")
    start, end = (midnight("Europe/Berlin", each) for each in ("2026-06-01", "2026-07-01"))
    rows = [(ts, s, {3: 50.0, 10: 8.0}.get(n, 1.0)) for n, (ts, s, _) in enumerate(every(start, end, 3600, float))]
    made.store("energy_kwh", rows)
    charging(made, "2019-01-01T00:00:00Z", Demand(1.0), buy=0.0)
    untold = cost(SYSTEM, made.meter, at(start), at(end))
    assert (untold["demand"], untold["peaked"]) == (0, 0)  # by the hour nobody knows of quarters
    other = works("Europe/Berlin")
    quarters = every(start, end, 900, lambda n: {12: 50.0, 40: 8.0}.get(n, 1.0))
    other.store("energy_kwh", [row for n, row in enumerate(quarters) if n != 44])
    charging(other, "2019-01-01T00:00:00Z", Demand(1.0, windows=(Window("every", 480, 1200),)), buy=0.0)
    told = cost(SYSTEM, other.meter, at(start), at(end))
    assert (told["demand"], told["peaked"]) == (pytest.approx(32), 1)


def test_a_month_with_two_tariffs_is_priced_piece_by_piece(works: Made) -> None:
    made, zone = works("America/New_York"), "America/New_York"
    start, changed, end = (midnight(zone, each) for each in ("2026-03-01", "2026-03-11", "2026-04-01"))
    made.store("energy_kwh", every(start, end, 900, lambda n: 1 + n % 3))
    charging(made, "2020-01-01T00:00:00Z", Tiers("month", (1000.0,), (0.1, 0.2)), Fixed(30, "month"), Demand(5.0), buy=0.0)
    charging(made, changed, Tiers("month", (1000.0,), (0.3, 0.5)), Fixed(90, "month"), Demand(8.0), Tax(10, ("fixed",)), buy=0.0)
    hand, share = ByHand(made, start, end), (at(changed) - at(start)) / (at(end) - at(start))
    before = hand.index < at(changed)
    old, new = (hand.tiers([1000], each, daily=False) for each in ([0.1, 0.2], [0.3, 0.5]))
    [found] = cost_by(SYSTEM, made.meter, at(start), at(end), "month").to_dict("records")
    assert found["tiers"] == pytest.approx(old[before].sum() + new[~before].sum())
    assert found["fixed"] == pytest.approx(30 * share + 90 * (1 - share))
    assert found["demand"] == pytest.approx(12 * (5 * share + 8 * (1 - share)))
    assert found["taxes"] == pytest.approx(9 * (1 - share))
    told = billed(SYSTEM, made.meter, at(start), at(end), "month").by_tariff()
    assert [version.valid_from for version, _paid in told if version] == [at("2020-01-01T00:00:00Z"), at(changed)]
    assert told[0][1] == pytest.approx(old[before].sum() + share * (30 + 12 * 5))
    assert sum(paid for _version, paid in told) == pytest.approx(found["cost"])


@pytest.mark.parametrize("used_kwh", [0.0, 50.0])
def test_a_month_costs_its_minimum_at_the_least(works: Made, used_kwh: float) -> None:
    made, zone = works("Europe/Berlin"), "Europe/Berlin"
    start, end = (midnight(zone, each) for each in ("2026-02-01", "2026-03-01"))
    made.store("energy_kwh", every(start, end, 86400 // 4, lambda n: used_kwh / 112))
    charging(made, "2020-01-01T00:00:00Z", Tax(10, ("energy",)), Minimum(9.0))
    own = used_kwh * 0.2 * 1.1
    [found] = cost_by(SYSTEM, made.meter, at(start), at(end), "month").to_dict("records")
    assert (found["cost"], found["minimum"]) == (pytest.approx(max(own, 9)), pytest.approx(max(9 - own, 0)))
    days = cost_by(SYSTEM, made.meter, at(start), at(end), "day")
    assert days["minimum"].tolist() == pytest.approx([max(9 - own, 0) / 28] * 28)
