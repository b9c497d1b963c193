"""Signing in: deny by default, sessions that end, attempts that slow down, faults that are told apart."""

from http.cookies import SimpleCookie
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from store.errors import StoreAway
from store.records.access import audit
from store.records.people import users
from store.records.signin import sessions
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.world import PASSWORD, World, csrf, sign_in, token_of

PAGES = ["/account", "/admin/users", "/site/sit_x/overview", "/nowhere/at/all", "/site/sit_x/overview?range=7d"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_sends_the_unknown_to_sign_in_and_back(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code == 302
    assert answer.location == f"/sign-in?next={quote(path, safe='')}"


@pytest.mark.parametrize("path", ["/_dash-layout", "/_dash-dependencies", "/_reload-hash"])
def test_a_script_is_told_that_nobody_is_signed_in(world: World, path: str) -> None:
    answer = world.client().get(path)
    assert answer.status_code == 401
    assert answer.json["error"] == "signed_out"


def test_a_callback_is_told_too_even_without_a_token(world: World) -> None:
    assert world.client().post("/_dash-update-component", json={"output": "x"}).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/sign-in"])
def test_what_signing_in_needs_is_open(world: World, path: str) -> None:
    assert world.client().get(path).status_code == 200


def test_signing_in_goes_where_one_wanted(world: World) -> None:
    assert sign_in(world.client(), "operator@example.org", next="/account").location == "/account"


def test_an_address_may_be_written_in_capitals(world: World) -> None:
    assert sign_in(world.client(), "Operator@Example.ORG").status_code == 302


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/\\evil.example"])
def test_signing_in_never_leaves_the_site(world: World, wanted: str) -> None:
    assert sign_in(world.client(), "operator@example.org", next=wanted).location == "/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(world: World) -> None:
    wrong = sign_in(world.client(), "operator@example.org", "not the password")
    unknown = sign_in(world.client(), "nobody@example.org", "not the password")
    assert wrong.status_code == unknown.status_code == 401
    assert b"Wrong email or password" in wrong.data
    assert b"Wrong email or password" in unknown.data


def test_what_was_typed_is_escaped(world: World) -> None:
    answer = sign_in(world.client(), '"><script>alert(1)</script>')
    assert b"<script>alert" not in answer.data


def test_a_form_without_its_token_is_refused(world: World) -> None:
    answer = world.client().post("/sign-in", data={"email": "operator@example.org", "password": PASSWORD})
    assert answer.status_code == 400


def test_a_callback_without_its_token_is_refused(world: World) -> None:
    browser = world.client("operator")
    assert browser.post("/_dash-update-component", json={"output": "x"}).status_code == 400


def test_a_copied_cookie_dies_with_signing_out(world: World) -> None:
    browser = world.client("operator")
    copied = browser.get_cookie("loadstar").value
    assert browser.post("/sign-out", data={"csrf_token": token_of(browser, "/account")}).status_code == 302
    thief = world.client()
    thief.set_cookie("loadstar", copied)
    assert thief.get("/account").status_code == 302


def test_signing_out_everywhere_ends_the_other_browsers(world: World) -> None:
    here, there = world.client("operator"), world.client("operator")
    here.post("/sign-out-everywhere", data={"csrf_token": token_of(here, "/account")})
    assert there.get("/account").status_code == 302


def test_signing_out_needs_its_token(world: World) -> None:
    browser = world.client("operator")
    assert browser.post("/sign-out").status_code == 400
    assert browser.get("/sign-out").status_code != 302
    assert browser.get("/account").status_code == 200


def test_disabling_somebody_ends_what_they_have_open(world: World) -> None:
    browser = world.client("operator")
    assert browser.get("/account").status_code == 200
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    assert browser.get("/account").status_code == 302
    again = sign_in(world.client(), "operator@example.org")
    assert again.status_code == 403
    assert b"disabled" in again.data
    assert sign_in(world.client(), "operator@example.org", "not the password").status_code == 401


def test_a_new_session_at_every_sign_in(world: World) -> None:
    browser = world.client("operator")
    before = browser.get_cookie("loadstar").value
    browser.post("/sign-out", data={"csrf_token": token_of(browser, "/account")})
    sign_in(browser, "operator@example.org")
    assert browser.get_cookie("loadstar").value != before


def test_many_wrong_passwords_slow_down_but_never_lock_out(world: World) -> None:
    browser = world.client()
    answers = [sign_in(browser, "operator@example.org", "guess") for _ in range(15)]
    slowed = [answer for answer in answers if answer.status_code == 429]
    assert slowed
    assert 0 < int(slowed[-1].headers["Retry-After"]) <= 300
    assert b"again in" in slowed[-1].data


def test_a_guesser_behind_the_same_address_does_not_slow_a_browser_that_was_signed_in_before(world: World) -> None:
    browser, guesser = world.client("operator"), world.client()
    browser.post("/sign-out", data={"csrf_token": token_of(browser, "/account")})
    answers = [sign_in(guesser, "operator@example.org", "guess") for _ in range(8)]
    assert answers[-1].status_code == 429
    assert sign_in(world.client(), "operator@example.org").status_code == 429, "whom nobody knows waits"
    assert sign_in(browser, "operator@example.org").status_code == 302
    mark = browser.get_cookie("loadstar_known")
    assert mark.http_only
    assert "operator" not in mark.value


def test_a_store_that_is_away_is_not_a_wrong_password(world: World) -> None:
    browser = world.client()
    token = token_of(browser)
    _take_the_store_away(world)
    answer = browser.post("/sign-in", data={"csrf_token": token, "email": "operator@example.org", "password": PASSWORD})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert b"cannot reach its store" in answer.data
    assert b"Wrong email or password" not in answer.data


def test_the_script_of_the_form_is_told_the_same_in_json(world: World) -> None:
    browser = world.client()
    token = token_of(browser)
    as_script = {"Accept": "application/json"}
    given = {"csrf_token": token, "email": "operator@example.org", "password": "wrong"}
    assert browser.post("/sign-in", data=given, headers=as_script).json["message"].startswith("Wrong email")
    assert browser.post("/sign-in", data=given | {"password": PASSWORD}, headers=as_script).json == {"next": "/"}


def test_pages_and_scripts_say_that_the_store_is_away(world: World) -> None:
    browser = world.client("operator")
    browser.get("/account")
    _take_the_store_away(world)
    page = browser.get("/account")
    assert page.status_code == 503
    assert b"tries again every 5 seconds" in page.data
    assert browser.get("/readyz").status_code == 503
    callback = browser.post("/_dash-update-component", json={"output": "x"}, headers=csrf(browser))
    assert callback.status_code == 503
    assert callback.json["error"] == "store_away"


def test_cookies_stay_where_they_belong(world: World) -> None:
    browser = world.client()
    browser.get("/sign-in")
    given = sign_in(browser, "operator@example.org").headers.getlist("Set-Cookie")
    session = next(cookie for cookie in given if cookie.startswith("loadstar="))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert SimpleCookie(session)["loadstar"]["path"] == "/"


def test_the_cookie_holds_no_user_id(world: World) -> None:
    from itsdangerous import base64_decode

    browser = world.client("operator")
    payload = browser.get_cookie("loadstar").value
    assert world.people["operator"].encode() not in base64_decode(payload.lstrip(".").split(".")[0] + "==")


def _take_the_store_away(world: World) -> None:
    engine.configure("sqlite:////nowhere/at/all/records.sqlite3")
    with pytest.raises(StoreAway):
        sessions.user_of("x")


def test_a_body_that_is_too_large_is_refused(world: World) -> None:
    browser: FlaskClient = world.client("operator")
    answer = browser.post("/_dash-update-component", json={"output": "x" * (3 * 2**20)}, headers=csrf(browser))
    assert answer.status_code == 413


def test_the_audit_log_says_who_came_and_went_and_from_where(world: World) -> None:
    sign_in(world.client(), "operator@example.org", "not the password")
    client = world.client()
    sign_in(client, "operator@example.org")
    client.get("/account")
    client.post("/sign-out", headers=csrf(client))
    out, came, failed = audit.entries(SYSTEM, limit=3)
    person = users.user(SYSTEM, "operator@example.org").id
    assert [(entry.action, entry.actor) for entry in (out, came, failed)] == [
        ("sign_out", person),
        ("sign_in", person),
        ("sign_in_failed", audit.VISITOR),
    ]
    assert {entry.address for entry in (out, came, failed)} == {"127.0.0.1"}
    assert {entry.subject_id for entry in (out, came, failed)} == {person}
    assert audit.who_acts().actor == "loadstar", "and after a request nobody else acts in its thread"
