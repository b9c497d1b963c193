"""What people do to their own account: it changes, they are told by mail, nobody else can, and a thief of a browser little."""

import io
import json
import re
import threading
import time
from types import SimpleNamespace

import pyotp
import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import encode_multipart

from dashboard.account import pictures as taken
from dashboard.parts.reading import Reader
from dashboard.web import gate
from store.errors import NotFound, Refused
from store.records.access import audit, policy
from store.records.people import mail, organisations, pictures, preferences, users
from store.records.signin import sessions, tokens, two_factor
from store.scope import SYSTEM
from tests.dashboard.letterbox import OWN, path_in, send
from tests.dashboard.pages import call, shown
from tests.dashboard.plant.asking import act, press, said
from tests.dashboard.pressing import fill
from tests.dashboard.world import PASSWORD, World, csrf, sign_in

ANOTHER = "nineteen brisk herons"
PAGES = ("", "/security", "/two-factor", "/notifications", "/tokens", "/data")


@pytest.fixture
def browser(world: World) -> FlaskClient:
    made = world.client("operator")
    made.get("/account")
    return made


def mails_to(address: str) -> list[mail.Mail]:
    return [each for each in mail.outbox(SYSTEM) if each.recipient == address]


@pytest.mark.parametrize("who", ["root", "operator", "resident"])
def test_everyone_finds_every_page_of_their_account(world: World, who: str) -> None:
    browser = world.client(who)
    for page in PAGES:
        assert f"/account{page}" in shown(browser, f"/account{page}")


def test_a_name_a_language_and_a_time_zone_are_kept(world: World, browser: FlaskClient) -> None:
    given = {"name": "Olive Operator", "language": "de-DE", "zone": "Europe/Berlin"}
    assert "/account?said=profile" in _fill(world, browser, "account", **given)
    person = users.user(SYSTEM, "operator@example.org")
    assert (person.name, person.language, person.time_zone) == ("Olive Operator", "de-DE", "Europe/Berlin")
    assert "Olive Operator" in browser.get("/account").text


def test_a_profile_is_kept_whole_or_not_at_all(world: World, browser: FlaskClient) -> None:
    given = {"name": "Somebody", "language": "de-DE", "zone": "Nowhere/Atall"}
    assert "no time zone" in _fill(world, browser, "account", **given).lower()
    assert users.user(SYSTEM, "operator@example.org").name == "Operator"


def test_numbers_are_read_in_ones_own_language() -> None:
    assert Reader("de-DE").number("1\u202f234.5") == "1.234,5"
    assert Reader().number("1\u202f234.5") == "1\u202f234.5"
    assert str(Reader(None, "Asia/Tokyo").zone("Europe/London")) == "Asia/Tokyo"


def test_an_address_changes_by_a_mailed_link_and_the_old_one_is_told(world: World, browser: FlaskClient) -> None:
    told = _fill(world, browser, "address", email="Olive@Example.net", password=PASSWORD)
    assert "The mail to olive@example.net is written, but no mail server is set up" in told
    assert users.user(SYSTEM, world.people["operator"]).email == "operator@example.org", "not before the link is used"
    assert "olive@example.net" in mails_to("operator@example.org")[0].text
    link = next(word for word in mails_to("olive@example.net")[0].text.split() if "token=" in word)
    confirming = world.client()
    said = send(confirming, f"/confirm-address?token={link.partition('token=')[2]}")
    assert b"Your new address is confirmed" in said.data
    assert users.user(SYSTEM, world.people["operator"]).email == "olive@example.net"
    assert browser.get("/account").status_code == 302, "signed out wherever it was not confirmed"
    told = mails_to("operator@example.org")[0]
    assert told.subject == "Your address was changed"
    assert "olive@example.net" in told.text
    undo = path_in(told)
    assert b"operator@example.org again" in confirming.get(undo).data
    assert send(confirming, undo, password="short").status_code == 422
    assert b"yours again" in send(confirming, undo, password=OWN).data
    assert sign_in(world.client(), "operator@example.org", OWN).status_code == 302
    assert confirming.get(undo).status_code == 404


def test_what_a_thief_would_change_needs_the_password(world: World, browser: FlaskClient) -> None:
    for form, written in (
        ("address", {"email": "thief@example.net", "password": "wrong"}),
        ("security", {"old": "wrong", "new": ANOTHER}),
        ("token", {"name": "x", "scope": "write", "days": "366", "password": "wrong"}),
    ):
        assert "not your password" in _fill(world, browser, form, **written)
    for output, given in (
        ("two-factor-state.children", {"two-factor-password": "wrong"}),
        ("data-leave.href", {"data-password": "wrong"}),
    ):
        assert "not your password" in call(world, browser, output, given)
    assert users.verify_password("operator@example.org", PASSWORD)
    assert not mail.outbox(SYSTEM)


def test_guessing_the_password_from_an_open_browser_is_slowed_down(world: World, browser: FlaskClient) -> None:
    answers = [call(world, browser, "data-leave.href", {"data-password": f"guess {n}"}) for n in range(8)]
    assert "Too many tries" in answers[-1]


def test_a_new_password_ends_every_other_session_and_keeps_this_one(world: World, browser: FlaskClient) -> None:
    there = world.client("operator")
    before = browser.get_cookie("loadstar").value
    assert "password is changed" in _fill(world, browser, "security", old=PASSWORD, new=ANOTHER, tokens=True)
    assert there.get("/account").status_code == 302
    assert browser.get_cookie("loadstar").value != before
    again = _fill(world, browser, "security", old=ANOTHER, new="short")
    assert "12 characters" in again, "the open page goes on working"
    assert sign_in(world.client(), "operator@example.org", ANOTHER).status_code == 302
    assert [each.subject for each in mails_to("operator@example.org")] == ["Your password was changed"]


@pytest.mark.parametrize("and_tokens", [True, False])
def test_a_new_password_ends_the_tokens_too_unless_one_wants_them_to_go_on(
    world: World, browser: FlaskClient, and_tokens: bool
) -> None:
    token = tokens.create_token(policy.scope_of(world.people["operator"]), name="script")
    said = _fill(world, browser, "security", old=PASSWORD, new=ANOTHER, tokens=and_tokens)
    assert ("so have your personal tokens" in said) == and_tokens
    assert ("your personal tokens go on" in said) != and_tokens
    assert (tokens.bearer_of(token) is None) == and_tokens


def test_a_session_is_ended_after_a_question(world: World, browser: FlaskClient) -> None:
    there = world.client("operator")
    scope = policy.scope_of(world.people["operator"])
    other = next(each.id for each in sessions.own_sessions(scope, None) if each.id != _this(browser, scope))
    assert "Signed out there at once" in said(press(browser, "sessions", searched=False, do="ask", act="end", row=other))
    assert there.get("/account").status_code == 200, "asking ends nothing"
    act(browser, "sessions", "", "end", other, searched=False)
    assert there.get("/account").status_code == 302
    assert browser.get("/account").status_code == 200


def test_all_other_sessions_end_together(world: World, browser: FlaskClient) -> None:
    others = [world.client("operator") for _ in range(2)]
    tokens.sign_in(users.user(SYSTEM, "operator@example.org"))
    _fill(world, browser, "others")
    assert [each.get("/account").status_code for each in others] == [302, 302]
    assert tokens.own_programs(policy.scope_of(world.people["operator"])) == []
    assert browser.get("/account").status_code == 200


def test_nobody_ends_the_session_of_somebody_else(world: World, browser: FlaskClient) -> None:
    admin = world.client("admin")
    theirs = sessions.own_sessions(policy.scope_of(world.people["admin"]))[0].id
    act(browser, "sessions", "", "end", theirs, searched=False)
    assert admin.get("/account").status_code == 200


def test_a_second_factor_is_set_up_and_turned_off(world: World, browser: FlaskClient) -> None:
    begun = call(world, browser, "two-factor-state.children", {"two-factor-password": PASSWORD})
    assert "data:image/svg+xml;base64," in begun
    secret = json.loads(begun)["response"]["two-factor-state"]["children"][2]["props"]["children"][1]["props"]["children"]
    code = pyotp.TOTP(secret.replace(" ", "")).now()
    confirmed = json.loads(_with(world, browser, "two-factor-confirm", {"two-factor-first": code}))["response"]
    codes = confirmed["two-factor-notice"]["children"]["props"]["children"][1]["props"]["children"][1]["props"]["children"]
    recovery = [each["props"]["children"]["props"]["children"] for each in codes]
    assert len(set(recovery)) == 10
    assert two_factor.is_on(world.people["operator"])
    assert "10 recovery codes left" in shown(browser, "/account/two-factor")
    assert recovery[0] not in shown(browser, "/account/two-factor"), "shown once"
    assert "not right" in _with(world, browser, "two-factor-off", {"two-factor-proof": "000000"})
    _with(world, browser, "two-factor-off", {"two-factor-proof": recovery[0]})
    assert not two_factor.is_on(world.people["operator"])
    assert [each.subject for each in mails_to("operator@example.org")] == [
        "Two-factor sign-in is off",
        "Two-factor sign-in is on",
    ]


def test_notifications_are_chosen_by_kind_and_channel(world: World, browser: FlaskClient) -> None:
    box = {"type": "notify", "kind": "alert", "channel": "mail"}
    said = call(world, browser, "notify-says.children", {"notify": False}, box)
    assert "Alerts by mail: off" in said
    assert preferences.notifications(policy.scope_of(world.people["operator"]))["alert", "mail"] is False
    assert '"channel":"mail","kind":"security"' not in shown(browser, "/account/notifications").replace(" ", "")


def test_a_token_is_shown_once_and_revoked_after_a_question(world: World, browser: FlaskClient) -> None:
    given = {"name": "invoices", "scope": "read", "days": "30", "password": PASSWORD}
    [secret] = re.findall(r"pat_\w+\.[\w-]{40,}", _fill(world, browser, "token", **given))
    bearer = tokens.bearer_of(secret)
    assert bearer
    assert not bearer.can_write
    page = shown(browser, "/account/tokens")
    assert "invoices" in page
    assert secret.partition(".")[2] not in page
    asked = said(press(browser, "tokens", searched=False, do="ask", act="revoke", row=bearer.token_id))
    assert "shut out at once" in asked
    assert tokens.bearer_of(secret)
    act(browser, "tokens", "", "revoke", bearer.token_id, searched=False)
    assert tokens.bearer_of(secret) is None
    assert [each.subject for each in mails_to("operator@example.org")] == ["A token was revoked", "A token was created"]
    for bad in ({"name": ""}, {"name": "x", "days": "9999"}):
        assert "notice bad" in _fill(world, browser, "token", **(given | bad))


def test_everything_is_exported_but_no_secret(world: World, browser: FlaskClient) -> None:
    scope = policy.scope_of(world.people["operator"])
    token = tokens.create_token(scope, name="invoices")
    _upload(browser, _picture("JPEG"))
    answer = browser.get("/account/export.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.data)
    assert told["account"]["email"] == "operator@example.org"
    assert told["account"]["organisation"] == "Northern Power"
    assert told["tokens"][0]["name"] == "invoices"
    assert told["picture"]["content_type"] == "image/webp"
    assert any(each["action"] == "sign_in" for each in told["done"])
    for secret in ("password_hash", "secret_hash", "argon2", token.partition(".")[2], "admin@example.org"):
        assert secret not in answer.text
    assert audit.entries(SYSTEM, limit=1)[0].action == "export"


def test_a_deleted_account_is_gone_and_its_browsers_are_out(world: World) -> None:
    browser, there = world.client("resident"), world.client("resident")
    page = shown(browser, "/account/data")
    assert "cannot be undone" in page
    assert "readings of meters stay" in page
    assert '"/"' in call(world, browser, "data-leave.href", {"data-password": PASSWORD})
    assert [each.get("/account").status_code for each in (browser, there)] == [302, 302]
    with pytest.raises(NotFound):
        users.user(SYSTEM, "resident@example.org")


def test_the_only_administrator_of_people_is_told_what_to_do_first(world: World) -> None:
    browser = world.client("admin")
    page = shown(browser, "/account/data")
    assert "You are the only administrator of Northern Power" in page
    assert "Operator, operator@example.org" in page
    assert "/organisation" in page
    refused = call(world, browser, "data-leave.href", {"data-password": PASSWORD})
    assert "administrator" in refused
    assert users.user(SYSTEM, "admin@example.org")
    assert "Whom you chose" in call(
        world, browser, "data-leave.href", {"data-password": PASSWORD, "data-successor": world.people["chief"]}
    )
    given = {"data-password": PASSWORD, "data-successor": world.people["operator"], "data-close": []}
    assert '"/"' in call(world, browser, "data-leave.href", given)
    assert users.user(SYSTEM, "operator@example.org").role == "admin"


def test_the_last_person_of_an_organisation_may_delete_it_too(world: World) -> None:
    home = organisations.create_organisation(SYSTEM, name="Corner Shop", kind="customer").id
    users.create_user(SYSTEM, email="last@example.org", name="Last", password=PASSWORD, organisation_id=home, role="admin")
    browser = world.client("last")
    assert "Delete Corner Shop too" in shown(browser, "/account/data")
    given = {"data-password": PASSWORD, "data-close": ["close"]}
    assert '"/"' in call(world, browser, "data-leave.href", given)
    assert "Corner Shop" not in {each.name for each in organisations.organisations(SYSTEM)}


def test_an_administrator_whose_people_may_not_come_in_is_shown_the_way(world: World) -> None:
    users.set_approval(SYSTEM, world.people["operator"], "disabled")
    page = shown(world.client("admin"), "/account/data")
    assert "none of its other people may come in" in page


def _picture(kind: str, size: tuple[int, int] = (640, 400), **more: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (180, 40, 40)).save(out, kind, **more)
    return out.getvalue()


def _upload(browser: FlaskClient, content: bytes):
    boundary, body = encode_multipart({"picture": FileStorage(io.BytesIO(content), "me.jpg")})
    headers = {**csrf(browser), "Accept": "application/json", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    return browser.post("/account/picture", data=body, headers=headers)


def test_a_picture_is_made_anew_and_nothing_else_of_the_file_is_kept(world: World, browser: FlaskClient) -> None:
    exif = Image.Exif()
    exif[0x010E] = "taken at 54.0, -2.0"
    exif[0x0112] = 6  # lies on its side
    assert _upload(browser, _picture("JPEG", exif=exif, comment=b"secret garden")).status_code == 204
    answer = browser.get(f"/picture/{world.people['operator']}")
    assert answer.mimetype == "image/webp"
    assert b"taken at" not in answer.data
    assert b"secret garden" not in answer.data
    menu = browser.get("/account").text.partition('id="person"')[2].partition("</form>")[0]
    assert f'src="/picture/{world.people["operator"]}?' in menu
    assert 'src="/picture' not in world.client("admin").get("/account").text
    with Image.open(io.BytesIO(answer.data)) as shown_now:
        assert shown_now.size == (taken.SIDE, taken.SIDE)
        assert not shown_now.getexif()
    assert f"/picture/{world.people['operator']}" in shown(browser, "/account")
    assert pictures.picture(SYSTEM, world.people["operator"])


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a....", b"\x89PNG\r\n\x1a\n broken"])
def test_what_is_no_picture_is_refused_in_words(world: World, browser: FlaskClient, content: bytes) -> None:
    answer = _upload(browser, content)
    assert answer.status_code == 422
    assert "no picture that Loadstar can read" in answer.json["message"]


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Refused, match="million pixels"):
        taken.made_anew(_picture("PNG", (4000, 2300)))
    with pytest.raises(Refused, match="million pixels"):
        taken.made_anew(_picture("WEBP", (4000, 2300)))


def test_a_phones_photograph_is_taken_though_it_has_more_pixels_than_a_screen() -> None:
    assert taken.made_anew(_picture("JPEG", (8000, 6000)))


def test_one_person_has_one_picture_at_a_time_made_and_a_process_few(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    most: list[int] = []
    together = threading.Barrier(6, timeout=60)
    monkeypatch.setattr(gate, "current_scope", lambda: SimpleNamespace(user_id=threading.current_thread().name))

    @gate.costly
    def work() -> None:
        seen.append(1)
        most.append(len(seen))
        time.sleep(0.05)
        seen.pop()

    refused: list[str] = []

    def press() -> None:
        together.wait()
        try:
            work()
        except TooManyRequests:
            refused.append(threading.current_thread().name)

    threads = [threading.Thread(target=press, name=name) for name in ("one", "one", "one", "two", "three", "four")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["one", "one"]
    assert max(most) <= gate.AT_ONCE


def test_a_photograph_may_be_larger_than_other_posts_but_not_without_bound(world: World, browser: FlaskClient) -> None:
    assert _upload(browser, _picture("JPEG") + b"\0" * 5 * 2**20).status_code == 204
    assert _upload(browser, _picture("JPEG") + b"\0" * 11 * 2**20).status_code == 413


def test_a_picture_is_seen_by_whoever_sees_the_person_and_by_nobody_else(world: World, browser: FlaskClient) -> None:
    _upload(browser, _picture("PNG"))
    path = f"/picture/{world.people['operator']}"
    assert world.client("admin").get(path).status_code == 200
    for who in ("chief", "resident"):
        assert world.client(who).get(path).status_code == 404
    assert world.client().get(path).status_code == 302
    assert browser.post("/account/picture", data={"picture": (io.BytesIO(b""), "x")}).status_code == 400, "without its token"


def _fill(world: World, browser: FlaskClient, form: str, **written: object) -> str:
    return fill(world, browser, form, **written).get_data(as_text=True).replace("\\u002f", "/")


def _with(world: World, browser: FlaskClient, button: str, given: dict[str, object], pressed: dict[str, str] | None = None):
    """The callback that listens to a button."""
    app = world.server.extensions["loadstar-dash"]
    output = next(each["output"] for each in app._callback_list if any(button in part["id"] for part in each["inputs"]))
    return call(world, browser, output, given, pressed or "")


def _this(browser: FlaskClient, scope: object) -> str:
    page = shown(browser, "/account/security")
    ids = {each.id for each in sessions.own_sessions(scope)}
    return next(each for each in ids if each not in page)
