"""The outbox is sent, tried again, and given up; without a mail server it waits to be read."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from config import settings as configuration
from config.settings import Settings
from store.errors import Refused
from store.records.access import audit
from store.records.jobs.kinds import Nothing
from store.records.people import mail, users
from store.records.people.mail import Attached
from store.records.schema import Mail
from store.records.schema.columns import now
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM, Scope
from tests.records import fresh
from tests.worker.smtp import MailServer
from worker.mail import send_due
from worker.tasks.tidying import tidy


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path, server: MailServer) -> Iterator[Settings]:
    made = configuration.load(
        home=tmp_path,
        smtp_host="127.0.0.1",
        smtp_port=server.port,
        smtp_tls="none",
        smtp_from="Loadstar <energy@example.org>",
        secret_key=SecretStr("not secret"),
    )
    configuration.use(made)
    fresh(made.records_url)
    yield made
    engine.configure()


def _write(recipient: str = "ada@example.org", text: str = "Here is your link: https://example.org/x?token=1") -> Mail:
    return mail.write_mail(SYSTEM, recipient=recipient, subject="Grüße von Loadstar", text=text, kind="verification")


def _kept(written: Mail) -> Mail:
    return next(each for each in mail.outbox(SYSTEM) if each.id == written.id)


def test_a_mail_arrives_as_it_was_written_and_its_text_is_emptied(settings: Settings, server: MailServer) -> None:
    written = _write()
    assert mail.waiting(SYSTEM) == 1
    assert send_due(settings) == 1
    [arrived] = server.mails
    assert server.recipients == ["ada@example.org"]
    assert (arrived["To"], arrived["From"], arrived["Subject"]) == (
        "ada@example.org",
        "Loadstar <energy@example.org>",
        "Grüße von Loadstar",
    )
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived.get_content().strip() == "Here is your link: https://example.org/x?token=1"
    kept = _kept(written)
    assert (kept.text, kept.attempts, kept.last_error, kept.next_at) == ("", 1, None, None)
    assert kept.sent_at is not None
    assert (send_due(settings), mail.waiting(SYSTEM), len(server.mails)) == (0, 0, 1)


def test_a_file_goes_with_the_mail_and_is_gone_once_it_is_sent(settings: Settings, server: MailServer) -> None:
    written = mail.write_mail(
        SYSTEM,
        recipient="ada@example.org",
        subject="March",
        text="Here it is.",
        kind="report",
        attached=Attached("march.pdf", b"%PDF-1.7 and so on"),
    )
    assert send_due(settings) == 1
    [arrived] = server.mails
    [file] = arrived.iter_attachments()
    assert (file.get_content_type(), file.get_filename(), file.get_content()) == (
        "application/pdf",
        "march.pdf",
        b"%PDF-1.7 and so on",
    )
    assert arrived.get_body().get_content().strip() == "Here it is."
    with engine.reading() as records:
        kept = records.get(Mail, written.id)
        assert (kept.file, kept.file_name) == (None, "march.pdf")


def test_a_file_that_no_mail_server_takes_is_refused(settings: Settings) -> None:
    with pytest.raises(Refused, match="8 MB"):
        mail.write_mail(
            SYSTEM,
            recipient="ada@example.org",
            subject="x",
            text="x",
            kind="report",
            attached=Attached("x.pdf", bytes(mail.MOST_ATTACHED + 1)),
        )


def test_the_account_at_the_mail_server_is_used(settings: Settings, server: MailServer) -> None:
    _write()
    send_due(settings.model_copy(update={"smtp_user": "loadstar", "smtp_password": SecretStr("secret")}))
    assert any(command.startswith("AUTH PLAIN") for command in server.commands)
    assert len(server.mails) == 1


def test_no_mail_leaves_without_encryption_where_it_was_asked_for(settings: Settings, server: MailServer) -> None:
    written = _write()
    assert send_due(settings.model_copy(update={"smtp_tls": "starttls"})) == 0
    assert server.mails == []
    assert "STARTTLS" in (_kept(written).last_error or "")


def test_what_is_refused_for_now_is_tried_again_later_and_later(settings: Settings, server: MailServer) -> None:
    written = _write()
    server.replies["RCPT"] = b"451 try again"
    pauses = []
    for _ in range(3):
        began = now()
        assert send_due(settings) == 0
        kept = _kept(written)
        assert kept.last_error == "451 try again"
        pauses.append(round((kept.next_at - began).total_seconds() / 60))
        _make_due(written)
    assert pauses == [1, 2, 4]
    server.replies.clear()
    assert send_due(settings) == 1


def test_it_is_given_up_after_eight_tries(settings: Settings, server: MailServer) -> None:
    written = _write()
    server.replies["MAIL"] = b"451 try again"
    for _ in range(mail.MOST_TRIES):
        assert _kept(written).next_at is not None
        _make_due(written)
        send_due(settings)
    kept = _kept(written)
    assert (kept.next_at, kept.attempts, kept.sent_at) == (None, 8, None)


def test_an_address_that_does_not_exist_is_tried_once_and_holds_nobody_else_up(settings: Settings, server: MailServer) -> None:
    gone = _write("gone@example.org")
    server.replies["RCPT TO:<GONE"] = b"550 nobody of this name"
    good = _write("ada@example.org")
    assert send_due(settings) == 1
    assert (_kept(gone).next_at, _kept(gone).last_error) == (None, "550 nobody of this name")
    assert _kept(good).sent_at is not None


def test_a_server_that_hangs_up_or_is_not_there_loses_nothing(settings: Settings, server: MailServer) -> None:
    written = [_write(), _write()]
    server.replies["DATA"] = b""
    assert send_due(settings) == 0
    assert send_due(settings.model_copy(update={"smtp_port": 1})) == 0
    for each in written:
        assert "cannot be used" in (_kept(each).last_error or "")
        _make_due(each)
    server.replies.clear()
    assert send_due(settings) == 2


def test_a_mail_that_a_sender_died_with_is_taken_again(settings: Settings, server: MailServer) -> None:
    _write()
    assert len(mail.take_due(SYSTEM, 10)) == 1
    assert mail.take_due(SYSTEM, 10) == []
    assert len(mail.take_due(SYSTEM, 10, at=now() + mail.LEASE)) == 1


def test_without_a_mail_server_administrators_read_it_and_that_is_noted(settings: Settings) -> None:
    written = _write()
    assert send_due(settings.model_copy(update={"smtp_host": None})) == 0
    assert send_due(settings.model_copy(update={"smtp_host": ""})) == 0
    admin = Scope(user_id="usr_root", platform_admin=True, everything=True)
    with audit.acting("usr_root"):
        assert "token=1" in mail.read_mail(admin, written.id).text
    noted = audit.entries(SYSTEM, limit=1)[0]
    assert (noted.actor, noted.action, noted.subject_kind, noted.subject_id) == ("usr_root", "read", "mails", written.id)
    for scope in (NOBODY, Scope(user_id="usr_x", organisation_id="org_x", role=None)):
        for act in (mail.outbox, mail.waiting):
            with pytest.raises(Refused):
                act(scope)
        with pytest.raises(Refused):
            mail.read_mail(scope, written.id)


def test_pages_of_the_outbox_follow_each_other(settings: Settings) -> None:
    written = {_write().id for _ in range(7)}
    seen: list[Mail] = []
    while page := mail.outbox(SYSTEM, older_than=seen[-1] if seen else None, limit=3):
        seen += page
    assert len(seen) == 7
    assert {each.id for each in seen} == written


@pytest.mark.parametrize("field", ["recipient", "subject"])
def test_no_header_can_be_smuggled_in(settings: Settings, field: str) -> None:
    given = {"recipient": "ada@example.org", "subject": "x", field: "x\r\nBcc: everybody@example.org"}
    with pytest.raises(Refused, match="one line"):
        mail.write_mail(SYSTEM, text="x", kind="x", **given)


def test_mails_go_with_their_person_and_with_time(settings: Settings) -> None:
    person = users.create_user(SYSTEM, email="ada@example.org", name="Ada", password=None)
    mail.write_mail(SYSTEM, recipient=person.email, subject="x", text="x", kind="x", user_id=person.id)
    with engine.session() as records:
        records.delete(records.get(type(person), person.id))
    assert mail.outbox(SYSTEM) == []
    _write(" Ada@example.org")
    assert mail.forget_recipient(SYSTEM, "ada@EXAMPLE.org ") == 1
    old, young = _write(), _write()
    with engine.session() as records:
        records.get(Mail, old.id).made_at = now() - timedelta(days=settings.mail_days, minutes=1)
    tidy(SYSTEM, Nothing(), lambda *_: None)
    assert [each.id for each in mail.outbox(SYSTEM)] == [young.id]


def test_a_mail_is_of_the_transaction_that_it_tells_of(settings: Settings) -> None:
    with pytest.raises(RuntimeError, match="half way"), engine.session():
        _write()
        raise RuntimeError("half way")
    assert mail.outbox(SYSTEM) == []


def _make_due(written: Mail) -> None:
    with engine.session() as records:
        row = records.get(Mail, written.id)
        row.next_at = now()


@pytest.mark.parametrize(
    "recipient", ["a,b@c.example", "ada@example.org,eve@c.example", "ada(0)@example.org", "ada@example.org>"]
)
def test_a_mail_goes_to_one_mailbox_whatever_stands_in_its_address(
    settings: Settings, server: MailServer, recipient: str
) -> None:
    with pytest.raises(Refused, match="one mailbox"):
        _write(recipient)
    written, good = _write(), _write()
    with engine.session() as records:
        records.get_one(Mail, written.id).recipient = recipient  # of before such were refused
    send_due(settings)
    assert server.recipients == ["ada@example.org"]
    assert _kept(written).next_at is None, "given up, for it will never be one"
    assert _kept(good).sent_at is not None


def test_the_envelope_is_of_the_sender_that_the_settings_name(settings: Settings, server: MailServer) -> None:
    _write()
    send_due(settings)
    sender = next(each for each in server.commands if each.upper().startswith("MAIL"))
    assert sender.partition("<")[2].partition(">")[0] == "energy@example.org"
