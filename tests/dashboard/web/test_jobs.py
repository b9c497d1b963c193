"""Background callbacks are jobs of whoever presses: each gets their own answer, and nobody learns of another's."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient

from store.records.access import grants, policy
from store.records.jobs import asking, kinds, working
from store.records.jobs.kinds import SITE_FORECAST, Problem
from store.records.people import users
from store.records.schema import Job
from store.records.schema.columns import now
from store.records.schema.listing import Wanted
from store.scope import SYSTEM
from tests.dashboard.world import World, csrf

OUTPUTS = ("overview-ahead.data", "overview-forecast-says.children")
SERIES = {
    "model": "clear-sky persistence",
    "start": "2026-06-01T12:00:00+01:00",
    "mean": [1.0] * 24,
    "low": [0.5] * 24,
    "high": [2.0] * 24,
    "errors": {"wape": 0.1},
    "skill": 0.2,
    "fallback": "",
}
FORECAST = {"forecast": {"issued": "2026-06-01T11:00:00+00:00", "demand": SERIES, "production": None}}


@dataclass
class Press:
    """A press of the forecast's button, as the browser's script makes it."""

    browser: FlaskClient
    site: Any
    handles: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser.get("/account")  # beside every page comes the token that the script sends

    def post(self, **query: str) -> Any:
        known = "job" not in query  # Dash's page sends values with the press alone, and none when it asks what came of it
        body = {
            "output": f"..{'...'.join(OUTPUTS)}..",
            "outputs": [dict(zip(("id", "property"), each.split("."), strict=True)) for each in OUTPUTS],
            "inputs": [{"id": "overview-forecast-start", "property": "data", "value": 1 if known else None}],
            "changedPropIds": ["overview-forecast-start.data"],
            "state": [
                {"id": "overview-site", "property": "data", "value": self.site if known else None},
            ],
        }
        return self.browser.post("/_dash-update-component", json=body, query_string=query, headers=csrf(self.browser))

    def start(self, **query: str) -> int:
        answer = self.post(**query)
        if answer.status_code == 200:
            self.handles = {name: answer.get_json()[name] for name in ("cacheKey", "job")}
        return int(answer.status_code)

    def ask(self) -> dict[str, Any]:
        answer = self.post(**self.handles)
        return answer.get_json() if answer.status_code == 200 else {"status": answer.status_code}

    def cancel(self) -> None:
        body = {
            "output": "overview-forecast-cancel.id",
            "outputs": {"id": "overview-forecast-cancel", "property": "id"},
            "inputs": [{"id": "overview-forecast-cancel", "property": "n_clicks", "value": 1}],
            "changedPropIds": ["overview-forecast-cancel.n_clicks"],
            "state": [],
        }
        query = {"cancelJob": self.handles["job"]}
        answer = self.browser.post("/_dash-update-component", json=body, query_string=query, headers=csrf(self.browser))
        assert answer.status_code in (200, 204)


def press(world: World, who: str, site: Any = None) -> Press:
    return Press(world.client(who), site or world.site)


def jobs() -> list[Job]:
    return list(asking.jobs(SYSTEM, Wanted(sort="created_at", count=100)).rows)


def claim() -> tuple[Job, str]:
    found = working.claim(SYSTEM, "a worker", ["forecast"], kinds.KINDS)
    assert found is not None and found.claim is not None
    return found, found.claim


def words(answer: dict[str, Any]) -> str:
    return json.dumps(answer["response"], ensure_ascii=False)


def test_a_press_is_a_job_of_the_person_its_progress_is_told_and_its_result_worded(world: World) -> None:
    one = press(world, "operator")
    assert one.start() == 200
    (asked,) = jobs()
    assert (asked.kind, asked.user_id, asked.arguments) == ("site_forecast", world.people["operator"], {"site_id": world.site})
    assert kinds.scope_from(asked.scope) == policy.scope_of(world.people["operator"])
    assert list(one.ask()["progress"].values()) == ["Waiting for its turn"]
    _, claimed = claim()
    working.advance(SYSTEM, claimed, 0.6, {"stage": "fitting", "series": "demand", "fitted": 1, "of": 8})
    assert list(one.ask()["progress"].values()) == ["Demand: fitting model 2 of 8"]
    working.finish(SYSTEM, claimed, FORECAST)
    answer = one.ask()["response"]
    assert answer["overview-ahead"]["data"]["demand"]["mean"] == SERIES["mean"]
    assert "Error over the last week: 10 %" in json.dumps(answer["overview-forecast-says"])


def test_two_who_press_the_same_at_once_each_get_their_own_answer(world: World) -> None:
    presses = {who: press(world, who) for who in ("operator", "admin")}
    assert [each.start() for each in presses.values()] == [200, 200]
    for _ in presses:
        job, claimed = claim()
        says = {world.people["operator"]: "of the operator", world.people["admin"]: "of the admin"}[job.user_id]
        working.finish(SYSTEM, claimed, {"too_little": says})
    for who, each in presses.items():
        assert f"No forecast yet: of the {who}." in words(each.ask())


@pytest.mark.parametrize("problem", Problem)
def test_a_job_that_failed_says_so_in_words_for_whoever_pressed(world: World, problem: Problem) -> None:
    one = press(world, "operator")
    one.start()
    _, claimed = claim()
    working.fail(SYSTEM, claimed, problem)
    said = words(one.ask())
    assert "overview-ahead" not in said
    assert any(each in said for each in ("again in a moment", "not yours", "stopped", "The log of the worker"))


def test_one_that_is_cancelled_is_called_off_and_changes_nothing(world: World) -> None:
    one = press(world, "operator")
    one.start()
    _, claimed = claim()
    one.cancel()
    assert jobs()[0].state == "cancelled"
    assert working.beat(SYSTEM, [claimed]) == set()
    assert one.ask() == {"status": 204}


def test_a_press_that_follows_another_calls_that_one_off(world: World) -> None:
    one = press(world, "operator")
    one.start()
    assert one.start(oldJob=one.handles["job"]) == 200
    assert sorted(each.state for each in jobs()) == ["cancelled", "queued"]


def test_when_as_much_waits_as_may_the_next_is_told_at_once(world: World) -> None:
    one = press(world, "operator")
    for _ in range(SITE_FORECAST.most_each):
        assert one.start() == 200
    assert one.start() == 200
    assert "Too many forecasts" in words(one.ask())
    assert len(jobs()) == SITE_FORECAST.most_each


def test_nobody_asks_for_what_is_not_theirs_and_nothing_is_asked_for(world: World) -> None:
    for who, site in (("operator", world.foreign_site), ("operator", "sit_unknown"), ("resident", world.site), ("operator", [1])):
        assert press(world, who, site).start() == 404
    unknown = Press(world.server.test_client(), world.site)
    unknown.browser.get("/sign-in")
    assert unknown.start() == 401
    assert jobs() == []


def test_somebody_elses_handle_is_worth_nothing(world: World) -> None:
    one, other = press(world, "operator"), press(world, "admin")
    one.start()
    _, claimed = claim()
    for handles in (one.handles, {"cacheKey": "x~y", "job": "1~z"}):
        other.handles = handles
        assert "response" not in other.ask()
        other.cancel()
    assert jobs()[0].state == "running"
    working.finish(SYSTEM, claimed, {"too_little": "secret"})
    other.handles = one.handles
    assert "secret" not in json.dumps(other.ask())
    assert "secret" in words(one.ask())


def test_whoever_may_no_longer_see_it_gets_no_answer(world: World) -> None:
    grants.create_grant(SYSTEM, user_id=world.people["resident"], site_id=world.site, valid_from=now())
    one = press(world, "resident")
    assert one.start() == 200
    _, claimed = claim()
    working.finish(SYSTEM, claimed, FORECAST)
    (held,) = [each for each in grants.grants(SYSTEM, world.site) if each.user_id == world.people["resident"]]
    grants.end_grant(SYSTEM, held.id)
    assert one.ask() == {"status": 404}
    users.set_approval(SYSTEM, world.people["resident"], "disabled")
    assert one.ask() == {"status": 401}


def test_an_administrator_who_sees_what_somebody_sees_may_ask_for_a_forecast(world: World) -> None:
    browser = world.client("root")
    browser.get("/account")
    assert browser.post(f"/view-as/{world.people['operator']}", headers=csrf(browser)).status_code == 302
    one = Press(browser, world.site)
    assert one.start() == 200
    assert jobs()[0].user_id == world.people["operator"]
    one.cancel()
    assert jobs()[0].state == "cancelled"
