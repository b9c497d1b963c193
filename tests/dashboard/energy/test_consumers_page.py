"""The page of consumers says who uses what to whoever sees the site, and leads from each to its days."""

import re

from tests.dashboard.pages import shown
from tests.dashboard.quality.conftest import Measured


def test_each_use_is_a_row_that_leads_to_its_days(measured: Measured) -> None:
    world = measured.world
    page = shown(world.client("operator"), f"/site/{world.site}/consumers?days=7")
    assert "Who uses what" in page
    assert f"/site/{world.site}/calendar?of=nod_" in page
    assert re.search(rf"/site/{world.site}/history\?of=nod_\w+&first=[\d-]+&last=[\d-]+", page)
    assert f"/site/{world.site}/consumers?days=92" in page
    assert world.client("stranger").get(f"/site/{world.site}/consumers").status_code == 404


def test_a_site_without_uses_says_what_will_be_here(measured: Measured) -> None:
    world = measured.world
    assert "Nothing that uses energy" in shown(world.client("chief"), f"/site/{world.foreign_site}/consumers")
