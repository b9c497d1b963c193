"""A dashboard is put together by keyboard alone, and by dragging; it is looked at, and shown on a wall."""

import re
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from store.records.access.policy import scope_of
from store.records.people import dashboards
from store.records.people.dashboards import Widget
from tests.dashboard.frame.test_shell_in_a_browser import drawn, sign_in
from tests.dashboard.overview.conftest import Served
from tests.dashboard.readable import faults
from tests.dashboard.watched import watched

pytestmark = pytest.mark.browser


def press_on(page: Page, what: Locator, key: str = "Enter") -> None:
    """Go there by the Tab key, however far it is, and press a key."""
    expect(what).to_be_visible()
    for _ in range(150):
        if what.evaluate("element => element === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key never comes to {what}")


def choose(page: Page, what: Locator, option: str) -> None:
    """Go to a choice, and down in it to what is to be chosen."""
    press_on(page, what, "Home")
    chosen = what.locator("option:checked")
    for _ in range(what.locator("option").count()):
        if chosen.text_content() == option:
            return
        page.keyboard.press("ArrowDown")
    expect(chosen).to_have_text(option)


@pytest.mark.timeout(480)  # a long way, in three browsers' windows
def test_a_dashboard_is_put_together_by_keyboard_alone_and_a_colleague_sees_of_it_what_they_may(
    chromium: Browser, address: str, world: Served
) -> None:
    world.site.post_everything()
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000}, timezone_id="Asia/Tokyo")
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto("/dashboards")
        drawn(page)
        press_on(page, page.locator("#dashboards-form summary"))
        press_on(page, page.locator("#dashboards-name"), "M")
        page.keyboard.type("orning")
        press_on(page, page.locator("#dashboards-make"))
        page.wait_for_url(re.compile(r"/dashboards/dsh_\w+\?edit=yes"))
        boxes = page.locator(".react-grid-item")
        expect(boxes).to_have_count(8)
        for count, (kind, control) in enumerate((("Note", "note"), ("Line", "what"), ("Report", "figure")), 9):
            press_on(page, page.get_by_role("link", name=kind, exact=True))
            field = page.locator(f"#widget-{kind.lower()}-{control}")
            expect(field).to_be_visible()
            if control == "note":
                press_on(page, field, "H")
                page.keyboard.type("ello")
            else:
                choose(page, field, {"Line": "Meters · Labs", "Report": "Coverage"}[kind])
            press_on(page, page.locator(f"#widget-{kind.lower()}-put"))
            expect(boxes).to_have_count(count)
            expect(page.locator(f".box[id='{page.url.partition('#')[2]}'] [data-act=change]")).to_be_focused()
        note = page.locator(".box").filter(has_text="Note: Hello")
        for act, says in (
            ("wider", "5 wide and 2 high"),
            ("taller", "5 wide and 3 high"),
            ("right", "column 2, row"),
            ("up", "row"),
        ):
            press_on(page, note.locator(f"[data-act={act}]"))
            expect(page.locator("#board-said")).to_contain_text(says)
            expect(note.locator(f"[data-act={act}]")).to_be_focused()
        report = page.locator(".box").filter(has_text="Report: ")
        expect(report).to_contain_text("Coverage, Last month")
        press_on(page, report.locator("[data-act=change]"))
        expect(page.locator("#widget-report-figure option:checked")).to_have_text("Coverage")
        choose(page, page.locator("#widget-report-period"), "This year")
        assert faults(page) == []
        press_on(page, page.locator("#widget-report-put"))
        expect(report).to_contain_text("Coverage, This year")
        press_on(page, page.locator(".box").filter(has_text="Calendar").locator("[data-act=remove]"))
        expect(boxes).to_have_count(10)
        press_on(page, page.locator("#naming-form summary"))
        page.locator("#naming-name").evaluate("field => field.select()")
        press_on(page, page.locator("#naming-name"), "E")
        page.keyboard.type("vening")
        press_on(page, page.locator("#naming-shared"), "Space")
        press_on(page, page.locator("#naming-save"))
        expect(page.get_by_role("heading", name="Arrange Evening")).to_be_visible()
        assert faults(page) == []
        press_on(page, page.get_by_role("link", name="Done"))
        expect(page.locator("#board .panel")).to_have_count(10)
        expect(page.locator("#board")).to_contain_text("Hello")
        expect(page.locator("#board")).to_contain_text("110")
        expect(page.locator("#board .main-svg").first).to_be_visible()
        assert faults(page) == []
        shared = page.url
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        places = [each.bounding_box() for each in page.locator("#board>.panel").all()]
        assert all(one and other and one["y"] + one["height"] <= other["y"] for one, other in pairwise(places))
        assert faults(page) == []
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000})
        page.goto("/sign-in")
        sign_in(page, "resident")
        page.goto(shared)
        expect(page.get_by_role("heading", name="Evening")).to_be_visible()
        expect(page.locator("#board")).to_contain_text("Hello")
        expect(page.locator("#board")).to_contain_text("This is gone, or you may not see it.")
        expect(page.locator("#board")).not_to_contain_text("Labs")
        expect(page.locator("#board")).not_to_contain_text("110")
        expect(page.get_by_role("link", name="Arrange")).to_have_count(0)


def test_a_widget_is_dragged_and_stays_there(chromium: Browser, address: str, world: Served) -> None:
    owner = scope_of(world.site.people["operator"])
    two = [Widget("a", "note", note="One", w=6, h=2), Widget("b", "note", note="Two", x=6, w=6, h=2)]
    board = dashboards.create_dashboard(owner, "Notes", two)
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000})
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/dashboards/{board.id}?edit=yes")
        handle = page.locator("#a .handle h2")
        expect(handle).to_be_visible()
        box = handle.bounding_box()
        assert box
        page.mouse.move(box["x"] + 5, box["y"] + 5)
        page.mouse.down()
        page.mouse.move(box["x"] + 800, box["y"] + 5, steps=12)
        page.mouse.up()
        expect(page.locator("#board-said")).to_have_text("Saved.")
        kept = {each.id: (each.x, each.y) for each in dashboards.dashboard(owner, board.id).widgets}
        assert kept["a"][0] == 6
        assert kept["b"] == (6, 2)


def test_a_screen_on_the_wall_has_no_frame_and_goes_on(chromium: Browser, address: str, world: Served) -> None:
    owner = scope_of(world.site.people["operator"])
    first, second = (dashboards.create_dashboard(owner, name, [Widget("w", "note", note=f"Board {name}")]) for name in ("A", "B"))
    with watched(chromium, address) as blank:
        page = blank(viewport={"width": 1440, "height": 1000})
        page.goto("/sign-in")
        sign_in(page, "operator")
        page.goto(f"/dashboards/{first.id}?kiosk=5")
        expect(page.locator("#board")).to_contain_text("Board A")
        expect(page.locator("#nav")).to_be_hidden()
        page.wait_for_url(f"**/dashboards/{second.id}?kiosk=5", timeout=30_000)
        expect(page.locator("#board")).to_contain_text("Board B")
        page.keyboard.press("Escape")
        expect(page.locator("#nav")).to_be_visible()
