"""Comparing in a browser: a dataset is added, laid otherwise, read as a table, removed, and continued by a prediction."""

import re
from datetime import timedelta

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from config import clock
from store.records.plant import declarations
from store.scope import SYSTEM
from store.series import bulk, rollup
from tests.conftest import PATIENT_S
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.plant.asking import plant
from tests.dashboard.quality.conftest import Measured
from tests.dashboard.readable import assert_fits, faults
from tests.dashboard.watched import watched
from tests.dashboard.world import World
from tests.store.series.conftest import LONG_AGO, every

pytestmark = pytest.mark.browser


def test_datasets_are_added_laid_otherwise_and_removed(chromium: Browser, address: str, measured: Measured) -> None:
    day = measured.day.date()
    path = f"/site/{measured.world.site}/compare"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"{path}?of={measured.meter}~{day}~{day}&step=hour")
        drawn(page)
        expect(page.locator("main h1")).to_have_text("Compare")
        expect(page.locator(".chips li")).to_have_count(1)
        expect(page.locator("#compare-chart .main-svg").first).to_be_visible()
        page.get_by_text("Add a dataset").click()
        form = page.locator("form[data-go]")
        form.get_by_label("What").select_option(label="Meters · Hall meter")
        for field in ("First day", "Last day"):
            form.get_by_label(field).fill(f"{day.replace(day=1)}")
        form.get_by_role("button", name="Add").click()
        expect(page.locator(".chips li")).to_have_count(2)
        expect(page.locator("#compare-says")).to_contain_text("cannot be compared")  # nothing is known of that day
        page.get_by_role("link", name="Average").click()
        expect(page).to_have_url(re.compile("show=average"))
        page.get_by_label("Aligned").select_option(label="By hours since the start")
        expect(page).to_have_url(re.compile("by=hours"))
        expect(page.locator("#compare-chart .xtick text").first).to_have_text(re.compile(r"^\d+ h$"))
        page.get_by_role("button", name="Show as table").click()
        expect(page.locator("#compare-chart-table tbody tr")).to_have_count(24)
        expect(page.locator("#compare-chart-table tbody tr").nth(3)).to_contain_text(re.compile(r"3 h.*1\.0"))
        assert faults(page) == []
        page.get_by_role("link", name=re.compile("^Remove")).last.click()
        expect(page.locator(".chips li")).to_have_count(1)
        page.emulate_media(color_scheme="dark")
        assert_fits(page, 390)
        assert faults(page) == []


def test_a_chart_is_there_while_a_prediction_is_not(chromium: Browser, address: str, measured: Measured) -> None:
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        asks = "compare-predicted.data"
        page.route(
            "**/_dash-update-component*", lambda route: None if asks in (route.request.post_data or "") else route.continue_()
        )
        page.goto(f"/site/{measured.world.site}/compare?of={measured.meter}~{measured.day:%Y-%m}&predict=1")
        expect(page.locator("#compare-cancel")).to_be_visible()
        expect(page.locator("#compare-chart .main-svg").first).to_be_visible()


def metered(world: World, days: int) -> str:
    """The hall's meter with so many days of hours behind it."""
    meter = plant(world)["meter"]
    declarations.declare_energy(SYSTEM, meter, method="interval", interval_s=3600, valid_from=LONG_AGO)
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    moments = np.array([round(at.timestamp() * 1e6) for at in every(now - timedelta(days=days), 3600, 24 * days)], np.int64)
    kwh = 5 + np.sin(np.arange(len(moments)) / 24 * 2 * np.pi)
    texts = (np.full(len(moments), each, object) for each in (meter, "energy_kwh"))
    with bulk.writer(world.settings) as sender:
        bulk.write(SYSTEM, sender, "intervals", bulk.intervals(moments, *texts, kwh, "test", interval_s=3600))
    assert rollup.await_applied(["intervals"], PATIENT_S)
    return meter


def test_an_address_that_asks_for_a_prediction_is_answered_with_its_band(at_work: tuple[World, str], chromium: Browser) -> None:
    world, address = at_work
    meter, path = metered(world, 50), f"/site/{world.site}/compare"
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, color_scheme="light", timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"{path}?of={meter}~{clock.now():%Y-%m}&predict=1")
        drawn(page)
        expect(page.locator("#compare-predict-says")).to_contain_text("Predicted from", timeout=90_000)
        expect(page.locator("#compare-predict-says")).to_contain_text("90 % of days")
        expect(page.locator("#compare-chart .legendtext").last).to_contain_text("predicted")
        expect(page.locator("#compare-cancel")).to_be_hidden()
        assert faults(page) == []
        page.get_by_role("link", name=re.compile("^Do not predict")).click()
        expect(page.locator("#compare-predict-says li")).to_have_count(0)
