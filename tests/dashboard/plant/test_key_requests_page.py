"""An operator asks for a device's key on the page, and makes it once it was approved: once."""

import re

import pytest

from store.records.access import policy
from store.records.people import inbox
from store.records.plant import keys
from store.scope import SYSTEM
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.world import World

KEY = re.compile(r"key_\w+\.[\w-]{43}")
TABLE = "key-requests"


def waiting(world: World) -> str:
    [item] = inbox.pending(policy.scope_of(world.people["admin"]), kind="key").rows
    return item.id


def test_a_key_is_asked_for_approved_and_made_once(world: World) -> None:
    device, browser = plant(world)["device"], world.client("operator")
    assert "Asked" in act(browser, TABLE, world.site, "ask", device, note="for the new gate")
    request = waiting(world)
    assert "waits" in said(press(browser, TABLE, world.site, do="sort", column="name"))
    press(browser, TABLE, world.site, do="act", act="make", row=request)
    assert keys.keys(SYSTEM, world.site) == []
    inbox.decide(policy.scope_of(world.people["admin"]), request, approve=True)
    assert "approved" in said(press(browser, TABLE, world.site, do="sort", column="name"))
    told = said(press(browser, TABLE, world.site, do="act", act="make", row=request))
    [shown] = KEY.findall(told)
    [kept] = keys.keys(SYSTEM, world.site)
    assert (kept.id, kept.device_id) == (shown.partition(".")[0], device)
    assert not KEY.findall(said(press(browser, TABLE, world.site, do="act", act="make", row=request)))
    assert len(keys.keys(SYSTEM, world.site)) == 1


def test_a_request_that_was_declined_says_why_and_may_be_made_again(world: World) -> None:
    device, browser = plant(world)["device"], world.client("operator")
    act(browser, TABLE, world.site, "ask", device)
    inbox.decide(policy.scope_of(world.people["admin"]), waiting(world), approve=False, reason="the old one is still good")
    assert "the old one is still good" in said(press(browser, TABLE, world.site, do="sort", column="name"))
    assert "Asked" in act(browser, TABLE, world.site, "ask", device)
    assert "Taken back" in said(press(browser, TABLE, world.site, do="act", act="take-back", row=waiting(world)))
    assert inbox.pending(policy.scope_of(world.people["admin"]), kind="key").total == 0


@pytest.mark.parametrize("who", ["admin", "chief", "resident"])
def test_whoever_makes_keys_without_asking_or_operates_nothing_has_no_such_page(world: World, who: str) -> None:
    assert world.client(who).get(f"/site/{world.site}/key-requests").status_code == 404
