"""What is over is kept ready, and is never other than what the store says."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from config import settings as configuration
from insight import closed_power
from insight.shared import shared
from insight.site_view import site_view
from store.errors import NotFound
from store.records.access import policy
from store.scope import NOBODY, SYSTEM, Scope
from store.series import amendments, checkpoint, power, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.live_world import LiveWorld

HOURS = 60
QUARTER_S, MINUTE_S = 900, 60


@pytest.fixture
def now(site: LiveWorld) -> datetime:
    """The minute that began last; before it lie readings of 60 hours, each within its own minute, all rolled up."""
    configuration.use(site.settings)
    moment = datetime.now(UTC).replace(second=0, microsecond=0)
    site.post_hours(HOURS, moment)
    rollup.catch_up(SYSTEM, moment)
    checkpoint.forget()
    return moment


def shown(site: LiveWorld, scope: Scope, now: datetime, step_s: int, name: str = "labs") -> pd.DataFrame:
    view = site_view(scope, site.site)
    return closed_power.mean_power(scope, view, [site.meters[name]], now - closed_power.READY, now, step_s)


@pytest.mark.parametrize("step_s", [MINUTE_S, QUARTER_S, 3600])
def test_what_is_kept_is_what_the_store_says(site: LiveWorld, now: datetime, step_s: int) -> None:
    said = power.mean_power(SYSTEM, [site.meters["labs"]], now - closed_power.READY, now, step_s)
    for _ in range(2):
        pd.testing.assert_frame_equal(shown(site, SYSTEM, now, step_s), said, check_freq=False, rtol=1e-6)


def test_the_second_to_ask_finds_it_there_and_who_sees_something_else_does_not(site: LiveWorld, now: datetime) -> None:
    before = closed_power.kept()
    for _ in range(2):
        shown(site, SYSTEM, now, QUARTER_S)
    resident = policy.scope_of(site.people["resident"])
    shown(site, resident, now, QUARTER_S, "library")
    after = closed_power.kept()
    assert (after.hits - before.hits, after.misses - before.misses) == (1, 2)
    with pytest.raises(NotFound):
        shown(site, NOBODY, now, QUARTER_S)


def test_corrections_and_late_readings_show_at_once(site: LiveWorld, now: datetime) -> None:
    labs, long_ago = site.meters["labs"], (now - timedelta(hours=30)).replace(minute=0, second=0, microsecond=0)
    quarter, first = pd.Timestamp(long_ago), now - timedelta(hours=HOURS)
    moment = first + timedelta(minutes=-(-(long_ago - first).total_seconds() // 60))
    assert shown(site, SYSTEM, now, QUARTER_S)[labs][quarter] == pytest.approx(35)
    amendments.amend(SYSTEM, labs, "power_kw", moment, 65.0, reason="misread")
    assert rollup.await_applied(["amendments", "late"], PATIENT_S)
    rollup.catch_up(SYSTEM, now)
    checkpoint.forget()
    assert shown(site, SYSTEM, now, QUARTER_S)[labs][quarter] == pytest.approx(37)
    assert shown(site, SYSTEM, now, MINUTE_S)[labs].max() == pytest.approx(65)


def test_what_an_older_program_kept_is_not_shown(site: LiveWorld, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder keeps its cache through an upgrade; an older program may have computed another number."""
    told = power.mean_power

    def of_old(*asked: object) -> pd.DataFrame:
        return 2 * told(*asked)

    assert closed_power.FORMAT > 1
    for number in range(1, closed_power.FORMAT):
        with monkeypatch.context() as older:
            older.setattr(closed_power, "FORMAT", number)
            older.setattr(power, "mean_power", of_old)
            for step_s in (QUARTER_S, 3600):
                shown(site, SYSTEM, now, step_s)
    for step_s in (QUARTER_S, 3600):
        said = told(SYSTEM, [site.meters["labs"]], now - closed_power.READY, now, step_s)
        pd.testing.assert_frame_equal(shown(site, SYSTEM, now, step_s), said, check_freq=False, rtol=1e-6)


def test_where_energy_comes_from_is_part_of_what_is_kept(site: LiveWorld, now: datetime) -> None:
    from store.records.plant import declarations

    labs = site.meters["labs"]
    assert shown(site, SYSTEM, now, QUARTER_S)[labs].notna().any()
    declarations.declare_energy(SYSTEM, labs, method="interval", interval_s=900, valid_from=now - timedelta(hours=55))
    shared.clear()
    assert shown(site, SYSTEM, now, QUARTER_S)[labs].isna().all()


def test_what_is_too_old_is_forgotten(site: LiveWorld, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    shown(site, SYSTEM, now, QUARTER_S)
    assert closed_power.kept().pieces > 0
    later = time.time() + site.settings.closed_cache_minutes * 60 + 1
    monkeypatch.setattr("diskcache.core.time.time", lambda: later)
    closed_power.forget_expired()
    assert closed_power.kept().pieces == 0


def test_a_cache_that_cannot_be_used_breaks_no_page(site: LiveWorld, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_home: object) -> object:
        raise OSError("no space left on device")

    monkeypatch.setattr(closed_power, "_cache", broken)
    assert shown(site, SYSTEM, now, QUARTER_S)[site.meters["labs"]].dropna().iloc[0] == pytest.approx(35)
    assert closed_power.kept() == closed_power.Kept(0, 0, 0, 0)


def test_of_a_large_site_minutes_are_read_of_the_meter_that_is_looked_at_and_of_no_other(
    site: LiveWorld, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, set[str]]] = []
    read = power.mean_power

    def noted(scope: Scope, meter_ids: list[str], start: datetime, end: datetime, step_s: int, *more: Any) -> pd.DataFrame:
        asked.append((step_s, {*meter_ids}))
        return read(scope, meter_ids, start, end, step_s, *more)

    monkeypatch.setattr(power, "mean_power", noted)
    monkeypatch.setattr(closed_power, "TOGETHER", 3)
    closed_power.make_ready(SYSTEM, site.site)
    assert {step_s for step_s, _ in asked} == {QUARTER_S}, "nobody waits for minutes of every meter after a sign-in"
    asked.clear()
    shown(site, SYSTEM, now, MINUTE_S)
    assert asked == [(MINUTE_S, {site.meters["labs"]})]
