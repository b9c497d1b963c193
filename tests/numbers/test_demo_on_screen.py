"""Every number that the pages of the demo show, computed a second time from the rows that were stored."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import pytest
from playwright.sync_api import Browser, Page, expect

from demo import load
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import checkpoint, rollup
from tests.conftest import QuestDBServer
from tests.dashboard.conftest import chromium
from tests.dashboard.watched import KATHMANDU, LOS_ANGELES
from tests.emptied import with_empty_tables
from tests.held_clock import held
from tests.numbers import served, site_sums, spoken
from tests.numbers import site_on_screen as screen
from tests.numbers.served import Served
from tests.numbers.site_on_screen import Balance, Floats
from tests.numbers.stored import Stored
from tests.records import fresh

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

# Afternoon in Cambridge, where a building was silent for 25 minutes an hour ago; morning in Fontana.
NOW = datetime(2026, 6, 24, 17, 41, 37, tzinfo=UTC)
DAYS = 31


@dataclass(frozen=True)
class Demo:
    """The demo, served, and what is stored of its sites, which is read once."""

    running: Served

    @cached_property
    def campus(self) -> Stored:
        return self.running.stored("North Campus", NOW)

    @cached_property
    def homes(self) -> Stored:
        return self.running.stored("Fontana Homes", NOW)

    def opened(self, email: str, zone: str) -> AbstractContextManager[Page]:
        return self.running.opened(email, NOW, zone)


@pytest.fixture(scope="module")
def demo(questdb_server: QuestDBServer, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Demo]:
    """The demo with a month of history."""
    home = tmp_path_factory.mktemp("demo")
    made = questdb_server.settings.model_copy(
        update={"home": home, "demo": True, "database_url": f"sqlite:///{home}/records.sqlite3"}
    )
    with held(NOW):
        with_empty_tables(made)
        fresh(made.records_url)
        load.ensure_demo(now=NOW.timestamp(), days=DAYS)
        rollup.catch_up(SYSTEM, None, late_s=120)
        checkpoint.forget()
        with served.serving(made, chromium) as running:
            yield Demo(running)
        engine.configure()


def _alike(name: str) -> str:
    """How the seventeen homes are drawn: each kind of their parts as one, but what they use."""
    for part, together in ((" PV", "PV arrays"), (" battery", "Batteries"), ("", "Homes")):
        if re.fullmatch(rf"Home \d+{part}", name):
            return f"{together} (17)"
    return name


def _campus(demo: Demo) -> Balance:
    of = demo.campus
    ends = {edge.meter: of.nodes[edge.source].name for edge in of.edges}
    buildings = [meter for meter in of.meters.values() if meter.name.startswith("Building")]
    first = [meter for meter in buildings if ends[meter.id] == "Low-voltage board 1"]
    assert (len(buildings), len(first)) == (14, 7)
    into = [of.named(f"Transformer {n}, high side") for n in (1, 2)]
    out = [*first, of.named("Transformer 2, low side")]

    def lost(edges_s: Floats) -> Floats:
        return site_sums.mean_kw(into, edges_s) - site_sums.mean_kw(out, edges_s)

    return Balance(of, [of.named("PV array")], buildings, of.named("Grid connection"), [of.named("Battery")], lost=lost)


def _homes(demo: Demo) -> Balance:
    of = demo.homes
    pv, batteries, loads = ([of.named(f"Home {n + 1} {part}") for n in range(17)] for part in ("PV", "battery", "load"))
    return Balance(of, pv, loads, of.named("Feeder"), batteries, _alike)


# How much of the readings there is: one of eighteen meters of the campus was silent for 25 minutes.
# In a browser elsewhere the numbers come from the same answers.
SITES = [(_campus, "99 %", LOS_ANGELES), (_homes, "100 %", KATHMANDU)]
HOURS = {"24h": 24, "7d": 168, "30d": 720}


@pytest.mark.parametrize(("site_of", "coverage", "zone"), SITES)
def test_the_overview(demo: Demo, site_of: Callable[[Demo], Balance], coverage: str, zone: str) -> None:
    site, now_s = site_of(demo), NOW.timestamp()
    with demo.opened("operator@demo.example", zone) as page:
        served.overview(page, site.of.id)
        screen.tiles_agree(page, site)
        screen.devices_agree(page, site.of)
        screen.flow_now_agrees(page, site)
        screen.flow_agrees(page, site, "today", site.midnight_s, coverage)
        for period in HOURS:
            screen.flow_agrees(page, site, period, now_s - HOURS[period] * 3600, coverage)
        screen.show_all_lines(page)
        for period in HOURS:
            screen.chart_agrees(page, site, period.replace("24h", "48h"))


def test_a_residents_meters(demo: Demo) -> None:
    of, site, now_s = demo.homes, _homes(demo), NOW.timestamp()
    ways = {
        "Home 1 battery": ("charged", "discharged"), "Home 1 grid": ("taken", "fed in"),
        "Home 1 load": ("taken", "fed in"), "Home 1 PV": ("produced", "drawn"),
    }  # fmt: skip
    with demo.opened("resident1@demo.example", LOS_ANGELES) as page:
        page.goto("/my-meters")
        page.wait_for_selector("#my-meters-chart[data-drawn]")
        for name, (there, back) in ways.items():
            meter, said = of.named(name), screen.words_of(page, name)
            word = there if meter.now_kw > 0 else back
            assert said["now"] == spoken.scaled(abs(meter.now_kw), "kW") + (f" {word}" if meter.now_kw else "")
            today = site_sums.energies(site.midnight_s, now_s)(meter)
            for kwh, way in zip(today, (there, back), strict=True):
                assert said.get(f"{way.capitalize()} today", "0 kWh") == spoken.scaled(kwh, "kWh")
            cost, _ = site_sums.cost_and_co2(of, meter, site.midnight_s, now_s, gives=name == "Home 1 PV")
            assert said["Earned today" if cost < 0 else "Cost today"] == spoken.money(abs(cost), "USD")
        served.choose(page, "my-meters-what", "energy")
        hour_s = now_s // 3600 * 3600 + 3600
        days = [(datetime.fromtimestamp(site.midnight_s, site.zone) + timedelta(days=n)).timestamp() for n in range(-29, 2)]
        for name in ("Home 1 grid", "Home 1 battery"):
            meter = of.named(name)
            page.get_by_role("button", name=f"History of {name}").click()
            hours = [hour_s - 3600 * n for n in range(24, -1, -1)]
            for period in HOURS:
                edges = {"24h": hours, "7d": days[-8:], "30d": days}[period]
                served.choose(page, "my-meters-range", period)
                screen.bars_agree(page, "my-meters-chart", edges, meter, ways[name])
                cost, _ = site_sums.cost_and_co2(of, meter, edges[0], now_s)
                said = f"{'Earned' if cost < 0 else 'Cost'}: {spoken.money(abs(cost), 'USD')}."
                expect(page.locator("#my-meters-chart-note")).to_contain_text(said)


def test_the_last_readings_of_a_counter(demo: Demo) -> None:
    of = demo.homes
    meter = of.named("Home 1 grid")
    with demo.opened("admin@demo.example", KATHMANDU) as page:
        page.goto(f"/admin/meters/{meter.id}")
        screen.counter_list_agrees(page, of, meter, "Import register", "energy_total_kwh")
        screen.counter_list_agrees(page, of, meter, "Export register", "energy_export_total_kwh")
