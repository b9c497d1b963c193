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
from tests.dashboard.frame.test_shell_in_a_browser import sign_in
from tests.dashboard.live_world import LiveWorld
from tests.dashboard.watched import let_in, watched

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
            who: str = "operator",
            site_id: str | None = None,
            drawn: bool = True,
            faults: str = "",
            by_form: bool = False,
            **context: object,
        ) -> Page:
            page = blank(lambda said: said.type == "error" and not (faults and re.search(faults, said.text)), **context)
            if by_form:
                page.goto("/sign-in")
                sign_in(page, who)
            else:
                let_in(page, f"{who}@example.org", world.site.settings, address)
            page.goto(f"/site/{site_id}/overview" if site_id else "/")
            if drawn:
                page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
            return page

        yield open_page
