"""The outbox in the records: each mail is taken by one sender."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from store.records import mail
from store.records.columns import now
from store.scope import SYSTEM


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
