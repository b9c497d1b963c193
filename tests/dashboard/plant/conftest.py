"""An administrator of the plant in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.watched import let_in, watched
from tests.dashboard.world import World


@pytest.fixture
def page(chromium: Browser, address: str, world: World) -> Iterator[Page]:
    """A signed-in administrator's page that fails the test on a script's error or on what the policy forbids."""
    with watched(chromium, address) as blank:
        opened = blank()
        let_in(opened, "admin@example.org", world.settings, address)
        yield opened
