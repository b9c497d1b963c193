"""`loadstar screens`: pictures of every page of the running product, light and dark, wide and narrow."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from cli.home import absolute_settings, as_running
from cli.machine import CHROMIUMS, chromium
from cli.waiting import answers
from config import settings as configuration
from config.settings import Settings
from config.settings import address as address_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from store.records.schema import User

CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",  # else a GPU is emulated, several times slower than drawing without one
    "--disable-background-networking",
]
WIDTHS = {"wide": (1440, 900), "narrow": (390, 844), "control-room": (2560, 1440)}
Theme = Literal["light", "dark"]
THEMES: tuple[Theme, Theme] = ("light", "dark")
SETTLED = """() => document.fonts.status === 'loaded'
    && document.querySelectorAll('[data-loading="true"], ._dash-loading').length === 0"""


class Cookie(NamedTuple):
    """What a browser keeps of a sign-in."""

    name: str
    value: str


@contextmanager
def sign_in_here(settings: Settings, email: str | None) -> Iterator[Cookie]:
    """Sign somebody of this state folder in without their password, until the block ends.

    Raises:
        click.ClickException: they are not here, or may not come in.
    """
    from dashboard.signin.cookie import cookie_of
    from store.errors import StoreError
    from store.records.access import audit
    from store.records.people import users
    from store.records.signin import sessions
    from store.scope import SYSTEM

    try:
        with audit.acting(audit.COMMAND_LINE):
            person = users.user(SYSTEM, email) if email else _anybody()
            token = sessions.open_session(person, by="command line")
            try:
                yield Cookie(*cookie_of(token, settings))
            finally:
                sessions.end_session(token)
    except StoreError as error:
        raise click.ClickException(f"{error}; `./loadstar user create EMAIL` makes somebody to sign in as") from None


def _anybody() -> "User":
    """An operator, who sees most pages; where there is none, an administrator or whoever there is."""
    from store.records.people import lists
    from store.records.schema.listing import Wanted
    from store.scope import SYSTEM

    for role in ("operator", "admin", None):
        if people := lists.people(SYSTEM, Wanted(count=1), approval="approved", role=role).rows:
            return people[0]
    raise click.ClickException("nobody can sign in yet: create the first administrator with the link that `./loadstar up` prints")


def _page(browser: "Browser", size: tuple[int, int], theme: Theme) -> "Page":
    return browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce"
    ).new_page()


def _sign_in(page: "Page", address: str, email: str, password: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def _pages(page: "Page", address: str) -> Iterator[tuple[str, str]]:
    """Name and address of each page that the navigation offers, on each of the signed-in user's sites."""
    sites = page.eval_on_selector_all("#sites a", "links => links.map(link => link.href)")
    seen: set[str] = set()
    for home in sites or [address]:
        page.goto(home)
        page.wait_for_selector("[data-screen]", state="attached")
        for screen, href in page.eval_on_selector_all(
            "[data-screen]", "links => links.map(link => [link.dataset.screen, link.href])"
        ):
            if href.startswith(address) and href not in seen:
                seen.add(href)
                yield (f"{screen}-{len(seen)}" if "/site/" in href and len(sites) > 1 else screen), href


@click.command()
@click.option(
    "--into", type=click.Path(path_type=Path), default=Path("docs/screens"), show_default=True, help="Folder for the pictures."
)
@click.option("--email", help="Whom to sign in as; an operator by default.")
@click.option("--address", help="A Loadstar elsewhere, whose password is asked for; by default the one of this state folder.")
def screens(into: Path, email: str | None, address: str | None) -> None:
    """Take a picture of every page, light and dark, wide and narrow, of the Loadstar that runs here."""
    if address:
        if not email:
            raise click.UsageError("say with --email whom to sign in as there")
        password: str = click.prompt(f"Password of {email} at {address}", hide_input=True)
        _take(into, address, lambda page: _sign_in(page, address, email, password))
        return
    settings = as_running(absolute_settings())
    configuration.use(settings)
    here = address_of(settings.dashboard_host, settings.dashboard_port)
    if not answers(settings.dashboard_host, settings.dashboard_port):
        raise click.ClickException(f"nothing answers at {here}: `./loadstar up` starts Loadstar")
    with sign_in_here(settings, email) as cookie:
        _take(into, here, lambda page: page.context.add_cookies([{"name": cookie.name, "value": cookie.value, "url": here}]))


def _take(into: Path, address: str, sign_in: Callable[["Page"], None]) -> None:
    from playwright.sync_api import sync_playwright

    browser_here = chromium()
    if browser_here is None:
        raise click.ClickException(f"there is no Chromium here: on Debian `apt install {CHROMIUMS[0]}` brings one")
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_here, args=CHROMIUM_ARGS)
        for theme, (width, size) in product(THEMES, WIDTHS.items()):
            page = _page(browser, size, theme)
            page.goto(f"{address}/sign-in", wait_until="networkidle")
            page.screenshot(path=into / f"sign-in-{theme}-{width}.png", full_page=True)
            sign_in(page)
            page.goto(address)
            for name, href in list(_pages(page, address)):
                page.goto(href)
                page.wait_for_selector("main")
                page.wait_for_function(SETTLED)
                file = into / f"{name}-{theme}-{width}.png"
                page.screenshot(path=file, full_page=True)
                click.echo(file)
        browser.close()
