"""What an administrator saves is in what is asked next, whatever is kept of before."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.live import energy_flow
from insight import all_sites, course, own_home, own_meters
from insight.periods import Period
from store.records.access import policy
from store.records.plant import graph, sites, tariffs
from store.scope import SYSTEM
from tests.dashboard.live_world import LiveWorld

SAID = [
    "kind",
    "time_zone",
    "currency",
    "latitude",
    "longitude",
    "region_id",
    "nominal_voltage_v",
    "nominal_frequency_hz",
    "reporting_interval_s",
]


@pytest.fixture
def posted(site: LiveWorld) -> LiveWorld:
    site.post_hours(2, datetime.now(UTC))
    site.post_everything()
    return site


def test_a_site_and_a_node_have_their_new_names(posted: LiveWorld) -> None:
    now = datetime.now(UTC)
    two_hours = Period(now - timedelta(hours=2), now, live=True)

    def told() -> tuple[set[str], set[str], bool]:
        arrays = course.course_of(SYSTEM, posted.site, two_hours, 900).arrays
        flow = json.loads(energy_flow.energy_flow(SYSTEM, posted.site, "today"))
        return {each.site.name for each in all_sites.all_sites(SYSTEM)}, {*arrays}, "Barn" in json.dumps(flow["figure"])

    assert told() == ({"North Campus", "South Works"}, {"Roof array"}, False)
    graph.describe_node(
        SYSTEM, posted.nodes["pv"], name="Barn", kind="source", technology="pv",
        capacity_kw=None, capacity_kwh=None, plan_x=None, plan_y=None,
    )  # fmt: skip
    [is_now] = [each for each in sites.visible_sites(SYSTEM) if each.id == posted.site]
    same = {name: getattr(is_now, name) for name in SAID}
    sites.describe_site(SYSTEM, posted.site, name="North Works", **same)
    assert told() == ({"North Works", "South Works"}, {"Barn"}, True)


def test_a_resident_pays_by_the_new_price(posted: LiveWorld) -> None:
    scope = policy.scope_of(posted.people["resident"])

    def paid() -> list[float | None]:
        mine = own_meters.mine(scope, "", 0).rows
        costs = [each.cost for each in own_meters.values(scope, mine).values()]
        return [*costs, *(home.cost for home in own_home.homes(scope))]

    before = paid()
    assert before
    assert all(before)
    [tariff] = tariffs.tariffs(SYSTEM, posted.site)
    tariffs.change_tariff(SYSTEM, tariff.id, tariffs.Terms("Flat", 0.4, 0.05, region_first=False))
    assert paid() == pytest.approx([2 * (each or 0) for each in before], rel=0.05)  # power goes on
