"""The greatest 15 and 30 minutes of a meter, by direction: when, and how much."""

from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from store.records.plant import graph, meters
from store.scope import SYSTEM
from store.series.peaks import Peak, Peaks, peaks, peaks_by
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/St_Johns"])
def test_a_months_peak_is_its_greatest_local_step_in_each_direction(site_in: MakeSite, zone: str) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, 2025, 10, 1), second_path.local_midnight(zone, 2025, 11, 1)
    count, random = int((end - start).total_seconds()) // 900, np.random.default_rng(11)
    moments = second_path.every(start, 900, count)
    meter = site.meter("interval", 900)
    values = {name: random.uniform(0, 5, count) for name in ("energy_kwh", "energy_export_kwh")}
    for name, kwh in values.items():
        site.intervals(meter, name, 900, moments, kwh)
    for step in ("quarter", "half_hour"):
        edges = [*second_path.local_starts(start, end, step, zone), pd.Timestamp(end)]
        hours = np.array([(last - first).total_seconds() / 3600 for first, last in pairwise(edges)])
        found = peaks(SYSTEM, [meter], start, end, step, zone)[meter]
        for peak, kwh in zip(found, values.values(), strict=True):
            kw = np.array(second_path.in_stretches(second_path.rows(moments, 900, kwh), edges)) / hours
            assert peak is not None
            assert (peak.ts, peak.kw) == (edges[int(kw.argmax())], pytest.approx(kw.max()))


def test_what_is_missing_or_told_by_longer_intervals_is_no_peak(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime.fromisoformat("2026-02-01T00:00:00+00:00")
    end = start + timedelta(hours=2)
    hourly, gappy, two = site.meter("interval", 3600), site.meter("interval", 900), site.meter("interval", 1800)
    site.intervals(hourly, "energy_kwh", 3600, second_path.every(start, 3600, 2), [9, 8])
    site.intervals(gappy, "energy_kwh", 900, [start, start + timedelta(minutes=30), start + timedelta(minutes=45)], [7, 1, 2])
    site.intervals(two, "energy_kwh", 1800, second_path.every(start, 1800, 4), [1, 3, 3, 2])
    quarters = peaks(SYSTEM, [hourly, gappy, two], start, end, "quarter", "Europe/Berlin")
    halves = peaks(SYSTEM, [hourly, gappy, two], start, end, "half_hour", "Europe/Berlin")
    assert quarters[hourly] == quarters[two] == halves[hourly] == Peaks(None, None)
    assert quarters[gappy].forward == Peak(start, 28.0)
    assert halves[gappy].forward == Peak(start + timedelta(minutes=30), 6.0)
    assert halves[two].forward == Peak(start + timedelta(minutes=30), 6.0)
    with pytest.raises(ValueError, match="no step of a peak"):
        peaks(SYSTEM, [two], start, end, "hour", "Europe/Berlin")


def test_a_sum_of_meters_has_the_peak_of_its_net(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime.fromisoformat("2026-02-01T00:00:00+00:00")
    one, other = site.meter("interval", 900), site.meter("interval", 900)
    site.intervals(one, "energy_kwh", 900, second_path.every(start, 900, 4), [5, 4, 1, 0])
    site.intervals(other, "energy_kwh", 900, second_path.every(start, 900, 4), [5, 1, 0, 2])
    load = graph.create_node(SYSTEM, site.id, name="Sum", kind="sink", valid_from=LONG_AGO)
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=load.id, two_way=True, valid_from=LONG_AGO)
    terms = [(one, 1), (other, -1)]
    meter = meters.create_meter(SYSTEM, site.id, name="Sum", role="virtual", edge_id=edge.id, terms=terms).id
    found = peaks(SYSTEM, [meter], start, start + timedelta(hours=1), "quarter", "Europe/Berlin")[meter]
    assert found == Peaks(Peak(start + timedelta(minutes=15), 12.0), Peak(start + timedelta(minutes=45), 8.0))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"])
@pytest.mark.parametrize("period", ["hour", "day", "month"])
def test_each_local_period_has_a_peak_of_its_own(site_in: MakeSite, zone: str, period: str) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, 2025, 9, 1), second_path.local_midnight(zone, 2025, 12, 1)
    if period == "hour":
        start, end = second_path.local_midnight(zone, 2025, 10, 1), second_path.local_midnight(zone, 2025, 11, 5)
    count, random = int((end - start).total_seconds()) // 900, np.random.default_rng(12)
    moments, meter = second_path.every(start, 900, count), site.meter("interval", 900)
    kwh = random.uniform(0, 5, count)
    site.intervals(meter, "energy_kwh", 900, moments, kwh)
    quarters = pd.Series(kwh * 4, pd.DatetimeIndex(moments))
    edges = [*second_path.local_starts(start, end, period, zone), pd.Timestamp(end)]
    found = peaks_by(SYSTEM, meter, start, end, "quarter", zone, period)
    assert [ts for ts, _ in found] == edges[:-1]
    for (first, last), (_, told) in zip(pairwise(edges), found, strict=True):
        inside = quarters[(quarters.index >= first) & (quarters.index < last)]
        assert told.forward is not None
        assert (told.forward.ts, told.forward.kw) == (inside.idxmax(), pytest.approx(inside.max()))
    with pytest.raises(ValueError, match="no period of peaks"):
        peaks_by(SYSTEM, meter, start, end, "quarter", zone, "quarter")
