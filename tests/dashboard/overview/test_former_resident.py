"""Who moves in sees nothing of who moved out: no page, chart, file or answer of the API tells what was used before."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dash
import pytest

from dashboard.my_meters import history
from dashboard.web.addresses import API
from insight import closed_power
from insight.shared import shared
from insight.site_view import site_view
from store.records.access import grants, policy
from store.records.people import users
from store.records.signin import tokens
from store.scope import SYSTEM, Scope
from store.series import checkpoint, rollup
from tests.dashboard.live_world import PASSWORD, LiveWorld
from tests.dashboard.overview.conftest import Served
from tests.dashboard.pages import shown
from tests.dashboard.world import sign_in
from tests.matrix import count

pytestmark = pytest.mark.matrix

FORMER_KW, NEXT_KW = 70_000.0, 1.0
MOST = 50.0  # more than a day of the next resident, less than five seconds of the former one


@pytest.fixture
def moved(site: LiveWorld) -> LiveWorld:
    """The library had a resident until six hours ago, and has another since."""
    now = datetime.now(UTC)
    move = now - timedelta(hours=6)
    times = [now - timedelta(seconds=20 * n) for n in range(12 * 180, 0, -1)]
    used = [FORMER_KW if at < move else NEXT_KW for at in times]
    site.history({("library", "power_kw"): used, ("library", "voltage_v"): [kw / 1.0 for kw in used]}, times)
    rollup.catch_up(SYSTEM, now)
    checkpoint.forget()
    (before,) = [each for each in grants.grants(SYSTEM, site.site) if each.user_id == site.people["resident"]]
    grants.end_grant(SYSTEM, before.id, move)
    site.people["next"] = users.create_user(SYSTEM, email="next@example.org", name="Next", password=PASSWORD).id
    grants.create_grant(SYSTEM, user_id=site.people["next"], meter_id=site.meters["library"], valid_from=move)
    shared.clear()
    return site


def _numbers(told: Any) -> Iterator[float]:
    if isinstance(told, dict):
        for part in told.values():
            yield from _numbers(part)
    elif isinstance(told, list):
        for part in told:
            yield from _numbers(part)
    elif isinstance(told, int | float) and not isinstance(told, bool):
        yield float(told)


def _charts(scope: Scope, site: LiveWorld) -> dict[str, Any]:
    now, meter, view = datetime.now(UTC), site.meters["library"], site_view(scope, site.site)
    told: dict[str, Any] = {
        f"history of {what}, {name}": [
            trace["y"] for trace in json.loads(history.history(scope, meter, what, name))["figure"]["data"]
        ]
        for what in ("power", "energy")
        for name in ("24h", "today", "7d")
    }
    for step_s in (60, 900, 3600):
        found = closed_power.mean_power(scope, view, [meter], now - timedelta(hours=12), now, step_s)
        told[f"power by {step_s} s"] = found[meter].dropna().tolist()
    return told


def test_nothing_that_the_next_resident_opens_tells_what_the_former_one_used(moved: LiveWorld, world: Served) -> None:
    scope = policy.scope_of(moved.people["next"])
    for name, told in _charts(scope, moved).items():
        numbers = list(_numbers(told))
        assert numbers, f"{name}: the next resident's own values are there"
        assert max(numbers) < MOST, name
        count("former residents")
    browser = world.server.test_client()
    assert sign_in(browser, "next@example.org").status_code == 302
    for path in _pages(moved):
        answer = browser.get(path)
        assert not _told(answer.get_data(as_text=True)), path
        count("former residents")
    assert (
        max(_numbers([row["forward_kwh"] for row in json.loads(browser.get("/account/export.json").data)["energy_by_day"]]))
        < MOST
    )


def test_no_answer_of_the_api_tells_what_the_former_resident_used(moved: LiveWorld, world: Served) -> None:
    scope, meter = policy.scope_of(moved.people["next"]), moved.meters["library"]
    program = world.server.test_client()
    headers = {"Authorization": f"Bearer {tokens.create_token(scope, name='script')}"}
    now = datetime.now(UTC)
    period = f"from={now - timedelta(days=2):%Y-%m-%dT%H:%M:%SZ}&to={now:%Y-%m-%dT%H:%M:%SZ}"
    routes = [route for route in world.server.url_map.iter_rules() if route.rule.startswith(API)]
    asked = [route for route in routes if "meter_id" in route.arguments]
    assert asked
    for route in asked:
        for step in ("hour", "day", "month"):
            answer = program.get(f"{route.rule.replace('<meter_id>', meter)}?{period}&step={step}", headers=headers)
            assert answer.status_code == 200, f"{route.rule}: {answer.get_data(as_text=True)}"
            assert max([0.0, *_numbers(answer.get_json())]) < MOST, route.rule
            count("former residents")


def test_the_former_resident_opens_nothing_any_more(moved: LiveWorld, world: Served) -> None:
    browser = world.server.test_client()
    assert sign_in(browser, "resident@example.org").status_code == 302
    assert "Library" not in shown(browser, "/my-meters")
    assert json.loads(browser.get("/account/export.json").data)["energy_by_day"] == []


def _pages(site: LiveWorld) -> list[str]:
    paths = [page["path_template"] or page["path"] for page in dash.page_registry.values()]
    filled = [path.replace("<site_id>", site.site).replace("<meter_id>", site.meters["library"]) for path in paths]
    return [path for path in filled if "<" not in path]


def _told(text: str) -> list[str]:
    """Numbers of the former resident's size, as pages write them."""
    numbers = (found.replace("\u202f", "").replace(",", "") for found in re.findall(r"\d[\d\u202f,.]*", text))
    return [number for number in numbers if number.startswith("70000")]
