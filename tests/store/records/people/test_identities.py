"""Who people are at a provider: bound once by a confirmed address, known by issuer and subject from then on."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from store.errors import NotFound, Refused
from store.records import schema
from store.records.people import identities, registration, users
from store.records.people.identities import Claimed
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World

ISSUER = "https://accounts.example.org"


def claimed(world: World, who: str = "resident", subject: str = "grace", issuer: str = ISSUER) -> Claimed:
    return Claimed(issuer, subject, users.user(SYSTEM, world.people[who]).email, "Grace")


def recognised(said: Claimed, *, may_register: bool = False) -> str | None:
    person = identities.recognise(said, may_register=may_register, tell=lambda person: None)
    return person.id if person else None


def test_the_address_decides_once_and_the_subject_from_then_on(world: World) -> None:
    told: list[str] = []
    for said in (claimed(world), replace(claimed(world), email=None), claimed(world, "neighbour")):
        person = identities.recognise(said, may_register=True, tell=lambda person: told.append(person.id))
        assert person
        assert person.id == world.people["resident"]
    assert told == [world.people["resident"]]
    [kept] = identities.own_identities(world.scope("resident"))
    assert kept.last_used_at


def test_the_same_subject_of_another_issuer_is_somebody_else(world: World) -> None:
    assert recognised(claimed(world)) == world.people["resident"]
    elsewhere = claimed(world, "neighbour", issuer="https://other.example.org")
    assert recognised(elsewhere) == world.people["neighbour"]


def test_an_account_has_one_identity_at_a_provider(world: World) -> None:
    recognised(claimed(world))
    with pytest.raises(Refused, match="lets somebody else into this account"):
        recognised(claimed(world, subject="her successor"))


def test_the_database_keeps_both_rules_by_itself(world: World) -> None:
    recognised(claimed(world))
    for user, subject, words in (("resident", "another", "somebody else"), ("neighbour", "grace", "sign in again")):
        with pytest.raises(Refused, match=words), engine.session() as records:
            records.add(schema.Identity(user_id=world.people[user], issuer=ISSUER, subject=subject))


def test_without_a_confirmed_address_nobody_is_meant(world: World) -> None:
    assert recognised(replace(claimed(world), email=None), may_register=True) is None
    mailed = registration.register_residential(email="new@example.org", name="New", password="otters calm seventeen")
    unconfirmed = Claimed(ISSUER, "new", "new@example.org", "New")
    assert recognised(unconfirmed) is None
    registered = recognised(unconfirmed, may_register=True)
    assert registered not in (None, mailed.user_id), "what nobody confirmed gives way"
    assert users.user(SYSTEM, "new@example.org").approval == "approved"


def test_deleting_a_person_ends_it(world: World) -> None:
    recognised(claimed(world))
    users.delete_user(SYSTEM, world.people["resident"])
    with engine.reading() as records:
        assert records.scalar(select(func.count()).select_from(schema.Identity)) == 0


def test_its_owner_ends_it_while_there_is_another_way_in(world: World) -> None:
    recognised(claimed(world))
    [kept] = identities.own_identities(world.scope("resident"))
    for other in (world.scope("neighbour"), NOBODY):
        with pytest.raises(NotFound):
            identities.forget_identity(other, kept.id)
    with engine.session() as records:
        records.get_one(schema.User, world.people["resident"]).password_hash = None
    with pytest.raises(Refused, match="only way in"):
        identities.forget_identity(world.scope("resident"), kept.id)
    users.set_password(SYSTEM, world.people["resident"], "otters calm seventeen")
    identities.forget_identity(world.scope("resident"), kept.id)
    assert identities.own_identities(world.scope("resident")) == []
