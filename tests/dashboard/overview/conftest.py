"""The site of the overview's tests, and its page in a browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page

from config import settings as configuration
from config.settings import Settings
from dashboard.app import create_app
from tests.dashboard.live_world import PASSWORD, LiveWorld

Opener = Callable[..., Page]


@pytest.fixture
def site(questdb_tables: Settings) -> LiveWorld:
    """The records of the small true site, on a QuestDB without readings."""
    return LiveWorld(questdb_tables)


@dataclass(frozen=True)
class Served:
    """What `address` serves."""

    server: Flask
    site: LiveWorld


@pytest.fixture
def world(site: LiveWorld) -> Served:
    """The site behind a dashboard that ticks every second, so that tests need not wait."""
    configuration.use(site.settings.model_copy(update={"tick_s": 1}))
    return Served(create_app(site.settings), site)


@pytest.fixture
def opened(chromium: Browser, address: str, world: Served) -> Iterator[Opener]:
    """Opens the overview as somebody; fails the test on a script's error or a request to elsewhere."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(
        who: str = "operator", site_id: str | None = None, drawn: bool = True, faults: str = "", **context: object
    ) -> Page:
        contexts.append(chromium.new_context(base_url=address, reduced_motion="reduce", **context))
        page = contexts[-1].new_page()
        page.set_default_timeout(60_000)  # the machine may be busy
        page.on("request", lambda sent: _local(sent.url) or wrong.append(f"asked {sent.url}"))
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on(
            "console",
            lambda said: (
                said.type == "error" and not (faults and re.search(faults, said.text)) and wrong.append(f"console: {said.text}")
            ),
        )
        page.goto("/sign-in")
        page.fill("#email", f"{who}@example.org")
        page.fill("#password", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url(lambda url: "/sign-in" not in url)
        if site_id:
            page.goto(f"/site/{site_id}/overview")
        if drawn:
            page.wait_for_selector("#overview-chart[data-drawn]")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def _local(url: str) -> bool:
    return urlsplit(url).hostname == "127.0.0.1" or url.startswith(("data:", "blob:"))
