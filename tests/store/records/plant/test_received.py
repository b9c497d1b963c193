"""What senders sent last is kept while an operator of the site watches, a little of each, and is told to nobody else."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records.access import policy
from store.records.plant import brokers, keys, received
from store.records.plant.brokers import Description, Subscription
from store.records.plant.received import KEPT, Received
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.store.records.world import World


def request(site_id: str, source_id: str, number: int = 0) -> Received:
    at = now() + timedelta(seconds=number)
    return Received(site_id, source_id, at, "lines", "/write", False, 3, 204, number, 0, 0, 0, "a\nb", [{"kind": "note"}])


def test_of_a_sender_that_is_watched_the_newest_are_kept_in_their_order(world: World) -> None:
    site = world.sites["north"]
    key = keys.create_key(SYSTEM, site_id=site).partition(".")[0]
    assert key not in received.watched(SYSTEM)
    received.watch(SYSTEM, site, key)
    received.watch(SYSTEM, site, key)
    assert key in received.watched(SYSTEM)
    received.keep(SYSTEM, [request(site, key, number) for number in range(KEPT + 20)] + [request("sit_000000000000", key)])
    assert [each.accepted for each in received.of_source(SYSTEM, site, key)] == list(range(KEPT + 19, 19, -1))
    assert received.forget(SYSTEM, now() + timedelta(days=1)) == KEPT
    assert received.of_source(SYSTEM, site, key) == []
    assert key not in received.watched(SYSTEM)


def test_keys_that_may_post_and_brokers_send_and_those_that_ended_stand_last(world: World) -> None:
    site = world.sites["north"]
    ended, used = (keys.create_key(SYSTEM, site_id=site, name=name).partition(".")[0] for name in ("old", "new"))
    keys.create_key(SYSTEM, site_id=site, can_write=False, name="reads")
    keys.revoke_key(SYSTEM, ended)
    broker = brokers.create_broker(SYSTEM, site, Description("yard", "broker.example", [Subscription("a/#", "plain")])).id
    keys.note_refusals(SYSTEM, {ended: 3})
    keys.note_refusals(SYSTEM, {ended: 2})
    found = received.senders(SYSTEM, site)
    ids = [each.id for each in found]
    assert {ended, used, broker} <= set(ids)
    assert "reads" not in {each.name for each in found}
    assert ids.index(used) < ids.index(ended)
    assert {each.id: each.refused for each in found}[ended] == 5


def test_a_sender_is_watched_on_its_own_site_by_those_who_operate_it_and_by_nobody_else(world: World) -> None:
    site = world.sites["north"]
    key = keys.create_key(SYSTEM, site_id=site).partition(".")[0]
    for of in (received.watch, received.of_source):
        with pytest.raises(NotFound):
            of(SYSTEM, world.sites["south"], key)
        for who in world.people:
            scope = world.scope(who)
            if policy.may(scope, policy.Action.OPERATE, site_id=site):
                of(scope, site, key)
            else:
                with pytest.raises((NotFound, Refused)):
                    of(scope, site, key)
    for of_loadstar in (received.watched, lambda scope: received.keep(scope, []), lambda scope: received.forget(scope, now())):
        with pytest.raises(Refused):
            of_loadstar(policy.scope_of("usr_000000000000"))
