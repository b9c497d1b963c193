"""A reading that is stored and becomes no energy is found, with the reason; one that counts is not."""

from datetime import UTC, datetime, timedelta

import pytest

from store.errors import NotFound
from store.records.plant import declarations
from store.scope import NOBODY, SYSTEM
from store.series.energy import energy
from store.series.uncounted import CONTRADICTS, NO_METHOD, OTHER_QUANTITY, TOO_EARLY, uncounted
from tests.store.series.conftest import LONG_AGO, Site, every


def whys(meter: str) -> list[tuple[str, int, int, str]]:
    return [(each.quantity, each.interval_s, each.number, each.why) for each in uncounted(SYSTEM, meter, datetime.now(UTC))]


def test_without_a_declaration_nothing_counts(site: Site, quarter: datetime) -> None:
    meter = site.meter(None)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 3), [1, 2, 3])
    site.intervals(meter, "energy_kwh", 3600, [quarter], [1])
    assert sorted(whys(meter)) == [("energy_kwh", 3600, 1, NO_METHOD), ("energy_total_kwh", 0, 3, NO_METHOD)]


def test_another_quantity_than_declared_and_what_contradicts_it_are_named(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 900)
    site.intervals(meter, "energy_kwh", 900, every(quarter, 900, 4), [1] * 4)
    site.intervals(meter, "energy_kwh", 1800, [quarter, quarter + timedelta(minutes=30), quarter + timedelta(hours=1)], [2, 3, 4])
    site.samples(meter, "power_kw", every(quarter, 60, 5), [1] * 5)
    site.samples(meter, "energy_export_kwh", every(quarter, 60, 2), [1] * 2)
    site.samples(meter, "voltage_v", every(quarter, 60, 2), [230] * 2)
    assert sorted(whys(meter)) == [
        ("energy_kwh", 1800, 1, CONTRADICTS),
        ("power_kw", 0, 5, OTHER_QUANTITY),
    ]


def test_what_came_before_the_declaration_begins_is_too_early(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60, since=quarter + timedelta(minutes=2))
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 5), [1, 2, 3, 4, 5])
    assert whys(meter) == [("energy_total_kwh", 0, 2, TOO_EARLY)]


def test_values_of_local_days_count_however_long_the_day_was(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 86_400)
    for length in (82_800, 86_400, 90_000):
        site.intervals(meter, "energy_kwh", length, [quarter - timedelta(days=length // 3600)], [1])
    assert whys(meter) == []


def test_all_that_is_declared_counts_and_nobody_else_sees_it(site: Site, quarter: datetime) -> None:
    meter = site.meter("power", 60, since=LONG_AGO)
    site.samples(meter, "power_kw", every(quarter, 60, 5), [1] * 5)
    assert whys(meter) == []
    with pytest.raises(NotFound):
        uncounted(NOBODY, meter, datetime.now(UTC))


def test_what_was_stored_before_its_declaration_is_counted_once_it_is_put_right(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 900)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 61), [100 + n / 10 for n in range(61)])
    site.roll_up(datetime.now(UTC))
    end = quarter + timedelta(hours=1)
    assert energy(SYSTEM, [meter], quarter, end).loc[meter, "forward_kwh"] == 0
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    declarations.correct_declaration(SYSTEM, declared.id, method="counter", interval_s=60, valid_from=declarations.BEGINNING)
    site.roll_up(datetime.now(UTC))
    assert energy(SYSTEM, [meter], quarter, end).loc[meter, "forward_kwh"] == pytest.approx(6)
    assert whys(meter) == []
    declarations.withdraw_declaration(SYSTEM, declared.id)
    site.roll_up(datetime.now(UTC))
    assert energy(SYSTEM, [meter], quarter, end).loc[meter, "forward_kwh"] == 0
