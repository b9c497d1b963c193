"""Whether a page can be read by whoever may open it: by the rules of accessibility, in either theme, on any screen."""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from tests.conftest import eventually

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# A page is loaded as the first and turned into the others, for most of what a look at it costs is its load.
LOOKS = ((390, "dark"), (1440, "light"))


ASK = """async (rules) => {
    const { violations } = await axe.run({ runOnly: rules, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => [id, nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))]);
}"""


def faults(page: Page) -> list[str]:
    """What breaks a rule, and where."""
    if not page.evaluate("'axe' in window"):  # half a megabyte of script: once a document
        page.evaluate(AXE_SCRIPT)
    return [f"{page.url} {rule}: {where}" for rule, where in page.evaluate(ASK, RULES)]


# What is wider than its box and cut there, or moved sideways. Tables that are no cards, and code, may be; the site's name is
# whole in its menu.
CUT = """() => [...document.querySelectorAll('body *')]
    .filter((each) => each.checkVisibility() && getComputedStyle(each).overflowX !== 'visible')
    .filter(({ clientWidth, scrollWidth }) => clientWidth > 1 && scrollWidth > clientWidth + 1)
    .filter((each) => !each.matches('.bar .site *, pre, input, select, textarea, .table-frame:not(.stacks)'))
    .map(({ tagName, className, innerText }) => `${tagName} ${className}: ${(innerText ?? '').slice(0, 80)}`)"""


def look(page: Page, width: int, scheme: str) -> None:
    """See it, or what is opened next, on a screen of that width and in that theme."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


def assert_fits(page: Page, width: int) -> None:
    """Nothing of it is wider than the screen, which may just have become narrower."""
    page.set_viewport_size({"width": width, "height": 900})
    eventually(lambda: page.evaluate("document.documentElement.scrollWidth") <= width)


def assert_grows(page: Page) -> None:
    """With letters of twice their size, on the narrowest screen there is, nothing of it is wider than that, or cut off."""
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert_fits(page, 320)
    assert page.evaluate(CUT) == [], page.url
    page.evaluate("document.documentElement.style.fontSize = ''")


def assert_readable(page: Page) -> None:
    """The page that is open, and was opened as the first of `LOOKS` has it, fits and is accessible as each of them has it."""
    for width, scheme in LOOKS:
        look(page, width, scheme)
        expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
        assert_fits(page, width)
        assert faults(page) == [], (width, scheme)
