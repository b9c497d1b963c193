"""What a site used, made and exchanged: by its tiles and by its energy flow, through rewiring and whatever is not metered."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest

from dashboard.live import energy_flow
from insight import site_energy, site_view, today
from insight.shared import shared
from models.sankey_links import links
from store.records.plant import graph, meters
from store.scope import SYSTEM
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

HOUR = timedelta(hours=1)


def _node(site: Site, name: str, kind: str, technology: str = "", since: datetime = LONG_AGO) -> str:
    return graph.create_node(SYSTEM, site.id, name=name, kind=kind, technology=technology, valid_from=since).id


def _edge(
    site: Site, source: str, target: str, *, two_way: bool = False, rhythm_s: int | None = 900, since: datetime = LONG_AGO
) -> tuple[str, str]:
    """An edge and its meter; no meter without a rhythm."""
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=source, to_node_id=target, two_way=two_way, valid_from=since)
    if rhythm_s is None:
        return edge.id, ""
    meter = meters.create_meter(SYSTEM, site.id, name="Meter", edge_id=edge.id).id
    site.declare(meter, "interval", rhythm_s, since=LONG_AGO)
    return edge.id, meter


def _of(site: Site, start: datetime, end: datetime) -> site_energy.SiteEnergy:
    return site_energy.site_energy(SYSTEM, site_view.read(SYSTEM, site.id, end), [start, end])


def test_a_site_that_is_rewired_in_the_morning_counts_by_the_graph_of_each_moment(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), second_path.local_midnight("Europe/Berlin", 2026, 2, 2)
    changed, end = start + 6 * HOUR, start + 12 * HOUR
    grid, load = _node(site, "Grid", "source", "grid"), _node(site, "Load", "sink")
    _, m_grid = _edge(site, grid, site.bus)
    old, m_old = _edge(site, site.bus, load)
    moments = second_path.every(start, 900, 48)
    site.intervals(m_grid, "energy_kwh", 900, moments, [1.0] * 48)
    site.intervals(m_old, "energy_kwh", 900, moments[:24], [1.0] * 24)
    graph.end_edge(SYSTEM, old, changed)
    board = _node(site, "Board", "bus", since=changed)
    _, m_feed = _edge(site, site.bus, board, since=changed)
    _, m_new = _edge(site, board, load, since=changed)
    for meter in (m_feed, m_new):
        site.intervals(meter, "energy_kwh", 900, moments[24:], [1.0] * 24)
    found = _of(site, start, end)
    assert found.flows.totals.demand == pytest.approx([48])
    assert found.flows.totals.imported == pytest.approx([48])
    assert found.coverage == pytest.approx(1)
    nodes, bands = links(found.flows, both_ways=True)
    assert not [node.label for node in nodes if "Unaccounted" in node.label or "Unmetered" in node.label]
    drawn = {(nodes[band.source].label, nodes[band.target].label): band.value for band in bands}
    assert drawn == pytest.approx({("Grid, import", "Bus"): 48, ("Bus", "Load"): 24, ("Bus", "Board"): 24, ("Board", "Load"): 24})


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_a_grid_connection_that_nothing_measures_is_netted_by_the_quarter(site_in: MakeSite, zone: str) -> None:
    site, start = site_in(zone), second_path.local_midnight(zone, 2026, 2, 2)
    grid, load, pv = _node(site, "Grid", "source", "grid"), _node(site, "Load", "sink"), _node(site, "PV", "source", "pv")
    _edge(site, grid, site.bus, two_way=True, rhythm_s=None)
    (_, m_load), (_, m_pv) = _edge(site, site.bus, load), _edge(site, pv, site.bus)
    count = 96 * 3
    moments, random = second_path.every(start, 900, count), np.random.default_rng(8)
    used, made = random.uniform(0, 2, count), random.uniform(0, 3, count)
    site.intervals(m_load, "energy_kwh", 900, moments, used)
    site.intervals(m_pv, "energy_kwh", 900, moments, made)
    net = used - made
    for first, last in ((0, count), (0, 96), (5, 100)):
        totals = _of(site, moments[first], moments[last - 1] + timedelta(minutes=15)).flows.totals
        part = net[first:last]
        assert (totals.imported, totals.exported) == (
            pytest.approx([part.clip(min=0).sum()]),
            pytest.approx([(-part).clip(min=0).sum()]),
        )
        assert (totals.demand, totals.production) == (
            pytest.approx([used[first:last].sum()]),
            pytest.approx([made[first:last].sum()]),
        )


def test_a_difference_on_a_one_way_edge_is_the_same_by_whatever_road(site_in: MakeSite) -> None:
    site, start = site_in("UTC"), datetime(2026, 2, 2, tzinfo=UTC)
    grid, hall, rest = _node(site, "Grid", "source", "grid"), _node(site, "Hall", "sink"), _node(site, "Rest", "sink")
    (_, m_grid), (_, m_hall) = _edge(site, grid, site.bus), _edge(site, site.bus, hall)
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=rest, valid_from=LONG_AGO)
    meters.create_meter(SYSTEM, site.id, name="Rest", role="virtual", edge_id=edge.id, terms=[(m_grid, 1), (m_hall, -1)])
    moments, random = second_path.every(start, 900, 96), np.random.default_rng(4)
    whole, part = random.uniform(3, 6, 96), random.uniform(0, 4, 96)
    site.intervals(m_grid, "energy_kwh", 900, moments, whole)
    site.intervals(m_hall, "energy_kwh", 900, moments, part)
    assert (whole < part).any()
    end = start + timedelta(days=1)
    found = _of(site, start, end)
    view = site_view.read(SYSTEM, site.id, end)
    by_hour = site_energy.site_energy(SYSTEM, view, second_path.every(start, 3600, 25))
    for each in (found, by_hour):
        assert each.flows.totals.demand == pytest.approx([whole.sum()])
        assert each.flows.edges[edge.id].net == pytest.approx([(whole - part).sum()])
        assert float(each.imported.sum()) == pytest.approx(whole.sum())


@pytest.mark.parametrize("rhythm_s", [900, 3600])
def test_tiles_and_energy_flow_tell_the_same_and_what_is_not_due_is_not_missing(site_in: MakeSite, rhythm_s: int) -> None:
    now = datetime.now(UTC)
    # A zone in which it is late in the morning or later, so that the day has some intervals.
    zone = next(
        name for name in ("Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles") if now.astimezone(ZoneInfo(name)).hour >= 6
    )
    site = site_in(zone)
    start = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
    grid, load = _node(site, "Grid", "source", "grid"), _node(site, "Load", "sink")
    (_, m_grid), (_, m_load) = _edge(site, grid, site.bus, rhythm_s=rhythm_s), _edge(site, site.bus, load, rhythm_s=rhythm_s)
    first = datetime.fromtimestamp(start.timestamp() // rhythm_s * rhythm_s, UTC)
    moments = [each for each in second_path.every(first, rhythm_s, 100) if each + timedelta(seconds=rhythm_s) <= now]
    values = np.random.default_rng(6).uniform(1, 2, len(moments))
    for meter in (m_grid, m_load):
        site.intervals(meter, "energy_kwh", rhythm_s, moments, values)
    expected = second_path.in_stretches(second_path.rows(moments, rhythm_s, values), [start, now])[0]
    view = site_view.read(SYSTEM, site.id, now)
    told = today.read(SYSTEM, view, now)
    assert (told.demand_kwh, told.imported_kwh, told.coverage) == (
        pytest.approx(expected),
        pytest.approx(expected),
        pytest.approx(1),
    )
    shared.clear()
    drawn = orjson.loads(energy_flow.energy_flow(SYSTEM, site.id, "today"))
    assert "100 % of the expected readings" in drawn["note"]
    assert sum(drawn["figure"]["data"][0]["link"]["value"]) == pytest.approx(2 * expected, rel=1e-3)
