"""The page's address keeps what somebody chose to see; what is wrong in it is as for everybody."""

import pytest

from dashboard.live.chosen import Chosen, chosen
from tests.dashboard.overview.conftest import Served
from tests.dashboard.world import sign_in


def test_an_address_without_a_query_shows_what_everybody_is_shown() -> None:
    assert chosen({}) == Chosen() == Chosen("live", None, None, "48h", None, None, "auto", "plan")


def test_what_was_chosen_is_read_from_the_address() -> None:
    said = {"flow": "custom", "flow_first": "2026-05-01", "flow_last": "2026-05-02", "range": "7d", "step": "120", "view": "map"}
    assert chosen(said) == Chosen("custom", "2026-05-01", "2026-05-02", "7d", None, None, "120", "map")


@pytest.mark.parametrize(
    "said",
    [
        {"flow": "1", "range": "nonsense", "step": "7", "view": "<b>"},
        {"range": "1440", "step": "-1", "first": "", "last": ""},
        {"unknown": "x", "flow": "", "view": "MAP"},
    ],
)
def test_what_is_wrong_in_an_address_is_as_for_everybody(said: dict[str, str]) -> None:
    assert chosen(said) == Chosen()
    assert chosen({"first": "<script>" * 99}).first == "<script><s", "no longer than a date; the period's own words refuse it"


def test_the_page_comes_as_its_address_says(world: Served) -> None:
    world.site.post_everything()
    browser = world.server.test_client()
    sign_in(browser, "operator@example.org")
    path = f"/site/{world.site.site}/overview"
    for query, held in (
        ("", ('"value":"live"', '"value":"48h"', '"value":"plan"')),
        ("?flow=24h&range=7d&step=120&view=map", ('"value":"24h"', '"value":"7d"', '"value":"120"', '"value":"map"', "each 2 h")),
        ("?range=custom&first=2026-05-02&last=2026-05-01", ("The last day is before the first.", '"value":"2026-05-02"')),
        ("?range=x&site_id=other&view=%3Cb%3E", ('"value":"48h"', '"value":"plan"')),
    ):
        answer = browser.get(path + query)
        assert answer.status_code == 200
        layout = answer.get_data(as_text=True).partition('<script id="boot-layout"')[2].partition("</script>")[0]
        for part in held:
            assert part in layout.replace("\\", ""), (query, part)
