"""What a solar home made and used over a window is what its own rows say, on a day of 25 hours and from within a step on."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from insight.periods import Period
from insight.shared import shared
from insight.solar_home import solar_home
from models import local_time
from store.errors import NotFound
from store.records.plant import graph, meters
from store.scope import SYSTEM, Scope
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO

ZONE = "Europe/Berlin"
DAY = date(2025, 10, 26)  # clocks are set back


def test_totals_means_and_peaks_are_those_of_the_rows(site_in: MakeSite) -> None:
    shared.clear()
    site, random = site_in(ZONE), np.random.default_rng(2)
    start, end = local_time.days(DAY, DAY, ZoneInfo(ZONE))
    moments = pd.date_range(start, end, freq="15min", inclusive="left")
    assert len(moments) == 100
    hour = np.asarray(moments.tz_convert(ZONE).hour)
    pv = {name: np.where((hour > 7) & (hour < 17), random.uniform(0.2, 1, len(hour)), 0.0) for name in ("East", "West")}
    load = random.uniform(0.1, 0.6, len(hour))
    net = load - pv["East"] - pv["West"]
    rows = {"Grid": (np.maximum(net, 0), np.maximum(-net, 0)), **{name: (each, None) for name, each in pv.items()}}
    with site.at_once():
        for name, (there, back) in rows.items():
            technology = "grid" if name == "Grid" else "pv"
            node = graph.create_node(SYSTEM, site.id, name=name, kind="source", technology=technology, valid_from=LONG_AGO)
            edge = graph.create_edge(
                SYSTEM, site.id, from_node_id=node.id, to_node_id=site.bus, two_way=back is not None, valid_from=LONG_AGO
            )
            meter = meters.create_meter(SYSTEM, site.id, name=name, edge_id=edge.id).id
            site.declare(meter, "interval", 900, since=LONG_AGO)
            for quantity, values in (("energy_kwh", there), ("energy_export_kwh", back)):
                if values is not None:
                    site.intervals(meter, quantity, 900, moments.to_pydatetime(), values)
    home = graph.create_node(SYSTEM, site.id, name="Home", kind="sink", valid_from=LONG_AGO)
    graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=home.id, valid_from=LONG_AGO)

    made = pv["East"] + pv["West"]
    told = solar_home(SYSTEM, site.id, Period(start, end, live=False), 900)
    assert told.production.kwh == pytest.approx(made.sum())
    assert told.demand.kwh == pytest.approx(load.sum())
    assert told.production.mean_kw == pytest.approx(made.sum() / 25)
    assert told.production.peak_kw == pytest.approx(made.max() * 4)
    assert told.production.peak_at == moments[int(made.argmax())]
    assert told.self_consumption == pytest.approx(1 - np.maximum(-net, 0).sum() / made.sum())
    assert told.self_sufficiency == pytest.approx(1 - np.maximum(net, 0).sum() / load.sum())
    assert told.coverage == pytest.approx(1)
    assert {name: values.sum() / 4 for name, values in told.course.arrays.items()} == pytest.approx(
        {name: values.sum() for name, values in pv.items()}
    )
    by_hours = solar_home(SYSTEM, site.id, Period(start, end, live=False), 3600)
    assert by_hours.production.kwh == pytest.approx(made.sum())
    assert by_hours.production.peak_kw == pytest.approx(made.reshape(25, 4).sum(axis=1).max())
    # From the middle of a quarter on for an hour: half of the first and of the last quarter count.
    first = start + timedelta(hours=12, minutes=7, seconds=30)
    part = solar_home(SYSTEM, site.id, Period(first, first + timedelta(hours=1), live=False), 900)
    weights = np.array([0.5, 1, 1, 1, 0.5])
    assert part.production.kwh == pytest.approx((made[48:53] * weights).sum())
    assert part.production.mean_kw == pytest.approx((made[48:53] * weights).sum())
    with pytest.raises(NotFound):
        solar_home(Scope("usr_any"), site.id, Period(start, end, live=False), 900)
