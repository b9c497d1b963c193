"""Periods beside each other: each step lies where its own rows say, on days of 23 and 25 hours too; only like is compared."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from dashboard.energy import calendar_words, compare_words
from dashboard.parts.reading import Reader
from insight import comparison, prediction
from insight.building_facts import AREA
from insight.comparison import DEGREE_DAYS, Comparison, Dataset, Wanted
from insight.shared import shared
from models import comparison as alike
from models import local_time
from models.calendars import HOLIDAY, Period
from models.comparison import DATE, HOURS, WEEKDAY
from models.day_outlook import TooFewDays
from reporting import telling
from store.errors import NotFound
from store.records.plant import buildings, calendars, graph, meters
from store.records.plant.buildings import Facts
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

BERLIN, ADELAIDE = "Europe/Berlin", "Australia/Adelaide"
QUARTER_S = 900


class Two:
    """A hall and a lab behind a grid connection, of some local days by quarters of an hour."""

    def __init__(self, site: Site, first: date, last: date) -> None:
        self.site, self.zone = site, site.zone
        start, end = local_time.days(first, last, ZoneInfo(site.zone))
        self.moments = second_path.every(start, QUARTER_S, round((end - start).total_seconds() / QUARTER_S))
        self.local = pd.DatetimeIndex(self.moments).tz_convert(site.zone)
        random = np.random.default_rng(7)
        working = np.asarray((self.local.day_of_week < 5) & (self.local.hour >= 7) & (self.local.hour < 18))
        self.kwh = {
            "Hall": np.where(working, 10.0, 2.0) * random.normal(1, 0.03, len(working)),
            "Lab": np.where(working, 3.0, 1.0) * random.normal(1, 0.03, len(working)),
        }
        self.node: dict[str, str] = {}
        self.meter: dict[str, str] = {}
        for name, kind, technology in (("Grid", "source", "grid"), ("Hall", "sink", ""), ("Lab", "sink", "")):
            node = graph.create_node(SYSTEM, site.id, name=name, kind=kind, technology=technology, valid_from=LONG_AGO)
            ends = (node.id, site.bus) if name == "Grid" else (site.bus, node.id)
            edge = graph.create_edge(SYSTEM, site.id, from_node_id=ends[0], to_node_id=ends[1], valid_from=LONG_AGO)
            self.node[name], self.meter[name] = node.id, meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(self.meter[name], "interval", QUARTER_S, since=LONG_AGO)

    def write(self, *silent: str) -> None:
        every = self.kwh | {"Grid": self.kwh["Hall"] + self.kwh["Lab"]}
        with self.site.at_once():
            for name, kwh in every.items():
                if name not in silent:
                    self.site.intervals(self.meter[name], "energy_kwh", QUARTER_S, self.moments, kwh)

    def rows(self, name: str) -> "pd.Series[float]":
        """The raw rows by the time that the clock showed."""
        return pd.Series(self.kwh[name], self.local.tz_localize(None))

    def compare(self, *datasets: Dataset, alignment: str = DATE, step: str = "day", per: str = "") -> Comparison:
        shared.clear()
        return comparison.compare(SYSTEM, self.site.id, Wanted(datasets, alignment, step, per))

    def of(self, name: str, first: date, last: date, *, usual: bool = False) -> Dataset:
        return Dataset((self.node[name],), first, last, usual)


def by_day(rows: "pd.Series[float]", first: date, last: date) -> list[float]:
    days = rows.groupby(pd.DatetimeIndex(rows.index).date).sum()
    return [float(days[first + timedelta(days=n)]) for n in range((last - first).days + 1)]


FEBRUARY, MARCH = (date(2026, 2, 1), date(2026, 2, 28)), (date(2026, 3, 1), date(2026, 3, 31))


@pytest.fixture
def two(site_in: MakeSite) -> Two:
    return Two(site_in(BERLIN), date(2025, 12, 1), MARCH[1])


def test_days_of_a_month_lie_beside_those_of_the_same_number_and_only_what_both_have_is_compared(two: Two) -> None:
    two.write()
    march, february = two.of("Hall", *MARCH), two.of("Hall", *FEBRUARY)
    found = two.compare(march, february)
    assert found.dates == [MARCH[0] + timedelta(days=n) for n in range(31)]
    ours, theirs = by_day(two.rows("Hall"), *MARCH), by_day(two.rows("Hall"), *FEBRUARY)
    assert found.told[0].kwh == pytest.approx(ours)
    assert found.told[1].kwh == pytest.approx([*theirs, np.nan, np.nan, np.nan], nan_ok=True)
    told = alike.difference(found.told[0].judged, found.told[1].judged)
    assert told == pytest.approx((sum(ours[:28]) - sum(theirs), sum(ours[:28]) / sum(theirs) - 1, 28))
    assert [each.kwh_whole for each in found.told] == pytest.approx([sum(ours), sum(theirs)])
    assert [each.days for each in found.told] == pytest.approx([31 - 1 / 24, 28])
    assert [each.coverage for each in found.told] == pytest.approx([1, 1])


def test_what_is_a_part_of_another_counts_once_in_a_group_and_in_a_total(two: Two) -> None:
    board, flat = (
        graph.create_node(SYSTEM, two.site.id, name=name, kind=kind, valid_from=LONG_AGO).id
        for name, kind in (("Board", "bus"), ("Flat", "sink"))
    )
    for name, source, target, share in (("Board", two.site.bus, board, 0.5), ("Flat", board, flat, 0.25)):
        edge = graph.create_edge(SYSTEM, two.site.id, from_node_id=source, to_node_id=target, valid_from=LONG_AGO).id
        two.node[name], two.kwh[name] = target, two.kwh["Hall"] * share
        two.meter[name] = meters.create_meter(SYSTEM, two.site.id, name=name, edge_id=edge).id
        two.site.declare(two.meter[name], "interval", QUARTER_S, since=LONG_AGO)
    buildings.describe_building(SYSTEM, two.site.id, board, Facts("1", "office", 100.0))
    two.write()
    own = {name: sum(by_day(two.rows(name), *MARCH)) for name in ("Board", "Flat", "Lab")}
    found = two.compare(Dataset((flat, board), *MARCH), per=AREA)
    assert found.told[0].kwh_whole == pytest.approx(own["Board"])
    assert (found.told[0].names, float(found.told[0].divisor)) == (["Flat", "Board"], 100.0)
    assert found.overlapping
    several = [two.of(name, *MARCH) for name in ("Flat", "Board", "Lab")]
    found = two.compare(*several)
    assert [each.kwh_whole for each in found.told] == pytest.approx([own["Flat"], own["Board"], own["Lab"]])
    assert [each.is_part for each in found.told] == [True, False, False]
    table = repr(compare_words.table(found, ["total"], Reader()))
    assert calendar_words.energy(own["Board"] + own["Lab"], Reader()) in table
    assert telling.ONCE in compare_words.rule(found)
    apart = two.compare(two.of("Flat", *FEBRUARY), two.of("Board", *MARCH))
    assert not apart.overlapping, "of other days it is no part of it"


def test_weekdays_lie_beside_the_same_weekdays(two: Two) -> None:
    two.write()
    found = two.compare(two.of("Hall", *MARCH), two.of("Hall", *FEBRUARY), alignment=WEEKDAY)
    assert {day.weekday() - at % 7 for at, day in enumerate(found.dates, start=6)} == {0}  # both begin on a Sunday
    wednesday = [n for n, day in enumerate(found.dates) if day == date(2026, 3, 4)]
    same = float(two.rows("Hall")["2026-02-04"].sum())
    assert found.told[1].kwh[wednesday] == pytest.approx([same])
    first, second = date(2026, 3, 5), date(2026, 3, 9)  # a Thursday and a Monday
    found = two.compare(two.of("Lab", first, date(2026, 3, 11)), two.of("Lab", second, date(2026, 3, 15)), alignment=WEEKDAY)
    rows = two.rows("Lab")
    thursday = next(n for n, day in enumerate(found.dates) if day == first)
    assert [each.kwh[thursday] for each in found.told] == pytest.approx(
        [float(rows[str(day)].sum()) for day in (first, date(2026, 3, 12))]
    )


def test_hours_since_a_start_are_true_hours_across_the_change_of_the_clocks(two: Two) -> None:
    two.write()
    sunday, before = date(2026, 3, 29), date(2026, 3, 22)  # the clocks are set forward on the first
    found = two.compare(
        two.of("Hall", sunday, date(2026, 3, 30)), two.of("Hall", before, date(2026, 3, 23)), alignment=HOURS, step="hour"
    )
    assert found.dates == []
    raw = pd.Series(two.kwh["Hall"], pd.DatetimeIndex(two.moments))
    for each, first, hours in zip(found.told, (sunday, before), (47, 48), strict=True):
        start = second_path.local_midnight(BERLIN, first.year, first.month, first.day)
        own = raw[start : start + timedelta(hours=hours) - timedelta(seconds=1)].resample("h").sum()
        assert each.kwh[:hours] == pytest.approx(own.to_numpy())
        assert np.isnan(each.kwh[hours:]).all()


@pytest.mark.parametrize(("zone", "twice"), [(BERLIN, date(2025, 10, 26)), (ADELAIDE, date(2026, 4, 5))])
def test_an_hour_that_comes_twice_is_one_place_with_both(site_in: MakeSite, zone: str, twice: date) -> None:
    two = Two(site_in(zone), twice - timedelta(days=2), twice)
    two.write()
    found = two.compare(
        two.of("Hall", twice, twice), two.of("Hall", twice - timedelta(days=1), twice - timedelta(days=1)), step="hour"
    )
    rows = two.rows("Hall")
    for each, day in zip(found.told, (twice, twice - timedelta(days=1)), strict=True):
        own = rows[str(day)]
        by_wall = own.groupby(pd.DatetimeIndex(own.index).hour)
        assert each.kwh == pytest.approx(by_wall.sum().to_numpy())
        assert each.seconds == pytest.approx(by_wall.count().to_numpy() * QUARTER_S)
    assert found.told[0].seconds[2] == 7200


def test_the_usual_is_the_median_of_the_last_days_of_the_same_kind(two: Two) -> None:
    holiday = date(2026, 3, 18)
    calendars.add_period(SYSTEM, two.site.id, Period(HOLIDAY, holiday, holiday, "Works holiday"))
    two.write()
    days = two.rows("Hall").groupby(pd.DatetimeIndex(two.rows("Hall").index).date).sum()

    def like(day: date) -> list[date]:
        alike = [each for each in days.index if day - timedelta(days=84) <= each < day and each != holiday]
        return [each for each in alike if each.weekday() == (6 if day == holiday else day.weekday())][-8:]

    usual = two.of("Hall", date(2026, 3, 16), date(2026, 3, 20), usual=True)
    [told] = two.compare(usual).told
    each_day = [date(2026, 3, day) for day in range(16, 21)]
    assert told.kwh == pytest.approx([float(np.median(days[like(day)])) for day in each_day])
    [told] = two.compare(usual, step="hour").told
    rows = two.rows("Hall")
    for at, day in enumerate(each_day):
        own = np.array([rows[str(other)].resample("h").sum().to_numpy() for other in like(day)])
        assert told.kwh[24 * at : 24 * at + 24] == pytest.approx(np.median(own, axis=0))


def test_a_group_is_the_sum_of_its_parts_and_none_without_one_of_them(two: Two) -> None:
    two.write("Lab")
    both = Dataset((two.node["Hall"], two.node["Lab"]), *FEBRUARY)
    found = two.compare(both, two.of("Hall", *FEBRUARY))
    assert np.isnan(found.told[0].kwh).all()
    assert np.isnan(found.told[0].kwh_whole)
    assert np.isnan(alike.difference(found.told[1].judged, found.told[0].judged).share)
    two.write()
    [told] = two.compare(both).told
    assert told.kwh == pytest.approx(np.add(*(by_day(two.rows(name), *FEBRUARY) for name in ("Hall", "Lab"))))
    [told] = two.compare(Dataset((), *FEBRUARY)).told
    assert told.kwh == pytest.approx(np.add(*(by_day(two.rows(name), *FEBRUARY) for name in ("Hall", "Lab"))))


def test_what_is_not_over_is_left_out_and_days_with_gaps_are_not_compared(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    gap = np.asarray((two.local.date == date(2026, 3, 4)) & (two.local.hour >= 6) & (two.local.hour < 18))
    two.moments, two.local = ([at for at, missing in zip(two.moments, gap, strict=True) if not missing], two.local[~gap])
    two.kwh = {name: kwh[~gap] for name, kwh in two.kwh.items()}
    two.write()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 12, 9, 40, tzinfo=UTC))
    found = two.compare(two.of("Hall", *MARCH), two.of("Hall", *FEBRUARY))
    ours, theirs = by_day(two.rows("Hall"), *MARCH), by_day(two.rows("Hall"), *FEBRUARY)
    assert np.isfinite(found.told[0].kwh).sum() == 11
    assert found.told[0].kwh_whole == pytest.approx(sum(ours[:11]))
    assert np.isnan(found.told[0].judged[3])
    told = alike.difference(found.told[0].judged, found.told[1].judged)
    assert told.places == 10
    shared_days = [n for n in range(11) if n != 3]
    assert told.share == pytest.approx(sum(ours[n] for n in shared_days) / sum(theirs[n] for n in shared_days) - 1)


def test_what_is_normalised_is_for_a_square_metre_or_a_degree_day(two: Two) -> None:
    weather = meters.create_meter(SYSTEM, two.site.id, name="Weather", role="condition").id
    buildings.describe_building(SYSTEM, two.site.id, two.node["Hall"], Facts(floor_area_m2=500))
    two.write()
    hours = [at for at in two.moments if at.minute == 0]
    warmth = np.where(pd.DatetimeIndex(hours).tz_convert(BERLIN).day % 2 == 0, 16.0, 3.0)
    two.site.intervals(weather, "temperature_c", 3600, hours, warmth)
    hall, lab = two.of("Hall", *FEBRUARY), two.of("Lab", *FEBRUARY)
    found = two.compare(hall, lab, per=AREA)
    days = by_day(two.rows("Hall"), *FEBRUARY)
    assert found.told[0].per_day == pytest.approx(sum(days) / 500 / 28)
    assert np.isnan(found.told[1].per_day)
    found = two.compare(hall, per=DEGREE_DAYS)
    assert found.outdoors == "Weather"
    assert found.told[0].divisor == pytest.approx([15.0 if day % 2 else 0.0 for day in range(1, 29)])
    assert found.told[0].per_day == pytest.approx(sum(days) / (14 * 15))
    found = two.compare(two.of("Hall", date(2026, 1, 1), MARCH[1]), step="month", per=DEGREE_DAYS)
    assert found.told[0].divisor == pytest.approx([16 * 15, 14 * 15, 16 * 15])


def test_a_month_goes_on_through_the_next_by_days_of_the_same_kind(two: Two) -> None:
    two.write()
    first, last = prediction.days_ahead(MARCH[1], date(2026, 9, 1))
    assert (first, last) == (date(2026, 4, 1), date(2026, 4, 30))
    told = prediction.prediction(SYSTEM, two.site.id, [two.node["Hall"]], first, last)
    days = two.rows("Hall").groupby(pd.DatetimeIndex(two.rows("Hall").index).date).sum()
    weekday = [(first + timedelta(days=n)).weekday() for n in range(30)]
    usual = [float(np.median([kwh for day, kwh in days.items() if day.weekday() == each][-8:])) for each in weekday]
    assert told["mean"] == pytest.approx(usual, rel=0.05)  # by whichever way was best so far
    assert (told["days"], told["tries"]) == (121, 8)
    assert 0 < told["wape"] < 0.05
    assert (np.array(told["low"]) <= told["mean"]).all()
    assert (np.array(told["mean"]) <= told["high"]).all()
    ahead = comparison.Ahead(0, first, last)
    shared.clear()
    found = comparison.compare(SYSTEM, two.site.id, Wanted((two.of("Hall", *MARCH),), ahead=ahead))
    assert [found.dates[at] for at in found.ahead.tolist()] == [first + timedelta(days=n) for n in range(30)]
    with pytest.raises(TooFewDays):
        prediction.prediction(SYSTEM, two.site.id, [two.node["Hall"]], date(2025, 12, 5), date(2025, 12, 31))


@pytest.mark.parametrize("hidden", [("nod_nothing",), ("sit_nothing",), ("Lab",)])
def test_nothing_is_told_of_what_a_scope_does_not_see(two: Two, hidden: Sequence[str]) -> None:
    scope = Scope("usr_any", part_site_ids=frozenset({two.site.id}), meter_ids=frozenset({two.meter["Hall"]}))
    asked = Dataset(tuple(two.meter.get(each, each) for each in hidden), *FEBRUARY)
    shared.clear()
    with pytest.raises(NotFound):
        comparison.compare(scope, two.site.id, Wanted((asked,)))
    with pytest.raises(NotFound):
        comparison.compare(Scope("usr_any"), two.site.id, Wanted((Dataset((), *FEBRUARY),)))
    with pytest.raises(NotFound):
        prediction.prediction(scope, two.site.id, asked.ids, *FEBRUARY)
