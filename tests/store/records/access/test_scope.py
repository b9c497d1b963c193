"""Everyone sees what is theirs, and nothing else exists."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.access import claims, grants, policy
from store.records.access.policy import Action
from store.records.people import inbox, invitations, lists, organisations, pictures, users
from store.records.plant import (
    activity,
    dated_graph,
    declarations,
    devices,
    emission_factors,
    graph,
    key_requests,
    keys,
    last_values,
    meter_life,
    meters,
    regions,
    sites,
    tariffs,
)
from store.records.schema.listing import Wanted
from store.scope import NOBODY, SYSTEM, Scope, Window
from tests.matrix import count
from tests.store.records.world import BEGAN, SWITCH, World


def test_a_distributors_people_see_its_sites_whole_and_no_others(world: World) -> None:
    for who in ("north admin", "north operator", "north viewer"):
        scope = world.scope(who)
        assert [site.id for site in sites.visible_sites(scope)] == [world.sites["north"]]
        assert len(meters.meters_of(scope, world.sites["north"])) == 4


def test_a_platform_administrator_sees_everything(world: World) -> None:
    scope = world.scope("root")
    assert scope.everything
    assert {site.id for site in sites.visible_sites(scope)} == set(world.sites.values())


def test_a_resident_sees_their_own_meters_and_nothing_of_a_neighbours(world: World) -> None:
    scope = world.scope("resident")
    north = world.sites["north"]
    assert scope.part_site_ids == {north}
    assert not scope.sees_whole_site(north)
    assert [meter.id for meter in meters.meters_of(scope, north)] == [world.meters["north first"]]
    assert [device.id for device in devices.devices_of(scope, north)] == [world.devices["north first"]]
    with pytest.raises(NotFound):
        meters.require_meters(scope, [world.meters["north first"], world.meters["north second"]])


def test_a_residents_graph_is_their_own_edge_and_its_nodes(world: World) -> None:
    part = dated_graph.site_graph(world.scope("resident"), world.sites["north"])
    assert [edge.id for edge in part.edges] == [world.edges["north first"]]
    assert {node.id for node in part.nodes} == {world.nodes["north bus"], world.nodes["north first"]}


def test_whoever_sees_the_whole_site_sees_its_whole_graph_with_the_terms_of_virtual_meters(world: World) -> None:
    whole = dated_graph.site_graph(world.scope("north viewer"), world.sites["north"])
    assert {node.id for node in whole.nodes} == {each for name, each in world.nodes.items() if name.startswith("north")}
    losses = next(edge for edge in whole.edges if edge.id == world.edges["north losses"])
    assert losses.meter_id is None
    assert dict(losses.terms) == {
        world.meters["north grid"]: 1,
        world.meters["north first"]: -1,
        world.meters["north second"]: -1,
    }


def test_a_customer_organisation_sees_nothing_until_it_is_granted_something(world: World) -> None:
    assert sites.visible_sites(world.scope("shop viewer")) == []
    grants.create_grant(SYSTEM, organisation_id=world.organisations["shop"], meter_id=world.meters["north first"])
    assert world.scope("shop viewer").meter_ids == {world.meters["north first"]}


def test_a_grant_holds_from_its_first_day_until_not_including_its_last(world: World) -> None:
    end = SWITCH + timedelta(days=10)
    grants.create_grant(SYSTEM, user_id=world.people["stranger"], site_id=world.sites["south"], valid_from=SWITCH, valid_to=end)
    second = timedelta(seconds=1)
    seen = [world.scope("stranger", at).site_ids for at in (SWITCH - second, SWITCH, end - second, end)]
    assert seen == [frozenset(), {world.sites["south"]}, {world.sites["south"]}, frozenset()]


def test_an_ended_grant_shows_nothing_any_more(world: World) -> None:
    [grant] = [each for each in grants.grants(SYSTEM, world.sites["north"]) if each.user_id == world.people["resident"]]
    grants.end_grant(world.scope("north admin"), grant.id)
    assert world.scope("resident").key == NOBODY.key


def test_a_site_granted_whole_is_not_seen_in_part_too(world: World) -> None:
    grants.create_grant(SYSTEM, user_id=world.people["resident"], site_id=world.sites["north"])
    scope = world.scope("resident")
    assert scope.site_ids == {world.sites["north"]}
    assert scope.part_site_ids == frozenset()


@pytest.mark.parametrize("approval", ["pending", "rejected", "disabled"])
def test_whoever_is_not_approved_sees_nothing(world: World, approval: str) -> None:
    users.set_approval(SYSTEM, world.people["north operator"], approval)
    assert world.scope("north operator") == NOBODY


def test_nobody_sees_nothing(world: World) -> None:
    assert policy.scope_of("usr_unknown") == NOBODY
    assert sites.visible_sites(NOBODY) == regions.regions(NOBODY) == organisations.organisations(NOBODY) == []
    assert lists.people(NOBODY, Wanted()).total == 0


def test_the_role_of_a_grant_counts_where_it_was_given_and_nowhere_else(world: World) -> None:
    grants.create_grant(SYSTEM, user_id=world.people["south admin"], site_id=world.sites["north"], role="viewer")
    scope = world.scope("south admin")
    assert policy.may(scope, Action.ADMINISTER, site_id=world.sites["south"])
    assert policy.may(scope, Action.SEE, site_id=world.sites["north"])
    assert not policy.may(scope, Action.OPERATE, site_id=world.sites["north"])
    with pytest.raises(Refused, match="administrator of the site"):
        keys.create_key(scope, site_id=world.sites["north"])


def test_a_role_on_one_meter_is_none_on_its_neighbour(world: World) -> None:
    first, second = world.meters["north grid"], world.meters["north second"]
    grants.create_grant(SYSTEM, user_id=world.people["stranger"], meter_id=first, role="operator")
    scope = world.scope("stranger")
    assert policy.may(scope, Action.OPERATE, site_id=world.sites["north"], meter_id=first)
    assert not policy.may(scope, Action.OPERATE, site_id=world.sites["north"], meter_id=second)
    assert not policy.may(scope, Action.OPERATE, site_id=world.sites["north"])


@pytest.mark.parametrize("who", ["north operator", "north viewer"])
def test_only_an_administrator_changes_a_site(world: World, who: str) -> None:
    scope, north = world.scope(who), world.sites["north"]
    for change in (
        lambda: graph.create_node(scope, north, name="x", kind="bus"),
        lambda: meters.create_meter(scope, north, name="x", role="condition"),
        lambda: devices.create_device(scope, north, name="x"),
        lambda: keys.keys(scope, north),
        lambda: grants.grants(scope, north),
        lambda: tariffs.create_tariff(
            scope, north, name="x", import_price_per_kwh=1, export_price_per_kwh=1, co2_g_per_kwh=1, valid_from=SWITCH
        ),
        lambda: sites.create_site(
            scope, name="x", kind="plant", organisation_id=world.organisations["north"], time_zone="UTC",
            currency="GBP", latitude=0, longitude=0,
        ),
    ):  # fmt: skip
        with pytest.raises(Refused):
            change()


FOREIGN: dict[str, Callable[[Scope, World, Callable[[str], str]], object]] = {
    "site": lambda scope, world, what: sites.site(scope, what("sites")),
    "graph": lambda scope, world, what: dated_graph.site_graph(scope, what("sites")),
    "meters of": lambda scope, world, what: meters.meters_of(scope, what("sites")),
    "devices of": lambda scope, world, what: devices.devices_of(scope, what("sites")),
    "tariffs": lambda scope, world, what: tariffs.tariffs(scope, what("sites")),
    "emission factors": lambda scope, world, what: emission_factors.factors(scope, what("sites")),
    "keys": lambda scope, world, what: keys.keys(scope, what("sites")),
    "grants": lambda scope, world, what: grants.grants(scope, what("sites")),
    "node on": lambda scope, world, what: graph.create_node(scope, what("sites"), name="x", kind="bus"),
    "node": lambda scope, world, what: graph.create_edge(
        scope, world.sites["south"], from_node_id=what("nodes"), to_node_id=world.nodes["south bus"]
    ),
    "end edge": lambda scope, world, what: graph.end_edge(scope, what("edges")),
    "meter": lambda scope, world, what: meters.require_meters(scope, [what("meters")]),
    "series": lambda scope, world, what: meters.require_series(scope, [what("meters")]),
    "region": lambda scope, world, what: meters.require_series(scope, [what("regions")]),
    "declarations": lambda scope, world, what: declarations.energy_declarations(scope, [what("meters")]),
    "terms": lambda scope, world, what: meters.virtual_terms(scope, [what("meters")]),
    "declare": lambda scope, world, what: declarations.declare_energy(
        scope, what("meters"), method="power", interval_s=5, valid_from=SWITCH
    ),
    "meter on": lambda scope, world, what: meters.create_meter(scope, world.sites["south"], name="x", edge_id=what("edges")),
    "term": lambda scope, world, what: meters.create_meter(
        scope, world.sites["south"], name="x", role="virtual", terms=[(what("meters"), 1)]
    ),
    "device": lambda scope, world, what: devices.require_devices(scope, [what("devices")]),
    "fields": lambda scope, world, what: devices.device_fields(scope, [what("devices")]),
    "map": lambda scope, world, what: devices.map_fields(scope, what("devices"), {}),
    "map to": lambda scope, world, what: devices.map_fields(
        scope, world.devices["south first"], {"energy_consumed": (what("meters"), "energy_kwh")}
    ),
    "retire": lambda scope, world, what: devices.retire_device(scope, what("devices")),
    "activity": lambda scope, world, what: activity.activity_24h(scope, what("devices")),
    "last seen": lambda scope, world, what: activity.last_seen(scope, [what("devices")]),
    "last values": lambda scope, world, what: last_values.last_values(scope, [what("meters")]),
    "device key": lambda scope, world, what: keys.create_key(scope, device_id=what("devices")),
    "site key": lambda scope, world, what: keys.create_key(scope, site_id=what("sites")),
    "revoke": lambda scope, world, what: keys.revoke_key(scope, what("keys").partition(".")[0]),
    "grant on site": lambda scope, world, what: grants.create_grant(scope, user_id=scope.user_id, site_id=what("sites")),
    "grant on meter": lambda scope, world, what: grants.create_grant(scope, user_id=scope.user_id, meter_id=what("meters")),
    "user": lambda scope, world, what: users.user(scope, what("people")),
    "disable": lambda scope, world, what: users.set_approval(scope, what("people"), "disabled"),
    "password": lambda scope, world, what: users.set_password(scope, what("people"), "four words are enough"),
    "organisation": lambda scope, world, what: organisations.organisation(scope, what("organisations")),
    "site of": lambda scope, world, what: sites.create_site(
        scope, name="x", kind="plant", organisation_id=what("organisations"), time_zone="UTC", currency="GBP",
        latitude=0, longitude=0,
    ),
    "remember": lambda scope, world, what: users.remember_site(scope, what("sites")),
    "role": lambda scope, world, what: users.change_role(scope, what("people"), "viewer"),
    "delete": lambda scope, world, what: users.delete_user(scope, what("people")),
    "decide on a user": lambda scope, world, what: inbox.decide(scope, what("people"), approve=True),
    "picture": lambda scope, world, what: pictures.picture(scope, what("people")),
    "assigned to a user": lambda scope, world, what: grants.assignments(scope, user_id=what("people")),
    "assigned to": lambda scope, world, what: grants.assignments(scope, organisation_id=what("organisations")),
    "invite": lambda scope, world, what: invitations.invite(scope, what("organisations"), email="a@example.org"),
    "invitations": lambda scope, world, what: invitations.invitations(scope, what("organisations")),
    "rename": lambda scope, world, what: organisations.rename_organisation(scope, what("organisations"), "X"),
    "disable all": lambda scope, world, what: organisations.set_organisation_approval(
        scope, what("organisations"), "disabled"
    ),
    "decide on": lambda scope, world, what: inbox.decide(scope, what("organisations"), approve=True),
    "delete all": lambda scope, world, what: organisations.delete_organisation(scope, what("organisations")),
    "customer of": lambda scope, world, what: organisations.create_organisation(
        scope, name="X", kind="customer", distributor_id=what("organisations")
    ),
    "user in": lambda scope, world, what: users.create_user(
        scope, email="a@example.org", name="A", password=None, organisation_id=what("organisations")
    ),
    "table of": lambda scope, world, what: meter_life.meters_page(scope, Wanted(), site_id=what("sites")),
    "describe": lambda scope, world, what: meter_life.describe_meter(scope, what("meters"), name="x"),
    "declare as if": lambda scope, world, what: declarations.declared_with(
        scope, what("meters"), method="power", interval_s=60, valid_from=SWITCH
    ),
    "exchange as if": lambda scope, world, what: meter_life.declared_exchanged(scope, what("meters"), at=SWITCH),
    "exchange": lambda scope, world, what: meter_life.exchange(scope, what("meters"), at=SWITCH, serial_number="x"),
    "retire meter": lambda scope, world, what: meter_life.retire_meter(scope, what("meters")),
    "code": lambda scope, world, what: claims.claim_code(scope, what("meters")),
    "new code": lambda scope, world, what: claims.renew_claim_code(scope, what("meters")),
    "release": lambda scope, world, what: claims.release_meter(scope, what("meters")),
    "ask for a key": lambda scope, world, what: key_requests.request_key(scope, what("devices")),
}  # fmt: skip
THEIRS = {
    "sites": "north", "nodes": "north bus", "edges": "north first", "meters": "north first", "regions": "north",
    "devices": "north first", "keys": "north first", "people": "north viewer", "organisations": "north",
}  # fmt: skip


@pytest.mark.matrix
@pytest.mark.parametrize("asked", FOREIGN)
def test_what_is_foreign_is_not_found_in_the_words_for_what_does_not_exist(world: World, asked: str) -> None:
    count("store functions")
    said = []
    for real in (True, False):
        used: list[str] = []

        def what(kind: str, real: bool = real, used: list[str] = used) -> str:
            used.append(getattr(world, kind)[THEIRS[kind]] if real else "xyz_000000000000")
            return used[-1]

        with pytest.raises(NotFound) as refused:
            FOREIGN[asked](world.scope("south admin"), world, what)
        said.append(str(refused.value).replace(used[-1].partition(".")[0], "…"))
    assert said[0] == said[1]


def test_an_organisations_administrator_manages_its_people_and_no_others(world: World) -> None:
    scope = world.scope("north admin")
    theirs = [person for person in lists.people(scope, Wanted()).rows if policy.manages(scope, person)]
    assert {person.name for person in theirs} == {"north admin", "north operator", "north viewer"}
    made = users.create_user(
        scope, email="new@example.org", name="New", password=None, organisation_id=world.organisations["north"], role="viewer"
    )
    assert made.organisation is not None
    with pytest.raises(Refused, match="platform administrator"):
        users.create_user(scope, email="r@example.org", name="R", password=None)
    with pytest.raises(Refused, match="platform administrator"):
        users.create_user(
            scope,
            email="p@example.org",
            name="P",
            password=None,
            organisation_id=world.organisations["north"],
            platform_admin=True,
        )


def test_others_see_no_people_but_themselves(world: World) -> None:
    assert [person.name for person in lists.people(world.scope("north operator"), Wanted()).rows] == ["north operator"]
    with pytest.raises(NotFound):
        users.user(world.scope("north operator"), world.people["north viewer"])


def test_a_region_is_seen_by_whoever_sees_one_of_its_sites(world: World) -> None:
    resident = world.scope("resident")
    assert [region.id for region in regions.regions(resident)] == [world.regions["north"]]
    meters.require_series(resident, [world.regions["north"], world.meters["north first"]])


def test_scopes_that_see_the_same_share_their_cached_results(world: World) -> None:
    assert world.scope("north admin").key == world.scope("north viewer").key != world.scope("resident").key


def test_rewiring_keeps_history_right(world: World) -> None:
    scope, north = world.scope("north admin"), world.sites["north"]
    graph.end_edge(scope, world.edges["north second"], SWITCH)
    before = dated_graph.site_graph(scope, north, SWITCH - timedelta(seconds=1))
    after = dated_graph.site_graph(scope, north, SWITCH)
    assert {edge.id for edge in before.edges} - {edge.id for edge in after.edges} == {world.edges["north second"]}
    assert dated_graph.site_graph(scope, north, BEGAN - timedelta(days=1)).nodes == ()


def test_what_two_scopes_both_see_is_never_more_than_either_sees(world: World) -> None:
    """For every two people, and each of them at two times: of each site and meter no more, and no other times."""
    at = BEGAN + timedelta(days=1)
    scopes = [world.scope(who, moment) for who in world.people for moment in (None, at, BEGAN - timedelta(days=1))] + [NOBODY]
    places = [(meter, world.sites[name.split()[0]]) for name, meter in world.meters.items()]
    for one in scopes:
        assert one.narrowed(one) == one
        for other in scopes:
            shared = one.narrowed(other)
            assert shared.everything <= (one.everything and other.everything)
            assert shared.platform_admin <= (one.platform_admin and other.platform_admin)
            for meter, site in places:
                assert shared.sees_whole_site(site) == (one.sees_whole_site(site) and other.sees_whole_site(site))
                assert shared.sees_site(site) <= (one.sees_site(site) and other.sees_site(site))
                for action in (Action.OPERATE, Action.ADMINISTER):
                    for place in ({"site_id": site}, {"meter_id": meter}):
                        both = policy.may(one, action, **place) and policy.may(other, action, **place)
                        assert policy.may(shared, action, **place) <= both
                for window in shared.times(meter, site):
                    for scope in (one, other):
                        assert any(w.start <= window.start and window.end <= w.end for w in scope.times(meter, site))


def test_times_that_two_scopes_share_are_those_of_both() -> None:
    def held(*years: tuple[int, int]) -> Scope:
        windows = tuple(Window(datetime(a, 1, 1, tzinfo=UTC), datetime(b, 1, 1, tzinfo=UTC)) for a, b in years)
        return Scope("usr_1", part_site_ids=frozenset({"s"}), meter_ids=frozenset({"m"}), held={"m": windows})

    one, other = held((2000, 2005), (2010, 2020)), held((2003, 2012), (2015, 2016), (2020, 2021))
    expected = held((2003, 2005), (2010, 2012), (2015, 2016))
    assert one.narrowed(other) == other.narrowed(one) == expected
    always = Scope("usr_1", part_site_ids=frozenset({"s"}), meter_ids=frozenset({"m"}))
    assert one.narrowed(always) == one
