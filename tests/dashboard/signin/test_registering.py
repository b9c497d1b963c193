"""People register themselves, confirm their address and set lost passwords; nobody learns who has an account."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from dashboard.signin import registering, replies
from store.errors import NotFound
from store.records.access import policy
from store.records.people import mail, new_address, organisations, registration, users
from store.records.schema.columns import now
from store.records.signin import attempts, one_time_links, sessions
from store.scope import SYSTEM
from tests.dashboard.letterbox import OWN, mails_to, path_in, send
from tests.dashboard.pressing import fill
from tests.dashboard.world import PASSWORD, World, sign_in

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


def test_another_browser_is_asked_for_the_password_that_was_chosen(world: World) -> None:
    send(world.client(), "/register", **ADA)
    (letter,) = mails_to(ADA["email"])
    elsewhere = world.client()
    assert b"Enter the password" in elsewhere.get(path_in(letter)).data
    wrong = send(elsewhere, path_in(letter), password="not this one at all")
    assert wrong.status_code == 422
    assert b"not the password that was chosen" in wrong.data
    send(elsewhere, path_in(letter), password=OWN)
    assert elsewhere.get("/account").status_code == 200, "the password lets them in"
    assert sign_in(world.client(), ADA["email"], OWN).location == "/"


def test_whoever_registers_a_strangers_address_is_never_let_in_by_the_strangers_click(world: World) -> None:
    thief, owner = world.client(), world.client()
    send(owner, "/register", **ADA)
    send(thief, "/register", **(ADA | {"name": "Thief", "password": "badgers loud eleven"}))
    newest, _ = mails_to(ADA["email"])
    assert send(owner, path_in(newest)).status_code == 422, "which registration it is, only the password tells"
    assert send(owner, path_in(newest), password=OWN).status_code == 200
    assert owner.get("/account").status_code == 200
    assert sign_in(world.client(), ADA["email"], "badgers loud eleven").status_code == 401
    assert users.user(SYSTEM, ADA["email"]).name == "Ada"


def test_the_cookie_of_who_registers_does_not_tell_whether_the_address_has_an_account(world: World) -> None:
    kept = []
    for email in (ADA["email"], "operator@example.org"):
        browser = world.client()
        send(browser, "/register", **(ADA | {"email": email}))
        with browser.session_transaction() as session:
            kept.append({name: len(str(value)) for name, value in session.items() if name != registering.MAILED})
    assert kept[0] == kept[1]


def test_the_letter_comes_again_and_the_first_one_stays_good(world: World) -> None:
    browser = world.client()
    send(browser, "/register", **ADA)
    assert b"an email with a new link" in send(browser, "/confirm-address/again", "/mail-sent", email=ADA["email"]).data
    second, first = mails_to(ADA["email"])
    assert browser.get(path_in(second)).status_code == 200
    assert b"Your address is confirmed" in send(browser, path_in(first)).data
    assert browser.get(path_in(second)).status_code == 404
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
    send(world.client(), "/register?way=join", **ADA, organisation="northern power")
    person = users.user(SYSTEM, ADA["email"])
    assert (person.organisation.name, person.role, person.approval) == ("Northern Power", "viewer", "pending")


def test_nobody_learns_by_joining_which_organisations_there_are(world: World) -> None:
    known = send(world.client(), "/register?way=join", **ADA, organisation="Northern Power")
    unknown = send(world.client(), "/register?way=join", **(ADA | {"email": "eva@example.org"}), organisation="Nowhere Ltd")
    assert unknown.status_code == known.status_code == 200
    assert _without_tokens(unknown) == _without_tokens(known).replace(ADA["email"], "eva@example.org")
    (letter,) = mails_to("eva@example.org")
    assert letter.subject == "No organisation of this name"
    assert "Nowhere" not in letter.text, "a stranger's words reach nobody"
    with pytest.raises(NotFound):
        users.user(SYSTEM, "eva@example.org")
    taken = send(world.client(), "/register?way=join", **(ADA | {"email": "operator@example.org"}), organisation="Nowhere Ltd")
    assert _without_tokens(taken) == _without_tokens(known).replace(ADA["email"], "operator@example.org")
    assert [each.kind for each in mails_to("operator@example.org")] == ["has_account"]


ONE_AS_MANY = [
    "opa(0)@example.org",
    '"o pa"@example.org',
    "opa@[192.0.2.1]",
    "a,b@c.example",
    "opa@example.org,x@c.example",
    "<opa@c.example>",
]


@pytest.mark.parametrize(
    "address",
    [
        *ONE_AS_MANY,
        ".opa@example.org",
        "o..pa@example.org",
        "opa@-x.org",
        "opa@ex_ample.org",
        "öpa@c.example",
        "opa@c.example\nBcc: x@c.example",
        f"{'a' * 65}@c.example",
        f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 60}",
    ],
)
def test_an_address_is_written_in_one_way_only(world: World, address: str) -> None:
    said = send(world.client(), "/forgotten-password", email=address)
    assert said.status_code == 422
    assert b"is not a valid email address" in said.data
    assert send(world.client(), "/register", **(ADA | {"email": address})).status_code == 422


@pytest.mark.parametrize("address", ["o'pa+tag@mail.example.org", "a@localhost", "x@xn--mnchen-3ya.example", "1.2_3@4.example"])
def test_addresses_as_people_have_them_are_taken(world: World, address: str) -> None:
    assert send(world.client(), "/register", **(ADA | {"email": address})).status_code == 200
    assert len(mails_to(address)) == 1


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
    assert "already has an account" in letter.text
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


class Clock:
    """Shows that the work between two looks took so long, and counts the waiting."""

    def __init__(self, work_s: float) -> None:
        self.waited_s: list[float] = []
        self.sleep = self.waited_s.append
        self.monotonic = iter((100.0, 100.0 + work_s)).__next__


@pytest.mark.parametrize("work_s", [0.0001, 0.1, 0.2999, 0.3001, 1.0])
@pytest.mark.parametrize("email", ["operator@example.org", "nobody@example.org"])
@pytest.mark.parametrize("form", ["/forgotten-password", "/register"])
def test_the_time_of_an_answer_does_not_tell_either(
    world: World, monkeypatch: pytest.MonkeyPatch, form: str, email: str, work_s: float
) -> None:
    clock = Clock(work_s)
    monkeypatch.setattr(replies, "EVEN_S", 0.3)
    monkeypatch.setattr(replies, "time", clock)
    assert b"is on its way" in send(world.client(), form, **(ADA | {"email": email})).data
    (waited_s,) = clock.waited_s
    taken = (work_s + waited_s) / 0.3
    assert taken == pytest.approx(round(taken))
    assert 0 <= waited_s < 0.3, "and no longer than it needs"


def _at(world: World, address: str):
    browser = world.client()
    browser.environ_base["REMOTE_ADDR"] = address
    return browser


def test_a_stranger_neither_spends_nor_ends_the_mails_of_an_owner(world: World) -> None:
    owner, stranger = _at(world, "192.0.2.1"), _at(world, "198.51.100.7")
    send(owner, "/forgotten-password", email="operator@example.org")
    (mine,) = mails_to("operator@example.org")
    for form in ("/forgotten-password", "/register"):
        for _ in range(5):
            said = send(stranger, form, **(ADA | {"email": "operator@example.org"}))
            assert b"is on its way" in said.data, "nobody learns how many there were"
    assert len(mails_to("operator@example.org")) == 11
    assert b"Set a new password" in owner.get(path_in(mine)).data
    send(owner, "/forgotten-password", email="operator@example.org")
    assert len(mails_to("operator@example.org")) == 12
    assert b"Your password is changed" in send(owner, path_in(mine), password=OWN).data


def test_many_strangers_together_fill_no_mailbox(world: World) -> None:
    for number in range(mail.MOST_ALL + 3):
        browser = _at(world, f"198.51.100.{number}")
        attempts.succeeded("password mail to operator@example.org", f"198.51.100.{number}")  # here only mails count
        send(browser, "/forgotten-password", email="operator@example.org")
    letters = mails_to("operator@example.org")
    assert len(letters) == mail.MOST_ALL
    for each in (letters[0], letters[-1]):
        assert b"Set a new password" in world.client().get(path_in(each)).data, "whoever gets no more has some that work"


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
    assert b"This link no longer works" in answer.data


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:6666", "localhost:6666"])
def test_a_mail_leads_here_whatever_host_a_request_claims(world: World, host: str) -> None:
    browser = world.client()
    page = browser.get("/forgotten-password", base_url=f"http://{host}").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    given = {"csrf_token": token, "email": "operator@example.org"}
    assert browser.post("/forgotten-password", data=given, base_url=f"http://{host}").status_code == 302
    (letter,) = mails_to("operator@example.org")
    assert {each.netloc for each in map(urlsplit, re.findall(r"https?://\S+", letter.text))} == {"127.0.0.1:8050"}
    assert host.encode() not in world.client().get("/", base_url=f"http://{host}").data


def test_after_a_reset_a_browser_that_is_signed_in_is_not(world: World) -> None:
    browser = world.client("operator")
    token = registration.ask_new_password("operator@example.org").token
    send(browser, f"/new-password?token={token}", password=OWN)
    assert browser.get("/account").status_code == 302


def test_another_address_is_ones_own_once_its_link_is_used(world: World) -> None:
    browser = world.client("operator")
    there = world.client("operator")
    mailed = new_address.ask_new_address(policy.scope_of(world.people["operator"]), "new@example.org")
    assert send(browser, f"/confirm-address?token={mailed.token}").request.path == "/account"
    assert there.get("/account").status_code == 302
    assert users.user(SYSTEM, "new@example.org").id == world.people["operator"]
    assert sessions.user_of("x") is None
    assert sign_in(world.client(), "new@example.org", PASSWORD).status_code == 302


def test_a_thief_with_the_password_does_not_get_the_account_by_a_new_address(world: World) -> None:
    thief, owner = world.client("operator"), world.client("operator")
    for browser in (thief, owner):
        browser.get("/account")
    fill(world, thief, "address", email="thief@example.net", password=PASSWORD)
    (confirm,) = mails_to("thief@example.net")
    assert "set a new password now" in mails_to("operator@example.org")[0].text
    fill(world, owner, "security", old=PASSWORD, new=OWN, tokens=True)
    assert world.client().get(path_in(confirm)).status_code == 404
    assert thief.get("/account").status_code == 302
    assert users.user(SYSTEM, world.people["operator"]).email == "operator@example.org"
