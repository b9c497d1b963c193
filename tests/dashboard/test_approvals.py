"""One queue of what waits: said yes or no to with a reason, which goes by mail; its length stands in the navigation."""

import re
from datetime import UTC, datetime, timedelta

from store.records.access import claims, grants, policy
from store.records.people import inbox, mail, registration, users
from store.records.plant import meters
from store.scope import SYSTEM
from tests.dashboard.pressing import press, rows
from tests.dashboard.world import PASSWORD, World


def _claim(world: World) -> str:
    meter = meters.create_meter(SYSTEM, site_id=world.site, name="Flat 4", role="condition")
    return claims.claim_meter(policy.scope_of(world.people["resident"]), claims.claim_code(SYSTEM, meter.id), "I moved in").id


def _joins(world: World) -> str:
    asked = registration.join_organisation(
        organisation="Northern Power", email="new@example.org", name="Newcomer", password=PASSWORD
    )
    registration.verify_address(asked.token, PASSWORD)
    return users.user(SYSTEM, "new@example.org").id


def _client(world: World, who: str):
    browser = world.client(who)
    browser.get("/account")
    return browser


def _answer(browser, act: str, key: str, reason: str = "") -> str:
    return rows(press(browser, "approvals", do="act", act=act, row=key, given={"reason": reason}))


def test_everything_that_waits_stands_in_one_queue(world: World) -> None:
    _claim(world)
    _joins(world)
    registration.verify_address(
        registration.found_organisation(organisation="Mill", email="miller@example.org", name="Miller", password=PASSWORD).token,
        PASSWORD,
    )
    found = rows(press(_client(world, "root"), "approvals"))
    for words in ("Flat 4", "I moved in", "Newcomer", "Mill", "1–3 of 3"):
        assert words in found
    of_one_kind = rows(press(_client(world, "root"), "approvals", chosen={"kind": "meter"}))
    assert "1–1 of 1" in of_one_kind
    assert "Newcomer" not in of_one_kind


def test_yes_is_asked_once_done_and_mailed_with_the_reason(world: World) -> None:
    asked, browser = _claim(world), _client(world, "admin")
    question = rows(press(browser, "approvals", do="ask", act="yes", row=asked))
    assert "Resident sees Flat 4, and what it measured since it has been theirs" in question
    assert "told by mail" in _answer(browser, "yes", asked, "welcome\r\nto the house")
    assert grants.assignments(SYSTEM, user_id=world.people["resident"])[0].meter.name == "Flat 4"
    (letter,) = mail.outbox(SYSTEM)
    assert letter.recipient == "resident@example.org"
    assert "welcome to the house" in letter.text


def test_whoever_approves_a_claim_says_since_when_the_meter_is_theirs_by_the_sites_clocks(world: World) -> None:
    asked, browser = _claim(world), _client(world, "admin")
    said = rows(press(browser, "approvals", do="act", act="yes", row=asked, given={"since": "July"}))
    assert "is not a date or time" in said
    rows(press(browser, "approvals", do="act", act="yes", row=asked, given={"since": "2026-07-01"}))
    (assigned,) = grants.assignments(SYSTEM, user_id=world.people["resident"])
    assert assigned.grant.valid_from == datetime(2026, 6, 30, 23, tzinfo=UTC)  # London's summer time


def test_a_claim_does_not_reach_back_into_the_time_of_the_former_resident(world: World) -> None:
    asked, browser = _claim(world), _client(world, "admin")
    meter = inbox.waiting(SYSTEM, asked).site_id and meters.meters_of(SYSTEM, world.site)[0].id
    day = datetime(2026, 7, 1, tzinfo=UTC)
    former = users.create_user(
        SYSTEM, email="former@example.org", name="Former", password=None, organisation_id=None, role=None
    ).id
    grants.create_grant(SYSTEM, user_id=former, meter_id=meter, valid_from=day, valid_to=day + timedelta(days=31))
    said = rows(press(browser, "approvals", do="act", act="yes", row=asked, given={"since": "2026-07-20"}))
    assert "somebody else's in that time" in said
    assert "Approved" in rows(press(browser, "approvals", do="act", act="yes", row=asked, given={"since": "2026-08-02"}))


def test_no_changes_nothing_but_tells_why(world: World) -> None:
    newcomer, browser = _joins(world), _client(world, "admin")
    assert "Not approved" in _answer(browser, "no", newcomer, "not one of ours")
    assert users.user(SYSTEM, newcomer).approval == "rejected"
    assert "not one of ours" in mail.outbox(SYSTEM)[0].text


def test_what_was_decided_already_is_said_and_mails_nobody(world: World) -> None:
    asked, browser = _claim(world), _client(world, "admin")
    _answer(browser, "no", asked)
    assert "decided already" in _answer(browser, "yes", asked)
    assert len(mail.outbox(SYSTEM)) == 1


def test_nobody_decides_about_what_waits_for_others(world: World) -> None:
    asked, newcomer = _claim(world), _joins(world)
    browser = _client(world, "chief")
    assert "Newcomer" not in rows(press(browser, "approvals"))
    for each in (asked, newcomer, "usr_unknown", "nothing"):
        assert "you may not change it" in _answer(browser, "yes", each)
    assert inbox.pending_count(SYSTEM) == 2


def test_the_navigation_says_how_much_waits(world: World) -> None:
    def mark() -> str | None:
        page = _client(world, "admin").get("/admin/users").get_data(as_text=True)
        found = re.search(r'data-count-of="admin-approvals"\s*(hidden)?><span>(\d+)', page)
        return None if found is None or found[1] else found[2]

    assert mark() is None
    _claim(world)
    assert mark() == "1"


def test_whoever_administers_a_site_by_a_grant_decides_about_its_meters(world: World) -> None:
    assert world.client("stranger").get("/admin/approvals").status_code == 404
    grants.create_grant(SYSTEM, user_id=world.people["stranger"], site_id=world.site, role="admin")
    asked, browser = _claim(world), _client(world, "stranger")
    assert "Approved" in _answer(browser, "yes", asked)


def test_a_yes_on_the_users_page_is_mailed_as_one_in_the_queue(world: World) -> None:
    newcomer, browser = _joins(world), _client(world, "admin")
    assert "told so by mail" in rows(press(browser, "users", do="act", act="approve", row=newcomer, given={}))
    (letter,) = mail.outbox(SYSTEM)
    assert (letter.recipient, letter.subject) == ("new@example.org", "Your account was approved")
    assert inbox.pending_count(SYSTEM) == 0
