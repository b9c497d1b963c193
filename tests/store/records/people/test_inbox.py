"""Meters are claimed and keys asked for; an administrator decides in one queue."""

import re

import pytest

from store import ids
from store.errors import NotFound, Refused
from store.records.access import claims, grants
from store.records.people import inbox, invitations, preferences, users
from store.records.plant import devices, key_requests, keys, meter_life
from store.records.schema.listing import Wanted
from store.scope import NOBODY, SYSTEM, Scope
from tests.store.records.world import World


def _code(world: World, meter: str) -> str:
    return claims.claim_code(SYSTEM, world.meters[meter])


def _only(scope: Scope) -> inbox.Pending:
    [item] = inbox.pending(scope).rows
    assert inbox.pending_count(scope) == 1
    return item


def test_a_claimed_meter_is_seen_once_the_distributor_has_agreed(world: World) -> None:
    code = _code(world, "north grid")
    assert re.fullmatch("[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    asked = claims.claim_meter(world.scope("stranger"), code.lower().replace("-", " ").replace("0", "o"), "moved in")
    assert world.scope("stranger").meter_ids == frozenset()
    item = _only(world.scope("north admin"))
    assert (item.kind, item.id, item.who, item.about) == ("meter", asked.id, "stranger", "grid")
    assert (item.site_id, item.note) == (world.sites["north"], "moved in")
    decided = inbox.decide(world.scope("north admin"), asked.id, approve=True, reason="welcome")
    assert decided.tell == ("stranger@example.org",)
    assert world.scope("stranger").meter_ids == {world.meters["north grid"]}
    assert inbox.pending_count(world.scope("north admin")) == 0
    [kept] = claims.my_requests(world.scope("stranger"))
    assert (kept.approved, kept.reason, kept.decided_by) == (True, "welcome", world.people["north admin"])


def test_whoever_wants_no_mail_about_approvals_gets_none(world: World) -> None:
    asked = claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    preferences.choose_notification(world.scope("stranger"), "approval", "mail", False)
    assert inbox.decide(world.scope("north admin"), asked.id, approve=False).tell == ()


def test_a_wrong_code_and_a_taken_meter_are_answered_alike(world: World) -> None:
    said = set()
    for code in (_code(world, "north first"), ids.new_claim_code(), "", "%", "x" * 500):
        with pytest.raises(Refused) as refused:
            claims.claim_meter(world.scope("stranger"), code)
        said.add(str(refused.value))
    assert len(said) == 1


def test_a_rejected_claim_shows_nothing_and_may_be_made_again(world: World) -> None:
    asked = claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    inbox.decide(world.scope("north admin"), asked.id, approve=False, reason="not your house")
    assert world.scope("stranger").meter_ids == frozenset()
    with pytest.raises(Refused, match="already"):
        inbox.decide(world.scope("north admin"), asked.id, approve=True)
    assert claims.claim_meter(world.scope("stranger"), _code(world, "north grid")).id != asked.id


def test_claiming_twice_asks_once_and_what_one_has_is_said_to_be_ones_own(world: World) -> None:
    asked = [claims.claim_meter(world.scope("stranger"), _code(world, "north grid")).id for _ in range(2)]
    assert asked[0] == asked[1]
    with pytest.raises(Refused, match="yours already"):
        claims.claim_meter(world.scope("resident"), _code(world, "north first"))
    with pytest.raises(Refused, match="yours already"):
        claims.claim_meter(world.scope("north admin"), _code(world, "north grid"))


def test_of_two_who_claim_the_same_meter_one_gets_it(world: World) -> None:
    both = [claims.claim_meter(world.scope(who), _code(world, "north grid")) for who in ("stranger", "neighbour")]
    inbox.decide(SYSTEM, both[0].id, approve=True)
    with pytest.raises(Refused, match="somebody else"):
        inbox.decide(SYSTEM, both[1].id, approve=True)
    assert inbox.pending(SYSTEM).rows[0].id == both[1].id, "it still waits"
    inbox.decide(SYSTEM, both[1].id, approve=False)


def test_an_organisation_claims_by_its_administrator_for_all_its_people(world: World) -> None:
    with pytest.raises(Refused, match="administrators"):
        claims.claim_meter(world.scope("shop viewer"), _code(world, "north grid"))
    asked = claims.claim_meter(world.scope("shop admin"), _code(world, "north grid"))
    assert _only(world.scope("north admin")).organisation_id == world.organisations["shop"]
    inbox.decide(world.scope("north admin"), asked.id, approve=True)
    assert world.scope("shop viewer").meter_ids == {world.meters["north grid"]}


def test_a_claim_of_somebody_who_joined_an_organisation_meanwhile_is_not_granted(world: World) -> None:
    asked = claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    invited = invitations.invite(world.scope("shop admin"), world.organisations["shop"], email="stranger@example.org")
    invitations.accept(invited.token, holder=world.scope("stranger"))
    with pytest.raises(Refused, match="any more"):
        inbox.decide(SYSTEM, asked.id, approve=True)


@pytest.mark.parametrize("who", ["south admin", "north operator", "north viewer", "shop admin", "stranger"])
def test_nobody_else_decides_or_learns_that_something_waits(world: World, who: str) -> None:
    asked = claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    assert inbox.pending(world.scope(who)).rows == []
    for item in (asked.id, "req_unknown", "nonsense"):
        with pytest.raises(NotFound):
            inbox.decide(world.scope(who), item, approve=True)


def test_a_request_is_taken_back_by_who_made_it(world: World) -> None:
    asked = claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    for who in ("neighbour", "north admin"):
        with pytest.raises(NotFound):
            claims.take_back(world.scope(who), asked.id)
    claims.take_back(world.scope("stranger"), asked.id)
    assert inbox.pending_count(SYSTEM) == 0


def test_a_renewed_code_replaces_the_old_one_and_a_retired_meter_has_none(world: World) -> None:
    meter, old = world.meters["north grid"], _code(world, "north grid")
    for who in ("north operator", "resident", "south admin"):
        with pytest.raises((NotFound, Refused)):
            claims.renew_claim_code(world.scope(who), meter)
        with pytest.raises((NotFound, Refused)):
            claims.claim_code(world.scope(who), meter)
    new = claims.renew_claim_code(world.scope("north admin"), meter)
    with pytest.raises(Refused):
        claims.claim_meter(world.scope("stranger"), old)
    meter_life.retire_meter(world.scope("north admin"), meter)
    with pytest.raises(Refused):
        claims.claim_meter(world.scope("stranger"), new)


def test_a_released_meter_is_free_for_the_next(world: World) -> None:
    with pytest.raises(NotFound):
        claims.release_meter(world.scope("neighbour"), world.meters["north first"])
    claims.release_meter(world.scope("resident"), world.meters["north first"])
    assert world.scope("resident").meter_ids == frozenset()
    grants.create_grant(SYSTEM, user_id=world.people["stranger"], meter_id=world.meters["north first"])


def test_a_key_is_made_once_by_the_operator_who_asked_and_was_allowed(world: World) -> None:
    operator, admin = world.scope("north operator"), world.scope("north admin")
    asked = key_requests.request_key(operator, world.devices["north first"], "replacement")
    with pytest.raises(Refused, match="not approved yet"):
        key_requests.create_requested_key(operator, asked.id)
    item = _only(admin)
    assert (item.kind, item.about, item.site_id) == ("key", "box first", world.sites["north"])
    inbox.decide(admin, asked.id, approve=True)
    with pytest.raises(NotFound):
        key_requests.create_requested_key(admin, asked.id)
    key = key_requests.create_requested_key(operator, asked.id)
    assert key.partition(".")[0] in {each.id for each in keys.keys(admin, world.sites["north"])}
    with pytest.raises(Refused, match="already"):
        key_requests.create_requested_key(operator, asked.id)


def test_a_key_is_not_made_by_whoever_operates_the_site_no_longer(world: World) -> None:
    asked = key_requests.request_key(world.scope("north operator"), world.devices["north first"])
    inbox.decide(SYSTEM, asked.id, approve=True)
    users.change_role(SYSTEM, world.people["north operator"], "viewer")
    with pytest.raises(Refused, match="operator"):
        key_requests.create_requested_key(world.scope("north operator"), asked.id)


@pytest.mark.parametrize(("who", "error"), [("north viewer", Refused), ("resident", Refused), ("south admin", NotFound)])
def test_only_operators_ask_for_keys(world: World, who: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        key_requests.request_key(world.scope(who), world.devices["north first"])


def test_a_key_is_asked_for_once_at_a_time_and_for_a_device_in_use(world: World) -> None:
    operator = world.scope("north operator")
    key_requests.request_key(operator, world.devices["north first"])
    with pytest.raises(Refused, match="asked for already"):
        key_requests.request_key(operator, world.devices["north first"])
    devices.retire_device(SYSTEM, world.devices["north second"])
    with pytest.raises(Refused, match="retired"):
        key_requests.request_key(operator, world.devices["north second"])


def test_the_queue_has_pages_kinds_and_a_search(world: World) -> None:
    asked = [claims.claim_meter(world.scope(who), _code(world, "north grid")).id for who in ("stranger", "neighbour")]
    key_requests.request_key(world.scope("north operator"), world.devices["north first"])
    found = inbox.pending(SYSTEM, Wanted(count=1, first=1))
    assert ([each.id for each in found.rows], found.total) == ([asked[1]], 3)
    assert {each.kind for each in inbox.pending(SYSTEM, kind="key").rows} == {"key"}
    assert [each.who for each in inbox.pending(SYSTEM, Wanted(search="stran grid")).rows] == ["stranger"]
    assert inbox.pending(NOBODY).total == 0


def test_what_somebody_disabled_has_asked_for_waits_no_longer(world: World) -> None:
    claims.claim_meter(world.scope("stranger"), _code(world, "north grid"))
    users.set_approval(SYSTEM, world.people["stranger"], "disabled")
    assert inbox.pending(world.scope("north admin")).total == 0
    users.set_approval(SYSTEM, world.people["stranger"], "approved")
    assert inbox.pending(world.scope("north admin")).total == 0


def test_a_claim_for_an_organisation_is_granted_only_while_its_maker_administers_it(world: World) -> None:
    asked = claims.claim_meter(world.scope("shop admin"), _code(world, "north grid"))
    users.change_role(SYSTEM, world.people["shop admin"], "viewer", successor_id=world.people["shop viewer"])
    with pytest.raises(Refused, match="any more"):
        inbox.decide(world.scope("north admin"), asked.id, approve=True)
    inbox.decide(world.scope("north admin"), asked.id, approve=False)
    assert world.meters["north grid"] not in world.scope("shop admin").meter_ids


def test_a_key_is_approved_only_for_who_still_operates_the_site(world: World) -> None:
    asked = key_requests.request_key(world.scope("north operator"), world.devices["north first"])
    users.change_role(SYSTEM, world.people["north operator"], "viewer")
    with pytest.raises(Refused, match="any more"):
        inbox.decide(world.scope("north admin"), asked.id, approve=True)
