"""Somebody who is signed in and looks at pages, by turns at each dashboard, and remembers what they were answered."""

import http.client
import threading
import time
from collections import Counter
from collections.abc import Sequence
from itertools import cycle

from bench.product import Browser, NotUp

PAUSE_S = 0.1
AGAIN_S = 2.0  # before somebody tries to sign in again
PATIENT_S = 300.0
PAGES = ("/account", "/admin/users", "/admin/meters")


class Viewer:
    """A person's thread; their session is one, whichever dashboard answers. They look at each page for `pause_s`."""

    def __init__(self, ports: Sequence[int], email: str, password: str, pause_s: float = PAUSE_S) -> None:
        self._pause_s = pause_s
        self.answers: Counter[int] = Counter()
        self.unreached = 0  # pages without an answer
        self.signed_out = 0  # pages that asked them to sign in again
        self._browsers = [Browser(port) for port in ports]
        self._sign_in(email, password)
        for each in self._browsers[1:]:
            each.cookies = self._browsers[0].cookies
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Look at nothing more."""
        self._end.set()
        self._thread.join()
        for each in self._browsers:
            each.close()

    def _sign_in(self, email: str, password: str) -> None:
        """On a machine that is busy a store may be away for moments, and whoever signs in is told to come again."""
        deadline = time.monotonic() + PATIENT_S
        while True:
            try:
                self._browsers[0].sign_in(email, password)
            except (NotUp, OSError, http.client.HTTPException):
                if time.monotonic() > deadline:
                    raise
                self._browsers[0].close()
                time.sleep(AGAIN_S)
            else:
                return

    def _run(self) -> None:
        browsers, pages = cycle(self._browsers), cycle(PAGES)
        while not self._end.wait(self._pause_s):
            browser = next(browsers)
            try:
                status, headers, _ = browser.ask("GET", next(pages))
            except (OSError, http.client.HTTPException):
                self.unreached += 1
                browser.close()
                continue
            self.answers[status] += 1
            self.signed_out += "/sign-in" in (headers.get("Location") or "")
