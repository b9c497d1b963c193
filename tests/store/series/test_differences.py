"""The difference between one reading of a counter and the next is always at hand, whatever happened to it."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from store.errors import NotFound
from store.scope import NOBODY, SYSTEM
from store.series import amendments, energy, rollup
from store.series.differences import differences
from tests.conftest import PATIENT_S
from tests.store.series.conftest import Site, every

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def kwh(meter: str, start: datetime, end: datetime) -> list[float]:
    return [round(each, 6) for each in differences(SYSTEM, meter, start, end)["energy_kwh"]]


def test_each_reading_tells_what_was_counted_since_the_one_before(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 5), [100, 101, 103, 103, 107])
    found = differences(SYSTEM, meter, quarter, quarter + HOUR)
    assert np.isnan(found["energy_kwh"][0]), "nothing is known before the first"
    assert found["energy_kwh"].tolist()[1:] == [1, 2, 0, 4]
    assert kwh(meter, quarter + 2 * MINUTE, quarter + HOUR) == [2, 0, 4], "the reading before the range is known"


def test_a_late_reading_divides_the_difference_that_was_there(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", [quarter, quarter + 2 * MINUTE], [100, 110])
    site.roll_up(quarter + HOUR)
    assert kwh(meter, quarter + MINUTE, quarter + HOUR) == [10]
    site.samples(meter, "energy_total_kwh", [quarter + MINUTE], [103])
    assert kwh(meter, quarter + MINUTE, quarter + HOUR) == [3, 7]


def test_resets_rollovers_and_corrections_are_named_and_nothing_is_invented(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60, rollover_kwh=1000)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 6), [990, 4, 5, 1, 10, 9.5])
    found = differences(SYSTEM, meter, quarter, quarter + HOUR)
    assert found["event"].tolist() == ["", "rollover", "", "reset", "", "correction"]
    assert found["energy_kwh"].tolist()[1:] == [14, 1, 1, 9, -0.5]


def test_nothing_is_subtracted_across_an_exchange(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 3), [500, 501, 502])
    site.declare(meter, "counter", 60, since=quarter + 3 * MINUTE)
    site.samples(meter, "energy_total_kwh", every(quarter + 3 * MINUTE, 60, 2), [77_000, 77_003])
    found = differences(SYSTEM, meter, quarter, quarter + HOUR)
    assert found["event"].tolist() == ["", "", "", "exchange", ""]
    assert found["energy_kwh"].fillna(-1).tolist() == [-1, 1, 1, -1, 3]


def test_what_people_corrected_counts_and_what_they_voided_does_not(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 4), [100, 900, 102, 103])
    amendments.amend(SYSTEM, meter, "energy_total_kwh", quarter + MINUTE, 101, reason="misread")
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert kwh(meter, quarter + MINUTE, quarter + HOUR) == [1, 1, 1]
    amendments.void(SYSTEM, meter, "energy_total_kwh", quarter + MINUTE, reason="not known after all")
    assert rollup.await_applied(["amendments"], PATIENT_S)
    assert kwh(meter, quarter + MINUTE, quarter + HOUR) == [2, 1]


@pytest.mark.parametrize("seed", range(3))
def test_the_differences_add_up_to_the_energy(site: Site, quarter: datetime, seed: int) -> None:
    meter, random = site.meter("counter", 60), np.random.default_rng(seed)
    register = np.cumsum(random.uniform(0, 1, 46))
    register[30:] -= register[30]
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 46), register)
    total = float(energy.energy(SYSTEM, [meter], quarter, quarter + 45 * MINUTE).loc[meter, "forward_kwh"])
    assert np.nansum(differences(SYSTEM, meter, quarter, quarter + 46 * MINUTE)["energy_kwh"]) == pytest.approx(total)


def test_only_who_sees_the_meter_sees_its_readings(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    with pytest.raises(NotFound):
        differences(NOBODY, meter, quarter, quarter + HOUR)
    with pytest.raises(ValueError, match="no register"):
        differences(SYSTEM, meter, quarter, quarter + HOUR, "power_kw")


def test_a_meter_without_a_counter_has_none(site: Site, quarter: datetime) -> None:
    assert differences(SYSTEM, site.meter("power", 60), quarter, quarter + HOUR).empty
