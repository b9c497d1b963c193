"""Meters are assigned by address or name, and it is known to whom; never to whom one must not know of."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.access import grants
from store.records.people import organisations
from store.records.plant import holders, meter_life
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import SWITCH, World


def test_a_meter_is_assigned_to_a_resident_by_address_for_a_time(world: World) -> None:
    scope, meter = world.scope("north admin"), world.meters["north grid"]
    end = now() + timedelta(days=30)
    made = holders.assign_meter(scope, meter, " Stranger@example.org ", valid_to=end)
    [holder] = holders.holders(scope, [meter])[meter]
    assert (holder.grant.id, holder.name, holder.email) == (made.id, "stranger", "stranger@example.org")
    assert meter in world.scope("stranger").meter_ids
    assert meter not in world.scope("stranger", end).meter_ids
    with pytest.raises(Refused, match="another resident"):
        holders.assign_meter(scope, meter, "neighbour@example.org")


def test_a_meter_is_assigned_to_a_customer_by_name(world: World) -> None:
    meter = world.meters["north second"]
    customer = organisations.create_organisation(
        SYSTEM, name="Bakery", kind="customer", distributor_id=world.organisations["north"]
    )
    made = holders.assign_meter(world.scope("north admin"), meter, "bakery", role="operator")
    assert (made.organisation_id, made.role) == (customer.id, "operator")
    [bakery] = [each for each in holders.holders(SYSTEM, [meter])[meter] if each.name == "Bakery"]
    assert bakery.email is None
    grants.end_grant(SYSTEM, made.id, now() + timedelta(hours=1))
    assert made.id in {each.grant.id for each in holders.holders(SYSTEM, [meter], ended=True)[meter]}


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("nobody@example.org", "register"),
        ("south.admin@example.org", "register"),
        ("shop", "no organisation"),
        ("South", "no organisation"),
        ("", "no organisation"),
        ("north.viewer@example.org", "organisation"),
    ],
)
def test_others_people_and_organisations_are_not_found(world: World, who: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        holders.assign_meter(world.scope("north admin"), world.meters["north second"], who)


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_knows_and_assigns(world: World, who: str, error: type[Exception]) -> None:
    scope, meter = world.scope(who), world.meters["north first"]
    with pytest.raises(error):
        holders.holders(scope, [meter])
    with pytest.raises(error):
        holders.assign_meter(scope, meter, "stranger@example.org", valid_from=SWITCH)


def test_a_retired_meter_is_not_assigned(world: World) -> None:
    meter_life.retire_meter(SYSTEM, world.meters["north second"])
    with pytest.raises(Refused, match="retired"):
        holders.assign_meter(SYSTEM, world.meters["north second"], "stranger@example.org")


def test_a_whole_site_is_assigned_for_a_time_and_once(world: World) -> None:
    scope, site = world.scope("north admin"), world.sites["north"]
    end = now() + timedelta(days=30)
    made = holders.assign_site(scope, site, "Stranger@example.org ", role="operator", valid_to=end)
    found = holders.site_holders(scope, site, Wanted("stranger"))
    assert [(each.grant.id, each.name, each.email) for each in found.rows] == [(made.id, "stranger", "stranger@example.org")]
    assert site in world.scope("stranger").site_ids
    assert site not in world.scope("stranger", end).site_ids
    with pytest.raises(Refused, match="end that assignment first"):
        holders.assign_site(scope, site, "stranger@example.org")
    holders.assign_site(scope, site, "stranger@example.org", valid_from=end)
    grants.end_grant(scope, made.id, now() + timedelta(microseconds=1))
    assert holders.site_holders(scope, site, Wanted("stranger"), ended=True).total == 2


@pytest.mark.parametrize(("who", "error"), [("north operator", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_an_administrator_of_the_site_assigns_the_whole_of_it(world: World, who: str, error: type[Exception]) -> None:
    scope, site = world.scope(who), world.sites["north"]
    with pytest.raises(error):
        holders.site_holders(scope, site)
    with pytest.raises(error):
        holders.assign_site(scope, site, "stranger@example.org")
