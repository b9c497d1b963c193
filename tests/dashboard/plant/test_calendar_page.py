"""Administrators of a site say whose holidays it keeps, when it is open and which days are its own; nobody else does."""

from datetime import date, timedelta

import pytest

from config import clock
from models.calendars import Period
from store.records.plant import calendars
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, said, upload
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

CLOSED = {f"day{at}": "" for at in range(7)}


def test_official_holidays_are_chosen_and_the_coming_year_shows_them(world: World) -> None:
    browser = world.client("admin")
    assert "No holiday and no closed day" in shown(browser, f"/site/{world.site}/holidays")
    assert "Saved" in said(fill(world, browser, "holidays", world.site, country="DE", part="by"))
    page = shown(browser, f"/site/{world.site}/holidays")
    assert "Epiphany" in page
    assert "Christmas Day" in page
    assert calendars.calendar(SYSTEM, world.site)[:2] == ("DE", "BY")
    assert "BW (Baden-Württemberg)" in said(fill(world, browser, "holidays", world.site, country="DE", part="XX"))
    assert "Saved" in said(fill(world, browser, "holidays", world.site, country="none", part=""))
    assert "No holiday and no closed day" in shown(browser, f"/site/{world.site}/holidays")


def test_opening_hours_are_written_by_weekday(world: World) -> None:
    browser = world.client("admin")
    assert "00:00-24:00" in shown(browser, f"/site/{world.site}/holidays")
    given = CLOSED | {"day0": "8:00 – 12:00, 13:00-17:00", "day5": "22:00-02:00"}
    assert "Saved" in said(fill(world, browser, "opening", world.site, **given))
    opening = calendars.calendar(SYSTEM, world.site).opening
    assert opening == (((480, 720), (780, 1020)), (), (), (), (), ((1320, 120),), ())
    assert "08:00-12:00, 13:00-17:00" in shown(browser, f"/site/{world.site}/holidays")


@pytest.mark.parametrize(
    ("hours", "says"), [("8-17", "like"), ("08:00-25:00", "no clock shows"), ("08:00-12:00, 11:00-13:00", "overlap")]
)
def test_hours_that_cannot_be_are_said_beside_their_day(world: World, hours: str, says: str) -> None:
    told = said(fill(world, world.client("admin"), "opening", world.site, **(CLOSED | {"day2": hours})))
    assert says in told
    assert calendars.calendar(SYSTEM, world.site).opening == calendars.ALWAYS_OPEN


def test_days_of_its_own_are_added_changed_and_deleted(world: World) -> None:
    browser = world.client("admin")
    tomorrow = clock.now().date() + timedelta(days=2)
    given = {"name": "Works", "kind": "shutdown", "first": f"{tomorrow}", "last": ""}
    assert "Works added" in said(fill(world, browser, "period", world.site, **given))
    [kept] = calendars.periods(SYSTEM, world.site)
    assert (kept.first_day, kept.last_day) == (tomorrow, tomorrow)
    page = shown(browser, f"/site/{world.site}/holidays")
    assert "closed (shutdown)" in page
    assert "cannot end before" in act(
        browser, "periods", world.site, "edit", kept.id, **(given | {"last": f"{tomorrow - timedelta(days=1)}"})
    )
    assert "Saved" in act(browser, "periods", world.site, "edit", kept.id, **(given | {"kind": "school"}))
    [kept] = calendars.periods(SYSTEM, world.site)
    assert kept.kind == "school"
    assert "Deleted" in act(browser, "periods", world.site, "delete", kept.id)
    assert calendars.periods(SYSTEM, world.site) == []


def test_days_of_another_site_are_not_there(world: World) -> None:
    kept = calendars.add_period(SYSTEM, world.foreign_site, Period("school", date(2026, 1, 1), date(2026, 1, 2), "Theirs"))
    assert "no longer exists" in act(world.client("root"), "periods", world.site, "delete", kept.id)


def test_days_are_exported_and_imported_as_a_file_that_is_shown_first(world: World) -> None:
    browser = world.client("admin")
    calendars.add_period(SYSTEM, world.site, Period("school", date(2026, 7, 6), date(2026, 8, 16), "Summer"))
    text = browser.get(f"/site/{world.site}/calendar.csv?search=sum").get_data(as_text=True)
    tried, done = upload(world, browser, "periods", world.site, text + ",Works,shutdown,2026-12-24,\n")
    assert "closed (shutdown), 2026-12-24" in tried
    assert "Imported: 1 new, 1 unchanged" in done
    assert world.client("chief").get(f"/site/{world.site}/calendar.csv").status_code == 404


@pytest.mark.parametrize("who", ["operator", "chief", "resident", None])
def test_only_administrators_of_the_site_find_the_page(world: World, who: str | None) -> None:
    assert world.client(who).get(f"/site/{world.site}/holidays").status_code == (404 if who else 302)
