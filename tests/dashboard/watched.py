"""Pages in a browser that fail their test when a script fails, the policy forbids something, or elsewhere is asked.

The browsers stand in Los Angeles and in Kathmandu, by turns: what is shown is told by a site's clock or by the reader's
choice, never by where the reader's machine happens to be.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from zlib import crc32

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from config.settings import Settings
from dashboard.signin.cookie import cookie_of
from store.records.people import users
from store.records.signin import sessions
from store.scope import SYSTEM

PATIENCE_MS = 60_000  # the machine may be busy
LOS_ANGELES, KATHMANDU = "America/Los_Angeles", "Asia/Kathmandu"
Blank = Callable[..., Page]


def forbidden(said: ConsoleMessage) -> bool:
    """The content security policy forbade something."""
    return "Content Security Policy" in said.text


@contextmanager
def watched(chromium: Browser, address: str) -> Iterator[Blank]:
    """Opens empty pages, each in a browser of its own: `blank(is_wrong=…, **context)`, where `is_wrong` judges the console."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []
    expect.set_options(timeout=PATIENCE_MS)
    here = (LOS_ANGELES, KATHMANDU)[crc32(os.environ["PYTEST_CURRENT_TEST"].encode()) % 2]

    def blank(is_wrong: Callable[[ConsoleMessage], bool] = forbidden, **context: object) -> Page:
        context = {"timezone_id": here, "reduced_motion": "reduce", **context}
        contexts.append(chromium.new_context(base_url=address, **context))
        page = contexts[-1].new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda sent: _local(sent.url) or wrong.append(f"asked {sent.url}"))
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on("console", lambda said: is_wrong(said) and wrong.append(f"console: {said.text}"))
        return page

    yield blank
    for context in contexts:
        context.close()
    assert not wrong


def machine_is_busy() -> bool:
    """Whether others keep the processors: what is promised in seconds is promised where Loadstar has them."""
    return os.getloadavg()[0] > 2 * (os.cpu_count() or 1)


def let_in(page: Page, email: str, settings: Settings, address: str) -> None:
    """Have somebody signed in at this address, without the second that the form takes a browser; nothing is open yet."""
    name, value = cookie_of(sessions.open_session(users.user(SYSTEM, email)), settings)
    page.context.add_cookies([{"name": name, "value": value, "url": address}])


def _local(url: str) -> bool:
    return urlsplit(url).hostname == "127.0.0.1" or url.startswith(("data:", "blob:"))
