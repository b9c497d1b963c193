"""An administrator's day in a real browser: invite, approve, look through somebody's eyes, find it all in the audit log."""

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from config import language
from store.records.access import audit, claims, policy
from store.records.people import mail, users
from store.records.plant import meters
from store.scope import SYSTEM
from tests.conftest import soon_is
from tests.dashboard import pseudo
from tests.dashboard.watched import watched
from tests.dashboard.world import PASSWORD, World

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser, address: str):
    with watched(chromium, address) as blank:
        yield blank()


def _sign_in(page: Page, who: str) -> None:
    page.goto("/sign-in?next=/admin/users")
    page.get_by_label("Email").fill(f"{who}@example.org")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button[type=submit], button[type=submit]").first.click()
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()


def test_inviting_approving_viewing_and_reading_about_it(page: Page, world: World) -> None:
    _sign_in(page, "admin")
    page.get_by_role("button", name="View as Operator").click()
    page.locator(".question").get_by_role("button", name="View as Operator").click()
    expect(page.get_by_text("You see what Operator sees")).to_be_visible()
    expect(page.get_by_role("link", name="Users")).to_have_count(0)
    page.get_by_role("button", name="End the view").click()
    expect(page.get_by_role("heading", name="Users", exact=True)).to_be_visible()

    meter = meters.create_meter(SYSTEM, world.site, name="Flat 4", role="condition")
    claims.claim_meter(policy.scope_of(world.people["resident"]), claims.claim_code(SYSTEM, meter.id))

    page.goto("/organisation")
    page.get_by_text("Invite somebody").first.click()
    page.locator("#invite-email").fill("guest@example.org")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("rowheader", name="guest@example.org")).to_be_visible()
    assert mail.outbox(SYSTEM)[0].recipient == "guest@example.org"

    page.goto("/admin/approvals")
    waits = page.locator("[data-count-of=admin-approvals]")
    expect(waits).to_contain_text("1")
    page.get_by_role("button", name="Approve Resident").click()
    question = page.locator(".question")
    expect(question).to_be_focused()
    question.locator("[data-given=reason]").fill("Welcome")
    question.get_by_role("button", name="Approve Resident now").click()
    expect(page.get_by_text("Approved. They were told by mail.")).to_be_visible()
    expect(waits).to_be_hidden()
    assert policy.scope_of(world.people["resident"]).meter_ids == {meter.id}

    page.goto("/admin/audit-log")
    row = page.get_by_role("row").filter(has_text="Began a view as").first
    expect(row).to_contain_text("Admin")
    expect(row).to_contain_text(world.people["operator"])


def test_the_table_is_run_by_keyboard_and_fits_a_telephone(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    _sign_in(page, "admin")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("searchbox", name="Search users").fill("operator")
    expect(page.get_by_role("rowheader", name="Admin")).to_have_count(0)
    button = page.get_by_role("button", name="Disable Operator", exact=True)
    button.press("Enter")
    expect(page.locator(".question")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".question")).to_have_count(0)
    expect(button).to_be_focused()
    head = page.get_by_role("columnheader", name="Email")
    head.get_by_role("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    button.press("Enter")
    page.get_by_role("button", name="Disable Operator now").press("Enter")
    expect(page.get_by_text("Operator is disabled. Every session of theirs has ended.")).to_be_visible()
    assert users.user(SYSTEM, world.people["operator"]).approval == "disabled"


def test_the_address_of_the_audit_log_keeps_its_filters_and_its_page(page: Page, world: World) -> None:
    for number in range(60):
        audit.note("export", told={"number": number})
    _sign_in(page, "root")
    page.goto("/admin/audit-log")
    page.locator("#audit-action").select_option("export")
    page.wait_for_url("**/admin/audit-log?audit.action=export")
    page.locator("#audit-since").fill("2001-02-03")
    page.locator("#audit-since").press("Enter")
    page.locator("#audit-text").click()
    page.wait_for_url("**audit.since=2001-02-03**")
    page.get_by_role("button", name="Older").click()
    page.wait_for_url("**audit.older=**")
    expect(page.get_by_role("button", name="Newer")).to_be_enabled()
    rows = page.locator("#audit-page table tbody tr")
    shown = rows.all_inner_texts()
    page.reload()
    expect(page.locator("#audit-action")).to_have_value("export")
    expect(page.locator("#audit-since")).to_have_value("2001-02-03")
    soon_is(rows.all_inner_texts, shown)
    page.get_by_role("button", name="Newer").click()
    expect(page.get_by_role("button", name="Newer")).to_be_disabled()
    page.locator("#audit-action").select_option("any")
    page.wait_for_url("**/admin/audit-log?audit.since=2001-02-03")


def test_the_scripts_speak_the_language_of_the_page(
    chromium: Browser, address: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pseudo.write(tmp_path)
    (tmp_path / pseudo.LANGUAGE).rename(tmp_path / "de")  # of which the browser knows how dates are written
    monkeypatch.setattr(language, "FOLDER", tmp_path)
    stretches = [[0, 0, "UTC"]]
    with watched(chromium, address) as blank:
        page = blank(locale="de-AT")
        page.goto("/sign-in?next=/admin/users")
        page.locator("[name=email]").fill("root@example.org")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form button[type=submit]").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "de")
        expect(page.locator("h1")).to_have_text("⟦Users⟧")
        assert page.evaluate("() => Loadstar.text('not live')") == "⟦not live⟧"
        assert page.evaluate("() => Loadstar.text('a text that nobody has')") == "a text that nobody has"
        said = page.evaluate("(stretches) => window.loadstar.localTime(stretches).date(Date.UTC(2026, 10, 26))", stretches)
    with language.speaking("de"):
        assert said == language.written(date(2026, 11, 26), "yMMMEd") == "Do. 26. Nov. 2026"
