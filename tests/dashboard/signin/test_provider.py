"""Signing in by an OpenID Connect provider: only what it signed, for us, just now, for this browser, opens anything."""

import time
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from flask.testing import FlaskClient
from joserfc.jwk import ECKey
from pydantic import SecretStr

from config import settings as configuration
from config.settings import Settings
from dashboard.signin import openid, provider
from store.errors import NotFound
from store.records.access import audit, policy
from store.records.people import identities, registration, users
from store.records.signin import two_factor
from store.scope import SYSTEM
from tests.dashboard.issuer import BACK, CLIENT, SECRET, Issuer, running, shared
from tests.dashboard.letterbox import OWN, mails_to
from tests.dashboard.pages import call, shown
from tests.dashboard.plant.asking import act, press, said
from tests.dashboard.world import World

WHO = "operator@example.org"
CONFIRMED = {"email": WHO, "email_verified": True}


@pytest.fixture(scope="module")
def running_issuer() -> Iterator[Issuer]:
    with running() as made:
        yield made


@pytest.fixture
def issuer(running_issuer: Issuer) -> Issuer:
    running_issuer.more, running_issuer.beside, running_issuer.is_ill = {}, {}, False
    running_issuer.asked.clear()
    return running_issuer


@pytest.fixture
def dashboard_settings(dashboard_settings: Settings, issuer: Issuer) -> Settings:
    named = {"oidc_issuer": issuer.address, "oidc_client_id": CLIENT, "oidc_client_secret": SecretStr(SECRET)}
    return _in_force(dashboard_settings, oidc_name="Northern Power's accounts", **named)


def _in_force(settings: Settings, **named: Any) -> Settings:
    made = settings.model_copy(update=named)
    configuration.use(made)
    return made


def sent(browser: FlaskClient, wanted: str = "/account") -> str:
    """To where the provider's button sends a browser."""
    answer = browser.get("/sign-in/provider", query_string={"next": wanted})
    assert answer.status_code == 302
    return answer.location


def come_back(browser: FlaskClient, issuer: Issuer, **claims: Any):
    return browser.get(issuer.let_in(sent(browser), **(CONFIRMED | claims)))


def is_out(browser: FlaskClient) -> bool:
    return browser.get("/account").status_code == 302


def test_the_button_is_there_only_where_there_is_a_provider(world: World) -> None:
    assert b"Sign in with Northern Power&#39;s accounts" in world.client().get("/sign-in?next=/account").data
    _in_force(world.settings, oidc_issuer=None)
    assert b"/sign-in/provider" not in world.client().get("/sign-in").data
    for path in ("/sign-in/provider", BACK):
        assert world.client().get(path).status_code == 404


def test_the_confirmed_address_decides_once_and_the_subject_from_then_on(world: World, issuer: Issuer) -> None:
    browser = world.client()
    assert come_back(browser, issuer, sub="grace").location == "/account"
    assert b"operator@example.org" in browser.get("/account").data
    assert [each.subject for each in mails_to(WHO)] == ["You can sign in with Northern Power's accounts"]
    assert [each.action for each in audit.entries(SYSTEM, limit=2)] == ["sign_in", "create"]
    elsewhere = world.client()
    assert come_back(elsewhere, issuer, sub="grace", email="married@example.net", email_verified=False).location == "/account"
    assert b"operator@example.org" in elsewhere.get("/account").data
    assert len(mails_to(WHO)) == 1


def test_an_address_that_the_provider_gave_to_somebody_else_opens_nothing(world: World, issuer: Issuer) -> None:
    come_back(world.client(), issuer, sub="grace")
    browser = world.client()
    answer = come_back(browser, issuer, sub="her successor")
    assert answer.status_code == 422
    assert b"lets somebody else into this account" in answer.data
    assert is_out(browser)


WRONG: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "of another browser"},
    "no nonce": {"nonce": None},
    "for somebody else": {"aud": "another client"},
    "for us too, but asked by somebody else": {"aud": [CLIENT, "another client"], "azp": "another client"},
    "too old": {"exp": int(time.time()) - 120},
    "of tomorrow": {"iat": int(time.time()) + 86_400},
    "of another issuer": {"iss": "https://evil.example.org"},
    "of nobody": {"sub": None},
    "of another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "signed by another key": {"signed_with": ECKey.generate_key("P-256", {"kid": "x"}), "header": {"alg": "ES256"}},
    "signed by what both know": {"signed_with": shared(SECRET), "header": {"alg": "HS256"}},
    "signed by nobody": {"signed_with": shared(SECRET), "header": {"alg": "none"}},
}


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_signed_by_it_for_us_and_now_opens_nothing(world: World, issuer: Issuer, wrong: str) -> None:
    browser = world.client()
    answer = come_back(browser, issuer, **WRONG[wrong])
    assert answer.status_code == 403
    assert b"did not let you in" in answer.data
    assert is_out(browser)
    assert audit.entries(SYSTEM, limit=1)[0].action == "sign_in_failed"
    assert identities.own_identities(policy.scope_of(world.people["operator"])) == []


@pytest.mark.parametrize(
    "given", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "yes"}, {"email": None}]
)
def test_an_address_that_the_provider_does_not_confirm_is_nobodys(world: World, issuer: Issuer, given: dict[str, Any]) -> None:
    browser = world.client()
    answer = come_back(browser, issuer, **given)
    assert answer.status_code == 403
    assert b"does not say that your address is confirmed" in answer.data
    assert is_out(browser)


def test_an_answer_counts_once_and_only_in_the_browser_that_asked(world: World, issuer: Issuer) -> None:
    browser, thief = world.client(), world.client()
    back = issuer.let_in(sent(browser), **CONFIRMED)
    assert thief.get(back).status_code == 400
    sent(thief)
    assert thief.get(back).status_code == 400, "it has begun too, with a state of its own"
    assert browser.get(back).status_code == 302
    again = browser.get(back)
    assert again.status_code == 400
    assert b"Try again" in again.data
    assert issuer.asked.count("/token") == 1


def test_a_code_that_was_used_is_worth_nothing(world: World, issuer: Issuer) -> None:
    browser = world.client()
    back = issuer.let_in(sent(browser), **CONFIRMED)
    cookie = browser.get_cookie("loadstar").value
    assert browser.get(back).status_code == 302
    copy = world.client()
    copy.set_cookie("loadstar", cookie)
    assert copy.get(back).status_code == 403
    assert is_out(copy)


def test_who_takes_ten_minutes_begins_anew(world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "LASTS_S", -1)
    assert come_back(world.client(), issuer).status_code == 400


def test_whoever_is_shut_out_here_is_told_so(world: World, issuer: Issuer) -> None:
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    browser = world.client()
    answer = come_back(browser, issuer)
    assert answer.status_code == 403
    assert b"This account is disabled" in answer.data
    assert is_out(browser)


def test_the_second_factor_is_asked_as_after_a_password(world: World, issuer: Issuer) -> None:
    scope = policy.scope_of(world.people["operator"])
    app = pyotp.TOTP(two_factor.begin(scope).secret)
    codes = two_factor.confirm(scope, app.now())
    browser = world.client()
    assert come_back(browser, issuer).location == "/sign-in/code"
    assert is_out(browser)
    page = browser.get("/sign-in/code").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert browser.post("/sign-in/code", data={"csrf_token": token, "code": codes[0]}).location == "/account"


def test_whom_nobody_here_knows_is_told_so_unless_people_may_register_so(world: World, issuer: Issuer) -> None:
    unknown = {"sub": "new", "email": "Grace@Example.org", "name": "Grace Hopper"}
    refused = come_back(world.client(), issuer, **unknown)
    assert refused.status_code == 403
    assert b"Nobody here has the address" in refused.data
    with pytest.raises(NotFound):
        users.user(SYSTEM, "grace@example.org")
    _in_force(world.settings, oidc_register=True)
    browser = world.client()
    assert come_back(browser, issuer, **unknown).location == "/account"
    made = users.user(SYSTEM, "grace@example.org")
    assert (made.name, made.approval, made.organisation_id, made.platform_admin) == ("Grace Hopper", "approved", None, False)
    assert "no password yet" in call(world, browser, "data-leave.href", {"data-password": ""})


@pytest.mark.parametrize("may_register", [False, True])
def test_an_account_that_nobody_confirmed_is_never_bound(world: World, issuer: Issuer, may_register: bool) -> None:
    registration.register_residential(email="grace@example.org", name="Not Grace", password=OWN)
    _in_force(world.settings, oidc_register=may_register)
    answer = come_back(world.client(), issuer, email="grace@example.org", name="Grace")
    assert answer.status_code == (302 if may_register else 403)
    assert users.verify_password("grace@example.org", OWN) is None or not may_register, "whoever made it is out"


def test_a_provider_that_is_away_is_told_apart_and_not_asked_again_at_once(world: World, issuer: Issuer) -> None:
    issuer.is_ill = True
    for _ in range(3):
        answer = world.client().get("/sign-in/provider")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert b"cannot be reached" in answer.data
        assert b"did not let you in" not in answer.data
    assert len(issuer.asked) == 1


def test_a_provider_that_goes_away_meanwhile_is_not_a_no(world: World, issuer: Issuer) -> None:
    browser = world.client()
    back = issuer.let_in(sent(browser), **CONFIRMED)
    issuer.is_ill = True
    assert browser.get(back).status_code == 503


def test_a_no_of_the_provider_is_one(world: World, issuer: Issuer) -> None:
    browser = world.client()
    state = issuer.let_in(sent(browser)).partition("state=")[2].partition("&")[0]
    answer = browser.get(f"{BACK}?error=access_denied&error_description=%3Cscript%3E&state={state}")
    assert answer.status_code == 403
    assert b"did not let you in" in answer.data
    assert b"<script>" not in answer.data.partition(b"<main")[2]


def test_an_issuer_that_calls_itself_otherwise_is_not_asked(world: World, issuer: Issuer) -> None:
    for more in ({"issuer": "https://evil.example.org"}, {"token_endpoint": "http://192.0.2.1/token"}, {"jwks_uri": None}):
        issuer.more = more
        with pytest.raises(openid.ProviderAway):
            openid.Provider(world.settings).begin("https://energy.example.org")


def test_an_answer_from_another_issuer_is_not_taken(world: World, issuer: Issuer) -> None:
    issuer.more = {"authorization_response_iss_parameter_supported": True}
    for changed in ("", "&iss=https%3A%2F%2Fevil.example.org"):
        browser = world.client()
        back = issuer.let_in(sent(browser), **CONFIRMED)
        assert browser.get(back.partition("&iss=")[0] + changed).status_code == 403
    assert "/token" not in issuer.asked


def test_new_keys_of_the_provider_are_fetched(world: World, issuer: Issuer) -> None:
    assert come_back(world.client(), issuer).status_code == 302
    issuer.change_key()
    assert come_back(world.client(), issuer).status_code == 302
    assert issuer.asked.count("/keys") == 2


def test_an_address_that_is_told_beside_counts_if_it_is_of_the_same_person(world: World, issuer: Issuer) -> None:
    issuer.more = {"userinfo_endpoint": f"{issuer.address}/userinfo"}
    apart = {"email": None, "email_verified": None}
    issuer.beside = {"sub": "somebody else", **CONFIRMED}
    assert come_back(world.client(), issuer, **apart).status_code == 403
    issuer.beside["sub"] = "first"
    assert come_back(world.client(), issuer, **apart).status_code == 302


def test_a_provider_that_takes_the_secret_only_in_the_form_gets_it_there(world: World, issuer: Issuer) -> None:
    issuer.more = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert come_back(world.client(), issuer).status_code == 302


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example/", "/sign-in/provider"])
def test_signing_in_by_it_never_leaves_the_site(world: World, issuer: Issuer, wanted: str) -> None:
    browser = world.client()
    assert browser.get(issuer.let_in(sent(browser, wanted), **CONFIRMED)).location == "/"


def test_who_comes_back_too_often_waits(world: World, issuer: Issuer) -> None:
    browser = world.client()
    answers = [come_back(browser, issuer, aud="another client").status_code for _ in range(7)]
    assert answers[0] == 403
    assert answers[-1] == 429


def test_its_owner_ends_it_on_their_page_and_is_told_by_mail(world: World, issuer: Issuer) -> None:
    browser = world.client()
    come_back(browser, issuer)
    [kept] = identities.own_identities(policy.scope_of(world.people["operator"]))
    assert issuer.address in shown(browser, "/account/security")
    asked = said(press(browser, "identities", searched=False, do="ask", act="end", row=kept.id))
    assert "lets you in no longer" in asked
    assert identities.own_identities(policy.scope_of(world.people["operator"]))
    act(browser, "identities", "", "end", kept.id, searched=False)
    assert identities.own_identities(policy.scope_of(world.people["operator"])) == []
    assert mails_to(WHO)[0].subject == "A way to sign in was removed"


@pytest.mark.parametrize(
    ("named", "missing"),
    [
        ({"oidc_issuer": "http://accounts.example.org", "oidc_client_id": "x"}, "https://"),
        ({"oidc_issuer": "https://accounts.example.org"}, "oidc_client_id"),
        ({"oidc_issuer": "https://accounts.example.org", "oidc_client_id": "x", "oidc_scopes": "email"}, "openid"),
    ],
)
def test_half_a_provider_stops_the_start(named: dict[str, str], missing: str) -> None:
    with pytest.raises(configuration.SettingsError, match=missing):
        configuration.load(**named)


def test_a_provider_that_would_tell_of_people_without_tls_is_not_asked(world: World, issuer: Issuer) -> None:
    for address in ("http://issuer.example/userinfo", None, "//issuer.example"):
        issuer.more = {"userinfo_endpoint": address}
        with pytest.raises(openid.ProviderAway):
            openid.Provider(world.settings).begin("https://energy.example.org")
