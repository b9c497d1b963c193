"""Every page of those that are registered can be read by whoever may open it, on a telephone and on a desk."""

import re

import dash
import pytest
from playwright.sync_api import Browser, Page, expect

from config import settings as configuration
from store.records.people import mail, organisations
from store.records.plant import meters
from store.scope import SYSTEM
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.plant.asking import plant
from tests.dashboard.readable import LOOKS, assert_fits, assert_grows, assert_readable, faults, look
from tests.dashboard.watched import watched
from tests.dashboard.world import World

pytestmark = pytest.mark.browser
LIVE = ("overview", "/my-meters")  # rooms with tests of their own, of what they show of readings


@pytest.fixture
def paths(world: World, region: str) -> list[str]:
    """Each page with a record of each kind in it, and more rows than one page of a table shows."""
    of = {
        "site_id": world.site,
        "meter_id": plant(world)["meter"],
        "region_id": region,
        "organisation_id": organisations.create_organisation(SYSTEM, name="Bakery", kind="customer").id,
    }
    for number in range(60):
        meters.create_meter(SYSTEM, world.site, name=f"Feeder {number} of the northern compressor hall", role="condition")
    letter = mail.write_mail(SYSTEM, recipient="operator@example.org", subject="Hello", text="Good morning", kind="x")
    of["mail_id"] = letter.id
    configuration.use(world.settings.model_copy(update={"development": True}))  # whose pages are to be readable too
    found = []
    for page in dash.page_registry.values():
        path = page["path_template"] or page["path"]
        for name, record in of.items():
            path = path.replace(f"<{name}>", record)
        if path != "/" and not path.endswith(LIVE):
            found.append(path)
    return found


def visit(page: Page, path: str) -> None:
    page.goto(path)
    drawn(page)
    expect(page.locator("main h1")).to_have_count(1)


@pytest.mark.timeout(1800)  # a look at each, on a machine that may be busy
def test_every_page_is_accessible_and_no_wider_than_the_screen(chromium: Browser, address: str, paths: list[str]) -> None:
    with watched(chromium, address) as blank:
        page = blank()
        page.goto("/sign-in")
        sign_in(page, "root")
        assert len(paths) > 20
        for path in paths:
            look(page, *LOOKS[0])
            visit(page, path)
            assert_readable(page)
            assert_grows(page)


def test_pages_that_ask_for_readings_fit_a_telephone_while_the_store_is_away(
    chromium: Browser, address: str, world: World
) -> None:
    meter = plant(world)["meter"]
    asking = [f"/site/{world.site}/{name}" for name in ("set-up", "graph", "devices", "facility")]
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 390, "height": 900})
        page.goto("/sign-in")
        sign_in(page, "root")
        for path in ("/admin/system", f"/admin/meters/{meter}", *asking):
            visit(page, path)
            assert_fits(page, 390)
            assert faults(page) == [], path


def test_on_paper_a_long_table_begins_beneath_its_heading(chromium: Browser, address: str, paths: list[str]) -> None:
    with watched(chromium, address) as blank:
        page = blank()
        page.goto("/sign-in")
        sign_in(page, "root")
        page.goto("/admin/meters")
        drawn(page)
        expect(page.locator("#meters-body tbody tr")).to_have_count(50)
        sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
        page.emulate_media(media="print")
        page.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dpi
        height = page.evaluate("document.documentElement.scrollHeight")
        assert sheets == -(-height // 1100)  # none of them is left half empty
