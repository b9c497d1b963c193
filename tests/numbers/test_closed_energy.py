"""What is kept of months that are over is what the rows tell, whatever comes, goes or is said of them later."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from config import clock
from config import settings as configuration
from insight import closed_energy
from models import local_time
from models.tariff_components import Demand
from store.errors import NotFound
from store.records.jobs.kinds import Nothing
from store.records.plant import declarations, meters, sites, tariffs
from store.scope import SYSTEM, Scope, Window
from store.series import amendments, energy, rollup, versions
from tests.numbers.conftest import MakeSite
from tests.store.series.conftest import Site, every
from worker.tasks import closed_months

# Two months are over, in which three of the zones change their clocks.
FIRST = datetime(2025, 9, 28, tzinfo=UTC)
NOW = datetime(2025, 12, 5, 10, tzinfo=UTC)
DAY = timedelta(days=1)
COLUMNS = ["forward_kwh", "export_kwh", "coverage", "known_s", "due_s"]
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/St_Johns")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many meters were computed, each time that some were."""
    asked: list[int] = []
    before = energy.flows

    def flows(scope: Scope, meter_ids: Sequence[str], *others: Any) -> energy.Flows:
        asked.append(len(meter_ids))
        return before(scope, meter_ids, *others)

    monkeypatch.setattr(energy, "flows", flows)
    return asked


def _site(site_in: MakeSite, zone: str, home: Path) -> Site:
    site = site_in(zone)
    home.mkdir()
    configuration.use(site.settings.model_copy(update={"home": home}))
    return site


def _meters(site: Site) -> dict[str, str]:
    """A meter of each kind, with two months of readings and gaps in them."""
    numbers = np.random.default_rng(7)
    found = {}
    days = (NOW - FIRST) // DAY
    read = every(NOW - 12 * DAY, 21_600, 48)
    with site.at_once():
        for name, method, seconds, phase, quantity in (
            ("quarters", "interval", 900, 0, "energy_kwh"),
            ("off the grid", "interval", 3600, 420, "energy_kwh"),
            ("power", "power", 1800, 0, "power_kw"),
            ("days", "interval", 86_400, 0, "energy_kwh"),
        ):
            meter = found[name] = site.meter(method, seconds)
            start = FIRST
            if seconds == 86_400:
                start = datetime(2025, 9, 28, tzinfo=ZoneInfo(site.zone)).astimezone(UTC)
            moments = every(start + timedelta(seconds=phase), seconds, days * 86_400 // seconds)
            some = [each for each, drawn in zip(moments, numbers.random(len(moments)), strict=True) if drawn < 0.97]
            site.intervals(meter, quantity, seconds, some, numbers.uniform(-3 if method == "power" else 0, 9, len(some)))
        found["counter"] = site.meter("counter", 21_600)
        site.samples(found["counter"], "energy_total_kwh", read, np.cumsum(numbers.uniform(0, 5, len(read))))
    found["sum"] = meters.create_meter(
        SYSTEM, site.id, name="Sum", role="virtual", terms=[(found["quarters"], 1), (found["power"], -1)]
    ).id
    site.roll_up(NOW)
    return found


def _agree(ids: Sequence[str], zone: str, scope: Scope = SYSTEM, steps: Sequence[str] = ("day", "month")) -> None:
    start, end = FIRST + DAY, NOW
    for step in steps:
        kept = closed_energy.energy_by(scope, ids, start, end, step, zone)
        told = energy.energy_by(scope, ids, start, end, step, zone)
        assert kept.index.equals(told.index)
        assert kept["provisional"].tolist() == told["provisional"].tolist()
        for name in COLUMNS:
            np.testing.assert_allclose(kept[name], told[name], rtol=1e-12, atol=1e-9, err_msg=f"{name} by {step} in {zone}")


def test_what_is_kept_is_what_the_rows_tell_after_each_change(
    site_in: MakeSite, tmp_path: Path, ask: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))  # else all that was just written is looked at again
    site = _site(site_in, "Australia/Lord_Howe", tmp_path / "home")
    found = _meters(site)
    ids = [*found.values()]
    _agree(ids, site.zone)
    numbers = np.random.default_rng(11)

    def some(step_s: int, phase: int = 0) -> datetime:
        at = FIRST + timedelta(days=float(numbers.uniform(4, 60)))
        return datetime.fromtimestamp(at.timestamp() // step_s * step_s + phase, UTC)

    def late() -> None:
        site.intervals(found["quarters"], "energy_kwh", 900, [some(900)], [50.0])

    def longer() -> None:
        site.intervals(found["quarters"], "energy_kwh", 3600, [some(3600)], [40.0])

    def corrected() -> None:
        amendments.amend(SYSTEM, found["quarters"], "energy_kwh", some(900), 33.0, reason="misread", interval_s=900)

    def voided() -> None:
        at = some(3600, 420)
        amendments.void(SYSTEM, found["off the grid"], "energy_kwh", at, reason="misread", interval_s=3600)

    def declared() -> None:
        declarations.declare_energy(SYSTEM, found["power"], method="interval", interval_s=900, valid_from=some(900))

    def counted() -> None:
        at = [NOW - timedelta(days=9, hours=4)]
        site.samples(found["counter"], "energy_total_kwh", at, [1.0])
        site.late(found["counter"], "energy_total_kwh", at)
        site.roll_up(NOW)

    changes: list[list[Callable[[], None]]] = [[late, voided, declared], [longer, corrected, counted]]
    for several in changes:
        for change in several:
            change()
        _settle()
        _agree(ids, site.zone)


def _settle() -> None:
    assert rollup.await_applied(["telemetry", "intervals", "amendments", "late"], 30)


@pytest.mark.parametrize("zone", ZONES)
def test_months_that_are_over_are_computed_once_in_every_zone(
    site_in: MakeSite, tmp_path: Path, ask: list[int], zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))
    site = _site(site_in, zone, tmp_path / "home")
    ids = [*_meters(site).values()]
    _agree(ids, zone, steps=["hour"])
    edges = local_time.edges(datetime(2025, 10, 2, tzinfo=UTC), datetime(2025, 11, 28, tzinfo=UTC), "month", ZoneInfo(zone))
    hours = local_time.edges(edges[0], edges[-1], "hour", ZoneInfo(zone))
    closed_energy.flows(SYSTEM, ids, hours)
    ask.clear()
    kept = closed_energy.flows(SYSTEM, ids, hours)
    assert ask == []
    kept = closed_energy.flows(SYSTEM, ids[:2], edges)
    for meter, flow in energy.flows(SYSTEM, ids[:2], edges).items():
        np.testing.assert_allclose(np.array(kept[meter]), np.array(flow), rtol=1e-12)
    site.intervals(ids[0], "energy_kwh", 900, [datetime(2025, 11, 15, tzinfo=UTC)], [70.0])
    ask.clear()
    closed_energy.flows(SYSTEM, ids, hours)
    assert ask == [2], "the meter that something came of, and the sum that it is a term of, in one month"


def test_the_days_so_far_of_a_month_are_computed_once_and_anew_with_each_day_and_with_what_comes_late(
    site_in: MakeSite, tmp_path: Path, ask: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))
    site = _site(site_in, "Asia/Kathmandu", tmp_path / "home")
    found, zone = _meters(site), ZoneInfo("Asia/Kathmandu")
    ids = [*found.values()]

    def asked(until: datetime) -> list[int]:
        """How many meters were computed for the hours of December up to then, which are what the rows tell."""
        hours = local_time.edges(datetime(2025, 12, 1, tzinfo=zone), until, "hour", zone)
        told = energy.flows(SYSTEM, ids, hours)
        ask.clear()
        kept = closed_energy.flows(SYSTEM, ids, hours)
        computed = [*ask]
        for meter, flow in told.items():
            np.testing.assert_allclose(np.array(kept[meter]), np.array(flow), rtol=1e-12, atol=1e-9)
        return computed

    fifth, sixth = (datetime(2025, 12, day, tzinfo=zone) for day in (5, 6))
    assert asked(fifth) == [len(ids)]
    assert asked(fifth) == asked(fifth - 2 * DAY) == []
    site.intervals(found["quarters"], "energy_kwh", 900, [datetime(2025, 12, 3, tzinfo=UTC)], [70.0])
    assert asked(fifth) == [2], "the meter that something came of, and the sum that it is a term of"
    site.roll_up(NOW + DAY)
    assert asked(sixth) == [len(ids)]
    assert asked(sixth) == []


def test_what_is_kept_at_night_waits_for_nobody(
    site_in: MakeSite, tmp_path: Path, ask: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))
    monkeypatch.setitem(closed_months.REACH, "hour", closed_months.REACH["day"])
    monkeypatch.setitem(closed_months.OF_PEAKS, "quarter", closed_months.REACH["day"])
    site = _site(site_in, "Europe/Berlin", tmp_path / "home")
    ids = [*_meters(site).values()]
    prices: dict[str, Any] = {"import_price_per_kwh": 0.2, "export_price_per_kwh": 0.0, "valid_from": FIRST}
    tariffs.create_tariff(SYSTEM, site.id, name="Peaks", components=(Demand(8.0),), **prices)
    _settle()
    assert closed_months.keep(SYSTEM, Nothing(), lambda *_: None)["meters"] >= len(ids)
    ask.clear()
    for step in ("quarter", "hour", "day"):
        edges = local_time.edges(FIRST + 5 * DAY, datetime(2025, 11, 27, tzinfo=UTC), step, ZoneInfo(site.zone))
        closed_energy.flows(SYSTEM, ids, edges)
    assert ask == []


@pytest.mark.parametrize(("hour", "is_night"), [(1, True), (10, False)])
def test_it_is_kept_by_the_site_s_night(site_in: MakeSite, monkeypatch: pytest.MonkeyPatch, hour: int, is_night: bool) -> None:
    site = site_in("Europe/Berlin")
    monkeypatch.setattr(sites, "visible_sites", lambda scope: [sites.site(scope, site.id)])
    monkeypatch.setattr(clock, "now", lambda: NOW.replace(hour=hour))
    assert closed_months.is_night(SYSTEM) is is_night


@pytest.mark.parametrize("zone", ZONES)
def test_any_sums_of_whole_hours_are_what_the_rows_tell(
    site_in: MakeSite, tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))
    ids = [*_meters(_site(site_in, zone, tmp_path / "home")).values()]
    hours = local_time.edges(FIRST + DAY, NOW, "hour", ZoneInfo(zone))
    days = local_time.edges(FIRST + DAY, NOW, "day", ZoneInfo(zone))
    numbers = np.random.default_rng(3)
    some = [
        sorted(numbers.choice(np.array(each), count, replace=False).tolist())
        for each, count in ((hours, 2), (days, 2), (days, 9))
    ]
    quarters = local_time.edges(FIRST + 4 * DAY, FIRST + 36 * DAY, "quarter", ZoneInfo(zone))
    for edges in (*some, hours[5:200:13], [days[4], days[5]], quarters):
        for _once_more in range(2):
            kept = closed_energy.flows(SYSTEM, ids, edges)
            for meter, flow in energy.flows(SYSTEM, ids, edges).items():
                np.testing.assert_allclose(
                    np.array(kept[meter]), np.array(flow), rtol=1e-9, atol=1e-6, err_msg=f"{meter} {edges}"
                )


def test_somebody_who_sees_other_times_is_told_of_these(site_in: MakeSite, tmp_path: Path) -> None:
    site = _site(site_in, "Europe/Berlin", tmp_path / "home")
    meter = _meters(site)["quarters"]
    _agree([meter], "Europe/Berlin")
    held = {meter: (Window(datetime(2025, 10, 10, 7, tzinfo=UTC), datetime(2025, 11, 20, tzinfo=UTC)),)}
    tenant = Scope(user_id="usr_tenant", part_site_ids=frozenset({site.id}), meter_ids=frozenset({meter}), held=held)
    _agree([meter], "Europe/Berlin", tenant)
    with pytest.raises(NotFound):
        closed_energy.energy_by(Scope(user_id="usr_other"), [meter], FIRST, NOW, "month", "Europe/Berlin")


def test_a_store_that_was_set_back_is_not_answered_for_by_what_was_kept_of_it_before(
    site_in: MakeSite, tmp_path: Path, ask: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_energy, "ON_THE_WAY", timedelta(0))
    site = _site(site_in, "UTC", tmp_path / "home")
    meter = _meters(site)["quarters"]
    months = local_time.edges(datetime(2025, 10, 1, tzinfo=UTC), datetime(2025, 12, 1, tzinfo=UTC), "month", ZoneInfo("UTC"))
    closed_energy.flows(SYSTEM, [meter], months)
    before = versions.written()
    ask.clear()
    monkeypatch.setattr(versions, "written", lambda: before - 1)
    closed_energy.flows(SYSTEM, [meter], months)
    assert ask == [1], "both months of it"
