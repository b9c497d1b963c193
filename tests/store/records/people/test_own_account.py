"""One's own account: a new password is told in the same transaction, and everything that is kept is told without a secret."""

import json

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit, policy
from store.records.jobs import asking
from store.records.jobs.kinds import SITE_FORECAST, TIDYING, Nothing, OfSite
from store.records.people import household, organisations, own_account, users
from store.records.plant import sites
from store.records.schema import User
from store.records.signin import sessions, tokens
from store.scope import NOBODY, SYSTEM, Scope
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
    asking.ask(scope, SITE_FORECAST, OfSite("sit_one"))
    asking.ask(SYSTEM, TIDYING, Nothing())
    told = own_account.everything_about(scope)
    text = json.dumps(told)
    assert told["account"]["id"] == world.people["resident"]
    assert told["household"]["area_m2"] == 70
    assert told["tokens"][0]["name"] == "invoices"
    assert [(each["kind"], each["about"], each["state"]) for each in told["jobs"]] == [
        ("site_forecast", {"site_id": "sit_one"}, "queued")
    ]
    assert told["account"]["organisation"] is None
    for secret in ("hash", "argon2", token.partition(".")[2]):
        assert secret not in text
    newest = audit.entries(SYSTEM, limit=1)[0]
    assert (newest.action, newest.subject_id) == ("export", world.people["resident"])


def test_nobody_has_no_account(world: World) -> None:
    for ask in (own_account.oneself, own_account.everything_about):
        with pytest.raises(NotFound):
            ask(NOBODY)


def _alone(world: World, kind: str = "customer") -> tuple[Scope, str]:
    """The only person of an organisation."""
    home = organisations.create_organisation(SYSTEM, name="Alone", kind=kind).id
    person = users.create_user(SYSTEM, email="alone@example.org", name="A", password=None, organisation_id=home, role="admin")
    return policy.scope_of(person.id), home


def test_an_only_administrator_hands_the_organisation_over_before_they_go(world: World) -> None:
    scope = world.scope("shop admin")
    left = own_account.leaving(scope)
    assert left is not None
    assert ([each.name for each in left.successors], left.others, left.owns) == (["shop viewer"], 1, False)
    with pytest.raises(Refused, match="take over"):
        own_account.delete_oneself(scope)
    with pytest.raises(Refused, match="still has 1 user"):
        own_account.delete_oneself(scope, successor_id=world.people["shop viewer"], with_organisation=True)
    with pytest.raises(NotFound):
        own_account.delete_oneself(scope, successor_id=world.people["resident"])
    own_account.delete_oneself(scope, successor_id=world.people["shop viewer"])
    assert users.user(SYSTEM, "shop.viewer@example.org").role == "admin"
    with pytest.raises(NotFound):
        users.user(SYSTEM, "shop.admin@example.org")


def test_the_last_person_takes_the_organisation_along_or_leaves_it(world: World) -> None:
    scope, home = _alone(world)
    left = own_account.leaving(scope)
    assert left is not None
    assert (left.home.id, left.others, left.owns) == (home, 0, False)
    own_account.delete_oneself(scope, with_organisation=True)
    with pytest.raises(NotFound):
        organisations.organisation(SYSTEM, home)
    scope, home = _alone(world)
    own_account.delete_oneself(scope)
    assert organisations.organisation(SYSTEM, home).name == "Alone"


def test_an_organisation_that_has_sites_does_not_go_with_its_last_person(world: World) -> None:
    scope, home = _alone(world, "distributor")
    place = {"time_zone": "Europe/London", "currency": "GBP", "latitude": 54.0, "longitude": -2.0}
    sites.create_site(SYSTEM, name="Works", kind="plant", organisation_id=home, **place)
    left = own_account.leaving(scope)
    assert left is not None
    assert left.owns
    with pytest.raises(Refused, match="still has 1 site"):
        own_account.delete_oneself(scope, with_organisation=True)
    assert users.user(SYSTEM, "alone@example.org")


def test_whoever_is_no_only_administrator_just_goes(world: World) -> None:
    for who in ("resident", "shop viewer", "root"):
        assert own_account.leaving(world.scope(who)) is None
    with pytest.raises(Refused, match="only an administrator"):
        own_account.delete_oneself(world.scope("shop viewer"), with_organisation=True)
    own_account.delete_oneself(world.scope("resident"))
    with pytest.raises(NotFound):
        users.user(SYSTEM, "resident@example.org")
