"""Loadstar as `up` runs it, a distributor with a site in it, and the people and devices that make journeys through it."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import httpx
from playwright.sync_api import Page, expect

from config import settings as configuration
from config.settings import Settings
from store.records.access import claims
from store.records.people import organisations, users
from store.records.plant import declarations, graph, keys, meters, sites
from store.records.transaction import engine
from store.scope import SYSTEM
from tests.dashboard.letterbox import mails_to, path_in
from tests.dashboard.world import PASSWORD
from tests.running import Terminal

PATIENCE_MS = 60_000  # the machine may be busy
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
POSTED_AT_ONCE = 20


class Product:
    """The running product, seen from outside; its records are reached for what a journey only begins with."""

    def __init__(self, terminal: Terminal) -> None:
        self.address = f"http://127.0.0.1:{terminal.dashboard}"
        self.devices = f"http://127.0.0.1:{terminal.devices}"
        self.settings: Settings = configuration.load(home=terminal.home, demo=False)
        configuration.use(self.settings)
        engine.configure(self.settings.records_url)
        self.distributor = organisations.create_organisation(SYSTEM, name="Northern Power", kind="distributor").id
        place = {"time_zone": "Europe/London", "currency": "GBP", "latitude": 54.0, "longitude": -2.0}
        self.site = sites.create_site(SYSTEM, name="North Campus", kind="campus", organisation_id=self.distributor, **place).id
        self.bus = self._node("Bus", "bus")
        self.person("Root", platform_admin=True)
        self.person("Admin", organisation_id=self.distributor, role="admin")

    def _node(self, name: str, kind: str) -> str:
        return graph.create_node(SYSTEM, self.site, name=name, kind=kind, valid_from=LONG_AGO).id

    def person(self, name: str, **more: object) -> str:
        """Somebody who may sign in already."""
        return users.create_user(SYSTEM, email=email(name), name=name, password=PASSWORD, **more).id

    def meter(self, name: str) -> str:
        """A meter of a home on the site."""
        home = self._node(name, "sink")
        edge = graph.create_edge(SYSTEM, self.site, from_node_id=self.bus, to_node_id=home, valid_from=LONG_AGO).id
        made = meters.create_meter(SYSTEM, self.site, name=name, edge_id=edge).id
        declarations.declare_energy(SYSTEM, made, method="power", interval_s=60, valid_from=LONG_AGO)
        return made

    def code(self, meter: str) -> str:
        """What is printed on the meter."""
        return claims.claim_code(SYSTEM, meter)

    def key(self) -> str:
        """An API key of the site."""
        return keys.create_key(SYSTEM, site_id=self.site)

    def measure(self, meter: str, kilowatts: float) -> None:
        """Let the meter's device post what it measures now, and be told that it is stored."""
        reading = {"meter": meter, "quantity": "power_kw", "ts": datetime.now(UTC).isoformat(), "value": kilowatts}
        answer = httpx.post(
            f"{self.devices}/api/v1/readings", json={"readings": [reading]}, headers={"X-API-Key": self.key()}, timeout=30
        )
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text

    def link_to(self, name: str) -> str:
        """Where the newest mail to somebody leads."""
        return path_in(mails_to(email(name))[0])


def email(name: str) -> str:
    return f"{name.lower()}@example.org"


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Write name and password, and press the button."""
    page.goto("/sign-in")
    page.fill("#email", email(name))
    page.fill("#password", password)
    press(page, "Sign in")


def press(page: Page, words: str) -> None:
    page.click(f"main button[type=submit]:has-text('{words}')")


def visit(page: Page, path: str) -> None:
    """Go to a page of the frame and wait until it is drawn."""
    page.goto(path)
    page.wait_for_selector("html[data-drawn=yes]", state="attached")


def approve(page: Page, who: str) -> None:
    """Say yes to somebody in the queue of approvals."""
    visit(page, "/admin/approvals")
    page.get_by_role("button", name=f"Approve {who}", exact=True).click()
    page.get_by_role("button", name=f"Approve {who} now").click()
    expect(page.get_by_text("Approved. They were told by mail.")).to_be_visible()


class Poster(threading.Thread):
    """A device that posts batch after batch, each reading of a moment of its own, until it is told to stop."""

    def __init__(self, product: Product, meter: str, key: str, nth: int) -> None:
        super().__init__(name=f"poster {nth}")
        self.key = key
        self.acknowledged: dict[str, int] = {}  # readings, by the key they were posted with
        self.wrong: list[str] = []
        self._url, self._meter, self._stopped = f"{product.devices}/api/v1/readings", meter, threading.Event()
        self._began = datetime.now(UTC) - timedelta(hours=nth + 1)

    def run(self) -> None:
        moments = itertools.count()
        with httpx.Client(timeout=30) as client:
            while not self._stopped.wait(0.01):
                key, numbers = self.key, list(itertools.islice(moments, POSTED_AT_ONCE))
                answer = client.post(
                    self._url, json={"readings": [self._reading(n) for n in numbers]}, headers={"X-API-Key": key}
                )
                if answer.status_code != 200 or answer.json()["accepted"] != POSTED_AT_ONCE:
                    self.wrong.append(f"{answer.status_code} {answer.text}")
                else:
                    self.acknowledged[key] = self.acknowledged.get(key, 0) + POSTED_AT_ONCE

    def _reading(self, number: int) -> dict[str, object]:
        at = self._began + timedelta(milliseconds=number)
        return {"meter": self._meter, "quantity": "power_kw", "ts": at.isoformat(), "value": number % 97 / 10}

    def has_posted(self, posts: int) -> bool:
        """Whether so many posts with the present key were acknowledged; anything that went wrong ends the waiting too."""
        return bool(self.wrong) or self.acknowledged.get(self.key, 0) >= posts * POSTED_AT_ONCE

    def stop(self) -> None:
        self._stopped.set()
        self.join()
