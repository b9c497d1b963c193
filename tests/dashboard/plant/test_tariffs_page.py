"""Administrators of a site say what its energy costs, from when until when and at which hours; others do not find the page."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from dashboard.plant import tariff_charges, tariff_hours
from models import urdb
from models.tariffs import Hours
from store.records.plant import tariffs
from store.scope import SYSTEM
from tests.dashboard.pages import shown
from tests.dashboard.plant import asking
from tests.dashboard.plant.asking import act, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import World
from tests.models.test_urdb import RATE

GIVEN = {
    "name": "Night and day",
    "from": "2026-01-01",
    "to": "",
    "import": "0.30",
    "export": "0.08",
    "co2": "",
    "hours": "weekdays 07:00-22:00 = 0.35, 0.09\nevery day 22:00–06:00 = 0.2",
    "components": "",
    "whose": "own",
    "note": "",
    "sure": "yes",  # there is no QuestDB here that could say what is restated
}


def _add(world: World, browser, **given: str):
    return fill(world, browser, "tariffs", world.site, **(GIVEN | given))


def test_a_tariff_is_made_changed_and_ended_in_the_browser(world: World) -> None:
    browser = world.client("admin")
    assert "No tariff yet" in shown(browser, f"/site/{world.site}/tariffs")
    assert "Night and day applies from 2026-01-01 00:00" in said(_add(world, browser))
    [made] = tariffs.tariffs(SYSTEM, world.site)
    assert [Hours(*each) for each in made.hours] == [
        Hours("weekday", 420, 1320, 0.35, 0.09),
        Hours("every", 1320, 360, 0.2, 0.08),
    ]
    assert (made.region_first, made.co2_g_per_kwh) == (False, None)
    page = shown(browser, f"/site/{world.site}/tariffs")
    for words in ("weekday 07:00-22:00 = 0.35, 0.09", "every 22:00-06:00 = 0.2, 0.08", "further notice", "active"):
        assert words in page
    changed = GIVEN | {"hours": "weekend 00:00-24:00 = -0.01", "whose": "region", "co2": "210"}
    assert "is saved" in act(browser, "tariffs", world.site, "edit", made.id, searched=False, **changed)
    [made] = tariffs.tariffs(SYSTEM, world.site)
    assert (made.hours, made.region_first, made.co2_g_per_kwh) == ([["weekend", 0, 1440, -0.01, 0.08, 101, 1231]], True, 210)
    end = {"at": "2026-06-01", "sure": "yes"}
    assert "It ends at 2026-06-01 00:00" in act(browser, "tariffs", world.site, "end", made.id, searched=False, **end)
    assert "No tariff from 2026-06-01 00:00 on" in shown(browser, f"/site/{world.site}/tariffs")
    assert "ended" in shown(browser, f"/site/{world.site}/tariffs")


def test_every_further_charge_is_kept_shown_and_edited_as_it_was_written(world: World) -> None:
    browser = world.client("admin")
    lines = "\n".join(tariff_charges.EXAMPLES)
    seasonal = "11-01..03-31 weekday 07:00-22:00 = 0.35, 0.09\nholiday 00:00-24:00 = 0.1, 0.08"
    assert "applies from" in said(_add(world, browser, components=lines, hours=seasonal))
    [made] = tariffs.versions(SYSTEM, world.site)
    assert made.components == tariff_charges.read(lines)
    assert tariff_charges.read(tariff_charges.written(made.components)) == made.components
    assert tariff_hours.written(made.hours) == seasonal
    page = shown(browser, f"/site/{world.site}/tariffs")
    for words in ("ratchet 80 % of 12 months", "tax = 19 % of energy", "11-01..03-31 weekday 07:00-22:00"):
        assert words in page


def test_one_that_follows_ends_the_one_before_and_gives_it_back_when_it_is_deleted(world: World) -> None:
    browser = world.client("admin")
    _add(world, browser)
    soon = datetime.now(UTC) + timedelta(days=3)
    assert "Dearer applies from" in said(_add(world, browser, name="Dearer", **{"from": f"{soon:%Y-%m-%d}"}))
    first, second = tariffs.tariffs(SYSTEM, world.site)
    assert first.valid_to == second.valid_from
    assert "Deleted" in act(browser, "tariffs", world.site, "delete", second.id, searched=False)
    assert "has begun" in act(browser, "tariffs", world.site, "delete", first.id, searched=False)
    [first] = tariffs.tariffs(SYSTEM, world.site)
    assert first.valid_to is None


def test_a_tariff_of_the_utility_rate_database_is_imported_or_refused_by_what_does_not_fit(world: World) -> None:
    browser = world.client("admin")

    def imported(rate: object) -> str:
        return said(fill(world, browser, "urdb", world.site, json=json.dumps(rate), sure="yes", **{"from": "2026-01-01"}))

    assert "coincidentratestructure" in imported(RATE | {"coincidentratestructure": [[{"rate": 5}]]})
    assert "no tariff of the Utility Rate Database. Change that in the JSON, or add the tariff by hand" in imported(7)
    assert tariffs.tariffs(SYSTEM, world.site) == []
    assert "Time of use applies from 2026-01-01 00:00 on" in imported(RATE)
    [made] = tariffs.versions(SYSTEM, world.site)
    assert (made.hours, made.components) == (urdb.read(RATE).hours, urdb.read(RATE).components)


def test_the_text_of_a_json_file_comes_where_it_would_be_pasted_and_nothing_is_imported(world: World) -> None:
    browser = world.client("admin")
    shown(browser, f"/site/{world.site}/tariffs")

    def chosen(raw: bytes, who: FlaskClient = browser) -> dict[str, Any]:
        contents = f"data:application/json;base64,{base64.b64encode(raw).decode()}"
        state = {"urdb-file.filename": "rate.json", "urdb-of.data": world.site}
        outputs = ["urdb-json.value", "urdb-file-said.children"]
        answer = asking.call(who, outputs, {"urdb-file.contents": contents}, state)
        return answer.get_json()["response"] if answer.status_code == 200 else {}

    text = json.dumps(RATE | {"name": "Tarif d’été"}, ensure_ascii=False)
    found = chosen(text.encode())
    assert found["urdb-json"]["value"] == text
    assert "rate.json is read" in found["urdb-file-said"]["children"]
    broken = chosen(b"\xff\xfe{")
    assert "urdb-json" not in broken
    assert "rate.json: This is not a text in UTF-8" in broken["urdb-file-said"]["children"]
    assert tariffs.tariffs(SYSTEM, world.site) == []
    operator = world.client("operator")
    operator.get("/account")
    assert chosen(text.encode(), operator) == {}


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": " "}, "Fill this in"),
        ({"from": ""}, "Fill this in"),
        ({"from": "2026-01-01 00:07"}, "quarter of an hour"),
        ({"from": "2026-05-01", "to": "2026-04-01"}, "cannot end before it starts"),
        ({"import": "cheap"}, "not a number"),
        ({"import": "1e9"}, "cannot be"),
        ({"export": ""}, "Fill this in"),
        ({"co2": "-1"}, "cannot be"),
        ({"components": "gift = 1"}, "names no charge"),
        ({"components": "fixed week = 1"}, "choose one of"),
        ({"components": "tiers month = 1 to 5"}, "write it like"),
        ({"components": "tiers month = 1 to 5, 2 to 3, 4"}, "greater than the one before"),
        ({"components": "demand month 60 = 5"}, "15 or 30 minutes"),
        ({"components": "demand month 15 = 5, ratchet 120 % of 3 months"}, "cannot be"),
        ({"components": "demand month 15 = 5, at noon"}, "write it like"),
        ({"components": "tax = 19 % of coffee"}, "choose one of"),
        ({"components": "minimum = 1\nminimum = 2"}, "once each"),
        ({"components": "market import = 1 %, 0", "whose": "region"}, "cannot stand behind"),
        ({"hours": "02-30..03-31 weekday 07:00-22:00 = 0.3"}, "days of the calendar"),
        ({"hours": "weekday 7-22 = 0.3"}, "write it like"),
        ({"hours": "monday 07:00-22:00 = 0.3"}, "write it like"),
        ({"hours": "weekday 07:00-25:00 = 0.3"}, "no clock shows"),
        ({"hours": "weekday 07:00-22:07 = 0.3"}, "on quarters"),
        ({"hours": "weekday 07:00-07:00 = 0.3"}, "two different times"),
        ({"hours": "weekday 07:00-22:00 = 0,3, 0,1"}, "a dot for decimals"),
        ({"hours": "weekday 07:00-22:00 = nan"}, "cannot be"),
        ({"hours": "weekday 07:00-22:00 = 0.3\nevery 21:45-06:00 = 0.2"}, "overlap"),
    ],
)
def test_what_is_wrong_with_a_tariff_is_said_and_nothing_is_made(world: World, given: dict[str, str], says: str) -> None:
    assert says in said(_add(world, world.client("admin"), **given))
    assert tariffs.tariffs(SYSTEM, world.site) == []


@pytest.mark.parametrize("who", ["operator", "stranger", "resident", "chief"])
def test_whoever_does_not_administer_the_site_finds_no_tariffs_page(world: World, who: str) -> None:
    _add(world, world.client("admin"))
    [made] = tariffs.tariffs(SYSTEM, world.site)
    browser = world.client(who)
    assert browser.get(f"/site/{world.site}/tariffs").status_code == 404
    assert _add(world, browser, **{"from": "2026-03-01"}).status_code == 404
    told = {"do": "act", "act": "end", "row": made.id, "given": {"at": "2026-06-01"}}
    assert press(browser, "tariffs", world.site, searched=False, **told).status_code == 404
    assert [each.valid_to for each in tariffs.tariffs(SYSTEM, world.site)] == [None]


def test_an_administrator_elsewhere_does_not_reach_it_from_their_own_site(world: World) -> None:
    _add(world, world.client("admin"))
    [made] = tariffs.tariffs(SYSTEM, world.site)
    end = {"at": "2026-06-01", "sure": "yes"}
    answer = act(world.client("chief"), "tariffs", world.foreign_site, "end", made.id, searched=False, **end)
    assert "notice bad" in answer
    assert tariffs.tariffs(SYSTEM, world.site)[0].valid_to is None
