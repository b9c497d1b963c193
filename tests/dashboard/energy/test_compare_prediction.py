"""A press of Predict: a job tells how a dataset goes on, to whoever sees it, of what they see; it can be taken back."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard.app import create_app
from store.records.people import users
from store.scope import SYSTEM
from tests.conftest import eventually
from tests.dashboard.conftest import working
from tests.dashboard.forecasting.conftest import homes
from tests.dashboard.forecasting.homes import Homes
from tests.dashboard.world import PASSWORD, csrf, sign_in

__all__ = ["homes"]
OUTPUTS = ("compare-predicted.data", "compare-predict-says.children")
CALLBACK = {
    "output": f"..{'...'.join(OUTPUTS)}..",
    "outputs": [dict(zip(("id", "property"), each.split("."), strict=True)) for each in OUTPUTS],
    "changedPropIds": ["compare-predict.data"],
}


@dataclass
class Press:
    """One person's press, from the start to the answer."""

    browser: FlaskClient
    site: str
    handles: dict[str, str] = field(default_factory=dict)

    def _post(self, days: object, query: dict[str, str]) -> Any:
        inputs = [{"id": "compare-predict", "property": "data", "value": days}]
        state = [{"id": "compare-site", "property": "data", "value": None if query else self.site}]
        body = {**CALLBACK, "inputs": inputs, "state": state}
        return self.browser.post("/_dash-update-component", json=body, query_string=query, headers=csrf(self.browser))

    def start(self, days: object) -> int:
        answer = self._post(days, {})
        if answer.status_code == 200:
            said = answer.get_json()
            self.handles = {name: said[name] for name in ("cacheKey", "job")}
        return int(answer.status_code)

    def answer(self) -> dict[str, Any]:
        def ready() -> dict[str, Any] | None:
            answer = self._post(None, self.handles)
            if answer.status_code == 204:  # nothing changed
                return {"nothing": True}
            found: dict[str, Any] | None = answer.get_json().get("response")
            return found

        found = eventually(ready, within_s=90, every_s=0.2)
        assert isinstance(found, dict)
        return found


@dataclass
class Street:
    homes: Homes
    server: Flask

    def press(self, who: str) -> Press:
        browser = self.server.test_client()
        assert sign_in(browser, f"{who}@example.org").status_code == 302
        browser.get("/account")  # beside every page comes the token that the script sends
        return Press(browser, self.homes.id)

    def days(self, count: int, *ids: str, back: int = 0) -> dict[str, Any]:
        first = self.homes.now.date() - timedelta(days=back)
        return {"ids": ids, "first": str(first), "last": str(first + timedelta(days=count - 1))}


@pytest.fixture
def street(homes: Homes) -> Iterator[Street]:
    person = {"password": PASSWORD}
    users.create_user(  # the first of an organisation is its administrator
        SYSTEM, email="admin@example.org", name="Admin", organisation_id=homes.owner, password=None
    )
    users.create_user(
        SYSTEM, email="operator@example.org", name="Operator", organisation_id=homes.owner, role="operator", **person
    )
    users.create_user(SYSTEM, email="stranger@example.org", name="Stranger", **person)
    made = Street(homes, create_app(homes.settings))
    for _ in working(homes.settings):
        yield made


def test_days_ahead_come_with_their_band_and_what_they_were_made_by(street: Street) -> None:
    press = street.press("operator")
    asked = street.days(31, street.homes.loads[1])
    assert press.start(asked) == 200
    answer = press.answer()
    told = answer["compare-predicted"]["data"]
    assert len(told["mean"]) == len(told["low"]) == len(told["high"]) == 31
    assert all(low <= mean <= high for low, mean, high in zip(told["low"], told["mean"], told["high"], strict=True))
    assert 300 < sum(told["mean"]) / 31 < 3000  # ten times a home that draws some kilowatts
    words = json.dumps(answer["compare-predict-says"])
    assert "Predicted from" in words
    assert "days that are known" in words
    assert "90 % of days" in words


def test_too_little_to_predict_from_is_said(street: Street) -> None:
    press = street.press("operator")
    assert press.start(street.days(10, back=400)) == 200
    answer = press.answer()
    assert answer["compare-predicted"]["data"] is None
    assert "less than a week" in json.dumps(answer["compare-predict-says"])


def test_nobody_has_predicted_what_is_not_theirs_or_asks_for_something_else(street: Street) -> None:
    assert street.press("stranger").start(street.days(10)) == 404
    for days in (
        None,
        {},
        {"ids": [1], "first": "2026-01-01", "last": "2026-01-02"},
        {"ids": [], "first": str(date.max), "last": "x"},
    ):
        assert street.press("operator").start(days) == 400
