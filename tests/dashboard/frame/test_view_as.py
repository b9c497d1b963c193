"""An administrator sees what somebody sees, can change nothing meanwhile, and both are named in the audit log."""

import pytest

from dashboard.frame import view_as
from store.errors import Refused
from store.records.access import audit
from store.records.people import organisations, users
from store.records.plant import sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.pressing import press
from tests.dashboard.world import World, csrf


def _viewing(world: World, viewer: str, seen: str):
    browser = world.client(viewer)
    browser.get("/account")
    return browser, browser.post(f"/view-as/{world.people[seen]}", headers=csrf(browser))


def test_they_see_what_the_other_sees_and_a_banner_says_so(world: World) -> None:
    browser, begun = _viewing(world, "root", "resident")
    assert begun.status_code == 302
    page = browser.get("/", follow_redirects=True).get_data(as_text=True)
    assert "You see what <b>Resident</b> sees" in page
    assert "North Campus" not in page
    assert browser.get("/admin/users").status_code == 404


def test_the_end_button_gives_them_their_own_view_back(world: World) -> None:
    browser, _ = _viewing(world, "root", "resident")
    browser.get("/")
    assert browser.post("/view-as/end", headers=csrf(browser)).status_code == 302
    page = browser.get("/admin/users")
    assert page.status_code == 200
    assert b"You see what" not in page.data


def test_no_route_changes_anything_meanwhile(world: World) -> None:
    browser, _ = _viewing(world, "root", "admin")
    browser.get("/")
    before = users.user(SYSTEM, world.people["admin"])
    assert browser.post("/theme", data={"theme": "dark"}, headers=csrf(browser)).status_code == 403
    assert browser.post("/sign-out-everywhere", headers=csrf(browser)).status_code == 403
    assert users.user(SYSTEM, world.people["admin"]).theme == before.theme


def test_no_callback_changes_anything_meanwhile(world: World) -> None:
    browser, _ = _viewing(world, "root", "admin")
    browser.get("/admin/users")
    answer = press(browser, "users", do="act", act="disable", row=world.people["operator"], given={})
    assert "can change nothing" in answer.get_data(as_text=True)
    assert users.user(SYSTEM, world.people["operator"]).approval == "approved"


def test_looking_at_a_site_does_not_change_which_one_they_looked_at_last(world: World) -> None:
    browser, _ = _viewing(world, "root", "operator")
    assert browser.get(f"/site/{world.site}/overview").status_code == 200
    assert users.user(SYSTEM, world.people["operator"]).last_site_id is None


def test_every_write_is_refused_in_one_place() -> None:
    audit.act_as("usr_x", None, "usr_y", only_looks=True)
    try:
        with pytest.raises(Refused, match="end the view first"), engine.session():
            raise AssertionError("the transaction began")
    finally:
        audit.act_as()


def test_what_is_personal_is_not_shown(world: World) -> None:
    browser, _ = _viewing(world, "root", "resident")
    assert browser.get("/account").status_code == 404


def test_the_log_names_both_at_the_beginning_and_at_the_end(world: World) -> None:
    browser, _ = _viewing(world, "admin", "operator")
    browser.get("/")
    browser.post("/view-as/end", headers=csrf(browser))
    told = [(each.action, each.actor, each.behalf) for each in audit.entries(SYSTEM, limit=2)]
    both = (world.people["admin"], world.people["operator"])
    assert told == [("view_as_end", *both), ("view_as", *both)]


def test_signing_out_ends_the_view_and_the_session(world: World) -> None:
    browser, _ = _viewing(world, "admin", "operator")
    browser.get("/")
    assert browser.post("/sign-out", headers=csrf(browser)).status_code == 302
    assert browser.get("/account").location.startswith("/sign-in")
    assert {each.action for each in audit.entries(SYSTEM, limit=2)} == {"view_as_end", "sign_out"}


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        ("admin", "stranger"),
        ("admin", "resident"),
        ("admin", "root"),
        ("operator", "admin"),
        ("admin", "admin"),
        ("chief", "admin"),
    ],
)
def test_nobody_sees_with_the_eyes_of_people_they_do_not_decide_about(world: World, viewer: str, seen: str) -> None:
    _, begun = _viewing(world, viewer, seen)
    assert begun.status_code == 404


def test_a_view_within_a_view_is_none(world: World) -> None:
    browser, _ = _viewing(world, "root", "admin")
    browser.get("/admin/users")
    assert browser.post(f"/view-as/{world.people['operator']}", headers=csrf(browser)).status_code == 404


def test_it_ends_by_itself_when_they_may_look_no_longer(world: World) -> None:
    browser, _ = _viewing(world, "root", "operator")
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    assert b"You see what" not in browser.get("/admin/users").data


def test_it_ends_by_itself_after_an_hour(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, _ = _viewing(world, "root", "operator")
    monkeypatch.setattr(view_as, "LASTS_S", 0)
    assert browser.get("/admin/users").status_code == 200


def test_a_distributor_looks_at_its_customers_people(world: World) -> None:
    north = sites.site(SYSTEM, world.site).organisation_id
    bakery = organisations.create_organisation(SYSTEM, name="Bakery", kind="customer", distributor_id=north)
    baker = users.create_user(SYSTEM, email="baker@example.org", name="Baker", password=None, organisation_id=bakery.id)
    browser = world.client("admin")
    browser.get("/account")
    assert browser.post(f"/view-as/{baker.id}", headers=csrf(browser)).status_code == 302


def test_a_copy_of_the_cookie_brings_back_no_view_that_has_ended(world: World) -> None:
    browser, _ = _viewing(world, "root", "resident")
    browser.get("/")
    copied = browser.get_cookie("loadstar").value
    assert browser.post("/view-as/end", headers=csrf(browser)).status_code == 302
    browser.set_cookie("loadstar", copied)
    page = browser.get("/admin/users")
    assert page.status_code == 200
    assert b"You see what" not in page.data


def test_a_cookie_of_before_does_not_leave_a_view_that_lasts(world: World) -> None:
    browser = world.client("root")
    browser.get("/account")
    copied = browser.get_cookie("loadstar").value
    browser.post(f"/view-as/{world.people['resident']}", headers=csrf(browser))
    browser.set_cookie("loadstar", copied)
    assert b"You see what" in browser.get("/", follow_redirects=True).data, "every copy sees the same, and the log says so"
