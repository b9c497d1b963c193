"""What meters, buildings and sites took and gave day by day: the same as the rows themselves say, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from insight import site_energy, site_view, subjects
from insight.courses import courses
from models import local_time
from store.errors import NotFound
from store.records.plant import buildings, graph, meters
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

QUARTER_S = 900
CLOCKS_SET = {"Europe/Berlin": date(2026, 3, 28), "Asia/Kathmandu": date(2026, 2, 1), "Australia/Lord_Howe": date(2026, 4, 4)}


def _node(site: Site, name: str, kind: str, technology: str = "") -> str:
    return graph.create_node(SYSTEM, site.id, name=name, kind=kind, technology=technology, valid_from=LONG_AGO).id


def _meter(site: Site, source: str, target: str, *, two_way: bool = False) -> str:
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=source, to_node_id=target, two_way=two_way, valid_from=LONG_AGO)
    meter = meters.create_meter(SYSTEM, site.id, name="Meter", edge_id=edge.id).id
    site.declare(meter, "interval", QUARTER_S, since=LONG_AGO)
    return meter


def _days(zone: str, first: date, count: int) -> list[datetime]:
    start, end = local_time.days(first, first + timedelta(days=count - 1), ZoneInfo(zone))
    return [*second_path.local_starts(start, end, "day", zone), end]


@pytest.mark.parametrize("zone", CLOCKS_SET)
def test_days_of_any_length_add_up_for_meter_building_and_site_alike(site_in: MakeSite, zone: str) -> None:
    site, edges = site_in(zone), _days(zone, CLOCKS_SET[zone], 4)
    grid, pv, hall = _node(site, "Grid", "source", "grid"), _node(site, "PV", "source", "pv"), _node(site, "Hall", "sink")
    graph.create_edge(SYSTEM, site.id, from_node_id=grid, to_node_id=site.bus, two_way=True, valid_from=LONG_AGO)
    board = _node(site, "Board", "bus")
    graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=board, valid_from=LONG_AGO)
    sun, first, second = _meter(site, pv, site.bus), _meter(site, site.bus, hall, two_way=True), _meter(site, board, hall)
    count = round((edges[-1] - edges[0]).total_seconds() / QUARTER_S)
    moments, random = second_path.every(edges[0], QUARTER_S, count), np.random.default_rng(11)
    made, a, given, b = (random.uniform(0, most, count) for most in (3, 1, 0.5, 2))
    with site.at_once():
        for meter, quantity, kwh in (
            (sun, "energy_kwh", made),
            (first, "energy_kwh", a),
            (first, "energy_export_kwh", given),
            (second, "energy_kwh", b),
        ):
            site.intervals(meter, quantity, QUARTER_S, moments, kwh)
    found = courses(SYSTEM, site_view.read(SYSTEM, site.id, edges[-1]), [site.id, hall, first], edges)

    def by_day(kwh: np.ndarray) -> object:
        return pytest.approx(second_path.in_stretches(second_path.rows(moments, QUARTER_S, kwh), edges))

    assert [*found] == [site.id, hall, first]
    assert (found[first].kwh["forward"], found[first].kwh["export"]) == (by_day(a), by_day(given))
    assert (found[hall].kwh["taken"], found[hall].kwh["given"]) == (by_day(a + b), by_day(given))
    net = a + b - given - made
    of_site = found[site.id].kwh
    assert (of_site["imported"], of_site["exported"]) == (by_day(net.clip(min=0)), by_day((-net).clip(min=0)))
    assert of_site["production"] == by_day(made)
    for course in found.values():
        assert course.coverage == pytest.approx(np.ones(4))
        assert course.provisional.all()  # nothing says yet that all of it has come
    whole = site_energy.site_energy(SYSTEM, site_view.read(SYSTEM, site.id, edges[-1]), [edges[0], edges[-1]])
    assert float(of_site["demand"].sum()) == pytest.approx(float(whole.flows.totals.demand[0]))


def test_a_day_that_nothing_tells_of_is_unknown_and_one_that_a_part_tells_of_says_which_part(site_in: MakeSite) -> None:
    site, edges = site_in("Europe/Berlin"), _days("Europe/Berlin", date(2026, 2, 2), 3)
    grid, hall = _node(site, "Grid", "source", "grid"), _node(site, "Hall", "sink")
    m_grid, m_hall = _meter(site, grid, site.bus), _meter(site, site.bus, hall)
    moments = second_path.every(edges[0], QUARTER_S, 3 * 96)
    site.intervals(m_grid, "energy_kwh", QUARTER_S, moments[:96] + moments[192:], [1.0] * 192)
    site.intervals(m_hall, "energy_kwh", QUARTER_S, moments[:96] + moments[192:216], [1.0] * 120)
    found = courses(SYSTEM, site_view.read(SYSTEM, site.id, edges[-1]), [site.id, hall, m_grid], edges)
    assert found[hall].kwh["taken"].tolist() == pytest.approx([96, np.nan, 24], nan_ok=True)
    assert found[hall].coverage.tolist() == pytest.approx([1, 0, 0.25])
    assert found[m_grid].kwh["forward"].tolist() == pytest.approx([96, np.nan, 96], nan_ok=True)
    assert found[site.id].kwh["imported"].tolist() == pytest.approx([96, np.nan, 96], nan_ok=True)
    assert found[site.id].coverage.tolist() == pytest.approx([1, 0, 0.625])


def test_who_sees_a_meter_sees_what_it_is_at_and_nothing_beside_it(site_in: MakeSite) -> None:
    site, edges = site_in("UTC"), _days("UTC", date(2026, 2, 2), 1)
    mine, theirs = _node(site, "Mine", "sink"), _node(site, "Theirs", "sink")
    own, _other = _meter(site, site.bus, mine), _meter(site, site.bus, theirs)
    site.intervals(own, "energy_kwh", QUARTER_S, second_path.every(edges[0], QUARTER_S, 96), [0.5] * 96)
    scope = Scope("usr_any", part_site_ids=frozenset({site.id}), meter_ids=frozenset({own}))
    view = site_view.read(scope, site.id, edges[-1])
    assert courses(scope, view, [mine], edges)[mine].kwh["taken"] == pytest.approx([48])
    later = graph.create_node(SYSTEM, site.id, name="Later", kind="sink").id
    whole = site_view.read(SYSTEM, site.id, datetime.now(UTC))
    assert np.isnan(courses(SYSTEM, whole, [later], edges)[later].kwh["taken"]).all()  # it was not there yet
    for hidden in (theirs, _other, "nod_nothing"):
        with pytest.raises(NotFound):
            courses(scope, view, [hidden], edges)


def test_a_board_that_is_a_building_used_what_came_in_less_what_went_back_with_its_own_sun_and_battery(site_in: MakeSite) -> None:
    site, edges = site_in("Europe/Berlin"), _days("Europe/Berlin", date(2026, 3, 28), 3)
    grid, house, inner = _node(site, "Grid", "source", "grid"), _node(site, "House", "bus"), _node(site, "Annex", "bus")
    sun, battery = _node(site, "Roof", "source", "pv"), _node(site, "Battery", "storage", "battery")
    flat, shop = _node(site, "Flat", "sink"), _node(site, "Shop", "sink")
    _meter(site, grid, site.bus)
    ways = ((site.bus, house, True), (sun, house, False), (house, battery, True), (house, flat, False), (house, inner, True))
    supply, roof, stored, flat_meter, annex = (_meter(site, source, to, two_way=both) for source, to, both in ways)
    shop_meter = _meter(site, inner, shop)
    count = round((edges[-1] - edges[0]).total_seconds() / QUARTER_S)
    moments, random = second_path.every(edges[0], QUARTER_S, count), np.random.default_rng(5)
    bought, sold, made, charged, discharged, in_flat, in_shop = (random.uniform(0, 2, count) for _ in range(7))
    with site.at_once():
        for meter, quantity, kwh in (
            (supply, "energy_kwh", bought),
            (supply, "energy_export_kwh", sold),
            (roof, "energy_kwh", made),
            (stored, "energy_kwh", charged),
            (stored, "energy_export_kwh", discharged),
            (flat_meter, "energy_kwh", in_flat),
            (annex, "energy_kwh", in_shop),
            (shop_meter, "energy_kwh", in_shop),
        ):
            site.intervals(meter, quantity, QUARTER_S, moments, kwh)
    view = site_view.read(SYSTEM, site.id, edges[-1])

    def by_day(kwh: np.ndarray) -> object:
        return pytest.approx(second_path.in_stretches(second_path.rows(moments, QUARTER_S, kwh), edges))

    for ids in ([house], [house, flat, inner], [site.id, house, inner]):
        told = courses(SYSTEM, view, ids, edges)
        of_house = told[house].kwh
        assert (of_house["bought"], of_house["given"]) == (by_day(bought), by_day(sold))
        assert of_house["taken"] == by_day(bought - sold + made + discharged - charged)
        if inner in ids:
            assert told[inner].kwh["taken"] == by_day(in_shop)
    assert house not in {each.id for each in subjects.subjects(view)}
    buildings.describe_building(SYSTEM, site.id, house, buildings.Facts(number="7"))
    view = site_view.read(SYSTEM, site.id, edges[-1])
    of = subjects.subject(view, house)
    assert (of.name, of.used, of.bought, of.sold) == ("House", "taken", "bought", "given")
    part = Scope("usr_any", part_site_ids=frozenset({site.id}), meter_ids=frozenset({supply}))
    assert house not in {each.id for each in subjects.subjects(site_view.read(part, site.id, edges[-1]))}


def test_a_board_of_which_a_meter_is_silent_is_not_known(site_in: MakeSite) -> None:
    site, edges = site_in("UTC"), _days("UTC", date(2026, 2, 2), 2)
    house, sun = _node(site, "House", "bus"), _node(site, "Roof", "source", "pv")
    supply, roof = _meter(site, site.bus, house, two_way=True), _meter(site, sun, house)
    moments = second_path.every(edges[0], QUARTER_S, 192)
    site.intervals(supply, "energy_kwh", QUARTER_S, moments, [1.0] * 192)
    site.intervals(roof, "energy_kwh", QUARTER_S, moments[:96], [0.5] * 96)
    found = courses(SYSTEM, site_view.read(SYSTEM, site.id, edges[-1]), [house], edges)[house]
    assert found.kwh["taken"].tolist() == pytest.approx([144, np.nan], nan_ok=True)
    assert found.coverage.tolist() == pytest.approx([1, 0.5])


def test_nodes_that_are_asked_for_together_tell_what_each_tells_by_itself(site_in: MakeSite) -> None:
    site, edges = site_in("Europe/Berlin"), _days("Europe/Berlin", date(2026, 2, 2), 2)
    grid, board = _node(site, "Grid", "source", "grid"), _node(site, "Board", "bus")
    halls = [_node(site, name, "sink") for name in ("North", "South", "Rest")]
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=board, to_node_id=halls[2], valid_from=LONG_AGO)
    assert edge.id  # nothing measures it: it is what the board's other edges leave over
    metered = [_meter(site, grid, site.bus), _meter(site, site.bus, board), *(_meter(site, board, hall) for hall in halls[:2])]
    moments, random = second_path.every(edges[0], QUARTER_S, 2 * 96), np.random.default_rng(2)
    north, south, rest = (random.uniform(0, most, len(moments)) for most in (1, 2, 3))
    with site.at_once():
        for meter, kwh in zip(metered, (north + south + rest, north + south + rest, north, south), strict=True):
            site.intervals(meter, "energy_kwh", QUARTER_S, moments, kwh)
    view = site_view.read(SYSTEM, site.id, edges[-1])
    together = courses(SYSTEM, view, [*halls, site.id], edges)
    for hall, kwh in zip(halls, (north, south, rest), strict=True):
        expected = second_path.in_stretches(second_path.rows(moments, QUARTER_S, kwh), edges)
        assert together[hall].kwh["taken"] == pytest.approx(expected)
        alone = courses(SYSTEM, view, [hall], edges)[hall]
        assert alone.kwh["taken"] == pytest.approx(expected)
        assert alone.coverage == pytest.approx(together[hall].coverage)
    assert together[site.id].kwh["demand"] == pytest.approx(sum(together[hall].kwh["taken"] for hall in halls))
