"""The outbox in the records: each mail is taken by one sender."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit
from store.records.people import mail
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import NOBODY, SYSTEM


def _write(i: int) -> str:
    return mail.write_mail(SYSTEM, recipient=f"{i}@example.org", subject="x", text="x", kind="x").id


def test_of_many_senders_each_mail_is_taken_by_one(records: str) -> None:
    written = {_write(i) for i in range(20)}
    with ThreadPoolExecutor(4) as pool:
        taken = [each.id for part in pool.map(lambda _: mail.take_due(SYSTEM, 5), range(8)) for each in part]
    assert len(taken) == len(set(taken))
    assert set(taken) | {each.id for each in mail.take_due(SYSTEM, 50)} == written


def test_what_became_of_a_mail_is_kept(records: str) -> None:
    sent, refused = _write(1), _write(2)
    mail.take_due(SYSTEM, 5)
    mail.was_sent(SYSTEM, sent)
    mail.was_refused(SYSTEM, refused, "451 later", at=now())
    kept = {each.id: each for each in mail.outbox(SYSTEM)}
    assert (kept[sent].text, kept[sent].next_at, kept[refused].text) == ("", None, "x")
    assert kept[refused].next_at > now()
    assert mail.waiting(SYSTEM) == 1
    mail.was_refused(SYSTEM, refused, "550 never", for_good=True)
    assert mail.waiting(SYSTEM) == 0
    assert mail.forget_mails(SYSTEM, now() + timedelta(seconds=1)) == 2


def test_a_mail_that_was_given_up_is_sent_again_and_one_that_was_sent_is_not(records: str) -> None:
    sent, refused = _write(1), _write(2)
    mail.take_due(SYSTEM, 5)
    mail.was_sent(SYSTEM, sent)
    mail.was_refused(SYSTEM, refused, "550 never", for_good=True)
    again = mail.send_again(SYSTEM, refused)
    assert (again.attempts, again.last_error) == (0, None)
    assert [each.id for each in mail.take_due(SYSTEM, 5)] == [refused]
    assert "sent_again" in {each.action for each in audit.entries(SYSTEM)}
    with pytest.raises(Refused, match="was sent"):
        mail.send_again(SYSTEM, sent)
    with pytest.raises(NotFound):
        mail.send_again(SYSTEM, "mai_unknown")


def test_the_outbox_is_searched_sorted_and_told_apart_by_state(records: str) -> None:
    first, second, third = (_write(i) for i in range(3))
    mail.take_due(SYSTEM, 5)
    mail.was_sent(SYSTEM, first)
    mail.was_refused(SYSTEM, second, "550 never", for_good=True)
    for state, found in (("sent", first), ("given_up", second), ("waiting", third)):
        assert [each.id for each in mail.mails(SYSTEM, Wanted(), state=state).rows] == [found]
    page = mail.mails(SYSTEM, Wanted(sort="recipient", descending=True, count=2))
    assert ([each.id for each in page.rows], page.total) == ([third, second], 3)
    assert [each.id for each in mail.mails(SYSTEM, Wanted(search="1@example")).rows] == [second]
    with pytest.raises(Refused, match="no state"):
        mail.mails(SYSTEM, Wanted(), state="lost")
    with pytest.raises(Refused):
        mail.mails(NOBODY, Wanted())
    with pytest.raises(Refused):
        mail.send_again(NOBODY, first)


ME, STRANGER = "somebody", "somebody else"  # as `mail.asker_of` would say


def _asked(kind: str, by: str = ME, recipient: str = "a@example.org") -> None:
    mail.write_mail(SYSTEM, recipient=recipient, subject="x", text="x", kind=kind, asked_by=by)


def test_who_only_names_an_address_has_five_mails_of_a_sort_sent_to_it(records: str) -> None:
    for _ in range(mail.MOST_EACH):
        assert not mail.is_enough(SYSTEM, "A@example.org ", mail.RESETTING, ME)
        mail.require_room(SYSTEM, "a@example.org", mail.RESETTING, ME)
        _asked("security")
        _asked("password_reset")
    assert mail.is_enough(SYSTEM, "A@example.org ", mail.RESETTING, ME)
    with pytest.raises(Refused, match="in an hour"):
        mail.require_room(SYSTEM, "a@example.org", mail.RESETTING, ME)
    assert not mail.is_enough(SYSTEM, "b@example.org", mail.RESETTING, ME)
    assert not mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, ME, at=now() + timedelta(minutes=31))
    with pytest.raises(Refused):
        mail.is_enough(NOBODY, "a@example.org", mail.RESETTING, ME)


def test_a_stranger_spends_no_mail_of_somebody_else(records: str) -> None:
    for _ in range(mail.MOST_EACH):
        _asked("password_reset", STRANGER)
        _asked("has_account", STRANGER)
    assert mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, STRANGER)
    assert not mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, ME)
    assert not mail.is_enough(SYSTEM, "a@example.org", mail.INVITING, STRANGER), "each sort is counted by itself"


def test_many_strangers_fill_no_mailbox_and_not_the_place_of_whom_the_account_knows(records: str) -> None:
    for number in range(mail.MOST_ALL):
        _asked("password_reset", mail.asker_of(f"198.51.100.{number}"))
    assert mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, ME)
    assert not mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, ME, is_known=True)


def test_tags_of_an_address_are_one_mailbox(records: str) -> None:
    for number in range(mail.MOST_EACH):
        _asked("password_reset", recipient=f"a+{number}@example.org")
    assert mail.is_enough(SYSTEM, "a+new@example.org", mail.RESETTING, ME)
    assert mail.is_enough(SYSTEM, "a@example.org", mail.RESETTING, ME)
    assert not mail.is_enough(SYSTEM, "aa@example.org", mail.RESETTING, ME)


def test_what_is_kept_of_who_asked_does_not_tell_who(records: str) -> None:
    assert "192" not in mail.asker_of("192.0.2.1")
    assert mail.asker_of("2001:db8:1:2::1") == mail.asker_of("2001:db8:1:2::ffff")
