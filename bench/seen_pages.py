"""The pages on which a site's energy is seen, asked for over HTTP: for the first time, once more, and how large their charts are.

Whoever asks for the first time asks of days or uses that nobody has asked of before. Of a year that is over, for the site that
`bench.see` fills ends with the last one.
"""

import gzip
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import orjson

from bench.crowd import PASSWORD
from bench.figures import Figure, percentile
from bench.product import Browser, NotUp

COLD_MS, WARM_MS, FIGURE_KB = 200, 50, 60
WARMED = 3  # asks before a page counts as warm
LAYOUT = re.compile(r'<script id="boot-layout" type="application/json">(.*?)</script>', re.DOTALL)
Address = Callable[[int], str]


def pages(person: Browser, site: str, uses: list[str], last: date, asks: int) -> Iterator[Figure]:
    """The 95th percentile of as many asks of each page, `last` being the last day with data; and its largest chart, gzipped."""
    charts: list[float] = []
    for name, address in addresses(site, uses, last).items():
        yield from first_and_again(name, pager(person, address), asks)
        charts += [len(gzip.compress(each)) / 1000 for each in figures(asked(person, address(0)))]
    yield Figure("see: largest chart of these pages, gzipped", max(charts), "kB", at_most=FIGURE_KB)


def first_and_again(name: str, ask: Callable[[int], object], asks: int) -> Iterator[Figure]:
    """The 95th percentile of as many first asks, each of something else, and of asking for the first of them again."""
    cold = [taken(ask, n) for n in range(asks)]
    warm = [taken(ask, 0) for _ in range(WARMED + asks)][WARMED:]
    yield Figure(f"see: {name}: first time, p95", percentile(cold, 0.95), "ms", at_most=COLD_MS)
    yield Figure(f"see: {name}: once more, p95", percentile(warm, 0.95), "ms", at_most=WARM_MS)


def taken(ask: Callable[[int], object], n: int) -> float:
    """Milliseconds of the nth ask."""
    began = time.perf_counter()
    ask(n)
    return (time.perf_counter() - began) * 1000


def addresses(site: str, uses: list[str], last: date) -> Mapping[str, Address]:
    """The address of the nth ask of each page: of another use, or of the site on other days."""

    def use(n: int) -> str:
        return uses[n % len(uses)]

    def day(n: int) -> date:
        return last - timedelta(days=7 * n)

    month = f"{last:%Y-%m}"
    return {
        "calendar, a month of the site": lambda n: f"/site/{site}/calendar?day={last - timedelta(days=31 * n)}",
        "calendar, a month of one use": lambda n: f"/site/{site}/calendar?day={last}&of={use(n)}",
        "calendar, a year of one use": lambda n: f"/site/{site}/calendar?view=year&day={last}&of={use(n)}",
        "history, 30 days of the site": lambda n: f"/site/{site}/history?until={day(n)}",
        "history, 30 days of one use": lambda n: f"/site/{site}/history?until={last}&of={use(n)}",
        "heat map, hours of 31 days of one use": lambda n: f"/site/{site}/heat-map?until={last}&of={use(n)}",
        "heat map, uses on 31 days": lambda n: f"/site/{site}/heat-map?view=buildings&until={day(n)}",
        "compare, a month of two uses": lambda n: f"/site/{site}/compare?of={use(n)}~{month},{use(n + 1)}~{month}",
        "consumers, 31 days": lambda n: f"/site/{site}/consumers?until={day(n)}",
    }


def figures(page: bytes) -> Iterator[bytes]:
    """What charts of a page are drawn from, as it holds it."""
    held = LAYOUT.search(page.decode())
    if held:
        yield from _stores(orjson.loads(held[1]))


def _stores(part: Any) -> Iterator[bytes]:
    if isinstance(part, list):
        for each in part:
            yield from _stores(each)
    elif isinstance(part, dict):
        data = part.get("data")
        if isinstance(data, str) and data.startswith('{"figure"'):
            yield data.encode()
        for each in part.values():
            yield from _stores(each)


def person_who_sees(port: int, email: str, sites: Sequence[str] = ()) -> Browser:
    """Somebody who is signed in, and sees these sites; without any, an administrator of the platform."""
    from store.records.access import grants
    from store.records.people import users
    from store.scope import SYSTEM

    user = users.create_user(SYSTEM, email=email, name="See", password=PASSWORD, platform_admin=not sites)
    for site in sites:
        grants.create_grant(SYSTEM, user_id=user.id, site_id=site)
    person = Browser(port)
    person.sign_in(email, PASSWORD)
    return person


def pager(person: Browser, address: Address) -> Callable[[int], bytes]:
    """What asks for the nth page."""
    return lambda n: asked(person, address(n))


def asked(person: Browser, path: str) -> bytes:
    """The page at an address."""
    status, headers, page = person.ask("GET", path)
    if status != 200:
        raise NotUp(f"{path} answers {status}")
    return gzip.decompress(page) if headers.get("Content-Encoding") == "gzip" else page
