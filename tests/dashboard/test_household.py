"""A household is told voluntarily, by residents, with consent; withdrawing it deletes what was told."""

import pytest

from store.records.access import policy
from store.records.people import household
from tests.dashboard.pages import call, shown
from tests.dashboard.world import World

TOLD = {
    "household-area": "82.5",
    "household-people": "3",
    "household-building": "flat",
    "household-year": "1968",
    "household-heating": "gas",
}
COUNTS = {
    "household-appliance": [
        ({"type": "household-appliance", "name": "freezer"}, "2"),
        ({"type": "household-appliance", "name": "pv"}, None),
    ]
}
SAVE = "household-notice.children"


def test_it_is_kept_with_consent_and_shown_again(world: World) -> None:
    browser = world.client("resident")
    browser.get("/household")
    assert "Saved" in call(world, browser, SAVE, {**TOLD, **COUNTS, "household-consent": True})
    kept = household.household(policy.scope_of(world.people["resident"]))
    assert kept
    assert (kept.area_m2, kept.people, kept.building_type, kept.heating, kept.appliances) == (
        82.5,
        3,
        "flat",
        "gas",
        {"freezer": 2},
    )
    page = shown(browser, "/household")
    assert "82.5" in page
    assert "Withdraw my consent" in page


def test_nothing_is_kept_without_consent_or_when_it_cannot_be_true(world: World) -> None:
    browser = world.client("resident")
    assert "Withdraw my consent" not in shown(browser, "/household")
    assert "only with your consent" in call(world, browser, SAVE, {**TOLD, "household-consent": False})
    assert "between 1 and 1000, not at -1" in call(
        world, browser, SAVE, {**TOLD, "household-consent": True, "household-people": "-1"}
    )
    assert household.household(policy.scope_of(world.people["resident"])) is None


@pytest.mark.parametrize(
    ("field", "written", "says"),
    [
        ("household-people", "−4", "between 1 and 1000, not at -4"),
        ("household-people", "many", "not a number"),
        ("household-people", "2.5", "whole number"),
        ("household-year", "3000", "The year a home was built lies between 1000 and"),
        ("household-area", "1e9", "between 5 and 100000"),
        ("household-area", "inf", "not a number"),
        ("household-appliance", "-1", "cannot be"),
        ("household-appliance", "21", "cannot be"),
        ("household-appliance", "two", "The number of freezers"),
    ],
)
def test_what_cannot_be_is_said_and_the_earlier_answers_stay(world: World, field: str, written: str, says: str) -> None:
    browser = world.client("resident")
    browser.get("/household")
    call(world, browser, SAVE, {**TOLD, **COUNTS, "household-consent": True})
    wrong = [({"type": "household-appliance", "name": "freezer"}, written)] if field == "household-appliance" else written
    told = call(world, browser, SAVE, {**TOLD, **COUNTS, "household-consent": True, field: wrong})
    assert says in told
    assert "notice bad" in told
    kept = household.household(policy.scope_of(world.people["resident"]))
    assert kept
    assert (kept.people, kept.built_year, kept.area_m2, kept.appliances) == (3, 1968, 82.5, {"freezer": 2})


def test_no_comparison_is_promised_that_is_not_made(world: World) -> None:
    assert "does not make that comparison yet" in shown(world.client("resident"), "/household")


def test_withdrawing_asks_once_and_deletes_it(world: World) -> None:
    browser = world.client("resident")
    browser.get("/household")
    call(world, browser, SAVE, {**TOLD, "household-consent": True})
    scope = policy.scope_of(world.people["resident"])
    button = {"type": "household-act", "of": "consent"}
    assert "deleted at once" in call(world, browser, "household-form.children", {}, {**button, "act": "ask"})
    assert household.household(scope)
    assert "82.5" not in call(world, browser, "household-form.children", {}, {**button, "act": "do"})
    assert household.household(scope) is None


@pytest.mark.parametrize("who", ["root", "admin", "operator", "stranger"])
def test_people_of_organisations_have_no_household_here(world: World, who: str) -> None:
    browser = world.client(who)
    assert browser.get("/household").status_code == 404
    assert "not_found" in call(world, browser, SAVE, {**TOLD, "household-consent": True})
