"""Posts of the incidents' own meters, and what became of them."""

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from faults.house import House, until
from faults.posting import Poster
from store.series import connection

Values = dict[datetime, float]
TRIES = 200
AGAIN_S = 0.1


def body(meter: str, values: Values, said: Callable[[datetime], str] = datetime.isoformat) -> dict[str, Any]:
    """A post of samples of power; how their times are `said`."""
    rows = [{"meter": meter, "quantity": "power_kw", "ts": said(at), "value": value} for at, value in values.items()]
    return {"readings": rows}


def raw(house: House, meter: str, values: Values) -> bytes:
    """The same as it goes over the network."""
    content = json.dumps(body(meter, values)).encode()
    head = (
        f"POST /api/v1/readings HTTP/1.1\r\nHost: devices\r\nX-API-Key: {house.plant.key}\r\nContent-Type: application/json\r\n"
    )
    return f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content


def address(house: House, nth: int) -> tuple[str, int]:
    """Where one of the device APIs listens."""
    names = house.production.names("devices")
    return "127.0.0.1", house.production.port(names[nth % len(names)])


def recent(count: int) -> list[datetime]:
    """So many moments, a second apart, up to now."""
    now = datetime.now(UTC).replace(microsecond=0)
    return [now - timedelta(seconds=count - n) for n in range(count)]


def taken(house: House, posts: Iterable[dict[str, Any]]) -> int:
    """Post JSON until each is taken; how many were, given some patience with a store that is away."""
    return _taken(house, Poster.path, {"X-API-Key": house.plant.key}, ({"json": post} for post in posts))


def taken_lines(house: House, posts: Iterable[str]) -> int:
    """The same of line protocol, whose times are in seconds."""
    key = {"Authorization": f"Token {house.plant.key}"}
    return _taken(house, "/api/v2/write?precision=s", key, ({"content": post} for post in posts))


def _taken(house: House, path: str, headers: dict[str, str], posts: Iterable[dict[str, Any]]) -> int:
    count = 0
    with httpx.Client(timeout=60, headers=headers) as client:
        for nth, post in enumerate(posts):
            for again in range(TRIES):
                try:
                    answer = client.post(f"{house.devices[(nth + again) % len(house.devices)]}{path}", **post)
                except httpx.HTTPError:
                    continue
                if answer.status_code in (httpx.codes.OK, httpx.codes.NO_CONTENT):
                    count += 1
                    break
                time.sleep(AGAIN_S)
    return count


def missing(meter: str, values: Values, quantity: str = "power_kw", table: str = "telemetry") -> tuple[int, int]:
    """How many of the values are not in the store as they are, once all is applied, and how many rows are beyond them."""

    def rows() -> list[tuple[datetime, float]]:
        return connection.query(f"SELECT ts, value FROM {table} WHERE meter = %s AND quantity = %s", [meter, quantity])  # noqa: S608 - one of two tables

    def wrong() -> int:
        there = dict(rows())
        return sum(there.get(at) != value for at, value in values.items())

    try:
        until(f"what was posted of {meter} is there", lambda: not wrong())
    except Exception:  # it never will be: that is what is counted
        return wrong(), len(rows()) - len(values)
    return 0, len(rows()) - len(values)
