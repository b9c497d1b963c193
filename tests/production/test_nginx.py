"""nginx in front, with its own configuration and a self-signed certificate: what people and devices get through it."""

import http.client
import json
import ssl
import subprocess
import time
from datetime import UTC, datetime

import pytest

from faults.production import Production
from store.records.people import organisations
from store.records.plant import graph, keys, meters, sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.conftest import PATIENT_S, eventually

pytestmark = [pytest.mark.nginx, pytest.mark.postgresql, pytest.mark.timeout(900)]


def ask(
    front: Production, port: str, method: str, path: str, body: bytes | None = None, **headers: str
) -> http.client.HTTPResponse:
    """One request to nginx by TLS, its certificate checked."""
    context = ssl.create_default_context(cafile=str(front.folder / "tls/fullchain.pem"))
    connection = http.client.HTTPSConnection("localhost", front.ports[port], timeout=30, context=context)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    answer.read_text = answer.read().decode(errors="replace")
    connection.close()
    return answer


@pytest.fixture(scope="module")
def site(front: Production) -> tuple[str, str]:
    """A meter of a site in the production records, and a key that may write it."""
    engine.configure(front.environment("migrate")["LOADSTAR_DATABASE_URL"])
    try:
        owner = organisations.create_organisation(SYSTEM, name="Grid", kind="distributor")
        place = {"time_zone": "Europe/Vienna", "currency": "EUR", "latitude": 48.2, "longitude": 16.4}
        made = sites.create_site(SYSTEM, name="Works", kind="plant", organisation_id=owner.id, **place)
        roof = graph.create_node(SYSTEM, made.id, name="Roof", kind="source")
        bus = graph.create_node(SYSTEM, made.id, name="Bus", kind="bus")
        edge = graph.create_edge(SYSTEM, made.id, from_node_id=roof.id, to_node_id=bus.id)
        meter = meters.create_meter(SYSTEM, made.id, name="Roof", edge_id=edge.id)
        return meter.id, keys.create_key(SYSTEM, site_id=made.id)
    finally:
        engine.configure(None)


def test_people_get_the_sign_in_page_by_tls_with_cookies_that_need_it(front: Production) -> None:
    page = ask(front, "8443", "GET", "/sign-in")
    assert page.status == http.client.OK
    assert page.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]
    cookies = page.headers.get_all("Set-Cookie") or []
    assert cookies
    assert all("Secure" in cookie for cookie in cookies)
    assert page.headers["Server"] == "nginx"


def test_whoever_is_not_signed_in_is_sent_to_the_address_that_they_typed(front: Production) -> None:
    page = ask(front, "8443", "GET", "/account", Host="energy.example.org", X_Forwarded_Host="evil.example.org")
    assert page.status == http.client.FOUND
    assert page.headers["Location"].startswith(("/sign-in", "https://energy.example.org/sign-in"))


def test_without_tls_everything_is_sent_to_where_it_is(front: Production) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", front.ports["8080"], timeout=30)
    connection.request("GET", "/history?site=1", headers={"Host": "energy.example.org"})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (308, "https://energy.example.org/history?site=1")
    connection.close()


@pytest.mark.parametrize(
    "path", ["new-password", "confirm-address", "invitation", "first-administrator", "sign-in/provider/back"]
)
def test_no_log_holds_the_token_of_a_one_time_link(front: Production, path: str) -> None:
    log = front.folder / "nginx.log"
    ask(
        front,
        "8443",
        "GET",
        f"/{path}?token=a-secret-token&code=a-secret-token",
        Referer="https://localhost/?token=a-secret-token",
    )
    eventually(lambda: f'"GET /{path} HTTP' in log.read_text())
    assert "a-secret-token" not in log.read_text()


def test_old_tls_is_refused(front: Production) -> None:
    run = subprocess.run(
        ["openssl", "s_client", "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-connect", f"localhost:{front.ports['8443']}"],
        input=b"",
        capture_output=True,
        check=False,
        timeout=PATIENT_S,
    )
    assert run.returncode != 0
    assert b"alert" in run.stderr


def test_a_reading_posted_through_nginx_is_stored(front: Production, site: tuple[str, str]) -> None:
    meter, key = site
    moment = datetime.now(UTC).isoformat()
    body = json.dumps({"readings": [{"meter": meter, "quantity": "power_kw", "ts": moment, "value": 12.5}]}).encode()

    def accepted() -> bool:
        answer = ask(front, "8486", "POST", "/api/v1/readings", body, X_API_Key=key, Content_Type="application/json")
        return answer.status == http.client.OK

    eventually(accepted, every_s=0.5)


def test_the_device_apis_own_answers_come_through(front: Production) -> None:
    unknown = ask(front, "8486", "POST", "/api/v1/readings", b"{}", X_API_Key="no.key", Content_Type="application/json")
    assert unknown.status == http.client.UNAUTHORIZED
    assert "json" in unknown.headers["Content-Type"]
    assert unknown.headers["X-Content-Type-Options"] == "nosniff"
    assert unknown.headers.get_all("Strict-Transport-Security") == ["max-age=31536000; includeSubDomains"]


def test_metrics_are_not_for_the_world(front: Production) -> None:
    assert ask(front, "8486", "GET", "/metrics").status == http.client.NOT_FOUND


def test_a_body_that_no_device_sends_is_refused_before_it_is_read(front: Production) -> None:
    context = ssl.create_default_context(cafile=str(front.folder / "tls/fullchain.pem"))
    connection = http.client.HTTPSConnection("localhost", front.ports["8486"], timeout=30, context=context)
    connection.putrequest("POST", "/api/v1/readings")
    connection.putheader("Content-Length", str(100 * 2**20))
    connection.endheaders()
    assert connection.getresponse().status == http.client.REQUEST_ENTITY_TOO_LARGE
    connection.close()


@pytest.mark.parametrize(("method", "path"), [("GET", "/new-password?token=a-slowed-token"), ("POST", "/api/v1/token")])
def test_many_attempts_to_sign_in_are_slowed_by_network(front: Production, method: str, path: str) -> None:
    statuses = []
    deadline = time.monotonic() + 60
    while http.client.TOO_MANY_REQUESTS not in statuses and time.monotonic() < deadline:
        statuses.append(ask(front, "8443", method, path).status)
    assert method == "POST" or len(statuses) > 20, "people behind one address are not in each other's way"
    assert statuses[-1] == http.client.TOO_MANY_REQUESTS
    assert "a-slowed-token" not in (front.folder / "nginx.log").read_text()
