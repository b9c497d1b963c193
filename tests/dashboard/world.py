"""A small true world for the dashboard: two utilities, their people and sites, and the server that shows them."""

import re
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient

from config.settings import Settings
from dashboard.app import create_app
from store.records.people import organisations, users
from store.records.plant import sites
from store.records.schema import Organisation
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.records import fresh

PASSWORD = "seventeen calm otters"


@dataclass(frozen=True)
class World:
    """Ids by name."""

    settings: Settings
    server: Flask
    site: str
    foreign_site: str
    people: dict[str, str]

    def client(self, who: str | None = None) -> FlaskClient:
        """A browser without scripts; signed in as somebody, if they are named."""
        browser = self.server.test_client()
        if who:
            assert sign_in(browser, f"{who}@example.org").status_code == 302
        return browser


def token_of(browser: FlaskClient, path: str = "/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).get_data(as_text=True))
    assert found
    return found[1]


def sign_in(browser: FlaskClient, email: str, password: str = PASSWORD, **more: str):
    given = {"csrf_token": token_of(browser), "email": email, "password": password, **more}
    return browser.post("/sign-in", data=given, environ_base={"REMOTE_ADDR": "127.0.0.1"})


def csrf(browser: FlaskClient) -> dict[str, str]:
    """The header that the renderer sends."""
    cookie = browser.get_cookie("_csrf_token")
    assert cookie
    return {"X-CSRFToken": cookie.value}


def make_records(settings: Settings) -> dict[str, str]:
    """Make the people and sites; their ids by name."""
    fresh(settings.records_url)
    north = organisations.create_organisation(SYSTEM, name="Northern Power", kind="distributor")
    south = organisations.create_organisation(SYSTEM, name="Southern Grid", kind="distributor")

    def make_site(name: str, owner: Organisation, kind: str) -> str:
        place = {"time_zone": "Europe/London", "currency": "GBP", "latitude": 54.0, "longitude": -2.0}
        return sites.create_site(SYSTEM, name=name, kind=kind, organisation_id=owner.id, **place).id

    people = {}
    for who, organisation_id, role, platform in (
        ("root", None, None, True),
        ("admin", north.id, "admin", False),
        ("operator", north.id, "operator", False),
        ("chief", south.id, "admin", False),
        ("stranger", south.id, "viewer", False),
        ("resident", None, None, False),
    ):
        people[who] = users.create_user(
            SYSTEM,
            email=f"{who}@example.org",
            name=who.capitalize(),
            password=PASSWORD,
            organisation_id=organisation_id,
            role=role,
            platform_admin=platform,
        ).id
    return people | {"site": make_site("North Campus", north, "campus"), "foreign site": make_site("South Works", south, "plant")}


def world_of(settings: Settings, ids: dict[str, str]) -> World:
    """The world whose records the settings name."""
    engine.configure(settings.records_url)
    people = {name: each for name, each in ids.items() if "site" not in name}
    return World(settings, create_app(settings), ids["site"], ids["foreign site"], people)
