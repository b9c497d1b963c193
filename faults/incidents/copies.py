"""One post a thousand times at once, as a gateway sends it that does not wait for the answer: it is stored once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx

from faults.house import House
from faults.incidents import posts
from faults.verdict import Verdict

COPIES, AT_ONCE = 1_000, 100
ANSWERS = {200, 429, 503}


def happen(house: House, share: float) -> list[Verdict]:
    """A hundred connections, ten copies each."""
    meter = house.plant.odd["copies"]
    values = {at: float(n) for n, at in enumerate(posts.recent(50))}
    post, copies = posts.body(meter, values), round(COPIES * share)

    def send(nth: int) -> int:
        try:
            address = f"{house.devices[nth % len(house.devices)]}/api/v1/readings"
            return client.post(address, json=post).status_code
        except httpx.HTTPError:
            return 0

    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    key = {"X-API-Key": house.plant.key}
    with httpx.Client(timeout=120, limits=limits, headers=key) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        answers = Counter(threads.map(send, range(copies)))
    lost, doubled = posts.missing(meter, values)
    odd = sum(count for status, count in answers.items() if status not in ANSWERS)
    return [
        Verdict("copies of one post acknowledged", answers[200], is_due=True),
        Verdict("copies of one post answered by an error", odd, is_bad=True),
        Verdict("readings lost among copies", lost, is_bad=True),
        Verdict("readings stored more than once", doubled, is_bad=True),
    ]
