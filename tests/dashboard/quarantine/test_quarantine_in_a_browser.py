"""What a device was refused is tried, corrected and stored by page, with a worker and a QuestDB behind it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, expect

from models.refused_reading import Said
from store.series import rollup
from store.series.connection import query
from tests.conftest import PATIENT_S
from tests.dashboard.frame.test_shell_in_a_browser import sign_in
from tests.dashboard.plant.asking import plant
from tests.dashboard.quarantine.test_quarantine_page import keep
from tests.dashboard.watched import watched
from tests.dashboard.world import World

pytestmark = pytest.mark.browser
JOB_MS = 180_000  # a worker begins, and the machine may be busy


def test_readings_in_watts_of_a_meter_by_its_old_name_are_tried_and_stored(at_work: tuple[World, str], chromium: Browser) -> None:
    world, address = at_work
    ids = plant(world)
    at = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=5)
    said = [Said("hall-old", "power_kw", (at + timedelta(seconds=n)).isoformat(), str(1500 + n)) for n in range(3)]
    keep(world.site, ids["device"], "unknown_meter", *said)
    text = Said(ids["meter"], "power_kw", (at + timedelta(minutes=1)).isoformat(), '"12"')
    keep(world.site, ids["device"], "not_a_number", text)
    keep(world.site, ids["device"], "naive_time", Said(ids["meter"], "power_kw", f"{at.replace(tzinfo=None).isoformat()}", "7"))
    with watched(chromium, address) as blank:
        page = blank()
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/site/{world.site}/quarantine")
        expect(page.locator("#kinds-body tbody tr")).to_have_count(3)
        expect(page.locator("#refused-body tbody tr")).to_have_count(5)
        page.click("[aria-label='Correct power_kw of hall-old']")
        question = page.locator("#kinds-body .question")
        question.locator("[data-given=meter]").select_option(ids["meter"])
        question.get_by_role("button", name="Correct power_kw of hall-old now").or_(question.get_by_text("Go on")).first.click()
        expect(page.locator("#kinds-notice")).to_contain_text("3 readings would be stored")
        assert query("SELECT count() FROM telemetry WHERE meter = %s", [ids["meter"]]) == [(0,)]
        question.locator("[data-given=unit]").fill("W")
        question.locator("[data-given=then]").select_option("store")
        question.get_by_text("Go on").click()
        expect(page.locator("#quarantine-working")).to_contain_text("3 corrected readings are stored", timeout=JOB_MS)
        expect(page.locator("#kinds-body tbody tr")).to_have_count(2)
        assert rollup.await_applied(("telemetry",), PATIENT_S)
        rows = query("SELECT value, source FROM telemetry WHERE meter = %s ORDER BY ts", [ids["meter"]])
        assert rows == [(1.5 + n / 1000, ids["device"]) for n in range(3)]
        page.locator("#kinds-body tr", has_text="not_a_number").get_by_role("button", name="Correct").click()
        as_numbers = question.get_by_role("checkbox", name="Read texts as the numbers they show")
        expect(as_numbers).to_be_checked()
        question.get_by_text("Go on").click()
        expect(page.locator("#kinds-notice")).to_contain_text("1 reading would be stored")
        as_numbers.uncheck()
        question.get_by_text("Go on").click()
        expect(page.locator("#kinds-notice")).to_contain_text("0 readings would be stored")
        expect(as_numbers).not_to_be_checked()
        page.locator("#refused-body").scroll_into_view_if_needed()
        page.locator("[data-table=refused] select").select_option("stored")
        expect(page.locator("#refused-body")).to_contain_text("1501 W power_kw")
        expect(page.locator("#refused-body")).to_contain_text("1501")
