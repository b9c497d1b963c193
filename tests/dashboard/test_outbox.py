"""Platform administrators see what was mailed, read it where there is no mail server, and have it sent again."""

import pytest

from config import settings as configuration
from store.records.access import audit
from store.records.people import mail
from store.scope import SYSTEM
from tests.dashboard.letterbox import send
from tests.dashboard.pressing import press, rows
from tests.dashboard.world import World


@pytest.fixture
def letter(world: World) -> str:
    """The id of a mail that resets the operator's password."""
    send(world.client(), "/forgotten-password", email="operator@example.org")
    return mail.outbox(SYSTEM)[0].id


@pytest.mark.parametrize("who", ["admin", "operator", "resident"])
def test_it_is_for_platform_administrators_alone(world: World, letter: str, who: str) -> None:
    browser = world.client(who)
    assert browser.get("/admin/outbox").status_code == 404
    assert browser.get(f"/admin/outbox/{letter}").status_code == 404
    assert b"/admin/outbox" not in browser.get("/account").data
    assert press(browser, "outbox").status_code == 404


def test_the_list_tells_of_mails_and_not_their_links(world: World, letter: str) -> None:
    page = world.client("root").get("/admin/outbox").get_data(as_text=True)
    assert "Set a new password" in page
    assert "operator@example.org" in page
    assert "has no mail server" in page
    assert "token=" not in page


def test_a_mail_is_read_and_that_it_was_is_noted_once(world: World, letter: str) -> None:
    page = world.client("root").get(f"/admin/outbox/{letter}").get_data(as_text=True)
    assert "new-password?token=" in page
    read = [each for each in audit.entries(SYSTEM) if each.action == "read"]
    assert [(each.actor, each.subject_id) for each in read] == [(world.people["root"], letter)]


def test_an_unknown_mail_is_none(world: World) -> None:
    assert world.client("root").get("/admin/outbox/mai_unknown").status_code == 404


def test_states_and_searches_narrow_the_list(world: World, letter: str) -> None:
    browser = world.client("root")
    browser.get("/admin/outbox")
    assert "Nothing fits" in rows(press(browser, "outbox", chosen={"state": "sent"}))
    assert "Set a new password" in rows(press(browser, "outbox", chosen={"state": "waiting"}))
    assert "Set a new password" in rows(press(browser, "outbox", chosen={"state": "made up"}))
    assert "Set a new password" in rows(press(browser, "outbox", search="operator@"))
    assert "Nothing fits" in rows(press(browser, "outbox", search="nobody@"))


def test_what_was_given_up_is_sent_again(world: World, letter: str) -> None:
    browser = world.client("root")
    assert "Send again" not in browser.get("/admin/outbox").get_data(as_text=True), "nobody would send it"
    configuration.use(world.settings.model_copy(update={"smtp_host": "mail.example.org"}))
    mail.was_refused(SYSTEM, letter, "550 no such box", for_good=True)
    page = browser.get("/admin/outbox").get_data(as_text=True)
    assert "given up: 550 no such box" in page
    assert "Send again" in page
    assert "tried again within seconds" in rows(press(browser, "outbox", do="act", act="again", row=letter))
    assert [each.id for each in mail.take_due(SYSTEM, 5)] == [letter]
    mail.was_sent(SYSTEM, letter)
    assert "no longer kept" in rows(press(browser, "outbox", do="act", act="again", row=letter))
    assert "no longer kept" in browser.get(f"/admin/outbox/{letter}").get_data(as_text=True)


def test_an_act_that_there_is_not_does_nothing(world: World, letter: str) -> None:
    browser = world.client("root")
    browser.get("/admin/outbox")
    assert "no longer exists" in rows(press(browser, "outbox", do="act", act="burn", row=letter))
