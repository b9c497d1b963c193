"""How budgets fare is told on the overview, where things want attention, and to residents of their own meters alone."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from playwright.sync_api import expect

from dashboard.live import attention, first_paint, tick
from insight.now import now_of
from insight.shared import shared
from insight.site_view import site_view
from store.records.access import policy
from store.records.plant import budgets
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.live_world import LiveWorld
from tests.dashboard.overview.conftest import Opener, Served
from tests.dashboard.overview.test_live_site import tile
from tests.dashboard.pages import shown
from tests.dashboard.pressing import fill, press, rows
from tests.dashboard.world import sign_in


@pytest.fixture
def resident(world: Served) -> FlaskClient:
    browser = world.server.test_client()
    assert sign_in(browser, "resident@example.org").status_code == 302
    return browser


def this_month(site: LiveWorld) -> date:
    zone: ZoneInfo = site_view(SYSTEM, site.site).zone
    return datetime.now(UTC).astimezone(zone).date().replace(day=1)


def test_a_site_that_is_over_its_budget_says_so_on_its_tile_and_wants_attention(site: LiveWorld) -> None:
    month = this_month(site)
    site.post_hours(2, datetime.now(UTC))
    site.post_everything()
    assert "budget" not in [each[0] for each in json.loads(tick.tick_of(SYSTEM, site.site))["tiles"]]
    budgets.set_budget(SYSTEM, site.site, None, "energy", month, month, 0.5)
    shared.clear("tick", "now")
    told = tile(tick.tick_of(SYSTEM, site.site), "budget")
    assert (told["label"], told["unit"], told["words"]) == ("Energy budget", "%", "over the budget")
    assert f"/site/{site.site}/calendar?day={month}" in first_paint.html(SYSTEM, site.site)

    def found() -> list[attention.Attention]:
        every, _more = attention.attention(SYSTEM, now_of(SYSTEM, site.site))
        return [each for each in every if "budget" in each.title]

    [over] = eventually(found)
    assert (over.severity, over.what) == ("high", f"/site/{site.site}/calendar?day={month}")
    assert over.title == "North Campus is over its energy budget"
    assert "of 0.500 kWh" in over.detail
    part = policy.scope_of(site.people["resident"])
    assert "budget" not in tick.tick_of(part, site.site), "who sees a part of a site is not told of its budgets"


def test_what_wants_attention_leads_to_the_month_of_the_budget(site: LiveWorld, opened: Opener) -> None:
    site.post_hours(2, datetime.now(UTC))
    site.post_everything()
    month = this_month(site)
    budgets.set_budget(SYSTEM, site.site, None, "energy", month, month, 0.5)
    page = opened("operator", site.site)
    page.locator("#attention-list a", has_text="over its energy budget").click()
    page.wait_for_url(f"**/calendar?day={month}")
    expect(page.locator(".budget-bar")).to_have_count(1)


def test_a_resident_sets_changes_and_deletes_budgets_of_their_own(site: LiveWorld, world: Served, resident: FlaskClient) -> None:
    month = this_month(site)
    site.post_hours(2, datetime.now(UTC))
    assert "No budget yet" in shown(resident, "/my-meters")
    given = {"measure": "energy", "first": f"{month:%Y-%m}", "amount": "0.5"}
    assert "The budget is set" in fill(world, resident, "own-budget", **given).get_data(as_text=True)
    page = shown(resident, "/my-meters")
    for words in ("My budgets", "Energy budget", "over the budget", "0.5 kWh"):
        assert words in page
    [kept] = budgets.own_budgets(policy.scope_of(site.people["resident"]))
    changed = press(resident, "own-budgets", search=None, do="act", act="edit", row=kept.id, given={"amount": "900"})
    assert "Saved" in rows(changed)
    assert "what the month will come to cannot be told yet" in shown(resident, "/my-meters"), "no day is whole yet"
    assert "Deleted" in rows(press(resident, "own-budgets", search=None, do="act", act="delete", row=kept.id, given={}))
    assert budgets.own_budgets(policy.scope_of(site.people["resident"])) == []
    refused = fill(world, resident, "own-budget", **(given | {"amount": "-1"})).get_data(as_text=True)
    assert "more than 0" in refused


def test_a_budget_of_ones_own_is_nobody_elses(site: LiveWorld, world: Served) -> None:
    month = this_month(site)
    [kept] = budgets.set_own_budget(policy.scope_of(site.people["resident"]), "energy", month, month, 250)
    browser = world.server.test_client()
    assert sign_in(browser, "operator@example.org").status_code == 302
    browser.get("/account")
    assert press(browser, "own-budgets", search=None, do="act", act="delete", row=kept.id, given={}).status_code == 404
    assert budgets.own_budgets(policy.scope_of(site.people["resident"]))
