"""A site's calendar: its official holidays, its own days, its hours; kept by its administrators."""

from datetime import date

import pytest

from models.calendars import Period
from store.errors import NotFound, Refused
from store.records.plant import calendar_files, calendars
from tests.store.records.world import World

JULY = (date(2026, 7, 1), date(2026, 7, 7))


def test_a_site_without_a_calendar_has_no_holidays_and_is_always_open(world: World) -> None:
    scope, site = world.scope("north viewer"), world.sites["north"]
    assert calendars.holidays(scope, site, *JULY) == {}
    found = calendars.calendar(scope, site)
    assert found.day_kinds(*JULY) == ["weekday"] * 3 + ["weekend"] * 2 + ["weekday"] * 2
    assert found.opening == calendars.ALWAYS_OPEN


def test_a_site_keeps_official_holidays_observed_ones_too_and_its_own(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    calendars.keep_holidays_of(scope, site, "us")
    calendars.add_period(scope, site, Period("holiday", date(2026, 7, 1), date(2026, 7, 1), "Founders' day"))
    calendars.add_period(scope, site, Period("working", date(2026, 7, 4), date(2026, 7, 4), "Open house"))
    found = calendars.holidays(scope, site, *JULY)
    assert list(found) == [date(2026, 7, 1), date(2026, 7, 3)]
    assert found[date(2026, 7, 1)] == "Founders' day"
    kinds = calendars.calendar(scope, site).day_kinds(*JULY)
    assert kinds == ["holiday", "weekday", "holiday", "weekend", "weekend", "weekday", "weekday"]
    assert calendars.holidays(world.scope("south admin"), world.sites["south"], *JULY) == {}


def test_a_part_of_a_country_is_found_by_its_code_in_either_case(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    calendars.keep_holidays_of(scope, site, "DE", "by")
    assert calendars.calendar(scope, site)[:2] == ("DE", "BY")
    calendars.keep_holidays_of(scope, site, "")
    assert calendars.calendar(scope, site)[:2] == ("", "")


@pytest.mark.parametrize(
    ("country", "part", "says", "about"),
    [
        ("XX", "", "no holidays are known", "country"),
        ("DE", "XX", r"BY \(Bayern\)", "subdivision"),
        ("IS", "XX", "the same everywhere", "subdivision"),
        ("", "BY", "choose that first", "subdivision"),
    ],
)
def test_a_country_that_is_not_known_is_refused_beside_its_field(
    world: World, country: str, part: str, says: str, about: str
) -> None:
    with pytest.raises(Refused, match=says) as refused:
        calendars.keep_holidays_of(world.scope("north admin"), world.sites["north"], country, part)
    assert refused.value.about == about


def test_hours_are_kept_as_they_were_said(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    week = [[(13 * 60, 17 * 60), (8 * 60, 12 * 60)]] * 5 + [[(22 * 60, 2 * 60)], []]
    calendars.set_opening_hours(scope, site, week)
    found = calendars.calendar(scope, site).opening
    assert (found[0], found[5], found[6]) == (((480, 720), (780, 1020)), ((1320, 120),), ())


@pytest.mark.parametrize(
    "hours", [[(480, 1500)], [(-1, 20)], [(480, 720), (700, 800)], [(0, 1), *[(60 * n, 60 * n + 1) for n in range(1, 7)]]]
)
def test_hours_that_cannot_be_are_refused(world: World, hours: list[tuple[int, int]]) -> None:
    with pytest.raises(Refused):
        calendars.set_opening_hours(world.scope("north admin"), world.sites["north"], [hours] * 7)


def test_own_days_are_changed_and_deleted(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    kept = calendars.add_period(scope, site, Period("school", date(2026, 7, 6), date(2026, 8, 16), "Summer"))
    calendars.change_period(scope, site, kept.id, Period("shutdown", date(2026, 7, 6), date(2026, 7, 7), "Works"))
    [found] = calendars.periods(scope, site)
    assert (found.kind, found.name, found.last_day) == ("shutdown", "Works", date(2026, 7, 7))
    assert calendars.calendar(scope, site).day_kinds(*JULY)[-2:] == ["shutdown"] * 2
    with pytest.raises(NotFound):
        calendars.delete_period(world.scope("south admin"), world.sites["south"], kept.id)
    calendars.delete_period(scope, site, kept.id)
    assert calendars.periods(scope, site) == []


@pytest.mark.parametrize(
    ("period", "says"),
    [
        (Period("holiday", date(2026, 7, 2), date(2026, 7, 1), "Backwards"), "cannot end before"),
        (Period("holiday", date(2026, 7, 1), date(2026, 7, 1), " "), "a name"),
        (Period("party", date(2026, 7, 1), date(2026, 7, 1), "Party"), "no days"),
        (Period("holiday", date(1066, 7, 1), date(2026, 7, 1), "Long"), "not of our time"),
    ],
)
def test_days_that_cannot_be_are_refused(world: World, period: Period, says: str) -> None:
    with pytest.raises(Refused, match=says):
        calendars.add_period(world.scope("north admin"), world.sites["north"], period)


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_changes_its_calendar(world: World, who: str, error: type[Exception]) -> None:
    scope, site = world.scope(who), world.sites["north"]
    kept = calendars.add_period(world.scope("north admin"), site, Period("school", *JULY, "Summer"))
    for act in (
        lambda: calendars.keep_holidays_of(scope, site, "DE"),
        lambda: calendars.set_opening_hours(scope, site, [[]] * 7),
        lambda: calendars.add_period(scope, site, Period("school", *JULY, "Summer")),
        lambda: calendars.change_period(scope, site, kept.id, Period("school", *JULY, "Summer")),
        lambda: calendars.delete_period(scope, site, kept.id),
    ):
        with pytest.raises(error):
            act()


def test_a_stranger_sees_no_calendar(world: World) -> None:
    for look in (calendars.calendar, calendars.periods):
        with pytest.raises(NotFound):
            look(world.scope("south admin"), world.sites["north"])


def test_a_file_adds_and_changes_days_and_then_all_of_them_are_the_same(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    kept = calendars.add_period(scope, site, Period("school", date(2026, 7, 6), date(2026, 8, 16), "Summer"))
    text = f"id,name,kind,from,to\n{kept.id},Summer,school,2026-07-06,2026-08-17\n,Works,Shutdown,2026-12-24,\n"
    tried = calendar_files.try_file(scope, site, text)
    assert [(each.does, each.words) for each in tried] == [
        ("changed", "school holidays, 2026-07-06 – 2026-08-17"),
        ("new", "closed (shutdown), 2026-12-24"),
    ]
    assert len(calendars.periods(scope, site)) == 1
    calendar_files.import_file(scope, site, text)
    exported = "".join(calendar_files.export_file(scope, site))
    assert {each.does for each in calendar_files.try_file(scope, site, exported)} == {"same"}
    without_ids = "name,kind,from\nWorks,shutdown,2026-12-24\n"
    assert [each.does for each in calendar_files.try_file(scope, site, without_ids)] == ["same"]
    assert len("".join(calendar_files.export_file(scope, site, "WORKS")).splitlines()) == 2


def test_a_file_with_a_line_that_cannot_be_changes_nothing(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    text = "id,name,kind,from\n,A,school,2026-01-01\n,B,school,soon\n,C,party,2026-01-01\ncal_x,D,school,2026-01-01\n"
    problems = [each.problem for each in calendar_files.try_file(scope, site, text)]
    for problem, says in zip(problems[1:], ("is not a day", "no days", "the calendar has no days"), strict=True):
        assert says in problem
    with pytest.raises(Refused, match="nothing was imported"):
        calendar_files.import_file(scope, site, text)
    assert calendars.periods(scope, site) == []
    for who, error in (("north operator", Refused), ("south admin", NotFound)):
        with pytest.raises(error):
            calendar_files.export_file(world.scope(who), site)
