"""What people do from beginning to end, in a real browser, with Loadstar running as `up` runs it."""

import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from store.records.access import grants
from store.records.people import organisations
from store.records.plant import keys
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.journeys import Poster, Product, approve, email, press, sign_in, visit
from tests.dashboard.letterbox import OWN
from tests.dashboard.watched import machine_is_busy, watched
from tests.dashboard.world import PASSWORD
from tests.ingest.world import Stored
from tests.running import Terminal

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]
Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, questdb_jar: Path) -> Iterator[Product]:
    """One running product for all journeys."""
    terminal = Terminal(tmp_path_factory.mktemp("journeys"), questdb_jar, LOADSTAR_TICK_S="1")
    try:
        terminal.start()
        yield Product(terminal)
    finally:
        terminal.tidy()


@pytest.fixture
def opened(chromium: Browser, product: Product) -> Iterator[Opener]:
    """Opens somebody's browser; a script's error, what the policy forbids and a request to elsewhere fail the journey."""
    with watched(chromium, product.address) as blank:

        def open_page(who: str | None = None) -> Page:
            page = blank()
            if who:
                sign_in(page, who)
                page.wait_for_url(lambda url: "/sign-in" not in url)
            else:
                page.goto("/")
            return page

        yield open_page


MOST_CLICKS, MOST_S = 15, 180
NEW_SITE = {"name": "Lake", "zone": "Europe/Paris", "currency": "EUR", "latitude": "48.5", "longitude": "-1.2"}


def test_an_empty_distributor_has_its_first_number_within_fifteen_clicks_and_three_minutes(
    opened: Opener, product: Product
) -> None:
    home = organisations.create_organisation(SYSTEM, name="Lake Power", kind="distributor").id
    product.person("Founder", organisation_id=home, role="admin")
    page = opened("Founder")
    clicks, began = 0, time.monotonic()

    def click(what: str) -> None:
        nonlocal clicks
        page.click(what)
        clicks += 1

    page.wait_for_url("**/admin/sites")
    page.wait_for_selector("html[data-drawn=yes]", state="attached")
    click("text=Create a site")
    for name, value in NEW_SITE.items():
        click(f"#sites-{name}")  # whoever knows the Tab key needs fewer
        page.keyboard.type(value)
    click("#sites-make")
    page.wait_for_url("**/set-up")
    page.wait_for_selector("html[data-drawn=yes]", state="attached")
    for name in ("Overview", "Node graph", "Devices"):
        expect(page.locator("nav")).to_contain_text(name)
    click("text=Draw it")
    click("text=Create 3 meters")
    click("text=Create the device")
    click("text=Create the key")
    snippet = page.locator("#first-post-0")
    expect(snippet).to_contain_text("curl")
    expect(page.locator("#set-up-arrived")).to_contain_text("Waiting for the first reading")
    answer = subprocess.run(["bash", "-c", f"{snippet.inner_text()} -s -w '%{{http_code}}'"], capture_output=True, text=True)
    assert answer.stdout.endswith("200"), answer
    expect(page.locator("#set-up-arrived")).to_contain_text("First reading arrived")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390, "long lines of a post scroll by themselves"
    click("text=Open the live overview")
    page.wait_for_url("**/overview")
    expect(page.locator("#overview-sankey .sankey-node").first).to_be_visible()
    assert clicks <= MOST_CLICKS
    assert time.monotonic() - began < MOST_S or machine_is_busy()


def test_register_verify_claim_a_meter_and_see_it_live(opened: Opener, product: Product) -> None:
    meter = product.meter("12 High Street")
    ada = opened()
    ada.click("text=Register as a resident")
    ada.fill("#name", "Ada")
    ada.fill("#email", email("Ada"))
    ada.fill("#password", OWN)
    press(ada, "Register")
    expect(ada.locator("h1")).to_have_text("Check your email")
    sign_in(ada, "Ada", OWN)
    expect(ada.locator("#notice")).to_be_visible()  # not before the address is confirmed
    ada.goto(product.link_to("Ada"))
    press(ada, "Confirm")
    expect(ada.locator("#notice")).to_contain_text("Your address is confirmed")
    sign_in(ada, "Ada", OWN)
    ada.wait_for_url("**/my-meters")
    ada.fill("#my-meters-code", product.code(meter))
    ada.fill("#my-meters-note", "I moved in on the first of May")
    ada.click("#my-meters-claim")
    expect(ada.locator("#my-meters-requests")).to_contain_text("waits for a decision")
    expect(ada.locator(".meter-card")).to_have_count(0)

    admin = opened("Admin")
    visit(admin, "/admin/approvals")
    expect(admin.locator("#approvals-body")).to_contain_text("I moved in on the first of May")
    approve(admin, "Ada")

    product.measure(meter, 3.21)
    visit(ada, "/my-meters")
    expect(ada.locator("#my-meters-requests")).to_contain_text("approved")
    card = ada.locator(".meter-card", has_text="12 High Street")
    expect(card.locator(".value")).to_have_text("3.21")
    expect(card.locator(".state")).to_have_attribute("data-state", "live")
    product.measure(meter, 4.56)
    expect(card.locator(".value")).to_have_text("4.56")


def test_found_an_organisation_invite_approve_and_assign(opened: Opener, product: Product) -> None:
    meter = product.meter("Mill 1")
    founder = opened()
    founder.goto("/register?way=found")
    founder.fill("#organisation", "Mill Works")
    founder.select_option("#kind", label="A customer of Northern Power")
    founder.fill("#name", "Fanny")
    founder.fill("#email", email("Fanny"))
    founder.fill("#password", OWN)
    press(founder, "Register")
    expect(founder.locator("h1")).to_have_text("Check your email")
    founder.goto(product.link_to("Fanny"))
    press(founder, "Confirm")
    expect(founder.locator("#notice")).to_contain_text("once you are approved")

    admin = opened("Admin")
    approve(admin, "Mill Works")
    sign_in(founder, "Fanny", OWN)
    founder.wait_for_url("**/my-meters")
    visit(founder, "/organisation")
    founder.get_by_text("Invite somebody").first.click()
    founder.fill("#invite-email", email("Grace"))
    founder.select_option("#invite-role", "operator")
    founder.get_by_role("button", name="Send the invitation").click()
    expect(founder.get_by_role("rowheader", name=email("Grace"))).to_be_visible()

    grace = opened()
    grace.goto(product.link_to("Grace"))
    grace.fill("#name", "Grace")
    grace.fill("#password", OWN)
    press(grace, "Join")
    expect(grace.locator(".bar")).to_contain_text("Grace")

    linus = opened()
    linus.goto("/register?way=join")
    linus.fill("#organisation", "Mill Works")
    linus.fill("#name", "Linus")
    linus.fill("#email", email("Linus"))
    linus.fill("#password", OWN)
    press(linus, "Register")
    expect(linus.locator("h1")).to_have_text("Check your email")
    linus.goto(product.link_to("Linus"))
    press(linus, "Confirm")
    expect(linus.locator("#notice")).to_contain_text("once you are approved")
    approve(founder, "Linus")

    visit(admin, f"/admin/meters/{meter}")
    admin.fill("#holders-who", "Mill Works")
    admin.click("#holders-assign")
    expect(admin.locator("#holders-body")).to_contain_text("Mill Works")
    product.measure(meter, 7.5)
    sign_in(linus, "Linus", OWN)
    linus.wait_for_url("**/my-meters")
    for page in (founder, grace, linus):
        visit(page, "/my-meters")
        expect(page.locator(".meter-card", has_text="Mill 1").locator(".value")).to_have_text("7.50")
    visit(founder, "/organisation")
    expect(founder.locator("#its-meters-body")).to_contain_text("Mill 1")
    expect(founder.locator("#members-body")).to_contain_text("Linus")


def test_a_lost_password_is_reset_by_the_mail_in_the_outbox(opened: Opener, product: Product) -> None:
    product.person("Rita")
    elsewhere = opened("Rita")
    rita = opened()
    rita.goto("/sign-in")
    rita.click("text=Forgot password?")
    rita.fill("#email", email("Rita"))
    press(rita, "Send the email")
    expect(rita.locator("h1")).to_have_text("Check your email")

    root = opened("Root")  # there is no mail server: the administrator hands the link over
    visit(root, "/admin/outbox")
    root.locator("#outbox-body tr", has_text=email("Rita")).get_by_role("link").first.click()
    link = re.search(r"http\S+/new-password\?token=\S+", root.locator(".letter").inner_text())
    assert link
    rita.goto(link[0])
    rita.fill("#password", OWN)
    press(rita, "Set the password")
    expect(rita.locator("#notice")).to_contain_text("Your password is changed")
    sign_in(rita, "Rita")
    expect(rita.locator("#notice")).to_contain_text("Wrong email or password")
    sign_in(rita, "Rita", OWN)
    rita.wait_for_url("**/my-meters")

    elsewhere.goto("/my-meters")
    expect(elsewhere).to_have_url(re.compile("/sign-in"))  # whoever had the old password is out
    rita.goto("about:blank")  # a page that is live would go to sign in by itself
    rita.context.clear_cookies()
    rita.goto(link[0])
    expect(rita.locator("#password")).to_have_count(0)  # the link worked once


def test_two_factor_by_an_app_by_a_recovery_code_and_off_again(opened: Opener, product: Product) -> None:
    product.person("Tove")
    tove = opened("Tove")
    visit(tove, "/account/two-factor")
    tove.fill("#two-factor-password", PASSWORD)
    tove.click("#two-factor-begin")
    expect(tove.locator("img.qr")).to_be_visible()
    app = pyotp.TOTP(tove.locator("#two-factor-state code").inner_text().replace(" ", ""))
    tove.fill("#two-factor-first", app.now())
    tove.click("#two-factor-confirm")
    listed = tove.locator("#two-factor-notice .codes li")
    expect(listed).to_have_count(10)
    recovery = listed.all_inner_texts()

    def anew() -> None:
        tove.goto("about:blank")  # else the page that is open may ask without them, and begins to sign in by itself
        tove.context.clear_cookies()
        sign_in(tove, "Tove")

    def again(code: str) -> None:
        anew()
        expect(tove.locator("#code")).to_be_focused()
        tove.fill("#code", code)
        press(tove, "Sign in")

    again(app.at(time.time() + 30))  # the next one: that of now was used, and works once
    tove.wait_for_url("**/my-meters")
    again("000000")
    expect(tove.locator("#notice")).to_contain_text("not right")
    again(recovery[0])
    tove.wait_for_url("**/my-meters")
    again(recovery[0])
    expect(tove.locator("#notice")).to_contain_text("not right")
    again(recovery[1])
    tove.wait_for_url("**/my-meters")

    visit(tove, "/account/two-factor")
    expect(tove.locator("#two-factor-state")).to_contain_text("8 recovery codes left")
    tove.fill("#two-factor-proof", recovery[2])
    tove.click("#two-factor-off")
    expect(tove.locator("#two-factor-notice")).to_contain_text("Two-factor sign-in is off")
    anew()
    tove.wait_for_url("**/my-meters")


def test_a_key_is_rotated_under_load_and_no_post_is_lost(opened: Opener, product: Product) -> None:
    meters = [product.meter(f"Line {nth}") for nth in range(4)]
    old = keys.create_key(SYSTEM, site_id=product.site, name="lines")
    posters = [Poster(product, meter, old, nth) for nth, meter in enumerate(meters)]
    try:
        for poster in posters:
            poster.start()
        admin = opened("Admin")
        visit(admin, f"/site/{product.site}/keys")
        eventually(lambda: all(each.has_posted(5) for each in posters))
        admin.fill("#keys-search", "lines")
        expect(admin.locator("#keys-body tbody tr")).to_have_count(1)
        admin.click("[aria-label='Rotate lines']")
        admin.locator("[data-given=overlap]").select_option("1")
        admin.click("[aria-label='Rotate lines now']")
        expect(admin.locator("#keys-notice code")).to_have_text(re.compile(r"key_\w+\.[\w-]{43}"))
        new = admin.locator("#keys-notice code").inner_text()
        for poster in posters:  # one device after the other is given the new key; the others go on with the old one
            before = {each: each.acknowledged.get(each.key, 0) for each in posters}
            poster.key = new
            eventually(lambda before=before: all(each.acknowledged.get(each.key, 0) != before[each] for each in posters), 60)
        eventually(lambda: all(each.has_posted(2) for each in posters))
        admin.locator("tr", has_text="ends soon").locator("[aria-label='Revoke lines']").click()
        admin.click("[aria-label='Revoke lines now']")
        expect(admin.locator("#keys-notice")).to_contain_text("Revoked")
        eventually(lambda: _refused(product, old))
        soon = {each: each.acknowledged[new] for each in posters}
        eventually(lambda: all(each.wrong or each.acknowledged[new] > soon[each] for each in posters))
    finally:
        for poster in posters:
            poster.stop()
    assert [each.wrong for each in posters] == [[]] * 4
    assert all(each.acknowledged.keys() == {old, new} for each in posters)
    stored = Stored(product.settings)
    for poster, meter in zip(posters, meters, strict=True):
        rows = stored("SELECT count(), count_distinct(ts) FROM telemetry WHERE meter = %s", meter)
        posted = sum(poster.acknowledged.values())
        assert rows == [(posted, posted)], "each is there once"
    stored.connection.close()


def _refused(product: Product, key: str) -> bool:
    body = {"readings": []}
    answer = httpx.post(f"{product.devices}/api/v1/readings", json=body, headers={"X-API-Key": key}, timeout=30)
    return answer.status_code == 401


def test_view_as_sees_what_they_see_changes_nothing_and_is_audited(opened: Opener, product: Product) -> None:
    meter = product.meter("Vera's flat")
    vera = product.person("Vera")
    grants.create_grant(SYSTEM, user_id=vera, meter_id=meter)
    product.measure(meter, 1.25)
    root = opened("Root")
    visit(root, "/admin/users")
    root.fill("#users-search", "Vera")
    expect(root.locator("#users-body tbody tr")).to_have_count(1)
    root.get_by_role("button", name="View as Vera").click()
    root.locator(".question").get_by_role("button", name="View as Vera").click()
    expect(root.get_by_text("You see what Vera sees")).to_be_visible()
    card = root.locator(".meter-card", has_text="Vera's flat")
    expect(card.locator(".value")).to_have_text("1.25")
    expect(root.get_by_role("link", name="Users")).to_have_count(0)

    card.get_by_role("button", name="Release Vera's flat").click()
    card.get_by_role("button", name=re.compile("^Release: Vera's flat")).click()
    expect(root.locator("#my-meters-notice")).to_contain_text("can change nothing")
    assert len(grants.assignments(SYSTEM, user_id=vera)) == 1
    root.goto("/account")
    expect(root.get_by_text("Nothing here").first).to_be_visible()  # what is personal stays so

    root.goto("/my-meters")
    root.get_by_role("button", name="End the view").click()
    root.wait_for_url("**/admin/users")
    visit(root, "/admin/audit-log")
    for words in ("Began a view as", "Ended a view as"):
        row = root.get_by_role("row").filter(has_text=words).first
        expect(row).to_contain_text("Root")
        expect(row).to_contain_text(vera)


def test_delete_me_leaves_the_readings_and_a_log_that_still_verifies(opened: Opener, product: Product) -> None:
    meter = product.meter("Dora's flat")
    grants.create_grant(SYSTEM, user_id=product.person("Dora"), meter_id=meter)
    product.measure(meter, 2.5)
    dora, elsewhere = opened("Dora"), opened("Dora")
    root = opened("Root")
    visit(root, "/admin/audit-log")
    expect(root.locator("#audit-page")).to_contain_text("Dora")

    visit(dora, "/account/data")
    expect(dora.locator("main")).to_contain_text("1 assignment of sites and meters to you ends.")
    dora.fill("#data-password", "not this one")
    dora.click("#data-delete")
    expect(dora.locator("#data-notice")).to_be_visible()
    dora.fill("#data-password", PASSWORD)
    dora.click("#data-delete")
    dora.wait_for_url(f"{product.address}/")
    elsewhere.goto("/my-meters")
    expect(elsewhere).to_have_url(re.compile("/sign-in"))
    sign_in(dora, "Dora")
    expect(dora.locator("#notice")).to_contain_text("Wrong email or password")

    visit(root, "/admin/audit-log")
    expect(root.locator("#audit-page table")).to_be_visible()
    expect(root.locator("#audit-page")).not_to_contain_text(email("Dora"))
    root.click("#audit-verify")
    expect(root.locator("#audit-verdict")).to_contain_text("The chain holds")
    visit(root, f"/admin/meters/{meter}")
    expect(root.locator("#holders-body")).to_contain_text("Nobody but its distributor")
    stored = Stored(product.settings)
    assert stored("SELECT value FROM telemetry WHERE meter = %s", meter) == [(2.5,)]
    stored.connection.close()
