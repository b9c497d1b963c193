"""Everything ends, and starts again with what needs the most first: nothing has to be started twice by hand."""

import time

from faults.house import House, until
from faults.verdict import Verdict

STORES = ("redis", "postgres", "questdb")
APART_S = 5.0


def happen(house: House, share: float) -> list[Verdict]:
    """The stores come last, some seconds after those that ask them."""
    with house.restarts.held():
        for name in (*house.ours, *STORES):
            house.production.kill(name)
        for name in house.ours:
            house.restarts.begin(name)
        time.sleep(APART_S * share)
        for name in STORES:
            house.restarts.begin(name)
    before = house.taken_by_road()
    until(
        "readings are taken by each road again",
        lambda: all(house.taken_by_road()[road] > taken for road, taken in before.items()),
    )
    return [Verdict("starts in the wrong order", 1)]
