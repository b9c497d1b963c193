"""What each kind of key opens: every route of the device API × every key × what is theirs and what is not."""

from datetime import datetime

import httpx
import pytest

from config.settings import Settings
from ingest.server import OWN, ROADS
from store.records.plant import keys
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.ingest.conftest import Api, World
from tests.ingest.world import HARDWARE, use_records
from tests.matrix import count

pytestmark = pytest.mark.matrix

PUBLIC = {("GET", path) for _, path in OWN}
DATA, STATUS, CONFIG = "/api/hardware/data", "/api/hardware/status", "/api/hardware/config"
READINGS = "/api/v1/readings"
# status by key: (Road 1 post, its two answers, Road 2 with one's own meter, with a neighbour's)
# What agents of InfluxDB ask before they write: it says nothing of anybody.
OPEN = {
    *((method, path) for method in ("GET", "HEAD") for path in ("/ping", "/api/v2/ping")),
    *((method, "/query") for method in ("GET", "POST")),
    ("GET", "/health"),
    ("GET", "/ready"),
}
LINES = ("/write", "/api/v2/write")
EXPECTED = {
    "none": (401, 401, 401, 401),
    "unknown": (401, 401, 401, 401),
    "wrong secret": (401, 401, 401, 401),
    "revoked": (401, 401, 401, 401),
    "device": (200, 200, 200, 422),
    "site": (403, 403, 200, 422),
    "read-only site": (403, 403, 403, 403),
    "neighbour site": (403, 403, 422, 200),
}


LINES_EXPECTED = {"device": 200, "site": 200, "neighbour site": 200, "read-only site": 403}


@pytest.fixture(scope="module")
def held(api: Api, world: World, device_settings: Settings) -> dict[str, str | None]:
    use_records(device_settings)
    revoked = keys.create_key(SYSTEM, site_id=world.site_id)
    keys.revoke_key(SYSTEM, revoked.partition(".")[0])
    return {
        "none": None,
        "unknown": "key_000000000000.secret",
        "wrong secret": f"{world.device_key.partition('.')[0]}.secret",
        "revoked": revoked,
        "device": world.device_key,
        "site": world.site_key,
        "read-only site": world.reading_key,
        "neighbour site": world.neighbour_key,
    }


def test_every_route_is_public_or_in_this_matrix() -> None:
    routes = {route for table in (OWN, *ROADS) for route in table}
    assert routes == PUBLIC | OPEN | {
        ("POST", DATA),
        ("GET", STATUS),
        ("GET", CONFIG),
        *(("POST", path) for path in (READINGS, *LINES)),
    }


@pytest.mark.parametrize("whose", EXPECTED)
def test_a_key_opens_what_is_its_own_and_nothing_else(
    whose: str, held: dict[str, str | None], api: Api, world: World, moment: datetime
) -> None:
    key = held[whose]
    headers = {"X-API-Key": key} if key else {}
    road_1, answers, own, foreign = EXPECTED[whose]

    def reading(meter: str) -> dict[str, object]:
        sent = {"meter": meter, "quantity": "power_kw", "ts": moment.isoformat(), "value": 1.5}
        return {"readings": [sent]}

    with httpx.Client(base_url=api.url, headers=headers, timeout=30) as browser:
        cells = [
            (lambda: browser.post(DATA, json=HARDWARE | {"timestamp": moment.isoformat()}), road_1),
            (lambda: browser.get(STATUS), answers),
            (lambda: browser.get(CONFIG), answers),
            (lambda: browser.post(READINGS, json=reading(world.grid if whose != "device" else world.pv)), own),
            (lambda: browser.post(READINGS, json=reading(world.neighbour_meter)), foreign),
        ]
        for ask, status in cells:
            eventually(lambda ask=ask, status=status: ask().status_code == status)  # a key is known within two seconds
            count("device keys")
        for path in LINES:
            said = browser.post(path, content=f"matrix v=1 {int(moment.timestamp())}000000000").status_code
            assert said == {200: 204, 403: 401 if path == "/write" else 403}.get(LINES_EXPECTED.get(whose, 401), 401), path
            count("device keys")
        for method, path in sorted(OPEN):
            asked = {"q": "SHOW DATABASES"} if path == "/query" else {}
            assert browser.request(method, path, params=asked).status_code in (200, 204), path
            count("device keys")
        for method, path in sorted(PUBLIC):
            assert browser.request(method, path).status_code == 200, path
            count("device keys")


def test_what_is_foreign_is_refused_in_the_words_for_what_does_not_exist(
    held: dict[str, str | None], api: Api, world: World, moment: datetime
) -> None:
    said = []
    for meter in (world.neighbour_meter, "mtr_000000000000"):
        sent = {"meter": meter, "quantity": "power_kw", "ts": moment.isoformat(), "value": 1.5}
        answer = httpx.post(
            f"{api.url}{READINGS}", json={"readings": [sent]}, headers={"X-API-Key": held["site"] or ""}, timeout=30
        )
        said.append(answer.text.replace(meter, "METER"))
        count("device keys")
    assert said[0] == said[1]
