"""Day-ahead prices from Energy-Charts of Fraunhofer ISE (https://api.energy-charts.info, CC BY 4.0).

Moments and prices in two lists, EUR / MWh for every zone. How long a price holds is not said: hours until September 2025,
quarters of an hour since. An auction is of one delivery day (of Central Europe), and all of a
day is of one length: the least distance between two of its moments. A day with one price alone says nothing of its length.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from config.language import N_, Told
from config.pull_services import PRICE
from ingest.pulls.pulled import Asked, Question, Said, Unreadable, Value, moment, shaped

AUCTION = ZoneInfo("Europe/Brussels")
LENGTHS_S = (900, 1800, 3600)
KWH = 1000


class Prices(Struct):
    """An answer."""

    unix_seconds: list[int]
    price: list[float | None]
    unit: str


def question(asked: Asked) -> Question:
    """The prices of some days of Central Europe, the last one included."""
    first, last = (each.astimezone(AUCTION).date() for each in (asked.start, asked.end - timedelta(seconds=1)))
    return Question("/price", {"bzn": asked.area, "start": f"{first}", "end": f"{last}"})


def read(body: bytes, _asked: Asked) -> Said:
    """Prices (a kWh, in euros)."""
    answer: Prices = shaped(body, Prices)
    if answer.unit.replace(" ", "") != "EUR/MWh":
        raise Unreadable(Told(N_("prices came in %(unit)s, not in EUR/MWh"), {"unit": answer.unit[:40]}))
    if len(answer.unix_seconds) != len(answer.price):
        raise Unreadable(Told(N_("there are not as many prices as times")))
    days: dict[date, list[tuple[datetime, float | None]]] = {}
    for seconds, price in zip(answer.unix_seconds, answer.price, strict=True):
        start = moment(seconds)
        days.setdefault(start.astimezone(AUCTION).date(), []).append((start, price))
    values, unclear = [], []
    for day, rows in days.items():
        length_s = _length_s([start for start, _price in rows])
        if length_s is None:
            unclear.append(day)
            continue
        values += [Value(PRICE, start, length_s, price / KWH) for start, price in rows if price is not None]
    words = N_("how long the prices of %(day)s hold cannot be told from their times: left out")
    return Said(values, tuple(Told(words, {"day": f"{day}"}) for day in unclear))


def _length_s(starts: Sequence[datetime]) -> int | None:
    moments = sorted({start.astimezone(UTC) for start in starts})
    least = min((later - earlier for earlier, later in pairwise(moments)), default=timedelta())
    length_s = int(least.total_seconds())
    on_its_grid = length_s in LENGTHS_S and not any(each.timestamp() % length_s for each in moments)
    return length_s if on_its_grid else None
