"""Operators see how good a site's readings are, decide what is held, and correct what is wrong; nobody else does."""

from datetime import datetime, timedelta

import pytest

from dashboard.parts import days
from models import quality
from models.quality import Flag
from store.records.access import policy
from store.records.plant import declarations, flag_thresholds
from store.records.signin import tokens
from store.scope import SYSTEM
from store.series import amendments, corrections, flags, rollup, suspects
from tests.conftest import PATIENT_S
from tests.dashboard.pages import shown
from tests.dashboard.plant.asking import act, plant, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.world import World

AWAY = "These rows cannot be read now"
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def test_the_page_tells_what_is_there_what_is_missing_and_what_is_held(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality")
    assert f"Hall meter, {measured.day:%Y-%m-%d}: 74 % of its readings" in page
    assert f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d}" in page
    assert "its register rose by more than the meter can do" in page
    assert "90\u202f000 kWh" in page
    assert "105.98333" in page, "what counts before it"
    assert "106.01666" in page, "and after it"
    assert "/quality" in browser.get("/account").get_data(as_text=True)
    for who in ("stranger", "resident"):
        assert world.client(who).get(f"/site/{world.site}/quality").status_code == 404
        assert world.client(who).get(f"/site/{world.site}/quality/{measured.meter}").status_code == 404
    assert world.client("chief").get(f"/site/{world.foreign_site}/quality/{measured.meter}").status_code == 404
    assert "No meter yet" in shown(world.client("chief"), f"/site/{world.foreign_site}/quality")


def test_a_held_reading_is_accepted_voided_and_given_back_and_totals_follow(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    asked = said(press(browser, "suspects", world.site, searched=False, do="ask", act="accept", row=measured.key))
    assert "changes by" in asked
    assert "Fill this in" in act(browser, "suspects", world.site, "accept", measured.key, searched=False, reason="")
    foretold = act(browser, "suspects", world.site, "accept", measured.key, searched=False, reason="it was so")
    assert "Energy of Hall meter: this restates" in foretold
    assert f"{measured.spike:%Y-%m}" in foretold
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60), "nothing is said before"
    sure = {"reason": "it was so", "sure": "yes"}
    assert "Accepted" in act(browser, "suspects", world.site, "accept", measured.key, searched=False, **sure)
    measured.settle()
    # Up to the spike, then from zero again: the register is taken for one that was exchanged.
    assert measured.kwh > 89_000
    [found] = suspects.suspects(SYSTEM, [measured.meter], measured.day, measured.day + DAY).to_dict("records")
    assert (found["held"], found["by"]) == (False, world.people["operator"])
    also_decided = {"view": {"filters": {"state": "all"}}, "searched": False}
    assert "accepted by Operator" in said(press(browser, "suspects", world.site, **also_decided, do="keep"))
    undo = {"do": "act", "act": "undo", "row": measured.key, "given": {}}
    assert "this restates" in said(press(browser, "suspects", world.site, **also_decided, **undo))
    assert "Undone" in act(browser, "suspects", world.site, "undo", measured.key, searched=False, sure="yes")
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    both = {"what": "wrong", "reason": "a torn word"}
    assert "1 reading decided" in act(browser, "suspects", world.site, "alike", measured.key, searched=False, **both)
    other = measured.key.replace(measured.meter, "mtr_000000000000")
    assert "no longer exists" in act(browser, "suspects", world.site, "void", other, searched=False, reason="x")
    for nonsense in ("", "a|b|c|d", f"{measured.meter}|energy_kwh|0|99999999999999999999"):
        assert "error" not in act(browser, "suspects", world.site, "void", nonsense, searched=False, reason="x")


def test_readings_are_found_by_day_corrected_listed_and_undone(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d} 07")
    assert "1–50 of 60" in page
    key = f"energy_total_kwh|0|{round((measured.day + 7 * HOUR).timestamp() * 1e6)}"
    given = {"value": "107.5", "reason": "read by hand", "sure": "yes"}
    assert "Set." in act(browser, "readings", measured.meter, "set", key, **given)
    assert "Not saved yet" in act(browser, "readings", measured.meter, "set", key, value="much", reason="x")
    assert rollup.await_applied(["amendments"], PATIENT_S)
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}?readings.search={measured.day:%Y-%m-%d} 07:00")
    assert "set by Operator: read by hand" in page
    period = {"since": f"{measured.day:%Y-%m-%d}", "until": f"{measured.day:%Y-%m-%d}"}
    wrong = fill(world, browser, "void", measured.meter, quantity="energy_total_kwh", **period, reason="")
    assert "Fill this in" in said(wrong)
    nothing = fill(world, browser, "scale", measured.meter, quantity="power_kw", **period, factor="2", reason="x")
    assert "nothing of power_kw counts" in said(nothing).lower()
    of_day = {"quantity": "energy_total_kwh", "reason": "a test rig", **period}
    foretold = said(fill(world, browser, "void", measured.meter, **of_day))
    for words in ("Energy of Hall meter: this restates", "by −23.98333 kWh.", "Tick to save it", "Difference"):
        assert words in foretold
    assert len(amendments.history(SYSTEM, measured.meter, "energy_total_kwh", measured.day, measured.day + DAY)) < 10
    assert "values voided" in said(fill(world, browser, "void", measured.meter, **of_day, sure="yes"))
    measured.settle()
    assert measured.kwh == 0
    rows = said(press(browser, "corrections", measured.meter, searched=False, do="keep"))
    assert "a test rig" in rows
    assert "Operator" in rows
    made = amendments.history(SYSTEM, measured.meter, "energy_total_kwh", measured.day, measured.day + DAY)
    recorded = made.loc[made["reason"] == "a test rig", "recorded_at"].iloc[0]
    key = f"energy_total_kwh|{recorded.isoformat()}"
    assert "this restates" in act(browser, "corrections", measured.meter, "undo", key, searched=False)
    assert "Undone" in act(browser, "corrections", measured.meter, "undo", key, searched=False, sure="yes")
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    assert "no longer exists" in act(browser, "corrections", measured.meter, "undo", key, searched=False)


def test_a_gap_is_filled_by_what_is_offered_once_somebody_accepts_it(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}")
    assert "its register: the sum is counted already, spread evenly" in page
    last = (measured.day + 12 * HOUR - MINUTE).isoformat()
    asked = said(press(browser, "gaps", measured.meter, searched=False, do="ask", act="fill", row=last))
    assert "Estimated (E): 6.01667 kWh" in asked
    assert "Fill this in" in act(browser, "gaps", measured.meter, "fill", last, searched=False, reason="")
    assert "Filled with 360 values" in act(browser, "gaps", measured.meter, "fill", last, searched=False, reason="modem off")
    measured.settle()
    assert measured.kwh == pytest.approx(23 + 59 / 60)
    of_day = f"from={measured.day:%Y-%m-%d}T00:00:00Z&to={measured.day + DAY:%Y-%m-%d}T00:00:00Z"
    bearer = {"Authorization": f"Bearer {tokens.create_token(policy.scope_of(world.people['operator']), name='script')}"}
    told = world.server.test_client().get(f"/api/v1/meters/{measured.meter}/shares?{of_day}", headers=bearer).get_json()
    assert told["energy_kwh"] == pytest.approx(23 + 59 / 60)
    assert told["persons"] == pytest.approx(6.01667 / 23.98333, abs=0.002)
    assert told["actual"] + told["sender"] + told["estimated"] + told["persons"] == pytest.approx(1, abs=0.0003)
    assert "Said by people (M)" in shown(world.client("admin"), f"/admin/meters/{measured.meter}")
    assert "No gap" in said(press(browser, "gaps", measured.meter, searched=False, do="keep"))
    for nonsense in ("", "yesterday", "2026-01-01", last):
        assert "no longer exists" in act(browser, "gaps", measured.meter, "fill", nonsense, searched=False, reason="x")
    assert world.client("stranger").get(f"/site/{world.site}/quality/{measured.meter}").status_code == 404


def test_without_a_store_no_page_says_that_all_is_well(world: World) -> None:
    meter, browser = plant(world)["meter"], world.client("operator")
    declarations.declare_energy(SYSTEM, meter, method="counter", interval_s=60, valid_from=declarations.BEGINNING)
    site = shown(browser, f"/site/{world.site}/quality")
    assert "cannot be asked for now" in site
    assert site.count(AWAY) == len(("suspects", "flags"))
    assert "Nothing is held" not in site
    of_meter = shown(browser, f"/site/{world.site}/quality/{meter}")
    assert of_meter.count(AWAY) == len(("readings", "gaps", "corrections"))
    key = f"{meter}|energy_total_kwh|0|1767225600000000"
    refused = act(browser, "suspects", world.site, "void", key, searched=False, reason="a torn word")
    assert "QuestDB cannot be reached" in refused and AWAY in refused
    assert '"written": {"reason": "a torn word"}' in refused, "what was written is there once it can be asked for again"


@pytest.mark.parametrize(
    ("asked", "means"),
    [
        (("", ""), (31, "2026-11-27")),
        (("7", "2026-10-01"), (7, "2026-10-01")),
        (("8", "2026-02-31"), (31, "2026-11-27")),
        (("92", "2099-01-01"), (92, "2026-11-27")),
        (("-7", "0001-01-01"), (31, "1970-02-01")),
    ],
)
def test_whatever_stands_in_the_address_some_days_are_meant(asked: tuple[str, str], means: tuple[int, str]) -> None:
    found = days.of_address(*asked, datetime(2026, 11, 27).date())  # noqa: DTZ001 - a day
    assert (found.count, f"{found.last}") == means


def test_a_suspected_unit_is_scaled_from_the_first_of_its_days_on_and_undone(measured: Measured) -> None:
    world, browser, day = measured.world, measured.world.client("operator"), measured.day
    days = {
        day - n * DAY: Flag(quality.UNIT, (day - n * DAY).timestamp(), (day - (n - 1) * DAY).timestamp(), 0.024, 24.0)
        for n in (0, 1, 3)
    }
    for start, flag in days.items():
        flags.write(SYSTEM, {measured.meter: [flag]}, start, start + DAY)
    assert rollup.await_applied(["flags"], PATIENT_S)
    assert "W taken for kW, or Wh for kWh?" in shown(browser, f"/site/{world.site}/quality")
    key = f"{measured.meter}|unit||{day.isoformat()}"
    asked = said(press(browser, "flags", world.site, searched=False, do="ask", act="scale", row=key))
    assert f"{day - DAY:%Y-%m-%d}" in asked and '"1000"' in asked and "energy_total_kwh" in asked
    written = {"quantity": "energy_total_kwh", "factor": "1000", "reason": "kWh came for Wh", "since": f"{day - DAY:%Y-%m-%d}"}
    before = measured.kwh
    written |= {"until": f"{day:%Y-%m-%d}"}
    assert "this restates" in act(browser, "flags", world.site, "scale", key, searched=False, **written)
    assert measured.kwh == before
    assert "values scaled" in act(browser, "flags", world.site, "scale", key, searched=False, **written, sure="yes")
    measured.settle()
    assert measured.kwh == pytest.approx(1000 * before)
    [made] = corrections.corrections(SYSTEM, measured.meter, day, day + DAY)
    corrections.undo(SYSTEM, measured.meter, "energy_total_kwh", made.recorded_at, day, day + DAY)
    measured.settle()
    assert measured.kwh == pytest.approx(before)
    assert "Fill this in" in act(
        browser, "flags", world.site, "scale", key, searched=False, **written | {"reason": "", "until": ""}
    )
    for nonsense in ("", "mtr_nobody00000|unit||x", f"{measured.meter}|unit"):
        assert "scaled" not in act(browser, "flags", world.site, "void", nonsense, searched=False, **written)
    assert "scaled" not in act(world.client("stranger"), "flags", world.site, "scale", key, searched=False, **written)


def test_a_meters_rules_for_flags_are_changed_switched_off_and_reset(measured: Measured) -> None:
    world, browser = measured.world, measured.world.client("operator")
    page = shown(browser, f"/site/{world.site}/quality/{measured.meter}")
    assert "Rules for flags" in page and "2.8 times" in page
    assert "Default: 2.8 times" in said(
        press(browser, "rules", measured.meter, searched=False, do="ask", act="edit", row="spike")
    )
    assert "1.1 to 1000" in act(browser, "rules", measured.meter, "edit", "spike", searched=False, threshold="0.5")
    assert "not a number" in act(browser, "rules", measured.meter, "edit", "spike", searched=False, threshold="many")
    assert "Saved" in act(browser, "rules", measured.meter, "edit", "spike", searched=False, threshold="4.5")
    assert "Switched off" in act(browser, "rules", measured.meter, "off", "gap", searched=False)
    by = flag_thresholds.thresholds(SYSTEM, [measured.meter])[measured.meter]
    assert (by["spike"], "gap" in by) == (4.5, False)
    assert "Back to the default" in act(browser, "rules", measured.meter, "reset", "gap", searched=False)
    assert "no longer exists" in act(browser, "rules", measured.meter, "edit", "colour", searched=False, threshold="2")
    assert (
        press(world.client("stranger"), "rules", measured.meter, searched=False, do="act", act="off", row="sum").status_code
        == 404
    )
