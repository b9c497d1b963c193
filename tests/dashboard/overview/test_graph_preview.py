"""The picture of a graph that is edited is drawn from what its meters say now."""

import json

from dashboard.plant.preview import preview
from store.scope import SYSTEM
from tests.dashboard.live_world import LiveWorld


def test_the_preview_is_of_the_latest_values_and_the_check_knows_what_is_left_over(site: LiveWorld) -> None:
    drawn, check = preview(SYSTEM, site.site)
    assert json.loads(drawn)["says"] == "No values now: every edge is drawn alike."
    site.post_everything()
    drawn, check = preview(SYSTEM, site.site)
    told = json.loads(drawn)
    assert told["says"].startswith("From ")
    assert all(amount for _, _, amount in told["figure"]["data"][0]["node"]["customdata"])
    assert "left over" in str(check) or "balances" in str(check)
