"""Mails are in the language of whoever they are to."""

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from cli.texts import compiled
from config import language
from config.language import N_
from dashboard.signin import letters
from store.records.access import policy
from store.records.people import mail, users
from store.scope import SYSTEM
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
