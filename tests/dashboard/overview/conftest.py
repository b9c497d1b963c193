"""The site of the overview's tests, and its page in a browser."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from config import settings as configuration
from config.settings import Settings
from dashboard.app import create_app
from tests.dashboard.live_world import PASSWORD, LiveWorld
from tests.dashboard.watched import watched

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
    with watched(chromium, address) as blank:

        def open_page(
            who: str = "operator", site_id: str | None = None, drawn: bool = True, faults: str = "", **context: object
        ) -> Page:
            page = blank(lambda said: said.type == "error" and not (faults and re.search(faults, said.text)), **context)
            page.goto("/sign-in")
            page.fill("#email", f"{who}@example.org")
            page.fill("#password", PASSWORD)
            page.click("main button[type=submit]")
            page.wait_for_url(lambda url: "/sign-in" not in url)
            if site_id:
                page.goto(f"/site/{site_id}/overview")
            if drawn:
                page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
            return page

        yield open_page
