"""All sites are seen side by side by whoever has several: the numbers of each are its own page's, asked for all together."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite, isnan
from zoneinfo import ZoneInfo

import pytest

from config import clock
from dashboard.live import all_sites_table
from dashboard.parts.reading import Reader
from insight import now as now_module
from insight.all_sites import all_sites
from insight.now import now_of, nows
from insight.shared import shared
from insight.site_view import site_view
from insight.today import read, todays
from store.errors import StoreAway
from store.records.access import grants
from store.records.access.policy import scope_of
from store.records.plant import budgets, declarations, devices, graph, meters, tariffs
from store.records.schema import Site
from store.scope import SYSTEM
from store.series import connection
from tests.conftest import eventually
from tests.dashboard.live_world import EVERY_S, LONG_AGO, LiveWorld
from tests.dashboard.overview.conftest import Served
from tests.dashboard.pages import shown
from tests.dashboard.world import PASSWORD
from tests.dashboard.world import sign_in as let_in

HOUR = timedelta(hours=1)


def furnish(site: LiveWorld, place: str, prefix: str, *, price: float | None = 0.3) -> None:
    """Put a grid connection and a hall on a site that has none."""
    if price is not None:
        terms = {"import_price_per_kwh": price, "export_price_per_kwh": 0.1, "co2_g_per_kwh": 400}
        tariffs.create_tariff(SYSTEM, place, name="Simple", valid_from=LONG_AGO, **terms)
    device = devices.create_device(SYSTEM, place, name=f"{prefix} device", reporting_interval_s=EVERY_S).id
    nodes = [
        graph.create_node(SYSTEM, place, name=f"{prefix} {name}", kind=kind, technology=technology, valid_from=LONG_AGO).id
        for name, kind, technology in (("grid", "source", "grid"), ("hall", "sink", "load"))
    ]
    edge = graph.create_edge(SYSTEM, place, from_node_id=nodes[0], to_node_id=nodes[1], two_way=True, valid_from=LONG_AGO)
    meter = meters.create_meter(SYSTEM, place, name=prefix, edge_id=edge.id, device_id=device).id
    declarations.declare_energy(SYSTEM, meter, method="power", interval_s=EVERY_S, valid_from=LONG_AGO)
    site.devices[prefix], site.meters[prefix] = device, meter
    shared.clear()


def post_today(site: LiveWorld, prefix: str, kw: float) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(120, 0, -1)]
    site.history({(prefix, "power_kw"): [kw] * len(times)}, times)
    site.post({(prefix, "power_kw"): kw})


def test_each_sites_numbers_are_those_of_its_own_page(site: LiveWorld) -> None:
    furnish(site, site.empty_site, "works")
    site.post_hours(2, datetime.now(UTC))
    post_today(site, "works", 12.5)
    site.post_everything()
    views = [site_view(SYSTEM, place) for place in (site.site, site.empty_site)]
    at = clock.now()
    for view, told in zip(views, todays(SYSTEM, views, at), strict=True):
        alone = read(SYSTEM, view, at)
        assert told.demand_kwh == pytest.approx(alone.demand_kwh, rel=1e-9)
        assert told.cost == pytest.approx(alone.cost, rel=1e-9)
        assert told.co2_kg == pytest.approx(alone.co2_kg, rel=1e-9)
        assert told.coverage == pytest.approx(alone.coverage, rel=1e-9)
    for view, told in zip(views, nows(SYSTEM, views), strict=True):
        alone = now_of(SYSTEM, view.id)
        assert told.values == alone.values
        assert told.states == alone.states
        assert [each.state for each in told.devices] == [each.state for each in alone.devices]
        assert float(told.flows.totals.demand[0]) == float(alone.flows.totals.demand[0])
    glances = {each.site.id: each for each in all_sites(SYSTEM)}
    assert glances[site.site].demand_kw == pytest.approx(110)
    assert glances[site.empty_site].demand_kw == pytest.approx(12.5)
    assert glances[site.site].worst == "high"  # 204 V at the labs


def test_many_sites_are_asked_for_in_as_many_questions_as_two(site: LiveWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    furnish(site, site.empty_site, "works")
    site.post_everything()
    asked: list[str] = []
    ask = connection._ask

    def counted(sql: str, params: object) -> object:
        asked.append(sql)
        return ask(sql, params)

    monkeypatch.setattr(connection, "_ask", counted)

    def questions() -> int:
        shared.clear()
        for each in (site_view(SYSTEM, site.site), site_view(SYSTEM, site.empty_site)):
            assert each.meters
        asked.clear()
        all_sites(SYSTEM)
        return len(asked)

    two = questions()
    for number in range(5):
        place = site._site(f"Depot {number}", _owner(site), 51.0 + number, 0.0)
        furnish(site, place, f"depot {number}")
    assert questions() <= two


def test_how_many_budgets_of_a_site_are_exceeded_is_told_and_leads_to_the_month(site: LiveWorld) -> None:
    furnish(site, site.empty_site, "works")
    site.post_hours(2, datetime.now(UTC))
    site.post_everything()
    month = datetime.now(ZoneInfo("Europe/London")).date().replace(day=1)
    for measure, amount in (("energy", 0.5), ("cost", 0.01), ("co2", 1e6)):
        budgets.set_budget(SYSTEM, site.site, None, measure, month, month, amount)
    budgets.set_budget(SYSTEM, site.empty_site, None, "energy", month - timedelta(days=1), month - timedelta(days=1), 1)

    def drawn() -> dict[str, str]:
        shared.clear("all sites")
        return {each.site.id: str(all_sites_table.table([each], "need", Reader()).to_plotly_json()) for each in all_sites(SYSTEM)}

    assert "being worked out" in drawn()[site.site]
    told = eventually(lambda: "2 over" in drawn()[site.site] and drawn())
    assert "of 3" in told[site.site]
    assert f"/site/{site.site}/calendar?day={month}" in told[site.site]
    assert "no budget" in told[site.empty_site]
    part = {each.site.id: each for each in all_sites(scope_of(site.people["resident"]))}
    assert part[site.site].budgets is None


def _owner(site: LiveWorld) -> str:
    scope = scope_of(site.people["operator"])
    assert scope.organisation_id
    return scope.organisation_id


def test_what_is_not_known_is_a_dash_with_its_reason(site: LiveWorld) -> None:
    furnish(site, site.empty_site, "works", price=None)
    glances = {each.site.id: each for each in all_sites(SYSTEM)}
    silent = glances[site.empty_site]
    assert isnan(silent.demand_kw)
    assert silent.state == "never"
    drawn = str(all_sites_table.table([silent], "need", Reader()).to_plotly_json())
    assert "no price known" in drawn
    assert "no meter tells" in drawn
    bare = site._site("Bare Hill", _owner(site), 51.0, 0.0)
    shared.clear()
    glance = next(each for each in all_sites(SYSTEM) if each.site.id == bare)
    assert glance.today is None
    assert "no meter yet" in str(all_sites_table.table([glance], "need", Reader()).to_plotly_json())


def test_sites_are_ranked_by_what_is_asked_and_the_unknown_come_last(site: LiveWorld) -> None:
    furnish(site, site.empty_site, "works")
    site.post_everything()
    site.post({("works", "power_kw"): 500.0})
    bare = site._site("Bare Hill", _owner(site), 51.0, 0.0)
    shared.clear()
    every = all_sites(SYSTEM)
    by_power = all_sites_table.ranked(every, "power")
    assert [each.site.id for each in by_power] == [site.empty_site, site.site, bare]
    assert all(isfinite(each.demand_kw) for each in by_power[:2])
    assert all_sites_table.ranked(every, "nonsense") == every


def test_a_site_is_opened_at_the_first_page_of_its_kind(site: LiveWorld) -> None:
    for each in all_sites(SYSTEM):
        for kind, page in (("pv_battery", "solar"), ("campus", "overview")):
            of_kind = replace(each, site=Site(id=each.site.id, name="A home", kind=kind, currency="EUR"))
            assert f"'/site/{each.site.id}/{page}'" in str(all_sites_table.table([of_kind], "need", Reader()))


def test_the_page_is_for_whoever_has_several_sites_and_shows_theirs(world: Served) -> None:
    site = world.site
    site.post_everything()
    browser = world.server.test_client()
    let_in(browser, "operator@example.org", PASSWORD)
    page = shown(browser, "/sites?by=power")
    assert "North Campus" in page
    assert "South Works" in page
    assert f"/site/{site.site}/overview" in page
    assert "110 kW" in page
    resident = world.server.test_client()
    let_in(resident, "resident@example.org", PASSWORD)
    assert resident.get("/sites").status_code == 404
    furnish(site, site.empty_site, "works")
    grants.create_grant(SYSTEM, user_id=site.people["resident"], meter_id=site.meters["works"], valid_from=LONG_AGO)
    page = shown(resident, "/sites")
    assert "your meters of it" in page
    assert "110 kW" not in page


def test_the_page_stands_without_its_readings(world: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_given: object, **_more: object) -> None:
        raise StoreAway("QuestDB does not answer")

    monkeypatch.setattr(now_module.latest, "latest", away)
    browser = world.server.test_client()
    let_in(browser, "operator@example.org", PASSWORD)
    page = shown(browser, "/sites")
    assert "The readings cannot be asked for now" in page
    assert "sites-map" in page
