"""What a change would restate, computed a second time: from the rows that were stored, and by what comes out once it is made."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from config import clock
from insight import gap_filling, restated
from insight.restated import Foretold, Month
from store.records.plant import declarations, restatements
from store.scope import SYSTEM
from store.series import amendments, as_if, checkpoint, corrections, energy, foretold, region_series, rollup
from tests.conftest import PATIENT_S
from tests.numbers.conftest import MakeSite
from tests.numbers.test_bills import Made, charging, midnight
from tests.numbers.test_cost import Works, at, sender, works
from tests.numbers.test_cost import every as rows_of
from tests.store.series.conftest import Site, every

__all__ = ["sender", "works"]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN, UTC_ZONE = "Europe/Berlin", ZoneInfo("UTC")


def _months(made: Works, start: str, end: str, factors: "pd.Series[float]") -> list[float]:
    """The CO2 (kg) of each local month, minute by minute."""
    kg = made.minutes("energy_kwh", start, end, adds_up=True) * factors / 1000
    return kg.groupby(kg.index.tz_convert(made.zone).strftime("%Y-%m")).sum().tolist()


def test_a_file_of_a_regions_co2_says_what_it_restates_on_its_sites_and_writes_nothing(works: Made) -> None:
    """Of hours on both sides of a local month's edge, which is none in UTC."""
    made = works(BERLIN)
    start, may, end = (midnight(BERLIN, each) for each in ("2026-04-01", "2026-05-01", "2026-06-01"))
    made.store("energy_kwh", rows_of(start, end, 3600, lambda n: 1.0 + n % 5))
    made.store("co2_g_per_kwh", rows_of(start, end, 3600, lambda n: 100.0 + n % 7))
    charging(made, "2020-01-01T00:00:00Z", buy=0.2)
    put = rows_of(midnight(BERLIN, "2026-04-30"), midnight(BERLIN, "2026-05-02"), 3600, lambda n: 400.0 + n)
    text = "start,co2_g_per_kwh\n" + "".join(f"{ts.isoformat()},{value}\n" for ts, _, value in put)
    change = region_series.with_file(SYSTEM, made.region, text, 3600)
    assert change is not None
    [told] = restated.by_region(SYSTEM, made.region, change).every
    assert (told.figure, told.name, told.unit) == ("co2", "Works", "kg")
    before = made.minutes("co2_g_per_kwh", start, end, adds_up=False)
    after = before.copy()
    for ts, seconds, value in put:
        after[(after.index >= ts) & (after.index < ts + timedelta(seconds=seconds))] = value
    sums = [_months(made, start, end, factors) for factors in (before, after)]
    assert [each.start for each in told.months] == [at(start), at(may)]
    assert [each.before for each in told.months] == pytest.approx(sums[0])
    assert [each.after for each in told.months] == pytest.approx(sums[1])
    assert told.by == pytest.approx(sum(sums[1]) - sum(sums[0]))
    assert restated.by_region(SYSTEM, made.region, change) == Foretold([told]), "nothing was written"
    region_series.import_file(SYSTEM, made.region, text, 3600)
    assert restated.by_region(SYSTEM, made.region, change).every == []
    first, second = at(start), at(start) + DAY
    without = region_series.without(SYSTEM, made.region, "co2_g_per_kwh", first, second)
    [gone] = restated.by_region(SYSTEM, made.region, without).every
    april = after[after.index < at(may)].where(lambda of: (of.index < first) | (of.index >= second), 0.0)
    assert gone.months == [(first, pytest.approx(sums[1][0]), pytest.approx(_months(made, start, may, april)[0]))]


def test_a_price_of_a_region_restates_what_its_sites_pay_by_it_and_no_other_month(works: Made) -> None:
    made = works("UTC")
    start, end = "2026-06-01T00:00:00Z", "2026-08-01T00:00:00Z"
    made.store("energy_kwh", rows_of(start, end, 3600, lambda n: 2.0))
    made.store("price_per_kwh", rows_of(start, end, 3600, lambda n: 0.1))
    text = "start,price_per_kwh\n2026-07-03T10:00:00Z,0.6\n2026-07-03T11:00:00Z,0.1\n"
    change = region_series.with_file(SYSTEM, made.region, text, 3600)
    assert change is not None
    [told] = restated.by_region(SYSTEM, made.region, change).every
    july = 744 * 2 * 0.1
    assert (told.figure, told.unit) == ("cost", "USD")
    assert told.months == [(at("2026-07-01T00:00:00Z"), pytest.approx(july), pytest.approx(july + 2 * 0.5))]
    same = region_series.with_file(SYSTEM, made.region, "start,price_per_kwh\n2026-07-03T10:00:00Z,0.1\n", 3600)
    assert same is not None
    assert restated.by_region(SYSTEM, made.region, same).every == []


@pytest.fixture
def day() -> datetime:
    """A day whose samples are there."""
    return clock.now().replace(hour=0, minute=0, second=0, microsecond=0) - 2 * DAY


@pytest.fixture
def site(site_in: MakeSite, day: datetime) -> Site:
    """A site whose worker begins before its history."""
    made = site_in("UTC")
    checkpoint.write(checkpoint.Checkpoint(day - 12 * DAY, checkpoint.NEVER))
    assert rollup.await_applied(["rollups"], PATIENT_S)
    return made


def _settle(site: Site) -> None:
    for _ in range(2):
        assert rollup.await_applied(["telemetry", "intervals", "late", "amendments"], PATIENT_S)
        site.roll_up(clock.now() - timedelta(seconds=75))


def _kwh(meter: str, day: datetime) -> float:
    return float(energy.energy(SYSTEM, [meter], day - 40 * DAY, day + 2 * DAY).loc[meter, "forward_kwh"])


def _sums(told: Foretold, figure: str = "forward") -> tuple[float, float]:
    """Before and after, of all months."""
    [months] = [each.months for each in told.every if each.figure == figure]
    before, after = (sum(getattr(each, name) or 0.0 for each in months) for name in ("before", "after"))
    return before, after


def _three_ways(site: Site, day: datetime, method: str) -> str:
    """A meter whose register tells 1 kW, its power 3 kW and its hours 5 kW, of a day."""
    meter = site.meter(method, 3600 if method == "interval" else 300)
    moments = every(day, 300, 288)
    with site.at_once():
        site.samples(meter, "energy_total_kwh", moments, 1000 + np.arange(288) / 12)
        site.samples(meter, "power_kw", moments, np.full(288, 3.0))
        site.intervals(meter, "energy_kwh", 3600, every(day, 3600, 24), np.full(24, 5.0))
    _settle(site)
    return meter


# What each way tells of the day; the last sample of power holds for two intervals and a half.
KWH = {"counter": 287 / 12, "power": 3.0 * (287 + 2.5) / 12, "interval": 24 * 5.0}


@pytest.mark.parametrize(
    ("now", "then"), [("counter", "power"), ("power", "counter"), ("counter", "interval"), ("interval", "power")]
)
def test_another_declaration_says_what_it_restates_and_then_restates_it(site: Site, day: datetime, now: str, then: str) -> None:
    meter = _three_ways(site, day, now)
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    _settle(site)
    waiting = restatements.waiting(SYSTEM)
    said = {"method": then, "interval_s": 3600 if then == "interval" else 300, "valid_from": declared.valid_from}
    told = restated.by_declarations(SYSTEM, meter, declarations.declared_corrected(SYSTEM, declared.id, **said))
    assert _sums(told) == (pytest.approx(KWH[now]), pytest.approx(KWH[then]))
    assert {each.name for each in told.every} == {"Meter"}
    assert told.since is None
    assert restatements.waiting(SYSTEM) == waiting, "nothing was written"
    assert _kwh(meter, day) == pytest.approx(KWH[now])
    declarations.correct_declaration(SYSTEM, declared.id, **said)
    _settle(site)
    assert _kwh(meter, day) == pytest.approx(_sums(told)[1])


def test_a_declaration_that_is_made_or_taken_back_tells_only_of_its_time(site: Site, day: datetime) -> None:
    meter = _three_ways(site, day, "counter")
    noon = day + 12 * HOUR
    hourly = declarations.declared_with(SYSTEM, meter, method="interval", interval_s=3600, valid_from=noon)
    before, after = _sums(restated.by_declarations(SYSTEM, meter, hourly))
    assert (before, after) == (pytest.approx(KWH["counter"]), pytest.approx(144 / 12 + 12 * 5.0))
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    [gone] = restated.by_declarations(SYSTEM, meter, declarations.declared_without(SYSTEM, declared.id)).every
    assert sum(each.before or 0.0 for each in gone.months) == pytest.approx(KWH["counter"])
    assert {each.after for each in gone.months} == {None}
    same = declarations.declared_corrected(
        SYSTEM, declared.id, method="counter", interval_s=300, valid_from=declared.valid_from, rated_kw=50.0
    )
    assert restated.by_declarations(SYSTEM, meter, same) == Foretold()


Act = Callable[[str, datetime], object]
CORRECTED: dict[str, tuple[str, float, Act]] = {
    "a register put right": (
        "counter",
        (1100.0 - 1000.0) - 287 / 12,
        lambda meter, day: amendments.amend(SYSTEM, meter, "energy_total_kwh", day + 287 * 5 * MINUTE, 1100.0, reason="read"),
    ),
    "a register voided in the middle": (
        "counter",
        0.0,
        lambda meter, day: amendments.void(SYSTEM, meter, "energy_total_kwh", day + 6 * HOUR, reason="torn"),
    ),
    "an hour of power scaled": (
        "power",
        -3.0 * 0.9,
        lambda meter, day: corrections.scale(SYSTEM, meter, "power_kw", day + 3 * HOUR, day + 4 * HOUR, 0.1, reason="unit"),
    ),
    "power voided for two hours": (
        "power",
        -3.0 * (24 - 1.5) / 12,  # the last one before holds for two intervals and a half in the place of one
        lambda meter, day: amendments.void_range(SYSTEM, meter, "power_kw", day + HOUR, day + 3 * HOUR, reason="test"),
    ),
    "an interval set": (
        "interval",
        2.0,
        lambda meter, day: amendments.amend(SYSTEM, meter, "energy_kwh", day, 7.0, reason="read", interval_s=3600),
    ),
    "a condition": (
        "interval",
        0.0,
        lambda meter, day: amendments.void(SYSTEM, meter, "power_kw", day, reason="not counted"),
    ),
}


@pytest.mark.parametrize("which", CORRECTED)
def test_a_correction_says_what_it_restates_and_then_restates_it(site: Site, day: datetime, which: str) -> None:
    method, by, act = CORRECTED[which]
    meter = _three_ways(site, day, method)
    with as_if.tried() as said:
        act(meter, day)
    assert said
    told = restated.by_corrections(SYSTEM, said)
    for quantity in ("energy_total_kwh", "power_kw", "energy_kwh"):
        assert amendments.history(SYSTEM, meter, quantity, day, day + DAY).empty, "nothing was written"
    assert _kwh(meter, day) == pytest.approx(KWH[method])
    if by == 0.0:
        assert not told.every
    else:
        before, after = _sums(told)
        assert after - before == pytest.approx(by)
        assert before == pytest.approx(KWH[method])
    act(meter, day)
    _settle(site)
    assert _kwh(meter, day) == pytest.approx(KWH[method] + by)


def test_a_correction_that_is_undone_and_a_gap_that_is_filled_say_it_too(site: Site, day: datetime) -> None:
    meter = site.meter("interval", 60)
    minutes = every(day, 60, 600)
    told_at = [each for each in minutes if not day + 2 * HOUR <= each < day + 3 * HOUR]
    site.samples(meter, "energy_kwh", told_at, np.full(len(told_at), 0.1))
    _settle(site)
    [gap] = [each for each in gap_filling.gaps_of(SYSTEM, meter, UTC_ZONE) if each.offer is not None]
    with as_if.tried() as said:
        gap_filling.fill(SYSTEM, meter, UTC_ZONE, gap.start, reason="modem off")
    before, after = _sums(restated.by_corrections(SYSTEM, said))
    assert (before, after) == (pytest.approx(54.0), pytest.approx(60.0)), "a straight line"
    gap_filling.fill(SYSTEM, meter, UTC_ZONE, gap.start, reason="modem off")
    _settle(site)
    assert _kwh(meter, day) == pytest.approx(after)
    [made] = corrections.corrections(SYSTEM, meter, day, day + DAY)
    of = SYSTEM, meter, made.quantity, made.recorded_at, day, day + DAY
    with as_if.tried() as said:
        corrections.undo(*of)
    assert _sums(restated.by_corrections(SYSTEM, said)) == (pytest.approx(after), pytest.approx(before))
    corrections.undo(*of)
    _settle(site)
    assert _kwh(meter, day) == pytest.approx(before)


def test_energies_of_minutes_that_are_voided_are_not_told_by_what_was_kept_of_them(site: Site, day: datetime) -> None:
    meter = site.meter("interval", 60)
    site.samples(meter, "energy_kwh", every(day, 60, 60), np.full(60, 0.5))
    _settle(site)
    with as_if.tried() as said:
        amendments.void_range(SYSTEM, meter, "energy_kwh", day + 15 * MINUTE, day + 30 * MINUTE, reason="a rig")
    assert _sums(restated.by_corrections(SYSTEM, said)) == (pytest.approx(30.0), pytest.approx(22.5))


def test_more_samples_than_somebody_waits_for_are_not_read_and_that_is_said(
    site: Site, day: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meter = _three_ways(site, day, "counter")
    [declared] = declarations.energy_declarations(SYSTEM, [meter])[meter]
    power = declarations.declared_corrected(SYSTEM, declared.id, method="power", interval_s=300, valid_from=declared.valid_from)
    monkeypatch.setattr(foretold, "MOST", 100)
    told = restated.by_declarations(SYSTEM, meter, power)
    assert not told.every
    assert told.since is not None
    assert told.since > clock.now() - 31 * DAY


def test_only_months_that_differ_are_told() -> None:
    edges = [datetime.fromisoformat(f"2026-0{month}-01T00:00:00+00:00") for month in (1, 2, 3, 4, 5)]
    before, after = np.array([1.0, 2.0, np.nan, np.nan]), np.array([1.0004, 2.1, np.nan, 3.0])
    assert restated._another("forward", edges, before, after) == [Month(edges[1], 2.0, 2.1), Month(edges[3], None, 3.0)]
