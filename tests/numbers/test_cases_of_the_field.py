"""Small inputs on which other systems have told wrong energies, each with the arithmetic of what is right."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from config import clock
from store.scope import SYSTEM
from store.series import checkpoint, energy, rollup
from store.series.differences import differences
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import every

REGISTER = "energy_total_kwh"
DAY = timedelta(days=1)
NIGHT = datetime(2025, 11, 24, tzinfo=UTC)

WH = (76_431_585, 76_455_826, 76_480_251, 76_504_595, 76_529_217, 76_553_266, 76_577_539, 76_602_789)
COUNTED: dict[str, tuple[float | None, Sequence[tuple[str, float]], float]] = {
    "zero for three seconds after a silence": (
        None, [("02:50:00", 3.737), ("03:29:18.704", 0.0), ("03:29:22.092", 3.746)], 3.746 - 3.737,
    ),
    "a rollover of 23 bits of pulses": (
        838.8608, [("12:00:00", 838.831), ("12:05:00", 838.8576), ("12:10:00", 0.0133)], 0.0266 + 0.0165,
    ),
    "a rollover of 32 bits of 10 mWh": (42.94967295, [("12:00:00", 42.90), ("12:05:00", 0.03)], 0.07967295),
    "the same without a declared rollover": (
        None, [("12:00:00", 838.831), ("12:05:00", 838.8576), ("12:10:00", 0.0133)], 0.0266 + 0.0133,
    ),
    "beside the edges of its hours, the newest first": (
        None, [(f"0{n // 4}:{n % 4 * 15 + 2}:01", wh / 1000) for n, wh in reversed([*enumerate(WH)])], (WH[-1] - WH[0]) / 1000,
    ),
    "its first reading is no consumption": (None, [("12:00:00", 15_234.7), ("12:15:00", 15_234.9)], 0.2),
}  # fmt: skip


def _rolled(start: datetime, end: datetime) -> None:
    for _ in range(2):  # what is held in the one changes quarters of the other
        rollup.await_applied(["telemetry", "amendments"], 30)
        rollup.roll_up(SYSTEM, start, end)
        rollup.await_applied(["intervals", "amendments"], 30)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - timedelta(hours=1), clock.now()))
    rollup.await_applied(["rollups"], 30)
    checkpoint.forget()


def _at(said: str) -> datetime:
    hours, minutes, seconds = said.split(":")
    return NIGHT + timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def test_registers_count_what_was_counted(site_in: MakeSite) -> None:
    site = site_in("UTC")
    meters = {}
    with site.at_once():
        for which, (rollover_kwh, readings, _kwh) in COUNTED.items():
            meters[which] = site.meter("counter", 900, rollover_kwh=rollover_kwh)
            site.samples(meters[which], REGISTER, [_at(said) for said, _ in readings], [kwh for _, kwh in readings])
    _rolled(NIGHT - DAY, NIGHT + 2 * DAY)
    for which, meter in meters.items():
        kwh = COUNTED[which][2]
        for step in ("quarter", "hour", "day"):
            found = energy.energy_by(SYSTEM, [meter], NIGHT, NIGHT + DAY, step, "UTC")["forward_kwh"]
            assert found.sum() == pytest.approx(kwh, abs=1e-9), (which, step)
            assert found.min() >= -1e-9, (which, step)
        assert differences(SYSTEM, meter, NIGHT, NIGHT + DAY)["energy_kwh"].sum() == pytest.approx(kwh, abs=1e-9), which
    hours = energy.energy_by(
        SYSTEM, [meters["beside the edges of its hours, the newest first"]], NIGHT, NIGHT + DAY, "hour", "UTC"
    )
    cut = (WH[4] - WH[3]) / 1000 * 779 / 900  # 01:00 lies 779 s after the fourth reading
    first = (WH[3] - WH[0]) / 1000 + cut
    assert hours["forward_kwh"].tolist()[:2] == pytest.approx([first, (WH[-1] - WH[0]) / 1000 - first])


def test_days_and_hours_begin_by_the_sites_clock_where_its_offset_has_three_quarters_of_an_hour(site_in: MakeSite) -> None:
    zone = "Asia/Kathmandu"
    site = site_in(zone)
    start = second_path.local_midnight(zone, 2025, 11, 24)
    assert start == pd.Timestamp("2025-11-23T18:15Z")
    meter = site.meter("interval", 900)
    site.intervals(meter, "energy_kwh", 900, every(start, 900, 96), [9.0] + [1.0] * 95)
    hours = energy.energy_by(SYSTEM, [meter], start, start + DAY, "hour", zone)
    assert len(hours) == 24
    assert hours.index[0][1] == start and hours["forward_kwh"].tolist() == [12.0] + [4.0] * 23
    assert energy.energy_by(SYSTEM, [meter], start, start + DAY, "day", zone)["forward_kwh"].tolist() == [104.0]


def test_the_hour_that_comes_twice_is_two_hours_each_with_its_own(site_in: MakeSite) -> None:
    for zone, kwh in (("America/New_York", 53.0), ("America/St_Johns", 53.0), ("America/Havana", 53.0)):
        site = site_in(zone)
        start = second_path.local_midnight(zone, 2025, 11, 2)
        end = second_path.local_midnight(zone, 2025, 11, 3)
        assert end - start == timedelta(hours=25)
        meter = site.meter("interval", 3600)
        values = [1.0] * 25
        values[1], values[2] = 10.0, 20.0
        site.intervals(meter, "energy_kwh", 3600, every(start, 3600, 25), values)
        assert energy.energy_by(SYSTEM, [meter], start, end, "hour", zone)["forward_kwh"].tolist() == values
        assert energy.energy_by(SYSTEM, [meter], start, end, "day", zone)["forward_kwh"].tolist() == [kwh]


def test_a_gateway_that_always_sends_24_hours_is_right_on_days_of_23_and_25(site_in: MakeSite) -> None:
    for zone, day, lasts_s, kwh in (
        ("America/New_York", (2025, 11, 2), 90_000, 25.0),
        ("America/New_York", (2025, 11, 2), 86_400, 25.0),
        ("Australia/Sydney", (2025, 10, 5), 86_400, 23.0),
        ("Australia/Sydney", (2025, 10, 5), 82_800, 23.0),
    ):
        site = site_in(zone)
        meter = site.meter("interval", 86_400)
        start = second_path.local_midnight(zone, *day)
        end = second_path.local_midnight(zone, *day[:2], day[2] + 1)
        site.intervals(meter, "energy_kwh", lasts_s, [end - timedelta(seconds=lasts_s)], [kwh])
        found = energy.energy_by(SYSTEM, [meter], start - DAY, end + DAY, "day", zone)
        assert found["forward_kwh"].tolist() == [0.0, kwh, 0.0], (zone, lasts_s)
        assert found["coverage"].tolist() == [0.0, 1.0, 0.0], (zone, lasts_s)
