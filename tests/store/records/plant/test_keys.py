"""An API key's life: made, used, rotated with an overlap, ended."""

from datetime import timedelta

import pytest

from store.errors import NotFound, Refused
from store.records import schema
from store.records.access import audit
from store.records.plant import directory, keys
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.store.records.world import World


def _key(world: World, key: str) -> schema.ApiKey:
    [found] = [row for row in keys.keys(SYSTEM, world.sites["north"]) if row.id == key.partition(".")[0]]
    return found


def test_a_key_has_a_name_a_maker_and_an_end(world: World) -> None:
    end = now() + timedelta(days=30)
    admin = world.scope("north admin")
    made = _key(world, keys.create_key(admin, site_id=world.sites["north"], name=" import ", expires_at=end))
    assert (made.name, made.created_by, made.expires_at, made.last_used_at) == ("import", admin.user_id, end, None)
    with pytest.raises(Refused, match="later"):
        keys.create_key(admin, site_id=world.sites["north"], expires_at=now())


def test_rotating_makes_a_key_like_the_old_one_which_ends_after_the_overlap(world: World) -> None:
    old = keys.create_key(SYSTEM, device_id=world.devices["north first"], can_write=False, name="box")
    new = keys.rotate_key(world.scope("north admin"), old.partition(".")[0], timedelta(hours=1))
    was, made = _key(world, old), _key(world, new)
    assert (made.device_id, made.can_write, made.name, made.expires_at) == (was.device_id, False, "box", None)
    assert timedelta(minutes=59) < was.expires_at - now() <= timedelta(hours=1)
    assert new.partition(".")[2] != old.partition(".")[2]
    assert directory.load_directory().keys[was.id].expires_at == was.expires_at


def test_an_overlap_never_makes_a_key_live_longer(world: World) -> None:
    end = now() + timedelta(hours=1)
    old = keys.create_key(SYSTEM, site_id=world.sites["north"], expires_at=end)
    keys.rotate_key(SYSTEM, old.partition(".")[0], timedelta(days=7))
    assert _key(world, old).expires_at == end


def test_a_key_that_has_ended_is_not_rotated(world: World) -> None:
    old = keys.create_key(SYSTEM, site_id=world.sites["north"])
    keys.rotate_key(SYSTEM, old.partition(".")[0], timedelta(0))
    with pytest.raises(Refused, match="ended"):
        keys.rotate_key(SYSTEM, old.partition(".")[0])
    revoked = keys.create_key(SYSTEM, site_id=world.sites["north"])
    keys.revoke_key(SYSTEM, revoked.partition(".")[0])
    with pytest.raises(Refused, match="ended"):
        keys.rotate_key(SYSTEM, revoked.partition(".")[0])


@pytest.mark.parametrize("who", ["south admin", "north operator", "resident", "stranger"])
def test_only_an_administrator_of_the_site_rotates_or_revokes(world: World, who: str) -> None:
    key_id = world.keys["north first"].partition(".")[0]
    for act in (keys.rotate_key, keys.revoke_key):
        with pytest.raises(NotFound):
            act(world.scope(who), key_id)
        with pytest.raises(NotFound):
            act(world.scope(who), "key_000000000000")


def test_when_a_key_was_used_last_only_moves_forward_and_is_no_news_for_anybody(world: World) -> None:
    key = world.keys["north first"].partition(".")[0]
    moment, version, told = now(), directory.directory_version(), audit.entries(SYSTEM, limit=1)
    keys.note_use(SYSTEM, {key: moment, "key_gone": moment})
    keys.note_use(SYSTEM, {key: moment - timedelta(hours=1)})
    keys.note_use(SYSTEM, {})
    assert _key(world, key).last_used_at == moment
    assert (directory.directory_version(), audit.entries(SYSTEM, limit=1)) == (version, told)
    with pytest.raises(Refused):
        keys.note_use(world.scope("north admin"), {key: moment})
