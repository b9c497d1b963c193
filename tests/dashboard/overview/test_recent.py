"""What the attention panel tells of the last day: what is over, and nothing that still lasts."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.energy.calendar_events import concerns
from dashboard.live.recent import words
from insight import recent, subjects
from insight.now import now_of
from insight.recent import Excursion, Silence
from store.records.access import policy
from store.scope import SYSTEM
from tests.dashboard.live_world import POWER, LiveWorld

HOURS = 5


def a_day_with(site: LiveWorld, volts: float, silent: timedelta, now: datetime) -> None:
    """Five hours of a reading a minute: the labs' voltage went away for twenty minutes, and an hour later their device."""
    ago = [timedelta(minutes=minute) for minute in range(HOURS * 60, 0, -1)]
    begun = timedelta(hours=2)
    quiet = [each for each in ago if not begun - silent < each <= begun]
    site.history(
        {(name, "power_kw"): [kw] * len(ago) for name, kw in POWER.items() if name != "labs"}, [now - each for each in ago]
    )
    site.history({("labs", "power_kw"): [50.0] * len(quiet)}, [now - each for each in quiet])
    away = [timedelta(hours=3) - timedelta(minutes=20) < each <= timedelta(hours=3) for each in ago]
    site.history({("labs", "voltage_v"): [volts if each else 230.0 for each in away]}, [now - each for each in ago])
    site.post({(name, "power_kw"): kw for name, kw in POWER.items()} | {("labs", "voltage_v"): 230.0}, now)


def test_what_was_silent_and_what_left_its_limits_is_told_when_it_is_over(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    a_day_with(site, 196.0, timedelta(minutes=75), now)
    found = recent.events(SYSTEM, now_of(SYSTEM, site.site), 8)
    assert [type(each) for each in found] == [Silence, Excursion], "the newest first"
    silence, excursion = found
    assert words(silence) == "Labs device was silent"
    assert abs(silence.start - (now - timedelta(hours=2))) <= timedelta(minutes=15)
    assert abs(silence.end - (now - timedelta(minutes=45))) <= timedelta(minutes=15)
    assert isinstance(excursion, Excursion)
    assert words(excursion) == "Voltage at Labs down to 196 V"
    assert excursion.severity == "high"
    assert abs(excursion.start - (now - timedelta(hours=3))) <= timedelta(minutes=5)
    assert abs((excursion.end - excursion.start) - timedelta(minutes=20)) <= timedelta(minutes=5)
    assert (
        recent.events(policy.scope_of(site.people["resident"]), now_of(policy.scope_of(site.people["resident"]), site.site), 8)
        == []
    )


@pytest.mark.parametrize("volts", [210.0, 230.0])
def test_nothing_is_told_of_a_day_within_its_limits_and_without_a_gap(site: LiveWorld, volts: float) -> None:
    a_day_with(site, volts, timedelta(0), datetime.now(UTC))
    assert recent.events(SYSTEM, now_of(SYSTEM, site.site), 8) == []


def test_what_still_lasts_is_not_over(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    times = [now - timedelta(minutes=minute) for minute in range(120, 0, -1)]
    site.history({("labs", "voltage_v"): [230.0] * 60 + [196.0] * 60, ("labs", "power_kw"): [50.0] * 120}, times)
    site.post({("labs", "voltage_v"): 196.0, ("labs", "power_kw"): 50.0}, now)
    assert recent.events(SYSTEM, now_of(SYSTEM, site.site), 8) == []


def test_the_days_chart_has_what_happened_to_what_the_calendar_is_of(site: LiveWorld) -> None:
    now = datetime.now(UTC)
    a_day_with(site, 196.0, timedelta(minutes=75), now)
    seen = now_of(SYSTEM, site.site)
    found = recent.between(SYSTEM, seen, now - timedelta(hours=4), now)
    assert [type(each) for each in found] == [Silence, Excursion]
    labs, solar = (subjects.subject(seen.view, site.meters[name]) for name in ("labs", "pv"))
    assert all(concerns(each, subjects.subject(seen.view, ""), seen.view) for each in found)
    assert all(concerns(each, labs, seen.view) for each in found)
    assert not any(concerns(each, solar, seen.view) for each in found)
    assert recent.between(SYSTEM, seen, now - timedelta(minutes=150), now - timedelta(minutes=125)) == []
