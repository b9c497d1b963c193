"""An administrator of the plant in a browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.dashboard.frame.test_shell_in_a_browser import sign_in
from tests.dashboard.watched import watched


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A signed-in administrator's page that fails the test on a script's error or on what the policy forbids."""
    with watched(chromium, address) as blank:
        opened = blank()
        opened.goto("/sign-in")
        sign_in(opened, "admin")
        yield opened
