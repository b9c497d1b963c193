"""What a site emits is what each quarter of an hour emitted by the factors of its own local day, found a second way."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from insight import restated
from insight.emissions import Emissions, site_emissions
from insight.energy_days import energy_days
from insight.shared import shared
from models import local_time
from models.emissions import CERTIFICATE, PRODUCTION, RESIDUAL, Factor
from store.errors import NotFound
from store.records.plant import emission_factors, graph, meters, regions, sites, tariffs
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
FIRST, LAST = date(2026, 3, 27), date(2026, 3, 30)  # the clocks are set forward on the 29th
NOW = datetime(2026, 4, 2, 9, tzinfo=UTC)
QUARTER_S = 900
GRID_G = {27: 400.0, 28: 400.0, 29: 300.0, 30: 300.0}  # by the tariffs
CERTIFICATES = {27: [], 28: [(0.6, 10.0)], 29: [(0.6, 10.0), (0.2, 0.0)], 30: [(0.2, 0.0)]}  # share and factor
RESIDUAL_G = {30: 650.0}
ENGINE_G = {29: 560.0, 30: 590.0}


class Works:
    """A site that buys and sells, with photovoltaics and an engine, over four days."""

    def __init__(self, site: Site) -> None:
        self.site, random = site, np.random.default_rng(11)
        start, end = local_time.days(FIRST, LAST, ZoneInfo(ZONE))
        count = round((end - start).total_seconds() / QUARTER_S)
        assert count == 4 * 96 - 4
        self.start, self.end = start, end
        self.moments = second_path.every(start, QUARTER_S, count)
        self.local = pd.DatetimeIndex(self.moments).tz_convert(ZONE)
        self.days = np.asarray(self.local.day)
        hour = np.asarray(self.local.hour)
        self.pv = np.where((hour > 7) & (hour < 17), random.uniform(1, 4, count), 0.0)
        self.engine = random.uniform(0, 1, count)
        net = random.uniform(0.5, 2.5, count) - self.pv - self.engine
        self.bought, self.sold = np.maximum(net, 0), np.maximum(-net, 0)
        self.nodes = {}
        rows = {"Grid": ("grid", self.bought, self.sold), "Roof": ("pv", self.pv, None), "Engine": ("genset", self.engine, None)}
        with site.at_once():
            for name, (technology, there, back) in rows.items():
                node = graph.create_node(SYSTEM, site.id, name=name, kind="source", technology=technology, valid_from=LONG_AGO).id
                edge = graph.create_edge(
                    SYSTEM, site.id, from_node_id=node, to_node_id=site.bus, two_way=back is not None, valid_from=LONG_AGO
                )
                meter = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
                site.declare(meter, "interval", QUARTER_S, since=LONG_AGO)
                self.nodes[name] = node
                for quantity, values in (("energy_kwh", there), ("energy_export_kwh", back)):
                    if values is not None:
                        site.intervals(meter, quantity, QUARTER_S, self.moments, values)
        home = graph.create_node(SYSTEM, site.id, name="Hall", kind="sink", valid_from=LONG_AGO)
        graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=home.id, valid_from=LONG_AGO)

    def tariff(self, grams: float | None, since: datetime = LONG_AGO, *, region_first: bool = False) -> None:
        tariffs.create_tariff(
            SYSTEM, self.site.id, name=f"{grams} g", import_price_per_kwh=0.3, export_price_per_kwh=0.1,
            co2_g_per_kwh=grams, valid_from=since, region_first=region_first,
        )  # fmt: skip

    def state(self, kind: str, grams: float, first: int, last: int | None = None, share: float | None = None) -> None:
        until = date(2026, 3, last) if last else None
        node = self.nodes["Engine"] if kind == PRODUCTION else None
        said = Factor(kind, f"{kind} {grams}", date(2026, 3, first), until, grams, share, node)
        emission_factors.add_factor(SYSTEM, self.site.id, said)

    def told(self, step: str = "day") -> Emissions:
        shared.clear()
        return site_emissions(SYSTEM, self.site.id, self.start, self.end, step)

    def by_day(self, values: np.ndarray) -> list[float]:
        edges = [*second_path.local_starts(self.start, self.end, "day", ZONE), self.end]
        return second_path.in_stretches(second_path.rows(self.moments, QUARTER_S, values), edges)


@pytest.fixture
def works(site_in: MakeSite, monkeypatch: pytest.MonkeyPatch) -> Works:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return Works(site_in(ZONE))


def of_market(day: int, grid: float) -> float:
    """g/kWh of what is bought, written out."""
    certified = sum(share * grams for share, grams in CERTIFICATES[day])
    uncovered = 1 - sum(share for share, _ in CERTIFICATES[day])
    return certified + uncovered * RESIDUAL_G.get(day, grid)


def test_days_emit_what_their_quarters_do_by_the_grid_and_by_certificates_on_a_day_of_23_hours_too(works: Works) -> None:
    works.tariff(400.0)
    works.tariff(300.0, second_path.local_midnight(ZONE, 2026, 3, 29))
    works.state(CERTIFICATE, 10.0, 28, 29, share=0.6)
    works.state(CERTIFICATE, 0.0, 29, share=0.2)
    works.state(RESIDUAL, 650.0, 30)
    works.state(PRODUCTION, 560.0, 29)
    works.state(PRODUCTION, 590.0, 30)
    found = works.told()
    location = np.array([GRID_G[day] for day in works.days])
    market = np.array([of_market(day, GRID_G[day]) for day in works.days])
    engine = np.array([ENGINE_G.get(day, 0.0) for day in works.days])
    assert found.bought_kwh == pytest.approx(works.by_day(works.bought))
    assert found.sold_kwh == pytest.approx(works.by_day(works.sold))
    assert found.location_kg == pytest.approx(works.by_day(works.bought * location / 1000))
    assert found.market_kg == pytest.approx(works.by_day(works.bought * market / 1000))
    assert found.avoided_kg == pytest.approx(works.by_day(works.sold * location / 1000))
    assert found.made_kwh == pytest.approx(works.by_day(works.pv + works.engine))
    assert found.made_kg == pytest.approx(works.by_day(works.engine * engine / 1000))
    stated = np.where(works.days >= 29, works.pv + works.engine, works.pv)
    assert found.made_told == pytest.approx(np.array(works.by_day(stated)) / works.by_day(works.pv + works.engine))
    assert found.coverage == pytest.approx([1.0] * 4)
    # A month is its days, though factors change within it.
    month = works.told("month")
    for name in ("bought_kwh", "location_kg", "market_kg", "made_kwh", "made_kg", "avoided_kg"):
        assert getattr(month, name)[0] == pytest.approx(getattr(found, name).sum()), name
    days = energy_days(SYSTEM, works.site.id, "", FIRST, LAST)
    assert days.co2_kg == pytest.approx(found.location_kg)
    assert days.market_co2_kg == pytest.approx(found.market_kg)


def test_a_region_tells_the_grid_by_the_hour_and_where_it_tells_nothing_only_what_is_certified_is_known(works: Works) -> None:
    region = regions.create_region(SYSTEM, name="Market").id
    site = sites.site(SYSTEM, works.site.id)
    kept = ("name", "kind", "time_zone", "currency", "latitude", "longitude", "nominal_voltage_v", "nominal_frequency_hz")
    said = {name: getattr(site, name) for name in (*kept, "reporting_interval_s")}
    sites.describe_site(SYSTEM, site.id, **said, region_id=region)
    hours = second_path.every(works.start, 3600, len(works.moments) // 4)[: 24 + 12]  # none from noon of the 28th on
    grams = np.random.default_rng(3).uniform(100, 500, len(hours))
    works.site.intervals(region, "co2_g_per_kwh", 3600, hours, grams)
    works.tariff(None, region_first=True)
    works.state(CERTIFICATE, 20.0, 27, 28, share=0.5)
    works.state(CERTIFICATE, 30.0, 29, share=1.0)
    found = works.told()
    location = np.concatenate([np.repeat(grams, 4), np.full(len(works.moments) - 4 * len(grams), np.nan)])
    emitted = np.nan_to_num(works.bought * location / 1000)
    assert found.location_kg == pytest.approx([*works.by_day(emitted)[:2], np.nan, np.nan], nan_ok=True)
    market = np.where(works.days < 29, 0.5 * 20 + 0.5 * location, 30.0)
    assert found.market_kg == pytest.approx(works.by_day(np.nan_to_num(works.bought * market / 1000)))
    assert np.isnan(found.avoided_kg).tolist() == [False, False, True, True]


def test_a_site_with_neither_certificates_nor_residual_mix_is_told_by_the_grid_alone(works: Works) -> None:
    works.tariff(400.0)
    works.state(PRODUCTION, 560.0, 27)
    found = works.told()
    assert np.isnan(found.market_kg).all()
    assert found.location_kg == pytest.approx(works.by_day(works.bought * 0.4))
    assert found.made_told.tolist() == [1.0] * 4


def test_what_somebody_states_counts_at_once_and_nobody_without_the_site_is_told(works: Works) -> None:
    works.tariff(400.0)

    def market() -> float:
        return float(np.nansum(site_emissions(SYSTEM, works.site.id, works.start, works.end, "month").market_kg))

    shared.clear()
    assert market() == 0
    works.state(CERTIFICATE, 0.0, 27, share=0.75)
    assert market() == pytest.approx(works.bought.sum() * 0.25 * 0.4)
    with pytest.raises(NotFound):
        site_emissions(Scope("usr_any"), works.site.id, works.start, works.start + timedelta(days=1), "day")


def test_a_change_of_factors_says_which_months_it_restates_and_writes_nothing(works: Works) -> None:
    works.tariff(400.0)
    works.state(CERTIFICATE, 0.0, 27, share=0.25)
    [kept] = emission_factors.factors(SYSTEM, works.site.id)
    engine = Factor(PRODUCTION, "Gas", date(2026, 3, 29), None, 560.0, node_id=works.nodes["Engine"])
    market, own = restated.by_factors(SYSTEM, works.site.id, [kept._replace(share=0.75), engine]).every
    assert [(each.figure, each.unit, len(each.months)) for each in (market, own)] == [
        ("market_co2", "kg", 1),
        ("made_co2", "kg", 1),
    ]
    assert (market.months[0].before, market.months[0].after) == (
        pytest.approx(works.bought.sum() * 0.4 * 0.75),
        pytest.approx(works.bought.sum() * 0.4 * 0.25),
    )
    assert (own.months[0].before, own.months[0].after) == (0, pytest.approx(works.engine[works.days >= 29].sum() * 0.56))
    assert emission_factors.factors(SYSTEM, works.site.id) == [kept]
    assert not restated.by_factors(SYSTEM, works.site.id, [kept._replace(name="Other name")]).every
