"""Half-hourly prices of Octopus Energy's Agile tariff (https://developer.octopus.energy/rest/reference/).

Pence a kWh, the newest first. A tariff's code, `E-1R-AGILE-24-10-01-C`, holds its product's. A stretch of time is asked in parts
that fit one page, so that no address out of an answer is ever followed.
"""

from datetime import timedelta

from msgspec import Struct

from config.language import N_, Told
from config.pull_services import PRICE
from ingest.pulls.pulled import Asked, Question, Said, Unreadable, Value, read_moment, shaped

PAGE = 1500
PENCE = 100
LONGEST = timedelta(days=1)


class Rate(Struct):
    """One price."""

    value_exc_vat: float
    value_inc_vat: float
    valid_from: str
    valid_to: str | None = None


class Rates(Struct):
    """A page of them."""

    results: list[Rate]
    next: str | None = None


def question(asked: Asked) -> Question:
    """The prices between two moments."""
    product = asked.area.removeprefix("E-1R-")[:-2]
    path = f"/v1/products/{product}/electricity-tariffs/{asked.area}/standard-unit-rates/"
    between = {"period_from": f"{asked.start:%Y-%m-%dT%H:%MZ}", "period_to": f"{asked.end:%Y-%m-%dT%H:%MZ}"}
    return Question(path, between | {"page_size": str(PAGE)})


def read(body: bytes, asked: Asked) -> Said:
    """Prices (a kWh, in pounds). One without an end, as of a fixed tariff, is of no interval and left out."""
    answer: Rates = shaped(body, Rates)
    if answer.next:
        raise Unreadable(Told(N_("the answer goes on on another page, which is not followed: ask for less at a time")))
    net = asked.service.endswith("_net")
    values, endless = [], 0
    for rate in answer.results:
        if rate.valid_to is None:
            endless += 1
            continue
        start, end = read_moment(rate.valid_from), read_moment(rate.valid_to)
        if not timedelta() < end - start <= LONGEST:
            endless += 1
            continue
        price = rate.value_exc_vat if net else rate.value_inc_vat
        values.append(Value(PRICE, start, int((end - start).total_seconds()), price / PENCE))
    told = Told(N_("%(count)s prices are of no interval of a day or less: left out"), {"count": endless})
    return Said(values, (told,) if endless else ())
