"""Whatever lets somebody in is another one: nothing of before opens anything any more, however it was changed."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from store.errors import Refused
from store.records import schema
from store.records.access import policy
from store.records.people import identities, new_address, own_account, registration, users
from store.records.people.identities import Claimed
from store.records.people.registration import Mailed
from store.records.schema.columns import now
from store.records.signin import one_time_links, passwords, sessions, tokens, two_factor
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.store.records.world import PASSWORD, World

OWN, THIEFS = "otters calm seventeen", "badgers loud eleven"
ADDRESS, HERE = "resident@example.org", "192.0.2.1"


def _nothing(*_: object) -> None:
    """Tell nobody."""


def _second_factor(world: World, who: str = "resident") -> str:
    """Turn it on; the secret."""
    made = two_factor.begin(world.scope(who))
    two_factor.confirm(world.scope(who), pyotp.TOTP(made.secret).now())
    return made.secret


def _confirm_moved(world: World, email: str = "moved@example.org") -> str:
    """Another address for the resident, confirmed; the token that undoes it."""
    undo: list[Mailed] = []
    asked = new_address.ask_new_address(world.scope("resident"), email)
    new_address.confirm_new_address(asked.token, lambda _person, before: undo.append(before))
    return undo[0].token


def _provider(world: World) -> None:
    identities.recognise(Claimed("https://issuer.example", "42", ADDRESS, "R"), may_register=False, tell=_nothing)


def _forget_provider(world: World) -> None:
    [mine] = identities.own_identities(world.scope("resident"))
    identities.forget_identity(world.scope("resident"), mine.id)


CHANGES: dict[str, Callable[[World], object]] = {
    "on the account's page": lambda w: own_account.change_password(w.scope("resident"), OWN, _nothing),
    "by a link": lambda _: registration.reset_password(registration.ask_new_password(ADDRESS).token, OWN),
    "by an administrator": lambda w: users.set_password(SYSTEM, w.people["resident"], OWN, first=True),
    "a new address": _confirm_moved,
    "a second factor": _second_factor,
    "a provider": _provider,
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_a_thief_began_with_the_old_ones_is_over(world: World, change: str) -> None:
    users.set_password(SYSTEM, world.people["resident"], PASSWORD)
    thief = world.scope("resident")
    browser = sessions.open_session(users.user(SYSTEM, ADDRESS))
    program = tokens.sign_in(users.user(SYSTEM, ADDRESS))
    reset = registration.ask_new_password(ADDRESS)
    two_factor.begin(thief)
    asked = new_address.ask_new_address(thief, "thief@example.net")
    if change == "a new address":
        asked = None  # the owner's own asking has ended it already
    CHANGES[change](world)
    assert sessions.user_of(browser) is None
    assert tokens.bearer_of(program.access) is None
    for use in (
        lambda: registration.reset_password(reset.token, THIEFS),
        lambda: new_address.confirm_new_address(asked.token if asked else "", _nothing),
    ):
        with pytest.raises(Refused, match="used already"):
            use()
    assert users.user(SYSTEM, world.people["resident"]).email != "thief@example.net"
    if change != "a second factor":
        assert not two_factor.is_on(world.people["resident"])
        with engine.reading() as records:
            assert records.get(schema.TwoFactor, world.people["resident"]) is None, "an app that never confirmed"


@pytest.mark.parametrize("change", ["by a link", "by an administrator", "a new address"])
def test_personal_tokens_end_with_whatever_is_not_done_by_the_person_in_their_account(world: World, change: str) -> None:
    token = tokens.create_token(world.scope("resident"), name="left behind")
    CHANGES[change](world)
    assert tokens.bearer_of(token) is None


@pytest.mark.parametrize("ended", ["recovery codes", "off", "reset by an administrator", "provider forgotten"])
def test_taking_a_way_in_away_signs_out_too(world: World, ended: str) -> None:
    users.set_password(SYSTEM, world.people["resident"], PASSWORD)
    scope = world.scope("resident")
    if ended == "provider forgotten":
        _provider(world)
    else:
        secret = _second_factor(world)
    browser = sessions.open_session(users.user(SYSTEM, ADDRESS))
    reset = registration.ask_new_password(ADDRESS)
    later = now() + timedelta(seconds=60)
    match ended:
        case "recovery codes":
            two_factor.new_recovery_codes(scope, pyotp.TOTP(secret).at(later), HERE, at=later)
        case "off":
            two_factor.disable(scope, pyotp.TOTP(secret).at(later), HERE, at=later)
        case "reset by an administrator":
            two_factor.reset(SYSTEM, scope.user_id)
        case _:
            _forget_provider(world)
    assert sessions.user_of(browser) is None
    with pytest.raises(Refused):
        registration.reset_password(reset.token, OWN)


def test_a_link_is_over_whoever_wrote_another_password_and_however(world: World) -> None:
    reset = registration.ask_new_password(ADDRESS)
    with engine.session() as records:
        records.get_one(schema.User, world.people["resident"]).password_hash = passwords.hash_of(OWN)
    assert not one_time_links.is_good(reset.token, registration.RESET_PASSWORD)
    with pytest.raises(Refused):
        registration.reset_password(reset.token, THIEFS)
    assert users.verify_password(ADDRESS, OWN)


def test_an_address_changes_once_the_new_one_is_confirmed(world: World) -> None:
    scope = world.scope("resident")
    mailed = new_address.ask_new_address(scope, "moved@example.org")
    assert users.user(scope, scope.user_id).email == ADDRESS
    told: list[Mailed] = []
    new_address.confirm_new_address(mailed.token, lambda _person, before: told.append(before))
    assert users.user(scope, scope.user_id).email == "moved@example.org"
    assert [each.email for each in told] == [ADDRESS]
    taken = new_address.ask_new_address(scope, "neighbour@example.org")
    with pytest.raises(Refused, match="account with this address"):
        new_address.confirm_new_address(taken.token, _nothing)


def test_a_stranger_who_has_registered_the_new_address_is_not_in_the_way(world: World) -> None:
    registration.register_residential(email="moved@example.org", name="Stranger", password=THIEFS)
    _confirm_moved(world)
    assert users.user(SYSTEM, "moved@example.org").id == world.people["resident"]


def test_the_address_of_before_takes_the_account_back_from_a_thief_who_changed_all_of_it(world: World) -> None:
    person_id = world.people["resident"]
    undo = _confirm_moved(world, "thief@example.net")
    thief = policy.scope_of(person_id)
    own_account.change_password(thief, THIEFS, _nothing, and_tokens=True)
    _second_factor(world)
    token = tokens.create_token(thief, name="left behind")
    browser = sessions.open_session(users.user(SYSTEM, person_id))
    identities.recognise(Claimed("https://issuer.example", "13", "thief@example.net", "T"), may_register=False, tell=_nothing)
    second = _confirm_moved(world, "thief.two@example.net")
    registration.register_residential(email=ADDRESS, name="In the way", password=THIEFS)

    new_address.undo_new_address(undo, OWN, _nothing)

    assert users.user(SYSTEM, person_id).email == ADDRESS
    assert users.verify_password(ADDRESS, OWN).id == person_id
    assert users.verify_password("thief.two@example.net", THIEFS) is None
    assert not two_factor.is_on(person_id)
    assert identities.own_identities(world.scope("resident")) == []
    assert sessions.user_of(browser) is None
    assert tokens.bearer_of(token) is None
    for used in (undo, second):
        with pytest.raises(Refused, match="used already"):
            new_address.undo_new_address(used, THIEFS, _nothing)


def test_a_thief_cannot_undo_the_undoing_first(world: World) -> None:
    first = _confirm_moved(world, "thief@example.net")
    second = _confirm_moved(world, "thief.two@example.net")
    new_address.undo_new_address(second, THIEFS, _nothing)
    assert users.user(SYSTEM, world.people["resident"]).email == "thief@example.net"
    new_address.undo_new_address(first, OWN, _nothing)
    assert users.user(SYSTEM, world.people["resident"]).email == ADDRESS


def test_a_second_factor_of_before_stays_when_an_address_is_undone(world: World) -> None:
    _second_factor(world)
    new_address.undo_new_address(_confirm_moved(world), OWN, _nothing)
    assert two_factor.is_on(world.people["resident"])


def test_an_address_can_be_taken_back_for_a_week_and_with_a_good_password(world: World) -> None:
    undo = _confirm_moved(world)
    with pytest.raises(Refused, match="12 characters"):
        new_address.undo_new_address(undo, "short", _nothing)
    with pytest.raises(Refused, match="too old"):
        new_address.undo_new_address(undo, OWN, _nothing, at=now() + timedelta(days=7, seconds=1))
    new_address.undo_new_address(undo, OWN, _nothing, at=now() + timedelta(days=6, hours=23))


def test_waiting_registrations_share_an_address_and_accounts_do_not(world: World) -> None:
    for name in ("One", "Two"):
        registration.register_residential(email="shared@example.org", name=name, password=PASSWORD)
    with engine.reading() as records:
        waiting = list(records.scalars(select(schema.User.id).where(schema.User.email == "shared@example.org")))
    with engine.session() as records:
        records.get_one(schema.User, waiting[0]).email_verified_at = now()
    with pytest.raises(Refused, match="account with this address"), engine.session() as records:
        records.get_one(schema.User, waiting[1]).email_verified_at = now()
