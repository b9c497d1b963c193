"""The device API on one page for people, made from its OpenAPI document."""

from functools import lru_cache

from config.quantities import QUANTITIES, written
from ingest.answers import Answer
from ingest.api_page import rendered, table
from ingest.door import Door
from ingest.openapi import CODES, described
from ingest.request import Request
from ingest.roads.hardware import BODY_LIMIT
from ingest.roads.readings import READINGS_LIMIT

_HTML = ("content-type", "text/html; charset=utf-8")
_POLICY = ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'")
_WAY_IN = "Send the key in the header <code>X-API-Key: id.secret</code>."


async def page(_request: Request, door: Door) -> Answer:
    """The page for people."""
    return Answer(200, _page(door.settings.device_url).encode(), (_HTML, _POLICY))


@lru_cache(maxsize=1)
def _page(address: str) -> str:
    quantities = [
        (each.name, each.label or "–", f"{written(each.least)} to {written(each.greatest)}") for each in QUANTITIES.values()
    ]
    sizes = f"<p>At most {READINGS_LIMIT:,} readings a batch, {BODY_LIMIT:,} bytes a hardware post.</p>"
    tables = [
        ("Codes", table(("Code", "Means"), list(CODES.items()))),
        ("Quantities", table(("Quantity", "Unit", "Values"), quantities)),
        ("Sizes", sizes),
    ]
    return rendered(described(), _WAY_IN, f'{address} -H "X-API-Key: $KEY"', "/openapi.json", tables)
