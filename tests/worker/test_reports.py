"""A report by the clock goes to each recipient in their own scope, once, as a PDF by mail."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from config import clock
from insight.reports import gathering
from insight.reports.numbers import Report
from models.report_asked import Asked
from store.records.jobs import asking, working
from store.records.jobs.kinds import REPORT, OfReport
from store.records.people import mail, preferences, users
from store.records.plant import report_schedules, reports
from store.records.plant.report_schedules import Terms
from store.records.schema import Job
from store.records.schema.listing import Wanted
from store.scope import SYSTEM, Scope
from tests.reporting.made_up import report, total
from tests.store.conftest import databases, databases_of, world
from tests.store.records.world import World
from worker import scheduled_reports
from worker.tasks import report as task

__all__ = ["databases", "databases_of", "world"]


@pytest.fixture
def gathered(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """The scopes that numbers are gathered with; the numbers are made up, for there is no QuestDB here."""
    scopes: list[Scope] = []

    def gather(scope: Scope, asked: Asked, progress: gathering.Progress) -> Report:
        scopes.append(scope)
        progress(0.5)
        told = report(told=total(3000.0, asked.first, asked.last))
        return msgspec.structs.replace(told, asked=asked, seen=msgspec.structs.replace(told.seen, meters=[]))

    monkeypatch.setattr(task, "gather", gather)
    assert gathering.gather is not gather
    return scopes


@pytest.fixture
def scheduled(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The id of a monthly schedule of the north for its administrator and a viewer, whose turn has come."""
    made = report_schedules.create_schedule(
        world.scope("north admin"), world.sites["north"], Terms("North Homes", "month"), ["north.viewer@example.org"]
    )
    monkeypatch.setattr(clock, "now", lambda: made.next_at + timedelta(minutes=1))
    yield made.id


def jobs() -> list[Job]:
    return [each for each in asking.jobs(SYSTEM, Wanted()).rows if each.kind == REPORT.name]


def work(job: Job) -> dict[str, str]:
    scope = working.scope_for(SYSTEM, job)
    assert scope is not None
    return task.make(scope, msgspec.convert(job.arguments, OfReport), lambda *_: None)


def test_each_recipient_gets_their_own_once_with_the_pdf(world: World, scheduled: str, gathered: list[Scope]) -> None:
    assert scheduled_reports.ask(SYSTEM) == 2
    assert scheduled_reports.ask(SYSTEM) == 0  # the next turn is a month away
    asked = jobs()
    assert {each.user_id for each in asked} == {world.people["north admin"], world.people["north viewer"]}
    made = [work(each)["report_id"] for each in asked]
    assert {each.user_id for each in gathered} == {each.user_id for each in asked}
    letters = [each for each in mail.take_due(SYSTEM, 10) if each.kind == "report"]
    assert {each.recipient for each in letters} == {"north.admin@example.org", "north.viewer@example.org"}
    for each in letters:
        assert (each.file or b"").startswith(b"%PDF")
        assert str(each.file_name).endswith(".pdf")
        assert any(f"/site/{world.sites['north']}/report/{report_id}" in each.text for report_id in made)
    assert [work(each) for each in asked] == [{}, {}]  # begun again after a kill: what was made is not made twice
    assert mail.take_due(SYSTEM, 10) == []


def test_the_days_are_those_of_the_month_that_has_ended(world: World, scheduled: str) -> None:
    scheduled_reports.ask(SYSTEM)
    [first, *_others] = jobs()
    told = msgspec.convert(first.arguments, OfReport)
    now = clock.now()
    assert told.last.day >= 28
    assert (now.date() - told.last).days == 1
    assert (told.first.day, told.first.month) == (1, told.last.month)


def test_however_long_nobody_asked_there_is_one_report(world: World, scheduled: str, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now() + timedelta(days=200)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert scheduled_reports.ask(SYSTEM) == 2
    assert report_schedules.due(SYSTEM, later) == []


def test_whoever_sees_the_site_no_more_gets_nothing(world: World, scheduled: str, gathered: list[Scope]) -> None:
    users.set_approval(SYSTEM, world.people["north viewer"], "disabled")
    assert scheduled_reports.ask(SYSTEM) == 1
    assert [each.user_id for each in jobs()] == [world.people["north admin"]]


def test_whoever_wants_no_such_mail_has_the_report_all_the_same(world: World, scheduled: str, gathered: list[Scope]) -> None:
    preferences.choose_notification(world.scope("north viewer"), "report", "mail", False)
    scheduled_reports.ask(SYSTEM)
    for each in jobs():
        work(each)
    assert [each.recipient for each in mail.take_due(SYSTEM, 10)] == ["north.admin@example.org"]
    assert reports.own_reports(world.scope("north viewer"), world.sites["north"], Wanted()).total == 1


def test_one_that_was_asked_for_on_a_page_is_kept_and_sent_to_nobody(world: World, gathered: list[Scope]) -> None:
    scope = world.scope("north viewer")
    told = msgspec.structs.replace(report().asked, site_id=world.sites["north"])
    job = asking.ask(scope, REPORT, OfReport.of(told))
    made = work(asking.job(scope, job.id))
    kept = reports.report(scope, made["report_id"])
    assert msgspec.convert(kept.numbers, Report).asked == told
    assert mail.take_due(SYSTEM, 10) == []


def test_of_what_is_asked_for_only_what_a_report_can_be_is_taken(world: World) -> None:
    scope, good = world.scope("north viewer"), msgspec.to_builtins(OfReport.of(report().asked))
    for wrong in ({"kind": "decade"}, {"parts": ["gossip"]}, {"last": "2020-01-01"}, {"subjects": ["nod_1"] * 51}):
        with pytest.raises(Exception, match="cannot be asked for so"):
            asking.ask(scope, REPORT, good | wrong)
