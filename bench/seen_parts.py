"""What an open page asks for: each of its callbacks for the first time, and once more."""

from collections.abc import Iterator
from datetime import date, timedelta

from bench.figures import Figure
from bench.opened import ASKS, Given, ask, callback, read
from bench.product import Browser
from bench.seen_pages import Address, asked, first_and_again


def parts(person: Browser, site: str, last: date, asks: int) -> Iterator[Figure]:
    """A step of the slider of the heat map, and what uses cost, of the site that `bench.see` fills."""
    heat = f"/site/{site}/heat-map?view=buildings&until="
    yield from part(
        person,
        "heat map, a step of the slider of days",
        lambda n: f"{heat}{last - timedelta(days=7 * n + 3)}",
        "heat-shown.children",
        {"heat-day.value": "3"},
        asks,
    )
    yield from costs(person, "", site, last, asks)


def costs(person: Browser, whose: str, site: str, last: date, asks: int) -> Iterator[Figure]:
    """The column of costs of *Consumers*."""
    days = f"/site/{site}/consumers?until="
    yield from part(
        person,
        f"consumers{whose}, 31 days: what each cost",
        lambda n: f"{days}{last - timedelta(days=7 * n)}",
        "consumers-table.children",
        {},
        asks,
    )


def part(person: Browser, name: str, address: Address, output: str, given: Given, asks: int) -> Iterator[Figure]:
    """The callback with that output, of as many pages, which are open already."""
    bodies = [callback(read(path, asked(person, path).decode()), output, given) for path in map(address, range(asks))]
    yield from first_and_again(name, lambda n: ask(person, "POST", f"/{ASKS}", bodies[n]), asks)
