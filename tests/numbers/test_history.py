"""What days did over time: energy, change, trend, peaks, base load, patterns and losses are those of the rows themselves."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from insight import history
from insight.history import EFFICIENCY, LOAD, POWER
from insight.shared import shared
from models import local_time
from models.calendars import HOLIDAY, Period
from store.errors import NotFound
from store.records.plant import calendars, graph, meters
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
FIRST, LAST = date(2026, 3, 4), date(2026, 4, 2)  # the clocks are set forward on 29 March
DAYS = 30
QUARTER_S = 900
RATED_KW = 200.0


class Works:
    """A site of which all is measured: a grid connection of 200 kW, PV, a hall, and a board between them that loses some."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.meters, self.nodes = {}, {}
        for name, kind, technology in (("Grid", "source", "grid"), ("PV", "source", "pv"), ("Hall", "sink", "")):
            rated = RATED_KW if name == "Grid" else None
            node = graph.create_node(
                SYSTEM, site.id, name=name, kind=kind, technology=technology, capacity_kw=rated, valid_from=LONG_AGO
            )
            ends = (site.bus, node.id) if name == "Hall" else (node.id, site.bus)
            edge = graph.create_edge(
                SYSTEM, site.id, from_node_id=ends[0], to_node_id=ends[1], two_way=name == "Grid", valid_from=LONG_AGO
            )
            self.nodes[name] = node.id
            self.meters[name] = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(self.meters[name], "interval", QUARTER_S, since=LONG_AGO)
        self.start, self.end = local_time.days(FIRST - timedelta(DAYS), LAST, ZoneInfo(ZONE))
        self.middle, _ = local_time.days(FIRST, LAST, ZoneInfo(ZONE))
        self.moments = second_path.every(self.start, QUARTER_S, round((self.end - self.start).total_seconds() / QUARTER_S))
        local = pd.DatetimeIndex(self.moments).tz_convert(ZONE)
        random = np.random.default_rng(7)
        working = np.asarray((local.day_of_week < 5) & (local.hour >= 7) & (local.hour < 18))
        rising = 1 + np.arange(len(local)) / len(local)
        self.hall = np.where(working, 20.0, 4.0) * rising * random.uniform(0.9, 1.1, len(local))
        self.pv = np.where((local.hour >= 9) & (local.hour < 16), random.uniform(4, 8, len(local)), 0.0)
        self.lost = random.uniform(0.1, 0.3, len(local))
        net = self.hall + self.lost - self.pv
        self.imported, self.exported = np.maximum(net, 0), np.maximum(-net, 0)
        self.local = local
        self.own = np.array([at >= self.middle for at in self.moments])

    def write(self) -> None:
        with self.site.at_once():
            for meter, quantity, kwh in (
                ("Grid", "energy_kwh", self.imported),
                ("Grid", "energy_export_kwh", self.exported),
                ("PV", "energy_kwh", self.pv),
                ("Hall", "energy_kwh", self.hall),
            ):
                self.site.intervals(self.meters[meter], quantity, QUARTER_S, self.moments, kwh)

    def quarters(self, kwh: np.ndarray) -> "pd.Series[float]":
        """Mean powers of the days, by the site's clock."""
        return pd.Series(kwh[self.own] * 4, self.local[self.own])


@pytest.fixture
def works(site_in: MakeSite) -> Works:
    shared.clear()
    return Works(site_in(ZONE))


def told(works: Works, subject: str = "", show: str = POWER) -> history.History:
    return history.history(SYSTEM, works.site.id, subject, FIRST, LAST, show)


def test_energy_change_base_load_and_peaks_are_those_of_the_quarters(works: Works) -> None:
    works.write()
    power = works.quarters(works.hall)
    for subject in ("", works.nodes["Hall"], works.meters["Hall"]):
        of = told(works, subject)
        assert of.finest == "quarter"
        assert of.kwh == pytest.approx(power.sum() / 4)
        assert of.change == pytest.approx(works.hall[works.own].sum() / works.hall[~works.own].sum() - 1)
        assert (of.coverage, of.mean_kw) == (pytest.approx(1), pytest.approx(power.mean()))
        assert of.base_kw == pytest.approx(np.percentile(power, 2.5))
        assert of.load_factor == pytest.approx(power.mean() / power.max())
        highest = power.groupby(power.index.date).agg(["idxmax", "max"]).nlargest(5, "max")
        assert [each.kw for each in of.peaks] == pytest.approx(highest["max"].tolist())
        assert [each.at for each in of.peaks] == [at.tz_convert("UTC") for at in highest["idxmax"]]
        falling = np.sort(power.to_numpy())[::-1]
        assert (of.duration.power_kw[0], of.duration.power_kw[-1]) == pytest.approx((falling[0], falling[-1]))


def test_a_course_stands_beside_the_same_local_time_of_the_days_before(works: Works) -> None:
    works.write()
    of = told(works, works.nodes["Hall"])
    every = pd.Series(works.hall, pd.DatetimeIndex(works.moments)).resample("h").sum()
    assert of.values == pytest.approx(every[works.middle :].to_numpy())
    walls = of.edges[:-1].tz_convert(ZONE).tz_localize(None) - pd.Timedelta(days=DAYS)
    assert of.before == pytest.approx(every[walls.tz_localize(ZONE).tz_convert("UTC")].to_numpy())
    assert len(of.values) == DAYS * 24 - 1


def test_the_trend_is_the_median_over_pairs_of_days_of_one_weekday(works: Works) -> None:
    works.write()
    of = told(works, works.nodes["Hall"])
    days = works.quarters(works.hall).groupby(lambda at: at.date()).sum() / 4
    pairs = [
        (days.iloc[later] - days.iloc[earlier]) / (later - earlier)
        for later in range(DAYS)
        for earlier in range(later)
        if (later - earlier) % 7 == 0
    ]
    assert of.trend.slope == pytest.approx(np.median(pairs))
    assert of.trend.certain
    assert of.usual_day_kwh == pytest.approx(days.median())


def test_patterns_are_means_by_the_local_clock_and_a_holiday_is_a_free_day(works: Works) -> None:
    works.write()
    holiday = date(2026, 3, 19)
    calendars.add_period(SYSTEM, works.site.id, Period(HOLIDAY, holiday, holiday, "Works holiday"))
    of = told(works, works.nodes["Hall"]).patterns
    power = works.quarters(works.hall)
    free = (power.index.day_of_week >= 5) | (power.index.date == holiday)
    for row, those in ((0, power[~free]), (1, power[free])):
        assert of.hours[row] == pytest.approx(those.groupby(those.index.hour).mean().to_numpy())
    assert of.weekdays == pytest.approx(power.groupby(power.index.day_of_week).mean().to_numpy())
    assert of.months[2:4] == pytest.approx(power.groupby(power.index.month).mean().to_numpy())
    assert np.isnan(of.months[[0, 1, *range(4, 12)]]).all()


def test_a_site_is_as_efficient_as_its_board_and_its_connection_is_loaded_by_both_directions(works: Works) -> None:
    works.write()
    of = told(works, show=EFFICIENCY)
    assert of.offered == [POWER, EFFICIENCY, LOAD]
    taken_in = works.imported + works.pv
    assert of.system is not None
    assert (of.system.taken_in_kwh, of.system.lost_kwh) == pytest.approx((taken_in[works.own].sum(), works.lost[works.own].sum()))
    assert (of.system.days, of.system.of_days) == (DAYS, DAYS)
    by_day = [works.quarters(each).groupby(lambda at: at.date()).sum() for each in (taken_in, works.lost)]
    assert of.values == pytest.approx((100 * (1 - by_day[1] / by_day[0])).to_numpy())
    assert of.loading is not None
    carried = works.quarters(works.imported + works.exported) / RATED_KW
    assert (of.loading.mean, of.loading.highest) == pytest.approx((carried.mean(), carried.max()))
    assert of.loading.at == carried.idxmax().tz_convert("UTC")
    assert told(works, works.nodes["Hall"], EFFICIENCY).shown == POWER


def test_hours_that_a_meter_misses_pass_for_no_loss(works: Works) -> None:
    night = np.array([at.date() == date(2026, 3, 10) and at.hour < 6 for at in works.moments])
    with works.site.at_once():
        works.site.intervals(works.meters["PV"], "energy_kwh", QUARTER_S, works.moments, works.pv)
        works.site.intervals(works.meters["Grid"], "energy_kwh", QUARTER_S, works.moments, works.imported)
        works.site.intervals(works.meters["Grid"], "energy_export_kwh", QUARTER_S, works.moments, works.exported)
        there = [at for at, missing in zip(works.moments, night, strict=True) if not missing]
        works.site.intervals(works.meters["Hall"], "energy_kwh", QUARTER_S, there, works.hall[~night])
    of = told(works, show=EFFICIENCY)
    assert of.system is not None
    assert (of.system.days, of.system.of_days) == (DAYS - 1, DAYS)
    whole = works.own & (pd.Index(works.local.date) != date(2026, 3, 10))
    assert of.system.lost_kwh == pytest.approx(works.lost[whole].sum())
    assert np.isnan(of.values[6])


def test_a_day_that_is_not_over_counts_to_its_last_whole_quarter_and_so_does_the_one_before(
    works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.write()
    now = datetime(2026, 4, 2, 9, 20, tzinfo=UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    of = history.history(SYSTEM, works.site.id, works.nodes["Hall"], date(2026, 4, 2), date(2026, 4, 2))
    day = (works.local >= "2026-04-02") & (works.local < "2026-04-02 11:15")
    before = (works.local >= "2026-04-01") & (works.local < "2026-04-01 11:15")
    assert of.kwh == pytest.approx(works.hall[day].sum())
    assert of.change == pytest.approx(works.hall[day].sum() / works.hall[before].sum() - 1)
    assert np.isnan(of.trend.slope)


def test_nothing_is_told_of_what_a_scope_does_not_see(works: Works) -> None:
    works.write()
    scope = Scope("usr_any", part_site_ids=frozenset({works.site.id}), meter_ids=frozenset({works.meters["Hall"]}))
    with pytest.raises(NotFound):
        history.history(scope, works.site.id, works.meters["PV"], FIRST, LAST)
    with pytest.raises(NotFound):
        history.history(Scope("usr_any"), works.site.id, "", FIRST, LAST)
    own = history.history(scope, works.site.id, works.meters["Hall"], FIRST, LAST)
    assert own.kwh == pytest.approx(works.hall[works.own].sum())
