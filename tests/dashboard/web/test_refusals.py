"""What a rule refuses to somebody who is signed in stands in the audit log, once a minute."""

from typing import Any

import pytest

from dashboard.web import refusals
from store.records.access import audit
from store.scope import SYSTEM
from tests.dashboard.pressing import press
from tests.dashboard.world import World, csrf


@pytest.fixture(autouse=True)
def _nothing_noted_yet() -> None:
    refusals._noted.clear()


def noted() -> list[audit.Entry]:
    return audit.entries(SYSTEM, audit.Filter(action="refused"))


def told(entry: audit.Entry) -> dict[str, Any]:
    return entry.after or {}


def test_a_page_of_somebody_elses_site_is_noted_with_who_asked_and_for_what(world: World) -> None:
    browser = world.client("operator")
    assert browser.get(f"/site/{world.foreign_site}/overview").status_code == 404
    [entry] = noted()
    assert (entry.actor, entry.address) == (world.people["operator"], "127.0.0.1")
    assert told(entry) == {"rule": "site_in", "way": "page", "site_id": world.foreign_site}


def test_a_callback_is_too(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    assert press(browser, "users").status_code == 404
    assert told(noted()[0])["rule"] == "people_admin"


def test_the_same_is_noted_once_a_minute(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = world.client("operator")
    for number in range(5):
        browser.get(f"/site/sit_{number}/overview")
    assert len(noted()) == 1
    world.client("resident").get("/site/sit_x/overview")
    assert len(noted()) == 2, "of somebody else it is not the same"
    monkeypatch.setattr(refusals, "EVERY_S", -1)
    browser.get("/site/sit_x/overview")
    assert len(noted()) == 3


def test_what_was_asked_for_cannot_be_long(world: World) -> None:
    world.client("operator").get(f"/site/{'x' * 500}/overview")
    assert len(told(noted()[0])["site_id"]) == refusals.LONGEST


def test_whoever_is_not_signed_in_writes_nothing(world: World) -> None:
    world.client().get("/admin/users")
    world.client().get("/admin/audit/export.csv")
    assert noted() == []


def test_in_a_view_both_are_named(world: World) -> None:
    browser = world.client("root")
    browser.get("/account")
    browser.post(f"/view-as/{world.people['resident']}", headers=csrf(browser))
    assert browser.get("/admin/users").status_code == 404
    entry = noted()[0]
    assert (entry.actor, entry.behalf) == (world.people["root"], world.people["resident"])


def test_a_form_without_its_token_is_noted(world: World) -> None:
    world.client("operator").post("/theme", data={"theme": "dark"})
    assert told(noted()[0])["rule"] == "form token"
