"""What a browser shows of the overview, and what somebody does there."""

from playwright.sync_api import Page

DESK = {"width": 1440, "height": 1800}


def value(page: Page, key: str) -> str:
    return page.locator(f'#overview-tiles [data-tile="{key}"] [data-part="value"]').inner_text()


def sankey_says(page: Page) -> str:
    return " ".join(page.locator("#overview-sankey .node-label").all_text_contents())


def now_marks(page: Page) -> list[float]:
    found = page.evaluate("document.querySelector('#overview-chart .plot').data.find((trace) => trace.uid === 'now').y")
    return [float(each) for each in found]


def ticks(page: Page, count: int) -> None:
    """Wait for that many further ticks."""
    start = page.evaluate("window.loadstar.lastTick()?.at ?? 0")
    for _ in range(count):
        page.wait_for_function("(before) => (window.loadstar.lastTick()?.at ?? 0) > before", arg=start)
        start = page.evaluate("window.loadstar.lastTick().at")


def choose(page: Page, group: str, words: str) -> None:
    page.locator(f"#{group}").get_by_text(words, exact=True).click()


def is_seen(page: Page, selector: str) -> bool:
    return page.evaluate("(it) => getComputedStyle(document.querySelector(it)).visibility === 'visible'", selector)
