"""Whoever only looks writes nothing; an organisation's invitations and meters come in pages."""

import pytest

from store.errors import NotFound, Refused
from store.records.access import audit, grants
from store.records.people import invitations, organisations, users
from store.records.plant import meter_life
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.store.records.world import World


def test_whoever_only_looks_reads_and_writes_nothing(world: World) -> None:
    before = audit.entries(SYSTEM, limit=1)
    audit.act_as(world.people["north admin"], None, world.people["north viewer"], only_looks=True)
    try:
        scope = world.scope("north viewer")
        assert users.user(scope, world.people["north viewer"]).id == world.people["north viewer"]
        for write in (
            lambda: users.choose_theme(scope, "dark"),
            lambda: users.remember_site(scope, world.sites["north"]),
            lambda: organisations.rename_organisation(SYSTEM, world.organisations["north"], "Other"),
            lambda: audit.note("export"),
        ):
            with pytest.raises(Refused, match="can change nothing"):
                write()
    finally:
        audit.act_as()
    assert audit.entries(SYSTEM, limit=1) == before


def test_an_organisations_invitations_come_in_pages_for_its_administrators(world: World) -> None:
    home = world.organisations["north"]
    for number in range(3):
        invitations.invite(SYSTEM, home, email=f"guest{number}@example.org")
    scope = world.scope("north admin")
    found = invitations.invitations_page(scope, home, Wanted(sort="email", descending=True, count=2))
    assert ([each.email for each in found.rows], found.total) == (["guest2@example.org", "guest1@example.org"], 3)
    assert invitations.invitations_page(scope, home, Wanted(search="guest0")).total == 1
    with pytest.raises(Refused):
        invitations.invitations_page(world.scope("north viewer"), home, Wanted())
    with pytest.raises(NotFound):
        invitations.invitations_page(scope, world.organisations["south"], Wanted())


def test_an_organisations_meters_are_those_assigned_to_it_one_by_one_or_with_their_site(world: World) -> None:
    def names(who: str, organisation: str) -> set[str]:
        page = meter_life.meters_page(world.scope(who), Wanted(), organisation_id=world.organisations[organisation])
        return {row.meter.id for row in page.rows}

    assert names("root", "shop") == set()
    one = world.meters["north grid"]
    grants.create_grant(SYSTEM, organisation_id=world.organisations["shop"], meter_id=one)
    assert names("root", "shop") == {one}
    assert names("south admin", "shop") == set()
    grants.create_grant(SYSTEM, organisation_id=world.organisations["shop"], site_id=world.sites["south"])
    south = {meter for name, meter in world.meters.items() if name.startswith("south")}
    assert names("root", "shop") == {one} | south
    assert names("north admin", "north") >= {one}
