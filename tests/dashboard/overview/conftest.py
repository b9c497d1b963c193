"""The site of the overview's tests, and its page in a browser."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from config import settings as configuration
from config.settings import Settings
from dashboard.app import create_app
from store.records.transaction import engine
from tests.conftest import QuestDBServer
from tests.dashboard.frame.test_shell_in_a_browser import sign_in
from tests.dashboard.listening import listening
from tests.dashboard.live_world import LiveWorld
from tests.dashboard.watched import let_in, watched
from tests.emptied import with_empty_tables

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
    with opening(chromium, address, world.site) as open_page:
        yield open_page


@contextmanager
def opening(chromium: Browser, address: str, site: LiveWorld) -> Iterator[Opener]:
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
                let_in(page, f"{who}@example.org", site.settings, address)
            page.goto(f"/site/{site_id}/overview" if site_id else "/")
            if drawn:
                page.wait_for_selector("#overview-chart[data-drawn]", state="attached")
            return page

        yield open_page


@dataclass(frozen=True)
class Lasting:
    """A site that all tests of a module look at, and where it is served."""

    site: LiveWorld
    address: str


@pytest.fixture(scope="module")
def lasting(questdb_server: QuestDBServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lasting]:
    """The site with readings of two hours: made once for a module, none of whose tests changes what another one sees."""
    records = tmp_path_factory.mktemp("lasting") / "records.sqlite3"
    made = questdb_server.settings.model_copy(update={"database_url": f"sqlite:///{records}", "tick_s": 1})
    with_empty_tables(made)
    site = LiveWorld(made)
    site.post_hours(2, datetime.now(UTC))
    with listening(create_app(made)) as address:
        yield Lasting(site, address)
    engine.configure()


@pytest.fixture
def looked(chromium: Browser, lasting: Lasting) -> Iterator[Opener]:
    """Opens the overview of the site that lasts, all of whose meters have just told what they measure."""
    lasting.site.post_everything()
    with opening(chromium, lasting.address, lasting.site) as open_page:
        yield lambda who="operator", site_id=lasting.site.site, **more: open_page(who, site_id, **more)
