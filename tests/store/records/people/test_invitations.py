"""An organisation invites people; the link in the mail is the right to come in."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete

from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import claims
from store.records.people import invitations, organisations, registration, users
from store.records.schema.columns import now
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.store.records.world import PASSWORD, World

ASKED = "asked@example.org"


def test_whoever_is_invited_comes_in_with_the_role_that_was_offered(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED.upper(), role="operator")
    assert invitations.offer(invited.token) == ("Shop", ASKED, "operator", False)
    joined = invitations.accept(invited.token, name="Asked", password=PASSWORD)
    assert (joined.organisation.name, joined.role, joined.approval) == ("Shop", "operator", "approved")
    assert users.verify_password(ASKED, PASSWORD).id == joined.id
    assert invitations.invitations(world.scope("shop admin"), world.organisations["shop"]) == []
    with pytest.raises(Refused, match="used, withdrawn"):
        invitations.accept(invited.token, name="Again", password=PASSWORD)


def test_an_invitation_ends_after_a_week_and_is_made_anew(world: World) -> None:
    scope, shop = world.scope("shop admin"), world.organisations["shop"]
    first = invitations.invite(scope, shop, email=ASKED)
    later = now() + timedelta(days=7, seconds=1)
    with pytest.raises(Refused, match="too old"):
        invitations.accept(first.token, name="Asked", password=PASSWORD, at=later)
    assert invitations.offer(first.token, at=later) is None
    with pytest.raises(Refused, match="invited already"):
        invitations.invite(scope, shop, email=ASKED)
    invitations.invite(scope, shop, email=ASKED, at=later)
    assert len(invitations.invitations(scope, shop)) == 1


def test_a_withdrawn_invitation_is_good_for_nothing(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED)
    for who in ("shop viewer", "north admin", "resident"):
        with pytest.raises(NotFound):
            invitations.withdraw(world.scope(who), invited.invitation.id)
    invitations.withdraw(world.scope("shop admin"), invited.invitation.id)
    with pytest.raises(Refused):
        invitations.accept(invited.token, name="Asked", password=PASSWORD)


@pytest.mark.parametrize(("who", "error"), [("shop viewer", Refused), ("north admin", NotFound), ("resident", NotFound)])
def test_only_an_administrator_invites(world: World, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        invitations.invite(world.scope(who), world.organisations["shop"], email=ASKED)
    with pytest.raises(error):
        invitations.invitations(world.scope(who), world.organisations["shop"])


def test_the_first_person_of_an_organisation_is_told_from_the_start_that_they_administer_it(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="Mill", kind="customer", distributor_id=world.organisations["north"])
    scope = world.scope("north admin")
    for role in ("viewer", "operator"):
        with pytest.raises(Refused, match="invite them as an administrator"):
            invitations.invite(scope, home.id, email=ASKED, role=role)
    first = invitations.invite(scope, home.id, email=ASKED)
    second = invitations.invite(scope, home.id, email="second@example.org", role="viewer")
    offers = [invitations.offer(each.token) for each in (first, second)]
    assert [offer.role for offer in offers if offer] == ["admin", "viewer"]
    assert [each.role for each in invitations.invitations(scope, home.id)] == ["viewer", "admin"]
    with pytest.raises(Refused, match="Mill has no administrator yet"):
        invitations.accept(second.token, name="Second", password=PASSWORD)
    assert invitations.accept(first.token, name="First", password=PASSWORD).role == "admin"
    assert invitations.accept(second.token, name="Second", password=PASSWORD).role == "viewer"


def test_a_distributor_invites_the_first_of_its_customer_who_is_its_admin(world: World) -> None:
    scope = world.scope("north admin")
    home = organisations.create_organisation(scope, name="Bakery", kind="customer", distributor_id=world.organisations["north"])
    invited = invitations.invite(scope, home.id, email=ASKED)
    assert invitations.accept(invited.token, name="Asked", password=PASSWORD).role == "admin"


def test_whoever_has_an_account_signs_in_to_accept(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email="stranger@example.org")
    assert invitations.offer(invited.token).has_account
    for other in ({}, {"holder": world.scope("neighbour")}):
        with pytest.raises(Refused, match="sign in"):
            invitations.accept(invited.token, name="Thief", password=PASSWORD, **other)
    joined = invitations.accept(invited.token, holder=world.scope("stranger"))
    assert joined.id == world.people["stranger"]
    assert joined.name == "stranger"
    assert world.scope("stranger").organisation_id == world.organisations["shop"]


def test_a_resident_releases_their_meters_before_they_join(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email="resident@example.org")
    with pytest.raises(Refused, match="release them first"):
        invitations.accept(invited.token, holder=world.scope("resident"))
    claims.release_meter(world.scope("resident"), world.meters["north first"])
    assert invitations.accept(invited.token, holder=world.scope("resident")).role == "viewer"


def test_nobody_is_in_two_organisations(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email="north.viewer@example.org")
    with pytest.raises(Refused, match="already"):
        invitations.accept(invited.token, holder=world.scope("north viewer"))


def test_an_account_that_nobody_confirmed_gives_way_to_whoever_has_the_mail(world: World) -> None:
    registration.register_residential(email=ASKED, name="Early", password="somebody else's words")
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED)
    assert invitations.accept(invited.token, name="Asked", password=PASSWORD).name == "Asked"
    assert users.verify_password(ASKED, "somebody else's words") is None


def test_nobody_who_was_shut_out_comes_in_by_an_invitation(world: World) -> None:
    mailed = registration.register_residential(email=ASKED, name="Asked", password=PASSWORD)
    users.set_approval(SYSTEM, mailed.user_id, "rejected")
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED)
    with pytest.raises(Refused, match="sign in"):
        invitations.accept(invited.token, name="Asked", password=PASSWORD)


def test_a_disabled_organisation_takes_nobody_in(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED)
    organisations.set_organisation_approval(SYSTEM, world.organisations["shop"], "disabled")
    with pytest.raises(Refused):
        invitations.accept(invited.token, name="Asked", password=PASSWORD)


def _disabled(world: World, who: str) -> None:
    users.set_approval(SYSTEM, world.people[who], "disabled", successor_id=world.people["shop viewer"])


def _demoted(world: World, who: str) -> None:
    users.change_role(SYSTEM, world.people[who], "operator", successor_id=world.people["shop viewer"])


def _deleted(world: World, who: str) -> None:
    users.delete_user(SYSTEM, world.people[who], successor_id=world.people["shop viewer"])


def _erased(world: World, who: str) -> None:
    with engine.session() as records:
        records.execute(delete(schema.User).where(schema.User.id == world.people[who]))


def _demoted_past_the_services(world: World, who: str) -> None:
    with engine.session() as records:
        records.get_one(schema.User, world.people[who]).role = "viewer"


ENDS = [_disabled, _demoted, _deleted, _erased, _demoted_past_the_services]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__.strip("_"))
def test_an_invitation_ends_with_the_right_of_whoever_made_it(world: World, end: Callable[[World, str], None]) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED, role="admin")
    end(world, "shop admin")
    assert invitations.offer(invited.token) is None
    with pytest.raises(Refused, match="withdrawn"):
        invitations.accept(invited.token, name="Asked", password=PASSWORD)
    with pytest.raises(NotFound):
        users.user(SYSTEM, ASKED)


def test_a_distributors_invitation_ends_with_the_distributor(world: World) -> None:
    home = organisations.create_organisation(
        world.scope("north admin"), name="Bakery", kind="customer", distributor_id=world.organisations["north"]
    )
    invited = invitations.invite(world.scope("north admin"), home.id, email=ASKED)
    organisations.set_organisation_approval(SYSTEM, world.organisations["north"], "disabled")
    organisations.set_organisation_approval(SYSTEM, world.organisations["north"], "approved")
    with pytest.raises(Refused, match="withdrawn"):
        invitations.accept(invited.token, name="Asked", password=PASSWORD)


def test_whoever_keeps_the_right_keeps_their_invitations(world: World) -> None:
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email=ASKED)
    by_loadstar = invitations.invite(SYSTEM, world.organisations["north"], email="second@example.org")
    users.change_role(SYSTEM, world.people["shop viewer"], "operator")
    assert invitations.accept(invited.token, name="Asked", password=PASSWORD).role == "viewer"
    assert invitations.accept(by_loadstar.token, name="Second", password=PASSWORD).role == "viewer"
