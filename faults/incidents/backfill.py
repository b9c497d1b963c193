"""Thirty days of one meter come late, while all the others post."""

from datetime import UTC, datetime, timedelta

from faults.house import House
from faults.incidents import posts
from faults.verdict import Verdict

DAYS, EVERY_S, OF_A_POST = 30.0, 60, 500


def happen(house: House, share: float) -> list[Verdict]:
    """A sample a minute, five hundred a post, the oldest first."""
    meter = house.plant.odd["backfill"]
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=1)
    count = int((DAYS * share - 0.1) * 86_400 / EVERY_S)
    values = {end - timedelta(seconds=EVERY_S * (count - n)): round(n % 97 / 7, 6) for n in range(count)}
    moments = list(values)
    before = house.taken
    parts = [{at: values[at] for at in moments[start : start + OF_A_POST]} for start in range(0, count, OF_A_POST)]
    taken = posts.taken(house, (posts.body(meter, part) for part in parts))
    lost, doubled = posts.missing(meter, values)
    return [
        Verdict("readings of thirty days ago and since", len(values), is_due=True),
        Verdict("posts of them that were never taken", len(parts) - taken, is_bad=True),
        Verdict("readings lost or doubled among them", lost + doubled, is_bad=True),
        Verdict("readings of other meters taken meanwhile", house.taken - before, is_due=True),
    ]
