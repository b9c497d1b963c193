"""`loadstar screens`: pictures of every page of the running product, light and dark, wide and narrow."""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = "/usr/bin/chromium"
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


def _signed_in(browser: "Browser", address: str, email: str, password: str, size: tuple[int, int], theme: Theme) -> "Page":
    page = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, reduced_motion="reduce"
    ).new_page()
    page.goto(f"{address}/sign-in")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


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
@click.option("--email", required=True, help="Whom to sign in as.")
@click.option("--password", required=True, prompt=True, hide_input=True, help="Their password.")
@click.option("--address", help="The running product; the one of the settings by default.")
def screens(into: Path, email: str, password: str, address: str | None) -> None:
    """Take a picture of every page, light and dark, wide and narrow."""
    from playwright.sync_api import sync_playwright

    from config.settings import settings

    address = address or f"http://127.0.0.1:{settings().dashboard_port}"
    into.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        for theme, (width, size) in product(THEMES, WIDTHS.items()):
            public = browser.new_page(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
            public.goto(f"{address}/sign-in", wait_until="networkidle")
            public.screenshot(path=into / f"sign-in-{theme}-{width}.png", full_page=True)
            page = _signed_in(browser, address, email, password, size, theme)
            for name, href in list(_pages(page, address)):
                page.goto(href)
                page.wait_for_selector("main")
                page.wait_for_function(SETTLED)
                file = into / f"{name}-{theme}-{width}.png"
                page.screenshot(path=file, full_page=True)
                click.echo(file)
        browser.close()
