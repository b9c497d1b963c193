"""What energy costs, computed a second time: minute by minute, with plain pandas, from the rows that were stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from questdb import Sender

from config.settings import Settings
from dashboard.live.tiles import price_note
from insight import site_view, today
from insight.site_cost import site_cost
from models.tariffs import Hours
from store.records.people import organisations
from store.records.plant import dated_graph, declarations, graph, meter_life, meters, regions, sites, tariffs
from store.scope import SYSTEM, Scope
from store.series import bulk, checkpoint, rollup
from store.series import cost as costs
from store.series.cost import cost_by
from tests.conftest import PATIENT_S, QuestDBServer, thorough
from tests.records import fresh

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
MINUTE = pd.Timedelta(minutes=1)
Rows = list[tuple[datetime, int, float]]  # start, seconds, value


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def every(start: str, end: str, seconds: int, value: Callable[[int], float]) -> Rows:
    first, count = at(start), round((at(end) - at(start)).total_seconds() / seconds)
    return [(first + timedelta(seconds=seconds * n), seconds, value(n)) for n in range(count)]


@dataclass
class Works:
    """A site with one two-way grid meter in a zone, its region's series, and every row that was stored."""

    sender: Sender
    zone: str
    rows: dict[str, Rows] = field(default_factory=dict)

    def __post_init__(self) -> None:
        owner = organisations.create_organisation(SYSTEM, name="Utility", kind="distributor")
        self.region = regions.create_region(SYSTEM, name="Market").id
        self.site = sites.create_site(
            SYSTEM, name="Works", kind="plant", organisation_id=owner.id, time_zone=self.zone, currency="USD",
            latitude=0, longitude=0, region_id=self.region,
        ).id  # fmt: skip
        ends = [
            graph.create_node(SYSTEM, self.site, name=kind, kind=kind, technology=what, valid_from=LONG_AGO).id
            for kind, what in (("source", "grid"), ("bus", ""))
        ]
        self.edge = graph.create_edge(
            SYSTEM, self.site, from_node_id=ends[0], to_node_id=ends[1], two_way=True, valid_from=LONG_AGO
        ).id
        self.meter = meters.create_meter(SYSTEM, self.site, name="Grid", edge_id=self.edge).id

    def store(self, quantity: str, rows: Rows) -> None:
        series = self.meter if quantity.startswith("energy") else self.region
        if series == self.meter and not declarations.energy_declarations(SYSTEM, [series])[series]:
            declarations.declare_energy(SYSTEM, series, method="interval", interval_s=rows[0][1], valid_from=LONG_AGO)
        self.rows.setdefault(quantity, []).extend(rows)
        for seconds in {each[1] for each in rows}:
            same = [each for each in rows if each[1] == seconds]
            moments = np.array([round(each[0].timestamp() * 1e6) for each in same], np.int64)
            texts = [np.full(len(same), text, object) for text in (series, quantity)]
            values = np.array([each[2] for each in same], float)
            frame = bulk.intervals(moments, *texts, values, "test", interval_s=seconds)
            bulk.write(SYSTEM, self.sender, "intervals", frame)
        assert rollup.await_applied(["intervals"], PATIENT_S)

    def tariff(self, since: str, buy: float, sell: float, *, until: str | None = None, hours: tuple[Hours, ...] = ()) -> None:
        tariffs.create_tariff(
            SYSTEM, self.site, name=f"since {since}", import_price_per_kwh=buy, export_price_per_kwh=sell, region_first=False,
            valid_from=at(since), valid_to=at(until) if until else None, hours=hours,
        )  # fmt: skip

    def minutes(self, quantity: str, start: str, end: str, *, adds_up: bool) -> "pd.Series[float]":
        """What was stored, laid on minutes: energies divided evenly, prices as they are; 0 or nothing where there is no row."""
        index = pd.date_range(at(start), at(end), freq="1min", inclusive="left")
        laid, rows = np.full(len(index), 0.0 if adds_up else np.nan), self.rows.get(quantity, [])
        firsts = index.searchsorted(pd.DatetimeIndex([begin for begin, _, _ in rows], tz="UTC"))
        lasts = index.searchsorted(pd.DatetimeIndex([begin + timedelta(seconds=each) for begin, each, _ in rows], tz="UTC"))
        for first, last, (_, seconds, value) in zip(firsts, lasts, rows, strict=True):
            laid[first:last] = laid[first:last] + value * 60 / seconds if adds_up else value
        return pd.Series(laid, index)


@pytest.fixture(scope="module")
def sender(questdb_server: QuestDBServer) -> Iterator[Sender]:
    with bulk.writer(questdb_server.settings) as made:
        yield made


@pytest.fixture
def works(questdb_tables: Settings, sender: Sender) -> Callable[[str], Works]:
    fresh(questdb_tables.records_url)
    return lambda zone: Works(sender, zone)


def cost(scope: Scope, meter: str, start: datetime, end: datetime) -> "pd.Series[float]":
    return costs.cost(scope, [meter], start, end).loc[meter]


def paid(works: Works, start: str, end: str, buying: "pd.Series[float]", selling: "pd.Series[float]") -> "pd.Series[float]":
    bought = works.minutes("energy_kwh", start, end, adds_up=True)
    sold = works.minutes("energy_export_kwh", start, end, adds_up=True)
    return (bought * buying).fillna(0) - (sold * selling).fillna(0)


def local_prices(index: pd.DatetimeIndex, zone: str, price: Callable[[pd.Timestamp], float]) -> "pd.Series[float]":
    return pd.Series([price(moment) for moment in index.tz_convert(zone)], index)


# A local day of each: usual, with a change of an hour or half an hour, and one at 15 or 45 minutes past.
DAYS = [
    ("America/New_York", "2026-11-01", 25),
    ("Australia/Lord_Howe", "2026-04-05", 24.5),
    ("Asia/Kathmandu", "2026-10-30", 24),
    *thorough(
        ("America/New_York", "2026-10-30", 24),
        ("America/New_York", "2026-03-08", 23),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("America/Havana", "2026-11-01", 25),
    ),
]


def day(zone: str, date: str) -> tuple[str, str]:
    first = datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone))
    return first.isoformat(), (first + timedelta(days=1)).isoformat()


@pytest.mark.parametrize(("zone", "date", "hours"), DAYS)
@pytest.mark.parametrize("interval_s", [900, 1800, 3600])
def test_the_hours_of_a_tariff_are_those_of_the_sites_clocks(
    works: Callable[[str], Works], zone: str, date: str, hours: float, interval_s: int
) -> None:
    made = works(zone)
    start, end = day(zone, date)
    assert (at(end) - at(start)) / timedelta(hours=1) == hours
    # from whole hours in UTC: rows reach across the local midnights of some of these zones
    first, last = (
        f"{pd.Timestamp(each).tz_convert('UTC').floor('h') + pd.Timedelta(hours=n)}" for n, each in ((-1, start), (2, end))
    )
    made.store("energy_kwh", every(first, last, interval_s, lambda n: 1 + n % 7))
    made.store("energy_export_kwh", every(first, last, interval_s, lambda n: n % 3))
    made.tariff(
        "2020-01-01T00:00:00Z", 0.2, 0.05,
        hours=(
            Hours("weekday", 7 * 60, 22 * 60, 0.4, 0.08),
            Hours("weekend", 9 * 60 + 15, 13 * 60 + 45, 0.1, 0.01),
            Hours("every", 22 * 60 + 30, 3 * 60, 0.15, 0.02),
        ),
    )  # fmt: skip

    def priced(moment: pd.Timestamp) -> tuple[float, float]:
        clock = moment.hour * 60 + moment.minute
        if clock >= 22 * 60 + 30 or clock < 3 * 60:
            return 0.15, 0.02
        if moment.day_name() in ("Saturday", "Sunday"):
            return (0.1, 0.01) if 9 * 60 + 15 <= clock < 13 * 60 + 45 else (0.2, 0.05)
        return (0.4, 0.08) if 7 * 60 <= clock < 22 * 60 else (0.2, 0.05)

    index = pd.date_range(at(start), at(end), freq="1min", inclusive="left")
    buying, selling = (local_prices(index, zone, lambda moment, side=side: priced(moment)[side]) for side in (0, 1))
    expected = paid(made, start, end, buying, selling)
    found = cost_by(SYSTEM, made.meter, at(start), at(end), "day")
    assert found["cost"].tolist() == pytest.approx([expected.sum()], abs=1e-9)
    by_hour = cost_by(SYSTEM, made.meter, at(start), at(end), "hour")
    assert by_hour["cost"].sum() == pytest.approx(expected.sum(), abs=1e-9)
    assert (found["priced"] == 1).all()


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", *thorough("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")])
@pytest.mark.parametrize("price_s", [300, 900, 1800, 3600])
def test_a_price_holds_in_its_own_interval(works: Callable[[str], Works], zone: str, price_s: int) -> None:
    made = works(zone)
    start, end = day(zone, "2026-06-10")
    made.store("energy_kwh", every("2026-06-09T00:00:00Z", "2026-06-12T00:00:00Z", 900, lambda n: n % 5))
    made.store("energy_export_kwh", every("2026-06-09T00:00:00Z", "2026-06-12T00:00:00Z", 900, lambda n: n % 2))
    made.store("price_per_kwh", every("2026-06-09T00:00:00Z", "2026-06-12T00:00:00Z", price_s, lambda n: 0.1 + (n * 7 % 11) / 10))
    made.store(
        "export_price_per_kwh", every("2026-06-09T00:00:00Z", "2026-06-12T00:00:00Z", 3600, lambda n: 0.05 + (n % 4) / 100)
    )
    buying, selling = (made.minutes(name, start, end, adds_up=False) for name in ("price_per_kwh", "export_price_per_kwh"))
    expected = paid(made, start, end, buying, selling).sum()
    assert cost(SYSTEM, made.meter, at(start), at(end))["cost"] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("zone", "price_s", "prices", "energy_s", "kwh", "expected"),
    [
        ("Europe/Berlin", 900, [0.10, 0.10, 0.10, 0.50], 900, [0.0, 0.0, 0.0, 4.0], 2.00),
        ("Asia/Kolkata", 3600, [0.10, 0.50], 1800, [0.0, 1.0, 1.0, 0.0], 0.60),
        ("Asia/Kathmandu", 900, [0.40, -0.10, 0.10, 0.10], 900, [1.0, 2.0, 0.0, 3.0], 0.50),
    ],
)
def test_the_dear_part_of_an_hour_costs_what_it_costs_on_the_tile_too(
    works: Callable[[str], Works],
    zone: str,
    price_s: int,
    prices: list[float],
    energy_s: int,
    kwh: list[float],
    expected: float,
) -> None:
    made, noon = works(zone), "2026-06-10T12:00:00Z"
    start, end = day(zone, "2026-06-10")
    for quantity, seconds, values in (("energy_kwh", energy_s, kwh), ("price_per_kwh", price_s, prices)):
        until = (at(noon) + timedelta(seconds=seconds * len(values))).isoformat()
        made.store(quantity, every(noon, until, seconds, values.__getitem__))
    for step in ("quarter", "hour", "day"):
        assert cost_by(SYSTEM, made.meter, at(start), at(end), step)["cost"].sum() == pytest.approx(expected), step
    evening = at("2026-06-10T17:00:00Z")
    told = today.read(SYSTEM, site_view.read(SYSTEM, made.site, evening), evening)
    assert (told.cost, told.imported_kwh) == (pytest.approx(expected), pytest.approx(sum(kwh)))


def test_a_tariff_that_changes_in_the_day_prices_each_of_its_parts(works: Callable[[str], Works]) -> None:
    made = works("America/New_York")
    start, end = day("America/New_York", "2026-11-01")
    made.store("energy_kwh", every(start, end, 3600, lambda n: 2.0))
    made.tariff("2026-01-01T00:00:00-05:00", 0.1, 0.0)
    made.tariff("2026-11-01T06:30:00-05:00", 0.3, 0.0, until="2026-11-01T20:00:00-05:00")
    index = pd.date_range(at(start), at(end), freq="1min", inclusive="left")
    buying = pd.Series(0.1, index)
    buying[index >= at("2026-11-01T06:30:00-05:00")] = 0.3
    buying[index >= at("2026-11-01T20:00:00-05:00")] = np.nan
    found = cost(SYSTEM, made.meter, at(start), at(end))
    assert found["cost"] == pytest.approx(paid(made, start, end, buying, buying).sum())
    assert found["priced"] == pytest.approx(21 / 25)  # four of 25 hours have no tariff


def test_a_missing_price_is_not_made_up_but_said(works: Callable[[str], Works]) -> None:
    made = works("Europe/Berlin")
    start, end = day("Europe/Berlin", "2026-06-10")
    made.store("energy_kwh", every(start, end, 900, lambda n: 1.0))
    made.store("energy_export_kwh", every(start, end, 900, lambda n: 0.5))
    made.store(
        "price_per_kwh", [row for row in every(start, end, 1800, lambda n: 0.1 * (1 + n % 3)) if not 8 <= row[0].hour < 10]
    )
    buying = made.minutes("price_per_kwh", start, end, adds_up=False)
    found = cost(SYSTEM, made.meter, at(start), at(end))
    assert found["cost"] == pytest.approx(paid(made, start, end, buying, buying * np.nan).sum())
    assert found["priced"] == pytest.approx(88 / (96 + 48))  # 22 hours of what was bought, nothing of what was sold
    assert np.isnan(cost(SYSTEM, made.meter, at("2026-06-10T08:00:00Z"), at("2026-06-10T10:00:00Z"))["cost"])


def test_a_tariff_behind_the_regions_price_holds_where_that_has_none(works: Callable[[str], Works]) -> None:
    made = works("Europe/Berlin")
    start, end = day("Europe/Berlin", "2026-06-10")
    made.store("energy_kwh", every(start, end, 900, lambda n: 1.0))
    made.store("energy_export_kwh", every(start, end, 900, lambda n: 0.5))
    made.store("price_per_kwh", every(start, "2026-06-10T12:00:00+02:00", 3600, lambda n: 0.01 * n))
    tariffs.create_tariff(
        SYSTEM, made.site, name="Behind", import_price_per_kwh=0.3, export_price_per_kwh=0.07, valid_from=LONG_AGO
    )
    buying = made.minutes("price_per_kwh", start, end, adds_up=False).fillna(0.3)
    found = cost(SYSTEM, made.meter, at(start), at(end))
    assert found["cost"] == pytest.approx(paid(made, start, end, buying, pd.Series(0.07, buying.index)).sum())
    tariffs.change_tariff(SYSTEM, tariffs.tariffs(SYSTEM, made.site)[0].id, tariffs.Terms("First", 0.3, 0.07, region_first=False))
    assert cost(SYSTEM, made.meter, at(start), at(end))["cost"] == pytest.approx(96 * 0.3 - 48 * 0.07)


def counted(made: Works, readings: dict[str, float], *, gap: tuple[str, str] | None = None) -> None:
    """A counter that is read every minute, as it stood at these times and evenly in between, but for a gap."""
    declarations.declare_energy(SYSTEM, made.meter, method="counter", interval_s=60, valid_from=LONG_AGO)
    known = pd.Series({pd.Timestamp(at(moment)): value for moment, value in readings.items()})
    every_minute = known.resample("1min").asfreq().interpolate()
    if gap:
        every_minute = every_minute[(every_minute.index <= at(gap[0])) | (every_minute.index >= at(gap[1]))]
    moments = every_minute.index.as_unit("us").asi8
    texts = [np.full(len(moments), text, object) for text in (made.meter, "energy_total_kwh")]
    bulk.write(SYSTEM, made.sender, "telemetry", bulk.telemetry(moments, *texts, every_minute.to_numpy(float), "test"))
    assert rollup.await_applied(["telemetry"], PATIENT_S)


@pytest.fixture
def yesterday() -> str:
    return f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}"


def test_what_a_silent_counter_counted_costs_what_it_costs_today_too(works: Callable[[str], Works], yesterday: str) -> None:
    made = works("UTC")
    made.tariff("2020-01-01T00:00:00Z", 0.1, 0.0)
    counted(
        made, {f"{yesterday}T00:00Z": 100.0, f"{yesterday}T23:30Z": 147.0}, gap=(f"{yesterday}T02:00Z", f"{yesterday}T08:00Z")
    )
    rollup.catch_up(SYSTEM, datetime.now(UTC))
    checkpoint.forget()
    found = today.read(SYSTEM, site_view.read(SYSTEM, made.site, at(f"{yesterday}T12:00Z")), at(f"{yesterday}T23:30Z"))
    assert found.imported_kwh == pytest.approx(47)
    assert found.cost == pytest.approx(4.7)


def test_the_tile_has_the_tariff_of_each_moment(works: Callable[[str], Works], yesterday: str) -> None:
    made = works("UTC")
    made.tariff("2020-01-01T00:00:00Z", 0.1, 0.0)
    made.tariff(f"{yesterday}T06:00:00Z", 0.3, 0.0)
    made.store("energy_kwh", every(f"{yesterday}T00:00Z", f"{yesterday}T12:00Z", 900, lambda n: 0.5))
    found = today.read(SYSTEM, site_view.read(SYSTEM, made.site, at(f"{yesterday}T12:00Z")), at(f"{yesterday}T12:00Z"))
    assert found.cost == pytest.approx(12 * 0.1 + 12 * 0.3)
    assert price_note(found.price, found.priced) == "by 2 tariffs"
    assert found.cost == pytest.approx(cost(SYSTEM, made.meter, at(f"{yesterday}T00:00Z"), at(f"{yesterday}T12:00Z"))["cost"])


def test_the_tile_says_how_much_of_the_energy_has_a_price(works: Callable[[str], Works], yesterday: str) -> None:
    made = works("Asia/Kathmandu")
    start, end = f"{yesterday}T00:00+05:45", f"{yesterday}T12:00+05:45"
    made.store("energy_kwh", every(start, end, 900, lambda n: 0.5))
    nothing = today.read(SYSTEM, site_view.read(SYSTEM, made.site, at(end)), at(end))
    assert (nothing.cost, price_note(nothing.price, nothing.priced)) == (None, "no price known")
    made.store("price_per_kwh", every(f"{yesterday}T00:00Z", f"{yesterday}T06:00Z", 3600, lambda n: 0.1 * (n + 1)))
    found = today.read(SYSTEM, site_view.read(SYSTEM, made.site, at(end)), at(end))
    # from 05:45 local, hour by hour in UTC, up to noon at 06:15Z
    assert found.cost == pytest.approx(2 * sum(0.1 * (n + 1) for n in range(6)))
    assert price_note(found.price, found.priced) == "by the region's price; 50 % priced"


@pytest.mark.parametrize(("zone", "date", "hours"), DAYS)
def test_a_site_pays_for_what_crosses_its_grid_connection_by_every_step(
    works: Callable[[str], Works], zone: str, date: str, hours: float
) -> None:
    made = works(zone)
    start, end = day(zone, date)
    around = [pd.Timestamp(each).tz_convert("UTC").floor("h") for each in (start, end)]
    first, last = (f"{each + pd.Timedelta(hours=n)}" for n, each in zip((-1, 2), around, strict=True))
    made.store("energy_kwh", every(first, last, 900, lambda n: 1 + n % 7))
    made.store("energy_export_kwh", every(first, last, 900, lambda n: n % 3))
    made.tariff("2020-01-01T00:00:00Z", 0.2, 0.05, hours=(Hours("every", 22 * 60 + 30, 3 * 60, 0.15, 0.02),))

    def night(moment: pd.Timestamp) -> bool:
        return not 3 * 60 <= moment.hour * 60 + moment.minute < 22 * 60 + 30

    index = pd.date_range(at(start), at(end), freq="1min", inclusive="left")
    buying = local_prices(index, zone, lambda moment: 0.15 if night(moment) else 0.2)
    selling = local_prices(index, zone, lambda moment: 0.02 if night(moment) else 0.05)
    expected = paid(made, start, end, buying, selling).sum()
    for step in ("quarter", "half_hour", "hour", "day"):
        found = site_cost(SYSTEM, made.site, at(start), at(end), step)
        assert found["cost"].sum() == pytest.approx(expected, abs=1e-9), step
        assert found["bought_kwh"].sum() == pytest.approx(made.minutes("energy_kwh", start, end, adds_up=True).sum())
        assert found["sold_kwh"].sum() == pytest.approx(made.minutes("energy_export_kwh", start, end, adds_up=True).sum())
        assert (found["priced"] == 1).all()
        pd.testing.assert_frame_equal(found, cost_by(SYSTEM, made.meter, at(start), at(end), step))


def test_a_site_whose_grid_meter_was_replaced_pays_for_both(works: Callable[[str], Works]) -> None:
    made = works("Europe/Berlin")
    start, end = day("Europe/Berlin", "2026-10-25")
    changed = at("2026-10-25T06:20:00+01:00")
    made.store("energy_kwh", every(start, "2026-10-25T06:00:00+01:00", 900, lambda n: 1.0))
    made.tariff("2020-01-01T00:00:00Z", 0.2, 0.05)
    meter_life.retire_meter(SYSTEM, made.meter, changed)
    made.meter = meters.create_meter(SYSTEM, made.site, name="New", edge_id=made.edge).id
    made.store("energy_kwh", every("2026-10-25T07:00:00+01:00", end, 900, lambda n: 2.0))
    bought = made.minutes("energy_kwh", start, end, adds_up=True).sum()
    for step in ("hour", "day"):
        found = site_cost(SYSTEM, made.site, at(start), at(end), step)
        assert (found["bought_kwh"].sum(), found["cost"].sum()) == (pytest.approx(bought), pytest.approx(0.2 * bought)), step


def test_what_an_array_earned_stays_earned_when_it_is_gone(works: Callable[[str], Works]) -> None:
    """Its edge has ended, its meter was replaced, or only that meter is seen: it gave what it measured all the same."""
    made = works("Europe/Berlin")
    start, end = day("Europe/Berlin", "2026-06-10")
    roof = graph.create_node(SYSTEM, made.site, name="Roof", kind="source", technology="pv", valid_from=LONG_AGO).id
    bus = next(node.id for node in dated_graph.site_graph(SYSTEM, made.site).nodes if node.kind == "bus")
    edge = graph.create_edge(SYSTEM, made.site, from_node_id=roof, to_node_id=bus, valid_from=LONG_AGO).id
    made.meter = meters.create_meter(SYSTEM, made.site, name="Roof", edge_id=edge).id
    made.store("energy_kwh", every(start, end, 3600, lambda n: 1.0))
    made.tariff("2020-01-01T00:00:00Z", 0.3, 0.1)
    seeing = Scope(user_id="usr_x", part_site_ids=frozenset({made.site}), meter_ids=frozenset({made.meter}))
    ended = [lambda: None, lambda: graph.end_edge(SYSTEM, edge), lambda: meter_life.retire_meter(SYSTEM, made.meter)]
    for act in ended:
        act()
        for scope in (SYSTEM, seeing):
            found = cost(scope, made.meter, at(start), at(end))
            assert (found["bought_kwh"], found["sold_kwh"]) == (0, pytest.approx(24))
            assert found["cost"] == pytest.approx(-2.4)
