"""The overview in a browser that has never been here, beside a stock Dash application with one Sankey in the same browser."""

import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from bench import yardsticks
from bench.figures import Figure, percentile
from bench.product import Browser, NotUp
from bench.run import Run
from cli.machine import chromium
from cli.screens import CHROMIUM_ARGS

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium

DRAWN_MS = 60_000
FIRST_NUMBERS_S = 180.0  # the machine may be busy
# When the first mark of a chart stands in the document, by the page's own clock.
WATCH = """
window.__drawn = null;
const drawn = () => {
  if (window.__drawn === null && document.querySelector('.sankey-node, .scatterlayer .trace path')) {
    window.__drawn = performance.now();
  }
};
new MutationObserver(drawn).observe(document, {childList: true, subtree: true});
"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint').map(entry => entry.startTime)[0] ?? null"
TILES = re.compile(r'class="[^"]*\btiles\b[^"]*".*?</section>', re.DOTALL)


def overview(run: Run) -> list[Figure]:
    """Paint, first chart, bytes, and requests to elsewhere, each the median of a few cold loads; the two pages in turn."""
    product = run.started()
    path = chromium()
    if path is None:
        run.say("no Chromium here: the overview is not measured")
        return []
    from playwright.sync_api import sync_playwright

    person, site = product.signed_in()
    in_html = _wait_for_numbers(person, f"/site/{site}/overview")
    address = f"http://127.0.0.1:{product.dashboard_port}/site/{site}/overview"
    ours: list[dict[str, Any]] = []
    stock: list[dict[str, Any]] = []
    with yardsticks.served("stock_dash", product.home) as (port, _process), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGS)
        load(browser, f"http://127.0.0.1:{port}/", {})  # the browser's own first page is slower than any other
        for turn in range(run.sizes.page_loads):
            run.say(f"cold browser, load {turn + 1} of {run.sizes.page_loads}")
            stock.append(load(browser, f"http://127.0.0.1:{port}/", {}))
            ours.append(load(browser, address, person.cookies))
        browser.close()
    person.close()

    def median(loads: list[dict[str, Any]], what: str) -> float:
        return percentile([load[what] for load in loads], 0.5)

    painted = median(ours, "painted") if in_html else float("nan")
    return [
        Figure("overview, cold browser: tiles' numbers painted from HTML", painted / 1000, "s", at_most=0.8, every_run=True),
        Figure("stock one-Sankey Dash app: first chart", median(stock, "drawn") / 1000, "s"),
        Figure("overview, cold browser: first chart", median(ours, "drawn") / 1000, "s"),
        Figure(
            "overview's first chart, in units of the stock app's",
            median(ours, "drawn") / median(stock, "drawn"),
            "×",
            at_most=0.8,
        ),
        Figure("overview, cold browser: over the wire", median(ours, "bytes") / 1e6, "MB", at_most=2),
        Figure("stock one-Sankey Dash app: over the wire", median(stock, "bytes") / 1e6, "MB"),
        Figure("overview: requests to elsewhere", max(load["elsewhere"] for load in ours), "requests", at_most=0),
    ]


def _wait_for_numbers(person: Browser, path: str) -> bool:
    """Whether the document itself tells numbers, within the time that devices need to post after a start."""
    deadline = time.monotonic() + FIRST_NUMBERS_S
    while not _tells_numbers(person.ask("GET", path)[2].decode()):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.5)
    return True


def _tells_numbers(page: str) -> bool:
    """Whether the document itself holds the tiles with numbers in them."""
    found = TILES.search(page)
    words = re.sub(r"<[^>]+>", " ", found[0]) if found else ""
    return len(re.findall(r"\d", words)) >= 3


def load(browser: "Chromium", address: str, cookies: dict[str, str]) -> dict[str, Any]:
    """One load in a context without a cache: ms to paint and to the first chart, bytes, requests that went elsewhere."""
    host = urlsplit(address).netloc
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    # With an address in place of a path, they would be sent to what lies beside the page alone, and not with its callbacks.
    where = urlsplit(address).hostname or ""
    context.add_cookies([{"name": name, "value": value, "domain": where, "path": "/"} for name, value in cookies.items()])
    from playwright.sync_api import Error as PlaywrightError

    page = context.new_page()
    page.add_init_script(WATCH)
    received: list[float] = []
    elsewhere: list[str] = []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.on(
        "request",
        lambda request: (
            elsewhere.append(request.url)
            if urlsplit(request.url).scheme.startswith("http") and urlsplit(request.url).netloc != host
            else None
        ),
    )
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("requestfailed", lambda request: wrong.append(f"{request.url}: {request.failure}"))
    page.goto(address, wait_until="commit")
    try:
        drawn = page.wait_for_function("() => window.__drawn", timeout=DRAWN_MS).json_value()
    except PlaywrightError as problem:
        told = "; ".join(wrong) or page.inner_text("body")[:300]
        raise NotUp(f"no chart was drawn within {DRAWN_MS / 1000:.0f} s at {page.url}: {told}") from problem
    page.wait_for_load_state("networkidle")
    painted = page.evaluate(PAINTED)  # the browser notes it some time after the frame was shown
    found = {
        "painted": float("nan") if painted is None else painted,
        "drawn": drawn,
        "bytes": sum(received),
        "elsewhere": len(elsewhere),
    }
    context.close()
    return found
