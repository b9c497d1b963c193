"""The calendar says of each day what it used, and leads from day to day; to whoever sees the site, of what they see."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from dashboard.energy import calendar_asked
from dashboard.energy.calendar_asked import YEAR
from insight.shared import shared
from models import local_time
from models.emissions import CERTIFICATE, Factor
from store.records.plant import emission_factors, tariffs
from store.scope import SYSTEM
from store.series import energy
from tests.dashboard.pages import shown
from tests.dashboard.quality.conftest import Measured
from tests.store.series.conftest import LONG_AGO

TODAY = date(2026, 3, 31)


def test_a_month_says_what_each_day_used_and_how_sure_that_is(measured: Measured) -> None:
    browser, site = measured.world.client("operator"), measured.world.site
    day = measured.day.date()
    page = shown(browser, f"/site/{site}/calendar?of={measured.meter}&day={day}")
    start, end = local_time.days(day, day, ZoneInfo("Europe/London"))
    kwh = energy.energy(SYSTEM, [measured.meter], start, end).loc[measured.meter, "forward_kwh"]
    assert kwh > 20
    assert f"{kwh:.1f} kWh" in page
    assert "too few days like it to compare with" in page
    assert "% of the readings" in page
    assert f"/site/{site}/calendar?of={measured.meter}&day={day - timedelta(days=1)}" in page
    assert "Power through the day" in page
    year = shown(browser, f"/site/{site}/calendar?of={measured.meter}&view=year&day={day}")
    assert f"/site/{site}/calendar?of={measured.meter}&day={day}" in year
    assert "December" in year
    assert "no data" in shown(browser, f"/site/{site}/calendar?of={measured.meter}&day={day - timedelta(days=400)}")


def test_a_site_with_certificates_tells_co2_by_the_market_beside_that_of_the_grid(measured: Measured) -> None:
    browser, site, day = measured.world.client("operator"), measured.world.site, measured.day.date()
    address = f"/site/{site}/calendar?of={measured.meter}&day={day}"
    tariffs.create_tariff(
        SYSTEM, site, name="Grid", import_price_per_kwh=0.3, export_price_per_kwh=0, co2_g_per_kwh=400, valid_from=LONG_AGO
    )
    assert "market-based" not in shown(browser, address)
    emission_factors.add_factor(SYSTEM, site, Factor(CERTIFICATE, "Wind", LONG_AGO.date(), None, 0.0, share=1.0))
    shared.clear()
    page = shown(browser, address)
    assert "(market-based 0" in page
    assert "CO₂, market-based" in page


def test_nobody_is_shown_the_days_of_what_they_do_not_see(measured: Measured) -> None:
    world = measured.world
    assert world.client("stranger").get(f"/site/{world.site}/calendar").status_code == 404
    for what in (measured.meter, "nod_nothing", "<script>"):
        assert world.client("chief").get(f"/site/{world.foreign_site}/calendar?of={what}").status_code in (200, 404)
        assert measured.meter not in world.client("chief").get(f"/site/{world.foreign_site}/calendar?of={what}").text
    assert world.client("operator").get(f"/site/{world.site}/calendar?of=mtr_nothing").status_code == 404


def test_a_site_without_meters_says_what_will_be_here(measured: Measured) -> None:
    assert "No meter yet" in shown(measured.world.client("chief"), f"/site/{measured.world.foreign_site}/calendar")


@pytest.mark.parametrize(
    ("view", "day", "first", "last"),
    [
        ("", "", date(2026, 3, 1), date(2026, 3, 31)),
        ("month", "2024-02-10", date(2024, 2, 1), date(2024, 2, 29)),
        ("year", "2024-02-10", date(2024, 1, 1), date(2024, 12, 31)),
        ("decade", "2999-01-01", date(2026, 3, 1), date(2026, 3, 31)),
        ("month", "0001-01-01", date(1970, 1, 1), date(1970, 1, 31)),
        ("month", "no day", date(2026, 3, 1), date(2026, 3, 31)),
    ],
)
def test_whatever_an_address_says_some_days_are_shown(view: str, day: str, first: date, last: date) -> None:
    asked = calendar_asked.of_address("sit_a", "", view, day, TODAY)
    assert (asked.first, asked.last) == (first, last)


def test_one_cannot_leave_the_time_in_which_there_are_days() -> None:
    newest = calendar_asked.of_address("sit_a", "", YEAR, str(TODAY), TODAY)
    assert (newest.before, newest.after) == (date(2025, 12, 31), None)
    oldest = calendar_asked.of_address("sit_a", "", "month", "1970-01-05", TODAY)
    assert (oldest.before, oldest.after) == (None, date(1970, 2, 1))
