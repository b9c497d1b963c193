"""One post a thousand times at once, as a gateway sends it that does not wait for the answer: it is stored once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx

from faults.house import House
from faults.incidents import posts
from faults.verdict import Verdict

COPIES, AT_ONCE, TRIES = 1_000, 100, 3
ANSWERS = {200, 429, 503}


def happen(house: House, share: float) -> list[Verdict]:
    """A hundred connections, ten copies each."""
    meter = house.plant.odd["copies"]
    values = {at: float(n) for n, at in enumerate(posts.recent(50))}
    post, copies = posts.body(meter, values), round(COPIES * share)

    def send(nth: int) -> tuple[int, int]:
        """The status of a copy, and how often it had no answer before: then it is sent again, as whoever needs one does."""
        address = f"{house.devices[nth % len(house.devices)]}/api/v1/readings"
        for silent in range(TRIES):
            with suppress(httpx.HTTPError):
                return client.post(address, json=post).status_code, silent
        return 0, TRIES

    limits = httpx.Limits(max_connections=AT_ONCE, max_keepalive_connections=AT_ONCE)
    key = {"X-API-Key": house.plant.key}
    with httpx.Client(timeout=120, limits=limits, headers=key) as client, ThreadPoolExecutor(AT_ONCE) as threads:
        sent = list(threads.map(send, range(copies)))
    answers = Counter(status for status, _silent in sent)
    lost, doubled = posts.missing(meter, values)
    odd = sum(count for status, count in answers.items() if status not in ANSWERS)
    return [
        Verdict("copies of one post acknowledged", answers[200], is_due=True),
        Verdict("copies of one post sent again without an answer", sum(silent for _status, silent in sent)),
        Verdict("copies of one post answered by an error, or never", odd, is_bad=True),
        Verdict("readings lost among copies", lost, is_bad=True),
        Verdict("readings stored more than once", doubled, is_bad=True),
    ]
