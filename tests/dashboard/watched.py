"""Pages in a browser that fail their test when a script fails, the policy forbids something, or elsewhere is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect

PATIENCE_MS = 60_000  # the machine may be busy
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

    def blank(is_wrong: Callable[[ConsoleMessage], bool] = forbidden, **context: object) -> Page:
        contexts.append(chromium.new_context(base_url=address, reduced_motion="reduce", **context))
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
