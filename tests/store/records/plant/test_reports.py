"""Reports are opened by whoever sees what they were made from; by the clock each recipient gets their own."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from store.errors import NotFound, Refused
from store.records.access import grants
from store.records.people import users
from store.records.plant import report_schedules, reports
from store.records.plant.report_schedules import Terms
from store.records.plant.reports import Made
from store.records.schema import Report
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.access.log import newest
from tests.store.records.world import BEGAN, World

MARCH = (date(2026, 3, 1), date(2026, 3, 31))
SINCE, UNTIL = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


def kept(world: World, who: str, *parts: str, schedule_id: str | None = None) -> Report:
    """A report of these meters of the north, as far as somebody sees them."""
    scope, site = world.scope(who), world.sites["north"]
    seen = reports.seen_by(scope, site, [world.meters[f"north {part}"] for part in parts], SINCE, UNTIL)
    made = Made("North Homes", "month", *MARCH, {"format": 1, "told": {"kwh": 12.5}}, seen)
    return reports.keep(scope, site, made, schedule_id)


def opens(world: World, who: str, report: Report) -> bool:
    try:
        return reports.report(world.scope(who), report.id).numbers == {"format": 1, "told": {"kwh": 12.5}}
    except NotFound:
        return False


def test_a_report_of_the_whole_site_is_opened_by_whoever_sees_all_of_it(world: World) -> None:
    made = kept(world, "north admin", "grid", "first", "second")
    every = ("root", "north admin", "north viewer", "south admin", "shop viewer", "resident", "stranger")
    assert [who for who in every if opens(world, who, made)] == ["root", "north admin", "north viewer"]


def test_a_residents_report_is_opened_by_them_and_whoever_sees_as_much_but_by_no_neighbour(world: World) -> None:
    made = kept(world, "resident", "first")
    every = ("root", "north viewer", "resident", "neighbour", "stranger", "south admin")
    assert [who for who in every if opens(world, who, made)] == ["root", "north viewer", "resident"]


def test_of_what_its_maker_saw_a_part_of_whoever_opens_it_needs_to_see_no_more(world: World) -> None:
    meter, late = world.meters["north first"], datetime(2026, 3, 15, tzinfo=UTC)
    grants.create_grant(SYSTEM, user_id=world.people["stranger"], site_id=world.sites["north"], valid_from=late)
    scope, site = world.scope("stranger"), world.sites["north"]
    seen = reports.seen_by(scope, site, [meter], SINCE, UNTIL)
    assert seen.held == {meter: [(late, UNTIL)]}
    part = reports.keep(scope, site, Made("Home", "month", *MARCH, {"format": 1, "told": {"kwh": 12.5}}, seen))
    assert [who for who in ("stranger", "north viewer", "neighbour") if opens(world, who, part)] == ["stranger", "north viewer"]
    assert not opens(world, "stranger", kept(world, "north viewer", "first"))  # which is of earlier days too


def test_a_report_of_no_meter_is_nobodys_but_of_those_who_see_the_site(world: World) -> None:
    made = kept(world, "north admin")
    assert opens(world, "north viewer", made)
    assert not opens(world, "resident", made)


def test_everybody_lists_and_deletes_their_own_and_a_deleting_is_noted(world: World) -> None:
    mine, theirs = kept(world, "north admin", "grid"), kept(world, "north viewer", "grid")
    page = reports.own_reports(world.scope("north admin"), world.sites["north"], Wanted(search="north"))
    assert [each.id for each in page.rows] == [mine.id]
    with pytest.raises(NotFound):
        reports.delete_report(world.scope("north admin"), theirs.id)
    reports.delete_report(world.scope("north admin"), mine.id)
    entry = newest()
    assert (entry.action, entry.subject_kind, entry.subject_id) == ("delete", "reports", mine.id)
    assert not opens(world, "north admin", mine)
    with pytest.raises(NotFound):
        reports.own_reports(world.scope("stranger"), world.sites["north"], Wanted())


def test_of_very_many_the_oldest_go_and_old_ones_after_years(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST", 2)
    made = [kept(world, "north admin", "grid") for _ in range(3)]
    page = reports.own_reports(world.scope("north admin"), world.sites["north"], Wanted())
    assert page.total == 2
    assert made[-1].id in {each.id for each in page.rows}
    assert reports.forget(SYSTEM, made[-1].made_at + timedelta(seconds=1)) == 2
    with pytest.raises(Refused):
        reports.forget(world.scope("north admin"), made[-1].made_at)


def test_a_schedule_goes_to_whoever_asks_and_to_those_an_administrator_names(world: World) -> None:
    admin, site = world.scope("north admin"), world.sites["north"]
    made = report_schedules.create_schedule(
        admin, site, Terms("North Homes", "month"), ["North.Viewer@example.org", "resident@example.org"]
    )
    [known] = report_schedules.schedules(admin, site)
    assert known.recipients == ["north.admin@example.org", "north.viewer@example.org", "resident@example.org"]
    [theirs] = report_schedules.schedules(world.scope("north viewer"), site)
    assert (theirs.is_own, theirs.recipients) == (False, ["north.viewer@example.org"])  # nobody is told of the others
    assert made.next_at.astimezone(ZoneInfo("Europe/London")).hour == 6
    assert report_schedules.schedules(world.scope("neighbour"), site) == []


def test_nobody_is_named_who_may_not_see_the_site_and_only_administrators_name_others(world: World) -> None:
    site = world.sites["north"]
    for who, address, says in (
        ("north admin", "stranger@example.org", "may see this site"),
        ("north admin", "south.admin@example.org", "may see this site"),
        ("north admin", "nobody@example.org", "may see this site"),
        ("north viewer", "north.admin@example.org", "only an administrator"),
        ("resident", "neighbour@example.org", "only an administrator"),
    ):
        with pytest.raises(Refused, match=says):
            report_schedules.create_schedule(world.scope(who), site, Terms("x", "week"), [address])
    with pytest.raises(NotFound):
        report_schedules.create_schedule(world.scope("south admin"), site, Terms("x", "week"))
    for terms in (Terms("x", "year"), Terms("x", "week", (), ("gossip",)), Terms("x", "week", ["nod_1"] * 51)):
        with pytest.raises(Refused):
            report_schedules.create_schedule(world.scope("north admin"), site, terms)
    assert report_schedules.due(SYSTEM, datetime(2200, 1, 1, tzinfo=UTC)) == []


def test_a_recipient_leaves_and_the_last_one_ends_it(world: World) -> None:
    admin, site = world.scope("north admin"), world.sites["north"]
    made = report_schedules.create_schedule(admin, site, Terms("North", "week"), ["resident@example.org"])
    with pytest.raises(NotFound):
        report_schedules.leave(world.scope("neighbour"), made.id)
    with pytest.raises(NotFound):
        report_schedules.delete_schedule(world.scope("resident"), made.id)
    report_schedules.leave(world.scope("resident"), made.id)
    assert report_schedules.schedules(admin, site)[0].recipients == ["north.admin@example.org"]
    report_schedules.leave(admin, made.id)
    assert report_schedules.schedules(admin, site) == []


def test_what_was_made_stays_when_its_schedule_goes_and_goes_with_its_person(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    made = report_schedules.create_schedule(world.scope("resident"), site, Terms("Home", "week"))
    mine = kept(world, "resident", "first", schedule_id=made.id)
    assert reports.is_made(world.scope("resident"), made.id, MARCH[0])
    assert not reports.is_made(scope, made.id, MARCH[0])
    report_schedules.delete_schedule(scope, made.id)  # as an administrator of the site
    assert reports.report(world.scope("resident"), mine.id).schedule_id is None
    users.delete_user(SYSTEM, world.people["resident"])
    assert not opens(world, "root", mine)


def test_a_schedule_is_due_at_its_hour_and_once(world: World) -> None:
    made = report_schedules.create_schedule(world.scope("north viewer"), world.sites["north"], Terms("North", "week"))
    assert report_schedules.due(SYSTEM, made.next_at - timedelta(seconds=1)) == []
    [due] = report_schedules.due(SYSTEM, made.next_at)
    assert (due.schedule.id, due.recipients, due.zone.key) == (made.id, [world.people["north viewer"]], "Europe/London")
    report_schedules.turned(SYSTEM, made.id, made.next_at + timedelta(days=7))
    assert report_schedules.due(SYSTEM, made.next_at) == []
    users.delete_user(SYSTEM, world.people["north viewer"])
    assert report_schedules.due(SYSTEM, made.next_at + timedelta(days=7)) == []
    for ours in (
        lambda: report_schedules.due(world.scope("north admin"), BEGAN),
        lambda: report_schedules.turned(world.scope("north admin"), made.id, BEGAN),
        lambda: report_schedules.forget_without_recipients(world.scope("north admin")),
    ):
        with pytest.raises(Refused):
            ours()
