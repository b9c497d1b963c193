"""People register themselves, confirm their address and set lost passwords; nobody learns who has an account."""

import statistics
import time
from datetime import timedelta

import pytest

from dashboard.signin import replies
from store.records import mail, one_time_links, organisations, registration, sessions, users
from store.records.columns import now
from store.scope import SYSTEM
from tests.dashboard.letterbox import OWN, mails_to, path_in, send
from tests.dashboard.world import PASSWORD, World, sign_in, token_of

ADA = {"name": "Ada", "email": "ada@example.org", "password": OWN}


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "EVEN_S", 0.01)


def test_whoever_is_not_signed_in_sees_what_this_is(world: World) -> None:
    answer = world.client().get("/")
    assert answer.status_code == 200
    assert b"The open energy operations room" in answer.data
    for path in ("/sign-in", "/register"):
        assert f'href="{path}"'.encode() in answer.data
    picture = answer.get_data(as_text=True).partition('class="on-light" src="')[2].partition('"')[0]
    assert world.client().get(picture).mimetype == "image/webp"


def test_whoever_is_signed_in_is_not_asked_to_register(world: World) -> None:
    assert world.client("operator").get("/register").location == "/"


def test_a_resident_registers_confirms_and_signs_in(world: World) -> None:
    browser = world.client()
    told = send(browser, "/register", **ADA)
    assert b"on its way to ada@example.org" in told.data
    assert b"administrator can read the mail in the outbox" in told.data
    refused = sign_in(browser, ADA["email"], OWN)
    assert refused.status_code == 403
    assert b"not confirmed yet" in refused.data
    (letter,) = mails_to(ADA["email"])
    assert "Ada" not in letter.text
    path = path_in(letter)
    assert b"ada@example.org is yours" in browser.get(path).data
    assert b"not confirmed yet" in sign_in(browser, ADA["email"], OWN).data, "opening the link confirms nothing"
    assert b"Your address is confirmed. Sign in" in send(browser, path).data
    assert sign_in(browser, ADA["email"], OWN).location == "/"
    assert b"Residential" in browser.get("/account").data
    assert world.client().get(path).status_code == 404, "the link works once"


def test_the_letter_comes_again_and_ends_the_first_one(world: World) -> None:
    browser = world.client()
    send(browser, "/register", **ADA)
    assert b"a mail with a new link" in send(browser, "/confirm-address/again", "/mail-sent", email=ADA["email"]).data
    second, first = mails_to(ADA["email"])
    assert browser.get(path_in(first)).status_code == 404
    assert browser.get(path_in(second)).status_code == 200
    assert mails_to("operator@example.org") == []
    send(browser, "/confirm-address/again", email="operator@example.org")
    assert mails_to("operator@example.org") == []


def test_somebody_founds_an_organisation_which_waits_for_its_distributor(world: World) -> None:
    browser = world.client()
    form = browser.get("/register?way=found").get_data(as_text=True)
    assert "A customer of Northern Power" in form
    north = users.user(SYSTEM, "admin@example.org").organisation_id
    send(browser, "/register?way=found", **ADA, organisation="Bakery", kind=north)
    assert b"once you are approved" in send(browser, path_in(mails_to(ADA["email"])[0])).data
    assert b"waits for approval" in sign_in(browser, ADA["email"], OWN).data
    person = users.user(SYSTEM, ADA["email"])
    assert (person.organisation.name, person.organisation.distributor_id, person.role) == ("Bakery", north, "admin")


@pytest.mark.parametrize(("kind", "made"), [("distributor", "distributor"), ("", "customer")])
def test_a_distributor_or_nobodys_customer_is_founded_too(world: World, kind: str, made: str) -> None:
    send(world.client(), "/register?way=found", **ADA, organisation="New Grid", kind=kind)
    assert users.user(SYSTEM, ADA["email"]).organisation.kind == made


def test_somebody_joins_an_organisation_by_its_name(world: World) -> None:
    browser = world.client()
    unknown = send(browser, "/register?way=join", **ADA, organisation="Nowhere Ltd")
    assert unknown.status_code == 422
    assert b"write it in full" in unknown.data
    assert b'value="Nowhere Ltd"' in unknown.data, "what was typed is kept"
    send(browser, "/register?way=join", **ADA, organisation="northern power")
    person = users.user(SYSTEM, ADA["email"])
    assert (person.organisation.name, person.role, person.approval) == ("Northern Power", "viewer", "pending")


def test_an_organisation_that_does_not_exist_cannot_be_the_distributor(world: World) -> None:
    answer = send(world.client(), "/register?way=found", **ADA, organisation="Bakery", kind="org_made_up")
    assert answer.status_code == 404
    assert "Bakery" not in {each.name for each in organisations.organisations(SYSTEM)}


@pytest.mark.parametrize("wrong", [{"password": "short"}, {"password": "password1234"}, {"email": "no address"}, {"name": " "}])
def test_what_cannot_be_is_said_above_the_form(world: World, wrong: dict[str, str]) -> None:
    answer = send(world.client(), "/register", **(ADA | wrong))
    assert answer.status_code == 422
    assert b'role="alert" >' in answer.data


def test_registering_an_address_that_has_an_account_answers_the_same(world: World) -> None:
    new = send(world.client(), "/register", **ADA)
    taken = send(world.client(), "/register", **(ADA | {"email": "operator@example.org"}))
    assert (new.status_code, _without_tokens(new)) == (
        taken.status_code,
        _without_tokens(taken).replace("operator@example.org", ADA["email"]),
    )
    (letter,) = mails_to("operator@example.org")
    assert "has an account already" in letter.text
    assert "token=" not in letter.text
    assert users.user(SYSTEM, "operator@example.org").name == "Operator"


def _without_tokens(answer) -> str:
    return "\n".join(line for line in answer.get_data(as_text=True).splitlines() if "csrf_token" not in line)


def test_a_lost_password_is_set_anew_once_within_half_an_hour(world: World) -> None:
    open_elsewhere, browser = world.client("operator"), world.client()
    assert b"If operator@example.org has an account" in send(browser, "/forgotten-password", email="operator@example.org").data
    path = path_in(mails_to("operator@example.org")[0])
    weak = send(browser, path, password="password1234")
    assert weak.status_code == 422
    assert browser.get(path).status_code == 200, "a refusal leaves the link good"
    assert b"Your password is changed" in send(browser, path, password=OWN).data
    assert open_elsewhere.get("/account").status_code == 302
    assert sign_in(world.client(), "operator@example.org").status_code == 401
    assert sign_in(browser, "operator@example.org", OWN).status_code == 302
    dead = world.client().get(path)
    assert dead.status_code == 404
    assert b"/forgotten-password" in dead.data
    assert mails_to("operator@example.org")[0].subject == "Your password was changed"
    token = registration.ask_new_password("operator@example.org").token
    late = now() + timedelta(minutes=30, seconds=1)
    assert not one_time_links.is_good(token, registration.RESET_PASSWORD, at=late)


def test_nobody_learns_by_a_reset_who_has_an_account(world: World) -> None:
    known = send(world.client(), "/forgotten-password", email="operator@example.org")
    unknown = send(world.client(), "/forgotten-password", email="nobody@example.org")
    assert _without_tokens(known).replace("operator@", "nobody@") == _without_tokens(unknown)
    assert len(mails_to("operator@example.org")) == 1
    assert mails_to("nobody@example.org") == []


def test_the_time_of_an_answer_does_not_tell_either(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "EVEN_S", 0.3)

    def took(email: str) -> float:
        browser = world.client()
        given = {"csrf_token": token_of(browser, "/forgotten-password"), "email": email}
        began = time.monotonic()
        browser.post("/forgotten-password", data=given)
        return time.monotonic() - began

    known = statistics.median(took("operator@example.org") for _ in range(3))
    unknown = statistics.median(took(f"nobody{n}@example.org") for n in range(3))
    assert min(known, unknown) >= 0.3
    assert abs(known - unknown) < 0.15


def test_an_address_gets_five_mails_an_hour_and_the_last_link_stays_good(world: World) -> None:
    for number in range(7):
        asked = world.client()
        asked.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        said = send(asked, "/forgotten-password", email="operator@example.org")
        assert b"is on its way" in said.data, "nobody learns how many there were"
    letters = mails_to("operator@example.org")
    assert len(letters) == mail.MOST_AN_HOUR
    assert b"Set a new password" in world.client().get(path_in(letters[0])).data
    send(world.client(), "/register", name="X", email="operator@example.org", password=OWN)
    assert len(mails_to("operator@example.org")) == mail.MOST_AN_HOUR
    send(world.client(), "/forgotten-password", email="resident@example.org")
    assert len(mails_to("resident@example.org")) == 1


@pytest.mark.parametrize("path", ["/register", "/forgotten-password", "/confirm-address/again"])
def test_asking_again_and_again_is_slowed(world: World, path: str) -> None:
    browser = world.client()
    answers = [send(browser, path, **ADA) for _ in range(7)]
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert b"Too many tries. Try again in" in answers[-1].data
    assert len(mails_to(ADA["email"])) <= 6


@pytest.mark.parametrize("path", ["/register", "/forgotten-password", "/confirm-address/again", "/new-password?token=x"])
def test_every_form_needs_its_token(world: World, path: str) -> None:
    assert world.client().post(path, data=ADA).status_code == 400


@pytest.mark.parametrize("path", ["/confirm-address", "/new-password", "/invitation"])
def test_a_made_up_link_says_what_to_do(world: World, path: str) -> None:
    answer = world.client().get(f"{path}?token=made-up")
    assert answer.status_code == 404
    assert b"This link works no longer" in answer.data


def test_a_mail_leads_here_whatever_host_a_request_claims(world: World) -> None:
    browser = world.client()
    page = browser.get("/forgotten-password", base_url="http://evil.example").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    given = {"csrf_token": token, "email": "operator@example.org"}
    assert browser.post("/forgotten-password", data=given, base_url="http://evil.example").status_code == 302
    (letter,) = mails_to("operator@example.org")
    assert "evil.example" not in letter.text
    assert path_in(letter)


def test_after_a_reset_a_browser_that_is_signed_in_is_not(world: World) -> None:
    browser = world.client("operator")
    token = registration.ask_new_password("operator@example.org").token
    send(browser, f"/new-password?token={token}", password=OWN)
    assert browser.get("/account").status_code == 302


def test_another_address_is_ones_own_once_its_link_is_used(world: World) -> None:
    from store.records import policy

    browser = world.client("operator")
    mailed = registration.ask_new_address(policy.scope_of(world.people["operator"]), "new@example.org")
    assert send(browser, f"/confirm-address?token={mailed.token}").request.path == "/account"
    assert users.user(SYSTEM, "new@example.org").id == world.people["operator"]
    assert sessions.user_of("x") is None
    assert sign_in(world.client(), "new@example.org", PASSWORD).status_code == 302
