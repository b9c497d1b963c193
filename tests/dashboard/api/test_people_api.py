"""People's programs get what their people see, by bearer token alone."""

import math
import re
from typing import Any

import pandas as pd
import pyotp
import pytest
from flask.testing import FlaskClient

from dashboard.api import openapi
from dashboard.api.routes import ROUTES
from dashboard.web.addresses import API, BUILDINGS
from store.records.access import policy
from store.records.people import users
from store.records.plant import meters
from store.records.signin import tokens, two_factor
from store.scope import SYSTEM
from tests.dashboard.world import PASSWORD, World


def pair_of(world: World, who: str, **more: str) -> dict[str, str]:
    answer = world.server.test_client().post("/api/v1/token", json={"email": f"{who}@example.org", "password": PASSWORD, **more})
    assert answer.status_code == 200, answer.get_data(as_text=True)
    found: dict[str, str] = answer.get_json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def program(world: World) -> FlaskClient:
    return world.server.test_client()


def test_a_token_opens_what_its_person_sees_and_nothing_else(world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "operator")["access_token"])
    assert program.get("/api/v1/me", headers=own).get_json()["email"] == "operator@example.org"
    assert [each["id"] for each in program.get("/api/v1/sites", headers=own).get_json()["sites"]] == [world.site]
    meter = meters.create_meter(SYSTEM, world.site, name="main", role="condition").id
    foreign = meters.create_meter(SYSTEM, world.foreign_site, name="main", role="condition").id
    assert [each["id"] for each in program.get(f"/api/v1/sites/{world.site}/meters", headers=own).get_json()["meters"]] == [meter]
    asked = "energy?from=2026-05-01T00:00:00Z&to=2026-05-02T00:00:00Z"
    for path in (
        f"sites/{world.foreign_site}/meters",
        f"meters/{foreign}/latest",
        f"meters/{foreign}/{asked}",
        "sites/sit_none/meters",
    ):
        answer = program.get(f"/api/v1/{path}", headers=own)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found"), path


@pytest.mark.parametrize("header", [{}, bearer("nonsense"), bearer("pat_unknown.secret"), {"Authorization": "Basic cm9vdDp4"}])
def test_without_a_good_token_nothing_is_told(header: dict[str, str], world: World) -> None:
    signed_in = world.client("root")  # a cookie is no key to it: a foreign page could use it
    for browser in (world.server.test_client(), signed_in):
        answer = browser.get("/api/v1/sites", headers=header)
        assert (answer.status_code, answer.get_json()["error"]) == (401, "no_token")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_token_opens_no_page(world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "root")["access_token"])
    assert program.get("/admin/users", headers=own).status_code == 302
    assert program.post("/_dash-update-component", json={}, headers=own).status_code in (400, 401)


def test_a_lost_answer_is_given_again_and_a_copy_ends_the_program(world: World, program: FlaskClient) -> None:
    first = pair_of(world, "operator")
    second = program.post("/api/v1/token/refresh", json={"refresh_token": first["refresh_token"]}).get_json()
    assert program.get("/api/v1/me", headers=bearer(second["access_token"])).status_code == 200
    again = program.post("/api/v1/token/refresh", json={"refresh_token": first["refresh_token"]}).get_json()
    assert again["refresh_token"] == second["refresh_token"]
    thief = {"User-Agent": "copies/1"}
    stolen = program.post("/api/v1/token/refresh", json={"refresh_token": first["refresh_token"]}, headers=thief)
    assert stolen.status_code == 401
    assert program.get("/api/v1/me", headers=bearer(second["access_token"])).status_code == 401


def test_a_revoked_program_and_a_disabled_person_are_shut_out_at_once(world: World, program: FlaskClient) -> None:
    pair = pair_of(world, "operator")
    assert program.post("/api/v1/token/revoke", json={"refresh_token": pair["refresh_token"]}).status_code == 204
    assert program.get("/api/v1/me", headers=bearer(pair["access_token"])).status_code == 401
    personal = tokens.create_token(policy.scope_of(world.people["operator"]), name="script")
    assert program.get("/api/v1/me", headers=bearer(personal)).status_code == 200
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    assert program.get("/api/v1/me", headers=bearer(personal)).status_code == 401


def test_a_second_factor_is_asked_of_programs_too(world: World, program: FlaskClient) -> None:
    scope = policy.scope_of(world.people["operator"])
    app = pyotp.TOTP(two_factor.begin(scope).secret)
    codes = two_factor.confirm(scope, app.now())
    given = {"email": "operator@example.org", "password": PASSWORD}
    assert program.post("/api/v1/token", json=given).get_json()["error"] == "code_needed"
    assert program.post("/api/v1/token", json=given | {"code": "000000"}).get_json()["error"] == "code_wrong"
    assert pair_of(world, "operator", code=codes[0])["token_type"] == "Bearer"


def test_guessing_slows_down(program: FlaskClient) -> None:
    given = {"email": "operator@example.org", "password": "wrong wrong wrong"}
    statuses = [program.post("/api/v1/token", json=given).status_code for _ in range(8)]
    assert statuses[0] == 401
    assert statuses[-1] == 429


BAD = [(None, "malformed"), ([], "malformed"), ({}, "missing_field"), ({"email": 5, "password": "x"}, "missing_field")]


@pytest.mark.parametrize(("body", "error"), BAD)
def test_what_is_malformed_is_said(body: object, error: str, program: FlaskClient) -> None:
    answer = program.post("/api/v1/token", json=body)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


MAY, DAY_AFTER = "2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z"


@pytest.mark.parametrize(
    "asked",
    [f"step=week&from={MAY}&to={DAY_AFTER}", f"from=2026-05-01&to={DAY_AFTER}", "", f"from={DAY_AFTER}&to={MAY}"],
)
def test_a_parameter_that_cannot_be_is_named(asked: str, world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "operator")["access_token"])
    meter = meters.create_meter(SYSTEM, world.site, name="main", role="condition").id
    answer = program.get(f"/api/v1/meters/{meter}/energy?{asked}", headers=own)
    assert (answer.status_code, answer.get_json()["error"]) == (422, "bad_parameter")


def test_every_route_is_described_and_nothing_else(world: World) -> None:
    routes = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule))
        for route in world.server.url_map.iter_rules()
        for method in route.methods - {"OPTIONS", *({"HEAD"} if "GET" in route.methods else ())}
        if route.rule.startswith((API, *BUILDINGS))
    }
    described = {(route.method, route.address) for route in ROUTES}
    assert routes - described == {("GET", f"{API}openapi.json"), ("GET", f"{API}docs")}
    assert described <= routes


def test_the_description_is_there_for_anybody_as_a_document_and_as_a_page(program: FlaskClient) -> None:
    document = program.get("/api/v1/openapi.json").get_json()
    page = program.get("/api/v1/docs")
    assert page.mimetype == "text/html"
    assert "<script" not in page.text
    assert not re.findall(r"(?:src|href)=.?https?:", page.text)
    for path in document["paths"]:
        assert f"<code>{path}</code>" in page.text


def test_answers_have_the_fields_that_are_described(world: World, program: FlaskClient) -> None:
    pair = pair_of(world, "operator")
    _fits(pair, "Pair")
    meters.create_meter(SYSTEM, world.site, name="main", role="condition")
    for path, named in (("me", "Person"), ("sites", "Site"), (f"sites/{world.site}/meters", "Meter")):
        answer = program.get(f"/api/v1/{path}", headers=bearer(pair["access_token"])).get_json()
        for each in [answer] if path == "me" else next(iter(answer.values())):
            _fits(each, named)


def _fits(answer: dict[str, Any], named: str) -> None:
    schema = openapi.described()["components"]["schemas"][named]
    assert set(answer) == set(schema["properties"]) == set(schema["required"])


def test_readings_of_a_counter_come_with_what_was_counted(
    world: World, program: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = bearer(pair_of(world, "operator")["access_token"])
    read = pd.DataFrame(
        {
            "ts": pd.to_datetime(["2026-05-01T00:00Z", "2026-05-01T00:01Z", "2026-05-01T00:02Z"]),
            "reading_kwh": [5.0, 6.5, 0.25],
            "energy_kwh": [math.nan, 1.5, 0.25],
            "event": ["", "", "reset"],
        }
    )
    monkeypatch.setattr("dashboard.api.readings.differences", lambda *_asked: read)
    answer = program.get(f"/api/v1/meters/mtr_x/counter?from={MAY}&to={DAY_AFTER}", headers=own).get_json()
    _fits(answer, "Counter")
    for each in answer["readings"]:
        _fits(each, "CounterReading")
    assert [(each["energy_kwh"], each["event"]) for each in answer["readings"]] == [(None, None), (1.5, None), (0.25, "reset")]
    for asked in (f"from={MAY}&to=2026-06-01T00:00:00Z", f"from={MAY}&to={DAY_AFTER}&register=power_kw"):
        assert program.get(f"/api/v1/meters/mtr_x/counter?{asked}", headers=own).status_code == 422


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_a_wrong_method_names_the_right_ones(method: str, program: FlaskClient) -> None:
    answer = program.open("/api/v1/token", method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    assert program.options("/api/v1/token").headers["Allow"] == "OPTIONS, POST"


def test_what_is_unknown_is_so_for_whoever_sees_everything_too(world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "root")["access_token"])
    for path in ("sites/sit_none/meters", "meters/mtr_none/latest"):
        assert program.get(f"/api/v1/{path}", headers=own).status_code == 404


def test_an_address_that_is_not_there_is_no_page(world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "root")["access_token"])
    for path in ("nothing", "nothing/at/all", "meters/\0/latest"):
        answer = program.get(f"/api/v1/{path}", headers=own)
        assert (answer.status_code, answer.get_json()["error"]) == (404, "not_found")
    assert program.get("/api/v1/nothing").status_code == 401


@pytest.mark.parametrize("odd", ["\ud800", "a\0b", "x" * 3000])
@pytest.mark.parametrize("field", ["email", "password", "refresh_token"])
def test_texts_that_are_none_are_refused_and_break_nothing(field: str, odd: str, program: FlaskClient) -> None:
    given = {"email": "operator@example.org", "password": PASSWORD, "refresh_token": "tfm_x.1.y"} | {field: odd}
    for path in ("token", "token/refresh", "token/revoke"):
        assert program.post(f"/api/v1/{path}", json=given).status_code in (200, 204, 400, 401)


@pytest.mark.parametrize(
    "asked",
    ["from=0001-01-01T00:00:00%2B10:00&to=0001-01-02T00:00:00Z", "from=9999-12-31T23:00:00-10:00&to=9999-12-31T23:59:59-11:00"],
)
def test_a_moment_beyond_the_calendar_is_refused(asked: str, world: World, program: FlaskClient) -> None:
    own = bearer(pair_of(world, "operator")["access_token"])
    meter = meters.create_meter(SYSTEM, world.site, name="main", role="condition").id
    assert program.get(f"/api/v1/meters/{meter}/energy?{asked}", headers=own).status_code == 422


def test_guessing_a_code_is_slowed_with_the_same_answer_as_guessing_a_password(world: World, program: FlaskClient) -> None:
    scope = policy.scope_of(world.people["operator"])
    two_factor.confirm(scope, pyotp.TOTP(two_factor.begin(scope).secret).now())
    wrong = {"email": "operator@example.org", "password": PASSWORD, "code": "wrong"}
    for guessed in (wrong, {**wrong, "email": "resident@example.org", "password": "not this one"}):
        answers = [program.post("/api/v1/token", json=guessed) for _ in range(7)]
        assert answers[-1].status_code == 429
        assert answers[-1].get_json()["error"] == "too_many_tries"
        assert int(answers[-1].headers["Retry-After"]) > 0
