"""What a person sees and does in the frame: every theme, every width, by keyboard, with nothing fetched from elsewhere."""

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from store.records.people import users
from store.records.signin import sessions
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.readable import assert_fits, assert_readable, faults
from tests.dashboard.watched import let_in, watched
from tests.dashboard.world import PASSWORD, World

pytestmark = pytest.mark.browser
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, address: str, world: World) -> Iterator[Opener]:
    """Opens a page that fails the test on any request to elsewhere, any script error, anything the policy forbids."""
    with watched(chromium, address) as blank:

        def open_page(path: str = "/sign-in", who: str | None = None, **context: object) -> Page:
            page = blank(**context)
            if who:
                let_in(page, f"{who}@example.org", world.settings, address)
            page.goto(path)
            if who:
                drawn(page)
            return page

        yield open_page


def sign_in(page: Page, who: str, password: str = PASSWORD) -> None:
    page.fill("#email", f"{who}@example.org")
    page.fill("#password", password)
    page.click("main button[type=submit]")
    if password == PASSWORD:
        page.wait_for_url(lambda url: "/sign-in" not in url)


def drawn(page: Page) -> None:
    page.wait_for_selector("html[data-drawn=yes]", state="attached")


def test_pages_are_accessible_in_either_theme(opened: Opener) -> None:
    page = opened("/admin/users", "admin", color_scheme="dark")
    page.click("text=Add a user")
    page.click("[popovertarget=person]")
    assert_readable(page)


def test_nothing_is_wider_than_the_screen(opened: Opener) -> None:
    page = opened("/nothing-here", "admin", viewport={"width": 390, "height": 844})
    assert_fits(page, 390)
    assert faults(page) == []
    page.goto("/admin/users")
    drawn(page)
    assert_fits(page, 2560)
    assert faults(page) == []


def test_the_theme_is_right_before_the_first_paint_and_stays_chosen(opened: Opener) -> None:
    page = opened("/account", "operator", color_scheme="dark")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.click("[data-theme-set=light]")
    expect(root).to_have_attribute("data-bs-theme", "light")
    expect(page.locator("[data-theme-set=light]")).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "light")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(246, 247, 248)"


def test_the_theme_follows_a_person_to_another_browser(opened: Opener, world: World) -> None:
    page = opened("/account", "operator")
    with page.expect_response("**/theme"):
        page.click("[data-theme-set=dark]")
    other = opened()
    sign_in(other, "operator")
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "dark")


def test_the_frame_is_there_without_any_script(chromium: Browser, address: str, opened: Opener) -> None:
    page = opened("/account", "operator")
    state = page.context.storage_state()
    bare = chromium.new_context(base_url=address, java_script_enabled=False, storage_state=state).new_page()
    bare.goto("/account")
    expect(bare.locator(".bar")).to_contain_text("North Campus")
    expect(bare.locator("#clock time")).to_have_text(re.compile(r"\d\d:\d\d:\d\d (GMT|BST)"))
    bare.context.close()


def test_a_page_needs_no_request_for_what_the_document_holds(opened: Opener) -> None:
    page = opened("/account", "operator")
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(urlsplit(sent.url).path))
    page.reload()
    drawn(page)
    expect(page.locator("main h1")).to_have_text("Account")
    assert not {"/_dash-layout", "/_dash-dependencies", "/_dash-update-component"} & set(asked)


def test_what_the_server_refuses_as_a_whole_is_said_until_something_else_is_done(opened: Opener, world: World) -> None:
    page = opened(f"/site/{world.site}/imports", "operator", viewport={"width": 390, "height": 844})
    users.change_role(SYSTEM, world.people["operator"], "viewer")
    page.get_by_label("Search imports").fill("campus")
    expect(page.locator("#failed")).to_contain_text("Nothing here. Perhaps the address is mistyped, or you have no access to it.")
    assert_readable(page)
    page.locator("main h1").click()
    expect(page.locator("#failed")).to_be_hidden()


def test_a_wrong_password_is_said_without_losing_the_address(opened: Opener) -> None:
    page = opened()
    sign_in(page, "operator", "not the password")
    expect(page.locator("#notice")).to_contain_text("Wrong email or password")
    expect(page.locator("#email")).to_have_value("operator@example.org")


def test_a_store_that_is_away_is_tried_again_by_itself(opened: Opener, world: World) -> None:
    page = opened()
    engine.configure("sqlite:////nowhere/at/all/records.sqlite3")
    _press(page)
    expect(page.locator("#notice")).to_contain_text(re.compile(r"cannot reach its store.*Trying again in \d s"))
    engine.configure(world.settings.records_url)
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _press(page: Page) -> None:
    page.fill("#email", "operator@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def test_a_session_that_ended_sends_the_page_to_sign_in_and_back(opened: Opener, world: World) -> None:
    page = opened("/admin/users", "admin")
    sessions.end_all(world.people["admin"])
    page.fill("#users-search", "x")
    page.wait_for_url("**/sign-in?next=%2Fadmin%2Fusers")


def test_an_administrator_adds_somebody_and_shuts_them_out(opened: Opener) -> None:
    page = opened("/admin/users", "admin")
    page.click("text=Add a user")
    page.fill("#users-name", "Grace")
    page.fill("#users-email", "grace@example.org")
    page.click("#users-add")
    password = page.locator("#users-said code").inner_text()
    assert len(password) >= 16
    other = opened()
    other.fill("#email", "grace@example.org")
    other.fill("#password", password)
    other.click("main button[type=submit]")
    other.wait_for_url("**/sign-in/own-password")
    other.fill("#password", "five brisk herons wade")
    other.click("main button[type=submit]")
    other.wait_for_url(lambda url: "/sign-in" not in url)

    page.click("[aria-label='Disable Grace']")
    page.click("[aria-label='Disable Grace now']")
    expect(page.locator("#users-notice")).to_contain_text("Every session of theirs has ended")
    other.goto("/account")
    assert "/sign-in" in other.url


def test_the_table_of_users_is_searched_and_sorted(opened: Opener) -> None:
    page = opened("/admin/users", "root")
    rows = page.locator("#users-body tbody tr")
    expect(rows).to_have_count(6)
    page.fill("#users-search", "northern operator")
    expect(rows).to_have_count(1)
    page.fill("#users-search", "")
    expect(rows).to_have_count(6)
    page.click("th button:has-text('Email')")
    expect(page.locator("th[aria-sort=ascending]")).to_have_text("Email")
    page.click("th button:has-text('Email')")
    expect(rows.first).to_contain_text("stranger@example.org")


def test_everything_is_reached_by_keyboard(opened: Opener) -> None:
    page = opened("/account", "admin")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("?")
    sheet = page.locator("dialog#shortcuts")
    expect(sheet).to_be_visible()
    expect(sheet).to_contain_text("Change the theme")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    page.keyboard.press("s")
    expect(page.locator("#sites")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sites")).to_be_hidden()


def test_single_keys_can_be_switched_off(opened: Opener) -> None:
    page = opened("/account", "operator")
    page.keyboard.press("?")
    page.uncheck("#keys-on")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#shortcuts")).to_be_hidden()


def test_on_a_phone_the_pages_are_behind_a_button(opened: Opener) -> None:
    page = opened("/account", "admin", viewport={"width": 390, "height": 844})
    nav = page.locator("#nav")
    expect(nav).not_to_be_in_viewport()
    page.click("[data-nav-toggle]")
    expect(nav).to_be_in_viewport()
    page.click("#nav >> text=Users")
    expect(page.locator("main h1")).to_have_text("Users")
    expect(nav).not_to_be_in_viewport()
    assert page.url.endswith("/admin/users")


def test_a_lost_connection_is_said_and_comes_back_by_itself(opened: Opener) -> None:
    page = opened("/admin/users", "admin")
    banner = page.locator("#lost")
    expect(banner).to_be_hidden()
    page.context.set_offline(True)
    page.fill("#users-search", "operator")
    expect(banner).to_contain_text("Connection lost")
    page.context.set_offline(False)
    expect(banner).to_be_hidden()


def test_what_comes_over_the_wire_is_small(opened: Opener) -> None:
    page = opened("/account", "operator")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[float] = []
    devtools.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.reload(wait_until="networkidle")
    assert 50_000 < sum(received) < 2_000_000
