"""An administrator sees what a counter counted from reading to reading, and what happened to it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboard.live.markup import markup
from dashboard.plant.counter import last_readings
from store.records.plant import declarations
from store.scope import SYSTEM
from tests.dashboard.live_world import LiveWorld


def test_the_last_readings_stand_with_what_was_counted_and_what_happened(site: LiveWorld) -> None:
    labs, zone = site.meters["labs"], ZoneInfo("Europe/London")
    assert last_readings(SYSTEM, labs, zone) is None, "a meter without a counter"
    start = datetime.now(UTC) - timedelta(hours=1)
    declarations.declare_energy(SYSTEM, labs, method="counter", interval_s=60, valid_from=start - timedelta(hours=1))
    said = last_readings(SYSTEM, labs, zone)
    assert said is not None
    assert "not read" in markup(said)
    moments = [start + timedelta(minutes=n) for n in range(4)]
    site.history({("labs", "energy_total_kwh"): [1000.0, 1001.5, 0.25, 1.0]}, moments)
    shown = last_readings(SYSTEM, labs, zone)
    assert shown is not None
    text = markup(shown)
    for words in ("1\u202f001.500 kWh", "1.500 kWh", "0.750 kWh", "began again from zero", "–"):
        assert words in text
    assert text.index("0.750 kWh") < text.index("1.500 kWh"), "the newest first"
