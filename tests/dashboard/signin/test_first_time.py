"""Before one is in for the first time: a password of one's own, and two-factor sign-in where the settings make it a duty."""

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient

from config import settings as configuration
from store.records.access import audit, policy
from store.records.people import registration, users
from store.records.schema import User
from store.records.schema.columns import now
from store.records.signin import sessions, tokens, two_factor
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.letterbox import OWN, mails_to, send
from tests.dashboard.pressing import press, rows
from tests.dashboard.world import PASSWORD, World, sign_in, token_of

WHO = "grace@example.org"


@pytest.fixture
def newcomer(world: World) -> str:
    """Somebody whose password an administrator chose."""
    return users.create_user(SYSTEM, email=WHO, name="Grace", password=PASSWORD, first=True).id


def make_it_a_duty(world: World, of: str = "administrators") -> None:
    configuration.use(world.settings.model_copy(update={"second_factor_for": of}))


def is_out(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 302


def key_on(page: str) -> str:
    found = re.search(r"Key: </span><code[^>]*>([A-Z2-7 ]+)</code>", page)
    assert found
    return found[1].replace(" ", "")


def test_a_password_that_somebody_else_chose_only_leads_to_ones_own(world: World, newcomer: str) -> None:
    browser = world.client()
    assert sign_in(browser, WHO, next="/account").location == "/sign-in/own-password"
    assert is_out(browser)
    assert b"somebody else knows" in send(browser, "/sign-in/own-password", password=PASSWORD).data
    assert is_out(browser)
    given = {"csrf_token": token_of(browser, "/sign-in/own-password"), "password": OWN}
    assert browser.post("/sign-in/own-password", data=given).location == "/account"
    assert not is_out(browser)
    assert [each.subject for each in mails_to(WHO)] == ["Your password was changed"]
    assert sign_in(world.client(), WHO, PASSWORD).status_code == 401
    assert sign_in(world.client(), WHO, OWN, next="/account").location == "/account"


def test_it_is_good_for_a_week_and_then_only_the_mail_helps(world: World, newcomer: str) -> None:
    with engine.session() as records:
        kept = records.get_one(User, newcomer)
        assert kept.password_until
        assert timedelta(days=6) < kept.password_until - now() < timedelta(days=8)
        kept.password_until = now() - timedelta(minutes=1)
    answer = sign_in(world.client(), WHO)
    assert answer.status_code == 403
    assert b"was valid for a few days" in answer.data
    mailed = registration.ask_new_password(WHO)
    assert mailed
    assert mailed.token
    registration.reset_password(mailed.token, OWN)
    assert sign_in(world.client(), WHO, OWN).location == "/"


def test_a_program_cannot_come_in_with_it(world: World, newcomer: str) -> None:
    answer = world.server.test_client().post("/api/v1/token", json={"email": WHO, "password": PASSWORD})
    assert answer.status_code == 403
    assert "sign in once in a browser" in answer.get_json()["message"]


def test_whom_an_administrator_adds_chooses_a_password_first(world: World) -> None:
    made = users.create_user(SYSTEM, email="b@example.org", name="B", password=PASSWORD)
    assert made.password_until is None, "the command line and the demo make accounts for whoever is there"
    users.set_password(SYSTEM, made.id, OWN, first=True)
    assert sign_in(world.client(), "b@example.org", OWN).location == "/sign-in/own-password"


def test_without_the_password_there_are_no_such_steps(world: World, newcomer: str) -> None:
    make_it_a_duty(world, "everyone")
    for path in ("/sign-in/own-password", "/sign-in/set-up"):
        assert world.client().get(path).location == "/sign-in"
    browser = world.client()
    sign_in(browser, WHO)
    assert browser.get("/sign-in/set-up").location == "/sign-in", "first the password"
    token = token_of(browser, "/sign-in/own-password")
    late = browser.post("/sign-in/set-up", data={"csrf_token": token, "code": "123456"})
    assert late.location == "/sign-in?said=late"


def test_whose_duty_it_is_sets_two_factor_sign_in_up_before_they_are_in(world: World) -> None:
    make_it_a_duty(world)
    assert sign_in(world.client(), "operator@example.org").location == "/"
    browser = world.client()
    assert sign_in(browser, "admin@example.org", next="/account").location == "/sign-in/set-up"
    assert is_out(browser)
    page = browser.get("/sign-in/set-up").get_data(as_text=True)
    assert "data:image/svg+xml;base64," in page
    key = key_on(page)
    assert key_on(browser.get("/sign-in/set-up").get_data(as_text=True)) == key, "an app may have it already"
    given = {"csrf_token": token_of(browser, "/sign-in/set-up"), "code": "000000"}
    wrong = browser.post("/sign-in/set-up", data=given)
    assert wrong.status_code == 422
    assert b"This code is not right" in wrong.data
    assert is_out(browser)
    app = pyotp.TOTP(key)
    right = browser.post("/sign-in/set-up", data=given | {"code": app.now()})
    assert right.data.count(b"<li><code") == two_factor.RECOVERY_CODES
    assert b'href="/account"' in right.data
    assert not is_out(browser)
    assert [each.subject for each in mails_to("admin@example.org")] == ["Two-factor sign-in is on"]
    assert sign_in(world.client(), "admin@example.org").location == "/sign-in/code"
    assert audit.entries(SYSTEM, audit.Filter(action="sign_in"), limit=1)[0].after == {"by": "password and code"}


def test_a_duty_holds_for_whoever_is_in_already_and_for_their_programs(world: World) -> None:
    browser, program = world.client("admin"), world.server.test_client()
    token = tokens.create_token(policy.scope_of(world.people["admin"]), name="script")
    own = {"Authorization": f"Bearer {token}"}
    assert (browser.get("/account").status_code, program.get("/api/v1/me", headers=own).status_code) == (200, 200)
    make_it_a_duty(world)
    assert is_out(browser)
    assert program.get("/api/v1/me", headers=own).status_code == 401
    given = {"email": "admin@example.org", "password": PASSWORD}
    assert program.post("/api/v1/token", json=given).status_code == 403


def test_whoever_becomes_an_administrator_has_the_duty_from_then_on(world: World) -> None:
    make_it_a_duty(world)
    browser = world.client("operator")
    assert not is_out(browser)
    users.change_role(SYSTEM, world.people["operator"], "admin")
    assert is_out(browser)


def test_who_has_lost_app_and_codes_is_helped_by_an_administrator_and_told(world: World) -> None:
    scope = policy.scope_of(world.people["operator"])
    two_factor.confirm(scope, pyotp.TOTP(two_factor.begin(scope).secret).now())
    browser = world.client("admin")
    browser.get("/admin/users")
    assert rows(press(browser, "users")).count("Reset two-factor Operator") == 1, "only for whom it is on"
    asked = rows(press(browser, "users", do="ask", act="factor", row=world.people["operator"]))
    assert "Make sure that it is them" in asked
    assert two_factor.is_on(world.people["operator"])
    press(browser, "users", do="act", act="factor", row=world.people["operator"], given={})
    assert not two_factor.is_on(world.people["operator"])
    assert [each.subject for each in mails_to("operator@example.org")] == ["Two-factor sign-in is off"]


def test_signing_in_again_ends_the_session_before(world: World) -> None:
    browser = world.client("operator")
    before = browser.get_cookie("loadstar").value
    scope = policy.scope_of(world.people["operator"])
    assert len(sessions.own_sessions(scope)) == 1
    copied = world.client()
    copied.set_cookie("loadstar", before)
    token = token_of(copied, "/sign-in") if is_out(copied) else None
    assert token is None, "the form sends on who is in, but its address takes whoever asks"
    answer = browser.post(
        "/sign-in",
        data={"csrf_token": token_of(browser, "/account"), "email": "operator@example.org", "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "127.0.0.1"},
    )
    assert answer.status_code == 302
    assert len(sessions.own_sessions(scope)) == 1
    assert is_out(copied)
