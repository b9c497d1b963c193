"""Every number on the overview of made-up sites, on days that clocks make odd, computed a second time from the stored rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Browser

from config.settings import Settings
from store.records.people import organisations, users
from store.records.plant import declarations, graph, meters, regions, sites, tariffs
from store.records.transaction import engine
from store.scope import SYSTEM
from store.series import bulk, checkpoint, rollup
from tests.conftest import PATIENT_S, QuestDBServer
from tests.dashboard.conftest import chromium
from tests.dashboard.watched import KATHMANDU, LOS_ANGELES
from tests.emptied import with_empty_tables
from tests.held_clock import held
from tests.numbers import second_path, served
from tests.numbers import site_on_screen as screen
from tests.numbers.served import Served
from tests.numbers.site_on_screen import Balance, Floats
from tests.records import fresh

__all__ = ["chromium"]
pytestmark = pytest.mark.browser

NAME, OPERATOR, PASSWORD = "Works", "operator@example.org", "seventeen calm otters"
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE, QUARTER, HOUR = 60, 900, 3600
DAYS = 3  # of readings before the day that is looked at


@dataclass
class Works:
    """A works with a PV array and a battery, a hall with a counter, a boiler on gas, and a yard that nothing measures.

    `now` is the moment of its clocks at which it is looked at.
    """

    zone: str
    now: datetime
    rhythm_s: int  # of the grid's meter
    id: str = ""
    ids: dict[str, str] = field(default_factory=dict)
    frames: list[tuple[str, object]] = field(default_factory=list)
    late: list[tuple[str, object]] = field(default_factory=list)
    region: str = ""

    @property
    def midnight(self) -> datetime:
        """When its day began."""
        return second_path.local_midnight(self.zone, self.now.year, self.now.month, self.now.day)

    def at(self, hour: int, day: int = 0) -> datetime:
        """An hour of its clocks on the day that is looked at, or some days before."""
        local = (self.now - timedelta(days=day)).replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
        return local.astimezone(UTC)


def _recorded(works: Works, owner: str) -> None:
    works.region = regions.create_region(SYSTEM, name="Market").id
    works.id = sites.create_site(
        SYSTEM, name=NAME, kind="pv_battery", organisation_id=owner, time_zone=works.zone, currency="EUR",
        latitude=0, longitude=0, region_id=works.region,
    ).id  # fmt: skip
    nodes = {
        name: graph.create_node(
            SYSTEM, works.id, name=name, kind=kind, technology=technology, capacity_kwh=capacity, valid_from=LONG_AGO
        ).id
        for name, kind, technology, capacity in (
            ("Grid", "source", "grid", None), ("Roof", "source", "pv", None), ("Battery", "storage", "battery", 200.0),
            ("Board", "bus", "", None), ("Hall", "sink", "load", None), ("Yard", "sink", "load", None),
            ("Gas main", "source", "gas", None), ("Boiler", "converter", "boiler", None), ("Heating", "sink", "heat", None),
        )
    }  # fmt: skip
    for source, target, two_way, carrier, declared in (
        ("Grid", "Board", True, "electricity", ("interval", works.rhythm_s)),
        ("Roof", "Board", False, "electricity", ("interval", QUARTER)),
        ("Board", "Battery", True, "electricity", ("power", MINUTE)),
        ("Board", "Hall", False, "electricity", ("counter", MINUTE)),
        ("Board", "Yard", False, "electricity", None),
        ("Gas main", "Boiler", False, "gas", ("interval", HOUR)),
        ("Boiler", "Heating", False, "heat", ("counter", QUARTER)),
    ):
        edge = graph.create_edge(
            SYSTEM, works.id, from_node_id=nodes[source], to_node_id=nodes[target], two_way=two_way, carrier=carrier,
            valid_from=LONG_AGO,
        ).id  # fmt: skip
        if declared:
            name = target if source in ("Board", "Boiler") else source
            works.ids[name] = meters.create_meter(SYSTEM, works.id, name=name, edge_id=edge).id
            declarations.declare_energy(SYSTEM, works.ids[name], method=declared[0], interval_s=declared[1], valid_from=LONG_AGO)


def _measured(works: Works) -> None:
    """Rows up to `now`: a random course, so that no two stretches have the same."""
    random = np.random.default_rng(works.rhythm_s)
    start_s = round((works.midnight - timedelta(days=DAYS)).timestamp()) // HOUR * HOUR
    now_s = works.now.timestamp()

    def moments(every_s: int) -> Floats:
        return np.arange(start_s, now_s, every_s)

    def hours(at: Floats) -> Floats:
        return (at - works.midnight.timestamp()) / HOUR % 24

    def intervals(name: str, quantity: str, every_s: int, kwh: Callable[[Floats], Floats]) -> None:
        at = moments(every_s)
        at = at[at + every_s <= now_s]
        works.frames.append(_intervals(works.ids[name], quantity, every_s, at, kwh(at)))

    def sun(at: Floats) -> Floats:
        return np.clip(np.sin((hours(at) - 6) / 12 * np.pi), 0, None) * random.uniform(60, 90, len(at))

    share = works.rhythm_s / HOUR
    intervals("Grid", "energy_kwh", works.rhythm_s, lambda at: random.uniform(50, 80, len(at)) * share)
    intervals("Grid", "energy_export_kwh", works.rhythm_s, lambda at: random.uniform(0, 6, len(at)) * share * (hours(at) > 9))
    intervals("Roof", "energy_kwh", QUARTER, lambda at: sun(at) / 4)
    intervals("Gas main", "energy_kwh", HOUR, lambda at: random.uniform(20, 30, len(at)))

    minutes = moments(MINUTE)
    power = 8 * np.sin(minutes / 2500) + random.uniform(-1, 1, len(minutes))
    works.frames.append(_samples(works.ids["Battery"], "power_kw", minutes, power))
    works.frames.append(_samples(works.ids["Battery"], "soc_pct", minutes, 50 + 30 * np.sin(minutes / 9000)))
    stood = np.cumsum(random.uniform(0.1, 0.3, len(minutes))) + 4000
    silent = (minutes >= works.at(2).timestamp() + 30) & (minutes < works.at(8).timestamp())
    came_late = (minutes >= works.at(9, day=1).timestamp()) & (minutes < works.at(15, day=1).timestamp())
    hall = works.ids["Hall"]
    works.frames.append(_samples(hall, "energy_total_kwh", minutes[~silent & ~came_late], stood[~silent & ~came_late]))
    works.late.append(_samples(hall, "energy_total_kwh", minutes[came_late], stood[came_late]))
    spans = [
        (hall, int(at) * 1_000_000, int(at + QUARTER) * 1_000_000) for at in np.unique(minutes[came_late] // QUARTER * QUARTER)
    ]
    works.late.append(("late", bulk.late(spans)))
    quarters = moments(QUARTER)
    heat = np.cumsum(random.uniform(4, 6, len(quarters)))
    works.frames.append(_samples(works.ids["Heating"], "energy_total_kwh", quarters, heat))


def _priced(works: Works, quantity: str, every_s: int, *, but: tuple[datetime, datetime] | None = None) -> None:
    """A region's series, of which some hours may be missing."""
    start_s = round((works.midnight - timedelta(days=DAYS)).timestamp()) // HOUR * HOUR
    at = np.arange(start_s, works.now.timestamp(), every_s)
    if but:
        at = at[(at < but[0].timestamp()) | (at >= but[1].timestamp())]
    price = np.random.default_rng(every_s).uniform(0.05, 0.6, len(at)) * (1000 if quantity.startswith("co2") else 1)
    works.frames.append(_intervals(works.region, quantity, every_s, at, price))


def _tariff(works: Works, buy: float, sell: float, since: datetime = LONG_AGO, *, region_first: bool = True) -> None:
    tariffs.create_tariff(
        SYSTEM, works.id, name=f"Tariff since {since:%Y-%m-%d %H:%M}", import_price_per_kwh=buy, export_price_per_kwh=sell,
        co2_g_per_kwh=300, valid_from=since, region_first=region_first,
    )  # fmt: skip


def _intervals(series: str, quantity: str, every_s: int, at: Floats, values: Floats) -> tuple[str, object]:
    ids, names = (np.full(len(at), text, object) for text in (series, quantity))
    return "intervals", bulk.intervals((at * 1e6).astype(np.int64), ids, names, values, "test", interval_s=every_s)


def _samples(series: str, quantity: str, at: Floats, values: Floats) -> tuple[str, object]:
    ids, names = (np.full(len(at), text, object) for text in (series, quantity))
    return "telemetry", bulk.telemetry((at * 1e6).astype(np.int64), ids, names, values, "test")


def _hourly_prices(works: Works) -> None:
    """Of three hours nobody knows the price but by the tariff."""
    _priced(works, "price_per_kwh", HOUR, but=(works.at(6), works.at(9)))
    _priced(works, "co2_g_per_kwh", HOUR)
    _tariff(works, 0.31, 0.07)


def _two_tariffs(works: Works) -> None:
    """Another one from six in the morning on."""
    _tariff(works, 0.1, 0.04)
    _tariff(works, 0.3, 0.09, works.at(6), region_first=False)


def _quarterly_prices(works: Works) -> None:
    """What is sold has hourly ones."""
    _priced(works, "price_per_kwh", QUARTER)
    _priced(works, "export_price_per_kwh", HOUR)
    _tariff(works, 0.2, 0.02)


def _half_hourly_prices(works: Works) -> None:
    _priced(works, "price_per_kwh", 1800)
    _priced(works, "co2_g_per_kwh", 1800)
    _tariff(works, 0.2, 0.02)


# A day of 25 hours, one of 23, one of 24.5, and a zone whose hours begin at a quarter to. In a browser elsewhere the numbers come
# from the same answers: each is looked at from one place, two of them from where the clocks change as well.
WORKS = [
    ("America/New_York", "2025-11-02T17:50:20", QUARTER, _hourly_prices, LOS_ANGELES),
    ("America/New_York", "2026-03-08T16:35:20", QUARTER, _two_tariffs, LOS_ANGELES),
    ("Australia/Lord_Howe", "2026-04-05T15:50:20", 1800, _quarterly_prices, KATHMANDU),
    ("Asia/Kathmandu", "2026-06-10T14:05:20", HOUR, _half_hourly_prices, LOS_ANGELES),
]


@pytest.fixture(scope="module", params=WORKS, ids=lambda each: f"{each[0]} {each[1][:10]}")
def served_works(
    request: pytest.FixtureRequest, questdb_server: QuestDBServer, tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[tuple[Served, Works, str]]:
    """One of them, an operator who sees it, at its moment, and where they are."""
    zone, now, rhythm_s, price, place = request.param
    works = Works(zone, datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone)), rhythm_s)
    home = tmp_path_factory.mktemp("works")
    settings = questdb_server.settings.model_copy(update={"home": home, "database_url": f"sqlite:///{home}/records.sqlite3"})
    with held(works.now):
        _stored(settings, works, price)
        with served.serving(settings, chromium) as running:
            yield running, works, place
    engine.configure()


def _stored(settings: Settings, works: Works, price: Callable[[Works], None]) -> None:
    fresh(settings.records_url)  # first: whoever still runs of the one before asks for the records of the settings in force
    with_empty_tables(settings)
    owner = organisations.create_organisation(SYSTEM, name="Utility", kind="distributor").id
    for email, role in (("admin@example.org", "admin"), (OPERATOR, "operator")):
        users.create_user(SYSTEM, email=email, name=email, password=PASSWORD, organisation_id=owner, role=role)
    _recorded(works, owner)
    _measured(works)
    price(works)
    for part in (works.frames, works.late):  # what came late does when the rest has been rolled up
        with bulk.writer(settings) as sender:
            for table, frame in part:
                bulk.write(SYSTEM, sender, table, frame)
        assert rollup.await_applied(("intervals", "telemetry", "late"), PATIENT_S)
        rollup.catch_up(SYSTEM, None, late_s=120)
    checkpoint.forget()


def test_the_overview_on_an_odd_day(served_works: tuple[Served, Works, str]) -> None:
    running, works, place = served_works
    of = running.stored(NAME, works.now)
    site = Balance(of, [of.named("Roof")], [of.named("Hall")], of.named("Grid"), [of.named("Battery")], rest=True)
    with running.opened(OPERATOR, works.now, place) as page:
        served.overview(page, works.id)
        screen.tiles_agree(page, site)
        screen.flow_now_agrees(page, site)
        screen.flow_agrees(page, site, "today", works.midnight.timestamp())
        screen.flow_agrees(page, site, "24h", works.now.timestamp() - 24 * HOUR)
        screen.show_all_lines(page)
        for period in ("48h", "7d"):
            screen.chart_agrees(page, site, period)
