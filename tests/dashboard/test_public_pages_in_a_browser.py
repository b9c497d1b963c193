"""From the first page to being signed in, as a person does it: with scripts and without, by mail, with a second step."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from dashboard.api import openapi as people
from ingest import openapi as devices
from ingest.api_page import rendered
from store.records.access import policy
from store.records.people import invitations
from store.records.schema.columns import now
from store.records.signin import two_factor
from store.records.transaction import engine
from tests.dashboard.letterbox import OWN, mails_to, path_in
from tests.dashboard.readable import LOOKS, assert_fits, faults, look
from tests.dashboard.watched import watched
from tests.dashboard.world import PASSWORD, World

pytestmark = pytest.mark.browser
Opener = Callable[..., Page]
PAGES = [
    "/",
    "/sign-in",
    "/register",
    "/register?way=found",
    "/forgotten-password",
    "/confirm-address/again",
    "/invitation?token=old",
]


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opener]:
    """Opens a page that fails the test on a script error, on anything the policy forbids and on requests to elsewhere."""
    with watched(chromium, address) as blank:

        def open_page(path: str = "/", **context: object) -> Page:
            page = blank(**context)
            page.goto(path)
            return page

        yield open_page


def press(page: Page, words: str) -> None:
    page.click(f"main button[type=submit]:has-text('{words}')")


def test_public_pages_fit_and_are_accessible(opened: Opener) -> None:
    page = opened()
    for path in PAGES:
        for width, scheme in LOOKS:
            look(page, width, scheme)
            page.goto(path)  # these decide on their theme when they are loaded
            expect(page.locator(".brand")).to_be_visible()
            assert_fits(page, width)
            assert faults(page) == []


@pytest.mark.parametrize("described", [devices.described, people.described], ids=["of devices", "of people"])
def test_the_pages_of_both_programming_interfaces_are_accessible(
    chromium: Browser, described: Callable[[], dict[str, Any]]
) -> None:
    page = chromium.new_page()
    page.set_content(rendered(described(), "Send a key.", "http://127.0.0.1", "/openapi.json"))
    for width, scheme in LOOKS:
        look(page, width, scheme)
        assert_fits(page, width)
        assert faults(page) == []
    page.close()


def test_the_picture_is_of_the_theme(opened: Opener) -> None:
    page = opened(color_scheme="dark")
    picture = page.locator("figure img:visible")
    expect(picture).to_have_count(1)
    expect(picture).to_have_attribute("src", re.compile("overview-dark"))
    picture.scroll_into_view_if_needed()
    page.wait_for_function("() => [...document.querySelectorAll('figure img')].some((one) => one.naturalWidth === 1440)")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_from_the_first_page_to_being_in(opened: Opener, world: World, scripts: bool) -> None:
    page = opened(java_script_enabled=scripts)
    page.click("text=Register as a resident")
    page.fill("#name", "Ada")
    page.fill("#email", "ada@example.org")
    page.fill("#password", OWN)
    press(page, "Register")
    expect(page.locator("h1")).to_have_text("Check your email")
    press(page, "Send it again")
    expect(page.locator("main")).to_contain_text("an email with a new link")
    page.goto(path_in(mails_to("ada@example.org")[0]))
    press(page, "Confirm")
    expect(page.locator("#notice")).to_contain_text("Your address is confirmed")
    page.fill("#email", "ada@example.org")
    page.fill("#password", OWN)
    press(page, "Sign in")
    expect(page.locator(".bar")).to_contain_text("Ada")


def test_a_lost_password_is_set_anew(opened: Opener, world: World) -> None:
    page = opened("/sign-in")
    page.click("text=Forgot password?")
    page.fill("#email", "operator@example.org")
    press(page, "Send the email")
    expect(page.locator("main")).to_contain_text("administrator can read the mail in the outbox")
    page.goto(path_in(mails_to("operator@example.org")[0]))
    page.fill("#password", "password1234")
    press(page, "Set the password")
    expect(page.locator("#notice")).to_contain_text("among the first that anyone would try")
    page.fill("#password", OWN)
    press(page, "Set the password")
    expect(page.locator("#notice")).to_contain_text("Your password is changed")


def test_the_code_comes_after_the_password(opened: Opener, world: World) -> None:
    scope = policy.scope_of(world.people["operator"])
    app = pyotp.TOTP(two_factor.begin(scope).secret)
    yesterday = now() - timedelta(days=1)  # the code of now is still to be used
    two_factor.confirm(scope, app.at(yesterday), at=yesterday)
    page = opened("/sign-in?next=%2Faccount")
    page.fill("#email", "operator@example.org")
    page.fill("#password", PASSWORD)
    press(page, "Sign in")
    expect(page.locator("#code")).to_be_focused()
    assert faults(page) == []
    page.fill("#code", "000000")
    press(page, "Sign in")
    expect(page.locator("#notice")).to_contain_text("not right")
    page.fill("#code", app.now())
    press(page, "Sign in")
    page.wait_for_url("**/account")


def test_what_is_typed_waits_for_a_store_that_is_away(opened: Opener, world: World) -> None:
    page = opened("/register")
    page.fill("#name", "Ada")
    page.fill("#email", "ada@example.org")
    page.fill("#password", OWN)
    engine.configure("sqlite:////nowhere/at/all/records.sqlite3")
    press(page, "Register")
    expect(page.locator("#notice")).to_contain_text(re.compile(r"cannot reach its store.*Trying again in \d s"))
    engine.configure(world.settings.records_url)
    expect(page.locator("h1")).to_have_text("Check your email")


def test_whoever_is_invited_joins(opened: Opener, world: World) -> None:
    scope = policy.scope_of(world.people["admin"])
    invited = invitations.invite(scope, str(scope.organisation_id), email="grace@example.org", role="operator")
    page = opened(f"/invitation?token={invited.token}")
    assert faults(page) == []
    page.fill("#name", "Grace")
    page.fill("#password", OWN)
    press(page, "Join")
    expect(page.locator(".bar")).to_contain_text("Grace")


def test_an_administrator_reads_a_mail_in_the_outbox(opened: Opener, world: World) -> None:
    page = opened("/forgotten-password")
    page.fill("#email", "operator@example.org")
    press(page, "Send the email")
    expect(page.locator("main")).to_contain_text("administrator can read the mail in the outbox")
    page.goto("/sign-in?next=%2Fadmin%2Foutbox")
    page.fill("#email", "root@example.org")
    page.fill("#password", PASSWORD)
    press(page, "Sign in")
    page.wait_for_selector("html[data-drawn=yes]", state="attached")
    assert faults(page) == []
    page.click("text=Set a new password")
    expect(page.locator(".letter")).to_contain_text("/new-password?token=")
    assert faults(page) == []
