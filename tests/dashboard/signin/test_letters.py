"""Mails are in the language of whoever they are to."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from cli.texts import compiled
from config import language
from config.language import N_
from dashboard.signin import letters
from store.records.access import policy
from store.records.people import mail, users
from store.records.people.inbox import Decision
from store.records.people.invitations import Invited
from store.records.people.registration import Mailed
from store.records.schema import Invitation
from store.scope import SYSTEM
from tests.dashboard import pseudo
from tests.dashboard.world import World


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(locale="de")
    catalog.add("Your password was changed", "Ihr Passwort wurde geändert")
    catalog.add("A token was created", "Ein Token wurde angelegt")
    catalog.add("The token “%(token)s” was created for your Loadstar account.", "Das Token „%(token)s“ wurde für Sie angelegt.")
    compiled(catalog, tmp_path / "languages" / "de")
    monkeypatch.setattr(language, "FOLDER", tmp_path / "languages")


def test_a_mail_is_in_its_recipients_language_whoever_has_it_written(world: World, german: None) -> None:
    people = {who: users.user(SYSTEM, world.people[who]) for who in ("operator", "chief")}
    users.choose_language(policy.scope_of(people["operator"].id), "de-AT")
    with world.server.test_request_context("/", headers={"Accept-Language": "en-GB"}):
        subjects = [letters.password_changed(person).subject for person in people.values()]
    assert subjects == ["Ihr Passwort wurde geändert", "Your password was changed"]


def test_what_somebody_typed_stands_in_a_mail_as_it_was_typed(world: World, german: None) -> None:
    person = users.user(SYSTEM, world.people["operator"])
    with world.server.test_request_context("/", headers={"Accept-Language": "de"}):
        subject, change = N_("A token was created"), N_("The token “%(token)s” was created for your Loadstar account.")
        written = letters.account_changed(person, subject, change, token="50 %(link)s of load")
    assert "Das Token „50 %(link)s of load“ wurde für Sie angelegt." in mail.read_mail(SYSTEM, written.id).text


def test_no_english_is_left_in_any_mail(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.write(tmp_path)
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    person = users.user(SYSTEM, world.people["operator"])
    users.choose_language(policy.scope_of(person.id), pseudo.LANGUAGE)
    mailed = Mailed(person.email, person.name, person.id, "token")
    asked = Invited(Invitation(email=person.email), "token")
    with world.server.test_request_context("/", headers={"Accept-Language": "en"}):
        written = [
            letters.confirm_address(mailed),
            letters.confirm_address(replace(mailed, token=None)),
            letters.confirm_address(replace(mailed, is_nowhere=True)),
            letters.confirm_new_address(mailed),
            letters.address_changed(person, mailed),
            letters.new_password(mailed),
            letters.password_changed(person),
            letters.second_factor_on(person),
            letters.invitation(asked, "North Campus"),
        ]
        before = len(mail.outbox(SYSTEM))
        for kind in ("user", "organisation", "meter", "key"):
            for approved in (True, False):
                letters.decided(Decision(kind, "x", approved, "", (person.email,)))
    texts = [mail.read_mail(SYSTEM, each.id).text for each in written]
    texts += [text for each in mail.outbox(SYSTEM) for text in (each.subject, mail.read_mail(SYSTEM, each.id).text)]
    assert len(mail.outbox(SYSTEM)) == before + 8
    links = re.compile(r"https?://[^\s⟧]+")
    assert {word for text in texts for word in pseudo.words(links.sub(" ", text), {"Loadstar", "North Campus"})} == set()
