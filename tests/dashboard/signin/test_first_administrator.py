"""Nobody has a default password: the first administrator is made through a link that works once."""

import re

import pytest

from config import settings as configuration
from config.settings import Settings
from dashboard.app import create_app
from store.records.people.users import FIRST_ADMINISTRATOR
from store.records.signin import one_time_links
from tests.dashboard.world import World, token_of

GIVEN = {"name": "Ada", "email": "ada@example.org", "password": "a password of my own"}


@pytest.fixture
def path(empty_world: World) -> str:
    """Where the link leads."""
    return f"/first-administrator?token={one_time_links.create_link(FIRST_ADMINISTRATOR, hours=1)}"


def test_the_link_makes_one_administrator_and_signs_them_in(empty_world: World, path: str) -> None:
    browser = empty_world.client()
    answer = browser.post(path, data={"csrf_token": token_of(browser, path), **GIVEN})
    assert answer.status_code == 302
    assert b"Platform administrator" in browser.get("/account").data
    assert empty_world.client().get(path).status_code == 404


def test_where_it_is_a_duty_they_set_two_factor_sign_in_up_before_they_are_in(empty_world: World, path: str) -> None:
    configuration.use(empty_world.settings.model_copy(update={"second_factor_for": "administrators"}))
    browser = empty_world.client()
    assert browser.post(path, data={"csrf_token": token_of(browser, path), **GIVEN}).location == "/sign-in/set-up"
    assert b"Set up two-factor sign-in" in browser.get("/sign-in/set-up").data
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize(
    "wrong", [{"password": "short"}, {"email": "no address"}, {"name": " "}, {"password": "ada@example.org"}]
)
def test_what_is_refused_leaves_the_link_working(empty_world: World, path: str, wrong: dict[str, str]) -> None:
    browser = empty_world.client()
    answer = browser.post(path, data={"csrf_token": token_of(browser, path), **GIVEN, **wrong})
    assert answer.status_code == 422
    assert b'role="alert" >' in answer.data
    assert browser.get(path).status_code == 200


def test_the_form_needs_its_token(empty_world: World, path: str) -> None:
    assert empty_world.client().post(path, data=GIVEN).status_code == 400


def test_a_made_up_link_is_no_page(empty_world: World) -> None:
    assert empty_world.client().get("/first-administrator?token=made-up").status_code == 404
    assert empty_world.client().post("/first-administrator?token=made-up").status_code in (400, 404)


def test_the_link_is_told_to_no_other_site(empty_world: World, path: str) -> None:
    assert empty_world.client().get(path).headers["Referrer-Policy"] == "same-origin"


def test_the_form_works_under_tls(dashboard_settings: Settings, empty_world: World, path: str) -> None:
    server = create_app(dashboard_settings.model_copy(update={"behind_proxy": True}))
    browser = server.test_client()
    given = {"csrf_token": "", **GIVEN}
    proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost", "Referer": f"https://localhost{path}"}
    page = browser.get(path, headers=proxied, base_url="https://localhost").get_data(as_text=True)
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    given["csrf_token"] = found[1]
    assert browser.post(path, data=given, headers=proxied, base_url="https://localhost").status_code == 302
    assert browser.get("/account", headers=proxied, base_url="https://localhost").status_code == 200
