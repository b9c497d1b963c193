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


def _local(url: str) -> bool:
    return urlsplit(url).hostname == "127.0.0.1" or url.startswith(("data:", "blob:"))
