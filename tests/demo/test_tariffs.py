"""The demo's tariffs are built as real ones are, hold without a gap, and changed once in the past."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from demo.campus import campus
from demo.homes import homes
from demo.plant import Plant
from demo.tariffs import TARIFFS, dated
from models.tariff_components import Demand, Fixed, Market, Tax
from store.records.plant import tariffs
from store.records.schema.dated import gaps
from store.scope import SYSTEM
from tests.demo.conftest import Demo

PLANTS = (campus(), homes())


@pytest.mark.parametrize("site", PLANTS, ids=lambda site: site.key)
@pytest.mark.parametrize("month", range(1, 13))
def test_within_a_year_they_changed_once_at_a_local_midnight(site: Plant, month: int) -> None:
    zone, until = ZoneInfo(site.time_zone), datetime(2026, month, 1, 9, tzinfo=UTC)
    start = until.replace(year=2025)
    (since, _before), (changed, now) = dated(TARIFFS[site.key], start, until, zone)
    local = changed.astimezone(zone)
    assert since == start < changed < until
    assert ((local.month, local.day), local.hour, local.minute) == (now.begins, 0, 0)


def test_of_a_short_history_only_what_held_in_it_is_there() -> None:
    zone, until = ZoneInfo("Europe/London"), datetime(2026, 6, 24, tzinfo=UTC)
    [(since, only)] = dated(TARIFFS["campus"], until.replace(day=1), until, zone)
    assert (since, only) == (until.replace(day=1), TARIFFS["campus"][-1])


def test_the_campus_pays_by_hours_seasons_peak_and_month_and_the_homes_by_the_market() -> None:
    for tariff in TARIFFS["campus"]:
        assert {type(each) for each in tariff.components} == {Fixed, Demand, Tax}
        assert len({(each.first_day, each.last_day) for each in tariff.hours}) == 2
        assert {each.days for each in tariff.hours} == {"weekday"}
    for tariff in TARIFFS["homes"]:
        assert {type(each) for each in tariff.components} == {Market, Tax}


def test_they_hold_from_the_first_reading_on_without_a_gap(demo: Demo) -> None:
    for site in PLANTS:
        kept = tariffs.tariffs(SYSTEM, demo.known.sites[site.key])
        assert kept
        assert gaps(kept) == []
        assert min(each.valid_from for each in kept).timestamp() == demo.known.start
        assert kept[-1].name == TARIFFS[site.key][-1].name
