"""A press of the button, as the browser's script makes it: started, asked after, cancelled, answered."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.app import create_app
from store.records.access import grants
from store.records.people import users
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.conftest import working
from tests.dashboard.forecasting.homes import LONG_AGO, Homes
from tests.dashboard.world import PASSWORD, csrf, sign_in

OUTPUTS = ("overview-ahead.data", "overview-forecast-says.children")
CALLBACK = {
    "output": f"..{'...'.join(OUTPUTS)}..",
    "outputs": [dict(zip(("id", "property"), each.split("."), strict=True)) for each in OUTPUTS],
    "inputs": [{"id": "overview-forecast-start", "property": "data", "value": 1}],
    "changedPropIds": ["overview-forecast-start.data"],
}


@dataclass
class Press:
    """One person's press, from the start to the answer."""

    browser: FlaskClient
    site: str
    handles: dict[str, str] = field(default_factory=dict)
    progress: list[str] = field(default_factory=list)

    def _post(self, query: dict[str, str]) -> Any:
        state = [
            {"id": "overview-site", "property": "data", "value": None if query else self.site},  # none with questions after it
        ]
        return self.browser.post(
            "/_dash-update-component", json={**CALLBACK, "state": state}, query_string=query, headers=csrf(self.browser)
        )

    def start(self) -> int:
        answer = self._post({})
        if answer.status_code == 200:
            said = answer.get_json()
            self.handles = {name: said[name] for name in ("cacheKey", "job")}
        return int(answer.status_code)

    def answer(self) -> dict[str, Any]:
        def ready() -> dict[str, Any] | None:
            answer = self._post(self.handles)
            if answer.status_code == 204:  # nothing changed
                return {"nothing": True}
            said = answer.get_json()
            self.progress += (said.get("progress") or {}).values()
            found: dict[str, Any] | None = said.get("response")
            return found

        found = eventually(ready, within_s=90, every_s=0.2)
        assert isinstance(found, dict)
        return found


@dataclass
class Street:
    homes: Homes
    server: Flask

    def press(self, who: str, site: str | None = None) -> Press:
        browser = self.server.test_client()
        assert sign_in(browser, f"{who}@example.org").status_code == 302
        browser.get("/account")  # beside every page comes the token that the script sends
        return Press(browser, site or self.homes.id)


@pytest.fixture
def street(homes: Homes) -> Iterator[Street]:
    person = {"password": PASSWORD}
    users.create_user(  # the first of an organisation is its administrator
        SYSTEM, email="admin@example.org", name="Admin", organisation_id=homes.owner, password=None
    )
    users.create_user(
        SYSTEM, email="operator@example.org", name="Operator", organisation_id=homes.owner, role="operator", **person
    )
    for number, load in enumerate(homes.loads, start=1):
        resident = users.create_user(SYSTEM, email=f"resident{number}@example.org", name=f"Resident {number}", **person)
        grants.create_grant(SYSTEM, user_id=resident.id, meter_id=load, valid_from=LONG_AGO)
    users.create_user(SYSTEM, email="stranger@example.org", name="Stranger", **person)
    made = Street(homes, create_app(homes.settings))
    for _ in working(homes.settings):
        yield made


def words(answer: dict[str, Any]) -> str:
    return re.sub(r'"(type|namespace)": "[^"]*"', "", json.dumps(answer["overview-forecast-says"]["children"]))


def test_two_neighbours_who_press_at_once_each_get_their_own_home(street: Street) -> None:
    presses = [street.press("resident1"), street.press("resident2")]
    assert [press.start() for press in presses] == [200, 200]
    one, two = (press.answer() for press in presses)
    means = [sum(answer["overview-ahead"]["data"]["demand"]["mean"]) for answer in (one, two)]
    assert means[1] > 5 * means[0] > 0
    assert "because ARIMA did not finish within" in words(one)
    assert "90 % of hours" in words(one)
    assert presses[0].progress


def test_a_cancelled_press_changes_nothing(street: Street) -> None:
    press = street.press("operator")
    assert press.start() == 200
    cancelled = press.browser.post(
        "/_dash-update-component",
        json={
            "output": "overview-forecast-cancel.id",
            "outputs": {"id": "overview-forecast-cancel", "property": "id"},
            "inputs": [{"id": "overview-forecast-cancel", "property": "n_clicks", "value": 1}],
            "changedPropIds": ["overview-forecast-cancel.n_clicks"],
            "state": [],
        },
        query_string={"cancelJob": press.handles["job"]},
        headers=csrf(press.browser),
    )
    assert cancelled.status_code in (200, 204)
    assert "overview-ahead" not in press.answer()


def test_nobody_starts_a_forecast_of_a_site_that_is_not_theirs(street: Street) -> None:
    assert street.press("stranger").start() == 404
    assert street.press("operator", "sit_unknown").start() == 404
    unknown = Press(street.server.test_client(), street.homes.id)
    unknown.browser.get("/sign-in")
    assert unknown.start() == 401


def test_somebody_elses_handle_is_worth_nothing(street: Street) -> None:
    press = street.press("resident2")
    assert press.start() == 200
    forged = Press(street.press("resident1").browser, street.homes.id, {"cacheKey": "x~y", "job": "1~z"})
    assert "overview-ahead" not in forged.answer()
    assert press.answer()["overview-ahead"]["data"]["demand"]["mean"]
