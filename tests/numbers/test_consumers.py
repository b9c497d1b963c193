"""Who uses what: shares, change, base load and highest hour are those of the rows themselves, and what nothing tells is said."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from insight import consumers
from insight.shared import shared
from models import local_time
from models.tariff_components import Demand
from models.tariffs import Hours
from store.errors import NotFound
from store.records.plant import graph, meters, tariffs
from store.scope import SYSTEM, Scope
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO

ZONE = "Europe/Berlin"
FIRST, LAST = date(2026, 3, 23), date(2026, 3, 29)  # the clocks are set forward on the last one


def test_uses_are_ranked_with_their_share_and_against_the_days_before(site_in: MakeSite) -> None:
    shared.clear()
    site, random = site_in(ZONE), np.random.default_rng(9)
    start, end = local_time.days(FIRST - timedelta(days=7), LAST, ZoneInfo(ZONE))
    moments = second_path.every(start, 900, round((end - start).total_seconds() / 900))
    nodes, meter = {}, {}
    for name, kind, technology in (("Grid", "source", "grid"), ("Hall", "sink", ""), ("Lab", "sink", ""), ("Cellar", "sink", "")):
        nodes[name] = graph.create_node(SYSTEM, site.id, name=name, kind=kind, technology=technology, valid_from=LONG_AGO).id
        ends = (nodes[name], site.bus) if name == "Grid" else (site.bus, nodes[name])
        edge = graph.create_edge(SYSTEM, site.id, from_node_id=ends[0], to_node_id=ends[1], valid_from=LONG_AGO)
        meter[name] = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
        site.declare(meter[name], "interval", 900, since=LONG_AGO)
    hall, lab = random.uniform(1, 2, len(moments)), random.uniform(4, 6, len(moments))
    changed = np.array([at >= local_time.days(FIRST, FIRST, ZoneInfo(ZONE))[0] for at in moments])
    hall[changed] *= 1.5
    with site.at_once():
        for name, kwh in (("Grid", hall + lab + 0.5), ("Hall", hall), ("Lab", lab)):
            site.intervals(meter[name], "energy_kwh", 900, moments, kwh)
    told = consumers.consumers(SYSTEM, site.id, FIRST, LAST)
    assert [each.name for each in told.every] == ["Lab", "Hall", "Cellar"]
    whole = float((hall + lab + 0.5)[changed].sum())
    for each, kwh in zip(told.every, (lab, hall), strict=False):
        now, before = kwh[changed], kwh[~changed]
        assert each.kwh == pytest.approx(now.sum())
        assert each.share == pytest.approx(now.sum() / whole)
        assert each.change == pytest.approx(now.sum() / before.sum() - 1)
        hours = pd.Series(now, pd.DatetimeIndex(np.array(moments)[changed])).resample("h").sum()
        assert each.base_kw == pytest.approx(np.percentile(hours, 2.5))
        assert (each.peak_kw, each.peak_at) == (pytest.approx(hours.max()), hours.idxmax())
        assert each.coverage == pytest.approx(1)
    silent = told.every[2]
    assert np.isnan([silent.kwh, silent.change, silent.base_kw, silent.peak_kw]).all()
    assert (silent.peak_at, silent.coverage) == (None, 0)
    assert told.demand_kwh == pytest.approx(whole)
    assert told.rest_kwh == pytest.approx(0.5 * changed.sum())


def test_each_use_is_billed_as_if_it_were_alone(site_in: MakeSite) -> None:
    shared.clear()
    site, random, zone = site_in(ZONE), np.random.default_rng(10), ZoneInfo(ZONE)
    first, last = date(2026, 3, 16), LAST
    start, end = local_time.days(first, last, zone)
    moments = second_path.every(start, 900, round((end - start).total_seconds() / 900))
    local, nodes, kwh = pd.DatetimeIndex(moments).tz_convert(ZONE), {}, {}
    with site.at_once():
        for name in ("Hall", "Lab", "Cellar"):
            nodes[name] = graph.create_node(SYSTEM, site.id, name=name, kind="sink", valid_from=LONG_AGO).id
            edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=nodes[name], valid_from=LONG_AGO)
            meter = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(meter, "interval", 900, since=LONG_AGO)
            if name != "Cellar":
                kwh[name] = random.uniform(1, 2, len(moments))
                site.intervals(meter, "energy_kwh", 900, moments, kwh[name])
    nothing = consumers.costs(SYSTEM, site.id, FIRST, LAST)
    assert np.isnan([nothing[nodes[name]].amount for name in kwh]).all()
    tariffs.create_tariff(
        SYSTEM,
        site.id,
        name="By day and night",
        import_price_per_kwh=0.1,
        export_price_per_kwh=0,
        region_first=False,
        valid_from=LONG_AGO,
        hours=[Hours("every", 7 * 60, 20 * 60, 0.4, 0)],
        components=[Demand(9.0)],
    )
    price = np.where((local.hour >= 7) & (local.hour < 20), 0.4, 0.1)
    week = np.asarray(local.date >= FIRST)
    of_march = week.sum() / (31 * 96 - 4)  # of its quarters, for a demand charge is spread over its month
    costs = consumers.costs(SYSTEM, site.id, FIRST, LAST)
    for name, values in kwh.items():
        paid = (values * price)[week].sum() + 9.0 * 4 * values.max() * of_march
        assert costs[nodes[name]] == (pytest.approx(paid), pytest.approx(1), 1), name


def test_today_counts_to_its_last_whole_hour_and_so_do_the_days_before(
    site_in: MakeSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.clear()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 12, 9, 40, tzinfo=UTC))
    site = site_in("UTC")
    hall = graph.create_node(SYSTEM, site.id, name="Hall", kind="sink", valid_from=LONG_AGO)
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=hall.id, valid_from=LONG_AGO)
    meter = meters.create_meter(SYSTEM, site.id, name="Hall", edge_id=edge.id).id
    site.declare(meter, "interval", 900, since=LONG_AGO)
    moments = second_path.every(datetime(2026, 3, 10, tzinfo=UTC), 900, 2 * 96 + 38)
    site.intervals(meter, "energy_kwh", 900, moments, [1.0] * len(moments))
    [told] = consumers.consumers(SYSTEM, site.id, date(2026, 3, 12), date(2026, 3, 12)).every
    assert told.kwh == pytest.approx(9 * 4)
    assert told.change == pytest.approx(0)


def test_who_does_not_see_the_site_is_told_nothing(site_in: MakeSite) -> None:
    with pytest.raises(NotFound):
        consumers.consumers(Scope("usr_any"), site_in("UTC").id, FIRST, LAST)
