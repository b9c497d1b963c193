"""Who besides its owner's people has a whole site stands on a page, where it is assigned for a time and ended."""

from store.records.access import grants, policy
from store.scope import SYSTEM
from tests.dashboard.plant.asking import act, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World


def _assign(world: World, browser, **given: str | None) -> str:
    return said(fill(world, browser, "access", world.site, **given))


def test_a_site_is_assigned_shown_and_ended_in_the_browser(world: World) -> None:
    browser, page = world.client("admin"), f"/site/{world.site}/access"
    assert "Nobody but the people of its owner" in browser.get(page).get_data(as_text=True)
    assert "Assigned." in _assign(world, browser, who="resident@example.org", role="operator")
    shown = browser.get(page).get_data(as_text=True)
    assert "resident@example.org" in shown
    assert "Sees and operates it" in shown
    assert world.client("resident").get("/").location == f"/site/{world.site}/overview"
    assert "already" in _assign(world, browser, who="resident@example.org")
    assert "register" in _assign(world, browser, who="ghost@example.org")

    [held] = grants.assignments(SYSTEM, user_id=world.people["resident"])
    assert "Ended." in act(browser, "access", world.site, "end", held.grant.id)
    assert world.site not in policy.scope_of(world.people["resident"]).site_ids
    assert world.client("resident").get("/").location == "/my-meters"


def test_an_assignment_holds_through_its_last_day_by_the_sites_clocks(world: World) -> None:
    browser = world.client("admin")
    assert "Assigned." in _assign(world, browser, who="resident@example.org", **{"from": "2040-01-01", "to": "2040-01-31"})
    [held] = grants.assignments(SYSTEM, user_id=world.people["resident"])
    assert held.grant.valid_to is not None
    assert (held.grant.valid_to - held.grant.valid_from).days == 31
    assert world.site not in policy.scope_of(world.people["resident"]).site_ids
    assert "is not a date or time" in _assign(world, browser, who="resident@example.org", to="soon")
