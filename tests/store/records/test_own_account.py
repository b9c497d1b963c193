"""One's own account: a new password is told in the same transaction, and everything that is kept is told without a secret."""

import json

import pytest

from store.errors import NotFound, Refused
from store.records import audit, household, own_account, sessions, tokens, users
from store.records.schema import User
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World

ANOTHER = "nineteen brisk herons"


def test_a_new_password_ends_all_sessions_and_is_told(world: World) -> None:
    scope, told = world.scope("resident"), list[User]()
    sessions.open_session(own_account.oneself(scope))
    person = own_account.change_password(scope, ANOTHER, told.append)
    assert told == [person]
    assert sessions.own_sessions(scope) == []
    assert users.verify_password(person.email, ANOTHER)


def test_a_password_whose_change_cannot_be_told_is_not_changed(world: World) -> None:
    def fails(_person: User) -> None:
        raise Refused("no mail")

    scope = world.scope("resident")
    token = sessions.open_session(own_account.oneself(scope))
    with pytest.raises(Refused):
        own_account.change_password(scope, ANOTHER, fails)
    assert sessions.user_of(token)
    assert users.verify_password(own_account.oneself(scope).email, ANOTHER) is None


def test_a_profile_is_kept_whole_or_not_at_all(world: World) -> None:
    scope = world.scope("resident")
    with pytest.raises(Refused):
        users.choose_profile(scope, name="Another", language="de-DE", time_zone="Nowhere/Atall")
    assert own_account.oneself(scope).name != "Another"
    users.choose_profile(scope, name="Another", language="de-DE", time_zone=None)
    assert (own_account.oneself(scope).name, own_account.oneself(scope).language) == ("Another", "de-DE")


def test_everything_is_told_but_no_secret_and_that_it_was_is_noted(world: World) -> None:
    scope = world.scope("resident")
    household.keep_household(scope, consent=True, area_m2=70, appliances={"freezer": 1})
    token = tokens.create_token(scope, name="invoices")
    told = own_account.everything_about(scope)
    text = json.dumps(told)
    assert told["account"]["id"] == world.people["resident"]
    assert told["household"]["area_m2"] == 70
    assert told["tokens"][0]["name"] == "invoices"
    assert told["account"]["organisation"] is None
    for secret in ("hash", "argon2", token.partition(".")[2]):
        assert secret not in text
    newest = audit.entries(SYSTEM, limit=1)[0]
    assert (newest.action, newest.subject_id) == ("export", world.people["resident"])


def test_nobody_has_no_account(world: World) -> None:
    for ask in (own_account.oneself, own_account.everything_about):
        with pytest.raises(NotFound):
            ask(NOBODY)
