"""When and where energy was used: the hours of days and the days of buildings are those of the rows, by the site's clock."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from dashboard.energy import calendar_words, heat_asked, heat_buildings
from dashboard.parts.reading import Reader
from insight import heat_map
from insight.shared import shared
from models import local_time
from reporting import telling
from store.errors import NotFound
from store.records.plant import buildings, graph, meters
from store.records.plant.buildings import Facts
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
FIRST, LAST = date(2025, 10, 20), date(2025, 10, 26)  # the clocks are set back on the last one: of 25 hours
SINCE = date(2025, 7, 21)  # as far back as days are compared with
AREA_M2 = 500.0


class Campus:
    """A site with two buildings and a shed that is none, told by quarters of an hour since three months."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.nodes, self.meters = {}, {}
        for name in ("Hall", "Lab", "Shed"):
            node = graph.create_node(SYSTEM, site.id, name=name, kind="sink", valid_from=LONG_AGO)
            edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=node.id, valid_from=LONG_AGO)
            self.nodes[name] = node.id
            self.meters[name] = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(self.meters[name], "interval", 900, since=LONG_AGO)
        buildings.describe_building(
            SYSTEM, site.id, self.nodes["Hall"], Facts("110", "office", AREA_M2, 20, 0.2, 0.3, 52.20, 0.10)
        )
        buildings.describe_building(SYSTEM, site.id, self.nodes["Lab"], Facts("111", "laboratory", None, 9, 0.6, 0.7))
        start, end = local_time.days(SINCE, LAST, ZoneInfo(ZONE))
        self.moments = second_path.every(start, 900, round((end - start).total_seconds() / 900))
        self.local = pd.DatetimeIndex(self.moments).tz_convert(ZONE)
        random = np.random.default_rng(12)
        self.kwh = {name: random.uniform(1, 2, len(self.moments)) * size for name, size in (("Hall", 5), ("Lab", 9), ("Shed", 1))}

    def write(self) -> None:
        with self.site.at_once():
            for name, kwh in self.kwh.items():
                self.site.intervals(self.meters[name], "energy_kwh", 900, self.moments, kwh)

    def by_day(self, name: str) -> "pd.Series[float]":
        return pd.Series(self.kwh[name], self.local).groupby(self.local.date).sum()


@pytest.fixture
def campus(site_in: MakeSite) -> Campus:
    shared.clear()
    return Campus(site_in(ZONE))


def test_a_cell_is_the_mean_power_of_its_hour_and_an_hour_that_comes_twice_is_the_mean_of_both(campus: Campus) -> None:
    campus.write()
    power = pd.Series(campus.kwh["Hall"] * 4, campus.local)
    for subject in (campus.nodes["Hall"], campus.meters["Hall"]):
        told = heat_map.hours_by_day(SYSTEM, campus.site.id, subject, FIRST, LAST)
        assert told.kw.shape == (24, 7)
        for at, day in enumerate(told.dates):
            of_day = power[campus.local.date == day]
            assert told.kw[:, at] == pytest.approx(of_day.groupby(of_day.index.hour).mean().to_numpy())
        assert told.coverage == pytest.approx(1)
    assert told.dates[-1] == LAST
    assert (power[campus.local.date == LAST].index.hour == 2).sum() == 8


def test_an_hour_that_the_clocks_leave_out_and_one_that_is_to_come_are_not_known(
    site_in: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.clear()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 29, 9, 20, tzinfo=UTC))
    site = site_in(ZONE)
    meter = site.meter("interval", 900)
    start, _ = local_time.days(date(2026, 3, 28), date(2026, 3, 28), ZoneInfo(ZONE))
    moments = second_path.every(start, 900, 96 + 40)
    site.intervals(meter, "energy_kwh", 900, moments, [1.0] * len(moments))
    told = heat_map.hours_by_day(SYSTEM, site.id, meter, date(2026, 3, 28), date(2026, 3, 31))
    assert told.dates == [date(2026, 3, 28), date(2026, 3, 29)]
    assert told.kw[:, 0] == pytest.approx(np.full(24, 4.0))
    known = np.isfinite(told.kw[:, 1])
    assert known.tolist() == [True, True, False, *[True] * 8, *[False] * 13]


def test_buildings_have_their_days_by_their_floor_area_and_against_usual(campus: Campus) -> None:
    campus.kwh["Lab"][campus.local.date == date(2025, 10, 22)] *= 2
    campus.write()
    told = heat_map.built_by_day(SYSTEM, campus.site.id, FIRST, LAST)
    assert [(each.node.name, each.facts.number, each.plan) for each in told.every] == [
        ("Hall", "110", (0.2, 0.3)),
        ("Lab", "111", (0.6, 0.7)),
    ]
    for each in told.every:
        days = campus.by_day(each.node.name)
        assert each.kwh == pytest.approx(days[told.dates].to_numpy())
        before = [[day - pd.Timedelta(days=7 * week) for week in range(1, 9)] for day in map(pd.Timestamp, told.dates)]
        usual = [float(np.median([days[at.date()] for at in those])) for those in before]
        assert each.usual_kwh == pytest.approx(usual)
        assert each.against_usual == pytest.approx(each.kwh / np.array(usual) - 1)
        assert each.coverage == pytest.approx(np.ones(7))
    hall, lab = told.every
    assert hall.kwh_m2 == pytest.approx(hall.kwh / AREA_M2)
    assert np.isnan(lab.kwh_m2).all()
    assert lab.against_usual[2] > 0.9


def test_a_board_with_several_uses_behind_it_is_a_building_like_any_other(campus: Campus) -> None:
    site = campus.site
    block = graph.create_node(SYSTEM, site.id, name="Block", kind="bus", valid_from=LONG_AGO).id
    supply = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=block, valid_from=LONG_AGO).id
    for name in ("Flat", "Shop"):
        use = graph.create_node(SYSTEM, site.id, name=name, kind="sink", valid_from=LONG_AGO).id
        graph.create_edge(SYSTEM, site.id, from_node_id=block, to_node_id=use, valid_from=LONG_AGO)
    campus.meters["Block"] = meters.create_meter(SYSTEM, site.id, name="Block", edge_id=supply).id
    campus.kwh["Block"] = campus.kwh["Hall"] / 2
    site.declare(campus.meters["Block"], "interval", 900, since=LONG_AGO)
    campus.write()
    assert [each.node.name for each in heat_map.built_by_day(SYSTEM, site.id, FIRST, LAST).every] == ["Hall", "Lab"]
    buildings.describe_building(SYSTEM, site.id, block, Facts("112", "dwelling", 100.0))
    shared.clear()
    built = {each.node.name: each for each in heat_map.built_by_day(SYSTEM, site.id, FIRST, LAST).every}
    assert [*built] == ["Block", "Hall", "Lab"]
    days = campus.by_day("Block")
    assert built["Block"].kwh == pytest.approx([days[each] for each in pd.date_range(FIRST, LAST).date])
    assert built["Block"].kwh_m2 == pytest.approx(built["Block"].kwh / 100)


def test_of_boards_within_each_other_each_is_whole_and_the_total_counts_the_inner_one_once(campus: Campus) -> None:
    site = campus.site
    made = {
        name: graph.create_node(SYSTEM, site.id, name=name, kind=kind, valid_from=LONG_AGO).id
        for name, kind in (("Block", "bus"), ("Floor", "bus"), ("Shop", "sink"), ("Flat", "sink"), ("Attic", "sink"))
    }
    for source, target, share in ((site.bus, "Block", 0.5), ("Block", "Floor", 0.25), ("Floor", "Shop", 0.1)):
        ends = {"from_node_id": made.get(source, source), "to_node_id": made[target]}
        edge = graph.create_edge(SYSTEM, site.id, valid_from=LONG_AGO, **ends).id
        campus.meters[target] = meters.create_meter(SYSTEM, site.id, name=target, edge_id=edge).id
        campus.kwh[target] = campus.kwh["Hall"] * share
        site.declare(campus.meters[target], "interval", 900, since=LONG_AGO)
    for source, target in (("Floor", "Flat"), ("Block", "Attic")):
        graph.create_edge(SYSTEM, site.id, from_node_id=made[source], to_node_id=made[target], valid_from=LONG_AGO)
    campus.write()
    for number, name in enumerate(("Block", "Floor", "Shop"), 112):
        buildings.describe_building(SYSTEM, site.id, made[name], Facts(f"{number}"))
    shared.clear()
    told = heat_map.built_by_day(SYSTEM, site.id, FIRST, LAST)
    for name in ("Block", "Floor", "Shop", "Hall", "Lab"):
        days, [each] = campus.by_day(name), [each for each in told.every if each.node.name == name]
        assert each.kwh == pytest.approx([days[day] for day in told.dates])
    outer = sum(campus.by_day(name)[told.dates[2]] for name in ("Block", "Hall", "Lab"))
    asked = heat_asked.of_address(site.id, {}, LAST)
    said = heat_buildings.says(asked, told, told.every, 2, Reader())
    assert calendar_words.energy(outer, Reader()) in said
    assert telling.ONCE in said
    inner = [each for each in told.every if each.node.name != "Block"]
    without = outer - campus.by_day("Block")[told.dates[2]] + campus.by_day("Floor")[told.dates[2]]
    assert calendar_words.energy(without, Reader()) in heat_buildings.says(asked, told, inner, 2, Reader())


def test_where_nothing_is_a_building_all_uses_are_shown(site_in: MakeSite) -> None:
    shared.clear()
    site = site_in(ZONE)
    site.meter("interval", 900)
    [only] = heat_map.built_by_day(SYSTEM, site.id, FIRST, LAST).every
    assert only.node.kind == "sink"
    assert np.isnan([only.kwh, only.usual_kwh, only.kwh_m2]).all()


def test_who_sees_a_part_sees_that_part_and_nothing_said_of_its_buildings(campus: Campus) -> None:
    campus.write()
    scope = Scope("usr_any", part_site_ids=frozenset({campus.site.id}), meter_ids=frozenset({campus.meters["Hall"]}))
    told = heat_map.built_by_day(scope, campus.site.id, FIRST, LAST)
    assert [each.facts for each in told.every] == [Facts()] * len(told.every)
    assert campus.nodes["Lab"] not in {each.node.id for each in told.every}
    with pytest.raises(NotFound):
        heat_map.hours_by_day(scope, campus.site.id, campus.meters["Lab"], FIRST, LAST)
    for ask in (heat_map.built_by_day, lambda *given: heat_map.hours_by_day(*given[:2], "", *given[2:])):
        with pytest.raises(NotFound):
            ask(Scope("usr_any"), campus.site.id, FIRST, LAST)
