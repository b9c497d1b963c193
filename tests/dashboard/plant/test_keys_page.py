"""An administrator makes, rotates and revokes keys on the page; a key is seen once and never again."""

import re
from datetime import timedelta

import pytest

from store.records.plant import keys
from store.records.schema.columns import now
from store.scope import SYSTEM
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

KEY = re.compile(r"key_\w+\.[\w-]{43}")


def _make(world: World, browser, device: str = "", ends: str = "", rights: str = "post"):
    return said(fill(world, browser, "keys", world.site, name="gate", device=device, rights=rights, ends=ends))


def test_a_key_is_made_and_shown_once(world: World) -> None:
    ids, browser = plant(world), world.client("admin")
    told = _make(world, browser, "Hall box", "2190-05-01")
    [shown] = set(KEY.findall(told))
    [kept] = keys.keys(SYSTEM, world.site)
    assert (kept.id, kept.device_id, kept.name) == (shown.partition(".")[0], ids["device"], "gate")
    assert f"{kept.expires_at:%Y-%m-%d %H:%M}" == "2190-05-01 23:00", "until the day's end, by the site's clocks"
    page = browser.get(f"/site/{world.site}/keys").get_data(as_text=True)
    assert "gate" in page
    assert shown.partition(".")[2] not in page
    assert shown.partition(".")[2] not in said(press(browser, "keys", world.site, do="sort", column="name"))


@pytest.mark.parametrize(
    ("device", "ends", "says"), [("Nothing", "", "No device named"), ("", "soon", "not a date"), ("", "2001-01-01", "later")]
)
def test_what_is_wrong_is_said_and_no_key_is_made(world: World, device: str, ends: str, says: str) -> None:
    assert says in _make(world, world.client("admin"), device, ends)
    assert keys.keys(SYSTEM, world.site) == []


def test_a_key_is_rotated_with_an_overlap_and_revoked(world: World) -> None:
    browser = world.client("admin")
    old = keys.create_key(SYSTEM, site_id=world.site, name="import").partition(".")[0]
    asked = said(press(browser, "keys", world.site, do="ask", act="rotate", row=old))
    assert "goes on for a while" in asked
    [new] = set(KEY.findall(act(browser, "keys", world.site, "rotate", old, overlap="24")))
    found = {key.id: key for key in keys.keys(SYSTEM, world.site)}
    assert timedelta(hours=23) < found[old].expires_at - now() < timedelta(hours=25)
    assert "Revoked" in act(browser, "keys", world.site, "revoke", new.partition(".")[0])
    assert {key.id for key in keys.keys(SYSTEM, world.site) if key.revoked_at} == {new.partition(".")[0]}


@pytest.mark.parametrize("who", ["operator", "chief", "resident"])
def test_for_those_who_do_not_administer_the_site_there_are_no_keys(world: World, who: str) -> None:
    key = keys.create_key(SYSTEM, site_id=world.site).partition(".")[0]
    browser = world.client(who)
    assert browser.get(f"/site/{world.site}/keys").status_code == 404
    for answer in (
        press(browser, "keys", world.site, do="act", act="revoke", row=key, given={}),
        fill(world, browser, "keys", world.site),
    ):
        assert answer.status_code == 404
    assert [each.revoked_at for each in keys.keys(SYSTEM, world.site)] == [None]


def test_a_key_of_another_site_is_not_there_in_this_ones_table(world: World) -> None:
    key = keys.create_key(SYSTEM, site_id=world.foreign_site).partition(".")[0]
    assert "no longer exists" in act(world.client("root"), "keys", world.site, "revoke", key)
    assert [each.revoked_at for each in keys.keys(SYSTEM, world.foreign_site)] == [None]
