"""People register themselves, confirm their address and reset their password, and nobody learns who has an account."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import policy
from store.records.people import inbox, organisations, registration, users
from store.records.schema.columns import now
from store.records.signin import sessions, tokens
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.store.records.world import PASSWORD, World

NEW = {"email": "New@Example.org", "name": "New", "password": PASSWORD}


def _may_come_in(user_id: str) -> bool:
    try:
        return sessions.user_of(sessions.open_session(users.user(SYSTEM, user_id))) is not None
    except Refused:
        return False


def test_a_resident_comes_in_once_the_address_is_confirmed(world: World) -> None:
    mailed = registration.register_residential(**NEW)
    assert mailed.email == "new@example.org"
    with pytest.raises(Refused, match="not confirmed"):
        sessions.open_session(users.user(SYSTEM, mailed.user_id))
    assert registration.verify_address(mailed.token, PASSWORD).approval == "approved"
    assert _may_come_in(mailed.user_id)
    with pytest.raises(Refused, match="used already"):
        registration.verify_address(mailed.token, PASSWORD)


def test_a_link_to_confirm_an_address_is_good_for_a_day(world: World) -> None:
    mailed = registration.register_residential(**NEW)
    with pytest.raises(Refused, match="too old"):
        registration.verify_address(mailed.token, PASSWORD, at=now() + timedelta(hours=24, seconds=1))


def test_whoever_registers_a_known_address_gets_no_link_and_changes_nothing(world: World) -> None:
    mailed = registration.register_residential(**(NEW | {"email": "resident@example.org"}))
    assert mailed.token is None
    assert users.user(SYSTEM, world.people["resident"]).password_hash is None
    assert users.verify_password("resident@example.org", PASSWORD) is None


def test_of_those_who_register_an_address_the_one_with_the_mail_and_the_password_has_it(world: World) -> None:
    first = registration.register_residential(**NEW)
    second = registration.register_residential(**(NEW | {"name": "Stranger", "password": "another four good words"}))
    assert registration.verify_address(first.token, PASSWORD).name == "New", "a stranger ended nothing"
    assert users.user(SYSTEM, "new@example.org").id == first.user_id
    with pytest.raises(Refused, match="used already"):
        registration.verify_address(second.token, "another four good words")
    assert users.verify_password("new@example.org", "another four good words") is None


def test_the_owner_of_a_mailbox_confirms_their_own_registration_by_whichever_link(world: World) -> None:
    registration.register_residential(**NEW)
    stranger = registration.register_residential(**(NEW | {"name": "Stranger", "password": "another four good words"}))
    with pytest.raises(Refused, match="chosen with this address"):
        registration.verify_address(stranger.token, "neither of the two passwords")
    person = registration.verify_address(stranger.token, PASSWORD)
    assert person.name == "New"
    assert users.verify_password("new@example.org", PASSWORD).id == person.id
    assert users.verify_password("new@example.org", "another four good words") is None


def test_a_registration_that_waits_is_forgotten_once_somebody_has_the_address(world: World) -> None:
    registration.found_organisation(organisation="Never", **(NEW | {"password": "another four good words"}))
    mine = registration.register_residential(**NEW)
    registration.verify_address(mine.token, PASSWORD)
    with engine.reading() as records:
        assert records.scalars(select(schema.User.id).where(schema.User.email == "new@example.org")).all() == [mine.user_id]
    assert "Never" not in {each.name for each in organisations.organisations(SYSTEM)}


def test_a_lost_link_is_sent_again_and_the_one_before_stays_good(world: World) -> None:
    first = registration.register_residential(**NEW)
    registration.resend_verification(" NEW@example.org ")
    assert registration.verify_address(first.token, PASSWORD).id == first.user_id
    assert registration.resend_verification("new@example.org") is None
    assert registration.resend_verification("nobody@example.org") is None


@pytest.mark.parametrize("wrong", [{"email": "no address"}, {"name": " "}, {"password": "short"}])
def test_an_impossible_registration_is_refused(world: World, wrong: dict[str, str]) -> None:
    with pytest.raises(Refused):
        registration.register_residential(**(NEW | wrong))


def test_the_founder_of_an_organisation_is_its_admin_and_comes_in_with_it(world: World) -> None:
    mailed = registration.found_organisation(organisation="Bakery", distributor_id=world.organisations["north"], **NEW)
    founder = users.user(SYSTEM, mailed.user_id)
    assert founder.role == "admin"
    assert founder.organisation.approval == "pending"
    assert inbox.pending(world.scope("north admin")).total == 0, "nobody confirmed the address yet"
    registration.verify_address(mailed.token, PASSWORD)
    assert not _may_come_in(founder.id)
    [item] = inbox.pending(world.scope("north admin")).rows
    assert (item.kind, item.who, item.email, item.about) == ("organisation", "Bakery", "new@example.org", "customer")
    assert inbox.pending(world.scope("south admin")).total == 0
    told = inbox.decide(world.scope("north admin"), item.id, approve=True)
    assert told.tell == ("new@example.org",)
    assert _may_come_in(founder.id)
    assert policy.scope_of(founder.id).role == "admin"


def test_a_rejected_organisation_keeps_its_founder_out(world: World) -> None:
    mailed = registration.found_organisation(organisation="Bakery", **NEW)
    registration.verify_address(mailed.token, PASSWORD)
    [item] = inbox.pending(SYSTEM).rows
    inbox.decide(SYSTEM, item.id, approve=False, reason="unknown here")
    assert users.user(SYSTEM, mailed.user_id).approval == "rejected"
    with pytest.raises(Refused, match="already"):
        inbox.decide(SYSTEM, item.id, approve=True)


def test_whoever_has_an_account_founds_nothing_in_passing(world: World) -> None:
    before = len(organisations.organisations(SYSTEM))
    assert registration.found_organisation(organisation="B", **(NEW | {"email": "resident@example.org"})).token is None
    assert len(organisations.organisations(SYSTEM)) == before


def test_an_organisation_is_no_customer_of_what_is_no_distributor(world: World) -> None:
    for other in (world.organisations["shop"], "org_unknown"):
        with pytest.raises(NotFound):
            registration.found_organisation(organisation="B", distributor_id=other, **NEW)
    assert {each.name for each in registration.distributors()} == {"North", "South"}


def test_whoever_joins_an_organisation_waits_for_its_admin(world: World) -> None:
    mailed = registration.join_organisation(organisation=" sHOP ", **NEW)
    assert inbox.pending(world.scope("shop admin")).total == 0
    registration.verify_address(mailed.token, PASSWORD)
    assert not _may_come_in(mailed.user_id)
    [item] = inbox.pending(world.scope("shop admin")).rows
    assert (item.kind, item.who, item.about) == ("user", "New", "Shop")
    for who in ("shop viewer", "north admin", "resident"):
        assert inbox.pending(world.scope(who)).total == 0
        with pytest.raises(NotFound):
            inbox.decide(world.scope(who), item.id, approve=True)
    inbox.decide(world.scope("shop admin"), item.id, approve=True)
    assert _may_come_in(mailed.user_id)
    assert users.user(SYSTEM, mailed.user_id).role == "viewer"


def test_nobody_joins_what_there_is_not(world: World) -> None:
    mailed = registration.join_organisation(organisation="Nowhere", **NEW)
    assert mailed.is_nowhere
    assert mailed.token is None
    with pytest.raises(NotFound):
        users.user(SYSTEM, "new@example.org")
    taken = registration.join_organisation(organisation="Nowhere", **(NEW | {"email": "resident@example.org"}))
    assert not taken.is_nowhere, "whoever has an account is told that, as with any name"


def test_a_new_password_is_set_by_mail_once_within_half_an_hour(world: World) -> None:
    resident = users.user(SYSTEM, world.people["resident"])
    token = sessions.open_session(resident)
    script = tokens.create_token(world.scope("resident"), name="script")
    mailed = registration.ask_new_password("RESIDENT@example.org")
    with pytest.raises(Refused, match="too old"):
        registration.reset_password(mailed.token, PASSWORD, at=now() + timedelta(minutes=30, seconds=1))
    with pytest.raises(Refused, match="12 characters"):
        registration.reset_password(mailed.token, "short")
    registration.reset_password(mailed.token, PASSWORD)
    assert users.verify_password("resident@example.org", PASSWORD).id == resident.id
    assert sessions.user_of(token) is None, "whoever was in with the old password is out"
    assert tokens.bearer_of(script) is None, "and what they may have left behind"
    with pytest.raises(Refused, match="used already"):
        registration.reset_password(mailed.token, PASSWORD)


def test_an_unknown_or_disabled_address_gets_no_link(world: World) -> None:
    users.set_approval(SYSTEM, world.people["neighbour"], "disabled")
    assert registration.ask_new_password("nobody@example.org") is None
    assert registration.ask_new_password("neighbour@example.org") is None


def test_a_link_to_reset_confirms_nothing_else(world: World) -> None:
    mailed = registration.ask_new_password("resident@example.org")
    with pytest.raises(Refused):
        registration.verify_address(mailed.token, PASSWORD)


def test_whoever_asks_for_somebodys_reset_ends_no_link_of_theirs(world: World) -> None:
    mine = registration.ask_new_password("resident@example.org")
    strangers = [registration.ask_new_password("resident@example.org") for _ in range(3)]
    registration.reset_password(mine.token, PASSWORD)
    for link in strangers:
        with pytest.raises(Refused, match="used already"):
            registration.reset_password(link.token, "another four good words")


def test_a_link_asked_for_before_somebody_was_disabled_is_over(world: World) -> None:
    mailed = registration.ask_new_password("neighbour@example.org")
    users.set_approval(SYSTEM, world.people["neighbour"], "disabled")
    users.set_approval(SYSTEM, world.people["neighbour"], "approved")
    with pytest.raises(Refused, match="used already"):
        registration.reset_password(mailed.token, PASSWORD)


def test_what_nobody_confirmed_is_forgotten_with_the_organisation_it_founded(world: World) -> None:
    registration.found_organisation(organisation="Never", **NEW)
    kept = registration.register_residential(**(NEW | {"email": "kept@example.org"}))
    registration.verify_address(kept.token, PASSWORD)
    assert registration.forget_unverified(SYSTEM, now() - timedelta(days=1)) == 0
    assert registration.forget_unverified(SYSTEM, now() + timedelta(seconds=1)) == 1
    assert "Never" not in {each.name for each in organisations.organisations(SYSTEM)}
    assert users.user(SYSTEM, kept.user_id)
    with pytest.raises(Refused):
        registration.forget_unverified(world.scope("north admin"), now())


def test_only_a_hash_of_a_link_is_kept(world: World) -> None:
    mailed = registration.register_residential(**NEW)
    with engine.reading() as session:
        assert all(mailed.token not in link.token_hash for link in session.query(schema.OneTimeLink))
