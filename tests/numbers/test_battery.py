"""What a battery did and what it was worth: as its own rows say, quarter by quarter, on a day of 25 hours and beyond a gap."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config.limits import Limit
from insight import battery
from insight.shared import shared
from models import local_time
from models.tariffs import Hours
from store.errors import NotFound
from store.records.plant import graph, limits, meters, tariffs
from store.scope import SYSTEM, Scope
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

ZONE = "Europe/Berlin"
FIRST, LAST = date(2025, 10, 20), date(2025, 10, 27)  # clocks are set back on the 26th
HOLDS_KWH, ONE_WAY = 10.0, 0.95
DEAR, CHEAP, EXPORT = 0.40, 0.15, 0.08  # from 17 to 21 local time, and else; of what is sold


class Home:
    """A home with a roof and a battery: by noon the roof fills it, in the evening the home and the grid empty it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        start, end = local_time.days(FIRST, LAST, ZoneInfo(ZONE))
        self.moments = pd.date_range(start, end, freq="15min", inclusive="left")
        self.local = self.moments.tz_convert(ZONE)
        hour = np.asarray(self.local.hour)
        drawn = np.random.default_rng(3).uniform(0.1, 0.4, len(hour))
        self.pv = np.where((hour >= 9) & (hour < 15), 0.9, 0.0)
        soc, self.charged, self.discharged, stored = [], [], [], 0.1 * HOLDS_KWH
        for at in range(len(hour)):
            into = out = 0.0
            if 2 <= hour[at] < 4 and self.local[at].day % 2:  # every other night a little of the grid's
                into = min(0.25, (0.3 * HOLDS_KWH - stored) / ONE_WAY) if stored < 0.3 * HOLDS_KWH else 0.0
            elif self.pv[at] > 0:
                into = min(self.pv[at] - drawn[at], (0.95 * HOLDS_KWH - stored) / ONE_WAY)
            elif 17 <= hour[at] < 20:
                out = min(1.0, (stored - 0.1 * HOLDS_KWH) * ONE_WAY)
            before, stored = stored, stored + into * ONE_WAY - out / ONE_WAY
            soc.append((before + stored) / 2 / HOLDS_KWH * 100)
            self.charged.append(into)
            self.discharged.append(out)
        self.soc = np.array(soc)
        self.charged, self.discharged = np.array(self.charged), np.array(self.discharged)
        self.net = drawn - self.pv + self.charged - self.discharged
        self.price = np.where((hour >= 17) & (hour < 21), DEAR, CHEAP)
        self.nodes = {
            "grid": graph.create_node(SYSTEM, site.id, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO).id,
            "battery": graph.create_node(
                SYSTEM, site.id, name="Battery", kind="storage", technology="battery", capacity_kwh=HOLDS_KWH, valid_from=LONG_AGO
            ).id,
        }
        self.grid = self._meter(self.nodes["grid"], site.bus)
        self.meter = self._meter(site.bus, self.nodes["battery"])
        tariffs.create_tariff(
            SYSTEM, site.id, name="Evenings are dear", import_price_per_kwh=CHEAP, export_price_per_kwh=EXPORT,
            co2_g_per_kwh=None, valid_from=LONG_AGO, hours=[Hours("every", 17 * 60, 21 * 60, DEAR, EXPORT)],
        )  # fmt: skip

    def _meter(self, source: str, target: str) -> str:
        edge = graph.create_edge(SYSTEM, self.site.id, from_node_id=source, to_node_id=target, two_way=True, valid_from=LONG_AGO)
        meter = meters.create_meter(SYSTEM, self.site.id, name="Meter", edge_id=edge.id).id
        self.site.declare(meter, "interval", 900, since=LONG_AGO)
        return meter

    def write(self, but: slice = slice(0, 0)) -> None:
        """All rows; those of the battery's energies not of the quarters `but`."""
        kept = np.ones(len(self.moments), bool)
        kept[but] = False
        moments = self.moments.to_pydatetime()
        with self.site.at_once():
            for quantity, values in (("energy_kwh", np.maximum(self.net, 0)), ("energy_export_kwh", np.maximum(-self.net, 0))):
                self.site.intervals(self.grid, quantity, 900, moments, values)
            for quantity, values in (("energy_kwh", self.charged), ("energy_export_kwh", self.discharged)):
                self.site.intervals(self.meter, quantity, 900, moments[kept], values[kept])
            self.site.intervals(self.meter, "soc_pct", 900, moments, self.soc)

    def told(self) -> battery.Battery:
        shared.clear()
        return battery.batteries(SYSTEM, self.site.id, FIRST, LAST).battery(self.nodes["battery"])


@pytest.fixture
def home(site_in: MakeSite) -> Home:
    return Home(site_in(ZONE))


def test_throughput_efficiency_and_capacity_are_those_of_the_rows(home: Home) -> None:
    home.write()
    told = home.told()
    assert told.charged_kwh == pytest.approx(home.charged.sum())
    assert told.discharged_kwh == pytest.approx(home.discharged.sum())
    assert told.cycles == pytest.approx((home.charged.sum() + home.discharged.sum()) / 2 / HOLDS_KWH)
    assert told.soc_pct == pytest.approx(home.soc)
    assert told.round_trip.efficiency == pytest.approx(ONE_WAY**2, abs=0.005)
    assert told.held is not None
    assert told.held.kwh == pytest.approx(HOLDS_KWH, rel=0.01)
    assert told.health == pytest.approx(1, rel=0.01)
    assert told.coverage == pytest.approx(1)


def test_what_it_was_worth_is_what_the_site_would_have_paid_without_it_less_what_it_paid(home: Home) -> None:
    home.write()
    told = home.told()
    without = home.net - home.charged + home.discharged

    def paid(net: np.ndarray) -> float:
        return float(sum(kwh * (price if kwh > 0 else EXPORT) for kwh, price in zip(net, home.price, strict=True)))

    assert told.earned == pytest.approx(paid(without) - paid(home.net))
    assert told.bought_kwh == pytest.approx(np.minimum(np.maximum(home.net, 0), home.charged).sum())
    assert told.sold_kwh == pytest.approx(np.minimum(np.maximum(-home.net, 0), home.discharged).sum())
    assert told.bought_kwh > 0 < told.sold_kwh
    assert told.priced == pytest.approx(1)


def test_hours_at_limits_are_counted_by_what_it_reached_or_by_what_the_site_says(home: Home) -> None:
    home.write()
    at = home.told().limits
    assert at is not None
    assert (at.low_pct, at.high_pct) == (pytest.approx(10), pytest.approx(95))
    assert (at.low_h, at.high_h) == ((home.soc <= 11).sum() / 4, (home.soc >= 94).sum() / 4)
    assert at.hours == 8 * 24 + 1
    limits.set_limit(SYSTEM, home.site.id, Limit("soc_pct", 20, 90, None, None, "Warranty"))
    at = home.told().limits
    assert at is not None
    assert at.declared
    assert (at.low_h, at.high_h) == ((home.soc <= 21).sum() / 4, (home.soc >= 89).sum() / 4)


def test_an_outage_of_the_meter_is_no_loss_of_the_battery(home: Home) -> None:
    evening = slice(4 * 96 + 17 * 4, 4 * 96 + 20 * 4)
    home.write(but=evening)
    told = home.told()
    assert told.discharged_kwh == pytest.approx(home.discharged.sum() - home.discharged[evening].sum())
    assert told.round_trip.efficiency == pytest.approx(ONE_WAY**2, abs=0.005)
    assert all(last <= evening.start or first >= evening.stop for first, last in told.round_trip.spans)
    assert told.coverage < 1


def test_several_batteries_are_added_up_and_weighed_by_what_they_hold(home: Home) -> None:
    other = graph.create_node(SYSTEM, home.site.id, name="Second", kind="storage", capacity_kwh=30, valid_from=LONG_AGO)
    meter = home._meter(home.site.bus, other.id)
    home.write()
    moments = home.moments.to_pydatetime()
    with home.site.at_once():
        home.site.intervals(meter, "energy_kwh", 900, moments, [0.1] * len(moments))
        home.site.intervals(meter, "soc_pct", 900, moments, [50.0] * len(moments))
    shared.clear()
    told = battery.batteries(SYSTEM, home.site.id, FIRST, LAST)
    both = told.battery("")
    assert [each.name for each in told.every] == ["Battery", "Second"]
    assert both.charged_kwh == pytest.approx(home.charged.sum() + 0.1 * len(moments))
    assert both.capacity_kwh == HOLDS_KWH + 30
    assert both.soc_pct == pytest.approx((home.soc * HOLDS_KWH + 50 * 30) / (HOLDS_KWH + 30))
    assert both.earned == pytest.approx(sum(each.earned for each in told.every))
    with pytest.raises(NotFound):
        told.battery("nod_other")


def test_nothing_is_told_of_what_a_scope_does_not_see(home: Home) -> None:
    with pytest.raises(NotFound):
        battery.batteries(Scope("usr_any"), home.site.id, FIRST, LAST)
    seen = battery.batteries(
        Scope("usr_any", part_site_ids=frozenset({home.site.id}), meter_ids=frozenset({home.grid})),
        home.site.id, FIRST, FIRST + timedelta(days=1),
    )  # fmt: skip
    assert not seen.every
