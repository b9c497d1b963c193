"""A household is told voluntarily, by residents, with consent; withdrawing it deletes what was told."""

import pytest

from store.records.access import policy
from store.records.people import household
from tests.dashboard.pages import call, shown
from tests.dashboard.pressing import fill
from tests.dashboard.world import World

TOLD = {"area": "82.5", "people": "3", "building": "flat", "year": "1968", "heating": "gas", "consent": True}


def _save(world: World, browser, **told: object) -> str:
    return fill(world, browser, "household", **(TOLD | told)).get_data(as_text=True).replace("\\u2212", "−")


def test_it_is_kept_with_consent_and_shown_again(world: World) -> None:
    browser = world.client("resident")
    browser.get("/household")
    assert "Saved" in _save(world, browser, freezer="2")
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
    assert "only with your consent" in _save(world, browser, consent=False)
    assert "between 1 and 1000, not at -1" in _save(world, browser, people="-1")
    assert household.household(policy.scope_of(world.people["resident"])) is None


@pytest.mark.parametrize(
    ("field", "written", "says"),
    [
        ("people", "−4", "between 1 and 1000, not at -4"),
        ("people", "many", "not a number"),
        ("people", "2.5", "whole number"),
        ("year", "3000", "The year a home was built lies between 1000 and"),
        ("area", "1e9", "between 5 and 100000"),
        ("area", "inf", "not a number"),
        ("freezer", "-1", "cannot be"),
        ("freezer", "21", "cannot be"),
        ("freezer", "two", "not a number"),
    ],
)
def test_what_cannot_be_is_said_and_the_earlier_answers_stay(world: World, field: str, written: str, says: str) -> None:
    browser = world.client("resident")
    browser.get("/household")
    _save(world, browser, freezer="2")
    told = _save(world, browser, **({"freezer": "2"} | {field: written}))
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
    _save(world, browser)
    scope = policy.scope_of(world.people["resident"])
    button = {"type": "household-act", "of": "consent"}
    assert "deleted at once" in call(world, browser, "household-form-of.children", {}, {**button, "act": "ask"})
    assert household.household(scope)
    assert "82.5" not in call(world, browser, "household-form-of.children", {}, {**button, "act": "do"})
    assert household.household(scope) is None


@pytest.mark.parametrize("who", ["root", "admin", "operator", "stranger"])
def test_people_of_organisations_have_no_household_here(world: World, who: str) -> None:
    browser = world.client(who)
    assert browser.get("/household").status_code == 404
    assert "not_found" in _save(world, browser)
