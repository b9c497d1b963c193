"""Virtual meters: netted in the shortest intervals that all terms tell, and then each direction added, by whatever step."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from store.records.plant import graph, meters
from store.scope import SYSTEM
from store.series import energy
from tests.conftest import thorough
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import LONG_AGO, Site

HOUR = timedelta(hours=1)
ZONES = [
    "Europe/Berlin",
    "Australia/Lord_Howe",
    *thorough("Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "America/Havana"),
]


def _virtual(site: Site, *terms: tuple[str, int]) -> str:
    load = graph.create_node(SYSTEM, site.id, name="Sum", kind="sink", valid_from=LONG_AGO)
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=site.bus, to_node_id=load.id, two_way=True, valid_from=LONG_AGO)
    return meters.create_meter(SYSTEM, site.id, name="Sum", role="virtual", edge_id=edge.id, terms=terms).id


def _sums(meter: str, start: datetime, end: datetime, step: str, zone: str) -> tuple[float, float]:
    found = energy.energy_by(SYSTEM, [meter], start, end, step, zone)
    return float(found["forward_kwh"].sum()), float(found["export_kwh"].sum())


@pytest.mark.parametrize("zone", ZONES)
def test_every_step_tells_the_same_import_and_export(site_in: MakeSite, zone: str) -> None:
    site = site_in(zone)
    start, end = second_path.local_midnight(zone, 2025, 10, 1), second_path.local_midnight(zone, 2025, 12, 1)
    count = int((end - start).total_seconds()) // 900
    moments, random = second_path.every(start, 900, count), np.random.default_rng(5)
    taken, made = random.uniform(0, 3, count), random.uniform(0, 4, count)
    site_taken, site_made = (site.meter("interval", 900) for _ in range(2))
    site.intervals(site_taken, "energy_kwh", 900, moments, taken)
    site.intervals(site_made, "energy_kwh", 900, moments, made)
    meter = _virtual(site, (site_taken, 1), (site_made, -1))
    net = pd.Series(taken - made)
    bought, sold = net.clip(lower=0).sum(), (-net).clip(lower=0).sum()
    for step in ("quarter", "half_hour", "hour", "day", "month"):
        assert _sums(meter, start, end, step, zone) == (pytest.approx(bought), pytest.approx(sold))
    whole = energy.energy(SYSTEM, [meter], start, end).loc[meter]
    assert (whole["forward_kwh"], whole["export_kwh"]) == (pytest.approx(bought), pytest.approx(sold))
    assert whole["coverage"] == pytest.approx(1)


def test_the_phases_of_a_house_are_one_house(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - 6 * HOUR
    phases = [site.meter("power", 60) for _ in range(3)]
    for meter, first, second in zip(phases, (-0.113, -0.164, 0.031), (0.2, 0.2, 0.1), strict=True):
        site.samples(meter, "power_kw", second_path.every(start, 60, 120), [first] * 60 + [second] * 60)
    site.roll_up(start + 3 * HOUR)
    meter = _virtual(site, *((phase, 1) for phase in phases))
    hours = energy.energy_by(SYSTEM, [meter], start, start + 2 * HOUR, "hour", "Europe/Berlin")
    assert hours["forward_kwh"].tolist() == pytest.approx([0, 0.5])
    assert hours["export_kwh"].tolist() == pytest.approx([0.246, 0])
    both = energy.energy(SYSTEM, [meter], start, start + 2 * HOUR).loc[meter]
    assert (both["forward_kwh"], both["export_kwh"]) == (pytest.approx(0.5), pytest.approx(0.246))


def test_a_term_by_the_hour_is_netted_by_the_hour_also_against_quarters(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime(2026, 2, 1, tzinfo=UTC)
    by_hour, by_quarter = site.meter("interval", 3600), site.meter("interval", 900)
    site.intervals(by_hour, "energy_kwh", 3600, second_path.every(start, 3600, 2), [4, 4])
    site.intervals(by_quarter, "energy_kwh", 900, second_path.every(start, 900, 8), [0, 0, 0, 6, 1, 1, 1, 0])
    meter = _virtual(site, (by_hour, 1), (by_quarter, -1))
    for step in ("quarter", "hour", "day"):
        assert _sums(meter, start, start + 2 * HOUR, step, "UTC") == (pytest.approx(1), pytest.approx(2))


def test_terms_by_local_days_are_netted_by_local_days(site_in: MakeSite) -> None:
    zone = "America/New_York"
    site, start = site_in(zone), second_path.local_midnight(zone, 2026, 10, 30)
    end = second_path.local_midnight(zone, 2026, 11, 4)
    midnights = second_path.local_starts(start, end, "day", zone)
    by_day, by_hour = site.meter("interval", 86_400), site.meter("interval", 3600)
    site.intervals(
        by_day, "energy_kwh", 86_400, [each - timedelta(days=1) for each in (*midnights[1:], end)], [30, 20, 25, 30, 20]
    )
    site.intervals(by_hour, "energy_kwh", 3600, second_path.every(start, 3600, 121), [1.0] * 121)
    meter = _virtual(site, (by_day, 1), (by_hour, -1))
    days = energy.energy_by(SYSTEM, [meter], start, end, "day", zone)
    assert days["forward_kwh"].tolist() == pytest.approx([6, 0, 0, 6, 0])
    assert days["export_kwh"].tolist() == pytest.approx([0, 4, 0, 0, 4])


def test_what_one_term_does_not_tell_the_sum_does_not_invent(site_in: MakeSite) -> None:
    site, start = site_in("Europe/Berlin"), datetime(2026, 2, 1, tzinfo=UTC)
    one, other = site.meter("interval", 900), site.meter("interval", 900)
    site.intervals(one, "energy_kwh", 900, second_path.every(start, 900, 4), [5.0] * 4)
    site.intervals(other, "energy_kwh", 900, second_path.every(start, 900, 2), [1.0] * 2)
    meter = _virtual(site, (other, 1), (one, -1))
    found = energy.energy(SYSTEM, [meter], start, start + HOUR).loc[meter]
    assert (found["forward_kwh"], found["export_kwh"], found["coverage"]) == (0, pytest.approx(8), pytest.approx(0.5))
