"""What is pulled is described, asked now, changed and archived by administrators of its site or region; no key is ever shown."""

from datetime import timedelta

import pytest

from config import settings as configuration
from config.language import Told
from config.settings import Settings
from store.records.plant import pull_sources, pull_turns, regions
from store.records.schema import Site
from store.records.schema.columns import now
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

KEY = "s3cret-of-the-plant"
OWN = {
    "name": "Inverter",
    "address": "https://api.example.org/power?from={from}&key={key}",
    "quantity": "power_kw",
    "value": "power",
    "time": "at",
    "precision": "iso",
    "items": "data",
    "unit": "W",
    "every": "300",
    "key": KEY,
}


@pytest.fixture
def market(world: World) -> str:
    """The region of the world's site."""
    made = regions.create_region(SYSTEM, name="Market").id
    with engine.session() as records:
        found = records.get(Site, world.site)
        assert found is not None
        found.region_id, found.currency = made, "EUR"
    return made


@pytest.fixture
def listed(dashboard_settings: Settings, world: World) -> None:
    """The settings allow one address."""
    configuration.use(dashboard_settings.model_copy(update={"pull_addresses": "https://api.example.org"}))


def test_a_region_is_given_a_service_that_is_asked_now_changed_and_archived(world: World, market: str) -> None:
    browser = world.client("admin")
    assert "Nothing is pulled yet" in shown(browser, f"/admin/regions/{market}")
    wrong = said(fill(world, browser, "pull-shared", market, service="entsoe", area="Germany", key=KEY))
    assert "write it like 10Y1001A1001A82H" in wrong
    assert KEY not in wrong
    assert "asks for a key" in said(fill(world, browser, "pull-shared", market, service="entsoe", area="10Y1001A1001A82H"))
    assert "account in EUR" in said(
        fill(world, browser, "pull-shared", market, service="octopus_agile", area="E-1R-AGILE-24-10-01-C")
    )
    done = said(fill(world, browser, "pull-shared", market, service="entsoe", area="10Y1001A1001A82H", key=KEY))
    assert "is asked within some seconds" in done
    [source] = pull_sources.sources_of(SYSTEM, market)
    pull_turns.begin(SYSTEM, source.id, now(), now() + timedelta(hours=1))
    pull_turns.end(
        SYSTEM, source.id, now(), failures=1, problem=[Told("the other side answers with the error %(status)s", {"status": 500})]
    )
    page = shown(browser, f"/admin/regions/{market}")
    assert "no answer: the other side answers with the error 500" in page
    assert "10Y1001A1001A82H" in page
    assert KEY not in page
    pull_turns.end(SYSTEM, source.id, now() + timedelta(hours=1), failures=0, answered_at=now())
    assert "within some seconds" in act(browser, "pulled", market, "ask", source.id, searched=False)
    assert pull_turns.due(SYSTEM, now()) == [source.id]
    question = said(press(browser, "pulled", market, searched=False, do="ask", act="change", row=source.id))
    assert "A key is kept" in question
    assert KEY not in question
    changed = act(browser, "pulled", market, "change", source.id, searched=False, area="10YFR-RTE------C", key="", address="")
    assert "Saved" in changed
    order = pull_turns.order(SYSTEM, source.id)
    assert order is not None
    assert (order.area, order.key) == ("10YFR-RTE------C", KEY)
    assert "Archived" in act(browser, "pulled", market, "archive", source.id, searched=False)
    assert pull_sources.sources_of(SYSTEM, market) == []


def test_a_site_is_given_its_weather_and_an_address_of_its_own(world: World, listed: None) -> None:
    ids, browser = plant(world), world.client("admin")
    path = f"/site/{world.site}/sources"
    assert "Nothing is pulled yet" in shown(browser, path)
    position = "52.2000, 0.1000"
    done = said(fill(world, browser, "pull-weather", world.site, service="open_meteo", area=position))
    assert "is asked within some seconds" in done
    meter = ids["meter"]
    elsewhere = said(fill(world, browser, "pull-own", world.site, **OWN | {"meter": meter, "address": "https://other.example/x"}))
    assert "not on the list of addresses" in elsewhere
    assert KEY not in elsewhere
    assert "Inverter is asked" in said(fill(world, browser, "pull-own", world.site, **OWN, meter=meter))
    page = shown(browser, path)
    assert "Open-Meteo, weather forecast" in page
    assert "https://api.example.org/power" in page
    assert KEY not in page
    own = next(each for each in pull_sources.sources_of(SYSTEM, world.site) if each.meter_id)
    question = said(press(browser, "pulls", world.site, searched=False, do="ask", act="change", row=own.id))
    assert "data" in question
    assert KEY not in question
    told = OWN | {"meter": meter, "name": "Roof", "key": ""}
    assert "Saved" in act(browser, "pulls", world.site, "change", own.id, searched=False, **told)
    order = pull_turns.order(SYSTEM, own.id)
    assert order is not None
    assert order.key == KEY


@pytest.mark.parametrize("who", ["operator", "chief", "resident", "stranger"])
def test_others_find_nothing_that_is_pulled_and_ask_for_nothing(world: World, market: str, who: str) -> None:
    made = pull_sources.add_service(SYSTEM, market, service="gb_carbon")
    browser = world.client(who)
    assert browser.get(f"/site/{world.site}/sources").status_code == 404
    for table, place in (("pulled", market), ("pulls", world.site)):
        assert press(browser, table, place, searched=False, do="act", act="archive", row=made.id, given={}).status_code == 404
    assert fill(world, browser, "pull-shared", market, service="energy_charts", area="DE-LU").status_code == 404
    assert fill(world, browser, "pull-own", world.site, **OWN).status_code == 404
    assert [each.id for each in pull_sources.sources_of(SYSTEM, market)] == [made.id]


def test_no_source_of_another_place_is_reached_by_a_table(world: World, market: str) -> None:
    made = pull_sources.add_service(SYSTEM, world.foreign_site, service="open_meteo", area="52, 13")
    told = said(press(world.client("admin"), "pulls", world.site, searched=False, do="act", act="archive", row=made.id, given={}))
    assert "no longer exists" in told
    assert pull_sources.sources_of(SYSTEM, world.foreign_site)
