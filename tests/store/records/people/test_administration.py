"""Roles change, people and organisations come and go, and nobody is left without an administrator."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import grants, policy
from store.records.people import invitations, lists, organisations, users
from store.records.schema.listing import Wanted
from store.records.signin import sessions
from store.records.transaction import engine
from store.scope import NOBODY, SYSTEM
from tests.store.records.world import World


def _second_admin(world: World) -> str:
    return users.change_role(world.scope("north admin"), world.people["north viewer"], "admin").id


def test_an_administrator_changes_roles_of_the_organisations_people(world: World) -> None:
    users.change_role(world.scope("north admin"), world.people["north viewer"], "operator")
    assert policy.may(world.scope("north viewer"), policy.Action.OPERATE, site_id=world.sites["north"])


@pytest.mark.parametrize("who", ["north operator", "south admin", "shop admin", "resident"])
def test_nobody_else_changes_roles_or_deletes_people(world: World, who: str) -> None:
    with pytest.raises(NotFound):
        users.change_role(world.scope(who), world.people["north viewer"], "admin")
    with pytest.raises(NotFound):
        users.delete_user(world.scope(who), world.people["north viewer"])


def test_a_resident_has_no_role(world: World) -> None:
    with pytest.raises(Refused, match="within an organisation"):
        users.change_role(SYSTEM, world.people["resident"], "admin")


def test_the_last_administrator_names_another_before_they_go(world: World) -> None:
    last, successor = world.people["north admin"], world.people["north viewer"]
    goes = (
        lambda **named: users.change_role(SYSTEM, last, "viewer", **named),
        lambda **named: users.set_approval(SYSTEM, last, "disabled", **named),
        lambda **named: users.delete_user(world.scope("north admin"), last, **named),
    )
    for go in goes:
        with pytest.raises(Refused, match="only administrator"):
            go()
        for nobody in (world.people["shop viewer"], last, "usr_unknown"):
            with pytest.raises(NotFound):
                go(successor_id=nobody)
    users.set_approval(SYSTEM, successor, "disabled")
    with pytest.raises(Refused, match="not approved"):
        goes[0](successor_id=successor)
    users.set_approval(SYSTEM, successor, "approved")
    goes[2](successor_id=successor)
    assert users.user(SYSTEM, successor).role == "admin"


def test_one_of_two_administrators_goes_and_not_both_at_the_same_moment(world: World) -> None:
    both = [world.people["north admin"], _second_admin(world)]
    ready = threading.Barrier(2)

    def step_down(user_id: str) -> bool:
        ready.wait()
        try:
            users.change_role(SYSTEM, user_id, "viewer")
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(step_down, both)) == [False, True]


def test_the_very_last_of_an_organisation_may_delete_themselves(world: World) -> None:
    scope = world.scope("south admin")
    users.delete_user(scope, scope.user_id)
    assert organisations.organisation(SYSTEM, world.organisations["south"])


def test_a_deleted_person_is_gone_with_all_that_is_theirs(world: World) -> None:
    resident = world.people["resident"]
    token = sessions.open_session(users.user(SYSTEM, resident))
    users.delete_user(world.scope("resident"), resident)
    assert sessions.user_of(token) is None
    assert policy.scope_of(resident) == NOBODY
    with engine.reading() as session:
        assert session.get(schema.Entity, f"ent_{resident[4:]}") is None
        assert session.get(schema.Meter, world.meters["north first"]) is not None
    assert all(each.user_id != resident for each in grants.grants(SYSTEM, world.sites["north"]))


def test_nobody_but_another_removes_a_platform_administrator_and_never_the_last(world: World) -> None:
    with pytest.raises(Refused, match="only platform administrator"):
        users.delete_user(world.scope("root"), world.people["root"])
    boss = users.create_user(
        SYSTEM,
        email="boss@example.org",
        name="Boss",
        password=None,
        organisation_id=world.organisations["north"],
        platform_admin=True,
    )
    for act in (users.delete_user, lambda scope, who: users.change_role(scope, who, "operator")):
        with pytest.raises(Refused, match="platform administrator"):
            act(world.scope("north admin"), boss.id)
    users.delete_user(world.scope("root"), world.people["root"])


def test_a_disabled_organisation_keeps_its_people_out_at_once_and_back_in_later(world: World) -> None:
    shop, viewer = world.organisations["shop"], world.people["shop viewer"]
    token = sessions.open_session(users.user(SYSTEM, viewer))
    organisations.set_organisation_approval(SYSTEM, shop, "disabled")
    assert sessions.user_of(token) is None
    assert world.scope("shop viewer") == NOBODY
    with pytest.raises(Refused, match="organisation is disabled"):
        sessions.open_session(users.user(SYSTEM, viewer))
    organisations.set_organisation_approval(SYSTEM, shop, "approved")
    assert sessions.user_of(sessions.open_session(users.user(SYSTEM, viewer)))


def test_a_platform_administrator_is_not_shut_out_with_an_organisation(world: World) -> None:
    shop = world.organisations["shop"]
    boss = users.create_user(
        SYSTEM, email="boss@example.org", name="Boss", password=None, organisation_id=shop, platform_admin=True
    )
    organisations.set_organisation_approval(SYSTEM, shop, "disabled")
    assert sessions.user_of(sessions.open_session(boss))
    assert policy.scope_of(boss.id).everything


def test_an_organisation_does_not_decide_about_itself(world: World) -> None:
    for who, error in (("shop admin", Refused), ("shop viewer", Refused), ("north admin", NotFound), ("resident", NotFound)):
        for act in (
            lambda scope: organisations.set_organisation_approval(scope, world.organisations["shop"], "disabled"),
            lambda scope: organisations.delete_organisation(scope, world.organisations["shop"]),
        ):
            with pytest.raises(error):
                act(world.scope(who))


def test_an_organisation_is_renamed_by_its_administrator(world: World) -> None:
    shop = world.organisations["shop"]
    assert organisations.rename_organisation(world.scope("shop admin"), shop, " Corner ").name == "Corner"
    with pytest.raises(Refused):
        organisations.rename_organisation(world.scope("shop viewer"), shop, "Mine")
    with pytest.raises(NotFound):
        organisations.rename_organisation(world.scope("north admin"), shop, "Mine")


def test_what_stands_in_the_way_of_deleting_an_organisation_is_said(world: World) -> None:
    with pytest.raises(Refused, match="North still has 1 site and 3 users"):
        organisations.delete_organisation(SYSTEM, world.organisations["north"])
    with pytest.raises(Refused, match="Shop still has 2 users"):
        organisations.delete_organisation(SYSTEM, world.organisations["shop"])


def test_an_empty_organisation_is_deleted_with_its_assignments_and_invitations(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="Bakery", kind="customer").id
    grants.create_grant(SYSTEM, organisation_id=home, meter_id=world.meters["north first"])
    invitations.invite(SYSTEM, home, email="a@example.org")
    organisations.delete_organisation(SYSTEM, home)
    with pytest.raises(NotFound):
        organisations.organisation(SYSTEM, home)
    assert all(each.organisation_id != home for each in grants.grants(SYSTEM, world.sites["north"]))


def test_a_distributor_makes_manages_and_removes_its_customers(world: World) -> None:
    north = world.scope("north admin")
    home = organisations.create_organisation(north, name="Bakery", kind="customer", distributor_id=world.organisations["north"])
    first = users.create_user(north, email="b@example.org", name="Baker", password=None, organisation_id=home.id)
    assert first.role == "admin"
    assert {each.name for each in organisations.organisations(north)} == {"North", "Bakery"}
    assert home.id not in {each.id for each in organisations.organisations(world.scope("north viewer"))}
    with pytest.raises(Refused, match="own organisation choose"):
        users.set_password(north, first.id, "four words are enough")
    for who in ("south admin", "shop admin"):
        with pytest.raises(NotFound):
            users.user(world.scope(who), first.id)
        with pytest.raises(NotFound):
            organisations.organisation(world.scope(who), home.id)
    with pytest.raises(NotFound):
        organisations.create_organisation(north, name="X", kind="customer", distributor_id=world.organisations["south"])
    users.delete_user(north, first.id)
    organisations.delete_organisation(north, home.id)


def test_what_an_organisation_is_granted_its_people_have_as_far_as_their_role_goes(world: World) -> None:
    grants.create_grant(SYSTEM, organisation_id=world.organisations["shop"], site_id=world.sites["north"], role="operator")
    assert policy.may(world.scope("shop admin"), policy.Action.OPERATE, site_id=world.sites["north"])
    assert not policy.may(world.scope("shop admin"), policy.Action.ADMINISTER, site_id=world.sites["north"])
    assert not policy.may(world.scope("shop viewer"), policy.Action.OPERATE, site_id=world.sites["north"])


def test_the_owners_grants_are_neither_listed_nor_loaded_nor_ended(world: World) -> None:
    assert world.scope("north viewer").meter_ids == frozenset()
    listed = grants.grants(SYSTEM, world.sites["north"])
    assert {each.user_id for each in listed} == {world.people["resident"], world.people["neighbour"]}
    with engine.reading() as session:
        owned = session.query(schema.Grant).filter_by(origin="owner").first()
    with pytest.raises(Refused, match="owner"):
        grants.end_grant(SYSTEM, owned.id)


PEOPLE = {
    "root": {"root", "north admin", "north operator", "north viewer", "south admin", "shop admin", "shop viewer"}
    | {"resident", "neighbour", "stranger"},
    "north admin": {"north admin", "north operator", "north viewer", "resident", "neighbour"},
    "south admin": {"south admin"},
    "shop admin": {"shop admin", "shop viewer"},
    "north operator": {"north operator"},
    "resident": {"resident"},
}


@pytest.mark.parametrize("who", PEOPLE)
def test_the_table_of_people_holds_whom_one_may_see(world: World, who: str) -> None:
    page = lists.people(world.scope(who), Wanted())
    assert {each.name for each in page.rows} == PEOPLE[who]
    assert page.total == len(PEOPLE[who])


def test_nobody_sees_no_tables(world: World) -> None:
    assert lists.people(NOBODY, Wanted()).total == lists.organisations_page(NOBODY, Wanted()).total == 0


def test_the_table_of_people_is_searched_sorted_filtered_and_cut(world: World) -> None:
    def names(wanted: Wanted, **filters: object) -> list[str]:
        return [each.name for each in lists.people(SYSTEM, wanted, **filters).rows]

    assert names(Wanted(search="NORTH view")) == ["north viewer"]
    assert names(Wanted(search="%")) == names(Wanted(search="_")) == []
    assert names(Wanted(sort="email", descending=True, count=2)) == ["stranger", "south admin"]
    assert names(Wanted(first=8)) == ["south admin", "stranger"]
    assert names(Wanted(), role="operator") == ["north operator"]
    assert names(Wanted(), residential=True) == ["neighbour", "resident", "root", "stranger"]
    assert names(Wanted(), organisation_id=world.organisations["shop"]) == ["shop admin", "shop viewer"]
    assert names(Wanted(), approval="pending") == []
    with pytest.raises(Refused, match="choose one of name"):
        names(Wanted(sort="password_hash"))


def test_the_table_of_organisations_counts_their_people(world: World) -> None:
    page = lists.organisations_page(SYSTEM, Wanted(sort="people", descending=True))
    assert [(each.organisation.name, each.people) for each in page.rows] == [("North", 3), ("Shop", 2), ("South", 1)]
    assert lists.organisations_page(SYSTEM, Wanted(search="SHO")).total == 1
    assert lists.organisations_page(SYSTEM, Wanted(), kind="distributor").total == 2
    assert lists.organisations_page(world.scope("north admin"), Wanted()).total == 1


def test_assignments_are_listed_for_their_owner_and_for_who_administers_the_site(world: World) -> None:
    resident = world.people["resident"]

    def listed(who: str, **whose: str) -> list[tuple[str, str | None]]:
        return [(each.site.name, each.meter and each.meter.name) for each in grants.assignments(world.scope(who), **whose)]

    assert listed("resident", user_id=resident) == listed("north admin", user_id=resident) == [("North Homes", "first")]
    for who in ("neighbour", "south admin", "shop admin"):
        with pytest.raises(NotFound):
            listed(who, user_id=resident)
    grants.create_grant(SYSTEM, user_id=resident, meter_id=world.meters["south first"])
    assert len(listed("resident", user_id=resident)) == 2
    assert listed("north admin", user_id=resident) == [("North Homes", "first")], "what is elsewhere is not its to see"
    shop = world.organisations["shop"]
    grants.create_grant(SYSTEM, organisation_id=shop, site_id=world.sites["south"])
    assert listed("shop viewer", organisation_id=shop) == [("South Homes", None)]
    assert listed("north viewer", organisation_id=world.organisations["north"]) == []
