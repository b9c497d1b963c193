"""Small inputs on which other systems have told wrong energies, each with the arithmetic of what is right."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from config import clock
from dashboard.live import chart
from insight import site_view
from insight.shared import shared
from insight.site_energy import site_energy
from store.records.plant import graph, meters, tariffs
from store.scope import SYSTEM
from store.series import checkpoint, energy, rollup
from store.series.differences import differences
from tests.conftest import PATIENT_S
from tests.held_clock import held
from tests.numbers import second_path
from tests.numbers.conftest import MakeSite
from tests.numbers.test_every_step_by_the_api import Program
from tests.store.series.conftest import LONG_AGO, every

REGISTER = "energy_total_kwh"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
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
        assert rollup.await_applied(["telemetry", "amendments"], PATIENT_S)
        rollup.roll_up(SYSTEM, start, end)
        assert rollup.await_applied(["intervals", "amendments"], PATIENT_S)
    checkpoint.write(checkpoint.Checkpoint(clock.now() - timedelta(hours=1), clock.now()))
    assert rollup.await_applied(["rollups"], PATIENT_S)
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


@pytest.mark.parametrize(
    ("first", "second"),
    [((-0.113, -0.164, 0.031), (0.2, 0.2, 0.1)), ((1.5, -2.0, 0.25), (-1.0, 0.5, -0.25))],
)
def test_a_house_on_three_phases_pays_for_what_it_bought_however_it_is_asked(
    site_in: MakeSite, first: tuple[float, ...], second: tuple[float, ...]
) -> None:
    site = site_in("Europe/Berlin")
    start = second_path.local_midnight("Europe/Berlin", 2025, 11, 24)
    grid = graph.create_node(SYSTEM, site.id, name="Grid", kind="source", technology="grid", valid_from=LONG_AGO).id
    edge = graph.create_edge(SYSTEM, site.id, from_node_id=grid, to_node_id=site.bus, two_way=True, valid_from=LONG_AGO).id
    phases = [site.meter("power", 60) for _ in range(3)]
    for phase, *kw in zip(phases, first, second, strict=True):
        site.samples(phase, "power_kw", every(start, 60, 120), np.repeat(kw, 60))
        site.samples(phase, "power_kw", [start + 2 * HOUR], [0.0])
    house = meters.create_meter(
        SYSTEM, site.id, name="House", role="virtual", edge_id=edge, terms=[(phase, 1) for phase in phases]
    ).id
    tariffs.create_tariff(
        SYSTEM, site.id, name="Flat", import_price_per_kwh=0.3, export_price_per_kwh=0.1, region_first=False, valid_from=LONG_AGO
    )
    _rolled(start - DAY, start + DAY)
    nets = (sum(first), sum(second))
    bought, sold = sum(max(kw, 0.0) for kw in nets), sum(max(-kw, 0.0) for kw in nets)
    paid, program = 0.3 * bought - 0.1 * sold, Program(site)
    for step in ("quarter", "hour", "day"):
        asked = {"from": start, "to": start + DAY, "step": step}
        rows = program.get(f"meters/{house}/energy", **asked)["energy"]
        assert [sum(row[of] for row in rows) for of in ("energy_kwh", "energy_export_kwh")] == pytest.approx([bought, sold]), step
        for what in (f"meters/{house}", f"sites/{site.id}"):
            rows = program.get(f"{what}/cost", **asked)["cost"]
            assert sum(row["cost"] or 0 for row in rows) == pytest.approx(paid), (what, step)
            assert sum(row["bought_kwh"] for row in rows) == pytest.approx(bought), (what, step)
    totals = site_energy(SYSTEM, site_view.read(SYSTEM, site.id, start + DAY), [start, start + DAY]).flows.totals
    assert (totals.imported, totals.exported) == (pytest.approx([bought]), pytest.approx([sold]))


@pytest.mark.parametrize(
    ("zone", "day", "seen_on"),
    [
        ("America/New_York", (2025, 10, 30), (2025, 11, 26)),
        ("America/New_York", (2025, 11, 26), (2026, 7, 1)),
        ("Europe/Berlin", (2025, 7, 15), (2026, 1, 15)),
        ("Australia/Lord_Howe", (2025, 4, 4), (2025, 4, 8)),
        ("Australia/Lord_Howe", (2025, 10, 5), (2025, 10, 6)),
    ],
)
def test_a_block_at_noon_is_drawn_at_noon_of_its_day_whatever_the_clock_shows_when_it_is_looked_at(
    site_in: MakeSite, zone: str, day: tuple[int, int, int], seen_on: tuple[int, int, int]
) -> None:
    site = site_in(zone)
    start, end = (second_path.local_midnight(zone, *day[:2], day[2] + more) for more in (0, 1))
    noon = pd.Timestamp(*day, 12).tz_localize(zone).tz_convert("UTC")
    meter = site.meter("interval", 900)
    kw = [float(noon <= at < noon + HOUR) for at in every(start, 900, 4 * round((end - start) / HOUR))]
    site.intervals(meter, "energy_kwh", 900, every(start, 900, len(kw)), [each / 4 for each in kw])
    shared.clear()
    named = "-".join(f"{part:02}" for part in day)
    with held(second_path.local_midnight(zone, *seen_on) + 12 * HOUR):
        drawn = json.loads(chart.chart(SYSTEM, site.id, "custom", "15", named, named))
    assert [pd.Timestamp(each) for each in drawn["figure"]["layout"]["xaxis"]["range"]] == [start, end]
    demand = next(trace for trace in drawn["figure"]["data"] if trace["uid"] == "demand")
    if "x" in demand:
        middles = pd.DatetimeIndex(demand["x"])
    else:
        middles = pd.Timestamp(demand["x0"]) + np.arange(len(demand["y"])) * pd.Timedelta(milliseconds=demand["dx"])
    shown = [middle for middle, y in zip(middles, demand["y"], strict=True) if y]
    assert [(each - noon) / HOUR for each in shown] == [0.125, 0.375, 0.625, 0.875]
    assert f"times in {noon.tz_convert(zone):%Z}." in drawn["note"] or zone == "Australia/Lord_Howe"


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
