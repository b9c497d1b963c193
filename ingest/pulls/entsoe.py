"""Day-ahead prices from ENTSO-E's Transparency Platform (documents A44 of its web API, `Publication_MarketDocument`).

A period has a start, a resolution and numbered points. With the curve type A03 a number that is missing repeats the price
before it, up to the period's end: so the format says, and read otherwise a quarter-hourly price looks hourly. With A01 it is
missing. Of a zone with two auctions only the first sequence, the coupled one, is a price; contracts other than the day-ahead
one (A01) come along in some zones. A period of zeros alone that has yet to come is a day that is not out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lxml import etree

from config.language import N_, Told
from config.pull_services import PRICE
from ingest.pulls.pulled import CUT, Asked, Question, Said, Unreadable, Value, read_moment

LENGTHS_S = {"PT15M": 900, "PT30M": 1800, "PT60M": 3600, "PT1H": 3600}
DAY_AHEAD = "A01"
REPEATS = "A03"
COUPLED = "1"
NO_DATA = "999"
LONGEST = timedelta(days=400)
KWH = 1000


def question(asked: Asked) -> Question:
    """The prices of a zone between two moments."""
    query = {
        "securityToken": asked.key or "",
        "documentType": "A44",
        "contract_MarketAgreement.type": DAY_AHEAD,
        "in_Domain": asked.area,
        "out_Domain": asked.area,
        "periodStart": f"{asked.start:%Y%m%d%H%M}",
        "periodEnd": f"{asked.end:%Y%m%d%H%M}",
    }
    return Question("/api", query)


def read(body: bytes, asked: Asked) -> Said:
    """Prices (a kWh, in euros)."""
    root = _root(body)
    if _name(root) == "Acknowledgement_MarketDocument":
        reason, code = _text(root, ".//{*}Reason/{*}text"), _text(root, ".//{*}Reason/{*}code")
        if code == NO_DATA and "no matching data" in reason.casefold():
            return Said(())
        raise Unreadable(Told(N_("ENTSO-E refuses: %(reason)s"), {"reason": reason[:CUT] or code}))
    if _name(root) != "Publication_MarketDocument":
        raise Unreadable(Told(N_("the answer is no document of prices")))
    values: list[Value] = []
    for series in root.iterfind("{*}TimeSeries"):
        if _text(series, "{*}contract_MarketAgreement.type") not in ("", DAY_AHEAD):
            continue
        if _text(series, "{*}classificationSequence_AttributeInstanceComponent.position") not in ("", COUPLED):
            continue
        money, of = _text(series, "{*}currency_Unit.name"), _text(series, "{*}price_Measure_Unit.name")
        if (money, of) != ("EUR", "MWH"):
            raise Unreadable(Told(N_("prices came in %(unit)s, not in EUR/MWh"), {"unit": f"{money}/{of}"[:40]}))
        repeats = _text(series, "{*}curveType") == REPEATS
        for period in series.iterfind("{*}Period"):
            values += _period(period, asked.now, repeats=repeats)
    return Said(values)


def _period(period: Any, now: datetime, *, repeats: bool) -> list[Value]:
    start, end = (read_moment(_text(period, f"{{*}}timeInterval/{{*}}{name}")) for name in ("start", "end"))
    resolution = _text(period, "{*}resolution")
    length_s = LENGTHS_S.get(resolution)
    if length_s is None or not timedelta() < end - start <= LONGEST:
        raise Unreadable(Told(N_("a period of the resolution %(resolution)s cannot be read"), {"resolution": resolution[:40]}))
    places = int((end - start).total_seconds()) // length_s
    told = dict(_points(period))
    if not told or (start > now and not any(told.values())):
        return []
    if any(not 1 <= place <= places for place in told):
        raise Unreadable(Told(N_("a period has more points than its time")))
    values, price = [], None
    for place in range(1, places + 1):
        price = told.get(place, price if repeats else None)
        if price is not None:
            values.append(Value(PRICE, start + timedelta(seconds=(place - 1) * length_s), length_s, price / KWH))
    return values


def _points(period: Any) -> Iterator[tuple[int, float]]:
    for point in period.iterfind("{*}Point"):
        place, amount = _text(point, "{*}position"), _text(point, "{*}price.amount")
        try:
            yield int(place), float(amount)
        except ValueError:
            raise Unreadable(
                Told(N_("a point without a number or a price: %(point)s"), {"point": f"{place} {amount}"[:CUT]})
            ) from None


def _root(body: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Unreadable(Told(N_("the answer is no XML, or was cut off"))) from None
    if root.getroottree().docinfo.doctype:
        raise Unreadable(Told(N_("the answer declares a document type, which none of ENTSO-E's does")))
    return root


def _name(element: Any) -> str:
    return str(etree.QName(element).localname)


def _text(element: Any, path: str) -> str:
    return (element.findtext(path) or "").strip()
