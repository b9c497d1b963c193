"""With two-factor sign-in a password alone opens nothing; invitations are accepted by whoever has the mail."""

from datetime import timedelta

import pyotp
import pytest

from config import settings as configuration
from dashboard.signin import steps
from store.records.access import policy
from store.records.people import invitations, registration, users
from store.records.schema.columns import now
from store.records.signin import two_factor
from store.scope import SYSTEM
from tests.dashboard.letterbox import OWN, send
from tests.dashboard.world import PASSWORD, World, sign_in, token_of

WHO = "operator@example.org"


@pytest.fixture
def app(world: World) -> tuple[pyotp.TOTP, list[str]]:
    """The operator's authenticator app, and recovery codes."""
    scope = policy.scope_of(world.people["operator"])
    totp = pyotp.TOTP(two_factor.begin(scope).secret)
    yesterday = now() - timedelta(days=1)  # the code of now is still to be used
    return totp, two_factor.confirm(scope, totp.at(yesterday), at=yesterday)


def test_a_password_is_not_enough(world: World, app: tuple[pyotp.TOTP, list[str]]) -> None:
    browser = world.client()
    assert sign_in(browser, WHO, next="/account").location == "/sign-in/code"
    assert browser.get("/account").status_code == 302
    wrong = send(browser, "/sign-in/code", code="000000")
    assert wrong.status_code == 401
    assert b"not right, or was used already" in wrong.data
    given = {"csrf_token": token_of(browser, "/sign-in/code"), "code": app[0].now()}
    assert browser.post("/sign-in/code", data=given).location == "/account"
    assert browser.get("/account").status_code == 200
    again = world.client()
    sign_in(again, WHO)
    assert send(again, "/sign-in/code", code=given["code"]).status_code == 401, "a code works once"


def test_a_recovery_code_does_as_well_and_once(world: World, app: tuple[pyotp.TOTP, list[str]]) -> None:
    code = app[1][0]
    browser = world.client()
    sign_in(browser, WHO)
    assert b"Each works once" in browser.get("/sign-in/code?recovery=yes").data
    assert send(browser, "/sign-in/code?recovery=yes", code=code.upper()).status_code == 200
    assert browser.get("/account").status_code == 200
    other = world.client()
    sign_in(other, WHO)
    assert send(other, "/sign-in/code", code=code).status_code == 401


def test_without_the_password_there_is_no_second_step(world: World, app: object) -> None:
    assert world.client().get("/sign-in/code").location == "/sign-in"
    browser = world.client()
    assert sign_in(browser, WHO, "not the password").status_code == 401
    assert browser.get("/sign-in/code").location == "/sign-in"


def test_a_password_that_was_right_does_not_count_once_it_is_another(world: World, app: tuple[pyotp.TOTP, list[str]]) -> None:
    browser = world.client()
    sign_in(browser, WHO)
    token = token_of(browser, "/sign-in/code")
    users.set_password(SYSTEM, WHO, OWN)
    answer = browser.post("/sign-in/code", data={"csrf_token": token, "code": app[0].now()})
    assert answer.location == "/sign-in?said=late"
    assert browser.get("/account").status_code == 302


def test_a_password_that_was_right_counts_for_five_minutes(world: World, app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "LASTS_S", -1)
    browser = world.client()
    sign_in(browser, WHO)
    assert browser.get("/sign-in/code").location == "/sign-in"


def test_codes_are_slowed(world: World, app: object) -> None:
    browser = world.client()
    sign_in(browser, WHO)
    answers = [send(browser, "/sign-in/code", code=str(n)) for n in range(8)]
    assert answers[-1].status_code == 429
    assert b"Too many tries" in answers[-1].data


def test_the_code_needs_the_forms_token(world: World, app: object) -> None:
    browser = world.client()
    sign_in(browser, WHO)
    assert browser.post("/sign-in/code", data={"code": "1"}).status_code == 400


def test_whoever_is_shut_out_is_told_before_the_code(world: World, app: object) -> None:
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    answer = sign_in(world.client(), WHO)
    assert answer.status_code == 403
    assert b"disabled" in answer.data


def _invited(world: World, email: str = "grace@example.org") -> str:
    scope = policy.scope_of(world.people["admin"])
    invited = invitations.invite(scope, scope.organisation_id, email=email, role="operator")
    return f"/invitation?token={invited.token}"


def test_whoever_is_invited_joins_with_a_name_and_a_password(world: World) -> None:
    path, browser = _invited(world), world.client()
    page = browser.get(path).get_data(as_text=True)
    assert "Northern Power invites grace@example.org as an operator" in page
    assert send(browser, path, name="Grace", password="short").status_code == 422
    send(browser, path, name="Grace", password=OWN)
    assert b"Operator, Northern Power" in browser.get("/account").data
    assert world.client().get(path).status_code == 404


def test_whoever_joins_sets_two_factor_sign_in_up_first_where_it_is_a_duty(world: World) -> None:
    configuration.use(world.settings.model_copy(update={"second_factor_for": "everyone"}))
    path, browser = _invited(world), world.client()
    assert b"Set up two-factor sign-in" in send(browser, path, name="Grace", password=OWN).data
    assert browser.get("/account").status_code == 302


def test_whoever_has_an_account_signs_in_first(world: World) -> None:
    path, browser = _invited(world, "resident@example.org"), world.client()
    assert b"sign in with it to join" in browser.get(path).data
    refused = send(browser, path, "/sign-in", name="Not Me", password=OWN)
    assert refused.status_code == 422
    assert sign_in(browser, "resident@example.org", PASSWORD, next=path).location == path
    send(browser, path)
    assert b"Operator, Northern Power" in browser.get("/account").data


def test_an_account_that_nobody_confirmed_gives_way_to_an_invitation(world: World) -> None:
    registration.register_residential(email="grace@example.org", name="Not Grace", password=OWN)
    path, browser = _invited(world), world.client()
    assert b"Your name" in browser.get(path).data
    send(browser, path, name="Grace", password=OWN)
    assert users.user(SYSTEM, "grace@example.org").name == "Grace"


def test_an_invitation_is_nothing_for_somebody_else(world: World) -> None:
    browser = world.client("resident")
    path = _invited(world)
    assert b"You are signed in as resident@example.org" in browser.get(path).data
    assert send(browser, path).status_code == 422
    assert users.user(SYSTEM, "resident@example.org").organisation_id is None
