"""A number is final when nothing that reaches into it can still come as usual, or waits."""

from datetime import UTC, datetime, timedelta

from config import clock
from config.settings import Settings
from store.scope import SYSTEM
from store.series import amendments, checkpoint, energy, finality, rollup
from store.series.connection import execute, query
from tests.conftest import PATIENT_S, eventually
from tests.store.series.conftest import Site, every

HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def _final(meter: str, start: datetime, end: datetime) -> bool:
    checkpoint.forget()
    (may_change,) = finality.provisional(SYSTEM, [meter], [start, end])[meter]
    return not may_change


def _kwh(meter: str, start: datetime) -> float:
    return float(energy.energy(SYSTEM, [meter], start, start + QUARTER).loc[meter, "forward_kwh"])


def _now() -> datetime:
    return clock.now() - checkpoint.GRACE


def test_late_data_and_corrections_are_provisional_from_the_answer_on(site: Site, quarter: datetime) -> None:
    meter, other = site.meter("interval", 60), site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(quarter, 60, 14), [1.0] * 14)
    assert not _final(meter, quarter, quarter + QUARTER), "before it is rolled up"
    site.roll_up(_now())
    assert _final(meter, quarter, quarter + QUARTER)
    site.late(meter, "energy_kwh", [quarter])
    assert not _final(meter, quarter, quarter + QUARTER)
    assert _final(meter, quarter + HOUR, quarter + 2 * HOUR)
    assert _final(other, quarter, quarter + QUARTER)
    site.roll_up(_now())
    assert not _final(meter, quarter, quarter + QUARTER), "more may come by the same marker"


def test_what_was_announced_is_final_once_its_marker_holds_no_longer(site: Site, quarter: datetime) -> None:
    meter = site.meter("interval", 60)
    site.roll_up(quarter + HOUR)
    site.samples(meter, "energy_kwh", every(quarter, 60, 14), [1.0] * 14)
    site.late(meter, "energy_kwh", [quarter], received_at=clock.now() - timedelta(seconds=59))
    site.roll_up(_now())
    assert not _final(meter, quarter, quarter + QUARTER)
    kwh = eventually(lambda: site.roll_up(_now()) or (_final(meter, quarter, quarter + QUARTER) and _kwh(meter, quarter)))
    assert kwh == 14
    amendments.void(SYSTEM, meter, "energy_kwh", quarter, reason="a test")
    assert not _final(meter, quarter, quarter + QUARTER)


def test_what_comes_late_within_a_longer_interval_changes_all_of_it(site: Site, quarter: datetime) -> None:
    hourly, daily = site.meter("interval", 900), site.meter("power", 60)
    midnight = quarter.replace(hour=0)
    site.intervals(hourly, "energy_kwh", 3600, every(quarter, 3600, 2), [8.0, 8.0])
    site.intervals(daily, "power_kw", 86_400, [midnight], [1.0])
    site.roll_up(_now())
    first, last = quarter, quarter + 3 * QUARTER
    for meter, before in ((hourly, last), (daily, quarter + HOUR)):
        assert _final(meter, before, before + QUARTER)
    with site.at_once():
        site.samples(hourly, "energy_kwh", every(first, 300, 3), [1.0] * 3)
        site.samples(daily, "power_kw", every(first, 60, 15), [5.0] * 15)
        for meter, quantity in ((hourly, "energy_kwh"), (daily, "power_kw")):
            site.late(meter, quantity, [first], received_at=clock.now() - timedelta(seconds=59))
    assert not _final(hourly, last, last + QUARTER), "of the hour less is left for it"
    assert _final(hourly, quarter + HOUR, quarter + 2 * HOUR)
    assert not _final(daily, quarter + HOUR, quarter + HOUR + QUARTER)
    assert _final(daily, midnight - 3 * HOUR, midnight - 2 * HOUR)
    assert eventually(lambda: site.roll_up(_now()) or _final(hourly, last, last + QUARTER))
    assert _kwh(hourly, last) == (8.0 - 3.0) / 3


def test_the_lateness_window_is_that_of_the_meter(site: Site, quarter: datetime) -> None:
    minutely, slow, changed = site.meter("power", 60), site.meter("power", 3 * 3600), site.meter("power", 60)
    site.roll_up(_now())
    assert _final(minutely, quarter, quarter + HOUR)
    assert not _final(slow, quarter, quarter + HOUR), "five hours ago, and one is due every three"
    site.declare(changed, "power", 300, since=quarter)
    assert not _final(changed, quarter, quarter + HOUR)
    site.roll_up(_now())
    assert _final(changed, quarter, quarter + HOUR)


def test_a_counters_silence_is_open_until_it_is_read_again(site: Site, quarter: datetime) -> None:
    meter = site.meter("counter", 60)
    site.samples(meter, "energy_total_kwh", every(quarter, 60, 15), range(100, 115))
    site.roll_up(quarter + 3 * HOUR)
    assert _final(meter, quarter, quarter + QUARTER)
    assert not _final(meter, quarter, quarter + 2 * HOUR)
    site.samples(meter, "energy_total_kwh", [quarter + 3 * HOUR], [150])
    site.roll_up(_now())
    assert _final(meter, quarter, quarter + 2 * HOUR)


def test_a_checkpoint_from_the_future_does_not_count_then_or_ever(questdb_tables: Settings) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    checkpoint.write(checkpoint.Checkpoint(now - HOUR, checkpoint.NEVER))
    ahead = int((now + timedelta(days=1)).timestamp() * 1e6)
    execute(f"INSERT INTO rollups VALUES ({ahead}, {ahead}, {ahead})")  # the clock was a day ahead for a moment
    assert rollup.await_applied(["rollups"], PATIENT_S)
    assert checkpoint.read() == (now - HOUR, checkpoint.NEVER)
    checkpoint.write(checkpoint.Checkpoint(now, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    assert checkpoint.read() == (now, checkpoint.NEVER)
    assert query("SELECT count() FROM rollups WHERE done_at > now()") == [(0,)]
