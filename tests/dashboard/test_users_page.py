"""Administrators find people among thousands, give them roles, shut them out, let them in and delete them."""

from store.records.access import policy
from store.records.people import lists, organisations, users
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.pressing import fill, press, rows, view_of
from tests.dashboard.world import World


def _signed_in(world: World, who: str):
    browser = world.client(who)
    browser.get("/admin/users")
    return browser


def _act(browser, act: str, user_id: str, **given: str) -> str:
    return rows(press(browser, "users", do="act", act=act, row=user_id, given=given))


def test_the_page_holds_the_first_rows_and_their_number(world: World) -> None:
    page = _signed_in(world, "root").get("/admin/users").get_data(as_text=True)
    assert "resident@example.org" in page
    assert "come next" not in page
    assert "comes next" not in page


def test_only_fifty_rows_are_ever_sent_and_the_pager_reaches_the_last(world: World) -> None:
    for number in range(120):
        users.create_user(SYSTEM, email=f"many{number:03}@example.org", name=f"Many {number:03}", password=None)
    browser = _signed_in(world, "root")
    first = rows(press(browser, "users", search="many"))
    assert "1–50 of 120" in first
    assert "Many 049" in first
    assert "Many 050" not in first
    last = rows(press(browser, "users", {"search": "many"}, search="many", do="turn", first=100))
    assert "101–120 of 120" in last
    beyond = press(browser, "users", {"search": "many"}, search="many", do="turn", first=5000)
    assert "101–120 of 120" in rows(beyond)
    assert view_of(beyond)["first"] == 100


def test_a_head_sorts_and_sorts_the_other_way_round(world: World) -> None:
    browser = _signed_in(world, "root")
    there = press(browser, "users", do="sort", column="email")
    assert "ascending" in rows(there)
    assert rows(there).index("admin@example.org") < rows(there).index("stranger@example.org")
    back = press(browser, "users", view_of(there), do="sort", column="email")
    assert rows(back).index("admin@example.org") > rows(back).index("stranger@example.org")


def test_a_column_that_there_is_not_sorts_as_usual(world: World) -> None:
    assert press(_signed_in(world, "root"), "users", do="sort", column="password_hash").status_code == 200


def test_states_and_kinds_filter(world: World) -> None:
    browser = _signed_in(world, "root")
    residents = press(browser, "users", chosen={"kind": "residential"})
    assert "resident@example.org" in rows(residents)
    assert "operator@example.org" not in rows(residents)
    assert "Nothing fits" in rows(press(browser, "users", chosen={"approval": "disabled"}))


def test_an_administrator_finds_their_own_people_only(world: World) -> None:
    found = rows(press(_signed_in(world, "admin"), "users"))
    assert "operator@example.org" in found
    assert "stranger@example.org" not in found


def test_disabling_asks_once_and_says_what_happens(world: World) -> None:
    browser = _signed_in(world, "admin")
    asked = press(browser, "users", do="ask", act="disable", row=world.people["operator"])
    assert "Every session of theirs ends" in rows(asked)
    assert policy.scope_of(world.people["operator"]).user_id
    assert "Operator is disabled" in _act(browser, "disable", world.people["operator"])
    assert policy.scope_of(world.people["operator"]).user_id is None
    assert "Operator may sign in" in _act(browser, "approve", world.people["operator"])


def test_an_only_administrator_is_replaced_in_the_same_act(world: World) -> None:
    browser = _signed_in(world, "root")
    asked = rows(press(browser, "users", do="ask", act="role", row=world.people["admin"]))
    assert "Who administers after them" in asked
    assert "operator@example.org" in asked
    refused = _act(browser, "role", world.people["admin"], role="viewer")
    assert "only administrator" in refused
    done = _act(browser, "role", world.people["admin"], role="viewer", successor=world.people["operator"])
    assert "Admin is viewer now" in done
    assert users.user(SYSTEM, world.people["operator"]).role == "admin"


def test_deleting_says_what_goes_and_what_stays(world: World) -> None:
    browser = _signed_in(world, "root")
    asked = rows(press(browser, "users", do="ask", act="delete", row=world.people["resident"]))
    assert "Readings stay" in asked
    assert "Resident is deleted" in _act(browser, "delete", world.people["resident"])
    assert lists.people(SYSTEM, Wanted(search="resident@")).total == 0
    assert "no longer exists" in _act(browser, "delete", world.people["resident"])


def test_nobody_acts_on_foreign_people(world: World) -> None:
    browser = _signed_in(world, "admin")
    for act in ("disable", "approve", "delete", "role", "unheard of"):
        assert "you may not change it" in _act(browser, act, world.people["stranger"], role="admin")
    assert users.user(SYSTEM, world.people["stranger"]).approval == "approved"


def test_a_table_that_is_told_nonsense_shows_its_first_page(world: World) -> None:
    browser = _signed_in(world, "root")
    for view in ({"first": "x", "filters": 7, "asking": "x", "search": 3}, {"first": -5}, {"asking": [1, 2]}):
        assert press(browser, "users", view, do="turn", first="x").status_code == 200


def test_those_who_administer_nobody_get_no_table(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    assert press(browser, "users").status_code == 404


def test_a_made_password_is_shown_once(world: World) -> None:
    browser = _signed_in(world, "root")
    home = organisations.organisations(SYSTEM)[0].id
    given = {"name": "New One", "email": "new@example.org", "organisation": home, "role": "viewer"}
    answer = fill(world, browser, "users", **given).get_data(as_text=True)
    assert "shown this once" in answer
