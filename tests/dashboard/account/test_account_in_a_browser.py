"""The account in a real browser: a picture, a second factor by its QR code, a token, and delete me."""

import io
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pyotp
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.dashboard.readable import LOOKS, assert_readable, look
from tests.dashboard.watched import watched
from tests.dashboard.world import PASSWORD

pytestmark = pytest.mark.browser
Opener = Callable[..., Page]


@pytest.fixture
def opened(chromium: Browser, address: str) -> Iterator[Opener]:
    """Opens a page as somebody; any request to elsewhere, any script error, anything the policy forbids fails the test."""
    with watched(chromium, address) as blank:

        def open_page(path: str, who: str = "resident", **context: object) -> Page:
            page = blank(**context)
            page.goto("/sign-in")
            page.fill("#email", f"{who}@example.org")
            page.fill("#password", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(lambda url: "/sign-in" not in url)
            visit(page, path)
            return page

        yield open_page


def visit(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_selector("html[data-drawn=yes]", state="attached")


def test_what_only_a_resident_sees_is_accessible_and_fits_a_phone(opened: Opener) -> None:
    page = opened("/account", viewport={"width": 390, "height": 844}, color_scheme="dark")
    for path in ("/account/data", "/household", "/my-meters"):
        visit(page, path)
        assert_readable(page)
        look(page, *LOOKS[0])


def test_the_journey_through_an_account_to_its_end(opened: Opener) -> None:
    page = opened("/account")
    page.fill("#account-name", "Rosa Resident")
    page.select_option("#account-language", "fr-FR")
    page.click("#account-save")
    expect(page.locator("#account-notice")).to_contain_text("Your profile is saved")
    expect(page.locator(".bar")).to_contain_text("Rosa Resident")

    out = io.BytesIO()
    Image.new("RGB", (1200, 800), (40, 120, 90)).save(out, "JPEG")
    with page.expect_file_chooser() as chooser:
        page.click("[data-choose-picture]")
    chooser.value.set_files({"name": "me.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()})
    picture = page.locator("img.portrait")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 256

    page.click("nav.account-tabs >> text=Two-factor")
    page.fill("#two-factor-password", PASSWORD)
    page.click("#two-factor-begin")
    drawn = page.locator("img.qr")
    expect(drawn).to_be_visible()
    assert drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    secret = page.locator("#two-factor-state code").inner_text().replace(" ", "")
    page.fill("#two-factor-first", pyotp.TOTP(secret).now())
    page.click("#two-factor-confirm")
    expect(page.locator("#two-factor-notice .codes li")).to_have_count(10)
    expect(page.locator("#two-factor-state")).to_contain_text("10 recovery codes left")

    page.click("nav.account-tabs >> text=Tokens")
    page.click("text=Create a token")
    page.fill("#token-name", "invoices")
    page.fill("#token-password", PASSWORD)
    page.click("#token-make")
    expect(page.locator("#token-said code")).to_have_text(re.compile(r"pat_\w+\.[\w-]{40,}"))
    page.click("#tokens-body >> text=Revoke")
    page.click("#tokens-body .btn-danger")
    expect(page.locator("#tokens-body")).to_contain_text("revoked")

    visit(page, "/household")
    page.fill("#household-area", "82.5")
    page.select_option("#household-heating", "heat_pump")
    page.check("#household-consent")
    page.click("#household-save")
    expect(page.locator("#household-said")).to_contain_text("Saved")

    visit(page, "/account/data")
    with page.expect_download() as download:
        page.click("text=Download my data")
    assert b"heat_pump" in download.value.path().read_bytes()
    expect(page.locator("main")).to_contain_text("What you told of your household is deleted")
    page.fill("#data-password", PASSWORD)
    page.click("#data-delete")
    page.wait_for_url(lambda url: urlsplit(url).path in ("/", "/sign-in"))
    page.goto("/account")
    page.wait_for_url("**/sign-in?**")
    page.fill("#email", "resident@example.org")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")
    expect(page.locator("main")).to_contain_text("Wrong email or password")
