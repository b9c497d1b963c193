"""The live page's updates: their size, and how long they take with many viewers while readings come in."""

import gzip
import json
import random
import threading
import time
import zlib

from bench.figures import Figure, percentile
from bench.posts import steady
from bench.product import Browser, Product
from bench.run import Run

TICK_S = 5.0
READINGS_A_SECOND = 500
SEED = 20


def tick(run: Run) -> list[Figure]:
    """So many viewers, each with a session of their own, ask every 5 s while 500 readings a second come in."""
    product = run.started()
    run.say(f"{run.sizes.viewers} viewers sign in")
    viewers = [Viewer(product) for _ in range(run.sizes.viewers)]
    run.say(f"{run.sizes.viewers} viewers for {run.sizes.tick_s:.0f} s, {READINGS_A_SECOND} readings/s come in")
    spread = random.Random(SEED)  # noqa: S311 - viewers come when they come, the same in each run
    with steady(run, READINGS_A_SECOND):
        threads = [
            threading.Thread(target=viewer.watch, args=(run.sizes.tick_s, spread.uniform(0, TICK_S))) for viewer in viewers
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    taken = [each for viewer in viewers for each in viewer.taken]
    sizes = [each for viewer in viewers for each in viewer.sizes]
    wrong = sum(viewer.wrong for viewer in viewers)
    if wrong:
        run.say(f"{wrong} of {wrong + len(taken)} ticks failed; the last: {next(v.last_wrong for v in viewers if v.last_wrong)}")
    if not taken:
        raise RuntimeError("no tick was answered")
    return [
        Figure("a tick, gzipped (largest)", max(sizes) / 1000, "kB", at_most=2),
        Figure("a tick's callback, median", percentile(taken, 0.5), "ms"),
        Figure(
            f"a tick's callback, p95, {run.sizes.viewers} viewers, 500 readings/s", percentile(taken, 0.95), "ms", at_most=150
        ),
    ]


class Viewer:
    """A signed-in browser that polls as the page's script does."""

    def __init__(self, product: Product) -> None:
        self.browser, self.site = product.signed_in()
        self.browser.ask("GET", f"/site/{self.site}/overview")
        self.taken: list[float] = []  # ms
        self.sizes: list[int] = []
        self.wrong = 0
        self.last_wrong = ""

    def watch(self, seconds: float, after_s: float) -> None:
        """Ask every tick from `after_s` on, until the time is up."""
        until = time.monotonic() + seconds
        due = time.monotonic() + after_s
        number = 0
        while due < until:
            time.sleep(max(0.0, due - time.monotonic()))
            due += TICK_S
            number += 1
            self._ask(number)
        self.browser.close()

    def _ask(self, number: int) -> None:
        body = json.dumps(
            {
                "output": "overview-tick.data",
                "outputs": {"id": "overview-tick", "property": "data"},
                "inputs": [{"id": "overview-interval", "property": "n_intervals", "value": number}],
                "changedPropIds": ["overview-interval.n_intervals"],
                "state": [
                    {"id": "overview-site", "property": "data", "value": self.site},
                    {"id": "overview-listed", "property": "data", "value": False},
                ],
                "parsedChangedPropsIds": ["overview-interval.n_intervals"],
            }
        ).encode()
        began = time.perf_counter()
        status, headers, content = _post(self.browser, body)
        took = (time.perf_counter() - began) * 1000
        if status == 200:
            self.taken.append(took)
            self.sizes.append(len(content) if headers == "gzip" else len(gzip.compress(content, 6)))
        else:
            self.wrong += 1
            self.last_wrong = f"{status} {content[:200]!r}"


def _post(browser: Browser, body: bytes) -> tuple[int, str, bytes]:
    sent = {"Content_Type": "application/json", "Accept_Encoding": "gzip", "X_CSRFToken": browser.csrf()}
    status, headers, content = browser.ask("POST", "/_dash-update-component", body, **sent)
    encoding = headers.get("Content-Encoding", "")
    if encoding == "gzip":
        zlib.decompress(content, 31)  # a browser would have to, too
    return status, encoding, content
