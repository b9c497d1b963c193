"""What a day took and cost, by the calendar: as its rows and prices say, on days of 23 and 25 hours too."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from insight import energy_days
from insight.shared import shared
from models import local_time, statistics
from models.calendars import HOLIDAY, Period
from models.tariffs import Hours
from store.errors import NotFound
from store.records.plant import calendars, graph, meters, tariffs
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
QUARTER_S = 900
DEAR, CHEAP = 0.40, 0.10  # from 7 to 20 local time, and else


class Hall:
    """A site with a grid connection and a hall behind it, of 100 days that end with the one after clocks are set forward."""

    def __init__(self, site: Site) -> None:
        self.site = site
        grid = graph.create_node(SYSTEM, site.id, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO)
        hall = graph.create_node(SYSTEM, site.id, name="Hall", kind="sink", valid_from=LONG_AGO)
        self.id = hall.id
        self.grid, self.meter = (self._meter(*ends) for ends in ((grid.id, site.bus), (site.bus, hall.id)))
        self.first, self.last = date(2025, 12, 22), date(2026, 3, 30)
        start, end = local_time.days(self.first, self.last, ZoneInfo(ZONE))
        self.edges = [*second_path.local_starts(start, end, "day", ZONE), end]
        self.moments = second_path.every(start, QUARTER_S, round((end - start).total_seconds() / QUARTER_S))
        local = pd.DatetimeIndex(self.moments).tz_convert(ZONE)
        working = np.asarray((local.day_of_week < 5) & (local.hour >= 7) & (local.hour < 18))
        self.kwh = np.where(working, 10.0, 2.0) * np.random.default_rng(5).normal(1, 0.03, len(local))
        self.local = local

    def _meter(self, source: str, target: str) -> str:
        edge = graph.create_edge(SYSTEM, self.site.id, from_node_id=source, to_node_id=target, valid_from=LONG_AGO)
        meter = meters.create_meter(SYSTEM, self.site.id, name="Meter", edge_id=edge.id).id
        self.site.declare(meter, "interval", QUARTER_S, since=LONG_AGO)
        return meter

    def write(self) -> None:
        with self.site.at_once():
            for meter in (self.grid, self.meter):
                self.site.intervals(meter, "energy_kwh", QUARTER_S, self.moments, self.kwh)

    def by_day(self, values: np.ndarray) -> np.ndarray:
        return np.array(second_path.in_stretches(second_path.rows(self.moments, QUARTER_S, values), self.edges))


@pytest.fixture
def hall(site_in: MakeSite) -> Hall:
    shared.clear()
    return Hall(site_in(ZONE))


def test_days_cost_what_each_quarter_of_an_hour_cost_and_the_day_of_23_hours_is_one_of_them(hall: Hall) -> None:
    hall.write()
    tariffs.create_tariff(
        SYSTEM,
        hall.site.id,
        name="By day and night",
        import_price_per_kwh=CHEAP,
        export_price_per_kwh=0,
        co2_g_per_kwh=350,
        valid_from=LONG_AGO,
        hours=[Hours("every", 7 * 60, 20 * 60, DEAR, 0)],
    )
    prices = np.where((hall.local.hour >= 7) & (hall.local.hour < 20), DEAR, CHEAP)
    for subject in ("", hall.id, hall.meter):
        told = energy_days.energy_days(SYSTEM, hall.site.id, subject, date(2026, 3, 1), date(2026, 3, 31))
        assert told.dates[:30] == [date(2026, 3, day) for day in range(1, 31)]
        assert told.kwh[:30] == pytest.approx(hall.by_day(hall.kwh)[-30:])
        assert told.cost[:30] == pytest.approx(hall.by_day(hall.kwh * prices)[-30:])
        assert told.co2_kg[:30] == pytest.approx(hall.by_day(hall.kwh)[-30:] * 0.35)
        assert told.coverage[:30] == pytest.approx(np.ones(30))
        assert not told.usual.verdict.any()
        assert np.isnan(told.kwh[30])  # nothing was written of the last one


def test_a_day_out_of_the_ordinary_is_marked_and_a_holiday_is_compared_with_sundays(hall: Hall) -> None:
    day = pd.Index(hall.local.date)
    hall.kwh[day == date(2026, 3, 11)] *= 1.6
    hall.kwh[day == date(2026, 3, 17)] = 2.0
    hall.write()

    def verdicts() -> dict[date, int]:
        shared.clear()
        told = energy_days.energy_days(SYSTEM, hall.site.id, hall.id, date(2026, 3, 1), date(2026, 3, 30))
        return {day: verdict for day, verdict in zip(told.dates, told.usual.verdict.tolist(), strict=True) if verdict}

    assert verdicts() == {date(2026, 3, 11): 1, date(2026, 3, 17): -1}
    calendars.add_period(SYSTEM, hall.site.id, Period(HOLIDAY, date(2026, 3, 17), date(2026, 3, 17), "Works holiday"))
    assert verdicts() == {date(2026, 3, 11): 1}


def test_a_cold_day_takes_more_as_usual_where_the_temperature_is_told(hall: Hall) -> None:
    weather = meters.create_meter(SYSTEM, hall.site.id, name="Weather", role="condition").id
    dates = [hall.first + timedelta(days=n) for n in range(len(hall.edges) - 1)]
    warmth = np.random.default_rng(8).uniform(2, 14, len(dates))
    cold = dates.index(date(2026, 3, 11))
    warmth[cold] = -12.0
    at = pd.Index(hall.local.date).map({day: place for place, day in enumerate(dates)}).to_numpy()
    hall.kwh *= 1 + 0.05 * (15 - warmth[at])
    hall.write()

    def day() -> tuple[energy_days.EnergyDays, int]:
        shared.clear()
        told = energy_days.energy_days(SYSTEM, hall.site.id, hall.id, dates[cold], dates[cold])
        return told, int(told.usual.verdict[0])

    told, verdict = day()
    assert (told.outdoors, verdict) == ("", 1)
    hours = [each for each in hall.moments if each.minute == 0]
    hall.site.intervals(weather, "temperature_c", 3600, hours, warmth[at[::4]])
    told, verdict = day()
    assert (told.outdoors, verdict) == ("Weather", 0)
    totals = hall.by_day(hall.kwh)
    lacking = np.maximum(15 - warmth, 0)
    per_kelvin = np.median(
        [
            (totals[later] - totals[earlier]) / (lacking[later] - lacking[earlier])
            for later in range(cold)
            for earlier in range(max(0, cold - 84), later)
            if dates[later].weekday() == dates[earlier].weekday() and abs(lacking[later] - lacking[earlier]) >= 1
        ]
    )
    weeks = [cold - 7 * week for week in range(1, 9)]
    moved = [totals[each] + per_kelvin * (lacking[cold] - lacking[each]) for each in weeks]
    assert told.usual.middle == pytest.approx([np.median(moved)])
    course = energy_days.day_course(SYSTEM, hall.site.id, hall.id, dates[cold])
    quarters = np.array([hall.kwh[hall.local.date == dates[each]] * 4 for each in weeks])
    warmth = np.median(moved) / np.median(totals[weeks])
    assert warmth > 1.2
    assert course.usual_kw == pytest.approx(np.median(quarters, axis=0) * warmth)


def test_a_day_has_its_course_beside_the_median_of_those_it_is_compared_with(hall: Hall) -> None:
    hall.write()
    sunday = date(2026, 3, 29)  # of 23 hours
    told = energy_days.day_course(SYSTEM, hall.site.id, hall.id, sunday)
    day = pd.Index(hall.local.date)
    assert told.kilowatts == pytest.approx(hall.kwh[day == sunday] * 4)
    assert told.compared == [sunday - timedelta(days=7 * week) for week in range(8, 0, -1)]
    walls = hall.local[day == sunday].strftime("%H:%M")
    theirs = [
        pd.Series(hall.kwh[day == each] * 4, hall.local[day == each].strftime("%H:%M"))[walls].to_numpy()
        for each in told.compared
    ]
    assert told.usual_kw == pytest.approx(np.median(theirs, axis=0))
    assert statistics.highest(told.kilowatts).value == pytest.approx(hall.kwh[day == sunday].max() * 4)


def test_a_day_that_is_not_over_is_no_low_one(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.write()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 18, 9, tzinfo=UTC))
    told = energy_days.energy_days(SYSTEM, hall.site.id, hall.id, date(2026, 3, 1), date(2026, 3, 31))
    assert told.dates[-1] == date(2026, 3, 18)
    assert told.is_open.tolist() == [False] * 17 + [True]
    assert told.usual.verdict[-1] == 0


def test_nothing_is_told_of_what_a_scope_does_not_see(hall: Hall) -> None:
    scope = Scope("usr_any", part_site_ids=frozenset({hall.site.id}), meter_ids=frozenset({hall.meter}))
    for hidden in (hall.grid, "nod_nothing"):
        with pytest.raises(NotFound):
            energy_days.energy_days(scope, hall.site.id, hidden, date(2026, 3, 1), date(2026, 3, 2))
    with pytest.raises(NotFound):
        energy_days.day_course(Scope("usr_any"), hall.site.id, "", date(2026, 3, 1))
