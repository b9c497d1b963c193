"""Answers of services, in the shapes that their documentation and public fixtures show; none was recorded here.

- ENTSO-E: a sample of an A44 document for the Czech zone in a public client's tests; curve types and sequences as
  EnergieID/entsoe-py reads them. The first price of the first test is that sample's, the others are made.
- Energy-Charts: the response documented at api.energy-charts.info (`license_info`, `unix_seconds`, `price`, `unit`). Made.
- Octopus Agile: developer.octopus.energy, list of standard unit rates. Prices are made.
- GB carbon: carbon-intensity.github.io/api-definitions, `GET /intensity/{from}/{to}`; 266 and 263 are its example.
- Electricity Maps: its API reference, `carbon-intensity/history`. Values are made.
- Open-Meteo: frenck/python-open-meteo, tests/fixtures (MIT), as asked with `timeformat=unixtime` (open-meteo.com/en/docs). Made.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

STEPS = {"PT15M": 900, "PT30M": 1800, "PT60M": 3600}


def at(text: str) -> datetime:
    """A moment of UTC, `2025-10-26T00:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _z(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}Z"


def entsoe_series(
    start: str,
    end: str,
    points: Iterable[tuple[int, float]],
    *,
    resolution: str = "PT60M",
    curve: str = "A03",
    sequence: int | None = None,
    contract: str = "A01",
    currency: str = "EUR",
) -> str:
    place = "classificationSequence_AttributeInstanceComponent.position"
    told = "".join(
        f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>" for position, price in points
    )
    return (
        "<TimeSeries><mRID>1</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
        '<in_Domain.mRID codingScheme="A01">10YCZ-CEPS-----N</in_Domain.mRID>'
        f"<contract_MarketAgreement.type>{contract}</contract_MarketAgreement.type>"
        f"<currency_Unit.name>{currency}</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
        + (f"<{place}>{sequence}</{place}>" if sequence else "")
        + f"<curveType>{curve}</curveType><Period><timeInterval><start>{start}Z</start><end>{end}Z</end></timeInterval>"
        f"<resolution>{resolution}</resolution>{told}</Period></TimeSeries>"
    )


def entsoe(*series: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">'
        "<mRID>f86583463b2b4fa68fe1a5e5d1d0c5cf</mRID><type>A44</type>" + "".join(series) + "</Publication_MarketDocument>"
    ).encode()


def entsoe_refusal(code: str, text: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">'
        f"<mRID>1</mRID><Reason><code>{code}</code><text>{text}</text></Reason></Acknowledgement_MarketDocument>"
    ).encode()


def energy_charts(starts: Sequence[datetime], prices: Sequence[float | None], unit: str = "EUR / MWh") -> bytes:
    seconds = [int(each.timestamp()) for each in starts]
    told = {"license_info": "CC BY 4.0", "unix_seconds": seconds, "price": list(prices), "unit": unit, "deprecated": False}
    return json.dumps(told).encode()


def octopus(rates: Sequence[tuple[datetime, float]], minutes: int = 30, following: str | None = None) -> bytes:
    """The newest first, as it answers; 5 % of VAT."""
    results = [
        {
            "value_exc_vat": pence,
            "value_inc_vat": round(pence * 1.05, 4),
            "valid_from": _z(start),
            "valid_to": _z(start + timedelta(minutes=minutes)),
            "payment_method": None,
        }
        for start, pence in sorted(rates, reverse=True)
    ]
    return json.dumps({"count": len(results), "next": following, "previous": None, "results": results}).encode()


def gb_carbon(half_hours: Sequence[tuple[datetime, float | None, float | None]]) -> bytes:
    """Starts, what was foreseen, and what it was."""
    data = [
        {
            "from": _z(start),
            "to": _z(start + timedelta(minutes=30)),
            "intensity": {"forecast": forecast, "actual": actual, "index": "moderate"},
        }
        for start, forecast, actual in half_hours
    ]
    return json.dumps({"data": data}).encode()


def electricity_maps(hours: Sequence[tuple[datetime, float | None]], kind: str = "lifecycle", zone: str = "DE") -> bytes:
    history = [
        {
            "zone": zone,
            "carbonIntensity": value,
            "datetime": f"{start:%Y-%m-%dT%H:%M:%S}.000Z",
            "updatedAt": f"{start:%Y-%m-%dT%H:%M:%S}.000Z",
            "emissionFactorType": kind,
            "isEstimated": True,
            "estimationMethod": "TIME_SLICER_AVERAGE",
        }
        for start, value in hours
    ]
    return json.dumps({"zone": zone, "history": history}).encode()


def open_meteo(
    times: Sequence[datetime],
    temperature: Sequence[float | None],
    humidity: Sequence[float | None] | None = None,
    radiation: Sequence[float | None] | None = None,
    **other: object,
) -> bytes:
    told = {
        "latitude": 52.26713,
        "longitude": 6.820702,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "hourly_units": {"time": "unixtime", "temperature_2m": "°C", "relative_humidity_2m": "%", "shortwave_radiation": "W/m²"},
        "hourly": {
            "time": [int(each.timestamp()) for each in times],
            "temperature_2m": list(temperature),
            "relative_humidity_2m": list(humidity or [None] * len(times)),
            "shortwave_radiation": list(radiation or [None] * len(times)),
        },
    }
    return json.dumps(told | other).encode()
