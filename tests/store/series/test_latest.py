import math
from datetime import UTC, datetime, timedelta

import pytest

from store.errors import NotFound
from store.records.plant import last_values
from store.scope import NOBODY, SYSTEM
from store.series import latest, power
from tests.store.series.conftest import Site, every


def test_the_latest_value_is_the_newest_of_samples_and_intervals(site: Site) -> None:
    meter, now = site.meter("power", 60), datetime.now(UTC).replace(microsecond=0)
    site.intervals(meter, "power_kw", 3600, [now - timedelta(hours=5)], [1])
    assert latest.latest(SYSTEM, [meter])[meter, "power_kw"] == (now - timedelta(hours=4), 1)
    site.samples(meter, "power_kw", every(now - timedelta(minutes=5), 60, 3), [2, 3, 4])
    assert latest.latest(SYSTEM, [meter])[meter, "power_kw"] == (now - timedelta(minutes=3), 4)


def test_a_meter_silent_for_long_is_still_shown_with_its_last_value(site: Site) -> None:
    meter, now = site.meter("power", 60), datetime.now(UTC).replace(microsecond=0)
    site.samples(meter, "power_kw", [now - timedelta(minutes=5)], [42])
    site.roll_up(now)
    assert latest.latest(SYSTEM, [meter], within=timedelta(seconds=1))[meter, "power_kw"] == (now - timedelta(minutes=5), 42)


def test_a_meter_outside_the_scope_has_no_latest_value(site: Site) -> None:
    with pytest.raises(NotFound):
        latest.latest(NOBODY, [site.meter("power")])


def test_a_sample_that_came_out_of_turn_is_the_latest_of_a_meter_that_says_nothing_else(site: Site) -> None:
    talking, silent = site.meter("power", 60), site.meter("power", 60)
    now = datetime.now(UTC).replace(microsecond=0)
    site.samples(talking, "power_kw", [now], [1])
    site.roll_up(now)
    old = now - timedelta(hours=5)  # older than what is looked for in QuestDB
    site.samples(silent, "power_kw", [old], [7])
    site.late(silent, "power_kw", [old])
    site.roll_up(now)
    assert latest.latest(SYSTEM, [talking, silent]) == {(talking, "power_kw"): (now, 1), (silent, "power_kw"): (old, 7)}


def test_a_new_sample_is_seen_before_the_worker_has_kept_it(site: Site) -> None:
    meter, now = site.meter("power", 60), datetime.now(UTC).replace(microsecond=0)
    site.samples(meter, "power_kw", [now - timedelta(minutes=1)], [1])
    site.roll_up(now)
    site.samples(meter, "power_kw", [now], [2])
    assert latest.latest(SYSTEM, [meter])[meter, "power_kw"] == (now, 2)


def test_what_came_after_the_records_were_read_is_the_latest(site: Site) -> None:
    talking, silent, begun = (site.meter("power", 60) for _ in range(3))
    now = datetime.now(UTC).replace(microsecond=0)
    site.samples(talking, "power_kw", [now - timedelta(minutes=2)], [1])
    site.samples(silent, "power_kw", [now - timedelta(hours=9)], [3])
    site.roll_up(now)
    before = latest.kept(SYSTEM, [talking, silent, begun])
    for meter, moment, value in ((talking, now - timedelta(minutes=1), 2), (begun, now, 4)):
        site.samples(meter, "power_kw", [moment], [value])
    site.roll_up(now)  # the records keep later values now, and have been read before
    told = latest.latest(SYSTEM, [talking, silent, begun], before=before)
    assert {meter: told[meter, "power_kw"].value for meter in (talking, silent, begun)} == {talking: 2, silent: 3, begun: 4}
    assert told == latest.latest(SYSTEM, [talking, silent, begun])


def test_power_is_told_by_values_that_were_read_already_unless_they_are_old_or_of_later(site: Site) -> None:
    meters, now = [site.meter("power", 60) for _ in range(4)], datetime.now(UTC).replace(microsecond=0)
    lately, before, long_ago, ahead = meters
    site.samples(lately, "power_kw", [now], [5])
    site.samples(before, "power_kw", [now - timedelta(minutes=8)], [-6])
    site.samples(long_ago, "power_kw", [now - timedelta(hours=9)], [7])
    site.samples(ahead, "power_kw", [now, now + timedelta(minutes=2)], [8, 9])
    site.roll_up(now)
    told = power.live_power(SYSTEM, meters, now, told=latest.latest(SYSTEM, meters))
    assert repr(told) == repr(power.live_power(SYSTEM, meters, now))
    assert (told[lately].forward_kw, told[before].export_kw, told[ahead].forward_kw) == (5, 6, 8)
    assert math.isnan(told[long_ago].forward_kw)


def test_a_silent_meter_says_when_it_was_heard_but_not_what_it_does_now(site: Site) -> None:
    talking, silent = site.meter("power", 60), site.meter("interval", 60)
    now = datetime.now(UTC).replace(microsecond=0)
    hour_ago = now - timedelta(hours=1)
    site.samples(talking, "power_kw", [now], [-5])
    site.samples(silent, "energy_kwh", [hour_ago], [0.5])
    site.roll_up(now)
    live = power.live_power(SYSTEM, [talking, silent], now)
    assert live[talking] == (0, 5, now)
    assert live[silent].ts == hour_ago
    assert math.isnan(live[silent].forward_kw)


def test_what_was_written_under_a_wrong_clock_is_not_the_latest_for_ever(site: Site) -> None:
    talking, silent, new = (site.meter("power", 60) for _ in range(3))
    now = datetime.now(UTC).replace(microsecond=0)
    for ahead in (timedelta(days=1), timedelta(days=100)):
        site.samples(talking, "power_kw", [now - timedelta(minutes=9), now + ahead], [1, 99])
        site.samples(silent, "power_kw", [now - timedelta(days=9), now + ahead], [2, 99])
        site.samples(new, "power_kw", [now + ahead], [99])
    kept = [last_values.Last(meter, "power_kw", now + timedelta(days=100), 99) for meter in (talking, silent, new)]
    last_values.keep(SYSTEM, kept)
    site.roll_up(now)
    before = {(talking, "power_kw"): (now - timedelta(minutes=9), 1), (silent, "power_kw"): (now - timedelta(days=9), 2)}
    assert latest.latest(SYSTEM, [talking, silent, new]) == before
    assert set(last_values.last_values(SYSTEM, [talking, silent, new])) == set(before)

    site.samples(talking, "power_kw", [now], [3])
    assert latest.latest(SYSTEM, [talking])[talking, "power_kw"] == (now, 3)
    site.roll_up(now)
    assert last_values.last_values(SYSTEM, [talking])[talking, "power_kw"][2:] == (now, 3)


def test_of_what_is_known_for_tomorrow_the_one_that_holds_now_is_the_latest(site: Site) -> None:
    meter, now = site.meter("interval", 3600), datetime.now(UTC).replace(microsecond=0)
    began = now - timedelta(minutes=30)
    for _ in range(2):
        site.intervals(meter, "energy_kwh", 3600, [began + timedelta(hours=n) for n in (-1, 0, 1, 20)], [1, 2, 3, 4])
        site.roll_up(now)
        assert latest.latest(SYSTEM, [meter])[meter, "energy_kwh"] == (began + timedelta(hours=1), 2)
